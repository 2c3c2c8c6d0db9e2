package regex

// maxMeasure bounds the steps to measure the look-behinds of a pattern, in
// which references may multiply.
const maxMeasure = 1_000_000

// maxLen holds lengths far from overflow.
const maxLen = 1 << 30

// minLength is a lower bound of what a node matches, in bytes.
func (p *parser) minLength(i int32) int32 {
	n := &p.nodes[i]
	switch n.op {
	case ndLit:
		return n.b
	case ndClass, ndNewline:
		return 1
	case ndCat:
		sum := int32(0)
		for k := n.kid; k != 0; k = p.nodes[k].next {
			sum = min(sum+p.minLength(k), maxLen)
		}
		return sum
	case ndAlt:
		least := int32(maxLen)
		for k := n.kid; k != 0; k = p.nodes[k].next {
			least = min(least, p.minLength(k))
		}
		return least
	case ndCond:
		yes := n.kid
		if p.nodes[yes].op == ndLook && n.a == 0 {
			yes = p.nodes[yes].next
		}
		return min(p.minLength(yes), p.minLength(p.nodes[yes].next))
	case ndCapture, ndAtomic:
		return p.minLength(n.kid)
	case ndRepeat:
		return int32(min(int64(n.a)*int64(p.minLength(n.kid)), maxLen))
	}
	return 0
}

// anchored tells whether a node matches at the start of the subject only.
func (p *parser) anchored(i int32) bool {
	n := &p.nodes[i]
	switch n.op {
	case ndAssert:
		return op(n.a) == opBegin
	case ndCat:
		for k := n.kid; k != 0; k = p.nodes[k].next {
			if p.anchored(k) {
				return true
			}
			if o := p.nodes[k].op; o != ndEmpty && o != ndLook && o != ndAssert {
				return false
			}
		}
	case ndAlt:
		for k := n.kid; k != 0; k = p.nodes[k].next {
			if !p.anchored(k) {
				return false
			}
		}
		return true
	case ndCapture, ndAtomic:
		return p.anchored(n.kid)
	case ndRepeat:
		return n.a > 0 && p.anchored(n.kid)
	}
	return false
}

// A ruler measures items that must have one length.
type ruler struct {
	*parser
	steps int
	open  map[int32]bool // groups being measured
}

// length is the length of all that a node matches; ok is false if there is no
// such length.
func (m *ruler) length(i int32) (length int, ok bool) {
	if m.steps++; m.steps > maxMeasure {
		return 0, false
	}
	n := &m.nodes[i]
	switch n.op {
	case ndEmpty, ndAssert, ndLook:
		return 0, true
	case ndLit:
		return int(n.b), true
	case ndClass:
		return 1, true
	case ndCat:
		sum := 0
		for k := n.kid; k != 0; k = m.nodes[k].next {
			l, ok := m.length(k)
			if sum = min(sum+l, maxLen); !ok {
				return 0, false
			}
		}
		return sum, true
	case ndAlt:
		return m.same(n.kid)
	case ndCond:
		yes := n.kid
		if m.nodes[yes].op == ndLook && n.a == 0 {
			yes = m.nodes[yes].next
		}
		return m.same(yes)
	case ndAtomic:
		return m.length(n.kid)
	case ndCapture:
		return m.group(n)
	case ndRepeat:
		l, ok := m.length(n.kid)
		return int(min(int64(l)*int64(n.a), maxLen)), ok && n.a == n.b
	case ndBackref:
		for k := range m.nodes {
			m.steps++
			if c := &m.nodes[k]; c.op == ndCapture && c.a == n.a {
				return m.group(c)
			}
		}
	}
	return 0, false
}

// group measures a capturing group, which must not refer to itself.
func (m *ruler) group(n *node) (int, bool) {
	if m.open[n.a] {
		return 0, false
	}
	if m.open == nil {
		m.open = map[int32]bool{}
	}
	m.open[n.a] = true
	l, ok := m.length(n.kid)
	m.open[n.a] = false
	return l, ok
}

// same measures siblings that must be equally long.
func (m *ruler) same(k int32) (int, bool) {
	first, ok := m.length(k)
	for k = m.nodes[k].next; k != 0 && ok; k = m.nodes[k].next {
		l, one := m.length(k)
		ok = one && l == first
	}
	return first, ok
}
