package tunnel

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"reflect"
	"strconv"
)

// Kind says in what way a tunnel failed.
type Kind uint8

// The kinds of failure.
const (
	Unspeakable Kind = iota // the server chose, or showed, what the stack cannot handle
	Refused                 // the server sent a fatal alert; see Error.Alert
	NotTLS                  // what came was not TLS
	Closed                  // the connection ended in the middle
	Broken                  // the network failed: reset, unreachable
	TimedOut                // Wait was over
)

var kindNames = [...]string{Unspeakable: "unspeakable", Refused: "alert", NotTLS: "not TLS", Closed: "closed",
	Broken: "network", TimedOut: "timed out"}

// String is the kind in one or two words.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "invalid"
}

// other tells whether the other stack might do better. Old servers often
// just hang up on a hello that they cannot satisfy.
func (k Kind) other() bool { return k == Unspeakable || k == Refused || k == Closed || k == Broken }

// Error is a failure of the tunnel.
type Error struct {
	Kind  Kind
	Alert uint8 // the server's alert (RFC 8446, section 6), for Refused
	Err   error
}

// Error is the kind with its cause.
func (e *Error) Error() string {
	if e.Kind == Refused {
		return "tls: alert " + strconv.Itoa(int(e.Alert)) + ": " + e.Err.Error()
	}
	return "tls: " + e.Kind.String() + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

func asError(err error) (*Error, bool) {
	var e *Error
	ok := errors.As(err, &e)
	return e, ok
}

// failure classifies an error of either stack.
func failure(err error) *Error {
	e := &Error{Kind: Unspeakable, Err: err}
	var op *net.OpError
	var record tls.RecordHeaderError
	switch {
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		e.Kind = Closed
	case errors.Is(err, os.ErrDeadlineExceeded):
		e.Kind = TimedOut
	case errors.As(err, &record) || legacyNotTLS(err):
		e.Kind = NotTLS
	case errors.As(err, &op) && op.Op == "remote error":
		e.Kind, e.Alert = Refused, alertOf(op.Err)
	case errors.As(err, &op) && op.Op != "local error":
		e.Kind = Broken
	}
	return e
}

// alertOf reads the number of an alert; the type that crypto/tls has for it
// is not exported.
func alertOf(err error) uint8 {
	if v := reflect.ValueOf(err); v.Kind() == reflect.Uint8 {
		return uint8(v.Uint())
	}
	return 0
}
