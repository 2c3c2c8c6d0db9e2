package regex

// A nodeOp says what a node of the syntax tree matches.
type nodeOp uint8

const (
	ndEmpty   nodeOp = iota // matches the empty string
	ndLit                   // lits[a:a+b]; flag: folded
	ndClass                 // one byte; flag is its classKind, a the byte or set
	ndAssert                // an assertion without a body; a is the program's op
	ndBackref               // what group a holds; flag: folded; b: offset in the pattern
	ndCat                   // kids in a row
	ndAlt                   // the first kid that leads to a match; flag: altGrouped
	ndCapture               // group a; one kid
	ndRepeat                // one kid, a to b times; flag is its repeatMode
	ndAtomic                // one kid, without a way back into it
	ndLook                  // one kid; flag has lookBehind and lookNot; a: offset in the pattern
	ndCond                  // if group a is set, or the first of three kids (a look) holds: then yes, else no; b: offset in the pattern
	ndKeep                  // \K
	ndNewline               // \R
)

// A node is one node of the syntax tree. Nodes refer to one another by index
// into the parser's table; node 0 means none.
type node struct {
	op   nodeOp
	flag uint8
	a, b int32
	kid  int32 // first kid
	next int32 // next sibling
}

// A classKind says how one byte is tested.
type classKind uint8

const (
	classByte    classKind = iota // equals a byte
	classNot                      // differs from a byte
	classAny                      // every byte
	classSet                      // is in a set
	classNotPair                  // differs from two bytes; of repeats only
)

// A repeatMode says in which order the counts of a repeat are tried.
type repeatMode uint8

const (
	greedy     repeatMode = iota
	lazy                  // fewest first
	possessive            // most, and no other
)

// unlimited is the upper bound of an open repeat.
const unlimited = -1

// maxRepeat is the largest count in braces, as in PCRE.
const maxRepeat = 65535

// altGrouped marks the alternatives of a group, in contrast to those that make
// up a whole look-around.
const altGrouped = 1

// Flags of ndLook.
const (
	lookBehind = 1 << iota
	lookNot
)

// A namedGroup is a group and its name.
type namedGroup struct {
	name  string
	group int32
}

// A nameRef is a reference by name, which may come before the group.
type nameRef struct {
	name   string
	node   int32
	offset int
}
