package match

import (
	"testing"

	"sonde/probefile"
)

func TestExplain(t *testing.T) {
	for _, tt := range []struct {
		pattern, reply string
		part           string // of the pattern that matches
		reached        int
	}{
		{`^HTTP/1\.[01] \d\d\d .*\r\nServer: Foo/([\d.]+)`, "HTTP/1.1 200 OK\r\nServer: Bar/1\r\n", `^HTTP/1\.[01] \d\d\d .*\r\nServer: `, 25},
		{`^HTTP/1\.[01] \d\d\d .*\r\nServer: Foo/([\d.]+) y`, "HTTP/1.1 200 OK\r\nServer: Foo/1.2\r\n", `^HTTP/1\.[01] \d\d\d .*\r\nServer: Foo/([\d.]+)`, 32},
		{`^ab(?:cd(e)f)g`, "abcdeX", `^ab(?:cd(e)`, 5},
		{`^a(?:b|c)d`, "axd", `^a`, 1},
		{`^a(bc)*d`, "abcbx", `^a(bc)*`, 3},
		{`^x|^yz|^w`, "yq", `^y`, 1},
		{`^a(?!b)c`, "abc", `^a`, 1},
		{`^a{2}b{,c`, "aab{,d", `^a{2}b{,`, 5},
		{`^\x41\x{42}\Qc\d\E\101e`, "ABc\\dAf", `^\x41\x{42}\Qc\d\E\101`, 6},
		{`^(.)\1[]x]+\cAz`, "aa]x\x01q", `^(.)\1[]x]+\cA`, 5},
		{`b`, "aaa", ``, 0},
	} {
		s := &probefile.Signature{Pattern: tt.pattern}
		a := (&DB{}).Explain(nil, s, []byte(tt.reply))
		if got := tt.pattern[a.From:a.To]; got != tt.part || a.Reached != tt.reached || a.Matched || a.GaveUp {
			t.Errorf("%s on %q: %q matches up to %d, want %q up to %d (%+v)", tt.pattern, tt.reply, got, a.Reached, tt.part, tt.reached, a)
		}
		if a := (&DB{}).Explain(nil, &probefile.Signature{Pattern: "^a"}, []byte("a")); !a.Matched || a.Reached != 1 {
			t.Errorf("%+v", a)
		}
	}
	slow := &probefile.Signature{Pattern: `^(?:a+)+b`}
	if a := (&DB{}).Explain(nil, slow, []byte("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac")); !a.GaveUp || slow.Pattern[:a.To] != `^(?:a+)+` {
		t.Errorf("%+v", a)
	}
}

func TestNearest(t *testing.T) {
	db := load(t, "Probe TCP NULL q||\nmatch far m|^220 Foo far away|\nmatch near m|^220 Foo bar|\nmatch none m|^x|\nmatch hit m|^220 Foo|\n")
	near := db.Nearest(db.Null(), []byte("220 Foo baz"), 5)
	if len(near) != 2 || near[0].Signature.Service != "near" || near[1].Signature.Service != "far" {
		t.Errorf("%+v", near)
	}
	if _, s := db.At("db", 3); s == nil || s.Service != "near" {
		t.Errorf("line 3 is %+v", s)
	}
	if _, s := db.At("", 9); s != nil {
		t.Errorf("line 9 is %+v", s)
	}
}

// No pattern brings the cutting to a fall, and every part matches what the whole does.
func FuzzExplain(f *testing.F) {
	f.Add(`^a(?:b(c)d|e)[^]f]{2,}\Qx\E\g{1}\k<n>(?<n>y)|z`, "abcde")
	f.Fuzz(func(t *testing.T, pattern, reply string) {
		s := &probefile.Signature{Pattern: pattern}
		a := (&DB{}).Explain(nil, s, []byte(reply))
		if a.From > a.To || a.To > len(pattern) || a.Reached > len(reply) {
			t.Errorf("%+v", a)
		}
	})
}
