package lua

import "strings"

const (
	maxCaptures  = 32
	maxPattern   = 200 // nesting of the matcher
	capPosition  = -2
	capUnclosed  = -1
	patternSpecs = "^$*+?.([%-"
)

// A matcher matches Lua patterns against a subject. Its recursion and its
// steps are bounded.
type matcher struct {
	t     *Thread
	s, p  string
	level int
	depth int
	steps int64
	caps  [maxCaptures]struct{ start, len int }
}

func (m *matcher) reset(t *Thread, s, p string) {
	m.t, m.s, m.p = t, s, p
	m.level, m.depth, m.steps = 0, 0, t.s.limits.PatternSteps
}

// tick counts n steps, and ends what takes too many.
func (m *matcher) tick(n int) {
	m.steps -= int64(n)
	if m.steps < 0 {
		m.t.s.fatal(ErrSteps, "pattern matching takes too many steps")
	}
	m.t.Step(int64(n))
}

// match is the end of the match of the pattern from p on at position s, or -1.
func (m *matcher) match(s, p int) int {
	m.depth++
	if m.depth > maxPattern {
		m.t.raise("pattern too complex")
	}
	r := m.run(s, p)
	m.depth--
	return r
}

func (m *matcher) run(s, p int) int {
	for p < len(m.p) {
		m.tick(1)
		switch m.p[p] {
		case '(':
			if p+1 < len(m.p) && m.p[p+1] == ')' {
				return m.open(s, p+2, capPosition)
			}
			return m.open(s, p+1, capUnclosed)
		case ')':
			return m.close(s, p+1)
		case '$':
			if p+1 == len(m.p) {
				if s == len(m.s) {
					return s
				}
				return -1
			}
		case '%':
			if p+1 < len(m.p) {
				switch c := m.p[p+1]; {
				case c == 'b':
					if s = m.balance(s, p+2); s < 0 {
						return -1
					}
					p += 4
					continue
				case c == 'f':
					end, ok := m.frontier(s, p+2)
					if !ok {
						return -1
					}
					p = end
					continue
				case isDigit(c):
					if s = m.backReference(s, int(c-'1')); s < 0 {
						return -1
					}
					p += 2
					continue
				}
			}
		}
		end := m.classEnd(p)
		var quant byte
		if end < len(m.p) {
			quant = m.p[end]
		}
		switch quant {
		case '?':
			if s < len(m.s) && m.single(m.s[s], p, end) {
				if r := m.match(s+1, end+1); r >= 0 {
					return r
				}
			}
			p = end + 1
		case '+':
			if s >= len(m.s) || !m.single(m.s[s], p, end) {
				return -1
			}
			return m.greedy(s+1, p, end)
		case '*':
			return m.greedy(s, p, end)
		case '-':
			return m.lazy(s, p, end)
		default:
			if s >= len(m.s) || !m.single(m.s[s], p, end) {
				return -1
			}
			s++
			p = end
		}
	}
	return s
}

func (m *matcher) greedy(s, p, end int) int {
	n := 0
	for s+n < len(m.s) && m.single(m.s[s+n], p, end) {
		n++
	}
	m.tick(n)
	if end+1 == len(m.p) {
		return s + n // nothing left that could fail
	}
	for ; n >= 0; n-- {
		if r := m.match(s+n, end+1); r >= 0 {
			return r
		}
	}
	return -1
}

func (m *matcher) lazy(s, p, end int) int {
	for {
		if r := m.match(s, end+1); r >= 0 {
			return r
		}
		if s >= len(m.s) || !m.single(m.s[s], p, end) {
			return -1
		}
		s++
	}
}

func (m *matcher) open(s, p, what int) int {
	if m.level >= maxCaptures {
		m.t.raise("too many captures")
	}
	m.caps[m.level].start, m.caps[m.level].len = s, what
	m.level++
	r := m.match(s, p)
	if r < 0 {
		m.level--
	}
	return r
}

func (m *matcher) close(s, p int) int {
	for i := m.level - 1; i >= 0; i-- {
		if m.caps[i].len == capUnclosed {
			m.caps[i].len = s - m.caps[i].start
			r := m.match(s, p)
			if r < 0 {
				m.caps[i].len = capUnclosed
			}
			return r
		}
	}
	m.t.raise("invalid pattern capture")
	return -1
}

// balance matches %bxy, whose two bytes are at p.
func (m *matcher) balance(s, p int) int {
	if p+1 >= len(m.p) {
		m.t.raise("malformed pattern (missing arguments to '%b')")
	}
	if s >= len(m.s) || m.s[s] != m.p[p] {
		return -1
	}
	open, shut, depth := m.p[p], m.p[p+1], 1
	for i := s + 1; i < len(m.s); i++ {
		switch m.s[i] {
		case shut:
			if depth--; depth == 0 {
				m.tick(i - s)
				return i + 1
			}
		case open:
			depth++
		}
	}
	m.tick(len(m.s) - s)
	return -1
}

