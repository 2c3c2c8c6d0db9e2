package linktest

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sonde/internal/link"
	"sonde/internal/pace"
	"sonde/internal/wire"
)

var (
	_ link.Wire   = (*Wire)(nil)
	_ link.Router = (*Wire)(nil)

	host4, host6 = netip.MustParseAddr("10.0.0.5"), netip.MustParseAddr("fd00::5")
	far          = netip.MustParseAddr("192.0.2.9")
	router       = netip.MustParseAddr("10.0.0.254")
	ours         = []netip.Prefix{netip.MustParsePrefix("10.0.0.1/24"), netip.MustParsePrefix("fd00::1/64")}
)

// scene is a wire with two hosts of the same script, one by IPv4 and one by IPv6.
func scene(h Host) *Wire {
	h4, h6 := h, h
	h4.Addr, h6.Addr = host4, host6
	return New(Config{Addrs: ours, Delay: 10 * time.Millisecond, Hosts: []*Host{&h4, &h6}})
}

// way is a path with the link address of the next hop.
func way(t *testing.T, w *Wire, dst netip.Addr) *link.Path {
	t.Helper()
	p, err := w.Path(dst)
	if err != nil {
		t.Fatal(err)
	}
	if err := link.Resolve(t.Context(), w, []*link.Path{&p}); err != nil || !p.Ready() {
		t.Fatalf("link address of %v: %v", p.NextHop, err)
	}
	return &p
}

