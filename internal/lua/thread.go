package lua

import "unsafe"

// Thread is a stack of calls: the main program's or a coroutine's. Go
// functions get the one that runs them, and only use that.
type Thread struct {
	kind      Kind
	status    status
	mark      uint32
	s         *State
	stack     []Value
	frames    []frame
	base      int        // first argument of the running Go function
	nargs     int        // number of its arguments
	top       int        // first free slot, while a Go function runs or values are passed on
	open      []*upvalue // those that point into the stack, by slot
	tbc       []int      // slots of variables to be closed
	ncalls    int        // nested calls through Go
	handler   Value      // of the innermost protected call
	inHandler int

	worker  *worker
	count   int     // values at the top that a resume or yield hands over
	err     *Error  // that ended the coroutine
	parked  bool    // waits for the host
	token   any     // what for
	child   *Thread // coroutine that parked, if it was not this one itself
	doomed  bool    // is to unwind instead of running on
	from    *Thread // that resumed this one
	atClose bool    // runs closing functions from outside
}

// A frame is one call. Frames of Go functions have no closure.
type frame struct {
	cl    *closure
	base  int // register 0; the function lies below it
	ret   int // where results go
	nres  int // number of results wanted, or -1
	pc    int // of the next instruction, when the frame is not the running one
	extra int // arguments beyond the parameters, below the function
	top   int // end of the registers, for frames of Lua functions
	fresh bool
	tail  bool
}

// window is the number of registers an instruction can name. The stack
// always has as many slots after a base, so that registers need no check.
const window = 256

// maxStack bounds the slots of a stack, as in C Lua.
const maxStack = 1_000_000

func (s *State) newThread() *Thread {
	t := &Thread{kind: KindThread, s: s, stack: make([]Value, window+48)}
	s.charge(int64(len(t.stack)*16 + 2048))
	return t
}

// State is the State the thread belongs to.
func (t *Thread) State() *State { return t.s }

// regs are the registers of a frame at base.
func (t *Thread) regs(base int) *[window]Value {
	return (*[window]Value)(unsafe.Pointer(&t.stack[base : base+window][0]))
}

// grow makes the stack at least n+window slots long.
func (t *Thread) grow(n int) {
	if n+window <= len(t.stack) {
		return
	}
	if n > maxStack && t.inHandler == 0 {
		t.raiseKind(ErrDepth, "stack overflow")
	}
	if n > maxStack+10*window { // what handlers may use is used up, too
		panic(&Error{Value: String("stack overflow"), Kind: ErrDepth})
	}
	size := max(len(t.stack)*2, n+window)
	t.s.charge(int64(size-len(t.stack)) * 16)
	stack := make([]Value, size)
	copy(stack, t.stack)
	t.stack = stack
	for _, u := range t.open {
		u.v = &stack[u.slot]
	}
}

// scratch is the first slot the running function does not use.
func (t *Thread) scratch() int {
	if n := len(t.frames); n > 0 {
		if f := &t.frames[n-1]; f.cl != nil {
			return f.top
		}
	}
	return t.top
}

// NArg is the number of arguments of the running Go function.
func (t *Thread) NArg() int { return t.nargs }

// Arg is argument i, counted from 1; nil if it was not given.
func (t *Thread) Arg(i int) Value {
	if i <= t.nargs {
		return t.stack[t.base+i-1]
	}
	return Nil
}

// Push adds a result.
func (t *Thread) Push(v Value) {
	if t.top+window >= len(t.stack) {
		t.grow(t.top + 1)
	}
	t.stack[t.top] = v
	t.top++
}

// Return pushes one result, for natives to end with.
func (t *Thread) Return(v Value) (int, error) {
	t.Push(v)
	return 1, nil
}

// doCall calls the function at slot fn with the nargs values after it. The
// results lie from fn on, nres of them, or up to t.top if nres is -1.
func (t *Thread) doCall(fn, nargs, nres int) {
	t.ncalls++
	if t.ncalls > maxNative {
		t.checkDepth()
	}
	t.callAt(fn, nargs, nres)
	t.ncalls--
}

func (t *Thread) callAt(fn, nargs, nres int) {
	v := t.stack[fn]
	if c := v.closure(); c != nil {
		t.s.fuel -= callCost
		if t.s.fuel < 0 {
			t.checkpoint()
		}
		t.enter(c, fn, nargs, nres, true)
		t.execute()
		if nres >= 0 {
			t.top = fn + nres
		}
		return
	}
	t.callGo(fn, nargs, nres)
}

// callCost is what a call takes from the instruction budget.
const callCost = 10

