package link

import (
	"fmt"

	"sonde/internal/wire"
)

// Batch is packets to be sent together, each along its path. It is reused; a
// zero Batch is empty. Paths must not change before the batch is sent.
type Batch struct {
	buf   []byte
	items []item
}

// item is a packet at buf[start:end]; before ip it has its link header.
type item struct {
	path           *Path
	start, ip, end int
}

// Len is the number of packets.
func (b *Batch) Len() int { return len(b.items) }

// Reset empties the batch, and keeps its memory.
func (b *Batch) Reset() { b.buf, b.items = b.buf[:0], b.items[:0] }

// Packet is packet i without its link header. It is valid until the batch
// changes.
func (b *Batch) Packet(i int) (*Path, []byte) {
	it := b.items[i]
	return it.path, b.buf[it.ip:it.end]
}

// Next adds a packet of n bytes, without link header, and returns the room for
// it, which the caller fills before adding another. The path must be Ready,
// and n more than 0.
func (b *Batch) Next(p *Path, n int) []byte {
	if n < 1 {
		panic("link: empty packet")
	}
	start := len(b.buf)
	b.head(p)
	ip := len(b.buf)
	if need := ip + n; need <= cap(b.buf) {
		b.buf = b.buf[:need]
	} else {
		b.buf = append(b.buf, make([]byte, n)...)
	}
	b.items = append(b.items, item{p, start, ip, len(b.buf)})
	return b.buf[ip:len(b.buf):len(b.buf)]
}

// Add adds a packet that is encoded already, without link header.
func (b *Batch) Add(p *Path, packet []byte) { copy(b.Next(p, len(packet)), packet) }

// Encode adds a packet that is given as a struct.
func (b *Batch) Encode(p *Path, d *wire.Datagram) error {
	start := len(b.buf)
	b.head(p)
	return b.finish(p, start, len(b.buf), d.Encode)
}

// EncodeARP adds an ARP packet.
func (b *Batch) EncodeARP(p *Path, a *wire.ARP) error {
	start := len(b.buf)
	b.head(p)
	return b.finish(p, start, len(b.buf), a.Append)
}

func (b *Batch) finish(p *Path, start, ip int, encode func([]byte) ([]byte, error)) error {
	buf, err := encode(b.buf)
	if err != nil {
		b.buf = b.buf[:start]
		return fmt.Errorf("add a packet: %w", err)
	}
	b.buf = buf
	b.items = append(b.items, item{p, start, ip, len(buf)})
	return nil
}

// head writes the link header.
func (b *Batch) head(p *Path) {
	if !p.Ready() {
		panic("link: packet for a path without link address")
	}
	if !p.Framed {
		return
	}
	e := wire.Ethernet{Dst: p.MAC, Src: p.Interface.MAC, Type: p.Type}
	b.buf = e.Append(b.buf)
}
