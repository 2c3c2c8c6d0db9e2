package lua

import "math"

func (fs *funcState) here() int { return len(fs.proto.code) }

func (fs *funcState) emit(op opcode, a, b, c, d int) int {
	return fs.emitAt(op, a, b, c, d, fs.line)
}

func (fs *funcState) emitAt(op opcode, a, b, c, d, line int) int {
	fs.proto.code = append(fs.proto.code, makeInstr(op, a, b, c, d))
	fs.proto.lines = append(fs.proto.lines, int32(line))
	return len(fs.proto.code) - 1
}

// patch leads jumps to an instruction.
func (fs *funcState) patch(jumps []int, to int) {
	for _, pc := range jumps {
		i := fs.proto.code[pc]
		fs.proto.code[pc] = i&0xffffffff | instr(uint32(int32(to-pc-1)))<<32
	}
}

func (fs *funcState) patchHere(jumps []int) { fs.patch(jumps, fs.here()) }

// reserve takes n registers and returns the first.
func (fs *funcState) reserve(n int) int {
	r := fs.regs
	fs.regs += n
	if fs.regs > maxRegs {
		fs.p.x.failToken("function or expression needs too many registers")
	}
	fs.proto.stack = max(fs.proto.stack, fs.regs+1)
	return r
}

// constant is the number of a constant.
func (fs *funcState) constant(v Value) int {
	if i, ok := fs.consts[v]; ok {
		return i
	}
	i := len(fs.proto.consts)
	fs.proto.consts = append(fs.proto.consts, v)
	fs.consts[v] = i
	return i
}

// fresh tells whether a register holds no variable, so that parts of an
// expression may be computed in it before the result is.
func (fs *funcState) fresh(reg int) bool { return reg >= fs.regsAt(len(fs.active)) }

func isMulti(e expr) bool {
	switch e.(type) {
	case callExpr, varargExpr:
		return true
	}
	return false
}

func fitsInt32(v Value) bool {
	return v.isInt() && v.int() >= math.MinInt32 && v.int() <= math.MaxInt32
}

// toNext computes an expression into the next free register.
func (fs *funcState) toNext(e expr) int {
	r := fs.reserve(1)
	fs.into(e, r)
	return r
}

// toAny computes an expression into some register: that of a variable, or
// the next free one.
func (fs *funcState) toAny(e expr) int {
	switch e := e.(type) {
	case localExpr:
		return e.v.reg
	case parenExpr:
		return fs.toAny(e.e)
	}
	return fs.toNext(e)
}

// operand is toAny, but uses dst instead of a further register where it may.
func (fs *funcState) operand(e expr, dst int) int {
	switch e := e.(type) {
	case localExpr:
		return e.v.reg
	case parenExpr:
		return fs.operand(e.e, dst)
	}
	if fs.fresh(dst) {
		fs.into(e, dst)
		return dst
	}
	return fs.toNext(e)
}

// into computes an expression into a register.
func (fs *funcState) into(e expr, dst int) {
	regs := fs.regs
	switch e := e.(type) {
	case constExpr:
		fs.load(e.v, dst)
	case varargExpr:
		fs.emit(opVararg, dst, 0, 2, 0)
	case localExpr:
		if e.v.reg != dst {
			fs.emit(opMove, dst, e.v.reg, 0, 0)
		}
	case upvalExpr:
		fs.emit(opGetUpval, dst, e.index, 0, 0)
	case indexExpr:
		fs.index(e, dst)
	case callExpr, tableExpr:
		fs.atTop(e, dst)
	case funcExpr:
		fs.emit(opClosure, dst, 0, 0, e.index)
	case unaryExpr:
		fs.emitAt(e.op, dst, fs.operand(e.e, dst), 0, 0, e.line)
	case binaryExpr:
		fs.binary(e, dst)
	case parenExpr:
		fs.into(e.e, dst)
	}
	fs.regs = regs
}

func (fs *funcState) load(v Value, dst int) {
	switch {
	case v.IsNil():
		fs.emit(opLoadNil, dst, 0, 0, 0)
	case v.Kind() == KindBool && v.Truthy():
		fs.emit(opLoadTrue, dst, 0, 0, 0)
	case v.Kind() == KindBool:
		fs.emit(opLoadFalse, dst, 0, 0, 0)
	case fitsInt32(v):
		fs.emit(opLoadInt, dst, 0, 0, int(v.int()))
	default:
		fs.emit(opLoadK, dst, 0, 0, fs.constant(v))
	}
}

