package lua

// quantum is how many instructions run between two looks at the limits.
const quantum = 100_000

// minDebt is the least that is allocated between two collections.
const minDebt = 32 << 20

// refill checks what is checked now and then, and buys the next instructions.
func (s *State) refill() {
	s.settle()
	if err := s.ctx.Err(); err != nil {
		s.fatal(ErrCanceled, err.Error())
	}
	n := int64(quantum)
	if lim := s.limits.Instructions; lim > 0 {
		if s.used >= lim {
			s.fatal(ErrInstructions, "instruction limit exceeded")
		}
		n = min(n, lim-s.used)
	}
	s.fuel, s.slice = n, n
}

// checkpoint is where running code ends up when its fuel is spent.
func (t *Thread) checkpoint() {
	t.s.refill()
	if t.s.debt < 0 {
		t.s.collectIfDue()
	}
}

// Instructions is how many instructions the State has run, roughly.
func (s *State) Instructions() int64 { return s.used + s.slice - s.fuel }

// SetInstructionLimit lets the State run n more instructions; 0 lifts the limit.
func (s *State) SetInstructionLimit(n int64) {
	s.settle()
	s.limits.Instructions = 0
	if n > 0 {
		s.limits.Instructions = s.used + n
	}
}

// Memory is how many bytes the State's values take: those found by the last
// collection and all allocated since.
func (s *State) Memory() int64 { return max(s.live+s.lent-s.debt, 0) }

// charge accounts memory. What exceeds the limit is found at the next
// checkpoint, or at once if it is much.
func (s *State) charge(n int64) {
	s.debt -= n
	if s.debt < 0 {
		if n >= 1<<16 && s.limits.Memory > 0 && s.Memory() > s.limits.Memory {
			s.measure()
		}
		// Reach the next checkpoint soon.
		s.settle()
	}
}

// settle counts the instructions used so far and makes the next checkpoint come at once.
func (s *State) settle() {
	s.used += s.slice - s.fuel
	s.slice, s.fuel = 0, 0
}

// Charge accounts n bytes that a native allocated for values of the State.
// It raises a fatal error if they exceed the memory limit.
func (t *Thread) Charge(n int) { t.s.charge(int64(n)) }

// Step takes n from the fuel of a native that computes for long, and raises
// a fatal error when instructions are spent or the context has ended.
func (t *Thread) Step(n int64) {
	t.s.fuel -= n
	if t.s.fuel < 0 {
		t.s.refill()
	}
}

func (s *State) setDebt() {
	d := max(s.live, minDebt)
	if lim := s.limits.Memory; lim > 0 {
		d = max(min(d, lim-s.live), lim/16)
	}
	s.debt, s.lent = d, d
}

// measure finds out how much memory is in use, after much was allocated in
// one piece, without side effects a native could notice.
func (s *State) measure() {
	extra := s.lent - s.debt // not yet reachable, perhaps
	s.mark()
	s.setDebt()
	if lim := s.limits.Memory; lim > 0 && s.live > lim || lim > 0 && extra > lim {
		s.fatal(ErrMemory, "not enough memory")
	}
}

// collectIfDue collects garbage and checks the memory limit.
func (s *State) collectIfDue() {
	if s.inGC {
		return
	}
	s.collect()
	if lim := s.limits.Memory; lim > 0 && s.live > lim {
		s.fatal(ErrMemory, "not enough memory")
	}
	s.finalize()
}

func (s *State) fatal(kind ErrorKind, msg string) {
	e := &Error{Value: String(msg), Kind: kind}
	e.Traceback = s.current.traceback(msg, 0)
	panic(e)
}

// newString makes a string value that counts against the limits.
func (t *Thread) newString(n int) []byte {
	if n > t.s.limits.String {
		t.raise("resulting string too large")
	}
	t.s.charge(int64(n) + 16)
	return newStringBytes(n)
}

// String makes a string value that counts against the memory limit.
func (t *Thread) String(s string) Value {
	b := t.newString(len(s))
	copy(b[1:], s)
	return stringOf(b)
}

// Bytes is String of a byte slice.
func (t *Thread) Bytes(s []byte) Value {
	b := t.newString(len(s))
	copy(b[1:], s)
	return stringOf(b)
}

// checkDepth refuses calls of Go functions that nest too deep for Go's stack.
func (t *Thread) checkDepth() {
	if t.ncalls > maxNative {
		t.ncalls -= 20 // room for handlers
		defer func() { t.ncalls += 20 }()
		t.raiseKind(ErrDepth, "C stack overflow")
	}
}

// maxNative bounds calls from Lua to Go to Lua and so on.
const maxNative = 200

func (t *Thread) overflow() {
	t.raiseKind(ErrDepth, "stack overflow")
}
