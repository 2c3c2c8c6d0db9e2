package link

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"sonde/internal/pace"
)

// Sender sends packets on sockets of its own, so that several goroutines can
// send at once, each with one. It is not safe for concurrent use but for Stats.
type Sender struct {
	device string         // sockets for IP packets are bound to it
	frames map[int]socket // by index of the interface
	bare   [2]socket      // for IPv4 and IPv6
	train  *train

	mu    sync.Mutex
	stats Stats
}

// socket is a socket to send on; fd is 0 if there is none.
type socket struct {
	fd     int
	framed bool
}

func newSender(device string) *Sender {
	return &Sender{device: device, frames: map[int]socket{}, train: newTrain()}
}

// Sender makes a sender for another goroutine. Its owner closes it.
func (l *Link) Sender() (*Sender, error) { return newSender(l.config.Device), nil }

// Send sends the packets of a batch, as Wire says.
func (s *Sender) Send(b *Batch) (int, error) {
	sent := 0
	for i := 0; i < len(b.items); {
		sock, err := s.socketFor(b, i)
		if err != nil {
			return sent, err
		}
		next := s.load(b, i, sock)
		n, err := s.flush(sock)
		sent += n
		if err != nil {
			return sent, err
		}
		i = next
	}
	return sent, nil
}

// load puts packets from number i on into the train, as long as they go the
// same way, and tells where it stopped.
func (s *Sender) load(b *Batch, i int, sock socket) int {
	first, t := b.items[i].path, s.train
	t.n = 0
	for ; i < len(b.items) && t.n < trainLen; i++ {
		it := &b.items[i]
		if it.path != first && !sameSocket(it.path, first) {
			break
		}
		t.add(b.buf[it.start:it.end])
		switch packet := b.buf[it.ip:it.end]; {
		case sock.framed:
		case packet[0]>>4 == 4 && len(packet) >= 20:
			t.to4([4]byte(packet[16:20]))
		case len(packet) >= 40:
			t.to6([16]byte(packet[24:40]), it.path.Interface.Index)
		}
	}
	return i
}

func sameSocket(a, b *Path) bool {
	if a.Framed || b.Framed {
		return a.Framed == b.Framed && a.Interface.Index == b.Interface.Index
	}
	return a.Src.Is4() == b.Src.Is4()
}

// How long packets wait for a full queue of the kernel or the network card to
// empty before they are given up, and between two looks.
const (
	fullWait = 100 * time.Microsecond
	fullMost = 200 * time.Millisecond
)

// flush sends the train. Packets that the system refuses are counted and left out.
func (s *Sender) flush(sock socket) (sent int, err error) {
	refused, waited := 0, time.Duration(0)
	var refusal error
	for at := 0; at < s.train.n; {
		n, err := s.train.send(sock.fd, at)
		at += n
		sent += n
		switch {
		case err == nil:
			waited = 0
		case errors.Is(err, unix.EINTR):
		case full(err) && waited < fullMost:
			_ = pace.Sleep(context.Background(), fullWait)
			waited += fullWait
		case errors.Is(err, unix.ENETDOWN), errors.Is(err, unix.ENXIO), errors.Is(err, unix.ENODEV), errors.Is(err, unix.EBADF):
			s.count(sent, s.train.n-sent, err)
			return sent, fmt.Errorf("send packets: %w", err)
		default:
			refused++
			refusal = err
			at++
		}
	}
	s.count(sent, refused, refusal)
	return sent, nil
}

// full tells whether an error may go away by itself.
func full(err error) bool { return errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.ENOBUFS) }

func (s *Sender) count(sent, refused int, refusal error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.Sent += uint64(sent)
	s.stats.Refused += uint64(refused)
	if refusal != nil {
		s.stats.Refusal = refusal
	}
}

// Stats counts what was sent and refused.
func (s *Sender) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stats
}

// socketFor finds or opens the socket for packet i.
func (s *Sender) socketFor(b *Batch, i int) (socket, error) {
	p := b.items[i].path
	if p.Framed {
		if sock, ok := s.frames[p.Interface.Index]; ok {
			return sock, nil
		}
		sock, err := openFrames(p.Interface)
		if err == nil {
			s.frames[p.Interface.Index] = sock
		}
		return sock, err
	}
	family := 0
	if !p.Src.Is4() {
		family = 1
	}
	if s.bare[family].fd == 0 {
		sock, err := openBare(family, s.device)
		if err != nil {
			return sock, err
		}
		s.bare[family] = sock
	}
	return s.bare[family], nil
}

// sendBuffer is how many bytes may be under way to the network card.
const sendBuffer = 4 << 20

// openFrames opens a socket that puts Ethernet frames on an interface, past
// its queueing discipline: a scan paces itself. It receives nothing.
func openFrames(i *Interface) (socket, error) {
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return socket{}, opening("a packet socket", err)
	}
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF, sendBuffer)
	_ = unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_QDISC_BYPASS, 1) // only for speed
	if err := unix.Bind(fd, &unix.SockaddrLinklayer{Ifindex: i.Index}); err != nil {
		_ = unix.Close(fd)
		return socket{}, fmt.Errorf("bind a packet socket to %s: %w", i.Name, err)
	}
	return socket{fd, true}, nil
}

// openBare opens a socket that takes whole IP packets (raw(7), IPPROTO_RAW)
// and leaves the rest of the way to the kernel.
func openBare(family int, device string) (socket, error) {
	domain := []int{unix.AF_INET, unix.AF_INET6}[family]
	fd, err := unix.Socket(domain, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.IPPROTO_RAW)
	if err != nil {
		return socket{}, opening("a raw socket", err)
	}
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF, sendBuffer)
	if family == 0 {
		err = unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_HDRINCL, 1)
	} else {
		err = unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_HDRINCL, 1)
	}
	if err == nil && device != "" {
		err = unix.BindToDevice(fd, device)
	}
	if err != nil {
		_ = unix.Close(fd)
		return socket{}, fmt.Errorf("set up a raw socket: %w", err)
	}
	return socket{fd, false}, nil
}

// opening says why a socket could not be opened; a lack of rights is told as such.
func opening(what string, err error) error {
	if errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES) {
		err = ErrRights
	}
	return fmt.Errorf("open %s: %w", what, err)
}

// Close closes the sockets.
func (s *Sender) Close() error {
	var first error
	note := func(sock socket) {
		if sock.fd == 0 {
			return
		}
		if err := unix.Close(sock.fd); err != nil && first == nil {
			first = fmt.Errorf("close a raw socket: %w", err)
		}
	}
	for _, sock := range s.frames {
		note(sock)
	}
	note(s.bare[0])
	note(s.bare[1])
	clear(s.frames)
	s.bare = [2]socket{}
	return first
}