// atTop computes what needs a run of registers (a call or a table) at the
// top, and moves the result if that is not the place wanted.
func (fs *funcState) atTop(e expr, dst int) {
	if dst == fs.regs-1 && fs.fresh(dst) {
		fs.regs--
	}
	var r int
	switch e := e.(type) {
	case callExpr:
		r = fs.call(e, 2)
	case tableExpr:
		r = fs.table(e)
	}
	if r != dst {
		fs.emit(opMove, dst, r, 0, 0)
	}
}

func (fs *funcState) index(e indexExpr, dst int) {
	if u, ok := e.obj.(upvalExpr); ok {
		if k, ok := e.key.(constExpr); ok && k.v.isString() {
			fs.emitAt(opGetGlobal, dst, u.index, 0, fs.constant(k.v), e.line)
			return
		}
	}
	obj := fs.operand(e.obj, dst)
	if k, ok := e.key.(constExpr); ok {
		if k.v.isString() {
			fs.emitAt(opGetField, dst, obj, 0, fs.constant(k.v), e.line)
			return
		}
		if fitsInt32(k.v) {
			fs.emitAt(opGetInt, dst, obj, 0, int(k.v.int()), e.line)
			return
		}
	}
	fs.emitAt(opGetIndex, dst, obj, fs.toAny(e.key), 0, e.line)
}

// call emits a call at the top. The number of results is nres-1, or all if
// nres is 0; they begin in the register returned, which is free again.
func (fs *funcState) call(e callExpr, nres int) int {
	base := fs.regs
	extra := 0
	if e.method.IsNil() {
		fs.toNext(e.fn)
	} else {
		fs.reserve(2)
		fs.regs--
		obj := fs.operand(e.fn, base)
		fs.regs = base + 2
		fs.emitAt(opSelf, base, obj, 0, fs.constant(e.method), e.line)
		extra = 1
	}
	n := fs.pushList(e.args)
	if n >= 0 {
		n += extra
	}
	fs.emitAt(opCall, base, n+1, nres, 0, e.line)
	fs.regs = base
	// The results need registers even if there were no arguments.
	fs.proto.stack = max(fs.proto.stack, base+max(nres, 2)+1)
	return base
}

// pushList computes expressions into the next registers; -1 means that the
// last one gives as many values as it likes.
func (fs *funcState) pushList(list []expr) int {
	for i, e := range list {
		if i == len(list)-1 && isMulti(e) {
			fs.multi(e, 0)
			return -1
		}
		fs.toNext(e)
	}
	return len(list)
}

// multi emits a call or vararg with nres-1 results (0: all) at the top.
func (fs *funcState) multi(e expr, nres int) {
	switch e := e.(type) {
	case callExpr:
		fs.call(e, nres)
	case varargExpr:
		fs.emit(opVararg, fs.regs, 0, nres, 0)
	}
}

// adjust computes a list into exactly want new registers.
func (fs *funcState) adjust(list []expr, want int) {
	base := fs.regs
	for i, e := range list {
		if i == len(list)-1 && isMulti(e) && i+1 < want {
			fs.multi(e, want-i+1)
			fs.regs = base
			fs.reserve(want)
			return
		}
		fs.toNext(e)
		if i >= want {
			fs.regs--
		}
	}
	if n := want - len(list); n > 0 {
		fs.emit(opLoadNil, fs.reserve(n), n-1, 0, 0)
	}
}

const listBatch = 50

// table emits a constructor at the top.
func (fs *funcState) table(e tableExpr) int {
	list, hash := 0, 0
	for _, it := range e.items {
		if it.key == nil {
			list++
		} else {
			hash++
		}
	}
	r := fs.reserve(1)
	fs.emitAt(opNewTable, r, 0, min(hash, 255), list, e.line)
	done, pending := 0, 0
	for i, it := range e.items {
		if it.key != nil {
			regs := fs.regs
			p := fs.target1(indexExpr{localExpr{&local{reg: r}}, it.key, e.line})
			fs.store(p, fs.toAny(it.val))
			fs.regs = regs
			continue
		}
		if i == len(e.items)-1 && isMulti(it.val) {
			fs.multi(it.val, 0)
			fs.emit(opSetList, r, 255, 0, done)
			pending = 0
			break
		}
		fs.toNext(it.val)
		if pending++; pending == listBatch {
			fs.emit(opSetList, r, pending, 0, done)
			done, pending = done+pending, 0
			fs.regs = r + 1
		}
	}
	if pending > 0 {
		fs.emit(opSetList, r, pending, 0, done)
	}
	fs.regs = r
	return r
}

