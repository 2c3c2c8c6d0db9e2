package lua

func openCoroutine(s *State) *Table {
	tab := s.newTable(0, 8)
	setFuncs(tab, "coroutine.", map[string]Function{
		"close": coClose, "create": coCreate, "isyieldable": coYieldable, "resume": coResume,
		"running": coRunning, "status": coStatus, "wrap": coWrap, "yield": coYield,
	})
	return tab
}

func coCreate(t *Thread) (int, error) {
	return t.Return(ThreadValue(t.s.NewThread(t.CheckFunction(1))))
}

func (t *Thread) checkThread(i int) *Thread {
	co := t.Arg(i).AsThread()
	if co == nil {
		t.TypeError(i, "thread")
	}
	return co
}

func coResume(t *Thread) (int, error) {
	co := t.checkThread(1)
	n, err := t.resumeWith(co, t.nargs-1)
	if err != nil {
		return t.caught(err)
	}
	// The results lie at the top; the status belongs below them.
	t.Push(Nil)
	copy(t.stack[t.top-n:t.top], t.stack[t.top-n-1:])
	t.stack[t.top-n-1] = Bool(true)
	return n + 1, nil
}

func coYield(t *Thread) (int, error) { return t.yield(t.nargs), nil }

func coWrap(t *Thread) (int, error) {
	co := t.s.NewThread(t.CheckFunction(1))
	v := GoFunction("wrap", func(t *Thread) (int, error) {
		n, err := t.resumeWith(co, t.nargs)
		if err == nil {
			return n, nil
		}
		if co.status == statusDead && co.err != nil {
			if again := co.close(); again != nil {
				err = again
			}
			co.err = nil
		}
		if err.Kind != ErrMemory && err.Value.isString() {
			err = &Error{Value: t.String(t.Where(1) + err.Value.str()), Kind: err.Kind}
		}
		t.throwKind(err.Kind, err.Value)
		return 0, nil
	})
	v.goFunction().up = []Value{ThreadValue(co)}
	return t.Return(v)
}

func coStatus(t *Thread) (int, error) {
	return t.Return(String(t.checkThread(1).status.String()))
}

func coRunning(t *Thread) (int, error) {
	t.Push(ThreadValue(t))
	t.Push(Bool(t == t.s.main))
	return 2, nil
}

func coYieldable(t *Thread) (int, error) {
	co := t
	if t.nargs > 0 {
		co = t.checkThread(1)
	}
	return t.Return(Bool(co != t.s.main && !co.atClose))
}

func coClose(t *Thread) (int, error) {
	co := t.checkThread(1)
	if co.status != statusSuspended && co.status != statusDead {
		t.raisef("cannot close a %s coroutine", co.status)
	}
	if err := co.close(); err != nil {
		return t.caught(err)
	}
	return t.Return(Bool(true))
}
