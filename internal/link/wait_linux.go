package link

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// bell is an eventfd that wakes a poll when a context is done.
type bell struct{ fd int }

func newBell() (bell, error) {
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return bell{}, fmt.Errorf("make an event descriptor: %w", err)
	}
	return bell{fd}, nil
}

// wait waits until fd can be read, the given moment comes (never if zero) or
// ctx is done.
func (b bell) wait(ctx context.Context, fd int, until time.Time) error {
	rung := make(chan struct{})
	unhook := context.AfterFunc(ctx, func() {
		defer close(rung)
		_, _ = unix.Write(b.fd, []byte{1, 0, 0, 0, 0, 0, 0, 0})
	})
	err := poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}, {Fd: int32(b.fd), Events: unix.POLLIN}}, until)
	if !unhook() {
		<-rung
		var count [8]byte
		_, _ = unix.Read(b.fd, count[:]) // silent for the next wait
	}
	if err != nil {
		return fmt.Errorf("wait for packets: %w", err)
	}
	return ctx.Err()
}

// poll is ppoll(2) that goes on after signals.
func poll(fds []unix.PollFd, until time.Time) error {
	for {
		var timeout *unix.Timespec
		if !until.IsZero() {
			ts := unix.NsecToTimespec(max(0, time.Until(until)).Nanoseconds())
			timeout = &ts
		}
		if _, err := unix.Ppoll(fds, timeout, nil); err != unix.EINTR {
			return err
		}
	}
}

func (b bell) close() { _ = unix.Close(b.fd) }
