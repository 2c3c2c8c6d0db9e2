package data_test

import (
	"slices"
	"strings"
	"testing"

	"sonde/internal/data"
	"sonde/match"
	"sonde/probefile"
)

func load(t *testing.T) (*probefile.File, *match.DB) {
	t.Helper()
	file, err := probefile.ParseNative(data.Probes())
	if err != nil {
		t.Fatal(err)
	}
	db, err := match.New(file)
	if err != nil {
		t.Fatal(err)
	}
	return file, db
}

// The database must be sound: every pattern compiles, every signature has an
// example with a source, and every example is recognised as its line says.
func TestProbesAreSound(t *testing.T) {
	_, db := load(t)
	for _, err := range match.CheckExamples(db) {
		t.Error(err)
	}
	for s, n := range db.LimitHits() {
		t.Errorf("%v: %d examples exceed the step limit", s.Pos, n)
	}
}

// Monotonous replies, as hostile or broken services send them, stay below the
// step limit. What is made for one pattern alone may reach it: the limit, some
// 20 ms, is what bounds that; "sonde db lint" names such patterns.
func TestMonotonousRepliesStayCheap(t *testing.T) {
	_, db := load(t)
	var r match.Result
	for _, unit := range []string{"\x00", "A", " ", "\r\n", "\xff\xfb\x01", "\xff\xfa\x01", "X: <title>y\r\n", "login ", "a-b.", "* OK ", "<>", "220-x\r\n", "\x00\x01"} {
		for _, start := range []string{"", "HTTP/1.1 200 OK\r\n", "220 ", "* OK ", "SSH-2.0-", "RTSP/1.0 200 OK\r\n", "\xff\xfd\x18"} {
			reply := []byte(start + strings.Repeat(unit, 4096/len(unit)))
			for _, p := range append(slices.Clone(db.Probes()), db.Null()) {
				db.Match(p, reply, &r)
			}
		}
	}
	for s, n := range db.LimitHits() {
		t.Errorf("%v: %d replies exceed the step limit", s.Pos, n)
	}
}

// The database must stay broad: whoever removes signatures has to say so here.
func TestProbesAreBroad(t *testing.T) {
	file, _ := load(t)
	services := map[string]bool{}
	signatures := 0
	for _, p := range file.Probes {
		for _, s := range p.Signatures {
			signatures++
			services[s.Service] = true
		}
	}
	if len(services) < 240 || signatures < 1700 {
		t.Errorf("%d services, %d signatures; want at least 240 and 1700", len(services), signatures)
	}
}

// An example of one service must not be taken for another one: a signature
// that recognises foreign examples is too general for its specificity.
func TestExamplesStayInTheirService(t *testing.T) {
	file, db := load(t)
	var r match.Result
	for _, p := range file.Probes {
		probe := db.Probe(p.Protocol, p.Name)
		for _, s := range p.Signatures {
			for _, e := range s.Examples {
				if !db.Match(probe, e.Reply, &r) {
					t.Errorf("%v: probe %s does not recognise the example", e.Pos, p.Name)
					continue
				}
				if r.Table.Name == p.Name && r.Signature.Service != s.Service && !r.Signature.Soft {
					t.Errorf("%v: example of %s is taken for %s by %v", e.Pos, s.Service, r.Signature.Service, r.Signature.Pos)
				}
			}
		}
	}
}
