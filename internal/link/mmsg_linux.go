package link

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// mmsghdr is a struct mmsghdr of sendmmsg(2).
type mmsghdr struct {
	hdr unix.Msghdr
	n   uint32 // bytes sent
}

// train is messages to be sent with one call.
type train struct {
	msgs  []mmsghdr
	iovs  []unix.Iovec
	inet4 []unix.RawSockaddrInet4
	inet6 []unix.RawSockaddrInet6
	n     int
}

// trainLen is how many messages one call sends at most. More of them make
// sending no faster, but hold the packets up that come in meanwhile.
const trainLen = 128

func newTrain() *train {
	t := &train{msgs: make([]mmsghdr, trainLen), iovs: make([]unix.Iovec, trainLen)}
	for i := range t.msgs {
		t.msgs[i].hdr.Iov = &t.iovs[i]
		t.msgs[i].hdr.SetIovlen(1)
	}
	return t
}

// add appends a message, which must not be empty.
func (t *train) add(b []byte) {
	t.iovs[t.n].Base = &b[0]
	t.iovs[t.n].SetLen(len(b))
	t.msgs[t.n].hdr.Name, t.msgs[t.n].hdr.Namelen = nil, 0
	t.n++
}

// to4 gives the last message its destination.
func (t *train) to4(dst [4]byte) {
	if t.inet4 == nil {
		t.inet4 = make([]unix.RawSockaddrInet4, trainLen)
	}
	t.inet4[t.n-1] = unix.RawSockaddrInet4{Family: unix.AF_INET, Addr: dst}
	h := &t.msgs[t.n-1].hdr
	h.Name, h.Namelen = (*byte)(unsafe.Pointer(&t.inet4[t.n-1])), unix.SizeofSockaddrInet4
}

// to6 does it for IPv6; scope is the interface of a link-local address.
func (t *train) to6(dst [16]byte, scope int) {
	if t.inet6 == nil {
		t.inet6 = make([]unix.RawSockaddrInet6, trainLen)
	}
	t.inet6[t.n-1] = unix.RawSockaddrInet6{Family: unix.AF_INET6, Addr: dst, Scope_id: uint32(scope)}
	h := &t.msgs[t.n-1].hdr
	h.Name, h.Namelen = (*byte)(unsafe.Pointer(&t.inet6[t.n-1])), unix.SizeofSockaddrInet6
}

// send hands messages from the given one on to the kernel, and tells how many
// it took before the error, if any.
func (t *train) send(fd, from int) (int, error) {
	n, _, errno := unix.Syscall6(unix.SYS_SENDMMSG, uintptr(fd), uintptr(unsafe.Pointer(&t.msgs[from])), uintptr(t.n-from), unix.MSG_DONTWAIT, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}
