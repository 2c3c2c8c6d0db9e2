package link

import (
	"context"
	"net/netip"
	"testing"
	"time"

	"sonde/internal/dial/dialtest"
	"sonde/internal/pace"
	"sonde/internal/wire"
)

// everything is a filter that answers to probes from port 40000 pass, among
// all else but TCP and UDP.
var everything = Filter{LoPort: 40000, HiPort: 40010, ICMP: true, ARP: true, Rest: true}

// pair is our network, and another one at the end of a wire.
func pair(t testing.TB) (us, them *dialtest.Network) {
	t.Helper()
	us, them = dialtest.New(t), dialtest.New(t)
	// With different numbers at its ends, the kernel takes the wire for ready
	// at once, and not up to a second later.
	them.Command("ip", "link", "add", "spare0", "type", "veth", "peer", "name", "spare1")
	dialtest.Join(us, "wire0", []string{"10.77.0.1/24", "fd77::1/64"}, them, "wire1", []string{"10.77.0.2/24", "fd77::2/64"})
	return us, them
}

// open opens a link inside a network.
func open(t testing.TB, n *dialtest.Network, c Config) *Link {
	t.Helper()
	var l *Link
	var err error
	n.Do(func() { l, err = Open(c) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// wayTo finds the way to an address, ready to send.
func wayTo(t testing.TB, n *dialtest.Network, l *Link, dst string) *Path {
	t.Helper()
	p, err := l.Path(netip.MustParseAddr(dst))
	if err != nil {
		t.Fatal(err)
	}
	n.Do(func() { err = Resolve(context.Background(), l, []*Path{&p}) })
	if err != nil || !p.Ready() {
		t.Fatalf("link address of %v: %v", p.NextHop, err)
	}
	return &p
}

// syn is a SYN to a port.
func syn(p *Path, dst string, port uint16) *wire.Datagram {
	return &wire.Datagram{Kind: wire.KindTCP, IP: wire.IP{Src: p.Src, Dst: netip.MustParseAddr(dst), TTL: 50, ID: 7},
		TCP: wire.TCP{SrcPort: 40000, DstPort: port, Seq: 1000, Flags: wire.SYN, Window: 1024, Options: wire.AppendMSS(nil, 1460)}}
}

// exchange sends a packet and waits for one that is wanted.
func exchange(t testing.TB, n *dialtest.Network, l *Link, b *Batch, wanted func(*Received) bool) (found bool) {
	t.Helper()
	var err error
	n.Do(func() {
		if _, err = l.Send(b); err != nil {
			return
		}
		until := pace.Deadline(2 * time.Second)
		for !found && err == nil && time.Now().Before(until) {
			err = l.Receive(context.Background(), until, func(r *Received) { found = found || wanted(r) })
		}
	})
	if err != nil {
		t.Error(err)
	}
	return found
}

// A SYN to a closed port brings an RST, over Ethernet and over loopback, as
// frames and as IP packets, by IPv4 and IPv6.
func TestSYN(t *testing.T) {
	us, _ := pair(t)
	for _, framing := range []Framing{Auto, Bare} {
		l := open(t, us, Config{Filter: everything, Framing: framing})
		for _, dst := range []string{"10.77.0.2", "fd77::2", "127.0.0.1", "::1", "10.77.0.1", "fd77::1"} {
			p := wayTo(t, us, l, dst)
			if local := dst != "10.77.0.2" && dst != "fd77::2"; p.Local != local || p.Framed != (!local && framing == Auto) || !p.Direct {
				t.Errorf("way to %s: %+v", dst, p)
			}
			var b Batch
			if err := b.Encode(p, syn(p, dst, 81)); err != nil {
				t.Fatal(err)
			}
			begin := time.Now()
			if !exchange(t, us, l, &b, func(r *Received) bool {
				return r.Kind == wire.KindTCP && r.TCP.Flags == wire.RST|wire.ACK && r.TCP.Ack == 1001 && r.IP.Src.String() == dst &&
					!r.At.Before(begin) && !r.At.After(time.Now()) && r.HasFrom
			}) {
				t.Errorf("framing %d: no answer from %s", framing, dst)
			}
		}
		if s := l.Stats(); s.Refused != 0 || s.Dropped != 0 || s.Broken != 0 || s.Sent < 6 || s.Received < 6 {
			t.Errorf("counted %+v", s)
		}
	}
}
