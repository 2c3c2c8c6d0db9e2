package match

// unescape decodes an escape that means one byte, and how long it is; 0 if it
// means something else or takes more than a quick look.
func unescape(s string) (c byte, n int) {
	if len(s) < 2 {
		return 0, 0
	}
	switch c = s[1]; c {
	case 't':
		return '\t', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 'f':
		return '\f', 2
	case 'a':
		return '\a', 2
	case 'e':
		return 0x1b, 2
	case '0':
		v := 0
		for n = 2; n < 4 && n < len(s) && '0' <= s[n] && s[n] <= '7'; n++ {
			v = v<<3 | int(s[n]-'0')
		}
		return byte(v), n
	case 'x':
		if len(s) > 2 && s[2] == '{' {
			return 0, 0
		}
		v := 0
		for n = 2; n < 4 && n < len(s) && isHex(s[n]); n++ {
			v = v<<4 | int(unhex(s[n]))
		}
		return byte(v), n
	}
	if isDigit(c) || 'a' <= lower(c) && lower(c) <= 'z' {
		return 0, 0
	}
	return c, 2
}

// quantity is how often an item may stand.
type quantity struct{ min, max int }

const unlimited = 1 << 30

func (s *scanner) atQuantifier() bool {
	if s.pos == len(s.src) {
		return false
	}
	switch s.src[s.pos] {
	case '*', '+', '?', '{':
		return true
	}
	return false
}

// quantifier reads the quantifier at pos; without one the quantity is 1.
func (s *scanner) quantifier() quantity {
	if !s.atQuantifier() {
		return quantity{1, 1}
	}
	var q quantity
	switch s.src[s.pos] {
	case '*':
		q = quantity{0, unlimited}
	case '+':
		q = quantity{1, unlimited}
	case '?':
		q = quantity{0, 1}
	case '{':
		q = s.counted()
		if s.failed {
			return q
		}
	}
	s.pos++
	if s.pos < len(s.src) && (s.src[s.pos] == '?' || s.src[s.pos] == '+') {
		s.pos++ // lazy or possessive: what must be there is the same
	}
	if s.atQuantifier() {
		s.failed = true // a quantifier of a quantifier
	}
	return q
}

// counted reads {n}, {n,} or {n,m} and stops at the closing brace.
func (s *scanner) counted() quantity {
	number := func() int {
		s.pos++
		n, start := 0, s.pos
		for s.pos < len(s.src) && isDigit(s.src[s.pos]) {
			n = min(n*10+int(s.src[s.pos]-'0'), unlimited)
			s.pos++
		}
		if s.pos == start {
			return -1
		}
		return n
	}
	q := quantity{min: number()}
	q.max = q.min
	if s.pos < len(s.src) && s.src[s.pos] == ',' {
		if q.max = number(); q.max < 0 {
			q.max = unlimited
		}
	}
	if q.min < 0 || q.max < q.min || s.pos == len(s.src) || s.src[s.pos] != '}' {
		s.failed = true // a brace that stands for itself, or a fault
	}
	return q
}

// classEnd finds the end of the class that begins at start, behind its closing
// bracket, or -1 if that takes more than a quick look.
func (s *scanner) classEnd(start int) int {
	i := start + 1
	if i < len(s.src) && s.src[i] == '^' {
		i++
	}
	if i < len(s.src) && s.src[i] == ']' {
		i++ // at the first place it stands for itself
	}
	for i < len(s.src) {
		switch s.src[i] {
		case ']':
			return i + 1
		case '\\':
			if i+1 < len(s.src) && (s.src[i+1] == 'Q' || s.src[i+1] == 'E' || s.src[i+1] == 'c') {
				return -1
			}
			i += 2
		case '[':
			if i+1 < len(s.src) && (s.src[i+1] == ':' || s.src[i+1] == '.' || s.src[i+1] == '=') {
				return -1
			}
			i++
		default:
			i++
		}
	}
	return -1
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
func isHex(c byte) bool   { return isDigit(c) || 'a' <= lower(c) && lower(c) <= 'f' }

func unhex(c byte) byte {
	if isDigit(c) {
		return c - '0'
	}
	return lower(c) - 'a' + 10
}
