package link

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"sonde/internal/dial/dialtest"
	"sonde/internal/needtest"
	"sonde/internal/pace"
	"sonde/internal/wire"
)

// Errors of routers come with what they are about, and routes that lead
// nowhere are told in words.
func TestRoutes(t *testing.T) {
	us, router := pair(t)
	us.Command("ip", "route", "add", "10.78.0.0/16", "via", "10.77.0.2")
	us.Command("ip", "route", "add", "fd78::/64", "via", "fd77::2")
	us.Command("ip", "route", "add", "10.80.0.0/16", "via", "inet6", "fd77::2", "dev", "wire0")
	us.Command("ip", "route", "add", "prohibit", "10.79.0.1/32")
	us.Command("ip", "route", "add", "unreachable", "10.79.0.2/32")
	us.Command("ip", "route", "add", "blackhole", "10.79.0.3/32")
	router.Command("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1", "net.ipv4.icmp_ratelimit=0", "net.ipv6.icmp.ratelimit=0")
	router.Command("ip", "route", "add", "prohibit", "10.78.0.13/32")
	router.Command("ip", "route", "add", "unreachable", "fd78::1/128")
	router.Command("ip", "route", "add", "prohibit", "10.80.0.13/32")
	l := open(t, us, Config{Filter: everything})
	for _, c := range []struct {
		dst, hop, router string
		typ, code        uint8
	}{
		{"10.78.0.13", "10.77.0.2", "10.77.0.2", 3, 13},
		{"10.80.0.13", "fd77::2", "10.77.0.2", 3, 13},
		{"fd78::1", "fd77::2", "fd77::2", 1, 0},
	} {
		p := wayTo(t, us, l, c.dst)
		if p.NextHop.String() != c.hop || p.Direct {
			t.Errorf("way to %s: %+v", c.dst, p)
		}
		var b Batch
		if err := b.Encode(p, syn(p, c.dst, 81)); err != nil {
			t.Fatal(err)
		}
		if !exchange(t, us, l, &b, func(r *Received) bool {
			q := &r.Quote
			return r.IsError() && r.ICMP.Type == c.typ && r.ICMP.Code == c.code && r.IP.Src.String() == c.router &&
				q.Kind == wire.KindTCP && q.Dest().String() == netip.AddrPortFrom(netip.MustParseAddr(c.dst), 81).String() && q.TCP.Seq == 1000
		}) {
			t.Errorf("%s: no error from the router", c.dst)
		}
	}
	for dst, want := range map[string]string{"10.79.0.1": "prohibited", "10.79.0.2": "unreachable", "10.79.0.3": "discards", "10.99.0.1": "no route", "2001:db8::1": "no route"} {
		var none *NoPathError
		if _, err := l.Path(netip.MustParseAddr(dst)); !errors.As(err, &none) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), dst) {
			t.Errorf("way to %s: %v, want %q", dst, err, want)
		}
	}
}

// A sweep asks once for all addresses that one route leads to.
func TestSpanOfRoutes(t *testing.T) {
	us, _ := pair(t)
	us.Command("ip", "route", "add", "default", "via", "10.77.0.2")
	us.Command("ip", "route", "add", "10.78.0.0/16", "via", "10.77.0.3")
	us.Command("ip", "route", "add", "10.78.4.0/24", "via", "10.77.0.4")
	us.Command("ip", "route", "add", "fd78::/32", "via", "fd77::2")
	l := open(t, us, Config{Filter: everything})
	check := func(dst, hop, span string) {
		t.Helper()
		p, s, err := l.Span(netip.MustParseAddr(dst))
		if err != nil || p.NextHop.String() != hop || s.String() != span {
			t.Errorf("%s: by %v for %v, %v; want by %s for %s", dst, p.NextHop, s, err, hop, span)
		}
	}
	check("10.78.4.9", "10.77.0.4", "10.78.4.0/24")
	check("10.78.128.9", "10.77.0.3", "10.78.128.0/17")
	check("10.78.5.9", "10.77.0.3", "10.78.5.0/24")
	check("192.0.2.1", "10.77.0.2", "128.0.0.0/1") // below are the networks 10 and 127
	check("10.77.0.9", "10.77.0.9", "10.77.0.9/32")
	check("127.0.0.1", "127.0.0.1", "127.0.0.1/32")
	check("fd78::9", "fd77::2", "fd78::/32")
	us.Command("ip", "rule", "add", "from", "10.77.0.1", "lookup", "77")
	check("10.78.4.9", "10.77.0.4", "10.78.4.9/32")
}

