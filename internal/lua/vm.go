package lua

import (
	"math"
)

func (v *Value) setInt(i int64) {
	if v.p != tagInt() {
		v.p = tagInt()
	}
	v.n = uint64(i)
}

func (v *Value) setFloat(f float64) {
	if v.p != tagFloat() {
		v.p = tagFloat()
	}
	v.n = math.Float64bits(f)
}

// execute runs the topmost frame, and those it calls, until it returns.
//
// Whatever may call a function or move the stack saves pc before and loads
// the registers again after.
func (t *Thread) execute() {
	s := t.s
newFrame:
	f := &t.frames[len(t.frames)-1]
	cl := f.cl
	base := f.base
	pc := f.pc
	code, K := cl.p.code, cl.p.consts
	R := t.regs(base)
	for {
		i := code[pc]
		pc++
		switch i.op() {
		case opMove:
			R[i.a()] = R[i.b()]
		case opLoadInt:
			R[i.a()].setInt(int64(i.d()))
		case opLoadK:
			R[i.a()] = K[i.d()]
		case opLoadNil:
			for r := int(i.a()); r <= int(i.a())+int(i.b()); r++ {
				R[uint8(r)] = Nil
			}
		case opLoadTrue:
			R[i.a()] = Value{tagTrue(), 1}
		case opLoadFalse:
			R[i.a()] = Value{nil, 1}
		case opFalseSkip:
			R[i.a()] = Value{nil, 1}
			pc++
		case opGetUpval:
			R[i.a()] = *cl.up[i.b()].v
		case opSetUpval:
			*cl.up[i.b()].v = R[i.a()]

		case opGetGlobal:
			u := *cl.up[i.b()].v
			k := K[i.d()]
			if tab := u.AsTable(); tab != nil {
				if v := tab.getStr(k); !v.IsNil() || tab.meta == nil {
					R[i.a()] = v
					continue
				}
			}
			f.pc = pc
			v := t.index(u, k)
			f = &t.frames[len(t.frames)-1]
			R = t.regs(base)
			R[i.a()] = v
		case opSetGlobal:
			u := *cl.up[i.b()].v
			k := K[i.d()]
			if tab := u.AsTable(); tab != nil {
				if p := tab.slotStr(k); p != nil && !p.IsNil() {
					*p = R[i.a()]
					tab.absent = 0
					continue
				}
			}
			f.pc = pc
			t.setIndex(u, k, R[i.a()])
			f = &t.frames[len(t.frames)-1]
			R = t.regs(base)
		case opGetField:
			o := R[i.b()]
			k := K[i.d()]
			if tab := o.AsTable(); tab != nil {
				if v := tab.getStr(k); !v.IsNil() || tab.meta == nil {
					R[i.a()] = v
					continue
				}
			}
			f.pc = pc
			v := t.index(o, k)
			f = &t.frames[len(t.frames)-1]
			R = t.regs(base)
			R[i.a()] = v
		case opGetInt:
			o := R[i.b()]
			if tab := o.AsTable(); tab != nil {
				if v := tab.getInt(int64(i.d())); !v.IsNil() || tab.meta == nil {
					R[i.a()] = v
					continue
				}
			}
			f.pc = pc
			v := t.index(o, Int(int64(i.d())))
			f = &t.frames[len(t.frames)-1]
			R = t.regs(base)
			R[i.a()] = v
		case opGetIndex:
			o, k := R[i.b()], R[i.c()]
			if tab := o.AsTable(); tab != nil {
				var v Value
				if k.p == tagInt() {
					if n := k.n - 1; n < uint64(len(tab.arr)) {
						v = tab.arr[n]
					} else {
						v = tab.getHash(k)
					}
				} else if k.isString() {
					v = tab.getStr(k)
				} else {
					v = tab.Get(k)
				}
				if !v.IsNil() || tab.meta == nil {
					R[i.a()] = v
					continue
				}
			}
			f.pc = pc
			v := t.index(o, k)
			f = &t.frames[len(t.frames)-1]
			R = t.regs(base)
			R[i.a()] = v
		case opSetField:
			o := R[i.a()]
			k := K[i.d()]
			if tab := o.AsTable(); tab != nil {
				if p := tab.slotStr(k); p != nil && !p.IsNil() {
					*p = R[i.c()]
					tab.absent = 0
					continue
				}
				if tab.meta == nil {
					tab.setHash(k, R[i.c()])
					continue
				}
			}
			f.pc = pc
			t.setIndex(o, k, R[i.c()])
			f = &t.frames[len(t.frames)-1]
			R = t.regs(base)
		case opSetInt:
			o := R[i.a()]
			if tab := o.AsTable(); tab != nil && tab.meta == nil {
				tab.setInt(int64(i.d()), R[i.c()])
				continue
			}
			f.pc = pc
			t.setIndex(o, Int(int64(i.d())), R[i.c()])
			f = &t.frames[len(t.frames)-1]
			R = t.regs(base)
		case opSetIndex:
			o, k := R[i.a()], R[i.b()]
			if tab := o.AsTable(); tab != nil {
				if k.p == tagInt() {
					n := k.n - 1
					if n < uint64(len(tab.arr)) && R[i.c()].p != nil && (tab.meta == nil || !tab.arr[n].IsNil()) {
						tab.arr[n] = R[i.c()]
						continue
					}
					if tab.meta == nil {
						tab.setInt(k.int(), R[i.c()])
						continue
					}
				} else if tab.meta == nil && k.isString() {
					tab.setHash(k, R[i.c()])
					continue
				}
			}
			f.pc = pc
			t.setIndex(o, k, R[i.c()])
			f = &t.frames[len(t.frames)-1]
			R = t.regs(base)
		case opNewTable:
			tab := s.newTable(i.d(), int(i.c()))
			R[i.a()] = TableValue(tab)
			if s.debt < 0 {
				s.charge(0)
			}
		case opSetList:
			a, n := int(i.a()), int(i.b())
			if n == 255 {
				n = t.top - (base + a) - 1
			}
			R[i.a()].AsTable().setList(i.d(), t.stack[base+a+1:base+a+1+n])
		case opSelf:
			o := R[i.b()]
			k := K[i.d()]
			R[i.a()+1] = o
			if tab := o.AsTable(); tab != nil {
				v := tab.getStr(k)
				if v.p == nil && tab.meta != nil {
					// Most methods lie in the metatable's __index.
					if class := tab.meta.fast(tmIndex).AsTable(); class != nil {
						v = class.getStr(k)
					}
				}
				if v.p != nil {
					R[i.a()] = v
					continue
				}
			}
			f.pc = pc
			v := t.index(o, k)
			f = &t.frames[len(t.frames)-1]
			R = t.regs(base)
			R[i.a()] = v

		case opAdd:
			b, c := &R[i.b()], &R[i.c()]
			if b.p == tagInt() && c.p == tagInt() {
				R[i.a()].setInt(int64(b.n + c.n))
			} else if x, y, ok := floats(b, c); ok {
				R[i.a()].setFloat(x + y)
			} else {
				f.pc = pc
				v := t.arith(tmAdd, *b, *c)
				f = &t.frames[len(t.frames)-1]
				R = t.regs(base)
				R[i.a()] = v
			}
		case opSub:
			b, c := &R[i.b()], &R[i.c()]
			if b.p == tagInt() && c.p == tagInt() {
				R[i.a()].setInt(int64(b.n - c.n))
			} else if x, y, ok := floats(b, c); ok {
				R[i.a()].setFloat(x - y)
			} else {
				f.pc = pc
				v := t.arith(tmSub, *b, *c)
				f = &t.frames[len(t.frames)-1]
				R = t.regs(base)
				R[i.a()] = v
			}
		case opMul:
			b, c := &R[i.b()], &R[i.c()]
			if b.p == tagInt() && c.p == tagInt() {
				R[i.a()].setInt(int64(b.n * c.n))
			} else if x, y, ok := floats(b, c); ok {
				R[i.a()].setFloat(x * y)
			} else {
				f.pc = pc
				v := t.arith(tmMul, *b, *c)
				f = &t.frames[len(t.frames)-1]
				R = t.regs(base)
				R[i.a()] = v
			}
		case opDiv:
			b, c := &R[i.b()], &R[i.c()]
			if x, y, ok := floats(b, c); ok {
				R[i.a()].setFloat(x / y)
				continue
			}
			f.pc = pc
			v := t.arith(tmDiv, *b, *c)
			f = &t.frames[len(t.frames)-1]
			R = t.regs(base)
			R[i.a()] = v
		case opMod, opPow, opIdiv, opBand, opBor, opBxor, opShl, opShr:
			b, c := R[i.b()], R[i.c()]
			ev := tmAdd + metamethod(i.op()-opAdd)
			if b.p == tagInt() && c.p == tagInt() {
				if v, ok := intArith(ev, b.int(), c.int()); ok {
					R[i.a()].setInt(v)
					continue
				}
			}
			f.pc = pc
			v := t.arith(ev, b, c)
			f = &t.frames[len(t.frames)-1]
			R = t.regs(base)
			R[i.a()] = v
		case opAddInt:
			b := &R[i.b()]
			if b.p == tagInt() {
				R[i.a()].setInt(int64(b.n) + int64(i.d()))
			} else if b.p == tagFloat() {
				R[i.a()].setFloat(b.float() + float64(i.d()))
			} else {
				f.pc = pc
				x, y := *b, Int(int64(i.d()))
				if i.c() == 1 {
					x, y = y, x
				}
				v := t.arith(tmAdd, x, y)
				f = &t.frames[len(t.frames)-1]
				R = t.regs(base)
				R[i.a()] = v
			}
		case opSubK:
			b, c := &R[i.b()], &K[i.d()]
			if b.p == tagInt() && c.p == tagInt() {
				R[i.a()].setInt(int64(b.n - c.n))
				continue
			}
			if x, y, ok := floats(b, c); ok {
				R[i.a()].setFloat(x - y)
				continue
			}
			f.pc = pc
			v := t.arith(tmSub, *b, *c)
			f = &t.frames[len(t.frames)-1]
			R = t.regs(base)
			R[i.a()] = v
		case opMulK:
			b, c := &R[i.b()], &K[i.d()]
			if b.p == tagInt() && c.p == tagInt() {
				R[i.a()].setInt(int64(b.n * c.n))
				continue
			}
			if x, y, ok := floats(b, c); ok {
				R[i.a()].setFloat(x * y)
				continue
			}
			f.pc = pc
			x, y := *b, *c
			if i.c() == 1 {
				x, y = y, x
			}
			v := t.arith(tmMul, x, y)
			f = &t.frames[len(t.frames)-1]
			R = t.regs(base)
			R[i.a()] = v
		case opModK:
			b, c := &R[i.b()], &K[i.d()]
			if b.p == tagInt() && c.p == tagInt() && int64(c.n) > 0 {
				x, y := int64(b.n), int64(c.n)
				if uint64(x|y)>>32 == 0 {
					R[i.a()].setInt(int64(uint32(x) % uint32(y)))
					continue
				}
				r := x % y
				if r < 0 {
					r += y
				}
				R[i.a()].setInt(r)
				continue
			}
			f.pc = pc
			v := t.arith(tmMod, *b, *c)
			f = &t.frames[len(t.frames)-1]
			R = t.regs(base)
			R[i.a()] = v
		case opAddK, opPowK, opDivK, opIdivK, opBandK, opBorK, opBxorK, opShlK, opShrK:
			b, c := R[i.b()], K[i.d()]
			ev := tmAdd + metamethod(i.op()-opAddK)
			if b.p == tagInt() && c.p == tagInt() {
				if v, ok := intArith(ev, b.int(), c.int()); ok {
					R[i.a()].setInt(v)
					continue
				}
			}
			if i.c() == 1 {
				b, c = c, b
			}
			f.pc = pc
			v := t.arith(ev, b, c)
			f = &t.frames[len(t.frames)-1]
			R = t.regs(base)
			R[i.a()] = v
		case opUnm, opBnot:
			b := R[i.b()]
			ev := tmUnm
			if i.op() == opBnot {
				ev = tmBnot
			}
			f.pc = pc
			v := t.unary(ev, b)
			f = &t.frames[len(t.frames)-1]
			R = t.regs(base)
			R[i.a()] = v
		case opNot:
			R[i.a()] = Bool(R[i.b()].p == nil)
		case opLen:
			b := R[i.b()]
			if tab := b.AsTable(); tab != nil && tab.meta == nil {
				R[i.a()].setInt(int64(len(tab.arr)))
				continue
			}
			f.pc = pc
			v := t.length(b)
			f = &t.frames[len(t.frames)-1]
			R = t.regs(base)
			R[i.a()] = v
		case opConcat:
			f.pc = pc
			v := t.concat(base+int(i.b()), int(i.c()))
			f = &t.frames[len(t.frames)-1]
			R = t.regs(base)
			R[i.a()] = v

		case opJump:
			pc += i.d()
			if a := int(i.a()); a > 0 && (len(t.open) > 0 || len(t.tbc) > 0) {
				f.pc = pc
				t.closeVars(base + a - 1)
				f = &t.frames[len(t.frames)-1]
				R = t.regs(base)
			}
			if i.d() < 0 {
				s.fuel += int64(i.d())
				if s.fuel < 0 {
					f.pc = pc
					t.checkpoint()
					f = &t.frames[len(t.frames)-1]
					R = t.regs(base)
				}
			}
		case opJumpT:
			if R[i.a()].p != nil {
				pc += i.d()
			}
		case opJumpF:
			if R[i.a()].p == nil {
				pc += i.d()
			}
		case opEq:
			a, b := R[i.a()], R[i.b()]
			var eq bool
			if a == b && a.p != tagFloat() {
				eq = true
			} else {
				f.pc = pc
				eq = t.equal(a, b)
				f = &t.frames[len(t.frames)-1]
				R = t.regs(base)
			}
			if eq == (i.c() != 0) {
				pc += i.d()
			}
		case opEqK:
			a, b := R[i.a()], K[i.b()]
			eq := a == b
			if !eq && a.p != nil && b.p != nil || a.p == tagFloat() {
				eq = a.Equal(b)
			}
			if eq == (i.c() != 0) {
				pc += i.d()
			}
		case opLt:
			a, b := &R[i.a()], &R[i.b()]
			var lt bool
			if a.p == tagInt() && b.p == tagInt() {
				lt = int64(a.n) < int64(b.n)
			} else if a.p == tagFloat() && b.p == tagFloat() {
				lt = a.float() < b.float()
			} else {
				f.pc = pc
				lt = t.less(*a, *b)
				f = &t.frames[len(t.frames)-1]
				R = t.regs(base)
			}
			if lt == (i.c() != 0) {
				pc += i.d()
			}
		case opLe:
			a, b := &R[i.a()], &R[i.b()]
			var le bool
			if a.p == tagInt() && b.p == tagInt() {
				le = int64(a.n) <= int64(b.n)
			} else if a.p == tagFloat() && b.p == tagFloat() {
				le = a.float() <= b.float()
			} else {
				f.pc = pc
				le = t.lessEqual(*a, *b)
				f = &t.frames[len(t.frames)-1]
				R = t.regs(base)
			}
			if le == (i.c() != 0) {
				pc += i.d()
			}
		case opLtInt, opLeInt, opGtInt, opGeInt:
			a, n := &R[i.a()], int64(int8(i.b()))
			var ok bool
			if a.p == tagInt() {
				switch i.op() {
				case opLtInt:
					ok = int64(a.n) < n
				case opLeInt:
					ok = int64(a.n) <= n
				case opGtInt:
					ok = int64(a.n) > n
				default:
					ok = int64(a.n) >= n
				}
			} else {
				f.pc = pc
				ok = t.compareInt(i, *a, Int(n))
				f = &t.frames[len(t.frames)-1]
				R = t.regs(base)
			}
			if ok == (i.c() != 0) {
				pc += i.d()
			}

		case opCall:
			f.pc = pc
			fn := base + int(i.a())
			nargs := int(i.b()) - 1
			if nargs < 0 {
				nargs = t.top - fn - 1
			}
			s.fuel -= callCost
			if s.fuel < 0 {
				top := t.top
				f.top = max(f.top, fn+1+nargs)
				t.checkpoint()
				t.top = top
				f = &t.frames[len(t.frames)-1]
				f.top = base + cl.p.stack
			}
			v := t.stack[fn]
			if v.p != nil && *(*Kind)(v.p) == KindFunction {
				t.enter((*closure)(v.p), fn, nargs, int(i.c())-1, false)
				goto newFrame
			}
			t.callGo(fn, nargs, int(i.c())-1)
			f = &t.frames[len(t.frames)-1]
			R = t.regs(base)
		case opTail:
			f.pc = pc
			fn := base + int(i.a())
			nargs := int(i.b()) - 1
			if nargs < 0 {
				nargs = t.top - fn - 1
			}
			if len(t.open) > 0 {
				t.closeUpvalues(base)
			}
			s.fuel -= callCost
			if s.fuel < 0 {
				f.top = max(f.top, fn+1+nargs)
				t.checkpoint()
			}
			for t.stack[fn].closure() == nil && t.stack[fn].goFunction() == nil {
				nargs = t.callable(fn, nargs)
			}
			c := t.stack[fn].closure()
			if c == nil {
				// A Go function: call it and return what it gives.
				t.callGo(fn, nargs, -1)
				f = &t.frames[len(t.frames)-1]
				R = t.regs(base)
				continue
			}
			copy(t.stack[f.ret:], t.stack[fn:fn+nargs+1])
			ret, nres, fresh := f.ret, f.nres, f.fresh
			t.frames = t.frames[:len(t.frames)-1]
			t.enter(c, ret, nargs, nres, fresh)
			t.frames[len(t.frames)-1].tail = true
			goto newFrame
		case opReturn:
			a := base + int(i.a())
			n := int(i.b()) - 1
			if n < 0 {
				n = t.top - a
			}
			if len(t.open) > 0 || len(t.tbc) > 0 {
				f.pc = pc
				f.top = max(f.top, a+n)
				t.closeVars(base)
				f = &t.frames[len(t.frames)-1]
			}
			if t.leave(f, a, n) {
				return
			}
			goto newFrame
		case opReturn0:
			if len(t.open) > 0 || len(t.tbc) > 0 {
				f.pc = pc
				t.closeVars(base)
				f = &t.frames[len(t.frames)-1]
			}
			if t.leave(f, base, 0) {
				return
			}
			goto newFrame
		case opReturn1:
			if len(t.open) > 0 || len(t.tbc) > 0 {
				f.pc = pc
				t.closeVars(base)
				f = &t.frames[len(t.frames)-1]
				R = t.regs(base)
			}
			if f.nres == 1 {
				t.stack[f.ret] = R[i.a()]
				fresh := f.fresh
				t.frames = t.frames[:len(t.frames)-1]
				if fresh {
					return
				}
				goto newFrame
			}
			if t.leave(f, base+int(i.a()), 1) {
				return
			}
			goto newFrame

		case opForPrep:
			f.pc = pc
			if t.forPrep(R[i.a() : int(i.a())+4]) {
				pc += i.d()
			}
		case opForLoop:
			a := i.a()
			if R[a].p == tagInt() {
				n := R[a+1].n
				if n == 0 {
					continue
				}
				R[a+1].n = n - 1
				x := R[a].n + R[a+2].n
				R[a].n = x
				R[a+3].setInt(int64(x))
				pc += i.d()
			} else {
				x, limit, step := R[a].float(), R[a+1].float(), R[a+2].float()
				x += step
				if step > 0 && !(x <= limit) || step <= 0 && !(x >= limit) {
					continue
				}
				R[a].n = math.Float64bits(x)
				R[a+3].setFloat(x)
				pc += i.d()
			}
			s.fuel += int64(i.d())
			if s.fuel < 0 {
				f.pc = pc
				t.checkpoint()
				f = &t.frames[len(t.frames)-1]
				R = t.regs(base)
			}
		case opForIn:
			f.pc = pc
			if !R[i.a()+3].isFalsy() {
				t.toClose(base + int(i.a()) + 3)
			}
			pc += i.d()
		case opForCall:
			a := i.a()
			if g := R[a].goFunction(); g != nil && g == s.nextFn {
				if tab := R[a+1].AsTable(); tab != nil {
					if pos, ok := tab.position(R[a+2]); ok {
						k, v, _ := tab.at(pos)
						R[a+4] = k
						if i.c() > 1 {
							R[a+5] = v
							for r := 2; r < int(i.c()); r++ {
								R[a+4+uint8(r)] = Nil
							}
						}
						continue
					}
				}
			}
			f.pc = pc
			R[a+4], R[a+5], R[a+6] = R[a], R[a+1], R[a+2]
			fn := base + int(a) + 4
			if c := R[a].closure(); c != nil {
				s.fuel -= callCost
				if s.fuel < 0 {
					t.checkpoint()
				}
				t.enter(c, fn, 2, int(i.c()), false)
				goto newFrame
			}
			t.callGo(fn, 2, int(i.c()))
			f = &t.frames[len(t.frames)-1]
			R = t.regs(base)
		case opForNext:
			a := i.a()
			if !R[a+4].IsNil() {
				R[a+2] = R[a+4]
				pc += i.d()
				s.fuel += int64(i.d())
				if s.fuel < 0 {
					f.pc = pc
					t.checkpoint()
					f = &t.frames[len(t.frames)-1]
					R = t.regs(base)
				}
			}
		case opClosure:
			R[i.a()] = t.closure(cl, cl.p.protos[i.d()], base)
			if s.debt < 0 {
				s.charge(0)
			}
		case opVararg:
			f.pc = pc
			a, n := base+int(i.a()), int(i.c())-1
			from := base - 1 - f.extra
			if n < 0 {
				n = f.extra
				t.grow(a + n)
				R = t.regs(base)
				t.top = a + n
			}
			for j := range n {
				if j < f.extra {
					t.stack[a+j] = t.stack[from+j]
				} else {
					t.stack[a+j] = Nil
				}
			}
		case opVarPrep:
			f.pc = pc
			t.moveVarargs(f)
			f = &t.frames[len(t.frames)-1]
			base = f.base
			R = t.regs(base)
		case opClose:
			f.pc = pc
			t.closeVars(base + int(i.a()))
			f = &t.frames[len(t.frames)-1]
			R = t.regs(base)
		case opToClose:
			f.pc = pc
			t.toClose(base + int(i.a()))
		}
	}
}