// enter makes the frame of a Lua function whose arguments lie after slot fn.
func (t *Thread) enter(c *closure, fn, nargs, nres int, fresh bool) {
	p := c.p
	base := fn + 1
	if base+p.stack+window > len(t.stack) {
		t.grow(base + p.stack)
	}
	if len(t.frames) >= t.s.limits.Depth && t.inHandler == 0 {
		t.overflow()
	}
	for i := nargs; i < p.params; i++ {
		t.stack[base+i] = Nil
	}
	t.frames = append(t.frames, frame{cl: c, base: base, ret: fn, nres: nres, extra: max(nargs-p.params, 0), top: base + p.stack, fresh: fresh})
}

// callGo calls what is not a Lua function: a Go function, or a value with __call.
func (t *Thread) callGo(fn, nargs, nres int) {
	g := t.stack[fn].goFunction()
	for g == nil {
		nargs = t.callable(fn, nargs)
		if c := t.stack[fn].closure(); c != nil {
			t.callAt(fn, nargs, nres)
			return
		}
		g = t.stack[fn].goFunction()
	}
	base, n, old := t.base, t.nargs, t.top
	t.top = fn + 1 + nargs
	if t.top+window > len(t.stack) {
		t.grow(t.top)
	}
	t.base, t.nargs = fn+1, nargs
	if len(t.frames) >= t.s.limits.Depth && t.inHandler == 0 {
		t.overflow()
	}
	t.frames = append(t.frames, frame{base: fn + 1, ret: fn, nres: nres})
	t.s.fuel -= callCost
	if t.s.fuel < 0 {
		t.checkpoint()
	}
	got, err := g.fn(t)
	if err != nil {
		t.throwGo(err)
	}
	t.frames = t.frames[:len(t.frames)-1]
	t.base, t.nargs = base, n
	// Move the results to where they are wanted.
	src := t.top - got
	if nres < 0 {
		copy(t.stack[fn:], t.stack[src:t.top])
		t.top = fn + got
		return
	}
	for i := range nres {
		if i < got {
			t.stack[fn+i] = t.stack[src+i]
		} else {
			t.stack[fn+i] = Nil
		}
	}
	t.top = old
}

// throwGo raises what a Go function returned as its error.
func (t *Thread) throwGo(err error) {
	if e, ok := err.(*Error); ok {
		if e.Fatal() {
			panic(e)
		}
		t.throwKind(e.Kind, e.Value)
	}
	t.raise(err.Error())
}

// callable puts the __call metamethod of the value at fn below it.
func (t *Thread) callable(fn, nargs int) int {
	v := t.stack[fn]
	tm := t.s.metamethod(v, tmCall)
	if tm.IsNil() {
		t.typeError(v, "call", t.calledName(v))
	}
	t.grow(fn + nargs + 2)
	copy(t.stack[fn+1:fn+nargs+2], t.stack[fn:fn+nargs+1])
	t.stack[fn] = tm
	return nargs + 1
}

func (t *Thread) calledName(v Value) string {
	f := &t.frames[len(t.frames)-1]
	if f.cl == nil {
		return ""
	}
	switch i := f.cl.p.code[f.pc-1]; i.op() {
	case opCall, opTail:
		if t.stack[f.base+int(i.a())] == v {
			return describe(f.cl.p, f.pc-1, int(i.a()))
		}
	case opForCall:
		return " (for iterator 'for iterator')"
	}
	return ""
}

// call1 calls a function with one argument from inside the VM and gives its
// first result; call2 and call3 do so with more.
func (t *Thread) call1(fn, a Value) Value {
	s := t.scratch()
	t.grow(s + 2)
	t.stack[s], t.stack[s+1] = fn, a
	return t.called(s, 1)
}

func (t *Thread) call2(fn, a, b Value) Value {
	s := t.scratch()
	t.grow(s + 3)
	t.stack[s], t.stack[s+1], t.stack[s+2] = fn, a, b
	return t.called(s, 2)
}

func (t *Thread) call3(fn, a, b, c Value) Value {
	s := t.scratch()
	t.grow(s + 4)
	t.stack[s], t.stack[s+1], t.stack[s+2], t.stack[s+3] = fn, a, b, c
	return t.called(s, 3)
}

func (t *Thread) called(s, n int) Value {
	top := t.top
	t.doCall(s, n, 1)
	t.top = top
	return t.stack[s]
}

// CallValue calls a function from a native and gives its first result. An error
// of the function is an error of the native: it is raised, not returned.
func (t *Thread) CallValue(fn Value, args ...Value) Value {
	s := t.scratch()
	t.grow(s + 1 + len(args))
	t.stack[s] = fn
	copy(t.stack[s+1:], args)
	return t.called(s, len(args))
}

// CallMulti is CallValue for all results. They are a copy.
func (t *Thread) CallMulti(fn Value, args ...Value) []Value {
	s, top := t.scratch(), t.top
	t.grow(s + 1 + len(args))
	t.stack[s] = fn
	copy(t.stack[s+1:], args)
	t.doCall(s, len(args), -1)
	res := append([]Value(nil), t.stack[s:t.top]...)
	t.top = top
	return res
}

