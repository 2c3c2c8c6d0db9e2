package report

import "sonde/result"

// The shape of a wrapped fingerprint: it fits into mail and tickets, and is
// put together again by dropping each newline with the mark behind it.
const (
	fingerprintWidth = 74
	fingerprintMark  = "SF:"
	maxFingerprints  = 9 // shown per host
)

// appendFingerprints adds the answers of those services of a host that no
// signature knows, for the user to pass on.
func appendFingerprints(b []byte, ports []result.Port) []byte {
	var texts []string
	for i := range ports {
		if s := ports[i].Service; s != nil && s.Fingerprint != "" && len(texts) < maxFingerprints {
			texts = append(texts, s.Fingerprint)
		}
	}
	if len(texts) == 0 {
		return b
	}
	b = appendInt(b, int64(len(texts)))
	b = append(b, plural(len(texts),
		" service answered in a way that no signature knows. If you know what it is, please send the following fingerprint to ",
		" services answered in ways that no signature knows. If you know what they are, please send the following fingerprints to ")...)
	b = append(append(b, Home...), " :\n"...)
	for _, text := range texts {
		if len(texts) > 1 {
			b = append(b, "==============NEXT SERVICE FINGERPRINT (SUBMIT INDIVIDUALLY)==============\n"...)
		}
		b = append(appendWrapped(b, text), '\n')
	}
	return b
}

// appendWrapped adds a fingerprint in lines of fingerprintWidth characters,
// each but the first begun by the mark. A semicolon at the end is never
// wrapped. Escapes are split freely.
func appendWrapped(b []byte, text string) []byte {
	end := ""
	if n := len(text) - 1; n >= 0 && text[n] == ';' {
		text, end = text[:n], ";"
	}
	width := fingerprintWidth
	for len(text) > width {
		b = appendClean(b, text[:width])
		b = append(append(b, '\n'), fingerprintMark...)
		text, width = text[width:], fingerprintWidth-len(fingerprintMark)
	}
	return append(appendClean(b, text), end...)
}