// floats gives two numbers, not both integers, as floats.
func floats(a, b *Value) (x, y float64, ok bool) {
	if a.p == tagFloat() {
		x = a.float()
	} else if a.p == tagInt() {
		x = float64(a.int())
	} else {
		return 0, 0, false
	}
	if b.p == tagFloat() {
		return x, b.float(), true
	}
	return x, float64(b.int()), b.p == tagInt()
}

// intArith computes what gives an integer from two; false for what does not.
func intArith(ev metamethod, x, y int64) (int64, bool) {
	switch ev {
	case tmAdd:
		return x + y, true
	case tmMod:
		if y != 0 {
			return intMod(x, y), true
		}
	case tmIdiv:
		if y != 0 {
			return intFloorDiv(x, y), true
		}
	case tmBand:
		return x & y, true
	case tmBor:
		return x | y, true
	case tmBxor:
		return x ^ y, true
	case tmShl:
		return shiftLeft(x, y), true
	case tmShr:
		if y != math.MinInt64 {
			return shiftLeft(x, -y), true
		}
		return 0, true
	}
	return 0, false
}

// compareInt compares with a small constant. Whether the source says x > 1 or
// 1 < x, the operands have the same order for metamethods.
func (t *Thread) compareInt(i instr, a, n Value) bool {
	switch i.op() {
	case opLtInt:
		return t.less(a, n)
	case opLeInt:
		return t.lessEqual(a, n)
	case opGtInt:
		return t.less(n, a)
	}
	return t.lessEqual(n, a)
}

