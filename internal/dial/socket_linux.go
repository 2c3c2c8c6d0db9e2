package dial

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"

	"golang.org/x/sys/unix"
)

// familyOf is 0 for IPv4 and 1 for IPv6.
func familyOf(a netip.Addr) int {
	if a.Is4() || a.Is4In6() {
		return 0
	}
	return 1
}

// rawSocket makes a non-blocking socket of a type for targets like to, bound
// and set up as the configuration says. Closing it resets a connection.
func (c Config) rawSocket(kind int, to netip.Addr) (int, error) {
	v6 := familyOf(to) == 1
	domain := unix.AF_INET
	if v6 {
		domain = unix.AF_INET6
	}
	fd, err := unix.Socket(domain, kind|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("make a socket: %w", err)
	}
	if err := c.setUp(fd, kind, v6); err != nil {
		_ = unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

func (c Config) setUp(fd, kind int, v6 bool) error {
	if kind == unix.SOCK_STREAM {
		if err := unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1}); err != nil {
			return fmt.Errorf("set linger: %w", err)
		}
	}
	if err := c.prepare(uintptr(fd), v6); err != nil {
		return err
	}
	if !c.Source.IsValid() || (familyOf(c.Source) == 1) != v6 {
		return nil
	}
	// The port is chosen by connect(), which knows the target and so can give
	// one port to many sockets. Kernels before 4.2 lack the option and choose now.
	_ = unix.SetsockoptInt(fd, unix.SOL_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
	if err := unix.Bind(fd, sockaddr(netip.AddrPortFrom(c.Source, 0))); err != nil {
		return fmt.Errorf("send from %v: %w", c.Source, err)
	}
	return nil
}

// sockaddr is an address for a system call.
func sockaddr(a netip.AddrPort) unix.Sockaddr {
	if familyOf(a.Addr()) == 0 {
		return &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
	}
	return &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16(), ZoneId: zoneID(a.Addr())}
}

// addrPort is the reverse of sockaddr, without the zone.
func addrPort(sa unix.Sockaddr) netip.AddrPort {
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port))
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(sa.Addr), uint16(sa.Port))
	}
	return netip.AddrPort{}
}

// zoneID is the number of the interface in an address's zone, 0 if none.
func zoneID(a netip.Addr) uint32 {
	zone := a.Zone()
	if zone == "" {
		return 0
	}
	if n, err := strconv.ParseUint(zone, 10, 32); err == nil {
		return uint32(n)
	}
	if ifc, err := net.InterfaceByName(zone); err == nil {
		return uint32(ifc.Index)
	}
	return 0
}

// metItself tells whether a connected socket is its own peer.
func metItself(fd int, to netip.AddrPort) bool {
	sa, err := unix.Getsockname(fd)
	if err != nil {
		return false
	}
	local := addrPort(sa)
	return local.Port() == to.Port() && local.Addr() == to.Addr().Unmap().WithZone("")
}