// ask sends packets, and says what comes back within two seconds.
func ask(t *testing.T, w *Wire, p *link.Path, ds ...wire.Datagram) (answers []string) {
	t.Helper()
	var b link.Batch
	for i := range ds {
		if err := b.Encode(p, &ds[i]); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := w.Send(&b); n != len(ds) || err != nil {
		t.Fatalf("sent %d of %d: %v", n, len(ds), err)
	}
	until := pace.Deadline(2 * time.Second)
	for time.Now().Before(until) {
		if err := w.Receive(t.Context(), until, func(r *link.Received) { answers = append(answers, said(r)) }); err != nil {
			t.Fatal(err)
		}
	}
	return answers
}

// said puts an answer into words.
func said(r *link.Received) string {
	s := r.IP.Src.String() + " "
	switch r.Kind {
	case wire.KindTCP:
		s += fmt.Sprintf("%d %v win %d seq %d ack %d", r.TCP.SrcPort, r.TCP.Flags, r.TCP.Window, r.TCP.Seq, r.TCP.Ack)
	case wire.KindUDP:
		s += fmt.Sprintf("%d %q", r.UDP.SrcPort, r.Payload)
	case wire.KindSCTP:
		c, _, _ := wire.NextChunk(r.Payload)
		s += fmt.Sprintf("chunk %d tag %#x", c.Type, r.SCTP.Tag)
	default:
		s += fmt.Sprintf("%v %d/%d", r.Kind, r.ICMP.Type, r.ICMP.Code)
		if r.Quote.Kind != wire.None {
			s += fmt.Sprintf(" about %v %d", r.Quote.Kind, r.Quote.Dest().Port())
		}
	}
	if !r.ChecksumOK() {
		s += " with a wrong checksum"
	}
	return s
}

func probe(p *link.Path, dst netip.Addr, k wire.Kind, port uint16, f wire.Flags) wire.Datagram {
	d := wire.Datagram{Kind: k, IP: wire.IP{Src: p.Src, Dst: dst, TTL: 50},
		TCP: wire.TCP{SrcPort: 40000, DstPort: port, Seq: 100, Ack: 200, Flags: f}, UDP: wire.UDP{SrcPort: 40000, DstPort: port}}
	if k == wire.KindSCTP {
		d.SCTP = wire.SCTP{SrcPort: 40000, DstPort: port}
		d.Payload = wire.AppendChunk(nil, wire.Chunk{Type: wire.ChunkInit, Value: (&wire.Init{Tag: 0xabc}).Append(nil)})
	}
	return d
}

// What each deed is answered with, by both families.
func TestHosts(t *testing.T) {
	h := Host{
		Rules: []Rule{
			{wire.KindTCP, 22, 22, Deed{Act: Open, Window: 7}},
			{wire.KindTCP, 100, 199, Deed{Act: Drop}},
			{wire.KindTCP, 200, 200, Deed{Act: Reject, Type: 3, Code: 13, From: router}},
			{wire.KindUDP, 53, 53, Deed{Act: Open, Data: []byte("yes")}},
			{wire.KindUDP, 54, 54, Deed{Act: Open}},
			{wire.KindSCTP, 80, 80, Deed{Act: Open}},
		},
		Protocols: []uint8{2},
	}
	for _, c := range []struct {
		name  string
		kind  wire.Kind
		port  uint16
		flags wire.Flags
		want  string // of IPv4, without the address; empty for silence
		want6 string // if not the same
	}{
		{"SYN to an open port", wire.KindTCP, 22, wire.SYN, "22 SA win 64240 seq 1592590358 ack 101", ""},
		{"SYN to a closed port", wire.KindTCP, 23, wire.SYN, "23 RA win 0 seq 0 ack 101", ""},
		{"SYN to a silent port", wire.KindTCP, 150, wire.SYN, "", ""},
		{"FIN to an open port", wire.KindTCP, 22, wire.FIN, "", ""},
		{"FIN to a closed port", wire.KindTCP, 23, wire.FIN, "23 RA win 0 seq 0 ack 101", ""},
		{"nothing to a closed port", wire.KindTCP, 23, 0, "23 RA win 0 seq 0 ack 100", ""},
		{"ACK to an open port", wire.KindTCP, 22, wire.ACK, "22 R win 7 seq 200 ack 0", ""},
		{"ACK to a closed port", wire.KindTCP, 23, wire.ACK, "23 R win 0 seq 200 ack 0", ""},
		{"RST", wire.KindTCP, 23, wire.RST, "", ""},
		{"UDP to an open port", wire.KindUDP, 53, 0, `53 "yes"`, ""},
		{"UDP to an open port that is silent", wire.KindUDP, 54, 0, "", ""},
		{"UDP to a closed port", wire.KindUDP, 55, 0, "icmp 3/3 about udp 55", "icmpv6 1/4 about udp 55"},
		{"INIT to an open port", wire.KindSCTP, 80, 0, "chunk 2 tag 0xabc", ""},
		{"INIT to a closed port", wire.KindSCTP, 81, 0, "chunk 6 tag 0xabc", ""},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := scene(h)
			for _, dst := range []netip.Addr{host4, host6} {
				p := way(t, w, dst)
				want := c.want
				if dst == host6 && c.want6 != "" {
					want = c.want6
				}
				if want != "" {
					want = dst.String() + " " + want
				}
				if got := strings.Join(ask(t, w, p, probe(p, dst, c.kind, c.port, c.flags)), "; "); got != want {
					t.Errorf("%s: %q, want %q", c.name, got, want)
				}
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		w := scene(h)
		p := way(t, w, host4)
		if got := ask(t, w, p, probe(p, host4, wire.KindTCP, 200, wire.SYN)); !slices.Equal(got, []string{router.String() + " icmp 3/13 about tcp 200"}) {
			t.Errorf("rejected by a router: %q", got)
		}
		for proto, want := range map[uint8]string{2: "", 3: "10.0.0.5 icmp 3/2 about ip 0"} {
			d := wire.Datagram{Kind: wire.KindIP, IP: wire.IP{Src: p.Src, Dst: host4, Protocol: proto}}
			if got := strings.Join(ask(t, w, p, d), ""); got != want {
				t.Errorf("protocol %d: %q, want %q", proto, got, want)
			}
		}
		for typ, want := range map[uint8]string{wire.ICMPEcho: "icmp 0/0", wire.ICMPTimestamp: "icmp 14/0", wire.ICMPMask: "icmp 18/0"} {
			d := wire.Datagram{Kind: wire.KindICMP, IP: wire.IP{Src: p.Src, Dst: host4}, ICMP: wire.ICMP{Type: typ, Rest: 5}}
			if got := strings.Join(ask(t, w, p, d), ""); got != "10.0.0.5 "+want {
				t.Errorf("ICMP type %d: %q, want %q", typ, got, want)
			}
		}
	})
}

// An answer comes after the time of the wire and of the host, there and back.
func TestDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := New(Config{Addrs: ours, Delay: 20 * time.Millisecond, Hosts: []*Host{{Addr: host4, Delay: 5 * time.Millisecond}}})
		p := way(t, w, host4)
		var b link.Batch
		d := probe(p, host4, wire.KindTCP, 1, wire.SYN)
		if err := b.Encode(p, &d); err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		if _, err := w.Send(&b); err != nil {
			t.Fatal(err)
		}
		var at []time.Time
		note := func(r *link.Received) { at = append(at, r.At) }
		for _, step := range []struct {
			until time.Duration
			waits time.Duration // after which Receive returns
			n     int
		}{{-1, 0, 0}, {30 * time.Millisecond, 30 * time.Millisecond, 0}, {0, 50 * time.Millisecond, 1}} {
			until := time.Time{}
			if step.until != 0 {
				until = begin.Add(step.until)
			}
			if err := w.Receive(t.Context(), until, note); err != nil {
				t.Fatal(err)
			}
			if since := time.Since(begin); since != step.waits || len(at) != step.n {
				t.Errorf("until %v: %d answers after %v, want %d after %v", step.until, len(at), since, step.n, step.waits)
			}
		}
		if !at[0].Equal(begin.Add(50 * time.Millisecond)) {
			t.Errorf("answer is marked %v", at[0].Sub(begin))
		}
		ctx, cancel := context.WithCancel(t.Context())
		go cancel()
		if err := w.Receive(ctx, time.Time{}, note); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
	})
}