// A next hop that the administrator set by hand is not asked for.
func TestStaticNeighbor(t *testing.T) {
	us, _ := pair(t)
	us.Command("ip", "neigh", "add", "10.77.0.9", "lladdr", "02:00:00:00:00:99", "dev", "wire0", "nud", "permanent")
	l := open(t, us, Config{Filter: everything})
	if p, err := l.Path(netip.MustParseAddr("10.77.0.9")); err != nil || !p.Ready() || p.MAC != (wire.MAC{2, 0, 0, 0, 0, 0x99}) {
		t.Errorf("way is %+v, %v", p, err)
	}
	if p, err := l.Path(netip.MustParseAddr("10.77.0.8")); err != nil || p.Ready() {
		t.Errorf("way to an unknown neighbour is %+v, %v", p, err)
	}
}

func TestDeviceAndSource(t *testing.T) {
	us, _ := pair(t)
	us.Command("ip", "link", "add", "down0", "type", "veth", "peer", "name", "down1")
	us.Command("ip", "addr", "add", "10.77.0.3/24", "dev", "wire0")
	for _, c := range []struct {
		config Config
		want   string
	}{
		{Config{Device: "eth7"}, `there is no interface "eth7"`},
		{Config{Device: "down0"}, "interface down0 is down"},
		{Config{Device: "lo", Framing: Frames}, "interface lo is not Ethernet: it takes no frames"},
		{Config{Source: netip.MustParseAddr("192.0.2.1")}, "source address 192.0.2.1 is not an address of this machine"},
	} {
		us.Do(func() {
			l, err := Open(c.config)
			if err == nil {
				err = errors.Join(errors.New("opened"), l.Close())
			}
			if err.Error() != c.want {
				t.Errorf("%+v: %v, want %s", c.config, err, c.want)
			}
		})
	}
	l := open(t, us, Config{Filter: everything, Device: "wire0", Source: netip.MustParseAddr("10.77.0.3")})
	for dst, src := range map[string]string{"10.77.0.2": "10.77.0.3", "fd77::2": "fd77::1", "192.0.2.7": "10.77.0.3"} {
		p, err := l.Path(netip.MustParseAddr(dst)) // the last of them is on no network: the device decides
		if err != nil || p.Src.String() != src || p.Interface.Name != "wire0" {
			t.Errorf("way to %s: %+v, %v", dst, p, err)
		}
	}
	frames := open(t, us, Config{Framing: Frames})
	if _, err := frames.Path(netip.MustParseAddr("127.0.0.1")); err == nil || !strings.Contains(err.Error(), "takes no frames") {
		t.Errorf("frames to loopback: %v", err)
	}
}

