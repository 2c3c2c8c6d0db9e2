package probefile

import (
	"bytes"
	"testing"
)

func TestUnescape(t *testing.T) {
	for _, c := range []struct{ in, out, err string }{
		{``, "", ""},
		{`plain`, "plain", ""},
		{`\x41\xfF4`, "A\xff4", ""},
		{`\0\01`, "\x00\x001", ""},
		{`\a\b\f\n\r\t\v`, "\a\b\f\n\r\t\v", ""},
		{`\\\'\"\?\|\ `, `\'"?| `, ""},
		{"\xff\\\xff", "\xff\xff", ""},
		{`ab\`, "", "byte 3: nothing follows the backslash"},
		{`\x1`, "", `byte 1: \x needs two hexadecimal digits`},
		{`\x1g`, "", `byte 1: \x needs two hexadecimal digits`},
		{`\1`, "", `byte 1: unknown escape \1`},
		{`a\e`, "", `byte 2: unknown escape \e`},
		{`\X41`, "", `byte 1: unknown escape \X`},
	} {
		got, err := Unescape(c.in)
		if string(got) != c.out || (err == nil) != (c.err == "") || err != nil && err.Error() != c.err {
			t.Errorf("Unescape(%q) = %q, %v; want %q, %s", c.in, got, err, c.out, c.err)
		}
	}
}

func FuzzUnescape(f *testing.F) {
	f.Add(`\x00\0a\\|"`)
	f.Fuzz(func(t *testing.T, text string) {
		raw, err := Unescape(text)
		if err != nil {
			return
		}
		if again, err := Unescape(Escape(raw)); err != nil || !bytes.Equal(raw, again) {
			t.Errorf("%q became %q and then %q, %v", text, raw, again, err)
		}
	})
}
