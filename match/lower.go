package match

import "encoding/binary"

// appendLower appends src with its ASCII letters in lower case. It works on
// eight bytes at a time: every scan of a reply begins with it.
func appendLower(dst, src []byte) []byte {
	const (
		ones = 0x0101010101010101
		high = 0x80 * ones
	)
	start := len(dst)
	dst = append(dst, src...)
	out := dst[start:]
	for ; len(out) >= 8; out = out[8:] {
		word := binary.LittleEndian.Uint64(out)
		low7 := word &^ high
		fromA := low7 + (0x80-'A')*ones  // the high bit of a byte is set from 'A' on
		afterZ := low7 + (0x7f-'Z')*ones // and here behind 'Z'
		upper := (fromA &^ afterZ) & high &^ word
		binary.LittleEndian.PutUint64(out, word|upper>>2) // 0x80>>2 is the distance to lower case
	}
	for i, c := range out {
		out[i] = lower(c)
	}
	return dst
}
