package wire

import "encoding/binary"

// SCTP is the common header of an SCTP packet. Its chunks are in Payload.
type SCTP struct {
	SrcPort, DstPort uint16
	Tag              uint32 // verification tag; 0 in a packet with INIT
	Checksum         uint32 // as received: CRC32c
}

// ChunkType names a chunk of SCTP.
type ChunkType uint8

// The chunk types that matter to a scan (RFC 9260).
const (
	ChunkInit       ChunkType = 1
	ChunkInitAck    ChunkType = 2
	ChunkAbort      ChunkType = 6
	ChunkError      ChunkType = 9
	ChunkCookieEcho ChunkType = 10
	ChunkCookieAck  ChunkType = 11
)

// Chunk is one chunk of an SCTP packet.
type Chunk struct {
	Type  ChunkType
	Flags uint8
	Value []byte // without padding
}

const chunkHead = 4

// NextChunk takes the first of the chunks of an SCTP packet. It is not ok
// behind the last one and where the chunks are malformed or cut short.
func NextChunk(b []byte) (c Chunk, rest []byte, ok bool) {
	if len(b) < chunkHead {
		return Chunk{}, nil, false
	}
	n := int(be.Uint16(b[2:]))
	if n < chunkHead || n > len(b) {
		return Chunk{}, nil, false
	}
	padded := min((n+3)&^3, len(b)) // the last chunk may come without its padding
	return Chunk{ChunkType(b[0]), b[1], b[chunkHead:n]}, b[padded:], true
}

// AppendChunk writes a chunk, padded, to the end of b. Its value may have up
// to 65531 bytes.
func AppendChunk(b []byte, c Chunk) []byte {
	n := chunkHead + len(c.Value)
	b = be.AppendUint16(append(b, byte(c.Type), c.Flags), uint16(n))
	return appendPadded(b, c.Value, (n+3)&^3-chunkHead)
}

// Init is the fixed part of the value of an INIT or INIT-ACK chunk; the
// parameters behind it are not read.
type Init struct {
	Tag        uint32 // verification tag the receiver is to use
	Window     uint32 // advertised receiver window credit
	Out, In    uint16 // streams
	TSN        uint32 // initial
	Parameters []byte // as they stand
}

const initLen = 16

// DecodeInit reads the value of an INIT or INIT-ACK chunk.
func DecodeInit(value []byte) (Init, error) {
	if len(value) < initLen {
		return Init{}, ErrShort
	}
	return Init{be.Uint32(value), be.Uint32(value[4:]), be.Uint16(value[8:]), be.Uint16(value[10:]),
		be.Uint32(value[12:]), value[initLen:]}, nil
}

// Append writes the value to the end of b.
func (i *Init) Append(b []byte) []byte {
	b = be.AppendUint32(be.AppendUint32(b, i.Tag), i.Window)
	b = be.AppendUint16(be.AppendUint16(b, i.Out), i.In)
	return append(be.AppendUint32(b, i.TSN), i.Parameters...)
}

func (d *Datagram) decodeSCTP(b []byte, lenient bool) error {
	if len(b) < sctpLen {
		if !lenient || len(b) < leastOf {
			return ErrShort
		}
		d.SCTP = SCTP{SrcPort: be.Uint16(b), DstPort: be.Uint16(b[2:]), Tag: be.Uint32(b[4:])}
		d.Kind, d.Payload, d.Truncated = KindSCTP, nil, true
		return nil
	}
	// The checksum goes over the wire least significant byte first (RFC 9260 appendix A).
	d.SCTP = SCTP{be.Uint16(b), be.Uint16(b[2:]), be.Uint32(b[4:]), binary.LittleEndian.Uint32(b[8:])}
	d.Kind, d.Payload = KindSCTP, b[sctpLen:]
	return nil
}

func putCRC(body []byte) { binary.LittleEndian.PutUint32(body[8:], crc32c(body)) }
