package link

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/vishvananda/netlink"

	"sonde/internal/dial/dialtest"
	"sonde/internal/needtest"
	"sonde/internal/pace"
	"sonde/internal/wire"
)

// swallow makes a network drop all that comes in by an interface, as early as
// can be, so that only the sender is measured.
func swallow(n *dialtest.Network, iface string) {
	n.Firewall(`table netdev f { chain i {
		type filter hook ingress device ` + iface + ` priority 0
		drop
	}
	}`)
}

// sampled is how long a rate is measured, after some time to get going.
const (
	warmUp  = time.Second
	sampled = 3 * time.Second
)

// rate is what was measured of a stream of packets.
type rate struct {
	wall float64 // packets per second
	cpu  float64 // packets per second of processor time that the sender took
}

// arriving is how many packets come in by an interface, sent by a process.
// Where other work takes the processors, only the second number means much.
func arriving(b *testing.B, n *dialtest.Network, iface string, pid int) rate {
	count := func() (packets uint64) {
		n.Do(func() {
			if l, err := netlink.LinkByName(iface); err != nil {
				b.Error(err)
			} else {
				packets = l.Attrs().Statistics.RxPackets
			}
		})
		return packets
	}
	_ = pace.Sleep(b.Context(), warmUp)
	began, before, cpu := time.Now(), count(), processorTime(b, pid)
	_ = pace.Sleep(b.Context(), sampled)
	packets, wall := float64(count()-before), time.Since(began)
	return rate{packets / wall.Seconds(), packets / (processorTime(b, pid) - cpu).Seconds()}
}

// processorTime is what a process has taken, from stat of proc(5).
func processorTime(b *testing.B, pid int) time.Duration {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Fatal(err)
	}
	var user, system time.Duration
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if _, err := fmt.Sscan(fields[11]+" "+fields[12], &user, &system); err != nil {
		b.Fatal(err)
	}
	return (user + system) * (time.Second / 100) // ticks of 10 ms, on all common machines
}

func (r rate) report(b *testing.B) {
	b.ReportMetric(r.wall, "packets/s")
	b.ReportMetric(r.cpu, "packets/cpu-s")
}

// sprayer sends SYNs to ever new ports and addresses until ctx is done.
func sprayer(b *testing.B, us *dialtest.Network, l *Link, p *Path) func(context.Context) {
	b.Helper()
	tpl, err := wire.NewTemplate(syn(p, p.NextHop.String(), 1), wire.Sound)
	if err != nil {
		b.Fatal(err)
	}
	var s *Sender
	var batch Batch
	f := wire.Fields{Dst: p.NextHop, TTL: 50, SrcPort: 40000}
	round := func() error {
		batch.Reset()
		for range 256 {
			f.DstPort++
			f.ID++
			f.Seq += 0x01234567
			tpl.Fill(batch.Next(p, tpl.Len()), &f)
		}
		_, err := s.Send(&batch)
		return err
	}
	us.Do(func() { // the socket is opened in the network, and stays in it
		if s, err = l.Sender(); err == nil {
			err = round()
		}
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	})
	return func(ctx context.Context) {
		for ctx.Err() == nil {
			if err := round(); err != nil {
				b.Error(err)
				return
			}
		}
	}
}

