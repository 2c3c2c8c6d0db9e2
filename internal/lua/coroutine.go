package lua

import (
	"context"
	"iter"
	"runtime/debug"
)

type status uint8

const (
	statusSuspended status = iota
	statusRunning
	statusNormal // has resumed another coroutine
	statusDead
)

func (s status) String() string {
	return [...]string{"suspended", "running", "normal", "dead"}[s]
}

// A worker is the Go stack that a coroutine runs on. Workers outlive
// coroutines and are used again.
type worker struct {
	next  func() (struct{}, bool)
	stop  func()
	yield func(struct{}) bool
	job   *Thread
}

func (s *State) newWorker() *worker {
	w := &worker{}
	w.next, w.stop = iter.Pull(func(yield func(struct{}) bool) {
		w.yield = yield
		for {
			w.job.run()
			w.job = nil
			if !yield(struct{}{}) {
				return
			}
		}
	})
	return w
}

// run is the life of a coroutine: it calls the function at the bottom of its stack.
func (t *Thread) run() {
	err := catch(func() {
		if !t.doomed {
			t.callAt(0, t.count, -1)
		}
	})
	t.err = err
	if err == nil {
		t.count = t.top
	}
}

// NewThread makes a coroutine that will call a function.
func (s *State) NewThread(fn Value) *Thread {
	t := s.newThread()
	t.stack[0] = fn
	t.top = 1
	return t
}

// suspend hands control back to whoever resumed the coroutine, until it is
// resumed again.
func (t *Thread) suspend() {
	if !t.worker.yield(struct{}{}) || t.doomed {
		panic(&Error{Kind: errKilled})
	}
}

// resume lets a coroutine run until it yields, parks or ends. Arguments are
// already on its stack.
func (t *Thread) resume(from *Thread) {
	s := t.s
	if t.worker == nil {
		if n := len(s.idle); n > 0 {
			t.worker, s.idle = s.idle[n-1], s.idle[:n-1]
		} else {
			t.worker = s.newWorker()
		}
		t.worker.job = t
		s.threads[t] = struct{}{}
	}
	old := from.status
	from.status, t.status, t.from = statusNormal, statusRunning, from
	depth := from.ncalls + 1
	t.ncalls += depth
	s.current = t
	t.worker.next()
	s.current, from.status, t.from = from, old, nil
	t.ncalls -= depth
	t.status = statusSuspended
	if t.worker.job == nil {
		t.finish()
	}
}

// finish gives the worker of a coroutine that has ended back.
func (t *Thread) finish() {
	t.status = statusDead
	delete(t.s.threads, t)
	if len(t.s.idle) < 64 && !t.s.closed {
		t.s.idle = append(t.s.idle, t.worker)
	} else {
		t.worker.stop()
	}
	t.worker = nil
}

// kill unwinds a suspended coroutine. Its variables stay to be closed.
func (t *Thread) kill() {
	if t.worker == nil {
		t.status = statusDead
		return
	}
	t.doomed = true
	t.worker.next()
	t.finish()
}

// pass moves n values from the top of one stack to that of another.
func pass(from, to *Thread, n int) {
	to.grow(to.top + n)
	copy(to.stack[to.top:], from.stack[from.top-n:from.top])
	from.top -= n
	to.top += n
	to.count = n
}

// resumeWith resumes with the n values at the top of the running thread, and
// leaves the count results there. A dead coroutine, or an error in it, gives
// false and the error's value.
func (t *Thread) resumeWith(co *Thread, n int) (count int, err *Error) {
	switch {
	case co.status == statusDead:
		t.top -= n
		return 0, &Error{Value: String("cannot resume dead coroutine")}
	case co.status != statusSuspended:
		t.top -= n
		return 0, &Error{Value: String("cannot resume non-suspended coroutine")}
	case t.ncalls >= maxNative-5:
		t.top -= n
		return 0, &Error{Value: String("C stack overflow"), Kind: ErrDepth}
	}
	pass(t, co, n)
	co.resume(t)
	for co.parked {
		// The host is to be asked, and it is below all coroutines.
		if t.worker == nil {
			return 0, &Error{Value: String("attempt to wait outside a coroutine of the host")}
		}
		t.parked, t.child = true, co
		t.suspend()
		t.child = nil
		co.resume(t)
	}
	if co.status == statusDead && co.err != nil {
		if co.err.Fatal() {
			panic(co.err)
		}
		return 0, co.err
	}
	n = co.count
	pass(co, t, n)
	return n, nil
}

