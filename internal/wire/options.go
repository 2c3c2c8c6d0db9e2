package wire

// Option is an option of IPv4, TCP or Neighbor Discovery.
type Option struct {
	Kind uint8
	Data []byte // without kind and length
}

// Options of TCP.
const (
	OptEnd           = 0
	OptNop           = 1
	OptMSS           = 2
	OptWindowScale   = 3
	OptSACKPermitted = 4
	OptTimestamps    = 8
)

// NextOption takes the first of the options of an IPv4 or TCP header. It is
// not ok behind the last one and where the options are malformed; the end of
// options itself is given as an option.
func NextOption(b []byte) (o Option, rest []byte, ok bool) {
	if len(b) == 0 {
		return Option{}, nil, false
	}
	if b[0] == OptEnd {
		return Option{Kind: OptEnd}, nil, true
	}
	if b[0] == OptNop {
		return Option{Kind: OptNop}, b[1:], true
	}
	if len(b) < 2 || b[1] < 2 || int(b[1]) > len(b) {
		return Option{}, nil, false
	}
	n := int(b[1])
	return Option{b[0], b[2:n]}, b[n:], true
}

// NextNeighborOption takes the first of the options of a Neighbor Discovery message.
func NextNeighborOption(b []byte) (o Option, rest []byte, ok bool) {
	if len(b) < 8 || b[1] == 0 || int(b[1])*8 > len(b) {
		return Option{}, nil, false
	}
	n := int(b[1]) * 8
	return Option{b[0], b[2:n]}, b[n:], true
}

// MSS is the maximum segment size that a TCP header announces.
func (t *TCP) MSS() (uint16, bool) {
	for rest := t.Options; ; {
		o, after, ok := NextOption(rest)
		switch {
		case !ok:
			return 0, false
		case o.Kind == OptMSS && len(o.Data) == 2:
			return be.Uint16(o.Data), true
		}
		rest = after
	}
}

// AppendMSS writes the option for the maximum segment size.
func AppendMSS(b []byte, mss uint16) []byte { return be.AppendUint16(append(b, OptMSS, 4), mss) }

// AppendWindowScale writes the window scale option (RFC 7323).
func AppendWindowScale(b []byte, shift uint8) []byte { return append(b, OptWindowScale, 3, shift) }

// AppendSACKPermitted writes the option that permits selective acknowledgements (RFC 2018).
func AppendSACKPermitted(b []byte) []byte { return append(b, OptSACKPermitted, 2) }

// AppendTimestamps writes the timestamps option (RFC 7323).
func AppendTimestamps(b []byte, value, echo uint32) []byte {
	return be.AppendUint32(be.AppendUint32(append(b, OptTimestamps, 10), value), echo)
}
