package regex

import (
	"bytes"
	"strings"
)

// A flagged is a pattern with its flags, and the probe it is for.
type flagged struct {
	pattern string
	flags   Flags
	probe   string
}

// nmapPatterns takes the patterns from a file of Nmap's form:
// "match service m|pattern|flags …".
func nmapPatterns(file []byte) []flagged {
	var out []flagged
	probe := ""
	for line := range bytes.Lines(file) {
		word, rest, _ := strings.Cut(string(line), " ")
		if f := strings.Fields(rest); word == "Probe" && len(f) > 1 {
			probe = f[0] + " " + f[1]
		}
		if word != "match" && word != "softmatch" {
			continue
		}
		_, rest, _ = strings.Cut(rest, " ")
		rest = strings.TrimLeft(rest, " ")
		if len(rest) < 2 || rest[0] != 'm' {
			continue
		}
		p := flagged{probe: probe}
		p.pattern, rest, _ = strings.Cut(rest[2:], rest[1:2])
		options, _, _ := strings.Cut(rest, " ")
		if strings.Contains(options, "i") {
			p.flags |= FoldCase
		}
		if strings.Contains(options, "s") {
			p.flags |= DotAll
		}
		out = append(out, p)
	}
	return out
}
