// Package tunnel speaks TLS with any server that will, so that version detection can look inside; it trusts nobody and verifies nothing.
package tunnel

import (
	"context"
	"net"
	"time"

	"sonde/internal/pace"
	"sonde/result"
)

// Wait bounds everything that leads to a tunnel: the TCP handshake, the TLS
// handshake, and a second attempt with the other library.
const Wait = 8 * time.Second

// Stack is a TLS implementation.
type Stack uint8

// The stacks, in the order in which they are tried.
const (
	// Modern is crypto/tls: TLS 1.0 to 1.3.
	Modern Stack = iota
	// Legacy is zcrypto: it also has finite-field DHE, and accepts
	// certificates that crypto/x509 cannot read. Only Linux and macOS have it.
	Legacy
)

// String names the library behind the stack.
func (s Stack) String() string {
	if s == Legacy {
		return "zcrypto"
	}
	return "crypto/tls"
}

// Config says what a client tells the server of itself.
type Config struct {
	// ServerName is sent as SNI (RFC 6066). Empty, and an IP address, send none.
	ServerName string
	// ALPN lists protocols to offer (RFC 7301); none sends no extension.
	ALPN []string
	// Stack is the first one that a Client tries, and the one that Handshake uses.
	Stack Stack
}

// Handshake makes a TLS connection on conn with the stack of cfg. The error
// is an *Error unless ctx ended first. What is known of the server is
// returned also with an error: a server that insists on a client certificate
// has shown its own before. On error conn is closed.
func Handshake(ctx context.Context, conn net.Conn, cfg Config) (net.Conn, result.TLS, error) {
	return handshake(ctx, conn, cfg, sessions{})
}

func handshake(ctx context.Context, conn net.Conn, cfg Config, s sessions) (net.Conn, result.TLS, error) {
	shake := modernHandshake
	if cfg.Stack == Legacy {
		shake = legacyHandshake
	}
	out, info, err := shake(ctx, conn, cfg, s)
	info.ServerName = sentName(cfg.ServerName)
	if err != nil {
		conn.Close()
		if ctx.Err() != nil {
			return nil, info, context.Cause(ctx)
		}
		return nil, info, failure(err)
	}
	return out, info, nil
}

// Client makes the TLS connections to one server: it remembers which stack
// the server understands, and the session to resume. It is used by one
// goroutine at a time.
type Client struct {
	cfg      Config
	sessions sessions
	settled  bool // a handshake with cfg.Stack succeeded once
}

// NewClient returns a Client for one server.
func NewClient(cfg Config) *Client {
	return &Client{cfg: cfg, sessions: newSessions()}
}

// Connect dials and makes a TLS connection within Wait. When the first stack
// fails in a way that the other might not, it dials once more. Errors are
// those of dial, of Handshake, or an *Error of kind TimedOut.
func (c *Client) Connect(ctx context.Context, dial func(context.Context) (net.Conn, error)) (net.Conn, result.TLS, error) {
	bounded, cancel := pace.WithTimeout(ctx, Wait)
	defer cancel()
	conn, info, err := c.attempt(bounded, dial)
	if e, ok := asError(err); ok && haveLegacy && !c.settled && e.Kind.other() {
		second := &Client{cfg: c.cfg, sessions: c.sessions}
		second.cfg.Stack = Modern + Legacy - c.cfg.Stack
		conn2, info2, err2 := second.attempt(bounded, dial)
		if err2 == nil {
			c.cfg = second.cfg
			conn, info, err = conn2, info2, nil
		} else if info.Certificate == nil && info2.Certificate != nil {
			info = info2
		}
	}
	if err == nil {
		c.settled = true
		return conn, info, nil
	}
	if ctx.Err() == nil && bounded.Err() != nil {
		err = &Error{Kind: TimedOut, Err: context.DeadlineExceeded}
	}
	return nil, info, err
}

func (c *Client) attempt(ctx context.Context, dial func(context.Context) (net.Conn, error)) (net.Conn, result.TLS, error) {
	conn, err := dial(ctx)
	if err != nil {
		return nil, result.TLS{}, err
	}
	return handshake(ctx, conn, c.cfg, c.sessions)
}

// sentName is the name that goes out as SNI: both stacks leave out addresses.
func sentName(name string) string {
	if net.ParseIP(name) != nil {
		return ""
	}
	return name
}
