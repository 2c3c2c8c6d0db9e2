package report

import (
	stdxml "encoding/xml"
	"io"
	"strings"
	"testing"
	"unicode/utf8"
)

// The first expectations were seen in the output of Nmap 7.93.
func TestAppendXML(t *testing.T) {
	for text, want := range map[string]string{
		"--open":        "-&#45;open",
		"a---b----c":    "a-&#45;&#45;b-&#45;&#45;&#45;c",
		"a - -b-":       "a - -b-",
		"\x7f\xc3\xa9":  "\x7f&#xc3;&#xa9;",
		`<a href='x'>`:  "&lt;a href=&apos;x&apos;&gt;",
		`"q" & more`:    "&quot;q&quot; &amp; more",
		"a\tb\nc\rd":    "a&#x9;b&#xa;c&#xd;d",
		"\x00\x01\x1b[": "&#xfffd;&#xfffd;&#xfffd;[",
	} {
		if got := string(appendXML(nil, text)); got != want {
			t.Errorf("appendXML(%q) = %s, want %s", text, got, want)
		}
	}
}

// Whatever the text, a parser reads it back from an attribute, an element and
// beside a comment.
func FuzzXMLEscape(f *testing.F) {
	for _, seed := range []string{"", "plain", "--open", "-->", "]]>", "<&>\"'", "\x00\x1f\x7f\x80\xff", "Zürich", "\ufffe", "a\r\nb\tc", "--&#45;"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		escaped := string(appendXML(nil, text))
		for _, c := range []byte(escaped) {
			if c >= utf8.RuneSelf || c < 0x20 {
				t.Fatalf("%q is not ASCII", escaped)
			}
		}
		dec := stdxml.NewDecoder(strings.NewReader("<!-- " + escaped + " --><a b=\"" + escaped + "\">" + escaped + "</a>"))
		var attr, body string
		for {
			token, err := dec.Token()
			if err == io.EOF {
				break
			} else if err != nil {
				t.Fatalf("%q from %q: %v", escaped, text, err)
			}
			switch token := token.(type) {
			case stdxml.StartElement:
				attr = token.Attr[0].Value
			case stdxml.CharData:
				body += string(token)
			}
		}
		want := readable(text)
		if attr != want || body != want {
			t.Errorf("%q reads as attribute %q and text %q, want %q", text, attr, body, want)
		}
	})
}

// readable is what a parser makes of text that appendXML wrote: each byte as
// the character of that number.
func readable(text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		if c < 0x20 && c != '\t' && c != '\n' && c != '\r' {
			b.WriteRune(utf8.RuneError)
		} else {
			b.WriteRune(rune(c))
		}
	}
	return b.String()
}
