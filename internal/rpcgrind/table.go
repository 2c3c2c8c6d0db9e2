package rpcgrind

// Range is a range of program numbers, both ends included.
type Range struct{ First, Last uint32 }

// Table holds the programs to look for, and their names. It is immutable.
type Table struct {
	numbers []uint32 // named programs in their order, then the rest of the ranges
	names   map[uint32]string
}

// maxRange bounds how much of a range is searched: some are assigned by the
// hundred thousand.
const maxRange = 10_000

// NewTable makes a table. Programs are looked for in the order given, then
// the numbers of the ranges that are not among them. The first name of a
// number is its name.
func NewTable(programs []Program, ranges []Range) *Table {
	t := &Table{names: make(map[uint32]string, len(programs))}
	listed := make(map[uint32]bool, len(programs))
	add := func(number uint32) {
		if number != control && !listed[number] {
			listed[number] = true
			t.numbers = append(t.numbers, number)
		}
	}
	for _, p := range programs {
		if _, known := t.names[p.Number]; !known {
			t.names[p.Number] = p.Name
		}
		add(p.Number)
	}
	for _, r := range ranges {
		for n := uint64(r.First); n <= min(uint64(r.Last), uint64(r.First)+maxRange-1); n++ {
			add(uint32(n))
		}
	}
	return t
}

// Name is the name of a program, empty if it has none. A nil table knows none.
func (t *Table) Name(program uint32) string {
	if t == nil {
		return ""
	}
	return t.names[program]
}

// Len is how many programs are looked for.
func (t *Table) Len() int { return len(t.numbers) }
