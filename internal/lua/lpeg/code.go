package lpeg

import "sonde/internal/lua"

type opcode uint8

const (
	opEnd opcode = iota
	opString
	opSet
	opAny
	opRange
	opSpan       // as many of a set as there are
	opBehind     // go n bytes back
	opTestSet    // jump unless the next byte is in the set
	opChoice     // on failure go on at the target
	opCommit     // drop the choice and jump
	opPartial    // renew the choice and jump
	opBackCommit // drop the choice, go back to its position and jump
	opFail
	opFailTwice
	opCall
	opReturn
	opJump
	opOpenCap
	opCloseCap
	opFullCap
	opRunTime
)

type inst struct {
	op   opcode
	jump int
	set  *set
	node *node
}

// A program is a compiled pattern.
type program struct {
	code []inst
}

type compiler struct {
	t     *lua.Thread
	code  []inst
	rules map[*rule]int // where their code begins
	calls []pendingCall
}

type pendingCall struct {
	at   int
	rule *rule
}

func compile(t *lua.Thread, n *node) *program {
	c := &compiler{t: t, rules: map[*rule]int{}}
	c.gen(n)
	c.emit(inst{op: opEnd})
	for _, p := range c.calls {
		c.code[p.at].jump = c.rules[p.rule]
	}
	t.Charge(len(c.code) * 40)
	return &program{c.code}
}

func (c *compiler) emit(i inst) int {
	c.code = append(c.code, i)
	return len(c.code) - 1
}

func (c *compiler) here(at int) { c.code[at].jump = len(c.code) }

func (c *compiler) gen(n *node) {
	switch n.kind {
	case kFalse:
		c.emit(inst{op: opFail})
	case kString:
		if n.text != "" {
			c.emit(inst{op: opString, node: n})
		}
	case kSet:
		c.emit(inst{op: opSet, set: n.set})
	case kAny:
		c.emit(inst{op: opAny})
	case kRange:
		c.emit(inst{op: opRange, node: n})
	case kSeq:
		c.gen(n.a)
		c.gen(n.b)
	case kChoice:
		c.choice(n)
	case kRep:
		c.rep(n)
	case kNot:
		at := c.emit(inst{op: opChoice})
		c.gen(n.a)
		c.emit(inst{op: opFailTwice})
		c.here(at)
	case kAnd:
		at := c.emit(inst{op: opChoice})
		c.gen(n.a)
		back := c.emit(inst{op: opBackCommit})
		c.here(at)
		c.emit(inst{op: opFail})
		c.here(back)
	case kBehind:
		if n.lo > 0 {
			c.emit(inst{op: opBehind, jump: n.lo})
		}
		c.gen(n.a)
	case kOpen:
		raise(c.t, "rule '%s' used outside a grammar", text(n.key))
	case kCall:
		c.calls = append(c.calls, pendingCall{c.emit(inst{op: opCall}), n.rule})
	case kGrammar:
		c.grammar(n)
	case kCapture:
		c.capture(n)
	case kRunTime:
		c.emit(inst{op: opOpenCap, node: n})
		c.gen(n.a)
		c.emit(inst{op: opRunTime, node: n})
	}
}

func (c *compiler) choice(n *node) {
	// Alternatives form a chain to the right or to the left.
	first, ok := n.a.first()
	test := -1
	if ok && !n.a.nullable() {
		test = c.emit(inst{op: opTestSet, set: &first})
		if second, ok := n.b.first(); ok && first.disjoint(&second) {
			c.gen(n.a)
			end := c.emit(inst{op: opJump})
			c.here(test)
			c.gen(n.b)
			c.here(end)
			return
		}
	}
	at := c.emit(inst{op: opChoice})
	c.gen(n.a)
	end := c.emit(inst{op: opCommit})
	c.here(at)
	if test >= 0 {
		c.here(test)
	}
	c.gen(n.b)
	c.here(end)
}

func (c *compiler) rep(n *node) {
	if s, ok := n.a.asSet(); ok {
		c.emit(inst{op: opSpan, set: &s})
		return
	}
	test := -1
	if first, ok := n.a.first(); ok && !n.a.nullable() {
		test = c.emit(inst{op: opTestSet, set: &first})
	}
	at := c.emit(inst{op: opChoice})
	body := len(c.code)
	c.gen(n.a)
	c.emit(inst{op: opPartial, jump: body})
	c.here(at)
	if test >= 0 {
		c.here(test)
	}
}

func (c *compiler) grammar(n *node) {
	c.calls = append(c.calls, pendingCall{c.emit(inst{op: opCall}), n.rules[0]})
	end := c.emit(inst{op: opJump})
	for _, r := range n.rules {
		if _, done := c.rules[r]; done {
			continue // the same grammar occurs twice in the pattern
		}
		c.rules[r] = len(c.code)
		c.gen(r.node)
		c.emit(inst{op: opReturn})
	}
	c.here(end)
}

func (c *compiler) capture(n *node) {
	switch n.cap {
	case capPosition, capConst, capBackref, capArg:
		c.emit(inst{op: opFullCap, node: n})
		return
	}
	c.emit(inst{op: opOpenCap, node: n})
	c.gen(n.a)
	c.emit(inst{op: opCloseCap, node: n})
}
