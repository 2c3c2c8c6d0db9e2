package rpcgrind

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"sonde/internal/pace"
	"sonde/result"
)

// Portmapper is the program of portmappers and rpcbind, in the versions 2 (RFC
// 1833 section 3), 3 and 4 (section 2).
const Portmapper = 100000

const (
	procDump = 4 // in all three versions

	maxList    = 1 << 20 // bytes of a list
	maxEntries = 4096    // real ones have a few dozen
	maxText    = 1024    // bytes of a network, address or owner
)

// protocolNames are those of protocol numbers in version 2.
var protocolNames = map[uint32]string{6: "tcp", 17: "udp"}

// List asks a portmapper for all that it knows, in the highest version from low to
// high that it answers to; 0 and 0 try all three. Names come from the table.
func List(ctx context.Context, c Config, low, high uint32) ([]result.RPCBinding, error) {
	if low == 0 && high == 0 {
		low, high = 2, 4
	}
	conn, err := c.Dial(ctx)
	if err != nil {
		return nil, fmt.Errorf("connect to portmapper: %w", err)
	}
	defer closeWith(ctx, conn)()
	err = fmt.Errorf("portmapper has the versions %d to %d only", low, high)
	for v := min(high, 4); v >= max(low, 2); v-- {
		var reply Reply
		if reply, err = ask(ctx, &c, conn, v); err != nil {
			return nil, fmt.Errorf("ask portmapper for its list: %w", err)
		}
		if reply.Status != Success {
			err = fmt.Errorf("list in version %d: %v", v, reply.Status)
			continue
		}
		list, e := DecodeList(reply.Results, v)
		for i := range list {
			list[i].Name = c.Table.Name(list[i].Program)
		}
		return list, e
	}
	return nil, err
}

// listTries is how often a portmapper is asked by datagram.
const listTries = 6

var errSilent = errors.New("no answer")

// ask makes one call, and repeats it with growing patience where datagrams may be lost.
func ask(ctx context.Context, c *Config, conn net.Conn, version uint32) (reply Reply, err error) {
	w := newWire(conn, c.Datagrams, maxList)
	question := call{xid: rand.Uint32(), program: Portmapper, version: version, procedure: procDump}
	answered, wait, tries := false, leastPatience, 1
	if c.Datagrams {
		wait, tries = max(c.Timing.MinRTT, 100*time.Millisecond), listTries
	}
	for range tries {
		if err := errors.Join(w.put(question), w.send()); err != nil && !c.Datagrams {
			return Reply{}, err
		}
		for until := pace.Deadline(wait); !answered; {
			e := w.receive(until, func(message []byte) {
				if r, bad := DecodeReply(message); bad == nil && r.XID == question.xid {
					r.Results = append([]byte(nil), r.Results...)
					reply, answered = r, true
				}
			})
			if errors.Is(e, os.ErrDeadlineExceeded) || e != nil && c.Datagrams && ctx.Err() == nil {
				break
			}
			if e != nil && !answered {
				return Reply{}, e
			}
		}
		if answered {
			return reply, nil
		}
		wait *= 2
	}
	return Reply{}, errSilent
}

// DecodeList reads the results of a dump call to a portmapper of version 2, or
// an rpcbind of version 3 or 4. The error tells that the list broke off; what
// came before it is good.
func DecodeList(b []byte, version uint32) (list []result.RPCBinding, err error) {
	r := reader{rest: b}
	for r.uint32() == 1 {
		if len(list) == maxEntries {
			return list, fmt.Errorf("list has more than %d entries", maxEntries)
		}
		var e result.RPCBinding
		e.Program, e.Version = r.uint32(), r.uint32()
		if version == 2 {
			protocol, port := r.uint32(), r.uint32()
			e.Network, e.Port = protocolNames[protocol], uint16(port)
			if e.Network == "" {
				e.Network = strconv.FormatUint(uint64(protocol), 10)
			}
		} else {
			e.Network, e.Address, e.Owner = r.text(), r.text(), r.text()
			e.Port = universalPort(e.Network, e.Address)
		}
		if r.spoilt {
			break
		}
		list = append(list, e)
	}
	if r.spoilt {
		return list, errTruncated
	}
	return list, nil
}

// text takes a string that may be shown: every byte that is not printable
// ASCII becomes a dot.
func (r *reader) text() string {
	return strings.Map(func(c rune) rune {
		if c < ' ' || c > '~' {
			return '.'
		}
		return c
	}, string(r.opaque(maxText)))
}

// universalPort reads the port at the end of a universal address (RFC 5665
// section 5.2.3): its high and its low byte, each after a dot. It is 0 for
// networks without ports.
func universalPort(network, address string) uint16 {
	if !strings.HasPrefix(network, "tcp") && !strings.HasPrefix(network, "udp") && !strings.HasPrefix(network, "sctp") {
		return 0
	}
	rest, low, ok := cutLast(address)
	_, high, ok2 := cutLast(rest)
	h, err := strconv.ParseUint(high, 10, 8)
	l, err2 := strconv.ParseUint(low, 10, 8)
	if !ok || !ok2 || err != nil || err2 != nil {
		return 0
	}
	return uint16(h<<8 | l)
}

// cutLast cuts a text at its last dot.
func cutLast(s string) (before, after string, ok bool) {
	i := strings.LastIndexByte(s, '.')
	if i < 0 {
		return "", s, false
	}
	return s[:i], s[i+1:], true
}

// Listed gives the programs that a list names for a port, in ascending
// order, as hints for a search.
func Listed(list []result.RPCBinding, protocol result.Protocol, port uint16) (programs []uint32) {
	for _, b := range list {
		if b.Port == port && strings.TrimSuffix(b.Network, "6") == protocol.String() && !slices.Contains(programs, b.Program) {
			programs = append(programs, b.Program)
		}
	}
	slices.Sort(programs)
	return programs
}