func (fs *funcState) binary(e binaryExpr, dst int) {
	switch {
	case e.op <= binShr:
		fs.arith(e, dst)
	case e.op == binConcat:
		fs.concat(e, dst)
	case e.op == binAnd || e.op == binOr:
		fs.logic(e, dst)
	default:
		fs.boolean(e, dst)
	}
}

func (fs *funcState) arith(e binaryExpr, dst int) {
	l, r, flip := e.l, e.r, 0
	if c, ok := l.(constExpr); ok && c.v.isNumber() && (e.op == binAdd || e.op == binMul || e.op >= binBand && e.op <= binBxor) {
		l, r, flip = r, l, 1
	}
	if c, ok := r.(constExpr); ok && c.v.isNumber() {
		if e.op == binAdd && fitsInt32(c.v) {
			fs.emitAt(opAddInt, dst, fs.operand(l, dst), flip, int(c.v.int()), e.line)
			return
		}
		fs.emitAt(opAddK+opcode(e.op), dst, fs.operand(l, dst), flip, fs.constant(c.v), e.line)
		return
	}
	rl := fs.operand(l, dst)
	fs.emitAt(opAdd+opcode(e.op), dst, rl, fs.toAny(r), 0, e.line)
}

// concat joins a chain a .. (b .. c) in one instruction.
func (fs *funcState) concat(e binaryExpr, dst int) {
	base, n := fs.regs, 1
	fs.toNext(e.l)
	for {
		r, ok := e.r.(binaryExpr)
		if !ok || r.op != binConcat {
			break
		}
		fs.toNext(r.l)
		n++
		e = r
	}
	fs.toNext(e.r)
	fs.emitAt(opConcat, dst, base, n+1, 0, e.line)
}

func (fs *funcState) logic(e binaryExpr, dst int) {
	if !fs.fresh(dst) {
		// A later operand may still need the variable's old value.
		fs.emit(opMove, dst, fs.toNext(e), 0, 0)
		return
	}
	want, op := false, opJumpF
	if e.op == binOr {
		want, op = true, opJumpT
	}
	if isCondition(e.l) {
		short := fs.jumpIf(e.l, want)
		fs.into(e.r, dst)
		end := fs.emit(opJump, 0, 0, 0, 0)
		fs.patchHere(short)
		fs.load(Bool(want), dst)
		fs.patchHere([]int{end})
		return
	}
	fs.into(e.l, dst)
	short := fs.emit(op, dst, 0, 0, 0)
	fs.into(e.r, dst)
	fs.patchHere([]int{short})
}

// isCondition tells whether an expression gives a boolean by a jump.
func isCondition(e expr) bool {
	b, ok := e.(binaryExpr)
	return ok && b.op >= binEq && b.op <= binGe
}

func (fs *funcState) boolean(e binaryExpr, dst int) {
	yes := fs.jumpIf(e, true)
	fs.emit(opFalseSkip, dst, 0, 0, 0)
	fs.patchHere(yes)
	fs.emit(opLoadTrue, dst, 0, 0, 0)
}

// jumpIf emits jumps taken when the truth of an expression is as wanted.
func (fs *funcState) jumpIf(e expr, want bool) []int {
	regs := fs.regs
	defer func() { fs.regs = regs }()
	switch e := e.(type) {
	case parenExpr:
		return fs.jumpIf(e.e, want)
	case constExpr:
		if e.v.Truthy() == want {
			return []int{fs.emit(opJump, 0, 0, 0, 0)}
		}
		return nil
	case unaryExpr:
		if e.op == opNot {
			return fs.jumpIf(e.e, !want)
		}
	case binaryExpr:
		switch {
		case e.op == binAnd || e.op == binOr:
			if (e.op == binOr) == want {
				return append(fs.jumpIf(e.l, want), fs.jumpIf(e.r, want)...)
			}
			skip := fs.jumpIf(e.l, !want)
			jumps := fs.jumpIf(e.r, want)
			fs.patchHere(skip)
			return jumps
		case isCondition(e):
			return []int{fs.compare(e, want)}
		}
	}
	op := opJumpF
	if want {
		op = opJumpT
	}
	return []int{fs.emit(op, fs.toAny(e), 0, 0, 0)}
}

