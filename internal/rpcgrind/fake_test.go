package rpcgrind

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"sonde/internal/pace"
	"sonde/internal/service/servicetest"
	"sonde/result"
)

// fake is an RPC server. Its answers are written by hand here, so that no
// mistake of the package is made twice.
type fake struct {
	serves map[uint32][2]uint32             // programs and their versions
	answer func(xid, program uint32) []byte // overrides the answer; nil falls back
	signed bool                             // calls without a credential are refused

	mu    sync.Mutex // several connections may be served at a time
	calls int
}

// words makes a message of 32-bit words.
func words(w ...uint32) (b []byte) {
	for _, v := range w {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	return b
}

// Replies of servers, after the transaction number (RFC 5531 section 9).
func unavailable(xid uint32) []byte { return words(xid, 1, 0, 0, 0, 1) }
func mismatch(xid, low, high uint32) []byte {
	return words(xid, 1, 0, 0, 0, 2, low, high)
}
func authError(xid uint32) []byte { return words(xid, 1, 1, 1, 5) } // AUTH_TOOWEAK

// reply answers a call; nil is silence.
func (f *fake) reply(call []byte) []byte {
	if len(call) < 40 {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls++
	word := func(i int) uint32 { return binary.BigEndian.Uint32(call[4*i:]) }
	xid, program := word(0), word(3)
	if f.answer != nil {
		if b := f.answer(xid, program); b != nil {
			return b
		}
	}
	switch v, ok := f.serves[program]; {
	case word(1) != 0 || word(2) != 2:
		return words(xid, 1, 1, 0, 2, 2)
	case f.signed && word(6) == 0:
		return authError(xid)
	case ok && (word(4) < v[0] || word(4) > v[1]):
		return mismatch(xid, v[0], v[1])
	case ok:
		return words(xid, 1, 0, 0, 0, 0)
	}
	return unavailable(xid)
}

// called is how often the server was called.
func (f *fake) called() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls
}

// stream says how a server treats its connections.
type stream struct {
	fragment int  // bytes of each fragment; 0 sends whole records
	first    bool // only the first call of what a read brings is answered
	once     bool // the connection is closed after an answer
	mute     int  // calls after which nothing is said; 0: none
}

// tcp makes a script of the server.
func (f *fake) tcp(how stream) servicetest.Script {
	return servicetest.Script{func(ctx context.Context, c net.Conn) error {
		stop := context.AfterFunc(ctx, func() { c.Close() })
		defer stop()
		var in []byte
		buf := make([]byte, 4096)
		for {
			n, err := c.Read(buf)
			if err != nil {
				return err
			}
			in = append(in, buf[:n]...)
			for len(in) >= 4 && len(in) >= 4+int(binary.BigEndian.Uint32(in)&0x7fffffff) {
				size := 4 + int(binary.BigEndian.Uint32(in)&0x7fffffff)
				reply := f.reply(in[4:size])
				in = in[size:]
				if reply == nil || how.mute > 0 && f.called() > how.mute {
					continue
				}
				if _, err := c.Write(cut(reply, how.fragment)); err != nil {
					return err
				}
				if how.once {
					return io.EOF
				}
				if how.first {
					in = nil
				}
			}
		}
	}}
}

// cut makes a record of fragments.
func cut(reply []byte, size int) (b []byte) {
	if size == 0 {
		size = len(reply)
	}
	for len(reply) > size {
		b = append(append(b, words(uint32(size))...), reply[:size]...)
		reply = reply[size:]
	}
	return append(append(b, words(1<<31|uint32(len(reply)))...), reply...)
}

// udp makes a service of the server that loses a share of the datagrams of
// both directions, and of ours alone after quiet of them.
func (f *fake) udp(loss float64) servicetest.Datagrams {
	random := rand.New(rand.NewPCG(1, 2))
	lost := func() bool { return random.Float64() < loss }
	return func(call []byte) [][]byte {
		if lost() {
			return nil
		}
		reply := f.reply(call)
		if reply == nil || lost() {
			return nil
		}
		return [][]byte{reply}
	}
}

const port = 31000

var target = netip.AddrPortFrom(netip.MustParseAddr("192.0.2.1"), port)

// table is one of 500 named programs and as many without a name.
func table() *Table {
	programs := []Program{{100000, "rpcbind"}, {100003, "nfs"}, {100005, "mountd"}, {100024, "status"}, {100227, "nfs_acl"}}
	for n := uint32(300_000); n < 300_495; n++ {
		programs = append(programs, Program{n, "third-party"})
	}
	return NewTable(programs, []Range{{390_000, 390_499}})
}

// searchTCP searches a stream server in a network in memory.
func searchTCP(t *testing.T, c Config, scripts ...servicetest.Script) Result {
	t.Helper()
	n := servicetest.NewNet(t)
	n.Latency = time.Millisecond
	n.Listen(port, scripts...)
	c.Dial = func(ctx context.Context) (net.Conn, error) { return n.TCP(ctx, target, time.Second) }
	return Search(t.Context(), fill(c))
}

// searchUDP searches a server of datagrams likewise.
func searchUDP(t *testing.T, c Config, s servicetest.Datagrams) Result {
	t.Helper()
	n := servicetest.NewNet(t)
	n.ListenUDP(port, s)
	c.Datagrams = true
	c.Dial = func(ctx context.Context) (net.Conn, error) { return n.UDP(ctx, target) }
	return Search(t.Context(), fill(c))
}

func fill(c Config) Config {
	if c.Table == nil {
		c.Table = table()
	}
	if c.Timing.MaxRTT == 0 {
		c.Timing = pace.Normal.Timing()
	}
	return c
}

// listing words a list, one binding after the other.
func listing(list []result.RPCBinding) string {
	var lines []string
	for _, b := range list {
		lines = append(lines, fmt.Sprintf("%d.%d %s %s %d %s %s", b.Program, b.Version, b.Name, b.Network, b.Port, b.Address, b.Owner))
	}
	return strings.Join(lines, ", ")
}
