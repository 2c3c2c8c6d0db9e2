package tunnel

import (
	"errors"
	"io"
	"net"
	"os"
)

// stream is a tunnel in which an ended TCP connection reads as io.EOF,
// whether the server said goodbye in TLS or not: most do not.
type stream struct {
	net.Conn // the TLS connection
	raw      net.Conn
}

// Read reads the next bytes from inside the tunnel. Errors are io.EOF, those
// of the deadline, and *Error for the rest.
func (s *stream) Read(b []byte) (int, error) {
	n, err := s.Conn.Read(b)
	switch {
	case err == nil || err == io.EOF || errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, net.ErrClosed):
		return n, err
	case errors.Is(err, io.ErrUnexpectedEOF):
		return n, io.EOF
	}
	return n, failure(err)
}

// Close closes the TCP connection at once. A closing alert could have to wait
// for a peer that does not read.
func (s *stream) Close() error { return s.raw.Close() }
