// Package demo runs real servers inside the process, on loopback ports of the system's choice, for people who want to see a scan at work.
package demo

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
)

// Servers are the running servers of the demonstration.
type Servers struct {
	running sync.WaitGroup
	end     sync.Once
	closers []io.Closer
	tcp     []uint16
	udp     []uint16
}

// A starter brings one server up and tells the Servers of it.
type starter struct {
	name  string
	start func(*Servers) error
}

var starters = []starter{
	{"ssh", startSSH},
	{"http", startHTTP},
	{"https", startHTTPS},
	{"dns", startDNS},
	{"smtp", startSMTP},
	{"tls around ssh", startWrappedSSH},
	{"one that closes at once", startClosing},
}

// Start brings all servers up on 127.0.0.1. They end when the context is
// cancelled or Close is called.
func Start(ctx context.Context) (*Servers, error) {
	s := &Servers{}
	for _, st := range starters {
		if err := st.start(s); err != nil {
			s.Close()
			return nil, fmt.Errorf("start demonstration server %s: %w", st.name, err)
		}
	}
	context.AfterFunc(ctx, s.close)
	return s, nil
}

// Addr is the address that all servers listen on.
func (s *Servers) Addr() netip.Addr { return loopback }

// Ports lists the ports of the servers as the argument of -p.
func (s *Servers) Ports() string {
	return "T:" + join(s.tcp) + ",U:" + join(s.udp)
}

func join(ports []uint16) string {
	var b []string
	for _, p := range ports {
		b = append(b, strconv.Itoa(int(p)))
	}
	return strings.Join(b, ",")
}

// Close ends all servers and waits for them.
func (s *Servers) Close() {
	s.close()
	s.running.Wait()
}

func (s *Servers) close() {
	s.end.Do(func() {
		for _, c := range s.closers {
			c.Close()
		}
	})
}

var loopback = netip.AddrFrom4([4]byte{127, 0, 0, 1})

// listen opens a TCP port of the system's choice.
func (s *Servers) listen() (net.Listener, error) {
	l, err := net.Listen("tcp4", netip.AddrPortFrom(loopback, 0).String())
	if err != nil {
		return nil, err
	}
	s.closers = append(s.closers, l)
	s.tcp = append(s.tcp, l.Addr().(*net.TCPAddr).AddrPort().Port())
	return l, nil
}

// listenPacket opens a UDP port of the system's choice.
func (s *Servers) listenPacket() (net.PacketConn, error) {
	p, err := net.ListenPacket("udp4", netip.AddrPortFrom(loopback, 0).String())
	if err != nil {
		return nil, err
	}
	s.closers = append(s.closers, p)
	s.udp = append(s.udp, p.LocalAddr().(*net.UDPAddr).AddrPort().Port())
	return p, nil
}

// serve runs a server until its listener is closed. What it says at its end
// is of no interest.
func (s *Servers) serve(run func() error) {
	s.running.Go(func() { _ = run() })
}

// accept hands each connection of a listener to a function of its own
// goroutine, and closes it afterwards.
func (s *Servers) accept(l net.Listener, handle func(net.Conn)) {
	s.serve(func() error {
		var conns sync.WaitGroup
		defer conns.Wait()
		for {
			c, err := l.Accept()
			if err != nil {
				return err
			}
			conns.Go(func() {
				defer c.Close()
				handle(c)
			})
		}
	})
}
