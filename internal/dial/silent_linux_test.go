package dial

import (
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"
)

// silentPort is a loopback port that does not answer: a listener whose queue
// is full drops further SYNs.
func silentPort(t *testing.T) netip.AddrPort {
	t.Helper()
	l, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(l) })
	if err := unix.Bind(l, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := unix.Listen(l, 0); err != nil {
		t.Fatal(err)
	}
	sa, err := unix.Getsockname(l)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		c, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { unix.Close(c) })
		if err := unix.Connect(c, sa); err != nil && err != unix.EINPROGRESS {
			t.Fatal(err)
		}
	}
	return addrPort(sa)
}

func TestMetItself(t *testing.T) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	sa, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Connect(fd, sa); err != nil {
		t.Fatalf("connect to itself: %v", err)
	}
	if !metItself(fd, addrPort(sa)) {
		t.Error("a socket connected to itself was not recognised")
	}
	if metItself(fd, netip.MustParseAddrPort("127.0.0.1:1")) {
		t.Error("a socket connected elsewhere was believed to have met itself")
	}
}

// Scans of the ports from which connections are made meet themselves now and then.
func TestConnectorNeverFindsItself(t *testing.T) {
	d := New(Config{})
	c, err := newConnector(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	to := netip.AddrPortFrom(netip.MustParseAddr("127.71.5.9"), 0)
	for p := 30000; p < 62000; p++ {
		at := netip.AddrPortFrom(to.Addr(), uint16(p))
		if f := await(t, c, at); f != Refused && await(t, c, at) == Refused {
			t.Fatalf("port %d: %v, then refused", p, f)
		}
	}
}
