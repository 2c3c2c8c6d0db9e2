package lua

import "fmt"

const (
	maxLocals   = 200
	maxUpvalues = 255
	maxRegs     = 250
)

// A local is a variable that is visible while its block is parsed.
type local struct {
	name     string
	kind     localKind
	reg      int
	value    Value // of a compile-time constant
	desc     int   // index in Proto.locals
	captured bool
}

// A block is a scope of variables and labels.
type block struct {
	outer   *block
	active  int // variables when it began
	labels  int // labels when it began
	gotos   int // pending gotos when it began
	loop    bool
	upval   bool // a variable of it is captured
	toClose bool // inside the scope of a variable to be closed
}

type label struct {
	name   string
	pc     int
	line   int
	active int
}

// A pendingGoto waits for its label.
type pendingGoto struct {
	name   string
	pc     int
	line   int
	active int
}

// funcState is a function being compiled.
type funcState struct {
	proto  *Proto
	outer  *funcState
	p      *parser
	block  *block
	active []*local
	regs   int // first free register
	consts map[Value]int
	labels []label
	gotos  []pendingGoto
	line   int // for instructions without a line of their own
}

func (p *parser) open(line int) *funcState {
	fs := &funcState{proto: &Proto{chunk: p.x.chunk, line: line}, outer: p.fs, p: p, consts: map[Value]int{}}
	p.fs = fs
	fs.enterBlock(false)
	return fs
}

func (p *parser) close() *Proto {
	fs := p.fs
	fs.emitAt(opReturn0, 0, 0, 0, 0, p.x.last)
	fs.proto.lastLine = p.x.last
	fs.leaveBlock()
	p.fs = fs.outer
	fs.proto.stack = max(fs.proto.stack, 2)
	return fs.proto
}

func (fs *funcState) enterBlock(loop bool) {
	b := &block{outer: fs.block, active: len(fs.active), labels: len(fs.labels), gotos: len(fs.gotos), loop: loop}
	b.toClose = b.outer != nil && b.outer.toClose
	fs.block = b
}

// leaveBlock ends the scope: loops get their break label, pending gotos move
// out to the block around.
func (fs *funcState) leaveBlock() {
	b := fs.block
	regs := fs.regsAt(b.active)
	if b.loop {
		fs.dropVars(b.active)
		fs.regs = regs
		fs.define("break", 0, len(fs.active))
	} else if b.outer != nil && b.upval {
		fs.emit(opClose, regs, 0, 0, 0)
	}
	fs.dropVars(b.active)
	fs.regs = regs
	fs.labels = fs.labels[:b.labels]
	fs.block = b.outer
	if b.outer == nil {
		if len(fs.gotos) > 0 {
			fs.undefinedGoto(fs.gotos[0])
		}
		return
	}
	for i := b.gotos; i < len(fs.gotos); i++ {
		fs.gotos[i].active = min(fs.gotos[i].active, b.active)
	}
}

func (fs *funcState) undefinedGoto(g pendingGoto) {
	fs.p.x.line = g.line
	if g.name == "break" {
		fs.p.x.fail(fmt.Sprintf("break outside loop at line %d", g.line), fs.p.x.tokenText())
	}
	fs.p.x.fail(fmt.Sprintf("no visible label '%s' for goto at line %d", g.name, g.line), fs.p.x.tokenText())
}

// define makes a label here and leads the pending gotos of the block to it.
func (fs *funcState) define(name string, line, active int) {
	l := label{name, fs.here(), line, active}
	if name != "break" {
		fs.labels = append(fs.labels, l)
	}
	rest := fs.gotos[:fs.block.gotos]
	for _, g := range fs.gotos[fs.block.gotos:] {
		if g.name != name {
			rest = append(rest, g)
			continue
		}
		if g.active < active {
			v := fs.active[g.active]
			fs.p.x.line = g.line
			fs.p.x.fail(fmt.Sprintf("<goto %s> at line %d jumps into the scope of local '%s'", name, g.line, v.name), "")
		}
		fs.resolve(g.pc, l.pc, active)
	}
	fs.gotos = rest
}

// resolve completes a goto: a jump that closes the variables it leaves.
func (fs *funcState) resolve(pc, to, active int) {
	fs.proto.code[pc] = makeInstr(opJump, fs.regsAt(active)+1, 0, 0, to-pc-1)
}

// regsAt is the number of registers the first n active variables use.
func (fs *funcState) regsAt(n int) int {
	for n--; n >= 0; n-- {
		if v := fs.active[n]; v.kind != localCompileTime {
			return v.reg + 1
		}
	}
	return 0
}

// dropVars ends the scope of the variables from n on.
func (fs *funcState) dropVars(n int) {
	for _, v := range fs.active[n:] {
		if v.kind != localCompileTime {
			fs.proto.locals[v.desc].end = len(fs.proto.code)
		}
	}
	fs.active = fs.active[:n]
}

// declare makes a variable that is visible from now on, in the register
// after those of the other variables.
func (fs *funcState) declare(name string, kind localKind) *local {
	if len(fs.active) >= maxLocals {
		fs.limit(maxLocals, "local variables")
	}
	v := &local{name: name, kind: kind, reg: fs.regsAt(len(fs.active)), desc: len(fs.proto.locals)}
	fs.active = append(fs.active, v)
	if kind != localCompileTime {
		fs.proto.locals = append(fs.proto.locals, localDesc{name, v.reg, len(fs.proto.code), 0})
	}
	return v
}

func (fs *funcState) limit(n int, what string) {
	where := "main function"
	if fs.proto.line > 0 {
		where = fmt.Sprintf("function at line %d", fs.proto.line)
	}
	fs.p.x.failToken(fmt.Sprintf("too many %s (limit is %d) in %s", what, n, where))
}

// variable finds what a name stands for: a local, an upvalue, a constant, or
// a field of _ENV.
func (p *parser) variable(name Value) expr {
	if e := p.fs.lookup(name.str()); e != nil {
		return e
	}
	env := p.fs.lookup("_ENV")
	return indexExpr{env, constExpr{name}, p.x.last}
}

// lookup finds a variable in a function or those around it, or nil.
func (fs *funcState) lookup(name string) expr {
	for i := len(fs.active) - 1; i >= 0; i-- {
		if v := fs.active[i]; v.name == name {
			if v.kind == localCompileTime {
				return constExpr{v.value}
			}
			return localExpr{v}
		}
	}
	for i, u := range fs.proto.upvals {
		if u.name == name {
			return upvalExpr{i}
		}
	}
	if fs.outer == nil {
		return nil
	}
	switch e := fs.outer.lookup(name).(type) {
	case localExpr:
		fs.outer.capture(e.v)
		return fs.addUpval(upvalDesc{name, true, uint8(e.v.reg), e.v.kind})
	case upvalExpr:
		return fs.addUpval(upvalDesc{name, false, uint8(e.index), fs.outer.proto.upvals[e.index].kind})
	case constExpr:
		return e
	}
	return nil
}

func (fs *funcState) addUpval(u upvalDesc) expr {
	if len(fs.proto.upvals) >= maxUpvalues {
		fs.limit(maxUpvalues, "upvalues")
	}
	fs.proto.upvals = append(fs.proto.upvals, u)
	return upvalExpr{len(fs.proto.upvals) - 1}
}

// capture marks the block of a variable that a closure uses.
func (fs *funcState) capture(v *local) {
	v.captured = true
	i := len(fs.active) - 1
	for fs.active[i] != v {
		i--
	}
	b := fs.block
	for b.active > i {
		b = b.outer
	}
	b.upval = true
}
