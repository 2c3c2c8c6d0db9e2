package lua

import "fmt"

// A parser turns tokens into code, statement by statement.
type parser struct {
	x      *lexer
	fs     *funcState
	levels int
}

// Compile turns source text into a function prototype. The chunk's name is
// as for Lua's function load: "@file", "=name" or the source itself. A fault is an
// [*Error] of kind ErrSyntax. Binary chunks are not supported.
func Compile(src, chunk string) (proto *Proto, err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case *Error:
			proto, err = nil, r
		default:
			panic(r)
		}
	}()
	return compile(src, chunk), nil
}

func compile(src, chunk string) *Proto {
	p := &parser{x: newLexer(src, chunk)}
	fs := p.open(0)
	fs.proto.vararg = true
	fs.proto.upvals = []upvalDesc{{name: "_ENV", inStack: true}}
	p.x.next()
	fs.emit(opVarPrep, 0, 0, 0, 0)
	p.statements()
	p.check(tokEOF)
	return p.close()
}

func (p *parser) check(k token) {
	if p.x.tok != k {
		p.expected(k)
	}
}

func (p *parser) expected(k token) {
	if k > tokFloat {
		p.x.failToken("'" + k.String() + "' expected")
	}
	p.x.failToken(k.String() + " expected")
}

func (p *parser) accept(k token) bool {
	if p.x.tok == k {
		p.x.next()
		return true
	}
	return false
}

func (p *parser) need(k token) {
	p.check(k)
	p.x.next()
}

// match expects the token that closes what was opened on a line.
func (p *parser) match(k, opened token, line int) {
	if p.x.tok == k {
		p.x.next()
		return
	}
	if line == p.x.line {
		p.expected(k)
	}
	p.x.failToken(fmt.Sprintf("'%s' expected (to close '%s' at line %d)", k, opened, line))
}

func (p *parser) name() Value {
	p.check(tokName)
	v := p.x.val
	p.x.next()
	return v
}

// blockEnds tells whether the current token ends a block.
func (p *parser) blockEnds(until bool) bool {
	switch p.x.tok {
	case tokElse, tokElseif, tokEnd, tokEOF:
		return true
	case tokUntil:
		return until
	}
	return false
}

func (p *parser) statements() {
	for !p.blockEnds(true) {
		if p.x.tok == tokReturn {
			p.statement()
			return
		}
		p.statement()
	}
}

func (p *parser) blockOf(loop bool) {
	p.fs.enterBlock(loop)
	p.statements()
	p.fs.leaveBlock()
}

func (p *parser) statement() {
	line := p.x.line
	p.enter()
	p.fs.line = line
	switch p.x.tok {
	case char(';'):
		p.x.next()
	case tokIf:
		p.ifStat(line)
	case tokWhile:
		p.whileStat(line)
	case tokDo:
		p.x.next()
		p.blockOf(false)
		p.match(tokEnd, tokDo, line)
	case tokFor:
		p.forStat(line)
	case tokRepeat:
		p.repeatStat(line)
	case tokFunction:
		p.functionStat(line)
	case tokLocal:
		p.x.next()
		if p.accept(tokFunction) {
			p.localFunction()
		} else {
			p.localStat()
		}
	case tokDbColon:
		p.x.next()
		p.labelStat(p.name().str(), line)
	case tokReturn:
		p.x.next()
		p.returnStat()
	case tokBreak:
		p.x.next()
		p.jumpTo("break", line)
	case tokGoto:
		p.x.next()
		p.gotoStat(line)
	default:
		p.exprStat()
	}
	p.fs.regs = p.fs.regsAt(len(p.fs.active))
	p.leave()
}

// jumpTo emits a jump whose label is not known yet.
func (p *parser) jumpTo(name string, line int) {
	fs := p.fs
	pc := fs.emit(opJump, 0, 0, 0, 0)
	fs.gotos = append(fs.gotos, pendingGoto{name, pc, line, len(fs.active)})
}