// compare emits a comparison that jumps when it gives what is wanted.
func (fs *funcState) compare(e binaryExpr, want bool) int {
	if e.op == binNe {
		e.op, want = binEq, !want
	}
	w := 0
	if want {
		w = 1
	}
	if e.op == binEq {
		if _, ok := e.l.(constExpr); ok {
			e.l, e.r = e.r, e.l
		}
		if c, ok := e.r.(constExpr); ok {
			if k := fs.constant(c.v); k < 256 {
				return fs.emitAt(opEqK, fs.toAny(e.l), k, w, 0, e.line)
			}
		}
		l := fs.toAny(e.l)
		return fs.emitAt(opEq, l, fs.toAny(e.r), w, 0, e.line)
	}
	if c, ok := e.r.(constExpr); ok && c.v.isInt() && c.v.int() == int64(int8(c.v.int())) {
		op := map[binop]opcode{binLt: opLtInt, binLe: opLeInt, binGt: opGtInt, binGe: opGeInt}[e.op]
		return fs.emitAt(op, fs.toAny(e.l), int(c.v.int()), w, 0, e.line)
	}
	if c, ok := e.l.(constExpr); ok && c.v.isInt() && c.v.int() == int64(int8(c.v.int())) {
		op := map[binop]opcode{binLt: opGtInt, binLe: opGeInt, binGt: opLtInt, binGe: opLeInt}[e.op]
		return fs.emitAt(op, fs.toAny(e.r), int(c.v.int()), w, 0, e.line)
	}
	l := fs.toAny(e.l)
	r := fs.toAny(e.r)
	switch e.op {
	case binLt:
		return fs.emitAt(opLt, l, r, w, 0, e.line)
	case binLe:
		return fs.emitAt(opLe, l, r, w, 0, e.line)
	case binGt:
		return fs.emitAt(opLt, r, l, w, 0, e.line)
	}
	return fs.emitAt(opLe, r, l, w, 0, e.line)
}

// A place is where an assignment stores.
type place struct {
	op   opcode // opMove, opSetUpval, opSetGlobal, opSetField, opSetInt, opSetIndex
	a, b int
	d    int
	line int
}

// target1 computes the parts of a variable that is assigned to.
func (fs *funcState) target1(e expr) place {
	switch e := e.(type) {
	case localExpr:
		return place{op: opMove, a: e.v.reg}
	case upvalExpr:
		return place{op: opSetUpval, b: e.index}
	case indexExpr:
		k, isConst := e.key.(constExpr)
		if u, ok := e.obj.(upvalExpr); ok && isConst && k.v.isString() {
			return place{op: opSetGlobal, b: u.index, d: fs.constant(k.v), line: e.line}
		}
		obj := fs.toAny(e.obj)
		switch {
		case isConst && k.v.isString():
			return place{op: opSetField, a: obj, d: fs.constant(k.v), line: e.line}
		case isConst && fitsInt32(k.v):
			return place{op: opSetInt, a: obj, d: int(k.v.int()), line: e.line}
		}
		return place{op: opSetIndex, a: obj, b: fs.toAny(e.key), line: e.line}
	}
	return place{}
}

// targets is target1 for several variables: tables and keys that are
// themselves assigned to are copied first.
func (fs *funcState) targets(list []expr) []place {
	assigned := map[int]bool{}
	upval := false
	for _, e := range list {
		switch e := e.(type) {
		case localExpr:
			assigned[e.v.reg] = true
		case upvalExpr:
			upval = true
		}
	}
	save := func(e expr) expr {
		if l, ok := e.(localExpr); ok && assigned[l.v.reg] {
			return localExpr{&local{reg: fs.toNext(e)}}
		}
		if _, ok := e.(upvalExpr); ok && upval {
			return localExpr{&local{reg: fs.toNext(e)}}
		}
		return e
	}
	places := make([]place, len(list))
	for i, e := range list {
		if x, ok := e.(indexExpr); ok {
			x.obj, x.key = save(x.obj), save(x.key)
			e = x
		}
		places[i] = fs.target1(e)
	}
	return places
}

// store emits the assignment of a register to a place.
func (fs *funcState) store(p place, reg int) {
	if p.line == 0 {
		p.line = fs.line
	}
	switch p.op {
	case opMove:
		if p.a != reg {
			fs.emit(opMove, p.a, reg, 0, 0)
		}
	case opSetUpval, opSetGlobal:
		fs.emitAt(p.op, reg, p.b, 0, p.d, p.line)
	case opSetField, opSetInt:
		fs.emitAt(p.op, p.a, 0, reg, p.d, p.line)
	case opSetIndex:
		fs.emitAt(p.op, p.a, p.b, reg, 0, p.line)
	}
}

// assign emits the assignment of one expression to one variable.
func (fs *funcState) assign(e, value expr) {
	if l, ok := e.(localExpr); ok {
		fs.into(value, l.v.reg)
		return
	}
	p := fs.target1(e)
	fs.store(p, fs.toAny(value))
}
