package report

// appendXML adds text to an attribute, an element or a comment of an XML
// document, as Nmap escapes it: markup by entities, the second of two hyphens
// as &#45; (so that a comment holds any text), and every byte, not character,
// outside ASCII by its number. The result is ASCII. Control characters that
// XML 1.0 cannot hold become U+FFFD, where Nmap writes what no parser reads.
func appendXML(b []byte, text string) []byte {
	for i := range len(text) {
		switch c := text[i]; {
		case c == '<':
			b = append(b, "&lt;"...)
		case c == '>':
			b = append(b, "&gt;"...)
		case c == '&':
			b = append(b, "&amp;"...)
		case c == '"':
			b = append(b, "&quot;"...)
		case c == '\'':
			b = append(b, "&apos;"...)
		case c == '-' && i > 0 && text[i-1] == '-':
			b = append(b, "&#45;"...)
		case c >= 0x20 && c < 0x80:
			b = append(b, c)
		case c >= 0x80 || c == '\t' || c == '\n' || c == '\r':
			b = appendCharRef(b, c)
		default:
			b = append(b, "&#xfffd;"...)
		}
	}
	return b
}

func appendCharRef(b []byte, c byte) []byte {
	const hex = "0123456789abcdef"
	b = append(b, "&#x"...)
	if c > 0xf {
		b = append(b, hex[c>>4])
	}
	return append(b, hex[c&15], ';')
}
