package rpcgrind

import "encoding/binary"

// reader takes XDR items (RFC 4506) from the front of foreign bytes. Once
// something was missing or malformed it stays spoilt, and all it gives is zero.
type reader struct {
	rest   []byte
	spoilt bool
}

// uint32 takes an unsigned integer.
func (r *reader) uint32() uint32 {
	b := r.bytes(4)
	if b == nil {
		return 0
	}
	return binary.BigEndian.Uint32(b)
}

// opaque takes bytes of variable length, limit at most, with their padding.
func (r *reader) opaque(limit int) []byte {
	n := r.uint32()
	if int64(n) > int64(limit) {
		r.spoilt = true
		return nil
	}
	b := r.bytes(int(n))
	r.bytes(-int(n) & 3)
	return b
}

// bytes takes n bytes as they are.
func (r *reader) bytes(n int) []byte {
	if r.spoilt || n > len(r.rest) {
		r.spoilt = true
		return nil
	}
	b := r.rest[:n:n]
	r.rest = r.rest[n:]
	return b
}

// appendUint32s writes unsigned integers.
func appendUint32s(b []byte, values ...uint32) []byte {
	for _, v := range values {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	return b
}
