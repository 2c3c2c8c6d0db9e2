package service

import (
	"fmt"
	"strings"
	"time"

	"sonde/match"
	"sonde/result"
)

// Limits of a fingerprint, in bytes of an answer and characters of text; the
// second of each is that of debugging.
var (
	printAnswer = [2]int{900, 1300}
	printText   = [2]int{2200, 10000}
)

// Reports print fingerprints in lines of lineWidth characters, each but the
// first beginning with a mark. The limit of the text counts them.
const (
	lineWidth = 74
	lineMark  = "SF:"
)

// fingerprint collects the answers that no signature knows, in the form
// SF-Port<port>-<protocol>:… that Nmap's users exchange, on one line.
type fingerprint struct{ b strings.Builder }

// record adds what was heard after a probe, if anything.
func (d *detection) record(p *match.Probe, heard []byte) {
	if len(heard) == 0 {
		return
	}
	debug := 0
	if d.config.Debug > 0 || d.config.Trace {
		debug = 1
	}
	f := &d.print
	if f.b.Len() == 0 {
		f.begin(d.config, d.target, d.tunnel, time.Now())
	}
	if wrappedLen(f.b.Len()) > printText[debug] {
		return
	}
	fmt.Fprintf(&f.b, "%%r(%s,%X,\"", p.Name, len(heard))
	f.escape(heard[:min(len(heard), printAnswer[debug])])
	f.b.WriteString(`")`)
}

// begin writes the header.
func (f *fingerprint) begin(c *Config, t Target, tunnel result.Tunnel, now time.Time) {
	fmt.Fprintf(&f.b, "SF-Port%d-%s:V=%s", t.Port, strings.ToUpper(t.Protocol.String()), c.Version)
	if tunnel == result.TunnelTLS {
		f.b.WriteString("%T=SSL")
	}
	fmt.Fprintf(&f.b, "%%I=%d%%D=%d/%d%%Time=%X%%P=%s", c.Intensity, now.Month(), now.Day(), now.Unix(), c.Platform)
}

// text is the finished fingerprint, empty if nothing was recorded.
func (f *fingerprint) text() string {
	if f.b.Len() == 0 {
		return ""
	}
	return f.b.String() + ";"
}

// escape writes the bytes of an answer so that only printable ASCII is left.
func (f *fingerprint) escape(b []byte) {
	for i, c := range b {
		switch {
		case c == 0 && i+1 < len(b) && b[i+1] >= '0' && b[i+1] <= '9':
			f.b.WriteString(`\x00`) // \0 before a digit would read as another number
		case c == 0:
			f.b.WriteString(`\0`)
		case c == '\r':
			f.b.WriteString(`\r`)
		case c == '\n':
			f.b.WriteString(`\n`)
		case c == '\t':
			f.b.WriteString(`\t`)
		case strings.IndexByte(`\?"[]().*+^$|`, c) >= 0:
			f.b.WriteByte('\\')
			f.b.WriteByte(c)
		case c <= ' ' || c > '~':
			fmt.Fprintf(&f.b, `\x%02x`, c)
		default:
			f.b.WriteByte(c)
		}
	}
}

// wrappedLen is the length of a text of n characters once it is wrapped.
func wrappedLen(n int) int {
	if n <= lineWidth {
		return n
	}
	room := lineWidth - len(lineMark)
	breaks := (n - lineWidth + room - 1) / room
	return n + breaks*len("\n"+lineMark)
}
