package lua

// Expressions are parsed into small trees and become code when their
// statement is complete; statements become code at once.
type expr interface{}

type (
	constExpr  struct{ v Value } // nil, booleans, numbers and strings
	varargExpr struct{}
	localExpr  struct{ v *local }
	upvalExpr  struct{ index int }
	indexExpr  struct {
		obj, key expr
		line     int
	}
	callExpr struct {
		fn     expr
		method Value // a name, or nil for a plain call
		args   []expr
		line   int
	}
	funcExpr  struct{ index int } // a prototype of the function
	tableExpr struct {
		items []tableItem
		line  int
	}
	tableItem struct{ key, val expr } // the key is nil for a list item
	unaryExpr struct {
		op   opcode // opUnm, opBnot, opNot, opLen
		e    expr
		line int
	}
	binaryExpr struct {
		op   binop
		l, r expr
		line int
	}
	parenExpr struct{ e expr }
)

// binop is a binary operator. The arithmetic ones come first, in the order of
// the opcodes from opAdd on.
type binop uint8

const (
	binAdd binop = iota
	binSub
	binMul
	binMod
	binPow
	binDiv
	binIdiv
	binBand
	binBor
	binBxor
	binShl
	binShr
	binConcat
	binEq
	binNe
	binLt
	binLe
	binGt
	binGe
	binAnd
	binOr
	binNone
)

// precedences holds the left and right priority of each operator.
var precedences = [...][2]int{
	binAdd: {10, 10}, binSub: {10, 10}, binMul: {11, 11}, binMod: {11, 11}, binPow: {14, 13}, binDiv: {11, 11}, binIdiv: {11, 11},
	binBand: {6, 6}, binBor: {4, 4}, binBxor: {5, 5}, binShl: {7, 7}, binShr: {7, 7}, binConcat: {9, 8},
	binEq: {3, 3}, binNe: {3, 3}, binLt: {3, 3}, binLe: {3, 3}, binGt: {3, 3}, binGe: {3, 3}, binAnd: {2, 2}, binOr: {1, 1},
}

const unaryPrecedence = 12

func binaryOp(k token) binop {
	switch k {
	case char('+'):
		return binAdd
	case char('-'):
		return binSub
	case char('*'):
		return binMul
	case char('%'):
		return binMod
	case char('^'):
		return binPow
	case char('/'):
		return binDiv
	case tokIdiv:
		return binIdiv
	case char('&'):
		return binBand
	case char('|'):
		return binBor
	case char('~'):
		return binBxor
	case tokShl:
		return binShl
	case tokShr:
		return binShr
	case tokConcat:
		return binConcat
	case tokEq:
		return binEq
	case tokNe:
		return binNe
	case char('<'):
		return binLt
	case tokLe:
		return binLe
	case char('>'):
		return binGt
	case tokGe:
		return binGe
	case tokAnd:
		return binAnd
	case tokOr:
		return binOr
	}
	return binNone
}

// maxLevels bounds the nesting of expressions and statements, and so the
// depth of the compiler's own recursion.
const maxLevels = 200

// maxChain bounds the length of a.b.c… and a+b+c…, whose trees are as deep
// as they are long.
const maxChain = 20000

func (p *parser) enter() {
	p.levels++
	if p.levels > maxLevels {
		p.x.fail("C stack overflow", p.x.tokenText())
	}
}

func (p *parser) leave() { p.levels-- }

func (p *parser) expr() expr { return p.subExpr(0) }

// subExpr parses operators that bind stronger than limit.
func (p *parser) subExpr(limit int) expr {
	p.enter()
	defer p.leave()
	var e expr
	line := p.x.line
	switch p.x.tok {
	case tokNot:
		e = p.unary(opNot, line)
	case char('-'):
		e = p.unary(opUnm, line)
	case char('~'):
		e = p.unary(opBnot, line)
	case char('#'):
		e = p.unary(opLen, line)
	default:
		e = p.simpleExpr()
	}
	for n := 0; ; n++ {
		op := binaryOp(p.x.tok)
		if n > maxChain {
			p.x.fail("C stack overflow", p.x.tokenText())
		}
		if op == binNone || precedences[op][0] <= limit {
			return e
		}
		line := p.x.line
		p.x.next()
		r := p.subExpr(precedences[op][1])
		e = foldBinary(binaryExpr{op, e, r, line})
	}
}

