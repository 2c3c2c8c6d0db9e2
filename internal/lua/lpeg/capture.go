package lpeg

import (
	"strconv"

	"sonde/internal/lua"
)

type capKind uint8

const (
	capSimple capKind = iota
	capPosition
	capConst
	capBackref
	capArg
	capTable
	capFunction
	capQuery
	capString
	capNumber
	capSubst
	capFold
	capAccum
	capGroup
	capRunTime
)

// captures turns the events of a match into values. The values of the
// captures under way lie in out, the last ones at the end.
type captures struct {
	m     *machine
	at    int // the next event
	out   []lua.Value
	depth int
}

// maxDepth bounds the nesting of captures.
const maxDepth = 5000

func (c *captures) event() *event { return &c.m.events[c.at] }

// skip moves behind the capture that begins here.
func (c *captures) skip() {
	if c.event().full {
		c.at++
		return
	}
	for depth := 0; ; {
		e := c.event()
		c.at++
		if e.node == nil {
			depth--
		} else if !e.full {
			depth++
		}
		if depth == 0 {
			return
		}
	}
}

func (c *captures) text(from, to int) lua.Value { return c.m.t.String(c.m.subject[from:to]) }

// push appends the values of the capture that begins here and returns their number.
func (c *captures) push() int {
	if c.depth++; c.depth > maxDepth {
		raise(c.m.t, "too many nested captures")
	}
	defer func() { c.depth-- }()
	n := len(c.out)
	e := c.event()
	switch e.kind {
	case capPosition:
		c.one(lua.Int(int64(e.pos + 1)))
	case capConst:
		c.one(e.node.key)
	case capRunTime:
		if e.full {
			c.one(e.val)
		} else {
			c.nested(false)
		}
	case capArg:
		if e.node.n > len(c.m.args) {
			raise(c.m.t, "absent extra argument #%d", e.node.n)
		}
		c.one(c.m.args[e.node.n-1])
	case capSimple:
		k := c.nested(true)
		whole := c.out[len(c.out)-1]
		copy(c.out[len(c.out)-k+1:], c.out[len(c.out)-k:])
		c.out[len(c.out)-k] = whole
	case capGroup:
		if e.node.key.IsNil() {
			c.nested(false)
		} else {
			c.skip()
		}
	case capBackref:
		c.backref(e)
	case capTable:
		c.table()
	case capFunction:
		c.call(e.node.key)
	case capQuery:
		c.query(e.node.key)
	case capNumber:
		c.number(e.node.n)
	case capString:
		b := c.template(nil)
		c.out = append(c.out, c.m.t.Bytes(b))
	case capSubst:
		b := c.subst(nil)
		c.out = append(c.out, c.m.t.Bytes(b))
	case capFold:
		c.fold(e.node.key)
	case capAccum:
		c.accumulate(e.node.key)
		return 0
	}
	return len(c.out) - n
}

// one appends the value of a capture without extent.
func (c *captures) one(v lua.Value) {
	c.at++
	c.out = append(c.out, v)
}

// nested appends the values of all captures inside the one that begins here; the
// whole match if there are none, or if it is wanted as well, then last.
func (c *captures) nested(whole bool) int {
	e := c.event()
	from := e.pos
	n := 0
	c.at++
	for c.event().node != nil {
		n += c.push()
	}
	if whole || n == 0 {
		c.out = append(c.out, c.text(from, c.event().pos))
		n++
	}
	c.at++
	return n
}

// firstNested is the first value nested would give.
func (c *captures) firstNested() lua.Value {
	n := len(c.out)
	c.nested(false)
	v := c.out[n]
	c.out = c.out[:n]
	return v
}

// backref finds the last complete group of a name before this capture, not
// inside or around it.
func (c *captures) backref(e *event) {
	here := c.at
	for i := here - 1; i >= 0; i-- {
		if b := &c.m.events[i]; b.node == nil {
			i = c.opening(i)
			if g := &c.m.events[i]; g.kind == capGroup && g.node.key.Equal(e.node.key) && !g.node.key.IsNil() {
				c.at = i
				c.nested(false)
				c.at = here + 1
				return
			}
		}
	}
	raise(c.m.t, "back reference '%s' not found", text(e.node.key))
}

// opening is the beginning of the capture that ends at event i.
func (c *captures) opening(i int) int {
	for depth := 0; ; i-- {
		if e := &c.m.events[i]; e.node == nil {
			depth++
		} else if !e.full {
			if depth--; depth == 0 {
				return i
			}
		}
	}
}

