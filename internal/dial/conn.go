package dial

import (
	"net"
	"sync"
)

// tcpConn gives its place in the budget back when it is closed.
type tcpConn struct {
	*net.TCPConn
	budget *budget
	once   sync.Once
}

// Close closes the connection. Later calls report that it is closed.
func (c *tcpConn) Close() error {
	err := c.TCPConn.Close()
	c.once.Do(c.budget.release)
	return err
}

// udpConn gives its place in the budget back when it is closed.
type udpConn struct {
	*net.UDPConn
	budget *budget
	once   sync.Once
}

// Close closes the socket. Later calls report that it is closed.
func (c *udpConn) Close() error {
	err := c.UDPConn.Close()
	c.once.Do(c.budget.release)
	return err
}

// Abort closes a connection and, for TCP, tells the peer so with a reset: no
// data lingers, and no port of this machine stays in TIME-WAIT (RFC 9293
// section 3.10.4).
func Abort(c net.Conn) error {
	if t, ok := c.(interface{ SetLinger(int) error }); ok {
		_ = t.SetLinger(0) // an old connection may be gone already
	}
	return c.Close()
}

func abort(c net.Conn) { _ = Abort(c) }