// sendMany sends a SYN to each of n ports, and gives the order of the answers.
func sendMany(t *testing.T, w *Wire, n int) (ports []int) {
	t.Helper()
	p := way(t, w, host4)
	var ds []wire.Datagram
	for i := range n {
		ds = append(ds, probe(p, host4, wire.KindTCP, uint16(i+1), wire.SYN))
	}
	for _, s := range ask(t, w, p, ds...) {
		var port int
		if _, err := fmt.Sscanf(s, "10.0.0.5 %d", &port); err != nil {
			t.Fatal(err)
		}
		ports = append(ports, port)
	}
	return ports
}

func TestLossAndOrder(t *testing.T) {
	run := func(c Config, h Host) (ports []int) {
		h.Addr = host4
		c.Addrs, c.Hosts = ours, []*Host{&h}
		synctest.Test(t, func(t *testing.T) { ports = sendMany(t, New(c), 1000) })
		return ports
	}
	if p := run(Config{Delay: time.Millisecond}, Host{}); len(p) != 1000 || !slices.IsSorted(p) {
		t.Errorf("perfect wire: %d answers, in order %v", len(p), slices.IsSorted(p))
	}
	if p := run(Config{Delay: time.Millisecond, Jitter: time.Millisecond}, Host{}); len(p) != 1000 || slices.IsSorted(p) {
		t.Errorf("wire with jitter: %d answers, in order %v", len(p), slices.IsSorted(p))
	}
	lossy := run(Config{Loss: 0.1, Seed: 3}, Host{})
	if n := len(lossy); n < 770 || n > 850 { // 0.9² of 1000, give or take three deviations
		t.Errorf("wire that loses a tenth each way: %d answers", n)
	}
	if again := run(Config{Loss: 0.1, Seed: 3}, Host{}); !slices.Equal(lossy, again) {
		t.Error("the same seed loses other packets")
	}
	if n := len(run(Config{}, Host{Loss: 0.5})); n < 450 || n > 550 {
		t.Errorf("host that loses half of its answers: %d answers", n)
	}
}

