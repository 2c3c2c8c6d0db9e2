package link

import (
	"fmt"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// ring is a packet socket whose packets the kernel writes into memory shared
// with us, block by block (packet_mmap, TPACKET_V3).
type ring struct {
	fd     int
	memory []byte
	blocks int
	next   int // block that the kernel fills next
}

// The kernel gives a block away when it is full or was held long enough, so
// small blocks let a slow reader fall further behind.
const (
	blockSize = 64 << 10
	frameSize = 2048 // only says how many frames the kernel reckons with
)

// frame is a packet in the ring.
type frame struct {
	data  []byte // without link header
	at    int64  // nanoseconds since 1970
	link  *unix.RawSockaddrLinklayer
	whole bool // nothing was cut off
	vlan  int  // number of the VLAN whose tag the packet bears, 0 if none
}

// openRing opens a ring for all interfaces. It sees nothing before its filter
// is set.
func openRing(c Config) (*ring, error) {
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0) // protocol 0: nothing yet
	if err != nil {
		return nil, opening("a packet socket", err)
	}
	r := &ring{fd: fd, blocks: max(2, c.Ring/blockSize)}
	if err := r.prepare(c); err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	return r, nil
}

// prepare sets the socket up, and lets packets in last.
func (r *ring) prepare(c Config) error {
	if err := setFilter(r.fd, c.Filter); err != nil {
		return err
	}
	if err := unix.SetsockoptInt(r.fd, unix.SOL_PACKET, unix.PACKET_VERSION, unix.TPACKET_V3); err != nil {
		return fmt.Errorf("ask for a capture ring: %w", err)
	}
	// What we send is of no interest, and on loopback it would come twice.
	if err := unix.SetsockoptInt(r.fd, unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1); err != nil {
		return fmt.Errorf("leave outgoing packets out of the capture (Linux 4.20 and later can): %w", err)
	}
	req := unix.TpacketReq3{Block_size: blockSize, Block_nr: uint32(r.blocks), Frame_size: frameSize,
		Frame_nr: uint32(r.blocks * (blockSize / frameSize)), Retire_blk_tov: uint32(max(1, c.Hold.Milliseconds()))}
	if err := unix.SetsockoptTpacketReq3(r.fd, unix.SOL_PACKET, unix.PACKET_RX_RING, &req); err != nil {
		return fmt.Errorf("make a capture ring of %d bytes: %w", r.blocks*blockSize, err)
	}
	memory, err := unix.Mmap(r.fd, 0, r.blocks*blockSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return fmt.Errorf("map the capture ring: %w", err)
	}
	r.memory = memory
	if err := unix.Bind(r.fd, &unix.SockaddrLinklayer{Protocol: networkOrder(unix.ETH_P_ALL)}); err != nil {
		_ = unix.Munmap(memory)
		return fmt.Errorf("begin to capture: %w", err)
	}
	return nil
}

// networkOrder is how a protocol is given to the kernel: big endian in memory.
func networkOrder(v uint16) uint16 {
	b := [2]byte{byte(v >> 8), byte(v)}
	return *(*uint16)(unsafe.Pointer(&b))
}

func setFilter(fd int, f Filter) error {
	program, err := f.program()
	if err != nil {
		return err
	}
	raw, err := bpf.Assemble(program)
	if err != nil {
		return fmt.Errorf("assemble the capture filter: %w", err)
	}
	code := make([]unix.SockFilter, len(raw))
	for i, ins := range raw {
		code[i] = unix.SockFilter{Code: ins.Op, Jt: ins.Jt, Jf: ins.Jf, K: ins.K}
	}
	fprog := unix.SockFprog{Len: uint16(len(code)), Filter: &code[0]}
	if err := unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &fprog); err != nil {
		return fmt.Errorf("set the capture filter: %w", err)
	}
	return nil
}

// drain hands over the packets of all blocks that are full or that the kernel
// held long enough, and gives the blocks back.
func (r *ring) drain(got func(frame)) (n int) {
	for range r.blocks {
		block := r.memory[r.next*blockSize : (r.next+1)*blockSize]
		desc := (*unix.TpacketBlockDesc)(unsafe.Pointer(&block[0]))
		head := (*unix.TpacketHdrV1)(unsafe.Pointer(&desc.Hdr))
		if atomic.LoadUint32(&head.Block_status)&unix.TP_STATUS_USER == 0 {
			break
		}
		n += readBlock(block, head, got)
		atomic.StoreUint32(&head.Block_status, unix.TP_STATUS_KERNEL)
		r.next = (r.next + 1) % r.blocks
	}
	return n
}

// linkAt is where the sender of a packet stands: behind the header, aligned to 16.
const linkAt = (unix.SizeofTpacket3Hdr + 15) &^ 15

func readBlock(block []byte, head *unix.TpacketHdrV1, got func(frame)) int {
	at := int(head.Offset_to_first_pkt)
	count := int(head.Num_pkts)
	for range count {
		h := (*unix.Tpacket3Hdr)(unsafe.Pointer(&block[at : at+linkAt+unix.SizeofSockaddrLinklayer][0]))
		start := at + int(h.Net)
		f := frame{
			data:  block[start : start+int(h.Snaplen)],
			at:    int64(h.Sec)*int64(time.Second) + int64(h.Nsec),
			link:  (*unix.RawSockaddrLinklayer)(unsafe.Pointer(&block[at+linkAt])),
			whole: h.Snaplen == h.Len,
		}
		if h.Status&unix.TP_STATUS_VLAN_VALID != 0 {
			f.vlan = int(h.Hv1.Vlan_tci & 0xfff)
		}
		got(f)
		at += int(h.Next_offset)
	}
	return count
}

// counters are those of the kernel since the last call.
func (r *ring) counters() (received, dropped uint64) {
	st, err := unix.GetsockoptTpacketStatsV3(r.fd, unix.SOL_PACKET, unix.PACKET_STATISTICS)
	if err != nil {
		return 0, 0
	}
	return uint64(st.Packets), uint64(st.Drops) // Packets has the dropped ones in it
}

func (r *ring) close() error {
	err := unix.Munmap(r.memory)
	if e := unix.Close(r.fd); e != nil {
		err = e
	}
	if err != nil {
		return fmt.Errorf("close the capture ring: %w", err)
	}
	return nil
}
