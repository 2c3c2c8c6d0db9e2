package rpcgrind

import (
	"encoding/binary"
	"fmt"
)

// The marks of RFC 5531 section 11 cut a stream into records: each fragment
// begins with its length and whether it is the last one of its record.
const (
	lastFragment = 1 << 31
	markLen      = 4

	// maxFragments bounds the fragments of a record: servers send one, or as
	// many as their buffers need, but never empty ones without end.
	maxFragments = 1024
)

// appendRecord writes what build appends as a record of one fragment.
func appendRecord(b []byte, build func([]byte) []byte) []byte {
	start := len(b)
	b = build(append(b, 0, 0, 0, 0))
	binary.BigEndian.PutUint32(b[start:], lastFragment|uint32(len(b)-start-markLen))
	return b
}

// records joins the fragments of a stream.
type records struct {
	limit     int    // bytes of a record
	raw       []byte // not yet looked at
	record    []byte // fragments of the current record so far
	fragments int
}

// add takes what was read.
func (r *records) add(b []byte) { r.raw = append(r.raw, b...) }

// next gives the next whole record, nil if more must be read. The record is
// valid until the next call. An error means that the stream is none of records.
func (r *records) next() ([]byte, error) {
	if r.fragments == 0 {
		r.record = r.record[:0]
	}
	for len(r.raw) >= markLen {
		mark := binary.BigEndian.Uint32(r.raw)
		n := int(mark &^ lastFragment)
		if n > r.limit-len(r.record) {
			return nil, fmt.Errorf("record is longer than %d bytes", r.limit)
		}
		if len(r.raw) < markLen+n {
			return nil, nil
		}
		if r.fragments++; r.fragments > maxFragments {
			return nil, fmt.Errorf("record has more than %d fragments", maxFragments)
		}
		r.record = append(r.record, r.raw[markLen:markLen+n]...)
		r.raw = r.raw[markLen+n:]
		if mark&lastFragment != 0 {
			r.fragments = 0
			return r.record, nil
		}
	}
	return nil, nil
}