// frontier matches %f with the set at p; it gives the end of the set.
func (m *matcher) frontier(s, p int) (int, bool) {
	if p >= len(m.p) || m.p[p] != '[' {
		m.t.raise("missing '[' after '%f' in pattern")
	}
	end := m.classEnd(p)
	var before, after byte
	if s > 0 {
		before = m.s[s-1]
	}
	if s < len(m.s) {
		after = m.s[s]
	}
	return end, !m.inSet(before, p, end-1) && m.inSet(after, p, end-1)
}

func (m *matcher) backReference(s, l int) int {
	if l < 0 || l >= m.level || m.caps[l].len == capUnclosed {
		m.t.raisef("invalid capture index %%%d", l+1)
	}
	c := m.caps[l]
	if c.len == capPosition {
		return -1
	}
	m.tick(c.len)
	if strings.HasPrefix(m.s[s:], m.s[c.start:c.start+c.len]) {
		return s + c.len
	}
	return -1
}

// classEnd is where the single character class at p ends.
func (m *matcher) classEnd(p int) int {
	c := m.p[p]
	p++
	switch c {
	case '%':
		if p >= len(m.p) {
			m.t.raise("malformed pattern (ends with '%')")
		}
		return p + 1
	case '[':
		if p < len(m.p) && m.p[p] == '^' {
			p++
		}
		for first := true; first || p >= len(m.p) || m.p[p] != ']'; first = false {
			if p >= len(m.p) {
				m.t.raise("malformed pattern (missing ']')")
			}
			c := m.p[p]
			p++
			if c == '%' {
				p++ // an escaped ] does not end the set
			}
		}
		return p + 1
	}
	return p
}

func (m *matcher) single(c byte, p, end int) bool {
	switch m.p[p] {
	case '.':
		return true
	case '%':
		return inClass(c, m.p[p+1])
	case '[':
		return m.inSet(c, p, end-1)
	}
	return m.p[p] == c
}

// inSet tells whether a byte is in the set from [ at p to ] at end.
func (m *matcher) inSet(c byte, p, end int) bool {
	yes := true
	p++
	if m.p[p] == '^' {
		yes = false
		p++
	}
	for ; p < end; p++ {
		switch x := m.p[p]; {
		case x == '%':
			p++
			if inClass(c, m.p[p]) {
				return yes
			}
		case p+2 < end && m.p[p+1] == '-':
			if x <= c && c <= m.p[p+2] {
				return yes
			}
			p += 2
		case x == c:
			return yes
		}
	}
	return !yes
}

// inClass tells whether a byte is in the class of a letter, such as %a; the
// capital letter is the complement.
func inClass(c, class byte) bool {
	var in bool
	switch class | 0x20 {
	case 'a':
		in = isAlpha(c) && c != '_'
	case 'c':
		in = c < 32 || c == 127
	case 'd':
		in = isDigit(c)
	case 'g':
		in = c > 32 && c < 127
	case 'l':
		in = c >= 'a' && c <= 'z'
	case 'p':
		in = c > 32 && c < 127 && !(isAlnum(c) && c != '_')
	case 's':
		in = c == ' ' || c >= '\t' && c <= '\r'
	case 'u':
		in = c >= 'A' && c <= 'Z'
	case 'w':
		in = isAlnum(c) && c != '_'
	case 'x':
		_, in = hexDigit(c)
	case 'z':
		in = c == 0
	default:
		return c == class
	}
	if !isAlpha(class) || class == '_' {
		return c == class
	}
	return in == (class >= 'a')
}

// capture is the value of capture l, or the whole match from s to e if there
// are no captures.
func (m *matcher) capture(l, s, e int) Value {
	if l >= m.level {
		if l != 0 {
			m.t.raisef("invalid capture index %%%d", l+1)
		}
		return m.t.String(m.s[s:e])
	}
	c := m.caps[l]
	switch c.len {
	case capPosition:
		return Int(int64(c.start + 1))
	case capUnclosed:
		m.t.raise("unfinished capture")
	}
	return m.t.String(m.s[c.start : c.start+c.len])
}

// pushCaptures pushes all captures, or the whole match if there are none and
// it is wanted.
func (m *matcher) pushCaptures(s, e int, whole bool) int {
	n := m.level
	if n == 0 && whole {
		n = 1
	}
	for l := range n {
		m.t.Push(m.capture(l, s, e))
	}
	return n
}

func strFind(t *Thread) (int, error)  { return findOrMatch(t, true) }
func strMatch(t *Thread) (int, error) { return findOrMatch(t, false) }