func (p *parser) gotoStat(line int) {
	name := p.name().str()
	for _, l := range p.fs.labels {
		if l.name == name {
			pc := p.fs.emit(opJump, 0, 0, 0, 0)
			p.fs.resolve(pc, l.pc, l.active)
			return
		}
	}
	p.jumpTo(name, line)
}

func (p *parser) labelStat(name string, line int) {
	p.need(tokDbColon)
	for p.x.tok == char(';') || p.x.tok == tokDbColon {
		p.statement()
	}
	for _, l := range p.fs.labels {
		if l.name == name {
			p.x.fail(fmt.Sprintf("label '%s' already defined on line %d", name, l.line), "")
		}
	}
	active := len(p.fs.active)
	if p.blockEnds(false) {
		active = p.fs.block.active // at the end of a block its variables are out of scope
	}
	p.fs.define(name, line, active)
}

func (p *parser) ifStat(line int) {
	var exits []int
	for first := true; ; first = false {
		if first || p.x.tok == tokElseif {
			p.x.next()
			cond := p.expr()
			p.need(tokThen)
			p.fs.regs = p.fs.regsAt(len(p.fs.active))
			skip := p.fs.jumpIf(cond, false)
			p.blockOf(false)
			if p.x.tok == tokElse || p.x.tok == tokElseif {
				exits = append(exits, p.fs.emit(opJump, 0, 0, 0, 0))
			}
			p.fs.patchHere(skip)
			continue
		}
		if p.accept(tokElse) {
			p.blockOf(false)
		}
		p.match(tokEnd, tokIf, line)
		p.fs.patchHere(exits)
		return
	}
}

func (p *parser) whileStat(line int) {
	fs := p.fs
	p.x.next()
	start := fs.here()
	cond := p.expr()
	exit := fs.jumpIf(cond, false)
	fs.enterBlock(true)
	p.need(tokDo)
	p.blockOf(false)
	fs.patch([]int{fs.emit(opJump, 0, 0, 0, 0)}, start)
	p.match(tokEnd, tokWhile, line)
	fs.patchHere(exit)
	fs.leaveBlock()
}

func (p *parser) repeatStat(line int) {
	fs := p.fs
	start := fs.here()
	p.x.next()
	fs.enterBlock(true)
	fs.enterBlock(false)
	p.statements()
	p.match(tokUntil, tokRepeat, line)
	fs.line = p.x.line
	cond := p.expr()
	exit := fs.jumpIf(cond, true)
	close := 0
	if fs.block.upval {
		close = fs.regsAt(fs.block.active) + 1
	}
	fs.patch([]int{fs.emit(opJump, close, 0, 0, 0)}, start)
	fs.patchHere(exit)
	fs.leaveBlock()
	fs.leaveBlock()
}

func (p *parser) forStat(line int) {
	fs := p.fs
	fs.enterBlock(true)
	p.x.next()
	first := p.name().str()
	switch p.x.tok {
	case char('='):
		p.forNum(first, line)
	case char(','), tokIn:
		p.forIn(first)
	default:
		p.x.failToken("'=' or 'in' expected")
	}
	p.match(tokEnd, tokFor, line)
	fs.leaveBlock()
}

func (p *parser) forNum(name string, line int) {
	fs := p.fs
	p.x.next()
	base := fs.regs
	parts := []expr{p.expr()}
	p.need(char(','))
	parts = append(parts, p.expr())
	if p.accept(char(',')) {
		parts = append(parts, p.expr())
	} else {
		parts = append(parts, constExpr{Int(1)})
	}
	for _, e := range parts {
		fs.toNext(e)
	}
	for range 3 {
		fs.declare("(for state)", localVar)
	}
	p.need(tokDo)
	prep := fs.emitAt(opForPrep, base, 0, 0, 0, line)
	fs.enterBlock(false)
	fs.declare(name, localVar)
	fs.reserve(1)
	p.statements()
	fs.leaveBlock()
	fs.patchHere([]int{prep})
	loop := fs.emitAt(opForLoop, base, 0, 0, 0, line)
	fs.patch([]int{loop}, prep+1)
	fs.patch([]int{prep}, loop+1)
}

