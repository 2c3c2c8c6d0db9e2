package link

import (
	"context"
	"errors"
	"net/netip"
	"os"
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