func findOrMatch(t *Thread, find bool) (int, error) {
	s, p := t.CheckString(1), t.CheckString(2)
	at := startIndex(t.OptInt(3, 1), len(s)) - 1
	if at > int64(len(s)) {
		return t.Return(Nil)
	}
	init := int(at)
	if find && (t.Arg(4).Truthy() || !strings.ContainsAny(p, patternSpecs)) {
		i := strings.Index(s[init:], p)
		if i < 0 {
			return t.Return(Nil)
		}
		t.Push(Int(int64(init + i + 1)))
		t.Push(Int(int64(init + i + len(p))))
		return 2, nil
	}
	var m matcher
	m.reset(t, s, p)
	start := 0
	if strings.HasPrefix(p, "^") {
		start = 1
	}
	for {
		m.level = 0
		if e := m.match(init, start); e >= 0 {
			if !find {
				return m.pushCaptures(init, e, true), nil
			}
			t.Push(Int(int64(init + 1)))
			t.Push(Int(int64(e)))
			return 2 + m.pushCaptures(0, 0, false), nil
		}
		if init++; start == 1 || init > len(s) {
			return t.Return(Nil)
		}
	}
}

func strGmatch(t *Thread) (int, error) {
	s, p := t.CheckString(1), t.CheckString(2)
	pos, last := int(min(startIndex(t.OptInt(3, 1), len(s))-1, int64(len(s)+1))), -1
	m := &matcher{}
	v := GoFunction("gmatch", func(t *Thread) (int, error) {
		m.reset(t, s, p)
		for ; pos <= len(s); pos++ {
			m.level = 0
			if e := m.match(pos, 0); e >= 0 && e != last {
				from := pos
				pos, last = e, e
				return m.pushCaptures(from, e, true), nil
			}
		}
		return t.Return(Nil)
	})
	v.goFunction().up = []Value{t.Arg(1), t.Arg(2)} // whose bytes s and p are
	t.s.charge(900)
	return t.Return(v)
}

func strGsub(t *Thread) (int, error) {
	s, p := t.CheckString(1), t.CheckString(2)
	repl := t.Arg(3)
	switch repl.Kind() {
	case KindInt, KindFloat:
		repl = String(numberString(repl))
	case KindString, KindTable, KindFunction:
	default:
		t.TypeError(3, "string/function/table")
	}
	limit := t.OptInt(4, int64(len(s))+1)
	start := 0
	if strings.HasPrefix(p, "^") {
		start = 1
	}
	var m matcher
	m.reset(t, s, p)
	out := make([]byte, 0, len(s)+16)
	pos, last, n := 0, -1, int64(0)
	changed := false
	for n < limit {
		m.level = 0
		e := m.match(pos, start)
		if e >= 0 && e != last {
			n++
			var done bool
			if out, done = m.replace(out, pos, e, repl); done {
				changed = true
			}
			pos, last = e, e
		} else if pos < len(s) {
			out = append(out, s[pos])
			pos++
		} else {
			break
		}
		if start == 1 {
			break
		}
		if len(out) > t.s.limits.String {
			return 0, t.Errorf("resulting string too large")
		}
	}
	if changed {
		out = append(out, s[pos:]...)
		t.Push(t.Bytes(out))
	} else {
		t.Push(t.String(s))
	}
	t.Push(Int(n))
	return 2, nil
}

// replace appends what a match is replaced by, and tells whether that is
// something else than the match itself.
func (m *matcher) replace(out []byte, s, e int, repl Value) ([]byte, bool) {
	var v Value
	switch {
	case repl.isString():
		return m.template(out, s, e, repl.str()), true
	case repl.AsTable() != nil:
		v = m.t.index(repl, m.capture(0, s, e))
	default:
		saved := *m // the function may use this matcher's thread, but not its captures
		top := m.t.top
		m.t.Push(repl)
		k := m.pushCaptures(s, e, true)
		m.t.doCall(top, k, 1)
		v = m.t.stack[top]
		m.t.top = top
		m.level, m.depth = saved.level, saved.depth
	}
	switch {
	case v.isFalsy():
		return append(out, m.s[s:e]...), false
	case v.isString():
		return append(out, v.str()...), true
	case v.isNumber():
		return appendNumber(out, v), true
	}
	m.t.raisef("invalid replacement value (a %s)", m.t.s.typeName(v))
	return nil, false
}

// template appends a replacement string with its %0 to %9 filled in.
func (m *matcher) template(out []byte, s, e int, repl string) []byte {
	for {
		i := strings.IndexByte(repl, '%')
		if i < 0 {
			return append(out, repl...)
		}
		out = append(out, repl[:i]...)
		var c byte
		if i+1 < len(repl) {
			c = repl[i+1]
		}
		switch {
		case c == '%':
			out = append(out, '%')
		case c == '0':
			out = append(out, m.s[s:e]...)
		case isDigit(c):
			v := m.capture(int(c-'1'), s, e)
			if v.isInt() {
				out = appendNumber(out, v)
			} else {
				out = append(out, v.str()...)
			}
		default:
			m.t.raise("invalid use of '%' in replacement string")
		}
		repl = repl[i+2:]
	}
}
