package lua

import (
	"math"
	"math/bits"
)

func openMath(s *State) *Table {
	tab := s.newTable(0, 32)
	setFuncs(tab, "math.", map[string]Function{
		"abs": mathAbs, "ceil": mathCeil, "floor": mathFloor, "fmod": mathFmod, "max": mathMax, "min": mathMin, "modf": mathModf,
		"log": mathLog, "exp": float1(math.Exp), "sqrt": float1(math.Sqrt), "sin": float1(math.Sin), "cos": float1(math.Cos),
		"tan": float1(math.Tan), "asin": float1(math.Asin), "acos": float1(math.Acos), "atan": mathAtan,
		"deg": float1(func(x float64) float64 { return x * (180 / math.Pi) }), "rad": float1(func(x float64) float64 { return x * (math.Pi / 180) }),
		"tointeger": mathToInteger, "type": mathType, "ult": mathUlt, "random": mathRandom, "randomseed": mathRandomSeed,
	})
	tab.SetString("pi", Float(math.Pi))
	tab.SetString("huge", Float(math.Inf(1)))
	tab.SetString("maxinteger", Int(math.MaxInt64))
	tab.SetString("mininteger", Int(math.MinInt64))
	s.seed(s.entropy(), 0)
	return tab
}

// entropy is a seed from the host's clock, or always the same one.
func (s *State) entropy() int64 {
	if s.host.Now == nil {
		return 0
	}
	return s.host.Now().UnixNano()
}

func float1(f func(float64) float64) Function {
	return func(t *Thread) (int, error) { return t.Return(Float(f(t.CheckFloat(1)))) }
}

func mathAbs(t *Thread) (int, error) {
	v := t.CheckNumber(1)
	if v.isInt() {
		if v.int() < 0 {
			return t.Return(Int(-v.int()))
		}
		return t.Return(v)
	}
	return t.Return(Float(math.Abs(v.float())))
}

// integral is a float as an integer if it fits.
func integral(f float64) Value {
	if i, ok := floatToInt(f); ok {
		return Int(i)
	}
	return Float(f)
}

func mathFloor(t *Thread) (int, error) {
	v := t.CheckNumber(1)
	if v.isInt() {
		return t.Return(v)
	}
	return t.Return(integral(math.Floor(v.float())))
}

func mathCeil(t *Thread) (int, error) {
	v := t.CheckNumber(1)
	if v.isInt() {
		return t.Return(v)
	}
	return t.Return(integral(math.Ceil(v.float())))
}

func mathFmod(t *Thread) (int, error) {
	a, b := t.CheckNumber(1), t.CheckNumber(2)
	if a.isInt() && b.isInt() {
		t.check(b.int() != 0, 2, "zero")
		if b.int() == -1 {
			return t.Return(Int(0))
		}
		return t.Return(Int(a.int() % b.int()))
	}
	x, _ := a.AsFloat()
	y, _ := b.AsFloat()
	return t.Return(Float(fmod(x, y)))
}

func mathModf(t *Thread) (int, error) {
	v := t.CheckNumber(1)
	if v.isInt() {
		t.Push(v)
		t.Push(Float(0))
		return 2, nil
	}
	f := v.float()
	whole := math.Trunc(f)
	t.Push(integral(whole))
	if math.IsInf(f, 0) {
		t.Push(Float(0))
	} else {
		t.Push(Float(f - whole))
	}
	return 2, nil
}

func mathMax(t *Thread) (int, error) {
	m := t.CheckNumber(1)
	for i := 2; i <= t.nargs; i++ {
		if v := t.CheckNumber(i); numLess(m, v) {
			m = v
		}
	}
	return t.Return(m)
}

func mathMin(t *Thread) (int, error) {
	m := t.CheckNumber(1)
	for i := 2; i <= t.nargs; i++ {
		if v := t.CheckNumber(i); numLess(v, m) {
			m = v
		}
	}
	return t.Return(m)
}

func mathLog(t *Thread) (int, error) {
	x := t.CheckFloat(1)
	if t.Arg(2).IsNil() {
		return t.Return(Float(math.Log(x)))
	}
	switch b := t.CheckFloat(2); b {
	case 2:
		return t.Return(Float(math.Log2(x)))
	case 10:
		return t.Return(Float(math.Log10(x)))
	default:
		return t.Return(Float(math.Log(x) / math.Log(b)))
	}
}

func mathAtan(t *Thread) (int, error) {
	x := 1.0
	if !t.Arg(2).IsNil() {
		x = t.CheckFloat(2)
	}
	return t.Return(Float(math.Atan2(t.CheckFloat(1), x)))
}

func mathToInteger(t *Thread) (int, error) {
	v := t.CheckAny(1)
	if n, ok := toInteger(v); ok {
		return t.Return(Int(n))
	}
	return t.Return(Nil)
}

func mathType(t *Thread) (int, error) {
	switch v := t.CheckAny(1); {
	case v.isInt():
		return t.Return(String("integer"))
	case v.isFloat():
		return t.Return(String("float"))
	}
	return t.Return(Nil)
}

func mathUlt(t *Thread) (int, error) {
	return t.Return(Bool(uint64(t.CheckInt(1)) < uint64(t.CheckInt(2))))
}

// random is the next number of xoshiro256**.
func (s *State) random() uint64 {
	r := &s.rng
	x := bits.RotateLeft64(r[1]*5, 7) * 9
	u := r[1] << 17
	r[2] ^= r[0]
	r[3] ^= r[1]
	r[1] ^= r[2]
	r[0] ^= r[3]
	r[2] ^= u
	r[3] = bits.RotateLeft64(r[3], 45)
	return x
}

func (s *State) seed(a, b int64) {
	s.rng = [4]uint64{uint64(a), 0xff, uint64(b), 0}
	for range 16 {
		s.random()
	}
}

func mathRandom(t *Thread) (int, error) {
	r := t.s.random()
	lo, hi := int64(1), int64(0)
	switch t.nargs {
	case 0:
		return t.Return(Float(float64(r>>11) * (0.5 / (1 << 52))))
	case 1:
		hi = t.CheckInt(1)
		if hi == 0 {
			return t.Return(Int(int64(r)))
		}
	case 2:
		lo, hi = t.CheckInt(1), t.CheckInt(2)
	default:
		return 0, t.Errorf("wrong number of arguments")
	}
	t.check(lo <= hi, t.nargs, "interval is empty")
	return t.Return(Int(int64(t.s.project(r, uint64(hi)-uint64(lo)) + uint64(lo))))
}

// project maps a random number into 0 to n without bias.
func (s *State) project(r, n uint64) uint64 {
	if n&(n+1) == 0 {
		return r & n
	}
	mask := uint64(1)<<bits.Len64(n) - 1
	for r &= mask; r > n; r = s.random() & mask {
	}
	return r
}

func mathRandomSeed(t *Thread) (int, error) {
	var a, b int64
	if t.nargs == 0 {
		a, b = t.s.entropy(), int64(t.s.random())
	} else {
		v := t.CheckNumber(1)
		if v.isInt() {
			a = v.int()
		} else if n, ok := floatToInt(v.float()); ok {
			a = n
		} else {
			a = int64(v.n)
		}
		b = t.OptInt(2, 0)
	}
	t.s.seed(a, b)
	t.Push(Int(a))
	t.Push(Int(b))
	return 2, nil
}
