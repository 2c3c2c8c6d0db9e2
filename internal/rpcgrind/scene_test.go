package rpcgrind

import (
	"bytes"
	"context"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sonde/internal/pace"
	"sonde/internal/service/servicetest"
)

// outcome words a result for comparison.
func outcome(r Result) string {
	return strings.TrimSpace(strings.Join([]string{r.Ending.String(), r.Program.Name, r.Versions()}, " "))
}

var nfs = map[uint32][2]uint32{100003: {3, 4}, 100227: {3, 3}}

func TestStreams(t *testing.T) {
	record := func(b []byte) servicetest.Script {
		return servicetest.Script{servicetest.Hear(), servicetest.Say(string(b)), servicetest.Hold()}
	}
	for _, tt := range []struct {
		name    string
		server  *fake
		how     stream
		script  servicetest.Script // instead of the server
		want    string
		calls   int // at most
		virtual time.Duration
	}{
		{name: "early program", server: &fake{serves: nfs}, want: "program found nfs 3-4", calls: 40},
		{name: "one version", server: &fake{serves: map[uint32][2]uint32{100024: {1, 1}}}, want: "program found status 1", calls: 40},
		{name: "late program", server: &fake{serves: map[uint32][2]uint32{300_400: {7, 9}}}, want: "program found third-party 7-9", calls: 700},
		{name: "no name", server: &fake{serves: map[uint32][2]uint32{390_321: {2, 2}}}, want: "program found  2", calls: 1100},
		{name: "none of the table", server: &fake{}, want: "no program of the table", calls: 1001},
		{name: "fragments", server: &fake{serves: nfs}, how: stream{fragment: 3}, want: "program found nfs 3-4", calls: 40},
		{name: "one call a read", server: &fake{serves: nfs}, how: stream{first: true}, want: "program found nfs 3-4", calls: 1100, virtual: 10 * time.Second},
		{name: "one call a connection", server: &fake{serves: map[uint32][2]uint32{300_010: {1, 1}}}, how: stream{once: true},
			want: "program found third-party 1", calls: 60, virtual: time.Second},
		{name: "falls silent", server: &fake{}, how: stream{mute: 5}, want: "no answers", calls: 1100, virtual: time.Minute},
		{name: "any version", server: &fake{answer: func(xid, program uint32) []byte {
			if program == 100005 {
				return words(xid, 1, 0, 0, 0, 0)
			}
			return nil
		}}, want: "program found mountd", calls: 40},
		{name: "anything", server: &fake{answer: func(xid, _ uint32) []byte { return mismatch(xid, 2, 4) }}, want: "claims to serve any program", calls: 20},
		{name: "credential", server: &fake{serves: nfs, signed: true}, want: "program found nfs 3-4", calls: 60},
		{name: "no credential is good enough", server: &fake{answer: func(xid, _ uint32) []byte { return authError(xid) }}, want: "refuses calls", calls: 60},
		{name: "one program refuses", server: &fake{answer: func(xid, program uint32) []byte {
			if program == 300_005 {
				return authError(xid)
			}
			return nil
		}}, want: "program found third-party", calls: 1200},
		{name: "system errors", server: &fake{answer: func(xid, _ uint32) []byte { return words(xid, 1, 0, 0, 0, 5) }}, want: "no program of the table", calls: 1001},
		{name: "foreign RPC", server: &fake{answer: func(xid, _ uint32) []byte { return words(xid, 1, 1, 0, 3, 3) }}, want: "malformed answers", calls: 20},
		{name: "wrong number", server: &fake{answer: func(xid, _ uint32) []byte { return unavailable(xid + 1<<20) }}, want: "malformed answers", calls: 1001, virtual: time.Minute},
		{name: "status out of range", server: &fake{answer: func(xid, _ uint32) []byte { return words(xid, 1, 0, 0, 0, 6) }}, want: "malformed answers", calls: 20},
		{name: "call for an answer", server: &fake{answer: func(xid, _ uint32) []byte { return words(xid, 0, 0, 0, 0, 1) }}, want: "malformed answers", calls: 20},
		{name: "huge verifier", server: &fake{answer: func(xid, _ uint32) []byte { return words(xid, 1, 0, 0, 1<<31, 1) }}, want: "malformed answers", calls: 20},
		{name: "text", script: record([]byte("SSH-2.0-OpenSSH_9.2\r\n")), want: "malformed answers", calls: 20},
		{name: "huge record", script: record(words(1<<31|1<<30, 0, 0)), want: "malformed answers", calls: 20},
		{name: "empty fragments", script: record(make([]byte, 8192)), want: "malformed answers", calls: 20},
		{name: "hangs up", script: servicetest.Script{}, want: "no answers", calls: 20, virtual: time.Second},
		{name: "says nothing", script: servicetest.Script{servicetest.Hold()}, want: "no answers", calls: 20, virtual: 10 * time.Second},
		{name: "slow drip", script: servicetest.Script{drip(cut(unavailable(1), 0))}, want: "no answers", calls: 20, virtual: 10 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				script := tt.script
				if script == nil {
					script = tt.server.tcp(tt.how)
				}
				start := time.Now()
				r := searchTCP(t, Config{}, script)
				if got := outcome(r); got != tt.want {
					t.Errorf("got %q, want %q: %+v", got, tt.want, r)
				}
				limit := max(tt.virtual, 500*time.Millisecond)
				if d := time.Since(start); r.Calls > tt.calls || d > limit {
					t.Errorf("it took %d calls and %v, want at most %d and %v", r.Calls, d, tt.calls, limit)
				}
			})
		})
	}
}

