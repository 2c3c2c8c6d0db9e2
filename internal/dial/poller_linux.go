package dial

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// poller waits for events of many descriptors with epoll, and for the end of a
// context. Its context's end comes through a descriptor too.
type poller struct {
	ctx    context.Context
	ep     int
	bell   int // eventfd that rings when ctx is done
	unhook func() bool
	rung   chan struct{} // closed when the ringing is over
	events []unix.EpollEvent
}

// bellTag marks events of the bell among those of slots.
const bellTag = -1

func newPoller(ctx context.Context) (*poller, error) {
	ep, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("make an epoll instance: %w", err)
	}
	bell, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		_ = unix.Close(ep)
		return nil, fmt.Errorf("make an event descriptor: %w", err)
	}
	p := &poller{ctx: ctx, ep: ep, bell: bell, rung: make(chan struct{}), events: make([]unix.EpollEvent, 128)}
	if err := p.add(bell, bellTag, unix.EPOLLIN); err != nil {
		_ = unix.Close(bell)
		_ = unix.Close(ep)
		return nil, fmt.Errorf("watch the event descriptor: %w", err)
	}
	p.unhook = context.AfterFunc(ctx, func() {
		defer close(p.rung)
		_, _ = unix.Write(bell, []byte{1, 0, 0, 0, 0, 0, 0, 0})
	})
	return p, nil
}

// add registers a descriptor; wait names it by its tag.
func (p *poller) add(fd, tag int, events uint32) error {
	ev := unix.EpollEvent{Events: events, Fd: int32(tag)}
	return unix.EpollCtl(p.ep, unix.EPOLL_CTL_ADD, fd, &ev)
}

// wait hands over what happened, after waiting as Poll of a connector does.
func (p *poller) wait(until time.Time, got func(tag int, events uint32)) error {
	for {
		n, err := unix.EpollWait(p.ep, p.events, milliseconds(until))
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return fmt.Errorf("wait for events: %w", err)
		}
		for _, ev := range p.events[:n] {
			if ev.Fd != bellTag {
				got(int(ev.Fd), ev.Events)
			}
		}
		return p.ctx.Err()
	}
}

// milliseconds is the time left for epoll: rounded up, lest it spin through
// the last part of a millisecond; -1 for ever.
func milliseconds(until time.Time) int {
	if until.IsZero() {
		return -1
	}
	left := time.Until(until)
	if left <= 0 {
		return 0
	}
	return int(min((left+time.Millisecond-1)/time.Millisecond, 1<<30))
}

func (p *poller) close() error {
	if !p.unhook() {
		<-p.rung // the bell must not be closed while it is rung
	}
	err := unix.Close(p.bell)
	if e := unix.Close(p.ep); e != nil {
		err = e
	}
	return err
}
