package match

import "math/bits"

// maxHeads is how many bytes at the beginning of a reply are looked at for
// patterns that have no gram.
const maxHeads = 4

// heads is what the first bytes of a reply must be for an anchored pattern to
// match: the byte at offset i is in set[i]. It knows the first n.
type heads struct {
	set [maxHeads]byteSet
	n   int
}

// head notes what the byte at the current offset must be.
func (s *scanner) head(fill func(*byteSet)) {
	// The offset lags behind where something was not noted: then it stays so.
	if s.heads == nil || s.offset != s.heads.n || s.heads.n == maxHeads {
		return
	}
	fill(&s.heads.set[s.heads.n])
	s.heads.n++
}

// headTable finds branches without a gram by the first bytes of a reply.
type headTable struct {
	ids   []int
	words int // of a set of all ids
	// masks holds, for each offset and each byte or none at it, the set of ids
	// that allow it there.
	masks []uint64
}

// noByte is the row for a reply that ends before the offset.
const (
	noByte   = 256
	headRows = 257
)

func newHeadTable(ids []int, all []heads) headTable {
	t := headTable{ids: ids, words: (len(ids) + 63) / 64}
	t.masks = make([]uint64, maxHeads*headRows*t.words)
	for k := range all {
		h := &all[k]
		for offset := range maxHeads {
			for c := range headRows {
				if offset >= h.n || c != noByte && h.set[offset][c] {
					t.row(offset, c)[k/64] |= 1 << (k % 64)
				}
			}
		}
	}
	return t
}

func (t *headTable) row(offset, c int) []uint64 {
	at := (offset*headRows + c) * t.words
	return t.masks[at : at+t.words]
}

func (t *headTable) search(reply []byte, set []uint64) {
	if t.words == 0 {
		return
	}
	var rows [maxHeads][]uint64
	for offset := range rows {
		c := noByte
		if offset < len(reply) {
			c = int(reply[offset])
		}
		rows[offset] = t.row(offset, c)
	}
	for w := range t.words {
		left := rows[0][w] & rows[1][w] & rows[2][w] & rows[3][w]
		for ; left != 0; left &= left - 1 {
			id := t.ids[w*64+bits.TrailingZeros64(left)]
			set[id/64] |= 1 << (id % 64)
		}
	}
}