// drip says the same bytes over and over, one every two seconds.
func drip(b []byte) servicetest.Step {
	return func(ctx context.Context, c net.Conn) error {
		for i := 0; ; i = (i + 1) % len(b) {
			if err := pace.Sleep(ctx, 2*time.Second); err != nil {
				return err
			}
			if _, err := c.Write(b[i : i+1]); err != nil {
				return err
			}
		}
	}
}

func TestDatagrams(t *testing.T) {
	for _, tt := range []struct {
		name    string
		server  *fake
		loss    float64
		want    string
		virtual time.Duration // at most
	}{
		{name: "early program", server: &fake{serves: nfs}, want: "program found nfs 3-4", virtual: 100 * time.Millisecond},
		{name: "none of the table", server: &fake{}, want: "no program of the table", virtual: time.Second},
		{name: "loss, early program", server: &fake{serves: nfs}, loss: 0.1, want: "program found nfs 3-4", virtual: 5 * time.Second},
		{name: "loss, late program", server: &fake{serves: map[uint32][2]uint32{390_400: {1, 1}}}, loss: 0.1, want: "program found  1", virtual: 30 * time.Second},
		{name: "loss, none of the table", server: &fake{}, loss: 0.1, want: "no program of the table", virtual: 30 * time.Second},
		{name: "heavy loss", server: &fake{serves: nfs}, loss: 0.4, want: "program found nfs 3-4", virtual: 30 * time.Second},
		{name: "silence", server: &fake{}, loss: 1, want: "no answers", virtual: 10 * time.Second},
		{name: "unknown programs get no answer", server: &fake{answer: func(xid, program uint32) []byte {
			if program == 100003 {
				return mismatch(xid, 2, 3)
			}
			return []byte{}
		}}, want: "program found nfs 2-3", virtual: 10 * time.Second},
		{name: "anything", server: &fake{answer: func(xid, _ uint32) []byte { return mismatch(xid, 2, 4) }}, want: "claims to serve any program", virtual: time.Second},
		{name: "credential", server: &fake{serves: nfs, signed: true}, want: "program found nfs 3-4", virtual: time.Second},
		{name: "garbage", server: &fake{answer: func(uint32, uint32) []byte { return []byte("garbage") }}, want: "malformed answers", virtual: 10 * time.Second},
		{name: "wrong number", server: &fake{answer: func(xid, _ uint32) []byte { return unavailable(^xid) }}, want: "malformed answers", virtual: 10 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				r := searchUDP(t, Config{}, tt.server.udp(tt.loss))
				if got := outcome(r); got != tt.want {
					t.Errorf("got %q, want %q: %+v", got, tt.want, r)
				}
				if d := time.Since(start); d > tt.virtual {
					t.Errorf("it took %v, want at most %v: %+v", d, tt.virtual, r)
				}
			})
		})
	}
}

// TestClosedPort sends datagrams to a port where nobody listens.
func TestClosedPort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		if r := searchUDP(t, Config{}, nil); r.Ending != Silent {
			t.Errorf("got %+v", r)
		}
	})
}

// TestHints wants one call for a port that a portmapper names, and the control.
func TestHints(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := fake{serves: nfs}
		r := searchTCP(t, Config{Hints: []uint32{100003, 100227}}, f.tcp(stream{}))
		if got := outcome(r); got != "program found nfs 3-4" || r.Calls > 3 {
			t.Errorf("got %q after %d calls", got, r.Calls)
		}
		r = searchTCP(t, Config{Hints: []uint32{100021}}, f.tcp(stream{})) // a portmapper may be wrong
		if got := outcome(r); got != "program found nfs 3-4" {
			t.Errorf("got %q after a wrong hint", got)
		}
	})
}

