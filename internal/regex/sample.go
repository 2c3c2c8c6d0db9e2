package regex

import "math/rand/v2"

// A Sampler writes subjects that a pattern probably matches: it walks the
// syntax tree and takes random ways. What stands in look-arounds is left out,
// so now and then a subject does not match; who needs certainty tries it. It
// serves one goroutine at a time.
type Sampler struct {
	parser *parser
	root   int32
	rand   *rand.Rand
	out    []byte
	groups map[int32]string
	steps  int
}

// maxSample is the length, in bytes, at which a sample ends early, and
// maxSampleSteps the number of nodes, for they may match nothing.
const (
	maxSample      = 4000
	maxSampleSteps = 100_000
)

// NewSampler reads a pattern. The error is a [*SyntaxError].
func NewSampler(pattern string, flags Flags, r *rand.Rand) (*Sampler, error) {
	p := newParser(pattern, flags, nil)
	root := p.parse()
	if p.err != nil {
		return nil, p.err
	}
	return &Sampler{parser: &p, root: root, rand: r}, nil
}

// Sample writes a subject, of at most a few thousand bytes. It is the caller's.
func (s *Sampler) Sample() []byte {
	s.out = nil
	s.groups = make(map[int32]string)
	s.steps = 0
	s.node(s.root)
	return s.out
}

func (s *Sampler) node(i int32) {
	if s.steps++; len(s.out) > maxSample || s.steps > maxSampleSteps {
		return
	}
	n := s.parser.nodes[i]
	switch n.op {
	case ndLit:
		for _, c := range s.parser.lits[n.a : n.a+n.b] {
			if n.flag != 0 && isLetter(c) && s.rand.IntN(2) == 0 {
				c ^= 0x20
			}
			s.out = append(s.out, c)
		}
	case ndClass:
		s.out = append(s.out, s.member(n))
	case ndCat:
		for k := n.kid; k != 0; k = s.parser.nodes[k].next {
			s.node(k)
		}
	case ndAlt, ndCond:
		s.oneOf(n.kid)
	case ndCapture:
		start := len(s.out)
		s.node(n.kid)
		s.groups[n.a] = string(s.out[start:])
	case ndAtomic:
		s.node(n.kid)
	case ndRepeat:
		s.repeat(n)
	case ndBackref:
		s.out = append(s.out, s.groups[n.a]...)
	case ndNewline:
		s.out = append(s.out, []string{"\r\n", "\n", "\r", "\x85"}[s.rand.IntN(4)]...)
	}
}

// oneOf writes one of the kids from k on.
func (s *Sampler) oneOf(k int32) {
	var kids []int32
	for ; k != 0; k = s.parser.nodes[k].next {
		if s.parser.nodes[k].op != ndLook {
			kids = append(kids, k)
		}
	}
	if len(kids) > 0 {
		s.node(kids[s.rand.IntN(len(kids))])
	}
}

// repeat writes few of what may stand often, and many once in a while.
func (s *Sampler) repeat(n node) {
	count := int(n.a) + s.rand.IntN(4)
	if s.rand.IntN(20) == 0 {
		count += 20
	}
	if n.b != unlimited {
		count = min(count, int(n.b))
	}
	for ; count > 0 && s.steps <= maxSampleSteps; count-- {
		s.node(n.kid)
	}
}

// member is a byte of a class, one that is usual in replies if there is any.
func (s *Sampler) member(n node) byte {
	set := (&inst{k: n.flag, c: byte(n.a), z: n.a}).class(s.parser.sets)
	if set.Len() == 0 {
		return 0
	}
	const usual = "abcxyzABC0123456789.-_ /:;()\r\n\x00\xe9"
	for range 8 {
		if c := usual[s.rand.IntN(len(usual))]; set.Has(c) {
			return c
		}
	}
	for {
		if c := byte(s.rand.IntN(256)); set.Has(c) {
			return c
		}
	}
}