// BenchmarkSend measures how many SYNs per second arrive at the far end of a
// wire, from one and two senders of ours, and from masscan, in one run.
func BenchmarkSend(b *testing.B) {
	us, them := pair(b)
	l := open(b, us, Config{Filter: everything})
	p := wayTo(b, us, l, "10.77.0.2")
	swallow(them, "wire1")
	for _, threads := range []int{1, 2} {
		b.Run(fmt.Sprintf("sonde-%d", threads), func(b *testing.B) {
			var sprayers []func(context.Context)
			for range threads {
				sprayers = append(sprayers, sprayer(b, us, l, p))
			}
			for b.Loop() {
				ctx, cancel := context.WithCancel(b.Context())
				var all sync.WaitGroup
				for _, s := range sprayers {
					all.Go(func() { s(ctx) })
				}
				arriving(b, them, "wire1", os.Getpid()).report(b)
				cancel()
				all.Wait()
			}
		})
	}
	b.Run("masscan", func(b *testing.B) {
		program := needtest.Program(b, "masscan", "masscan")
		for b.Loop() {
			cmd := exec.Command(program, "10.0.0.0/8", "-p1-1000", "--rate", "10000000", "--adapter", "wire0",
				"--adapter-ip", "10.77.0.1", "--router-mac", p.MAC.String(), "--wait", "0")
			cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // it must not outlive us
			var err error
			us.Do(func() { err = cmd.Start() })
			if err != nil {
				b.Fatal(err)
			}
			arriving(b, them, "wire1", cmd.Process.Pid).report(b)
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	})
}

// BenchmarkReceive floods us with answers, as fast as one sender can, and
// measures how many of them we decode, and how many the kernel had to drop.
func BenchmarkReceive(b *testing.B) {
	us, them := pair(b)
	l := open(b, us, Config{Filter: everything})
	far := open(b, them, Config{Filter: everything})
	wayTo(b, us, l, "10.77.0.2")
	p := wayTo(b, them, far, "10.77.0.1")
	swallow(us, "wire0") // behind the capture
	tpl, err := wire.NewTemplate(&wire.Datagram{Kind: wire.KindTCP, IP: wire.IP{Src: netip.MustParseAddr("10.77.0.2"), Dst: p.NextHop},
		TCP: wire.TCP{Flags: wire.SYN | wire.ACK, Options: wire.AppendMSS(nil, 1460)}}, wire.Sound)
	if err != nil {
		b.Fatal(err)
	}
	var batch Batch
	for i := range 256 {
		tpl.Fill(batch.Next(p, tpl.Len()), &wire.Fields{Dst: p.NextHop, TTL: 64, SrcPort: uint16(i), DstPort: 40000})
	}
	them.Do(func() { _, err = far.Send(&batch) })
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		ctx, cancel := context.WithCancel(b.Context())
		var decoded atomic.Uint64
		var both sync.WaitGroup
		both.Go(func() {
			for ctx.Err() == nil {
				if _, err := far.Send(&batch); err != nil {
					b.Error(err)
					return
				}
			}
		})
		both.Go(func() {
			for {
				n := uint64(0)
				if err := l.Receive(ctx, time.Time{}, func(r *Received) {
					if r.Kind == wire.KindTCP && r.TCP.Flags == wire.SYN|wire.ACK {
						n++
					}
				}); err != nil {
					return
				}
				decoded.Add(n)
			}
		})
		before, began := decoded.Load(), time.Now()
		offered := arriving(b, us, "wire0", os.Getpid()).wall
		b.ReportMetric(float64(decoded.Load()-before)/time.Since(began).Seconds(), "decoded/s")
		b.ReportMetric(offered, "offered/s")
		cancel()
		both.Wait()
		b.ReportMetric(float64(l.Stats().Dropped), "dropped")
	}
}

// BenchmarkPath measures one question to the kernel's routing.
func BenchmarkPath(b *testing.B) {
	us, _ := pair(b)
	l := open(b, us, Config{Filter: everything})
	dst := netip.MustParseAddr("10.77.0.2")
	for b.Loop() {
		if _, err := l.Path(dst); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkOpen measures how long it takes until packets can be sent.
func BenchmarkOpen(b *testing.B) {
	us, _ := pair(b)
	for b.Loop() {
		us.Do(func() {
			l, err := Open(Config{Filter: everything})
			if err != nil {
				b.Error(err)
				return
			}
			if err := l.Close(); err != nil {
				b.Error(err)
			}
		})
	}
}

// BenchmarkRoundTrip sends one SYN at a time and waits for its RST: what the
// wire, the kernel's holding back, and we take.
func BenchmarkRoundTrip(b *testing.B) {
	us, _ := pair(b)
	for _, hold := range []time.Duration{time.Millisecond, 4 * time.Millisecond} {
		l := open(b, us, Config{Filter: everything, Hold: hold})
		p := wayTo(b, us, l, "10.77.0.2")
		var batch Batch
		if err := batch.Encode(p, syn(p, "10.77.0.2", 81)); err != nil {
			b.Fatal(err)
		}
		b.Run("hold "+hold.String(), func(b *testing.B) {
			b.ReportAllocs()
			rtt := time.Duration(0)
			for b.Loop() {
				sent := time.Now()
				if _, err := l.Send(&batch); err != nil {
					b.Fatal(err)
				}
				for got := false; !got; {
					if err := l.Receive(b.Context(), time.Time{}, func(r *Received) {
						if r.Kind == wire.KindTCP {
							got = true
							rtt += r.At.Sub(sent)
						}
					}); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(rtt.Nanoseconds())/float64(b.N), "rtt-ns")
		})
	}
}