// TestRate measures the pace of a search.
func TestRate(t *testing.T) {
	for _, tt := range []struct {
		template pace.Template
		most     float64 // of the user; 0: none
		least    time.Duration
		longest  time.Duration
	}{
		{pace.Normal, 0, 95 * time.Millisecond, 150 * time.Millisecond}, // 1,001 calls at 10,000 a second
		{pace.Aggressive, 0, 45 * time.Millisecond, 90 * time.Millisecond},
		{pace.Polite, 0, 4900 * time.Millisecond, 5500 * time.Millisecond},
		{pace.Normal, 100, 9900 * time.Millisecond, 10500 * time.Millisecond},
		{pace.Paranoid, 0, 190 * time.Second, 210 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			f := fake{}
			timing := tt.template.Timing()
			timing.MaxRate = tt.most
			r := searchUDP(t, Config{Timing: timing}, f.udp(0))
			if r.Ending != Unlisted || r.Elapsed < tt.least || r.Elapsed > tt.longest {
				t.Errorf("%v, at most %v calls a second: %v after %v, want %v to %v", tt.template, tt.most, r.Ending, r.Elapsed, tt.least, tt.longest)
			}
		})
	}
}

// TestEnd cancels a search in its middle.
func TestEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := fake{}
		n := servicetest.NewNet(t)
		n.Listen(port, f.tcp(stream{}))
		ctx, cancel := context.WithCancel(t.Context())
		calls := 0
		f.answer = func(uint32, uint32) []byte {
			if calls++; calls == 50 {
				cancel()
			}
			return nil
		}
		r := Search(ctx, fill(Config{Dial: func(ctx context.Context) (net.Conn, error) { return n.TCP(ctx, target, time.Second) }}))
		if r.Ending != OutOfTime || r.Calls > 200 {
			t.Errorf("got %+v", r)
		}
	})
}

func TestPortmapper(t *testing.T) {
	two := words(1, 100000, 2, 6, 111, 1, 100003, 3, 17, 2049, 1, 7, 1, 132, 9, 0)
	four := bytes.Join([][]byte{
		words(1, 100003, 4, 3), []byte("tcp\x00"), words(11), []byte("0.0.0.0.8.1\x00"), words(9), []byte("superuser\x00\x00\x00"),
		words(1, 100003, 3, 4), []byte("udp6"), words(6), []byte("::.8.1\x00\x00"), words(1), []byte("\x1b\x00\x00\x00"),
		words(1, 100000, 4, 5), []byte("local\x00\x00\x00"), words(17), []byte("/run/rpcbind.sock\x00\x00\x00"), words(0), words(0)}, nil)
	server := func(dumps map[uint32][]byte) *fake {
		return &fake{answer: func(xid, program uint32) []byte {
			if program != Portmapper {
				return nil
			}
			return append(words(xid, 1, 0, 0, 0, 0), dumps[0]...)
		}}
	}
	for _, tt := range []struct {
		name string
		high uint32
		dump []byte
		want string
	}{
		{"version 2", 2, two, "100000.2 rpcbind tcp 111  , 100003.3 nfs udp 2049  , 7.1  132 9  "},
		{"version 4", 4, four, "100003.4 nfs tcp 2049 0.0.0.0.8.1 superuser, 100003.3 nfs udp6 2049 ::.8.1 ., 100000.4 rpcbind local 0 /run/rpcbind.sock "},
	} {
		for _, network := range []string{"tcp", "udp"} {
			t.Run(tt.name+" "+network, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					f := server(map[uint32][]byte{0: tt.dump})
					n := servicetest.NewNet(t)
					n.Listen(port, f.tcp(stream{fragment: 5}))
					n.ListenUDP(port, f.udp(0.3))
					c := Config{Datagrams: network == "udp", Dial: func(ctx context.Context) (net.Conn, error) {
						if network == "udp" {
							return n.UDP(ctx, target)
						}
						return n.TCP(ctx, target, time.Second)
					}}
					list, err := List(t.Context(), fill(c), tt.high, tt.high)
					if got := listing(list); err != nil || got != tt.want {
						t.Errorf("got %q, %v\nwant %q", got, err, tt.want)
					}
				})
			})
		}
	}
}