// A host that limits its ICMP errors sends the burst, and then so many per second.
func TestICMPRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := scene(Host{ICMPRate: 10, ICMPBurst: 6})
		p := way(t, w, host4)
		var ds []wire.Datagram
		for i := range 100 {
			ds = append(ds, probe(p, host4, wire.KindUDP, uint16(i+1), 0))
		}
		if n := len(ask(t, w, p, ds...)); n != 6 { // and two seconds pass
			t.Errorf("first burst: %d errors", n)
		}
		if n := len(ask(t, w, p, ds...)); n != 6 {
			t.Errorf("second burst: %d errors", n)
		}
		answers := 0
		for _, d := range ds[:50] { // one every two seconds: all answered
			answers += len(ask(t, w, p, d))
		}
		if answers != 50 {
			t.Errorf("slow probes: %d errors of 50", answers)
		}
	})
}

// Beyond the link, the gateway's address must be found, and packets go to it.
func TestGateway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := New(Config{Addrs: ours, Gateway: []netip.Addr{router}, Hosts: []*Host{{Addr: router}, {Addr: far, Default: Deed{Act: Open}}}})
		p := way(t, w, far)
		if p.NextHop != router || p.Direct {
			t.Errorf("way is %+v", p)
		}
		if got := ask(t, w, p, probe(p, far, wire.KindTCP, 80, wire.SYN)); len(got) != 1 || !strings.HasPrefix(got[0], "192.0.2.9 80 SA") {
			t.Errorf("answers: %q", got)
		}
		astray := p.To(wire.MAC{2, 9, 9, 9, 9, 9})
		if got := ask(t, w, &astray, probe(p, far, wire.KindTCP, 80, wire.SYN)); got != nil {
			t.Errorf("answers to a frame for somebody else: %q", got)
		}
		for dst, want := range map[netip.Addr]string{far: "128.0.0.0/1", host4: "10.0.0.5/32", netip.MustParseAddr("10.0.1.1"): "10.0.1.0/24"} {
			if _, span, err := w.Span(dst); err != nil || span.String() != want {
				t.Errorf("span of %v is %v, %v, want %s", dst, span, err, want)
			}
		}
		var none *link.NoPathError
		if _, err := w.Path(netip.MustParseAddr("2001:db8::1")); !errors.As(err, &none) {
			t.Errorf("way to IPv6 without a gateway: %v", err)
		}
	})
}

// Nobody answers for an absent host, and asking ends after 1.4 s.
func TestResolveAbsent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lost := netip.MustParseAddr("10.0.0.77")
		w := New(Config{Addrs: ours, Hosts: []*Host{{Addr: host4}, {Addr: lost, Absent: true}}})
		var asked int
		w.config.Trace = func(p *wire.Packet) { asked++ }
		var paths []*link.Path
		for _, a := range []netip.Addr{host4, lost, host4} {
			p, err := w.Path(a)
			if err != nil {
				t.Fatal(err)
			}
			paths = append(paths, &p)
		}
		begin := time.Now()
		if err := link.Resolve(t.Context(), w, paths); err != nil {
			t.Fatal(err)
		}
		if !paths[0].Ready() || paths[1].Ready() || !paths[2].Ready() || asked != 4 || time.Since(begin) != 1400*time.Millisecond {
			t.Errorf("ready: %v %v %v, %d questions in %v", paths[0].Ready(), paths[1].Ready(), paths[2].Ready(), asked, time.Since(begin))
		}
	})
}

func TestBareLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := New(Config{Addrs: ours, Bare: true, Hosts: []*Host{{Addr: far}}})
		p := way(t, w, far)
		if got := ask(t, w, p, probe(p, far, wire.KindTCP, 80, wire.SYN)); p.Framed || len(got) != 1 {
			t.Errorf("way %+v, answers %q", p, got)
		}
	})
}
