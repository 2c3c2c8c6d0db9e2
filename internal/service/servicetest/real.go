package servicetest

import (
	"context"
	"net"
	"sync"
	"testing"
)

// Serve puts a service on a free TCP port of 127.0.0.1 until the test ends,
// for tests that compare with another scanner. Every connection follows the script.
func Serve(t testing.TB, s Script) (port uint16) {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() {
				stop := context.AfterFunc(ctx, func() { c.Close() })
				defer stop()
				_ = s.run(ctx, c) // how a script ends is for the client to see
			})
		}
	})
	t.Cleanup(func() { cancel(); l.Close(); running.Wait() })
	return uint16(l.Addr().(*net.TCPAddr).Port)
}

// ServeUDP puts a service on a free UDP port of 127.0.0.1 until the test ends.
func ServeUDP(t testing.TB, s Datagrams) (port uint16) {
	t.Helper()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() {
		buf := make([]byte, 65536)
		for {
			n, from, err := c.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			for _, reply := range s(buf[:n]) {
				_, _ = c.WriteToUDPAddrPort(reply, from) // who asked may be gone
			}
		}
	})
	t.Cleanup(func() { c.Close(); running.Wait() })
	return uint16(c.LocalAddr().(*net.UDPAddr).Port)
}
