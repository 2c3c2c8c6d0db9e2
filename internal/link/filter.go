package link

import (
	"fmt"

	"golang.org/x/net/bpf"

	"sonde/internal/wire"
)

// Filter says which packets the kernel is to hand over; the rest costs nothing.
// The zero Filter wants nothing.
type Filter struct {
	// LoPort to HiPort are the destination ports of interest, of TCP, UDP and
	// SCTP: those that probes are sent from. Port 0 alone is none.
	LoPort, HiPort uint16
	ICMP           bool // all of ICMP and ICMPv6, answers to ND among them
	ARP            bool
	Rest           bool // all other IP packets, later fragments among them
}

// The outcomes of the filter program.
const (
	take = "take"
	skip = "skip"
)

// mostOf is how much of a packet is handed over: any Ethernet frame, but not
// all of what the kernel joined from several.
const mostOf = 16 << 10

// program is the filter for packets without link header, as a socket of type
// SOCK_DGRAM shows them. The first byte tells IPv4, IPv6 and ARP apart. Packets
// of IPv6 with extension headers are let through.
func (f Filter) program() ([]bpf.Instruction, error) {
	a := assembler{at: map[string]int{}}
	chosen := func(want bool) string {
		if want {
			return take
		}
		return skip
	}
	ports := skip
	if f.HiPort > 0 {
		ports = "range"
	}

	a.load(bpf.LoadAbsolute{Off: 0, Size: 1}, bpf.ALUOpConstant{Op: bpf.ALUOpShiftRight, Val: 4})
	a.equal(4, "ipv4")
	a.equal(6, "ipv6")
	a.load(bpf.LoadAbsolute{Off: 0, Size: 4})
	a.equal(0x0001_0800, chosen(f.ARP)) // hardware type Ethernet, protocol type IPv4
	a.jump(skip)

	a.label("ipv4")
	a.load(bpf.LoadAbsolute{Off: 6, Size: 2})
	a.bits(0x1fff, chosen(f.Rest)) // a later fragment has no ports
	a.load(bpf.LoadMemShift{Off: 0}, bpf.LoadAbsolute{Off: 9, Size: 1})
	a.equal(wire.ProtoICMP, chosen(f.ICMP))
	a.equalAny(ports, wire.ProtoTCP, wire.ProtoUDP, wire.ProtoSCTP)
	a.jump(chosen(f.Rest))

	a.label("ipv6")
	a.load(bpf.LoadConstant{Dst: bpf.RegX, Val: 40}, bpf.LoadAbsolute{Off: 6, Size: 1})
	a.equal(wire.ProtoICMPv6, chosen(f.ICMP))
	a.equalAny(ports, wire.ProtoTCP, wire.ProtoUDP, wire.ProtoSCTP)
	a.equalAny(take, 0, 43, 44, 51, 60, 135, 139, 140)
	a.jump(chosen(f.Rest))

	a.label("range")
	a.load(bpf.LoadIndirect{Off: 2, Size: 2})
	a.below(uint32(f.LoPort), skip)
	a.below(uint32(f.HiPort)+1, take)
	a.label(skip)
	a.load(bpf.RetConstant{Val: 0})
	a.label(take)
	a.load(bpf.RetConstant{Val: mostOf})
	return a.link()
}

// assembler writes a program with named places to jump to.
type assembler struct {
	code []bpf.Instruction
	at   map[string]int
	to   []jump
}

type jump struct {
	from int
	name string
}

func (a *assembler) load(ins ...bpf.Instruction) { a.code = append(a.code, ins...) }
func (a *assembler) label(name string)           { a.at[name] = len(a.code) }

func (a *assembler) when(test bpf.JumpTest, v uint32, name string) {
	a.to = append(a.to, jump{len(a.code), name})
	a.code = append(a.code, bpf.JumpIf{Cond: test, Val: v})
}

func (a *assembler) equal(v uint32, name string) { a.when(bpf.JumpEqual, v, name) }
func (a *assembler) bits(v uint32, name string)  { a.when(bpf.JumpBitsSet, v, name) }
func (a *assembler) below(v uint32, name string) { a.when(bpf.JumpLessThan, v, name) }

func (a *assembler) equalAny(name string, vs ...uint32) {
	for _, v := range vs {
		a.equal(v, name)
	}
}

func (a *assembler) jump(name string) {
	a.to = append(a.to, jump{len(a.code), name})
	a.code = append(a.code, bpf.Jump{})
}

// link fills in how far the jumps go.
func (a *assembler) link() ([]bpf.Instruction, error) {
	for _, j := range a.to {
		far := a.at[j.name] - j.from - 1
		if far < 0 || far > 255 {
			return nil, fmt.Errorf("jump of %d in the capture filter", far)
		}
		switch ins := a.code[j.from].(type) {
		case bpf.JumpIf:
			ins.SkipTrue = uint8(far)
			a.code[j.from] = ins
		case bpf.Jump:
			a.code[j.from] = bpf.Jump{Skip: uint32(far)}
		}
	}
	return a.code, nil
}