func (p *parser) forIn(first string) {
	fs := p.fs
	base := fs.regs
	names := []string{first}
	for p.accept(char(',')) {
		names = append(names, p.name().str())
	}
	p.need(tokIn)
	line := p.x.line
	fs.adjust(p.exprList(), 4)
	for range 4 {
		fs.declare("(for state)", localVar)
	}
	p.need(tokDo)
	fs.block.toClose = true
	fs.block.upval = true
	prep := fs.emitAt(opForIn, base, 0, 0, 0, line)
	fs.enterBlock(false)
	for _, n := range names {
		fs.declare(n, localVar)
	}
	fs.reserve(max(len(names), 3)) // a call needs room for the function and two arguments
	fs.regs = fs.regsAt(len(fs.active))
	p.statements()
	fs.leaveBlock()
	fs.patchHere([]int{prep})
	fs.emitAt(opForCall, base, 0, len(names), 0, line)
	next := fs.emitAt(opForNext, base, 0, 0, 0, line)
	fs.patch([]int{next}, prep+1)
	// A break skips this, so its own jump closes the fourth value.
	fs.emit(opClose, base, 0, 0, 0)
}

// body parses a function's parameters and statements.
func (p *parser) body(method bool, line int) expr {
	outer := p.fs
	fs := p.open(line)
	p.need(char('('))
	if method {
		fs.declare("self", localVar)
	}
	for p.x.tok != char(')') {
		if p.accept(tokDots) {
			fs.proto.vararg = true
			break
		}
		if p.x.tok != tokName {
			p.x.failToken("<name> expected")
		}
		fs.declare(p.name().str(), localVar)
		if !p.accept(char(',')) {
			break
		} else if p.x.tok == char(')') {
			p.x.failToken("<name> expected")
		}
	}
	fs.proto.params = len(fs.active)
	fs.reserve(len(fs.active))
	p.need(char(')'))
	if fs.proto.vararg {
		fs.emit(opVarPrep, 0, 0, 0, 0)
	}
	p.statements()
	end := p.x.line
	p.match(tokEnd, tokFunction, line)
	proto := p.close()
	proto.lastLine = end
	outer.proto.protos = append(outer.proto.protos, proto)
	return funcExpr{len(outer.proto.protos) - 1}
}

func (p *parser) functionStat(line int) {
	p.x.next()
	e := p.variable(p.name())
	method := false
	for p.x.tok == char('.') || p.x.tok == char(':') {
		method = p.x.tok == char(':')
		p.x.next()
		e = indexExpr{e, constExpr{p.name()}, line}
		if method {
			break
		}
	}
	p.checkWritable(e)
	f := p.body(method, line)
	p.fs.line = line
	p.fs.store(p.fs.target1(e), p.fs.toAny(f))
}

func (p *parser) localFunction() {
	fs := p.fs
	v := fs.declare(p.name().str(), localVar)
	fs.reserve(1)
	fs.into(p.body(false, p.x.line), v.reg)
	fs.proto.locals[v.desc].start = len(fs.proto.code)
}

func (p *parser) attrib() localKind {
	if !p.accept(char('<')) {
		return localVar
	}
	name := p.name().str()
	p.need(char('>'))
	switch name {
	case "const":
		return localConst
	case "close":
		return localToClose
	}
	p.x.fail(fmt.Sprintf("unknown attribute '%s'", name), "")
	return 0
}

func (p *parser) localStat() {
	fs := p.fs
	var names []string
	var kinds []localKind
	toClose := -1
	for {
		names = append(names, p.name().str())
		k := p.attrib()
		if k == localToClose {
			if toClose >= 0 {
				p.x.fail("multiple to-be-closed variables in local list", p.x.tokenText())
			}
			toClose = len(names) - 1
		}
		kinds = append(kinds, k)
		if !p.accept(char(',')) {
			break
		}
	}
	var values []expr
	if p.accept(char('=')) {
		values = p.exprList()
	}
	last := len(names) - 1
	if len(values) == len(names) && kinds[last] == localConst {
		if c, ok := values[last].(constExpr); ok {
			base := len(fs.active)
			fs.adjust(values[:last], last)
			for i := range last {
				fs.declare(names[i], kinds[i])
			}
			fs.declare(names[last], localCompileTime).value = c.v
			if toClose >= 0 {
				p.markClose(fs.active[base+toClose])
			}
			return
		}
	}
	if len(fs.active)+len(names) > maxLocals {
		fs.limit(maxLocals, "local variables")
	}
	fs.adjust(values, len(names))
	base := len(fs.active)
	for i, n := range names {
		fs.declare(n, kinds[i])
	}
	if toClose >= 0 {
		p.markClose(fs.active[base+toClose])
	}
}

