package dial

import (
	"io"
	"net"
	"net/netip"
	"runtime"
	"testing"
	"time"
)

// listen serves one loopback port until the test ends; accepted connections are closed.
func listen(t *testing.T) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return l.Addr().(*net.TCPAddr).AddrPort()
}

// closedPort is a loopback port on which nobody listens.
func closedPort(t *testing.T) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).AddrPort()
}

func TestDialerTCP(t *testing.T) {
	d := New(Config{MaxOpen: 1, TTL: 63, Source: netip.MustParseAddr("127.0.0.9")})
	to := listen(t)
	for range 3 { // each Close frees the only place
		c, err := d.TCP(t.Context(), to, time.Second)
		if err != nil {
			t.Fatal(err)
		}
		if src := c.LocalAddr().(*net.TCPAddr).AddrPort().Addr(); src.String() != "127.0.0.9" {
			t.Errorf("source is %v", src)
		}
		if _, err := io.ReadAll(c); err != nil {
			t.Errorf("read: %v", err)
		}
		if err := Abort(c); err != nil {
			t.Errorf("abort: %v", err)
		}
		if err := c.Close(); FaultOf(err) != Canceled {
			t.Errorf("second close: %v", err)
		}
	}
	if d.budget.used != 0 {
		t.Errorf("%d places are still taken", d.budget.used)
	}
}

func TestDialerRefused(t *testing.T) {
	d := New(Config{})
	if c, err := d.TCP(t.Context(), closedPort(t), time.Second); FaultOf(err) != Refused {
		t.Errorf("connection to a closed port: %v, %v", c, err)
	}
	if d.budget.used != 0 {
		t.Errorf("%d places are still taken", d.budget.used)
	}
}

func TestDialerUDPPortUnreachable(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs a system that reports ICMP errors at once; known of Linux")
	}
	c, err := New(Config{}).UDP(t.Context(), netip.MustParseAddrPort("127.0.0.1:1"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if n, err := c.Read(make([]byte, 1)); FaultOf(err) != Refused {
		t.Errorf("read of a closed port: %d, %v", n, err)
	}
}

func TestDialerDevice(t *testing.T) {
	_, err := New(Config{Device: "no-such-device"}).TCP(t.Context(), listen(t), time.Second)
	if err == nil {
		t.Error("a device that does not exist was no obstacle")
	}
}