func (c *captures) table() {
	tab := c.m.t.State().NewTable(0, 0)
	c.at++
	n := int64(0)
	for c.event().node != nil {
		if e := c.event(); e.kind == capGroup && !e.node.key.IsNil() {
			tab.Set(e.node.key, c.firstNested())
			continue
		}
		base := len(c.out)
		c.push()
		for _, v := range c.out[base:] {
			n++
			tab.Set(lua.Int(n), v)
		}
		c.out = c.out[:base]
	}
	c.at++
	c.out = append(c.out, lua.TableValue(tab))
}

func (c *captures) call(fn lua.Value) {
	base := len(c.out)
	c.nested(false)
	args := append([]lua.Value(nil), c.out[base:]...)
	c.out = append(c.out[:base], c.m.t.CallMulti(fn, args...)...)
}

func (c *captures) query(tab lua.Value) {
	if v := c.m.t.Index(tab, c.firstNested()); !v.IsNil() {
		c.out = append(c.out, v)
	}
}

func (c *captures) number(n int) {
	if n == 0 {
		c.skip()
		return
	}
	base := len(c.out)
	if c.nested(false) < n {
		raise(c.m.t, "no capture '%d'", n)
	}
	v := c.out[base+n-1]
	c.out = append(c.out[:base], v)
}

func (c *captures) fold(fn lua.Value) {
	base := len(c.out)
	c.at++
	if c.event().node == nil || c.push() == 0 {
		raise(c.m.t, "no initial value for fold capture")
	}
	acc := c.out[base]
	c.out = c.out[:base]
	for c.event().node != nil {
		c.push()
		args := append([]lua.Value{acc}, c.out[base:]...)
		c.out = c.out[:base]
		acc = c.m.t.CallValue(fn, args...)
	}
	c.at++
	c.out = append(c.out, acc)
}

// accumulate replaces the value before this capture.
func (c *captures) accumulate(fn lua.Value) {
	base := len(c.out)
	if base == 0 {
		raise(c.m.t, "no previous value for accumulator capture")
	}
	c.nested(false)
	args := append([]lua.Value(nil), c.out[base-1:]...)
	c.out = append(c.out[:base-1], c.m.t.CallValue(fn, args...))
}

// strings lists a capture and the simple captures in it as text, for
// templates: the capture itself and then the others in order.
func (c *captures) strings(list []lua.Value) []lua.Value {
	e := c.event()
	at := len(list)
	list = append(list, lua.Nil)
	c.at++
	for c.event().node != nil {
		if c.event().kind == capSimple {
			list = c.strings(list)
			continue
		}
		base := len(c.out)
		if c.push() == 0 {
			raise(c.m.t, "no values in capture index %d in replacement string", len(list))
		}
		list = append(list, c.out[base])
		c.out = c.out[:base]
	}
	list[at] = c.text(e.pos, c.event().pos)
	c.at++
	return list
}

// template fills %0 to %9 of a string capture in.
func (c *captures) template(out []byte) []byte {
	format, _ := c.event().node.key.AsString()
	list := c.strings(nil)
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			out = append(out, format[i])
			continue
		}
		i++
		if format[i] < '0' || format[i] > '9' {
			out = append(out, format[i])
			continue
		}
		l := int(format[i] - '0')
		if l >= len(list) {
			raise(c.m.t, "invalid capture index %%%d in replacement string", l)
		}
		out = c.appendText(out, list[l], "capture")
	}
	return out
}

func (c *captures) appendText(out []byte, v lua.Value, what string) []byte {
	if s, ok := v.AsString(); ok {
		return append(out, s...)
	}
	if v.Kind() == lua.KindInt {
		n, _ := v.AsInt()
		return strconv.AppendInt(out, n, 10)
	}
	if v.Kind() == lua.KindFloat {
		return append(out, c.m.t.ToString(v)...)
	}
	raise(c.m.t, "invalid %s value (%s)", what, describe(v))
	return nil
}

// subst copies the match with nested captures replaced by their values.
func (c *captures) subst(out []byte) []byte {
	if c.depth++; c.depth > maxDepth {
		raise(c.m.t, "too many nested captures")
	}
	defer func() { c.depth-- }()
	pos := c.event().pos
	c.at++
	for c.event().node != nil {
		e := c.event()
		out = append(out, c.m.subject[pos:e.pos]...)
		pos = e.pos
		done := true
		switch e.kind {
		case capString:
			out = c.template(out)
		case capSubst:
			out = c.subst(out)
		default:
			base := len(c.out)
			if done = c.push() > 0; done {
				out = c.appendText(out, c.out[base], "replacement")
			}
			c.out = c.out[:base]
		}
		if last := &c.m.events[c.at-1]; done && !last.full {
			pos = last.pos // go on after the capture
		}
	}
	out = append(out, c.m.subject[pos:c.event().pos]...)
	c.at++
	return out
}

// all gives the values of a whole match.
func (c *captures) all() []lua.Value {
	for c.at < len(c.m.events) {
		c.push()
	}
	return c.out
}
