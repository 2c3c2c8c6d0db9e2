package match

import (
	"math/rand/v2"
	"testing"

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
	db := debianDB(t)
	g := generator{rand.New(rand.NewPCG(1, 2))}
	var inputs, hits, unknown int
	var r Result
	var m regex.Matcher
	for p := range db.all() {
		for _, s := range p.Signatures {
			text, ok := g.text(s)
			if !ok {
				unknown++
				continue
			}
			for _, reply := range [][]byte{text, g.mutate(text)} {
				inputs++
				table, i := db.linear(p, reply, &m)
				if db.Match(p, reply, &r) {
					hits++
				}
				if r.Table != table || table != nil && r.Signature != table.Signatures[i] {
					t.Fatalf("%s answered %q: found %v, want signature %d of %v", p.Name, reply, r.Signature, i, table)
				}
				if table == nil {
					continue
				}
				for k := range table.program(i, db.never).NumGroups() + 1 {
					lo, hi, ok := m.Group(k)
					gotLo, gotHi, gotOK := r.matcher.Group(k)
					if lo != gotLo || hi != gotHi || ok != gotOK {
						t.Fatalf("%s answered %q: group %d is [%d:%d] %t, want [%d:%d] %t", p.Name, reply, k, gotLo, gotHi, gotOK, lo, hi, ok)
					}
				}
			}
		}
	}
	t.Logf("%d inputs, %d hits, %d patterns not understood by the generator", inputs, hits, unknown)
	if inputs < 20000 || hits < inputs/3 {
		t.Errorf("only %d inputs and %d hits: the test tests too little", inputs, hits)
	}
}
