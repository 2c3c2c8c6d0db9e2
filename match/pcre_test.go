package match

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"sonde/internal/needtest"
	"sonde/internal/regex"
	"sonde/probefile"
	"sonde/result"
)

// TestBesidePCRE2 measures Match beside a linear search with C PCRE2 and its
// JIT compiler, on the same replies, and checks that both find the same lines.
// The script bench/pcre builds that program and names it in SONDE_PCRE2.
func TestBesidePCRE2(t *testing.T) {
	program := os.Getenv("SONDE_PCRE2")
	if program == "" {
		t.Skip("run bench/pcre")
	}
	passes, err := strconv.Atoi(os.Getenv("SONDE_PASSES"))
	if err != nil {
		passes = 5
	}
	db := debianDB(t)
	groups := raceGroups(db)
	theirs := runPCRE2(t, program, passes, db, groups)
	var b strings.Builder
	fmt.Fprintf(&b, "\n%-16s %8s %8s %12s %12s %8s %8s\n", "replies", "number", "bytes", "PCRE2 JIT", "sonde", "ratio", "allocs")
	differ := 0
	for _, g := range groups {
		differ += g.disagreements(t, db, theirs)
		ours, allocs := g.measure(db, passes)
		runs := g.runs()
		fmt.Fprintf(&b, "%-16s %8d %8d %10.2fus %10.2fus %7.1fx %8.1f\n", g.name, len(g.replies), g.size()/len(g.replies),
			micros(theirs.groups[g.name], runs), micros(ours, runs), float64(theirs.groups[g.name])/float64(ours), allocs)
	}
	fmt.Fprintf(&b, "compile all patterns: PCRE2 %v and JIT %v; sonde %v\n", theirs.compile.Round(time.Millisecond),
		theirs.jit.Round(time.Millisecond), fastest(passes, func() { db.Check(context.Background()) }).Round(time.Millisecond))
	fmt.Fprintf(&b, "from the file to the first verdict on a banner: sonde %v, on a page %v\n", startTo(t, passes, "", "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"),
		startTo(t, passes, "GetRequest", string(pageHit)))
	t.Log(b.String())
	if differ > 0 {
		t.Errorf("%d first matches differ", differ)
	}
}

func micros(d time.Duration, runs int) float64 {
	return float64(d.Nanoseconds()) / 1000 / float64(runs)
}

// raceGroup is replies that are measured together.
type raceGroup struct {
	name    string
	repeat  int // how often each is matched in a pass
	replies []raceReply
}

type raceReply struct {
	probe *Probe
	bytes []byte
}

func (g *raceGroup) runs() int { return g.repeat * len(g.replies) }

func (g *raceGroup) size() (n int) {
	for _, r := range g.replies {
		n += len(r.bytes)
	}
	return n
}

// raceGroups are single replies in the manner of common servers, and two large
// groups that are made from the patterns of all lists: what no line matches,
// and what some line does.
func raceGroups(db *DB) []*raceGroup {
	get := db.Probe(result.TCP, "GetRequest")
	single := func(name string, p *Probe, reply string) *raceGroup {
		return &raceGroup{name, 20, []raceReply{{p, []byte(reply)}}}
	}
	misses, hits := &raceGroup{name: "lists/miss", repeat: 1}, &raceGroup{name: "lists/hit", repeat: 1}
	g := generator{rand.New(rand.NewPCG(7, 8))}
	var r Result
	for p := range db.all() {
		for i := 0; i < len(p.Signatures); i += 2 {
			sampler, err := regex.NewSampler(p.Signatures[i].Pattern, p.Signatures[i].Flags, g.rand)
			if err != nil {
				continue
			}
			sample := sampler.Sample()
			for _, reply := range [][]byte{sample, g.mutate(sample)} {
				before := len(db.LimitHits())
				group := misses
				if db.Match(p, reply, &r) {
					group = hits
				}
				if len(db.LimitHits()) == before { // engines give up at different times
					group.replies = append(group.replies, raceReply{p, reply})
				}
			}
		}
	}
	return []*raceGroup{
		misses, hits,
		single("page/miss", get, string(pageUnknown)), single("page/hit", get, string(pageHit)),
		single("text/miss", get, strings.Repeat("lorem ipsum dolor sit amet, ", 36)),
		single("banner/miss", db.Null(), "FROB ready, protocol 17 at port 9\r\n"),
		single("banner/hit", db.Null(), "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n"),
	}
}

