package servicetest

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"sonde/internal/pace"
)

// Net is a network in memory. Ports without a service refuse. It is the Dialer
// of the detection under test; within a bubble of testing/synctest all its
// time is virtual.
type Net struct {
	// Latency is how long a client waits for a connection whose service has
	// already begun.
	Latency time.Duration

	ctx     context.Context
	servers sync.WaitGroup

	mu    sync.Mutex // guards dials and open
	tcp   map[uint16][]Script
	udp   map[uint16]Datagrams
	drops map[uint16]bool
	dials map[uint16]int
	open  map[uint16]int // connections whose scripts run
	limit map[uint16]int // of those, if any
}

// Datagrams is a service that gives some replies to a datagram. A nil reply
// list is silence.
type Datagrams func(request []byte) [][]byte

// NewNet makes a network that ends with the test.
func NewNet(t testing.TB) *Net {
	ctx, cancel := context.WithCancel(context.Background())
	n := &Net{ctx: ctx, tcp: map[uint16][]Script{}, udp: map[uint16]Datagrams{}, drops: map[uint16]bool{}, dials: map[uint16]int{},
		open: map[uint16]int{}, limit: map[uint16]int{}}
	t.Cleanup(func() { cancel(); n.servers.Wait() })
	return n
}

// Listen puts a service on a TCP port. The first connection follows the first
// script and so on, and all further ones the last script. A nil script stands
// for a port that refuses.
func (n *Net) Listen(port uint16, scripts ...Script) { n.tcp[port] = scripts }

// Limit makes a TCP port refuse while it has so many connections.
func (n *Net) Limit(port uint16, connections int) { n.limit[port] = connections }

// Drop makes a TCP port swallow what is sent to it.
func (n *Net) Drop(port uint16) { n.drops[port] = true }

// ListenUDP puts a service on a UDP port.
func (n *Net) ListenUDP(port uint16, s Datagrams) { n.udp[port] = s }

// Dials is how many connections to a TCP port were tried.
func (n *Net) Dials(port uint16) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.dials[port]
}

// TCP connects to a port.
func (n *Net) TCP(ctx context.Context, to netip.AddrPort, timeout time.Duration) (net.Conn, error) {
	script, count := n.script(to.Port())
	if n.drops[to.Port()] {
		return nil, n.timeOut(ctx, to, timeout)
	}
	if script == nil {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Addr: net.TCPAddrFromAddrPort(to), Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	}
	client := netip.AddrPortFrom(to.Addr(), uint16(40000+count))
	near, far := connect("tcp", client, to)
	n.servers.Go(func() {
		_ = script.run(n.ctx, far) // how a script ends is for the client to see
		n.mu.Lock()
		defer n.mu.Unlock()
		n.open[to.Port()]--
	})
	if err := pace.Sleep(ctx, n.Latency); err != nil {
		near.Close()
		return nil, err
	}
	return near, nil
}

func (n *Net) script(port uint16) (Script, int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	scripts := n.tcp[port]
	count := n.dials[port]
	n.dials[port]++
	if len(scripts) == 0 || n.limit[port] > 0 && n.open[port] >= n.limit[port] {
		return nil, count
	}
	script := scripts[min(count, len(scripts)-1)]
	if script != nil {
		n.open[port]++
	}
	return script, count
}

func (n *Net) timeOut(ctx context.Context, to netip.AddrPort, timeout time.Duration) error {
	if err := pace.Sleep(ctx, timeout); err != nil {
		return err
	}
	return &net.OpError{Op: "dial", Net: "tcp", Addr: net.TCPAddrFromAddrPort(to), Err: os.ErrDeadlineExceeded}
}

// UDP makes a socket connected to a port.
func (n *Net) UDP(_ context.Context, to netip.AddrPort) (net.Conn, error) {
	near, far := connect("udp", netip.AddrPortFrom(to.Addr(), 40000), to)
	serve := n.udp[to.Port()]
	n.servers.Go(func() {
		buf := make([]byte, 65536)
		for {
			k, err := far.Read(buf)
			if err != nil {
				return
			}
			if serve == nil {
				far.out.finish(syscall.ECONNREFUSED) // port unreachable
				return
			}
			for _, reply := range serve(buf[:k]) {
				if _, err := far.Write(reply); errors.Is(err, syscall.EPIPE) {
					return
				}
			}
		}
	})
	return near, nil
}