// yield suspends the running coroutine; its n top values go to the resumer.
// It returns how many values lie at the top when it is resumed.
func (t *Thread) yield(n int) int {
	if t.worker == nil || t.atClose {
		if t.atClose {
			t.raise("attempt to yield across a C-call boundary")
		}
		t.raise("attempt to yield from outside a coroutine")
	}
	t.count = n
	t.suspend()
	return t.count
}

// Park is for natives that have to wait for something: it suspends all
// running coroutines up to the host's call of [Thread.Resume], which returns
// the token. When the host resumes with the results of the wait, Park
// returns them. They are valid until the native's next call of a method of Thread.
func (t *Thread) Park(token any) ([]Value, error) {
	if t.worker == nil || t.atClose {
		return nil, t.Errorf("attempt to wait outside a coroutine of the host")
	}
	t.parked, t.token = true, token
	top := t.top
	t.suspend()
	t.token = nil
	t.top = top
	return t.stack[top : top+t.count], nil
}

// Event says why Resume returned.
type Event uint8

// The events.
const (
	Done    Event = iota // the function returned
	Yielded              // the coroutine called yield
	Parked               // a native waits for the host
)

// Outcome is what a coroutine gave its resumer.
type Outcome struct {
	Event  Event
	Values []Value // results or yielded values
	Token  any     // what a native waits for
}

// Resume lets a coroutine run, from the host. The arguments are those of the
// function at first, the results of yield after Yielded and those of the
// wait after Parked. An error is an [*Error] and the coroutine is dead.
func (t *Thread) Resume(ctx context.Context, args ...Value) (Outcome, error) {
	defer t.s.setContext(ctx)()
	if t.status != statusSuspended {
		return Outcome{}, &Error{Value: String("cannot resume " + t.status.String() + " coroutine")}
	}
	leaf := t
	for leaf.parked && leaf.child != nil {
		leaf = leaf.child
	}
	leaf.grow(leaf.top + len(args))
	copy(leaf.stack[leaf.top:], args)
	leaf.top += len(args)
	leaf.count = len(args)
	for p := t; p != nil && p.parked; p = p.child {
		p.parked = false
	}
	if t.handler.IsNil() {
		t.handler = hostHandler()
	}
	t.resume(t.s.current)
	switch {
	case t.parked:
		for leaf = t; leaf.child != nil; leaf = leaf.child {
		}
		return Outcome{Event: Parked, Token: leaf.token}, nil
	case t.status == statusDead && t.err != nil:
		return Outcome{}, t.err
	}
	vals := append([]Value(nil), t.stack[t.top-t.count:t.top]...)
	t.top -= t.count
	if t.status == statusDead {
		return Outcome{Event: Done, Values: vals}, nil
	}
	return Outcome{Event: Yielded, Values: vals}, nil
}

// Dead tells whether a coroutine has ended.
func (t *Thread) Dead() bool { return t.status == statusDead }

// CloseThread ends a suspended or dead coroutine, as coroutine.close does, and closes
// its pending variables. The error is the one that ended it, or one of closing.
func (t *Thread) CloseThread() error {
	if t.status != statusSuspended && t.status != statusDead {
		return &Error{Value: String("cannot close a " + t.status.String() + " coroutine")}
	}
	if err := t.close(); err != nil {
		return err
	}
	return nil
}

func (t *Thread) close() *Error {
	if c := t.child; c != nil && t.parked {
		c.kill()
	}
	t.kill()
	err := t.err
	if err != nil && err.Kind == errKilled {
		err = nil
	}
	t.err = nil
	cur := t.s.current
	defer func() { t.s.current = cur }()
	t.s.current = t
	t.frames, t.handler, t.atClose = t.frames[:0], Nil, true
	t.ncalls = cur.ncalls
	for {
		cause := err
		if cause == nil {
			cause = &Error{}
		}
		again := catch(func() { t.closeFailed(0, cause) })
		t.frames = t.frames[:0]
		if again == nil {
			break
		}
		err = again
	}
	t.top = 0
	return err
}

func goStack() string { return string(debug.Stack()) }
