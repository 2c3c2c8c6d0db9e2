package report

import "sonde/result"

// The widths of a C program's buffers that the columns of Nmap still show.
const (
	maxServiceColumn = 63
	maxVersionColumn = 159
	minVersionPart   = 8 // a part is left out if fewer bytes remain for it
)

// certain is the confidence above which a service's name is no guess.
const certain = 5

// appendService adds what the SERVICE column shows of a port: its name, "ssl/"
// in front if tunnelled, a question mark behind if -sV could only guess.
func appendService(b []byte, p *result.Port, o *Options) []byte {
	name, guess, tunnel := "unknown", "", ""
	if s := p.Service; s != nil {
		if s.Name != "" && s.Name != name {
			name = s.Name
			if o.VersionScan && p.State == result.Open && s.Confidence <= certain {
				guess = "?"
			}
		}
		if s.Tunnel == result.TunnelTLS {
			tunnel = "ssl/"
		}
	}
	if len(tunnel)+len(name)+len(guess) > maxServiceColumn {
		return b
	}
	b = append(b, tunnel...)
	b = appendClean(b, name)
	return append(b, guess...)
}

// appendVersion adds what the VERSION column shows of a service:
// "product version (extra information)", cut to maxVersionColumn bytes.
func appendVersion(b []byte, s *result.Service) []byte {
	if s == nil {
		return b
	}
	start := len(b)
	for _, part := range [...]struct{ open, text, close string }{{"", s.Product, ""}, {"", s.Version, ""}, {"(", s.Info, ")"}} {
		if part.text == "" {
			continue
		}
		left := maxVersionColumn - (len(b) - start)
		if left < minVersionPart {
			continue
		}
		if len(b) > start {
			b = append(b, ' ')
			left--
		}
		left -= len(part.open) + len(part.close)
		b = append(b, part.open...)
		if len(part.text) > left {
			b = append(appendClean(b, part.text[:left-len("...")]), "..."...)
		} else {
			b = appendClean(b, part.text)
		}
		// Nmap 7.93 loses the parenthesis of an uncut text that fills the column.
		if len(part.text) != left {
			b = append(b, part.close...)
		}
	}
	return b
}

// appendReason adds what the REASON column shows: the reason, who sent the
// packet behind it if not the target, and the packet's TTL if known.
func appendReason(b []byte, p *result.Port) []byte {
	b = append(b, p.Reason.String()...)
	if p.ReasonFrom.IsValid() {
		b = p.ReasonFrom.AppendTo(append(b, " from "...))
	}
	return appendTTL(b, p.ReasonTTL)
}

func appendTTL(b []byte, ttl uint8) []byte {
	if ttl == 0 {
		return b
	}
	return appendInt(append(b, " ttl "...), int64(ttl))
}
