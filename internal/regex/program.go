package regex

// An op is what an instruction does.
type op uint8

// The instructions. "Next" is the instruction after this one.
const (
	opMatch       op = iota
	opByte           // the byte c, which is also the literal lits[x:x+y]
	opLit            // the literal lits[x:x+y], which begins with c
	opFold           // the same in either case; the literal is lowered
	opNot            // any byte but c
	opAny            // any byte
	opSet            // a byte of sets[z]
	opGreedy         // x to y bytes of the class k (c, z), most first
	opLazy           // the same, fewest first
	opPossessive     // the same, most and no other
	opBegin          // ^ \A
	opBeginLine      // ^ under (?m)
	opEnd            // $ \Z
	opEndLine        // $ under (?m)
	opVeryEnd        // \z
	opWordEdge       // \b
	opNoWordEdge     // \B
	opOpen           // register x = position
	opClose          // group x ends here and began at register y
	opKeep           // \K
	opJump           // to x
	opSplit          // next, or else x; sets[y] and sets[z] hold the bytes the two can begin with, unless negative
	opSplitLazy      // x, or else next; y belongs to next and z to x
	opLoop           // decides on an iteration of a counted loop, see loops.go; registers from z, exit x, k: repeatMode
	opIterate        // begins an iteration; always follows opLoop; x to y iterations, registers from z
	opLoopEnd        // ends an iteration; to x
	opLoopStart      // registers from z = no iteration yet
	opMark           // register x = height of the stack: an atomic group begins
	opCut            // register x = that height: drops the choices above
	opLook           // as opMark, and register x+1 = position; y is where the look-around ends
	opLookEnd        // as opCut, and back to the position
	opLookElse       // as opLook, and y is tried if the body does not match
	opNotEnd         // the body of a negative look-around matched: fails as a whole
	opNotLit         // fails if the literal lits[x:x+y] follows
	opBack           // x bytes back
	opBackref        // what group x holds
	opBackrefFold    // the same in either case
	opIfGroup        // next if group x is set, else to y
)

// Flags in the field k of opByte, opLit and opFold.
const litRequired = 1 // every match passes here

// An inst is one instruction.
type inst struct {
	op      op
	k, c, d uint8 // d of a repeat: distance to the literal that must follow it, or 0
	x, y, z int32
}
