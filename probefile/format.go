package probefile

import (
	"bytes"
	"fmt"
	"strings"

	"sonde/internal/regex"
	"sonde/portspec"
	"sonde/result"
)

// Format prints a database in Nmap's format. Parsing the result gives an equal
// database but for positions; what only native files hold is left out.
func Format(f *File) []byte {
	var b bytes.Buffer
	if f.HasExclude {
		fmt.Fprintf(&b, "Exclude %s\n", formatPorts(f.Exclude))
	}
	for _, p := range f.Probes {
		formatProbe(&b, p)
	}
	return b.Bytes()
}

func formatPorts(ports portspec.Ports) string {
	var parts []string
	for _, p := range []struct {
		prefix string
		ports  portspec.Set
	}{
		{"T:", ports.Of(result.TCP)}, {"U:", ports.Of(result.UDP)}, {"S:", ports.Of(result.SCTP)}, {"P:", ports.Of(result.IP)},
	} {
		if p.ports.Len() > 0 {
			parts = append(parts, p.prefix+p.ports.String())
		}
	}
	return strings.Join(parts, ",")
}

func formatProbe(b *bytes.Buffer, p *Probe) {
	fmt.Fprintf(b, "Probe %s %s q|%s|", strings.ToUpper(p.Protocol.String()), p.Name, Escape(p.Payload))
	if p.NoPayload {
		b.WriteString(" no-payload")
	}
	b.WriteByte('\n')
	if p.Rarity != DefaultRarity {
		fmt.Fprintf(b, "rarity %d\n", p.Rarity)
	}
	if p.Ports.Len() > 0 {
		fmt.Fprintf(b, "ports %s\n", p.Ports)
	}
	if p.SSLPorts.Len() > 0 {
		fmt.Fprintf(b, "sslports %s\n", p.SSLPorts)
	}
	if p.TotalWait != DefaultTotalWait {
		fmt.Fprintf(b, "totalwaitms %d\n", p.TotalWait.Milliseconds())
	}
	if p.TCPWrapped != DefaultTCPWrapped {
		fmt.Fprintf(b, "tcpwrappedms %d\n", p.TCPWrapped.Milliseconds())
	}
	if len(p.Fallback) > 0 {
		fmt.Fprintf(b, "fallback %s\n", strings.Join(p.Fallback, ","))
	}
	for _, s := range p.Signatures {
		b.WriteString(FormatSignature(s))
		b.WriteByte('\n')
	}
}

// FormatSignature prints one match line, without line feed.
func FormatSignature(s *Signature) string {
	var b strings.Builder
	if s.Soft {
		b.WriteString("soft")
	}
	d := delimiter(s.Pattern)
	b.WriteString("match " + s.Service + " m" + d + s.Pattern + d)
	if s.Flags&regex.FoldCase != 0 {
		b.WriteByte('i')
	}
	if s.Flags&regex.DotAll != 0 {
		b.WriteByte('s')
	}
	for _, t := range s.Templates {
		d := "/"
		if strings.Contains(t.Text, d) {
			d = delimiter(t.Text)
		}
		b.WriteString(" " + t.Field.Key() + d + t.Text + d)
	}
	return b.String()
}

// FormatNative prints a signature as native files hold it: the match line and
// what stands under it, each line with its line feed.
func FormatNative(s *Signature) string {
	var b strings.Builder
	b.WriteString(FormatSignature(s) + "\n")
	if s.Specificity != DefaultSpecificity {
		fmt.Fprintf(&b, "specificity %d\n", s.Specificity)
	}
	if s.Unanchored != "" {
		b.WriteString("unanchored " + s.Unanchored + "\n")
	}
	for _, e := range s.Examples {
		b.WriteString("example q|" + Escape(e.Reply) + "|")
		for f := Product; f <= CPE; f++ {
			for _, text := range e.Want[f] {
				d := "/"
				if strings.Contains(text, d) {
					d = delimiter(text)
				}
				b.WriteString(" " + f.Key() + d + text + d)
			}
		}
		b.WriteString("\n")
		if e.Source != "" {
			b.WriteString("source " + e.Source + "\n")
		}
	}
	return b.String()
}

// delimiter is a byte that does not occur in text and may stand around it:
// usually a bar, at worst any byte but letters, white space, NUL and line feed.
func delimiter(text string) string {
	const usual = "|/=%@~!,;#"
	for i := range len(usual) {
		if strings.IndexByte(text, usual[i]) < 0 {
			return usual[i : i+1]
		}
	}
	for c := 255; c > 0; c-- {
		if !isAlpha(byte(c)) && !isSpace(byte(c)) && strings.IndexByte(text, byte(c)) < 0 {
			return string([]byte{byte(c)})
		}
	}
	return "|" // no parsed text comes here: its own delimiter was free
}
