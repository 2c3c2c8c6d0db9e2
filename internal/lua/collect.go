package lua

import "unsafe"

// Go frees memory by itself. This collector only finds out what a State
// can still reach: to know how much memory that is, to clear weak tables, to
// call finalizers, and to end coroutines nobody can resume.

// A Tracer is userdata content that holds Lua values.
type Tracer interface {
	Trace(visit func(Value))
}

// collection is one run of marking.
type collection struct {
	s       *State
	grey    []Value
	weak    []*Table // tables with weak values
	ephem   []*Table // tables with weak keys
	strings map[unsafe.Pointer]struct{}
	bytes   int64
}

// longString is the length from which strings are counted once only.
const longString = 100

func (s *State) mark() *collection {
	s.epoch++
	c := &collection{s: s, strings: map[unsafe.Pointer]struct{}{}}
	for _, t := range []*Table{s.globals, s.registry, s.loaded} {
		c.add(TableValue(t))
	}
	for _, m := range s.typeMeta {
		c.add(TableValue(m))
	}
	c.add(ThreadValue(s.main))
	for t := s.current; t != nil; t = t.from {
		c.add(ThreadValue(t))
	}
	for _, v := range s.dying {
		c.add(v)
	}
	c.run()
	s.live = c.bytes
	return c
}

// collect marks, clears weak tables and prepares finalizers.
func (s *State) collect() {
	s.inGC = true
	defer func() { s.inGC = false }()
	c := s.mark()
	c.clearValues(0)
	nweak := len(c.weak)
	// Objects with finalizers live once more, and what they refer to.
	kept := s.finals[:0]
	var dying []Value
	for _, v := range s.finals {
		if c.dead(v) {
			dying = append(dying, v)
		} else {
			kept = append(kept, v)
		}
	}
	s.finals = kept
	for i := len(dying) - 1; i >= 0; i-- { // the youngest first
		s.dying = append(s.dying, dying[i])
	}
	for _, v := range dying {
		c.add(v)
	}
	c.run()
	c.clearKeys()
	c.clearValues(nweak)
	for t := range s.threads {
		if t.mark != s.epoch && t.status == statusSuspended {
			t.kill()
		}
	}
	s.live = c.bytes
	s.setDebt()
}

// finalize calls the finalizers that are due; their errors become warnings.
func (s *State) finalize() {
	for len(s.dying) > 0 && !s.inGC {
		v := s.dying[0]
		s.dying = s.dying[1:]
		switch v.kind() {
		case KindTable:
			v.AsTable().final = false
		}
		tm := s.metamethod(v, tmGC)
		if !tm.isFunction() {
			continue
		}
		t := s.current
		s.inGC = true
		err := t.protect(Nil, func() { t.call1(tm, v) })
		s.inGC = false
		if err != nil {
			if err.Fatal() {
				panic(err)
			}
			s.warning("error in __gc (" + err.Error() + ")")
		}
	}
}

// setFinalizer makes the State call the __gc metamethod that the value's metatable has
// now, some time after the value can no longer be reached.
func (s *State) setFinalizer(v Value) {
	if s.metatable(v).fast(tmGC).IsNil() {
		return
	}
	if tab := v.AsTable(); tab != nil {
		if tab.final {
			return
		}
		tab.final = true
	}
	s.finals = append(s.finals, v)
}

// FinalizeAll calls the finalizers of all objects, as a program does at its
// end.
func (s *State) FinalizeAll() {
	for len(s.finals) > 0 {
		all := s.finals
		s.finals = nil
		for i := len(all) - 1; i >= 0; i-- {
			s.dying = append(s.dying, all[i])
		}
		s.finalize()
	}
}

func markOf(v Value) *uint32 {
	switch v.kind() {
	case KindTable:
		return &(*Table)(v.p).mark
	case KindFunction:
		return &(*closure)(v.p).mark
	case kindGoFunction:
		return &(*goFunction)(v.p).mark
	case KindUserdata:
		return &(*Userdata)(v.p).mark
	case KindThread:
		return &(*Thread)(v.p).mark
	}
	return nil
}

// dead tells whether a value is an object that was not reached.
func (c *collection) dead(v Value) bool {
	m := markOf(v)
	return m != nil && *m != c.s.epoch
}

