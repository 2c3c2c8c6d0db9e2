package lua

import (
	"context"
	"io"
	"io/fs"
	"time"
)

// Limits bound what scripts of a State may use. Zero means the default.
// Exceeding Depth or String is an ordinary Lua error; exceeding any other ends
// the call with a fatal error, which pcall does not catch.
type Limits struct {
	Instructions int64 // for the whole life of the State; about one per instruction of loops, ten per call. Default: none
	Memory       int64 // bytes reachable at a time, roughly accounted. Default: none
	String       int   // bytes of one string. Default: 1 GiB
	Depth        int   // nested calls of Lua functions. Default: 200,000
	PatternSteps int64 // of one call of a pattern function. Default: 1,000,000,000
}

// Host is what a State gets from its surroundings. What is nil or empty is
// absent for scripts.
type Host struct {
	Now      func() time.Time     // clock of os.time, os.date and of random seeds
	CPU      func() time.Duration // os.clock
	Zone     *time.Location       // of os.date; default UTC
	Getenv   func(name string) (string, bool)
	Stdin    io.Reader
	Stdout   io.Writer                                               // print and io.write
	Stderr   io.Writer                                               // warn
	Files    Files                                                   // io.open and others, os.remove and os.rename, dofile, loadfile
	Tempname func() (string, error)                                  // os.tmpname
	Execute  func(command string) (kind string, code int, err error) // os.execute
	Popen    func(command, mode string) (io.ReadWriteCloser, error)
	Exit     func(code int) // os.exit; it must not return
}

// Files opens files for scripts. Flags are those of package os.
type Files interface {
	OpenFile(name string, flag int, perm fs.FileMode) (File, error)
	Remove(name string) error
	Rename(from, to string) error
}

// File is what Files opens; [os.File] is one.
type File interface {
	io.Reader
	io.Writer
	io.Seeker
	io.Closer
}

// State is a Lua world: globals, metatables, limits and threads. Only one
// goroutine may use a State and what belongs to it at a time; different
// States are independent.
type State struct {
	host     Host
	limits   Limits
	globals  *Table
	registry *Table // package.loaded and what natives keep
	loaded   *Table
	main     *Thread
	current  *Thread
	typeMeta [KindThread + 1]*Table

	ctx    context.Context
	fuel   int64 // until the next check
	slice  int64 // fuel at the last check
	used   int64 // instructions before the last check
	debt   int64 // bytes that may still be allocated before the next collection
	lent   int64 // debt after the last collection
	live   int64 // bytes reachable at the last collection
	epoch  uint32
	noGC   bool
	inGC   bool
	finals []Value // objects with finalizers, oldest first
	dying  []Value // finalizers still to be called

	threads map[*Thread]struct{} // coroutines that hold a worker
	idle    []*worker
	rng     [4]uint64
	warnOn  bool
	closed  bool
	nextFn  *goFunction // the function next, which loops call without a call
}

// New makes a State without any library; see [State.OpenLibs].
func New(host Host, limits Limits) *State {
	if limits.String <= 0 {
		limits.String = 1 << 30
	}
	if limits.Depth <= 0 {
		limits.Depth = 200_000
	}
	if limits.PatternSteps <= 0 {
		limits.PatternSteps = 1_000_000_000
	}
	s := &State{host: host, limits: limits, ctx: context.Background(), threads: map[*Thread]struct{}{}}
	s.globals, s.registry, s.loaded = s.newTable(0, 0), s.newTable(0, 0), s.newTable(0, 0)
	s.main = s.newThread()
	s.main.status = statusRunning
	s.current = s.main
	s.setDebt()
	s.refill()
	return s
}

// Globals is the table of global variables.
func (s *State) Globals() *Table { return s.globals }

// Loaded is the table package.loaded.
func (s *State) Loaded() *Table { return s.loaded }

// Registry is a table for the host and its natives that scripts can't reach.
func (s *State) Registry() *Table { return s.registry }

// SetStringMetatable changes the metatable all strings share.
func (s *State) SetStringMetatable(m *Table) { s.typeMeta[KindString] = m }

// Close ends all coroutines without running their pending closes, and calls
// no finalizers. The State must not be used afterwards.
func (s *State) Close() {
	for t := range s.threads {
		t.kill()
	}
	for _, w := range s.idle {
		w.stop()
	}
	s.idle, s.closed = nil, true
}

// Load makes a function of source text. Its first upvalue, _ENV, is env, or
// the globals if env is nil.
func (s *State) Load(src, chunk string, env *Table) (Value, error) {
	p, err := Compile(src, chunk)
	if err != nil {
		return Nil, err
	}
	return s.Instantiate(p, env), nil
}

// Instantiate makes a function of a compiled chunk, as Load does.
func (s *State) Instantiate(p *Proto, env *Table) Value {
	if env == nil {
		env = s.globals
	}
	return s.instantiate(p, TableValue(env))
}

func (s *State) instantiate(p *Proto, env Value) Value {
	c := &closure{kind: KindFunction, p: p, up: make([]*upvalue, len(p.upvals))}
	for i := range c.up {
		u := &upvalue{slot: -1}
		u.v = &u.own
		c.up[i] = u
	}
	if len(c.up) > 0 {
		c.up[0].own = env
	}
	s.charge(int64(64 + 48*len(c.up)))
	return closureValue(c)
}

// Call calls a function from outside and returns its results. An error is an
// [*Error]. A function that yields outside a coroutine fails.
func (s *State) Call(ctx context.Context, fn Value, args ...Value) ([]Value, error) {
	defer s.setContext(ctx)()
	return s.current.Call(fn, args...)
}

// setContext makes ctx the one that ends calls, until the result is called.
func (s *State) setContext(ctx context.Context) func() {
	old := s.ctx
	s.ctx = ctx
	s.settle()
	return func() { s.ctx = old }
}

// newTable is NewTable for a table that counts against the memory limit.
func (s *State) newTable(array, hash int) *Table {
	t := NewTable(array, hash)
	t.debt = &s.debt
	s.debt -= int64(96 + array*16 + hash*40)
	return t
}

// NewTable makes a table whose growth counts against the memory limit.
func (s *State) NewTable(array, hash int) *Table { return s.newTable(array, hash) }
