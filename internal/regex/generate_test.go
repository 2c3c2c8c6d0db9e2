package regex

import "math/rand/v2"

// A generator writes strings that a pattern probably matches: it walks the
// syntax tree and takes random ways.
type generator struct {
	p      *parser
	root   int32
	rng    *rand.Rand
	out    []byte
	groups map[int32]string
}

// newGenerator parses a pattern that is known to be good.
func newGenerator(pattern string, flags Flags, rng *rand.Rand) *generator {
	p := &parser{src: pattern, nodes: []node{{}}}
	if flags&FoldCase != 0 {
		p.opts |= optFold
	}
	if flags&DotAll != 0 {
		p.opts |= optDotAll
	}
	root := p.parse()
	if p.err != nil {
		return nil
	}
	return &generator{p: p, root: root, rng: rng}
}

// subject writes one string.
func (g *generator) subject() []byte {
	g.out = nil
	g.groups = map[int32]string{}
	g.node(g.root)
	return g.out
}

func (g *generator) node(i int32) {
	const enough = 4000
	if len(g.out) > enough {
		return
	}
	n := g.p.nodes[i]
	switch n.op {
	case ndLit:
		for _, c := range g.p.lits[n.a : n.a+n.b] {
			if n.flag != 0 && isLetter(c) && g.rng.IntN(2) == 0 {
				c ^= 0x20
			}
			g.out = append(g.out, c)
		}
	case ndClass:
		g.out = append(g.out, g.member(n))
	case ndCat:
		for k := n.kid; k != 0; k = g.p.nodes[k].next {
			g.node(k)
		}
	case ndAlt, ndCond:
		var kids []int32
		for k := n.kid; k != 0; k = g.p.nodes[k].next {
			if g.p.nodes[k].op != ndLook {
				kids = append(kids, k)
			}
		}
		if len(kids) > 0 {
			g.node(kids[g.rng.IntN(len(kids))])
		}
	case ndCapture:
		start := len(g.out)
		g.node(n.kid)
		g.groups[n.a] = string(g.out[start:])
	case ndAtomic:
		g.node(n.kid)
	case ndRepeat:
		g.repeat(n)
	case ndBackref:
		g.out = append(g.out, g.groups[n.a]...)
	case ndNewline:
		g.out = append(g.out, []string{"\r\n", "\n", "\r", "\x85"}[g.rng.IntN(4)]...)
	}
}

func (g *generator) repeat(n node) {
	most := int(n.a) + g.rng.IntN(4)
	if g.rng.IntN(20) == 0 {
		most += 20
	}
	if n.b != unlimited {
		most = min(most, int(n.b))
	}
	for range most {
		g.node(n.kid)
	}
}

// member is a byte of a class, a plain one more often than not.
func (g *generator) member(n node) byte {
	set := (&inst{k: n.flag, c: byte(n.a), z: n.a}).class(g.p.sets)
	if set.Len() == 0 {
		return 0
	}
	const plain = "abcxyzABC0123456789.-_ /:;()\r\n\x00\xe9"
	for range 8 {
		if c := plain[g.rng.IntN(len(plain))]; set.Has(c) {
			return c
		}
	}
	for {
		if c := byte(g.rng.IntN(256)); set.Has(c) {
			return c
		}
	}
}

// mutate spoils a subject, so that it matches no more, or otherwise.
func mutate(s []byte, rng *rand.Rand) []byte {
	s = append([]byte(nil), s...)
	for range 1 + rng.IntN(3) {
		at := rng.IntN(len(s) + 1)
		switch kind := rng.IntN(9); {
		case kind == 0:
			s = s[:at]
		case kind == 1:
			s = append(s, "\n"...)
		case kind == 2:
			s = append(s, "\r\nmore\r\n"...)
		case kind == 3:
			const odd = "\v\f\xa0\x85\xe9\xb5\xff\x00\n\r aA0_"
			s = append(s[:at], append([]byte{odd[rng.IntN(len(odd))]}, s[at:]...)...)
		case kind == 4:
			s = append([]byte("x\n"), s...)
		case kind == 5:
			to := min(len(s), at+rng.IntN(8))
			s = append(s[:at], append(append([]byte(nil), s[at:to]...), s[at:]...)...)
		case at == len(s):
		case kind == 6:
			s[at] ^= 1 << rng.IntN(8)
		case kind == 7:
			s = append(s[:at], s[at+1:]...)
		case isLetter(s[at]):
			s[at] ^= 0x20
		}
	}
	return s
}