func (p *parser) unary(op opcode, line int) expr {
	p.x.next()
	e := p.subExpr(unaryPrecedence)
	if c, ok := e.(constExpr); ok {
		switch {
		case op == opUnm && c.v.isInt():
			return constExpr{Int(-c.v.int())}
		case op == opUnm && c.v.isFloat() && c.v.float() != 0:
			return constExpr{Float(-c.v.float())}
		case op == opBnot && c.v.isInt():
			return constExpr{Int(^c.v.int())}
		case op == opNot:
			return constExpr{Bool(c.v.isFalsy())}
		}
	}
	return unaryExpr{op, e, line}
}

// foldBinary computes arithmetic on numerals, except what fails and zeros,
// whose sign and kind are left to run time.
func foldBinary(e binaryExpr) expr {
	l, ok1 := e.l.(constExpr)
	r, ok2 := e.r.(constExpr)
	if !ok1 || !ok2 || e.op > binShr || !l.v.isNumber() || !r.v.isNumber() {
		return e
	}
	v, ok := arithNumbers(tmAdd+metamethod(e.op), l.v, r.v)
	if !ok || v.isFloat() && (v.float() == 0 || v.float() != v.float()) {
		return e
	}
	return constExpr{v}
}

func (p *parser) simpleExpr() expr {
	var e expr
	switch p.x.tok {
	case tokInt, tokFloat, tokString:
		e = constExpr{p.x.val}
	case tokNil:
		e = constExpr{Nil}
	case tokTrue:
		e = constExpr{Bool(true)}
	case tokFalse:
		e = constExpr{Bool(false)}
	case tokDots:
		if !p.fs.proto.vararg {
			p.x.failToken("cannot use '...' outside a vararg function")
		}
		e = varargExpr{}
	case char('{'):
		return p.table()
	case tokFunction:
		line := p.x.line
		p.x.next()
		return p.body(false, line)
	default:
		return p.suffixedExpr()
	}
	p.x.next()
	return e
}

func (p *parser) primaryExpr() expr {
	switch p.x.tok {
	case tokName:
		v := p.x.val
		p.x.next()
		return p.variable(v)
	case char('('):
		line := p.x.line
		p.x.next()
		e := p.expr()
		p.match(char(')'), char('('), line)
		switch e.(type) {
		case callExpr, varargExpr:
			return parenExpr{e}
		case localExpr, upvalExpr, indexExpr:
			return parenExpr{e} // no longer a variable that can be assigned
		}
		return e
	}
	p.x.failToken("unexpected symbol")
	return nil
}

func (p *parser) suffixedExpr() expr {
	e := p.primaryExpr()
	for n := 0; ; n++ {
		line := p.x.line
		switch p.x.tok {
		case char('.'):
			p.x.next()
			e = indexExpr{e, constExpr{p.name()}, line}
		case char('['):
			p.x.next()
			k := p.expr()
			p.check(char(']'))
			p.x.next()
			e = indexExpr{e, k, line}
		case char(':'):
			p.x.next()
			name := p.name()
			e = callExpr{e, name, p.args(), line}
		case char('('), tokString, char('{'):
			e = callExpr{e, Nil, p.args(), line}
		default:
			return e
		}
		if n > maxChain {
			// Each suffix nests the tree that code is generated from.
			p.x.fail("C stack overflow", p.x.tokenText())
		}
	}
}

func (p *parser) args() []expr {
	switch p.x.tok {
	case tokString:
		v := p.x.val
		p.x.next()
		return []expr{constExpr{v}}
	case char('{'):
		return []expr{p.table()}
	case char('('):
		line := p.x.line
		p.x.next()
		var list []expr
		if p.x.tok != char(')') {
			list = p.exprList()
		}
		p.match(char(')'), char('('), line)
		return list
	}
	p.x.failToken("function arguments expected")
	return nil
}

func (p *parser) exprList() []expr {
	list := []expr{p.expr()}
	for p.accept(char(',')) {
		list = append(list, p.expr())
	}
	return list
}

func (p *parser) table() expr {
	p.enter()
	defer p.leave()
	e := tableExpr{line: p.x.line}
	p.check(char('{'))
	p.x.next()
	for p.x.tok != char('}') {
		switch {
		case p.x.tok == tokName && p.x.peek() == char('='):
			k := constExpr{p.x.val}
			p.x.next()
			p.x.next()
			e.items = append(e.items, tableItem{k, p.expr()})
		case p.x.tok == char('['):
			p.x.next()
			k := p.expr()
			p.check(char(']'))
			p.x.next()
			p.check(char('='))
			p.x.next()
			e.items = append(e.items, tableItem{k, p.expr()})
		default:
			e.items = append(e.items, tableItem{nil, p.expr()})
		}
		if !p.accept(char(',')) && !p.accept(char(';')) {
			break
		}
	}
	p.match(char('}'), char('{'), e.line)
	return e
}
