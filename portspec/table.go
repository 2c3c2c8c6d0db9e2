package portspec

import (
	"cmp"
	"iter"
	"slices"

	"sonde/result"
)

// Entry is one line of a table of port names. For result.IP, Port is the
// protocol number.
type Entry struct {
	Name     string
	Protocol result.Protocol
	Port     uint16
	Ratio    float64 // how often the port is found open, 0 to 1; 0 if unknown
}

// Table tells the usual names of ports and how often they are found open. It
// is immutable and safe for concurrent use; a nil *Table is an empty one.
type Table struct {
	entries []Entry
	index   [result.IP + 1][]int32 // by port: 1 + position in entries; as long as the highest port needs
	ratios  bool
}

// NewTable makes a table. Of several entries for one port and protocol the
// first counts.
func NewTable(entries []Entry) *Table {
	t := &Table{entries: make([]Entry, 0, len(entries))}
	var highest [result.IP + 1]int
	for _, e := range entries {
		if int(e.Protocol) < len(highest) {
			highest[e.Protocol] = max(highest[e.Protocol], int(e.Port)+1)
		}
	}
	for p, n := range highest {
		t.index[p] = make([]int32, n)
	}
	for _, e := range entries {
		if int(e.Protocol) >= len(t.index) || t.index[e.Protocol][e.Port] != 0 {
			continue
		}
		t.entries = append(t.entries, e)
		t.index[e.Protocol][e.Port] = int32(len(t.entries))
		t.ratios = t.ratios || e.Ratio > 0
	}
	return t
}

// Join makes one table of several, such as port names and protocol names. The
// first table that has an entry for a port wins.
func Join(tables ...*Table) *Table {
	var all []Entry
	for _, t := range tables {
		all = slices.AppendSeq(all, t.Entries())
	}
	return NewTable(all)
}

// Entries yields the entries in the order of the table.
func (t *Table) Entries() iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		if t == nil {
			return
		}
		for _, e := range t.entries {
			if !yield(e) {
				return
			}
		}
	}
}

// Name returns the usual name of a port; it is empty if the table has none.
// Tables call a port that has a frequency but no name "unknown", and Nmap 7.93
// reports it under that name.
func (t *Table) Name(p result.Protocol, port uint16) string {
	if t == nil || int(p) >= len(t.index) || int(port) >= len(t.index[p]) {
		return ""
	}
	i := t.index[p][port]
	if i == 0 {
		return ""
	}
	return t.entries[i-1].Name
}

// HasRatios tells whether any entry has a frequency. Old tables, such as
// /etc/services, have none: Top and AtLeast have nothing to choose by then.
func (t *Table) HasRatios() bool { return t != nil && t.ratios }

// Top returns the n most frequent ports of within, or all that are listed if
// these are fewer. Of equally frequent ports, the earlier in the table win.
func (t *Table) Top(p result.Protocol, n int, within Set) Set {
	chosen := t.where(p, func(e Entry) bool { return within.Contains(e.Port) })
	slices.SortStableFunc(chosen, func(a, b Entry) int { return cmp.Compare(b.Ratio, a.Ratio) })
	return setOf(chosen[:max(0, min(n, len(chosen)))])
}

// AtLeast returns the listed ports of within that are at least so frequent.
func (t *Table) AtLeast(p result.Protocol, ratio float64, within Set) Set {
	return setOf(t.where(p, func(e Entry) bool { return e.Ratio >= ratio && within.Contains(e.Port) }))
}

// Listed returns every port that has an entry.
func (t *Table) Listed(p result.Protocol) Set {
	return setOf(t.where(p, func(Entry) bool { return true }))
}

// Matching returns the ports whose name matches mask, in which "*" stands for
// any text and "?" for one byte; case is ignored.
func (t *Table) Matching(p result.Protocol, mask string) Set {
	return setOf(t.where(p, func(e Entry) bool { return matchMask(mask, e.Name) }))
}

func (t *Table) where(p result.Protocol, keep func(Entry) bool) []Entry {
	var out []Entry
	for e := range t.Entries() {
		if e.Protocol == p && keep(e) {
			out = append(out, e)
		}
	}
	return out
}

func setOf(entries []Entry) Set {
	ranges := make([]Range, len(entries))
	for i, e := range entries {
		ranges[i] = Range{e.Port, e.Port}
	}
	return NewSet(ranges...)
}

// matchMask goes back to the last star only, so its time is bounded by the
// product of both lengths.
func matchMask(mask, name string) bool {
	star, resume := -1, 0
	m := 0
	for n := 0; n < len(name); {
		switch {
		case m < len(mask) && mask[m] == '*':
			star, resume = m, n
			m++
		case m < len(mask) && (mask[m] == '?' || lower(mask[m]) == lower(name[n])):
			m++
			n++
		case star >= 0:
			resume++
			m, n = star+1, resume
		default:
			return false
		}
	}
	for m < len(mask) && mask[m] == '*' {
		m++
	}
	return m == len(mask)
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
