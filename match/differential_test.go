package match

import (
	"math/rand/v2"
	"testing"

	"sonde/internal/data"
	"sonde/internal/needtest"
	"sonde/internal/regex"
	"sonde/probefile"
)

func debianDB(t testing.TB) *DB {
	t.Helper()
	src := needtest.File(t, "/usr/share/nmap/nmap-service-probes", "nmap-common")
	f, err := probefile.Parse("nmap-service-probes", src)
	if err != nil {
		t.Fatal(err)
	}
	db, err := New(f)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// linear is what Match must find: it tries every signature in order.
func (db *DB) linear(p *Probe, reply []byte, m *regex.Matcher) (table *Probe, signature int) {
	for _, table := range p.tables {
		for i := range table.Signatures {
			if m.Match(table.program(i, db.never), reply) == regex.Matched {
				return table, i
			}
		}
	}
	return nil, -1
}

// TestIndexAgainstLinearSearch checks that the index never hides the first
// signature that matches, and that captures are those of that signature.
func TestIndexAgainstLinearSearch(t *testing.T) {
	d := differential{db: debianDB(t), generator: generator{rand.New(rand.NewPCG(1, 2))}}
	for p := range d.db.all() {
		for k, s := range p.Signatures {
			if testing.Short() && k%8 > 0 {
				continue
			}
			if text, ok := d.text(s); ok {
				d.compare(t, p, text)
				d.compare(t, p, d.mutate(text))
			} else {
				d.unknown++
			}
		}
	}
	t.Logf("%d inputs, %d hits, %d patterns not understood by the generator", d.inputs, d.hits, d.unknown)
	if d.inputs < 20000 && !testing.Short() || d.hits < d.inputs/3 {
		t.Errorf("only %d inputs and %d hits: the test tests too little", d.inputs, d.hits)
	}
}

// TestIndexOfOwnSignatures does the same with the database that sonde ships, and its examples.
func TestIndexOfOwnSignatures(t *testing.T) {
	f, err := probefile.ParseNative(data.Probes())
	if err != nil {
		t.Fatal(err)
	}
	db, err := New(f)
	if err != nil {
		t.Fatal(err)
	}
	d := differential{db: db, generator: generator{rand.New(rand.NewPCG(3, 4))}}
	for p := range db.all() {
		for _, s := range p.Signatures {
			for _, e := range s.Examples {
				d.compare(t, p, e.Reply)
				for range 3 {
					d.compare(t, p, d.mutate(e.Reply))
				}
			}
		}
	}
	if d.hits < d.inputs/3 {
		t.Errorf("only %d hits of %d inputs: the test tests too little", d.hits, d.inputs)
	}
}

// differential compares Match with a linear search.
type differential struct {
	db *DB
	generator
	inputs, hits, unknown int
	result                Result
	matcher               regex.Matcher
}

func (d *differential) compare(t *testing.T, p *Probe, reply []byte) {
	t.Helper()
	d.inputs++
	r := &d.result
	if d.db.Match(p, reply, r) {
		d.hits++
	}
	table, i := d.db.linear(p, reply, &d.matcher)
	if r.Table != table || table != nil && r.Signature != table.Signatures[i] {
		t.Fatalf("%s answered %q: found %v, want signature %d of %v", p.Name, reply, r.Signature, i, table)
	}
	if table == nil {
		return
	}
	for k := range table.program(i, d.db.never).NumGroups() + 1 {
		lo, hi, ok := d.matcher.Group(k)
		gotLo, gotHi, gotOK := r.matcher.Group(k)
		if lo != gotLo || hi != gotHi || ok != gotOK {
			t.Fatalf("%s answered %q: group %d is [%d:%d] %t, want [%d:%d] %t", p.Name, reply, k, gotLo, gotHi, gotOK, lo, hi, ok)
		}
	}
}