// add marks a value and queues what it refers to.
func (c *collection) add(v Value) {
	if v.p == nil {
		return
	}
	if v.isString() {
		n := v.strLen()
		if n < longString {
			c.bytes += int64(n)
			return
		}
		if _, ok := c.strings[v.p]; !ok {
			c.strings[v.p] = struct{}{}
			c.bytes += int64(n)
		}
		return
	}
	if m := markOf(v); m != nil && *m != c.s.epoch {
		*m = c.s.epoch
		c.grey = append(c.grey, v)
	}
}

// run follows all references, those of weak keys until nothing new comes up.
func (c *collection) run() {
	for {
		for len(c.grey) > 0 {
			v := c.grey[len(c.grey)-1]
			c.grey = c.grey[:len(c.grey)-1]
			c.visit(v)
		}
		for _, t := range c.ephem {
			for i := range t.entries {
				if e := &t.entries[i]; !c.dead(e.key) {
					c.add(e.val)
				}
			}
		}
		if len(c.grey) == 0 {
			return
		}
	}
}

func (c *collection) visit(v Value) {
	switch v.kind() {
	case KindTable:
		c.table((*Table)(v.p))
	case KindFunction:
		f := (*closure)(v.p)
		c.bytes += int64(48 + 8*len(f.up))
		for _, u := range f.up {
			if u.mark != c.s.epoch {
				u.mark = c.s.epoch
				c.bytes += 56
				c.add(*u.v)
			}
		}
	case kindGoFunction:
		c.bytes += 48
		for _, u := range (*goFunction)(v.p).up {
			c.add(u)
		}
	case KindUserdata:
		u := (*Userdata)(v.p)
		c.bytes += 64
		c.add(TableValue(u.meta))
		for _, x := range u.user {
			c.add(x)
		}
		if tr, ok := u.Data.(Tracer); ok {
			tr.Trace(c.add)
		}
	case KindThread:
		c.thread((*Thread)(v.p))
	}
}

func (c *collection) thread(t *Thread) {
	c.bytes += int64(len(t.stack)*16 + len(t.frames)*64 + 512)
	// What lies above the topmost call is of no use any more.
	top := t.top
	if n := len(t.frames); n > 0 && t.frames[n-1].cl != nil {
		top = t.frames[n-1].top
	}
	for _, v := range t.stack[:top] {
		c.add(v)
	}
	clear(t.stack[min(top+8, len(t.stack)):]) // but for a few that may be on their way
	for _, u := range t.open {
		c.add(*u.v)
	}
	c.add(t.handler)
	if t.err != nil {
		c.add(t.err.Value)
	}
	if t.child != nil {
		c.add(ThreadValue(t.child))
	}
}

func (c *collection) table(t *Table) {
	c.bytes += int64(t.bytes())
	c.add(TableValue(t.meta))
	weakKeys, weakVals := false, false
	if mode := t.meta.fast(tmMode); mode.isString() {
		for _, m := range []byte(mode.str()) {
			weakKeys = weakKeys || m == 'k'
			weakVals = weakVals || m == 'v'
		}
	}
	switch {
	case weakKeys && weakVals:
		c.weak = append(c.weak, t)
		return
	case weakVals:
		c.weak = append(c.weak, t)
		for i := range t.entries {
			if !t.entries[i].val.IsNil() {
				c.add(t.entries[i].key)
			}
		}
		return
	case weakKeys:
		c.ephem = append(c.ephem, t)
		for _, v := range t.arr {
			c.add(v)
		}
		return
	}
	for _, v := range t.arr {
		c.add(v)
	}
	for i := range t.entries {
		if e := &t.entries[i]; !e.val.IsNil() {
			c.add(e.key)
			c.add(e.val)
		}
	}
}

// clearValues removes entries whose weak value is dead, from the given
// tables on.
func (c *collection) clearValues(weak int) {
	for _, t := range c.weak[weak:] {
		for i := range t.arr {
			if c.dead(t.arr[i]) {
				t.arr[i] = Nil
			}
		}
		t.trim()
		for i := range t.entries {
			if e := &t.entries[i]; c.dead(e.val) {
				e.val = Nil
			}
		}
	}
}

// clearKeys removes entries whose weak key is dead.
func (c *collection) clearKeys() {
	for _, list := range [][]*Table{c.weak, c.ephem} {
		for _, t := range list {
			for i := range t.entries {
				if e := &t.entries[i]; c.dead(e.key) {
					e.val = Nil
				}
			}
		}
	}
}
