package match

// byteSet is a set of bytes in lower case.
type byteSet [256]bool

func (b *byteSet) add(c byte)    { b[c] = true }
func (b *byteSet) remove(c byte) { b[c] = false }

func (b *byteSet) addRange(lo, hi byte) {
	for c := int(lo); c <= int(hi); c++ {
		b[lower(byte(c))] = true
	}
}

// addShorthand adds what \d, \D, \w, \W, \s or \S mean.
func (b *byteSet) addShorthand(c byte) {
	for i := range 256 {
		if isShorthand(lower(c), byte(i)) != (c < 'a') {
			b[lower(byte(i))] = true
		}
	}
}

func isShorthand(class, c byte) bool {
	switch class {
	case 'd':
		return isDigit(c)
	case 'w':
		return isDigit(c) || 'a' <= lower(c) && lower(c) <= 'z' || c == '_'
	default:
		return c == ' ' || '\t' <= c && c <= '\r'
	}
}

// addClass adds the members of a class, given by the text between its
// brackets. It returns false if that takes more than a quick look.
func (b *byteSet) addClass(text string) bool {
	var members [256]bool // not in lower case, so that it can be negated
	negated := text[0] == '^'
	if negated {
		text = text[1:]
	}
	for text != "" {
		lo, n, ok := classMember(text)
		if !ok {
			if len(text) > 1 && text[0] == '\\' && isLetterOf(text[1], "dDwWsS") {
				for i := range 256 {
					members[i] = members[i] || isShorthand(lower(text[1]), byte(i)) != (text[1] < 'a')
				}
				text = text[2:]
				if len(text) > 1 && text[0] == '-' {
					return false // a hyphen that stands for itself
				}
				continue
			}
			return false
		}
		text = text[n:]
		hi := lo
		if len(text) > 1 && text[0] == '-' {
			if hi, n, ok = classMember(text[1:]); !ok || hi < lo {
				return false
			}
			text = text[1+n:]
		}
		for c := int(lo); c <= int(hi); c++ {
			members[c] = true
		}
	}
	for i, is := range members {
		if is != negated {
			b[lower(byte(i))] = true
		}
	}
	return true
}

// classMember decodes the single byte that text begins with.
func classMember(text string) (c byte, n int, ok bool) {
	if text[0] != '\\' {
		return text[0], 1, true
	}
	c, n = unescape(text)
	return c, n, n > 0
}

func isLetterOf(c byte, letters string) bool {
	for i := range len(letters) {
		if letters[i] == c {
			return true
		}
	}
	return false
}