// markClose makes a variable one that is closed when its scope ends.
func (p *parser) markClose(v *local) {
	p.fs.block.upval, p.fs.block.toClose = true, true
	p.fs.emit(opToClose, v.reg, 0, 0, 0)
}

func (p *parser) returnStat() {
	fs := p.fs
	var list []expr
	if !p.blockEnds(true) && p.x.tok != char(';') {
		list = p.exprList()
	}
	p.accept(char(';'))
	if len(list) == 1 {
		if c, ok := list[0].(callExpr); ok && !fs.block.toClose {
			a := fs.call(c, 0)
			i := fs.proto.code[len(fs.proto.code)-1]
			fs.proto.code[len(fs.proto.code)-1] = makeInstr(opTail, a, int(i.b()), 0, 0)
			fs.emitAt(opReturn, a, 0, 0, 0, c.line)
			return
		}
	}
	switch {
	case len(list) == 0:
		fs.emit(opReturn0, 0, 0, 0, 0)
	case len(list) == 1 && !isMulti(list[0]):
		fs.emit(opReturn1, fs.toAny(list[0]), 0, 0, 0)
	default:
		base := fs.regs
		n := fs.pushList(list)
		fs.emit(opReturn, base, n+1, 0, 0)
	}
	if !p.blockEnds(true) {
		p.expected(tokEOF)
	}
}

// checkWritable refuses assignment to constants and to what is no variable.
func (p *parser) checkWritable(e expr) {
	name := ""
	switch e := e.(type) {
	case localExpr:
		if e.v.kind != localVar {
			name = e.v.name
		}
	case upvalExpr:
		if u := p.fs.proto.upvals[e.index]; u.kind != localVar {
			name = u.name
		}
	case indexExpr:
	default:
		p.x.failToken("syntax error")
	}
	if name != "" {
		p.x.fail(fmt.Sprintf("attempt to assign to const variable '%s'", name), "")
	}
}

func (p *parser) exprStat() {
	name := p.x.val
	isName := p.x.tok == tokName
	e := p.suffixedExpr()
	if p.x.tok == char('=') || p.x.tok == char(',') {
		if _, ok := e.(constExpr); ok && isName {
			p.x.fail(fmt.Sprintf("attempt to assign to const variable '%s'", name.str()), "")
		}
		p.assignment(e)
		return
	}
	c, ok := e.(callExpr)
	if !ok {
		p.x.failToken("syntax error")
	}
	p.fs.call(c, 1)
}

func (p *parser) assignment(e expr) {
	fs := p.fs
	targets := []expr{e}
	p.checkWritable(e)
	for p.accept(char(',')) {
		name, isName := p.x.val, p.x.tok == tokName
		t := p.suffixedExpr()
		if _, ok := t.(constExpr); ok && isName {
			p.x.fail(fmt.Sprintf("attempt to assign to const variable '%s'", name.str()), "")
		}
		p.checkWritable(t)
		targets = append(targets, t)
		if len(targets) > maxLevels {
			p.x.fail("C stack overflow", p.x.tokenText())
		}
	}
	p.need(char('='))
	values := p.exprList()
	if len(targets) == 1 && len(values) == 1 {
		fs.assign(targets[0], values[0])
		return
	}
	places := fs.targets(targets)
	base := fs.regs
	fs.adjust(values, len(targets))
	for i := len(targets) - 1; i >= 0; i-- {
		fs.store(places[i], base+i)
	}
}
