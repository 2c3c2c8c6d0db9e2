package service_test

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"sonde/internal/pace"
	"sonde/internal/service"
	"sonde/internal/service/servicetest"
	"sonde/match"
	"sonde/probefile"
	"sonde/result"
)

// rpcProbes know that a port answers RPC calls, and a portmapper by its number.
const rpcProbes = `Probe TCP NULL q||
totalwaitms 1000
Probe TCP GetRequest q|GET / HTTP/1.0\r\n\r\n|
rarity 1
Probe TCP RPCCheck q|\x80\0\0(sond\0\0\0\0\0\0\0\x02\0\x01\x86\xa0\0\0\0h\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0|
rarity 4
match rpcbind m|^\x80\0\0 sond\0\0\0\x01\0{15}\x02(....)(....)$|s v/$I(1,">")-$I(2,">")/ i/RPC #100000/
match rpcbind m|^\x80\0\0.sond\0\0\0\x01|s
`

// rpcServer answers calls to one program, of the versions 2 to 4. It lists
// itself and mountd at port 31667 in a dump.
func rpcServer(c net.Conn, program uint32) error {
	mark := make([]byte, 4)
	for {
		if _, err := io.ReadFull(c, mark); err != nil {
			return err
		}
		call := make([]byte, min(binary.BigEndian.Uint32(mark)&0x7fffffff, 1<<20))
		if _, err := io.ReadFull(c, call); err != nil {
			return err
		}
		word := func(i int) uint32 { return binary.BigEndian.Uint32(call[4*i:]) }
		reply := []uint32{word(0), 1, 0, 0, 0, 1}
		switch {
		case word(3) == program && word(4) == 2 && word(5) == 4:
			reply = append(reply[:5], 0, 1, program, 2, 6, 111, 1, 100005, 3, 6, 31667, 0)
		case word(3) == program:
			reply = append(reply[:5], 2, 2, 2)
		}
		b := binary.BigEndian.AppendUint32(nil, 1<<31|uint32(4*len(reply)))
		for _, w := range reply {
			b = binary.BigEndian.AppendUint32(b, w)
		}
		if _, err := c.Write(b); err != nil {
			return err
		}
	}
}

// TestRPC names the programs behind ports that answer RPC calls.
func TestRPC(t *testing.T) {
	file, err := probefile.Parse("rpc", []byte(rpcProbes))
	if err != nil {
		t.Fatal(err)
	}
	db, err := match.New(file)
	if err != nil {
		t.Fatal(err)
	}
	programs := []service.Program{{Number: 100000, Name: "rpcbind"}, {Number: 100003, Name: "nfs"}, {Number: 100005, Name: "mountd"}}
	serves := func(program uint32) servicetest.Script {
		return servicetest.Script{func(_ context.Context, c net.Conn) error { return rpcServer(c, program) }}
	}
	for _, tt := range []struct {
		name     string
		script   func() servicetest.Script
		programs []service.Program
		want     string
		list     int
	}{
		{"program", func() servicetest.Script { return serves(100005) }, programs, "mountd 2 RPC #100005", 0},
		{"portmapper", func() servicetest.Script { return serves(100000) }, programs, "rpcbind 2-2 RPC #100000", 2},
		{"program without a name", func() servicetest.Script { return serves(390300) }, programs, "rpc 2 RPC #390300", 0},
		{"unknown program", func() servicetest.Script { return serves(77) }, programs, "rpcbind  ", 0},
		{"not asked for", func() servicetest.Script { return serves(100005) }, nil, "rpcbind  ", 0},
		{"one connection at a time", func() servicetest.Script {
			turn := make(chan bool, 1)
			return servicetest.Script{func(ctx context.Context, c net.Conn) error {
				select {
				case turn <- true:
				case <-ctx.Done():
					return ctx.Err()
				}
				defer func() { <-turn }()
				return rpcServer(c, 100005)
			}}
		}, programs, "mountd 2 RPC #100005", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := servicetest.NewNet(t)
				n.Latency = time.Millisecond
				n.Listen(31667, tt.script())
				cfg := service.Config{DB: db, Intensity: 7, Timing: pace.Normal.Timing(), Dialer: n,
					Programs: tt.programs, ProgramRanges: []service.ProgramRange{{First: 390000, Last: 390999}}}
				target := service.Target{Addr: netip.MustParseAddr("192.0.2.1"), Protocol: result.TCP, Port: 31667, State: result.Open}
				var s result.Service
				if err := service.Scan(t.Context(), cfg, []service.Target{target}, func(o service.Outcome) { s = o.Service }); err != nil {
					t.Fatal(err)
				}
				if got := s.Name + " " + s.Version + " " + s.Info; got != tt.want || len(s.RPC) != tt.list {
					t.Errorf("got %q and a list of %d, want %q and %d", got, len(s.RPC), tt.want, tt.list)
				}
			})
		})
	}
}
