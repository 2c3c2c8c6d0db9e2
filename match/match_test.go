package match

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"

	"sonde/probefile"
	"sonde/result"
)

func load(t testing.TB, src string) *DB {
	t.Helper()
	f, err := probefile.Parse("db", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	db, err := New(f)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// answer describes the outcome of a match as "table:line service".
func answer(db *DB, p *Probe, reply string) string {
	var r Result
	if !db.Match(p, []byte(reply), &r) {
		return "none"
	}
	return fmt.Sprintf("%s:%d %s", r.Table.Name, r.Signature.Pos.Line, r.Signature.Service)
}

func TestEndOfReply(t *testing.T) {
	db := load(t, "Probe TCP NULL q||\nmatch z m|^ZZZ$|\n")
	for reply, want := range map[string]string{
		"ZZZ": "NULL:2 z", "ZZZ\n": "NULL:2 z", "ZZZ\n\n": "none", "ZZZ\r\n": "none", "": "none",
	} {
		if got := answer(db, db.Null(), reply); got != want {
			t.Errorf("%q: %s, want %s", reply, got, want)
		}
	}
}

func TestFirstLineWins(t *testing.T) {
	db := load(t, `Probe TCP NULL q||
softmatch s m|^AB|
match h m|^ABC|
match other m|^X.Y|s
match other2 m|^x.y|i
`)
	var r Result
	if !db.Match(db.Null(), []byte("ABCD"), &r) || !r.Signature.Soft || r.Signature.Service != "s" {
		t.Errorf("a hard line hid the soft line before it: %+v", r.Signature)
	}
	for reply, want := range map[string]string{
		"X\nY": "NULL:4 other", "X-Y": "NULL:4 other", "x-Y": "NULL:5 other2", "x\nY": "none",
	} {
		if got := answer(db, db.Null(), reply); got != want {
			t.Errorf("%q: %s, want %s", reply, got, want)
		}
	}
}

func TestFallback(t *testing.T) {
	db := load(t, `Probe TCP NULL q||
fallback nothing,here
match n m|^banner|
Probe TCP One q|1|
match one m|^one|
Probe TCP Two q|2|
fallback One
match two m|^two|
match shared m|^shared|
Probe TCP Three q|3|
fallback Two,Dns
match three m|^three|
match shared m|^shared|
Probe UDP Dns q|4|
match udp m|^udp|
Probe UDP Two q|5|
fallback Two,Three,NULL
match udptwo m|^two|
Probe UDP Five q|6|
fallback Two
`)
	tables := map[string]string{
		"tcp/NULL": "NULL", "tcp/One": "One NULL", "tcp/Two": "Two One NULL", "tcp/Three": "Three Two Dns NULL",
		"udp/Dns": "Dns", "udp/Two": "Two Three NULL", "udp/Five": "Five Two",
	}
	for p := range db.all() {
		var names []string
		for _, table := range p.Tables() {
			names = append(names, table.Name)
		}
		key := p.Protocol.String() + "/" + p.Name
		if got := strings.Join(names, " "); got != tables[key] {
			t.Errorf("tables of %s: %s, want %s", key, got, tables[key])
		}
	}
	three := db.Probe(result.TCP, "Three")
	for reply, want := range map[string]string{
		"three": "Three:12 three", "two": "Two:8 two", "one": "none", "udp": "Dns:15 udp", "banner": "NULL:3 n",
		"shared": "Three:13 shared",
	} {
		if got := answer(db, three, reply); got != want {
			t.Errorf("Three answered %q: %s, want %s", reply, got, want)
		}
	}
	if got := answer(db, db.Probe(result.UDP, "Five"), "two"); got != "Two:18 udptwo" {
		t.Errorf("a name of the same protocol must come first: %s", got)
	}
}

func TestProbes(t *testing.T) {
	db := load(t, `Exclude T:9100-9107,U:5
Probe TCP One q|1|
match a m|^a|
softmatch b m|^b|
fallback Two
Probe TCP NULL q||
Probe UDP Two q|2|
ports 53
match c m|^c|
Probe UDP Three q|3| no-payload
ports 53
Probe UDP Four q|4|
ports 50-60
`)
	if db.Null().Name != "NULL" || len(db.Probes()) != 4 || db.Probes()[0].Name != "One" {
		t.Errorf("null %v, others %v", db.Null(), db.Probes())
	}
	if db.Probe(result.TCP, "Two") != nil || db.Probe(result.UDP, "Two") == nil || db.Probe(result.TCP, "NULL") != db.Null() {
		t.Error("lookup by protocol and name")
	}
	one := db.Probe(result.TCP, "One")
	for name, want := range map[string]bool{"a": true, "b": true, "c": false, "A": false, "": false} {
		if one.HasService(name) != want {
			t.Errorf("HasService(%q) is not %t", name, want)
		}
	}
	if !db.Excluded(result.TCP, 9107) || db.Excluded(result.TCP, 5) || !db.Excluded(result.UDP, 5) {
		t.Error("Excluded")
	}
	if got := fmt.Sprintf("%s %s", db.Payloads(53), db.Payloads(54)); got != "[2 4] [4]" {
		t.Errorf("payloads are %s", got)
	}
}

func TestTwoNullProbes(t *testing.T) {
	_, err := New(&probefile.File{Probes: []*probefile.Probe{{Name: "a"}, {Name: "b"}}})
	if err == nil {
		t.Error("two probes without payload were taken")
	}
	_, err = New(&probefile.File{Probes: []*probefile.Probe{{Name: "a", Payload: []byte("x"), Fallback: []string{"b"}}}})
	if err == nil {
		t.Error("an unknown fallback was taken")
	}
}

func TestCheck(t *testing.T) {
	db := load(t, "Probe TCP NULL q||\nmatch a m|^a|\nmatch b m|^b(|\nmatch c m|^c[|\n")
	const want = "db:3:14: pattern: missing closing parenthesis"
	for range 2 { // also when the faulty pattern was a candidate before
		if err := db.Check(context.Background()); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
		if got := answer(db, db.Null(), "b"); got != "none" {
			t.Errorf("a faulty pattern matches: %s", got)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := load(t, "Probe TCP NULL q||\nmatch a m|^a|\n").Check(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v after the context ended", err)
	}
}

func TestCheckDebianFile(t *testing.T) {
	if err := debianDB(t).Check(context.Background()); err != nil {
		t.Error(err)
	}
}

func TestStepLimit(t *testing.T) {
	db := load(t, "Probe TCP NULL q||\nmatch a m|^(x+x+)+y|\nmatch b m|^x|\n")
	reply := strings.Repeat("x", 60) + "z y"
	for range 2 {
		if got := answer(db, db.Null(), reply); got != "NULL:3 b" {
			t.Errorf("got %s", got)
		}
	}
	if n := db.LimitHits()[db.Null().Signatures[0]]; n != 2 {
		t.Errorf("the limit was hit %d times, want 2", n)
	}
}

func TestService(t *testing.T) {
	db := load(t, `Probe TCP NULL q||
Probe TCP Get q|g|
softmatch x m|^(.*)| p/a$1/ v/1/ i/2/ h/3/ o/4/ d/5/ cpe:/o:o$1/ cpe:/a:a/
`)
	var r Result
	if !db.Match(db.Probe(result.TCP, "Get"), []byte("\x01é"), &r) {
		t.Fatal("no match")
	}
	if r.Product != "a\x01é" {
		t.Errorf("the raw product is %q", r.Product)
	}
	got := r.Service()
	want := result.Service{
		Name: "x", Product: "a...", Version: "1", Info: "2", Hostname: "3", OSType: "4", DeviceType: "5", CPE: []string{"cpe:/a:a", "cpe:/o:o..."},
		Method: result.MethodProbed, Confidence: 10, Soft: true, Evidence: &result.Evidence{Probe: "Get", Table: "Get", Signature: "db:3"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if db.Match(db.Null(), []byte("x"), &r) || r.Signature != nil || r.Product != "" || r.CPE != [3]string{} {
		t.Errorf("the last match is still there: %+v", r)
	}
}

// TestConcurrentUse is for the race detector: patterns and index are made on first use.
func TestConcurrentUse(t *testing.T) {
	var src strings.Builder
	src.WriteString("Probe TCP NULL q||\n")
	for i := range 200 {
		fmt.Fprintf(&src, "match s%d m|^hello (\\w+) number %d$|\n", i, i)
	}
	db := load(t, src.String())
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			var r Result
			for i := range 200 {
				if !db.Match(db.Null(), fmt.Appendf(nil, "hello you number %d", i), &r) || r.Signature.Service != fmt.Sprint("s", i) {
					t.Errorf("%d gives %+v", i, r.Signature)
				}
				db.Null().HasService("s1")
			}
		})
	}
	wg.Wait()
}

func TestNoAllocationWithoutVerdict(t *testing.T) {
	db := load(t, "Probe TCP NULL q||\nmatch a m|^hello (\\w+)!|\nmatch b m/world|[xyz]/\nmatch c m|^\\d+$|\n")
	var r Result
	reply := []byte("hello Nobody, 12345")
	if n := testing.AllocsPerRun(100, func() { db.Match(db.Null(), reply, &r) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
