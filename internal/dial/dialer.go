// Package dial makes TCP and UDP connections the way a scanner needs them: from a chosen source, within the limits of the system, and with faults that read the same everywhere.
package dial

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"

	"sonde/internal/pace"
)

// errSelfConnect is a connection that met itself: a loopback connect() to a
// port that the system had just chosen as our own source port. Nobody listens there.
var errSelfConnect = errors.New("connected to itself")

// Config says how connections are made. The zero value leaves all to the system.
type Config struct {
	Source  netip.Addr // local address; used for targets of its family
	Device  string     // network interface to send from; Linux only
	TTL     int        // time to live or hop limit of what is sent; 0 for the system's
	MaxOpen int        // descriptors that may be open at a time; 0 for what the system allows
}

// Dialer makes connections. It is safe for concurrent use.
type Dialer struct {
	config Config
	budget *budget
}

// spareFiles are descriptors left to the rest of the program: output files,
// the resolver, the runtime's own.
const spareFiles = 10

// New makes a Dialer.
func New(c Config) *Dialer {
	open := max(1, fileLimit()-spareFiles)
	if c.MaxOpen > 0 {
		open = min(open, c.MaxOpen)
	}
	return &Dialer{config: c, budget: newBudget(open)}
}

// MaxOpen is how many connections may be open at a time.
func (d *Dialer) MaxOpen() int { return d.budget.ceiling }

// selfConnectTries is how often a connection that met itself is made anew: the
// next one gets another source port, so that a third meeting does not happen.
const selfConnectTries = 3

// TCP connects to an address within timeout (none if zero), which starts when
// a descriptor is free. The connection holds a place in the budget until it is
// closed. FaultOf reads the error.
func (d *Dialer) TCP(ctx context.Context, to netip.AddrPort, timeout time.Duration) (net.Conn, error) {
	for range selfConnectTries {
		c, err := d.open(ctx, "tcp", to, timeout)
		if err != nil {
			return nil, err
		}
		if c.LocalAddr().String() != c.RemoteAddr().String() {
			return &tcpConn{TCPConn: c.(*net.TCPConn), budget: d.budget}, nil
		}
		d.discard(c)
	}
	return nil, fmt.Errorf("connect to %v: %w", to, errSelfConnect)
}

// UDP makes a socket that is connected to an address, so that ICMP errors
// reach it (RFC 1122 section 4.1.3.3). It sends nothing. The connection holds a place in the
// budget until it is closed.
func (d *Dialer) UDP(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	c, err := d.open(ctx, "udp", to, 0)
	if err != nil {
		return nil, err
	}
	return &udpConn{UDPConn: c.(*net.UDPConn), budget: d.budget}, nil
}

// open makes a connection within the budget.
func (d *Dialer) open(ctx context.Context, network string, to netip.AddrPort, timeout time.Duration) (net.Conn, error) {
	if err := d.budget.acquire(ctx); err != nil {
		return nil, fmt.Errorf("wait for a free descriptor: %w", err)
	}
	return d.openTaken(ctx, network, to, timeout)
}

// openTaken is open with a place in the budget that was taken already. When
// the system has fewer descriptors than the budget believed, the budget
// shrinks and the connection waits for its turn.
func (d *Dialer) openTaken(ctx context.Context, network string, to netip.AddrPort, timeout time.Duration) (net.Conn, error) {
	nd := net.Dialer{Timeout: timeout, KeepAlive: -1, LocalAddr: d.local(network, to.Addr()), ControlContext: d.control()}
	nd.SetMultipathTCP(false)
	for {
		c, err := nd.DialContext(ctx, network, to.String())
		if err == nil {
			d.budget.opened()
			return c, nil
		}
		if FaultOf(err) != TooManyFiles {
			d.budget.release()
			return nil, err
		}
		if err := d.awaitDescriptor(ctx); err != nil {
			return nil, err
		}
		if err := d.budget.acquire(ctx); err != nil {
			return nil, fmt.Errorf("wait for a free descriptor: %w", err)
		}
	}
}

// descriptorPause is how long to wait when the system has no descriptor left
// although none of the budget is open: others must close theirs first.
const descriptorPause = 20 * time.Millisecond

func (d *Dialer) awaitDescriptor(ctx context.Context) error {
	if d.budget.exhausted() {
		return nil
	}
	return pace.Sleep(ctx, descriptorPause)
}

// discard closes a connection of open that nobody will use.
func (d *Dialer) discard(c net.Conn) {
	abort(c)
	d.budget.release()
}

// local is the address to send from, nil for the system's choice.
func (d *Dialer) local(network string, to netip.Addr) net.Addr {
	src := d.config.Source
	if !src.IsValid() || src.Unmap().Is4() != to.Unmap().Is4() {
		return nil
	}
	if network == "udp" {
		return net.UDPAddrFromAddrPort(netip.AddrPortFrom(src, 0))
	}
	return net.TCPAddrFromAddrPort(netip.AddrPortFrom(src, 0))
}

// control sets what a socket needs before it connects, nil if nothing.
func (d *Dialer) control() func(context.Context, string, string, syscall.RawConn) error {
	if d.config.Device == "" && d.config.TTL == 0 {
		return nil
	}
	return func(_ context.Context, network, _ string, raw syscall.RawConn) error {
		var err error
		if e := raw.Control(func(fd uintptr) { err = d.config.prepare(fd, network[len(network)-1] == '6') }); e != nil {
			return e
		}
		return err
	}
}

// prepare sets the options of a fresh socket.
func (c Config) prepare(fd uintptr, v6 bool) error {
	if c.Device != "" {
		if err := bindDevice(fd, c.Device); err != nil {
			return fmt.Errorf("send from device %s: %w", c.Device, err)
		}
	}
	if c.TTL != 0 {
		if err := setTTL(fd, v6, c.TTL); err != nil {
			return fmt.Errorf("set time to live %d: %w", c.TTL, err)
		}
	}
	return nil
}