// Call calls a function and catches its errors, fatal ones too. The error is an [*Error]
// with a traceback.
func (t *Thread) Call(fn Value, args ...Value) ([]Value, error) {
	var res []Value
	err := t.protect(hostHandler(), func() { res = t.CallMulti(fn, args...) })
	if err != nil {
		return nil, err
	}
	return res, nil
}

// protect runs f and catches Lua errors. Variables to be closed and
// upvalues of the calls it ends are closed.
func (t *Thread) protect(handler Value, f func()) *Error {
	nf, base, nargs, top, ncalls, old, inH := len(t.frames), t.base, t.nargs, t.top, t.ncalls, t.handler, t.inHandler
	level := t.scratch()
	t.handler = handler
	err := catch(f)
	if err == nil {
		t.handler = old
		return nil
	}
	if err.Kind == errKilled {
		panic(err) // its variables are closed from outside
	}
	t.s.current = t
	for {
		t.frames = t.frames[:nf]
		t.base, t.nargs, t.top, t.ncalls, t.handler, t.inHandler = base, nargs, top, ncalls, old, inH
		if err.Fatal() {
			t.closeUpvalues(level)
			t.tbc = cutSlots(t.tbc, level)
			return err
		}
		t.handler = Nil
		again := catch(func() { t.closeFailed(level, err) })
		t.handler = old
		if again == nil {
			t.top = top
			return err
		}
		err = again
	}
}

// catch runs f and returns the Lua error it raised.
func catch(f func()) (err *Error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case *Error:
			err = r
		case error:
			err = &Error{Value: String(r.Error()), Kind: ErrInternal, Traceback: goStack()}
		default:
			panic(r)
		}
	}()
	f()
	return nil
}

func cutSlots(slots []int, level int) []int {
	for len(slots) > 0 && slots[len(slots)-1] >= level {
		slots = slots[:len(slots)-1]
	}
	return slots
}

// closeFailed closes variables from a slot on because of an error.
func (t *Thread) closeFailed(level int, err *Error) {
	for len(t.tbc) > 0 && t.tbc[len(t.tbc)-1] >= level {
		slot := t.tbc[len(t.tbc)-1]
		t.tbc = t.tbc[:len(t.tbc)-1]
		t.closeUpvalues(slot)
		t.frames = append(t.frames, frame{base: slot + 1}) // keeps the stack below in place
		t.top = slot + 1
		v := t.stack[slot]
		if tm := t.s.metamethod(v, tmClose); !tm.IsNil() {
			t.call2(tm, v, err.Value)
		} else {
			t.raise("metamethod 'close' is not callable")
		}
		t.frames = t.frames[:len(t.frames)-1]
	}
	t.closeUpvalues(level)
}

// closeVars closes upvalues and variables from a slot on, at the end of
// their scope.
func (t *Thread) closeVars(level int) {
	for len(t.tbc) > 0 && t.tbc[len(t.tbc)-1] >= level {
		slot := t.tbc[len(t.tbc)-1]
		t.tbc = t.tbc[:len(t.tbc)-1]
		t.closeUpvalues(slot)
		v := t.stack[slot]
		tm := t.s.metamethod(v, tmClose)
		if tm.IsNil() {
			t.raise("metamethod 'close' is not callable")
		}
		t.call2(tm, v, Nil)
	}
	t.closeUpvalues(level)
}

// toClose makes the variable in a slot one to be closed.
func (t *Thread) toClose(slot int) {
	v := t.stack[slot]
	if v.isFalsy() {
		return
	}
	if t.s.metamethod(v, tmClose).IsNil() {
		f := &t.frames[len(t.frames)-1]
		name := "?"
		if n := f.cl.p.localName(slot-f.base, f.pc); n != "" {
			name = n
		}
		t.raisef("variable '%s' got a non-closable value", name)
	}
	t.tbc = append(t.tbc, slot)
}

func (t *Thread) findUpvalue(slot int) *upvalue {
	i := len(t.open)
	for i > 0 && t.open[i-1].slot >= slot {
		i--
		if t.open[i].slot == slot {
			return t.open[i]
		}
	}
	u := &upvalue{v: &t.stack[slot], slot: slot}
	t.s.debt -= 64
	t.open = append(t.open, nil)
	copy(t.open[i+1:], t.open[i:])
	t.open[i] = u
	return u
}

func (t *Thread) closeUpvalues(level int) {
	n := len(t.open)
	for n > 0 && t.open[n-1].slot >= level {
		n--
		u := t.open[n]
		u.own = *u.v
		u.v, u.slot = &u.own, -1
		t.open[n] = nil
	}
	t.open = t.open[:n]
}
