package probefile

import (
	"fmt"
	"strings"
	"testing"
)

func TestParts(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{``, ``},
		{`plain \x`, `"plain \x"`},
		{`a$1b$9`, `"a" $1 "b" $9`},
		{`$10`, `$1 "0"`},
		{`\$1`, `"\" $1`},
		{`$P(1)x`, `P1 "x"`},
		{`$P( 0x2zz )`, `P2`},
		{`$P(+03)`, `P3`},
		{`$SUBST(1,"_",".")`, `S1{_}{.}`},
		{`$SUBST( 1x"y, "a\"b"zz ,"")!`, `S1{a"b}{} "!"`},
		{`$SUBST(1,")",",")`, `S1{)}{,}`},
		{`$I(1,">")$I(2,"<")`, `I1> I2<`},

		{`a$`, `"a" ! neither a digit nor a function after $`},
		{`$$1`, `! neither a digit nor a function after $`},
		{`$0`, `! $0 is no group`},
		{`$x`, `! neither a digit nor a function after $`},
		{`$(1)`, `! unknown function $`},
		{`$Z(1)`, `! unknown function $Z`},
		{`$P (1)`, `! unknown function $P `},
		{`$P()`, `! $P: an argument is neither a number nor a quoted text`},
		{`$P(1`, `! $P: no closing parenthesis`},
		{`$P(1,2)`, `! $P takes 1 arguments, not 2`},
		{`$P("1")`, `! argument 1 of $P has the wrong type`},
		{`$P(0)`, `! $P of group 0, which is not one of 1 to 9`},
		{`$P(10)`, `! $P of group 10, which is not one of 1 to 9`},
		{`$P(-1)`, `! $P of group -1, which is not one of 1 to 9`},
		{`$P(1,2,3,4,5,6)`, `! $P: more than 5 arguments`},
		{`$SUBST(1,"a")`, `! $SUBST takes 3 arguments, not 2`},
		{`$SUBST(1,a,"b")`, `! $SUBST: an argument is neither a number nor a quoted text`},
		{`$SUBST(1,"","b")`, `! $SUBST of an empty text`},
		{`$SUBST(1,"\q","b")`, `! $SUBST: byte 1: unknown escape \q`},
		{`$SUBST(1,"a`, `! $SUBST: no closing quote`},
		{`$SUBST(1,"a\"`, `! $SUBST: no closing quote`},
		{`$SUBST(1,"` + strings.Repeat("a", 128) + `","b")`, `! $SUBST: text of more than 127 bytes`},
		{`$I(1,"><")`, `! $I takes ">" or "<", not "><"`},
		{`$I(1,>)`, `! $I: an argument is neither a number nor a quoted text`},
	} {
		if got := describe(Template{Text: c.text}); got != c.want {
			t.Errorf("%s: got %s, want %s", c.text, got, c.want)
		}
	}
}

func describe(t Template) string {
	var s []string
	for p, err := range t.Parts() {
		switch {
		case err != nil:
			s = append(s, "! "+err.Error())
		case p.Kind == Literal:
			s = append(s, `"`+p.Text+`"`)
		case p.Kind == Group:
			s = append(s, fmt.Sprintf("$%d", p.Group))
		case p.Kind == Printable:
			s = append(s, fmt.Sprintf("P%d", p.Group))
		case p.Kind == Replace:
			s = append(s, fmt.Sprintf("S%d{%s}{%s}", p.Group, p.From, p.To))
		default:
			s = append(s, fmt.Sprintf("I%d%s", p.Group, map[bool]string{true: "<", false: ">"}[p.LittleEndian]))
		}
	}
	return strings.Join(s, " ")
}

func FuzzParts(f *testing.F) {
	f.Add(`a$1$P(2)$SUBST(1,"\x00","b")$I(1,">")`)
	f.Fuzz(func(t *testing.T, text string) {
		length := 0
		for p, err := range (Template{Text: text}).Parts() {
			if err == nil && p.Kind != Literal && (p.Group < 1 || p.Group > 9) {
				t.Fatalf("%+v", p)
			}
			length += len(p.Text)
		}
		if length > len(text) {
			t.Fatalf("literals of %d bytes in %d", length, len(text))
		}
	})
}