// leave ends a frame with n results at slot a, and tells whether execute is
// to return to Go.
func (t *Thread) leave(f *frame, a, n int) bool {
	stack := t.stack
	ret, nres := f.ret, f.nres
	if nres < 0 {
		copy(stack[ret:], stack[a:a+n])
		t.top = ret + n
	} else {
		for i := range nres {
			if i < n {
				stack[ret+i] = stack[a+i]
			} else {
				stack[ret+i] = Nil
			}
		}
	}
	fresh := f.fresh
	t.frames = t.frames[:len(t.frames)-1]
	return fresh
}

// closure makes a function of a prototype.
func (t *Thread) closure(outer *closure, p *Proto, base int) Value {
	c := &closure{kind: KindFunction, p: p, up: make([]*upvalue, len(p.upvals))}
	for i, u := range p.upvals {
		if u.inStack {
			c.up[i] = t.findUpvalue(base + int(u.index))
		} else {
			c.up[i] = outer.up[u.index]
		}
	}
	t.s.debt -= int64(48 + 8*len(c.up))
	return closureValue(c)
}

// moveVarargs moves the function and its parameters above the other
// arguments, so that registers begin with the parameters.
func (t *Thread) moveVarargs(f *frame) {
	if f.extra == 0 {
		return
	}
	p := f.cl.p
	n := p.params + f.extra
	fn := f.base - 1
	t.grow(fn + n + 2 + p.stack)
	copy(t.stack[fn+n+1:], t.stack[fn:fn+1+p.params])
	// Close the gap the parameters leave.
	copy(t.stack[fn+1:], t.stack[fn+1+p.params:fn+1+n])
	// The arguments now lie from fn+1 to fn+extra; the function is wanted
	// right after them.
	at := fn + 1 + f.extra
	copy(t.stack[at:], t.stack[fn+n+1:fn+n+2+p.params])
	f.base = at + 1
	f.top = f.base + p.stack
}

