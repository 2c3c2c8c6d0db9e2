package service

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"

	"sonde/internal/tunnel"
)

func TestEndings(t *testing.T) {
	op := func(err error) error {
		return &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", err)}
	}
	for _, tt := range []struct {
		err  error
		want ending
	}{
		{io.EOF, closed},
		{&net.OpError{Op: "read", Err: os.ErrDeadlineExceeded}, quiet},
		{op(syscall.ECONNRESET), reset}, {op(syscall.ECONNREFUSED), reset}, {op(syscall.ECONNABORTED), reset},
		{op(syscall.EPIPE), broken}, {op(syscall.EPROTO), broken}, {op(syscall.ENOPROTOOPT), broken}, {op(syscall.EMSGSIZE), broken},
		{op(syscall.EOPNOTSUPP), broken}, {op(syscall.ENETRESET), broken}, {op(syscall.EIO), broken},
		{&tunnel.Error{Kind: tunnel.Refused, Err: errors.New("alert")}, broken},
		{op(syscall.EHOSTUNREACH), lost}, {op(syscall.ENETUNREACH), lost}, {op(syscall.ENETDOWN), lost}, {op(syscall.EHOSTDOWN), lost},
		{op(syscall.ETIMEDOUT), lost}, {errors.New("surprise"), lost},
	} {
		if got := endingOf(tt.err); got != tt.want {
			t.Errorf("%v: got %d, want %d", tt.err, got, tt.want)
		}
	}
}