// tun makes a tunnel that ends in this process.
func tun(t *testing.T, n *dialtest.Network, name string) (fd int) {
	t.Helper()
	var err error
	n.Do(func() {
		if fd, err = unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC, 0); err != nil {
			return
		}
		var req *unix.Ifreq
		if req, err = unix.NewIfreq(name); err == nil {
			req.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
			err = unix.IoctlIfreq(fd, unix.TUNSETIFF, req)
		}
	})
	if err != nil {
		t.Skipf("needs tun: %v", err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	return fd
}

// Links without Ethernet get IP packets.
func TestTunnel(t *testing.T) {
	us := dialtest.New(t)
	fd := tun(t, us, "tun0")
	us.Command("ip", "link", "set", "tun0", "up")
	us.Command("ip", "addr", "add", "10.90.0.1", "peer", "10.90.0.2", "dev", "tun0")
	l := open(t, us, Config{Filter: everything})
	p := wayTo(t, us, l, "10.90.0.2")
	if p.Interface.Medium != Tunnel || p.Framed {
		t.Errorf("way is %+v", p)
	}
	var b Batch
	if err := b.Encode(p, syn(p, "10.90.0.2", 81)); err != nil {
		t.Fatal(err)
	}
	var far sync.WaitGroup
	far.Go(func() { // the host at the far end
		buf := make([]byte, 2000)
		for {
			n, err := unix.Read(fd, buf)
			var q wire.Packet
			if err != nil {
				t.Error(err)
				return
			}
			if q.DecodeIP(buf[:n]) != nil || q.Kind != wire.KindTCP {
				continue // the kernel's own
			}
			back := wire.Datagram{Kind: wire.KindTCP, IP: wire.IP{Src: q.IP.Dst, Dst: q.IP.Src, TTL: 9},
				TCP: wire.TCP{SrcPort: q.TCP.DstPort, DstPort: q.TCP.SrcPort, Flags: wire.RST | wire.ACK, Ack: q.TCP.Seq + 1}}
			answer, err := back.Encode(nil)
			if err == nil {
				_, err = unix.Write(fd, answer)
			}
			if err != nil {
				t.Error(err)
			}
			return
		}
	})
	if !exchange(t, us, l, &b, func(r *Received) bool {
		return r.Kind == wire.KindTCP && r.TCP.Ack == 1001 && r.IP.TTL == 9 && !r.HasFrom && r.ChecksumOK()
	}) {
		t.Error("no answer")
	}
	far.Wait()
}

// Packets of a VLAN are left to the interface of the VLAN; priority tags make
// no difference.
func TestVLAN(t *testing.T) {
	us, them := pair(t)
	l := open(t, us, Config{Filter: everything})
	wayTo(t, us, l, "10.77.0.2") // the wire is ready
	far := open(t, them, Config{})
	p := wayTo(t, them, open(t, them, Config{Filter: everything}), "10.77.0.1")
	them.Do(func() {
		sock, err := far.sender.socketFor(&Batch{items: []item{{path: p}}}, 0)
		if err != nil {
			t.Error(err)
			return
		}
		for i, tags := range [][]wire.Tag{{{Type: wire.TypeVLAN, TCI: 7}}, {{Type: wire.TypeVLAN, TCI: 0xe000}}, {}} {
			e := wire.Packet{Framed: true, Ethernet: wire.Ethernet{Dst: p.MAC, Src: p.Interface.MAC, Type: wire.TypeIPv4, Tagged: copy(new([2]wire.Tag)[:], tags)}}
			copy(e.Ethernet.Tags[:], tags)
			e.Datagram = wire.Datagram{Kind: wire.KindUDP, IP: wire.IP{Src: p.Src, Dst: netip.MustParseAddr("10.77.0.1"), TTL: uint8(10 + i)}, UDP: wire.UDP{SrcPort: 53, DstPort: 40000}}
			b, err := e.Encode(nil)
			if err == nil {
				err = unix.Send(sock.fd, b, 0)
			}
			if err != nil {
				t.Error(err)
			}
		}
	})
	var seen []uint8
	if !exchange(t, us, l, &Batch{}, func(r *Received) bool {
		if r.Kind == wire.KindUDP {
			seen = append(seen, r.IP.TTL)
		}
		return r.Kind == wire.KindUDP && r.IP.TTL == 12
	}) || len(seen) != 2 || seen[0] != 11 {
		t.Errorf("got packets %v, want those without a tag and with priority only", seen)
	}
}

// flood sends n UDP datagrams to our port 40000.
func flood(t testing.TB, from *dialtest.Network, l *Link, p *Path, n int) {
	t.Helper()
	d := &wire.Datagram{Kind: wire.KindUDP, IP: wire.IP{Src: p.Src, Dst: p.NextHop}, UDP: wire.UDP{SrcPort: 9, DstPort: 40000}}
	var b Batch
	for b.Len() < 256 {
		if err := b.Encode(p, d); err != nil {
			t.Fatal(err)
		}
	}
	var err error
	from.Do(func() {
		for sent := 0; sent < n && err == nil; sent += b.Len() {
			_, err = l.Send(&b)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

// What the ring has no room for is counted, and the rest is not lost.
func TestDrops(t *testing.T) {
	us, them := pair(t)
	l := open(t, us, Config{Filter: Filter{LoPort: 40000, HiPort: 40000}, Ring: 1})
	far := open(t, them, Config{Filter: everything})
	const n = 20480
	flood(t, them, far, wayTo(t, them, far, "10.77.0.1"), n)
	got := 0 // reports of multicast groups among them
	us.Do(func() {
		for until := pace.Deadline(20 * time.Millisecond); time.Now().Before(until); {
			if err := l.Receive(context.Background(), until, func(*Received) { got++ }); err != nil {
				t.Error(err)
			}
		}
	})
	if s := l.Stats(); s.Dropped == 0 || s.Received < n || uint64(got)+s.Dropped != s.Received || s.Broken != 0 {
		t.Errorf("got %d of %d, counted %+v", got, n, s)
	}
}

func TestReceiveWaits(t *testing.T) {
	us, _ := pair(t)
	l := open(t, us, Config{Filter: everything})
	none := func(r *Received) {
		if r.Kind != wire.KindICMPv6 { // the kernel looks for routers
			t.Errorf("got %+v", r)
		}
	}
	begin := time.Now()
	if err := l.Receive(t.Context(), pace.Past(), none); err != nil || time.Since(begin) > 50*time.Millisecond {
		t.Errorf("no wait: %v after %v", err, time.Since(begin))
	}
	for until := pace.Deadline(5 * time.Millisecond); time.Now().Before(until); {
		if err := l.Receive(t.Context(), until, none); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	var waiter sync.WaitGroup
	waiter.Go(func() {
		for {
			if err := l.Receive(ctx, time.Time{}, none); err != nil {
				if !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
				return
			}
		}
	})
	cancel()
	waiter.Wait()
	if err := l.Receive(ctx, time.Time{}, none); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if err := l.Receive(t.Context(), pace.Deadline(time.Millisecond), none); err != nil { // the bell is silent again
		t.Error(err)
	}
}

// Packets that the system will not send are counted, and don't stop the others.
func TestRefused(t *testing.T) {
	us, _ := pair(t)
	us.Firewall(`table ip f { chain o {
		type filter hook output priority 0
		tcp dport 81 drop
	}
	}`)
	l := open(t, us, Config{Filter: everything, Framing: Bare})
	p := wayTo(t, us, l, "10.77.0.2")
	var b Batch
	for _, port := range []uint16{81, 82, 81, 83, 81} {
		if err := b.Encode(p, syn(p, "10.77.0.2", port)); err != nil {
			t.Fatal(err)
		}
	}
	var n int
	var err error
	us.Do(func() { n, err = l.Send(&b) })
	if s := l.Stats(); n != 2 || err != nil || s.Sent != 2 || s.Refused != 3 || !errors.Is(s.Refusal, unix.EPERM) {
		t.Errorf("sent %d, %v, counted %+v", n, err, s)
	}
	b.Reset()
	framed := open(t, us, Config{Filter: everything})
	q := wayTo(t, us, framed, "10.77.0.2")
	clear(b.Next(q, 3000)) // more than the link takes
	b.Add(q, make([]byte, 1500))
	us.Do(func() { n, err = framed.Send(&b) })
	if s := framed.Stats(); n != 1 || err != nil || s.Refused != 1 || !errors.Is(s.Refusal, unix.EMSGSIZE) {
		t.Errorf("too long: sent %d, %v, counted %+v", n, err, s)
	}
	us.Command("ip", "link", "set", "wire0", "down")
	us.Do(func() { n, err = framed.Send(&b) })
	if n != 0 || !errors.Is(err, unix.ENETDOWN) {
		t.Errorf("link is down: sent %d, %v", n, err)
	}
}

// One goroutine receives while others send, each with a sender of its own.
func TestSenders(t *testing.T) {
	us, _ := pair(t)
	l := open(t, us, Config{Filter: everything})
	p := wayTo(t, us, l, "10.77.0.2")
	const each = 300
	send := func(first uint16) (err error) {
		us.Do(func() { // opens the sockets in the network
			var s *Sender
			if s, err = l.Sender(); err != nil {
				return
			}
			var b Batch
			for i := range uint16(each) {
				err = errors.Join(err, b.Encode(p, syn(p, "10.77.0.2", first+i)))
			}
			_, e := s.Send(&b)
			err = errors.Join(err, e, s.Close())
		})
		return err
	}
	var senders sync.WaitGroup
	for i := range uint16(2) {
		senders.Go(func() {
			if err := send(1 + i*each); err != nil {
				t.Error(err)
			}
		})
	}
	ports := map[uint16]bool{}
	for until := pace.Deadline(3 * time.Second); len(ports) < 2*each && time.Now().Before(until); {
		if err := l.Receive(t.Context(), until, func(r *Received) {
			if r.Kind == wire.KindTCP && r.TCP.Flags.Has(wire.RST) {
				ports[r.TCP.SrcPort] = true
			}
		}); err != nil {
			t.Fatal(err)
		}
	}
	senders.Wait()
	if len(ports) != 2*each {
		t.Errorf("%d answers, want %d", len(ports), 2*each)
	}
}

// A link-local target has its interface in its zone.
func TestLinkLocal(t *testing.T) {
	us, them := pair(t)
	them.Command("ip", "addr", "add", "fe80::77/64", "dev", "wire1", "nodad")
	us.Command("ip", "addr", "add", "fe80::78/64", "dev", "wire0", "nodad")
	l := open(t, us, Config{Filter: everything})
	p := wayTo(t, us, l, "fe80::77%wire0")
	var b Batch
	if err := b.Encode(p, syn(p, "fe80::77%wire0", 81)); err != nil {
		t.Fatal(err)
	}
	if !p.Src.IsLinkLocalUnicast() || !exchange(t, us, l, &b, func(r *Received) bool { return r.Kind == wire.KindTCP && r.TCP.Ack == 1001 }) {
		t.Errorf("no answer along %+v", p)
	}
}

func TestLists(t *testing.T) {
	us, _ := pair(t)
	us.Command("ip", "route", "add", "default", "via", "10.77.0.2", "metric", "7")
	us.Do(func() {
		all, err := Interfaces()
		if err != nil || len(all) != 2 || all[0].Name != "lo" || all[0].Medium != Loopback || all[1].Name != "wire0" || all[1].Medium != Ethernet ||
			all[1].MAC == (wire.MAC{}) || all[1].MTU != 1500 || !all[1].Up || all[1].Addr(true).String() != "10.77.0.1" || all[1].Addr(false).String() != "fd77::1" {
			t.Errorf("interfaces are %+v, %v", all, err)
		}
		routes, err := Routes()
		if err != nil {
			t.Error(err)
		}
		want := map[Route]bool{
			{Dst: netip.MustParsePrefix("0.0.0.0/0"), Interface: "wire0", Gateway: netip.MustParseAddr("10.77.0.2"), Metric: 7}: true,
			{Dst: netip.MustParsePrefix("10.77.0.0/24"), Interface: "wire0"}:                                                    true,
			{Dst: netip.MustParsePrefix("fd77::/64"), Interface: "wire0", Metric: 256}:                                          true,
		}
		for _, r := range routes {
			delete(want, r)
		}
		for r := range want {
			t.Errorf("no route %+v in %+v", r, routes)
		}
	})
}

// dropRights takes all capabilities from this thread but those given as bits.
// Capabilities belong to threads; the one of a network ends with the test.
func dropRights(keep uint32) error {
	head := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	data := [2]unix.CapUserData{{Effective: keep, Permitted: keep}}
	_, _, errno := unix.RawSyscall(unix.SYS_CAPSET, uintptr(unsafe.Pointer(&head)), uintptr(unsafe.Pointer(&data[0])), 0)
	if errno != 0 {
		return errno
	}
	return nil
}

func TestRights(t *testing.T) {
	needtest.Root(t)
	if r := RightsOf(); !r.Raw || r.Reason != "" || r.Hint != "" {
		t.Errorf("root has %+v", r)
	}
	us, _ := pair(t)
	us.Do(func() { // with the one capability that the hint gives, all must work
		if err := dropRights(1 << unix.CAP_NET_RAW); err != nil {
			t.Error(err)
			return
		}
		l, err := Open(Config{Filter: everything})
		if err != nil {
			t.Error(err)
			return
		}
		p, err := l.Path(netip.MustParseAddr("10.77.0.2"))
		if err == nil {
			err = Resolve(context.Background(), l, []*Path{&p})
		}
		if err != nil || !p.Ready() || !RightsOf().Raw {
			t.Errorf("with CAP_NET_RAW: %+v, %v", p, err)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		if err := dropRights(0); err != nil {
			t.Error(err)
		}
		if _, err := Open(Config{}); !errors.Is(err, ErrRights) {
			t.Errorf("without rights: %v", err)
		}
		program, _ := os.Executable()
		if r := RightsOf(); r.Raw || r.Reason == "" || r.Hint != "sudo setcap cap_net_raw+ep "+program {
			t.Errorf("without rights: %+v", r)
		}
	})
}