// forPrep checks and prepares a numeric loop: the start, the number of
// further rounds or the limit, the step and the variable. It tells whether
// the loop runs not at all.
func (t *Thread) forPrep(r []Value) (skip bool) {
	init, limit, step := r[0], r[1], r[2]
	if init.isInt() && step.isInt() {
		if step.int() == 0 {
			t.raise("'for' step is zero")
		}
		end, skip := t.forLimit(init.int(), limit, step.int())
		if skip {
			return true
		}
		var n uint64
		if step.int() > 0 {
			n = (uint64(end) - uint64(init.int())) / uint64(step.int())
		} else {
			n = (uint64(init.int()) - uint64(end)) / (uint64(-(step.int() + 1)) + 1)
		}
		r[1] = Value{tagInt(), n}
		r[3] = init
		return false
	}
	names := [...]string{"initial value", "limit", "step"}
	for _, j := range [...]int{1, 2, 0} {
		x, ok := r[j].AsFloat()
		if !ok {
			t.raisef("bad 'for' %s (number expected, got %s)", names[j], t.s.typeName(r[j]))
		}
		r[j] = Float(x)
	}
	if r[2].float() == 0 {
		t.raise("'for' step is zero")
	}
	x, end := r[0].float(), r[1].float()
	if r[2].float() > 0 && !(x <= end) || r[2].float() < 0 && !(x >= end) {
		return true
	}
	r[3] = r[0]
	return false
}

// forLimit clips a loop's limit to an integer.
func (t *Thread) forLimit(init int64, limit Value, step int64) (end int64, skip bool) {
	switch {
	case limit.isInt():
		end = limit.int()
	case limit.isFloat():
		x := limit.float()
		if x != x {
			return 0, true
		}
		if step > 0 {
			x = math.Floor(x)
		} else {
			x = math.Ceil(x)
		}
		var ok bool
		if end, ok = floatToInt(x); !ok {
			if x > 0 {
				if step < 0 {
					return 0, true
				}
				end = math.MaxInt64
			} else {
				if step > 0 {
					return 0, true
				}
				end = math.MinInt64
			}
		}
	default:
		t.raisef("bad 'for' limit (number expected, got %s)", t.s.typeName(limit))
	}
	if step > 0 {
		return end, init > end
	}
	return end, init < end
}
