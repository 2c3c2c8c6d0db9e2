package lua

// An instr is one instruction: the operation in the lowest byte, then
// registers or small numbers a, b and c of a byte each, then d: a constant's
// number, an immediate integer or the distance of a jump.
type instr uint64

func (i instr) op() opcode { return opcode(i) }
func (i instr) a() uint8   { return uint8(i >> 8) }
func (i instr) b() uint8   { return uint8(i >> 16) }
func (i instr) c() uint8   { return uint8(i >> 24) }
func (i instr) d() int     { return int(int32(i >> 32)) }

func makeInstr(op opcode, a, b, c, d int) instr {
	return instr(op) | instr(uint8(a))<<8 | instr(uint8(b))<<16 | instr(uint8(c))<<24 | instr(uint32(int32(d)))<<32
}

type opcode uint8

// R is a register, K a constant, U an upvalue. Jumps are relative to the
// instruction that follows.
const (
	opMove     opcode = iota // R[a] = R[b]
	opLoadInt                // R[a] = d
	opLoadK                  // R[a] = K[d]
	opLoadNil                // R[a] … R[a+b] = nil
	opLoadTrue               // R[a] = true
	opLoadFalse
	opFalseSkip // R[a] = false, skip one instruction
	opGetUpval  // R[a] = U[b]
	opSetUpval  // U[b] = R[a]
	opGetGlobal // R[a] = U[b][K[d]]
	opSetGlobal // U[b][K[d]] = R[a]
	opGetField  // R[a] = R[b][K[d]], a string
	opGetInt    // R[a] = R[b][d]
	opGetIndex  // R[a] = R[b][R[c]]
	opSetField  // R[a][K[d]] = R[c]
	opSetInt    // R[a][d] = R[c]
	opSetIndex  // R[a][R[b]] = R[c]
	opNewTable  // R[a] = {} with room for d elements and c entries
	opSetList   // R[a][d+i] = R[a+i], i from 1 to b; b = 255: to top
	opSelf      // R[a+1] = R[b]; R[a] = R[b][K[d]]

	// Arithmetic: the operands are R[b] and R[c], or R[b] and K[d]. The order
	// is that of the metamethods from tmAdd on.
	opAdd
	opSub
	opMul
	opMod
	opPow
	opDiv
	opIdiv
	opBand
	opBor
	opBxor
	opShl
	opShr
	opAddK
	opSubK
	opMulK
	opModK
	opPowK
	opDivK
	opIdivK
	opBandK
	opBorK
	opBxorK
	opShlK
	opShrK

	opAddInt // R[a] = R[b] + d
	opUnm    // R[a] = -R[b]
	opBnot
	opNot
	opLen
	opConcat // R[a] = R[b] .. … .. R[b+c-1]

	opJump    // jump by d; if a > 0, close upvalues from R[a-1] on
	opJumpT   // if R[a], jump by d
	opJumpF   // if not R[a], jump by d
	opEq      // if (R[a] == R[b]) == c, jump by d
	opLt      // if (R[a] < R[b]) == c, jump by d
	opLe      // if (R[a] <= R[b]) == c, jump by d
	opEqK     // if (R[a] == K[b]) == c, jump by d
	opLtInt   // if (R[a] < int8(b)) == c, jump by d
	opLeInt   // likewise with <=
	opGtInt   // likewise with >
	opGeInt   // likewise with >=
	opCall    // R[a], … = R[a](R[a+1], …): b-1 arguments or to top; c-1 results or to top
	opTail    // return R[a](…)
	opReturn  // return R[a], …: b-1 values or to top
	opReturn0 // return
	opReturn1 // return R[a]
	opForPrep // prepare a numeric loop at R[a], or jump by d to skip it
	opForLoop // next round: jump by -d
	opForIn   // prepare a generic loop: R[a+3] is to be closed; jump by d
	opForCall // R[a+4], … = R[a](R[a+1], R[a+2]), c results
	opForNext // if R[a+4] is not nil, R[a+2] = R[a+4] and jump by -d
	opClosure // R[a] = closure of prototype d
	opVararg  // R[a], … = …: c-1 values or to top
	opVarPrep // move the fixed parameters above the other arguments
	opClose   // close variables from R[a] on
	opToClose // R[a] is to be closed
)

// Proto is a compiled function. It is immutable and may be used by many
// States at the same time.
type Proto struct {
	code     []instr
	consts   []Value
	protos   []*Proto
	upvals   []upvalDesc
	lines    []int32 // of each instruction
	locals   []localDesc
	chunk    string // the chunk's name, with its mark
	params   int
	vararg   bool
	stack    int // registers needed
	line     int // where the function begins; 0 for a main chunk
	lastLine int
}

// upvalDesc says where a closure finds an upvalue when it is made: among the
// registers or the upvalues of the function around it.
type upvalDesc struct {
	name    string
	inStack bool
	index   uint8
	kind    localKind
}

// localDesc says where in the code a register is a named variable.
type localDesc struct {
	name       string
	reg        int
	start, end int
}

type localKind uint8

const (
	localVar localKind = iota
	localConst
	localToClose
	localCompileTime // a constant that has no register
)
