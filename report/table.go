package report

import "unicode/utf8"

// table is a table for people: columns as wide as their longest cell, one
// blank between them, nothing after the last cell that holds something.
// Blocks of full width may stand between rows; they widen nothing.
type table struct {
	rows   []tableRow
	widths []int
}

type tableRow struct {
	cells []string
	block string // of full width, in place of cells; ends in a newline
}

// add appends a row.
func (t *table) add(cells ...string) {
	for i, cell := range cells {
		if i == len(t.widths) {
			t.widths = append(t.widths, 0)
		}
		t.widths[i] = max(t.widths[i], utf8.RuneCountInString(cell))
	}
	t.rows = append(t.rows, tableRow{cells: cells})
}

// addBlock appends whole lines.
func (t *table) addBlock(lines string) {
	if lines != "" {
		t.rows = append(t.rows, tableRow{block: lines})
	}
}

// append adds the whole table.
func (t *table) append(b []byte) []byte {
	for _, row := range t.rows {
		b = append(b, row.block...)
		if row.cells == nil {
			continue
		}
		blanks := 0
		for i, cell := range row.cells {
			if cell != "" {
				b = appendBlanks(b, blanks)
				b = append(b, cell...)
				blanks = 0
			}
			blanks += t.widths[i] - utf8.RuneCountInString(cell) + 1
		}
		b = append(b, '\n')
	}
	return b
}

func appendBlanks(b []byte, n int) []byte {
	for range n {
		b = append(b, ' ')
	}
	return b
}