// measure sums up the fastest pass of each reply, which other load of the
// machine spoils least, and counts the allocations of a match.
func (g *raceGroup) measure(db *DB, passes int) (sum time.Duration, allocs float64) {
	var r Result
	best := make([]time.Duration, len(g.replies))
	pass := func() {
		for i, reply := range g.replies {
			start := time.Now()
			for range g.repeat {
				db.Match(reply.probe, reply.bytes, &r)
			}
			if took := time.Since(start); best[i] == 0 || took < best[i] {
				best[i] = took
			}
		}
	}
	for range passes {
		pass()
	}
	for _, took := range best {
		sum += took
	}
	return sum, testing.AllocsPerRun(1, pass) / float64(g.runs())
}

func fastest(passes int, f func()) time.Duration {
	best := time.Hour
	for range passes {
		start := time.Now()
		f()
		best = min(best, time.Since(start))
	}
	return best
}

// startTo is the time from the bytes of the file to the verdict on a reply.
func startTo(t *testing.T, passes int, probe, reply string) time.Duration {
	src := needtest.File(t, "/usr/share/nmap/nmap-service-probes", "nmap-common")
	return fastest(passes, func() {
		f, err := probefile.Parse("x", src)
		if err != nil {
			t.Fatal(err)
		}
		db, err := New(f)
		if err != nil {
			t.Fatal(err)
		}
		p := db.Null()
		if probe != "" {
			p = db.Probe(result.TCP, probe)
		}
		if !db.Match(p, []byte(reply), &Result{}) {
			t.Fatal("no match")
		}
	}).Round(100 * time.Microsecond)
}

// pcre2 is what the program of bench/pcre2.c printed.
type pcre2 struct {
	compile, jit time.Duration
	firsts       []int // of the replies of all groups
	groups       map[string]time.Duration
}

func runPCRE2(t *testing.T, program string, passes int, db *DB, groups []*raceGroup) *pcre2 {
	cmd := exec.Command(program, strconv.Itoa(passes))
	cmd.Stdin = strings.NewReader(raceInput(db, groups))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, stderr.Bytes())
	}
	p := &pcre2{groups: make(map[string]time.Duration)}
	for line := range strings.Lines(string(out)) {
		f := strings.Fields(line)
		n, err := strconv.ParseInt(f[len(f)-1], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		switch f[0] {
		case "compile":
			p.compile = time.Duration(n)
		case "jit":
			p.jit = time.Duration(n)
		case "first":
			p.firsts = append(p.firsts, int(n))
		case "group":
			p.groups[f[1]] = time.Duration(n)
		}
	}
	return p
}

// raceInput writes patterns, lists and replies for the program.
func raceInput(db *DB, groups []*raceGroup) string {
	var b strings.Builder
	ids, lists := make(map[*probefile.Signature]int), make(map[*Probe]int)
	for p := range db.all() {
		for _, s := range p.Signatures {
			ids[s] = len(ids)
			fmt.Fprintf(&b, "pattern %d %s\n", s.Flags, hex.EncodeToString([]byte(s.Pattern)))
		}
	}
	for p := range db.all() {
		lists[p] = len(lists)
		var list []string
		for _, table := range p.tables {
			for _, s := range table.Signatures {
				list = append(list, strconv.Itoa(ids[s]))
			}
		}
		fmt.Fprintf(&b, "list %d %s\n", len(list), strings.Join(list, " "))
	}
	for _, g := range groups {
		fmt.Fprintf(&b, "group %s\n", g.name)
		for _, r := range g.replies {
			fmt.Fprintf(&b, "reply %d %d %x\n", lists[r.probe], g.repeat, r.bytes)
		}
	}
	return b.String()
}

// disagreements counts the replies of the group, which are the next of the
// program's, for which it finds another line first.
func (g *raceGroup) disagreements(t *testing.T, db *DB, theirs *pcre2) (n int) {
	var r Result
	for _, reply := range g.replies {
		place := -1
		if db.Match(reply.probe, reply.bytes, &r) {
			place = placeOf(reply.probe, r.Signature)
		}
		if want := theirs.firsts[0]; place != want {
			n++
			t.Logf("reply to %s %q: line %d of the list, PCRE2 says %d", reply.probe.Name, reply.bytes, place, want)
		}
		theirs.firsts = theirs.firsts[1:]
	}
	return n
}

// placeOf is the place of a signature among all that are tried on replies to a probe.
func placeOf(p *Probe, s *probefile.Signature) int {
	place := 0
	for _, table := range p.tables {
		for _, other := range table.Signatures {
			if other == s {
				return place
			}
			place++
		}
	}
	return -1
}
