package resolve

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"

	"sonde/result"
)

// serve runs a name server on a loopback port for as long as the test.
func serve(t testing.TB, handle dns.HandlerFunc) netip.AddrPort {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &dns.Server{PacketConn: conn, Handler: handle}
	ended := make(chan error, 1)
	go func() { ended <- srv.ActivateAndServe() }()
	t.Cleanup(func() {
		srv.Shutdown()
		conn.Close()
		<-ended
	})
	return conn.LocalAddr().(*net.UDPAddr).AddrPort()
}

// zone answers from lines in the notation of master files.
func zone(t testing.TB, lines ...string) dns.HandlerFunc {
	t.Helper()
	var records []dns.RR
	for _, line := range lines {
		rr, err := dns.NewRR(line)
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, rr)
	}
	return func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetReply(q)
		m.Rcode = dns.RcodeNameError
		name := q.Question[0].Name
		for _, rr := range records {
			if !strings.EqualFold(rr.Header().Name, name) {
				continue
			}
			m.Rcode = dns.RcodeSuccess
			if alias, ok := rr.(*dns.CNAME); ok {
				name = alias.Target
				m.Answer = append(m.Answer, rr)
			} else if rr.Header().Rrtype == q.Question[0].Qtype {
				m.Answer = append(m.Answer, rr)
			}
		}
		w.WriteMsg(m)
	}
}

// fakeSystem answers in place of the operating system, and counts.
type fakeSystem struct {
	asked atomic.Int32
	names map[string]string
	err   error
}

func (f *fakeSystem) LookupAddr(_ context.Context, addr string) ([]string, error) {
	f.asked.Add(1)
	if name, ok := f.names[addr]; ok {
		return []string{name + "."}, nil
	}
	if f.err != nil {
		return nil, f.err
	}
	return nil, &net.DNSError{Err: "no such host", Name: addr, IsNotFound: true}
}

func (f *fakeSystem) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	f.asked.Add(1)
	if text, ok := f.names[host]; ok {
		return addrs(text), nil
	}
	if f.err != nil {
		return nil, f.err
	}
	return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
}

func addrs(text string) (out []netip.Addr) {
	for _, s := range strings.Fields(text) {
		out = append(out, netip.MustParseAddr(s))
	}
	return out
}

// fixture is a resolver that never leaves the test.
type fixture struct {
	*Resolver
	system  *fakeSystem
	mu      sync.Mutex
	notices []string
}

func newFixture(t testing.TB, hosts, conf string, config Config) *fixture {
	t.Helper()
	dir := t.TempDir()
	config.HostsFile, config.ResolvConf = filepath.Join(dir, "hosts"), filepath.Join(dir, "resolv.conf")
	for path, text := range map[string]string{config.HostsFile: hosts, config.ResolvConf: conf} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	f := &fixture{system: &fakeSystem{}}
	config.Notice = func(_ result.Level, text string) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.notices = append(f.notices, text)
	}
	f.Resolver = New(config)
	f.Resolver.system = f.system
	f.waits = []time.Duration{time.Minute}
	return f
}

func TestReverse(t *testing.T) {
	server := serve(t, zone(t,
		"1.2.0.192.in-addr.arpa. PTR one.example.",
		"2.2.0.192.in-addr.arpa. CNAME 2.0-25.2.0.192.in-addr.arpa.",
		"2.0-25.2.0.192.in-addr.arpa. PTR two.example.",
		`3.2.0.192.in-addr.arpa. PTR ev\032il\010.example.`,
		"4.2.0.192.in-addr.arpa. PTR first.example.",
		"4.2.0.192.in-addr.arpa. PTR second.example.",
		"5.2.0.192.in-addr.arpa. A 192.0.2.5",
		"b.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa. PTR six.example.",
		"9.2.0.192.in-addr.arpa. PTR server-says.example.",
	))
	f := newFixture(t, "192.0.2.9 hosts-says also # 192.0.2.1 x\n", "", Config{Servers: []netip.AddrPort{server}})
	got := f.Reverse(t.Context(), addrs("192.0.2.1 192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.4 192.0.2.5 192.0.2.6 192.0.2.9 2001:db8::b 127.0.0.1"))
	want := map[netip.Addr]string{
		netip.MustParseAddr("192.0.2.1"):   "one.example",
		netip.MustParseAddr("192.0.2.2"):   "two.example",
		netip.MustParseAddr("192.0.2.3"):   "ev*il*.example",
		netip.MustParseAddr("192.0.2.4"):   "first.example",
		netip.MustParseAddr("192.0.2.9"):   "hosts-says",
		netip.MustParseAddr("2001:db8::b"): "six.example",
	}
	if !maps.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	if len(f.notices) != 1 || f.system.asked.Load() != 0 {
		t.Errorf("notices %q, %d questions to the system", f.notices, f.system.asked.Load())
	}
}

func TestReverseRemembers(t *testing.T) {
	var asked atomic.Int32
	answer := zone(t, "1.2.0.192.in-addr.arpa. PTR one.example.")
	server := serve(t, func(w dns.ResponseWriter, q *dns.Msg) { asked.Add(1); answer(w, q) })
	f := newFixture(t, "", "", Config{Servers: []netip.AddrPort{server}})
	for range 3 {
		if got := f.Reverse(t.Context(), addrs("192.0.2.1 192.0.2.2")); len(got) != 1 {
			t.Errorf("got %v", got)
		}
	}
	if asked.Load() != 2 {
		t.Errorf("%d questions for two addresses", asked.Load())
	}
}

// TestReverseMany holds that questions overlap: with 1 ms for each, a thousand
// one after the other would take a second.
func TestReverseMany(t *testing.T) {
	server := serve(t, func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetReply(q)
		rr, _ := dns.NewRR(q.Question[0].Name + " PTR n" + q.Question[0].Name)
		m.Answer = []dns.RR{rr}
		w.WriteMsg(m)
	})
	f := newFixture(t, "", "", Config{Servers: []netip.AddrPort{server}})
	var many []netip.Addr
	for i := range 2000 {
		many = append(many, netip.AddrFrom4([4]byte{198, 18, byte(i >> 8), byte(i)}))
	}
	got := f.Reverse(t.Context(), many)
	for _, a := range many {
		if want := "n" + strings.TrimSuffix(arpaName(a), "."); got[a] != want {
			t.Fatalf("%v is %q, want %q", a, got[a], want)
		}
	}
	if s := f.setup().servers[0]; s.window != maxWindow || s.open != 0 {
		t.Errorf("window %v, %d questions open", s.window, s.open)
	}
}

// TestSilentServerIsNotWaitedForAgain sends more names than a window, so the
// later ones must learn from the first.
func TestSilentServerIsNotWaitedForAgain(t *testing.T) {
	var asked atomic.Int32
	server := serve(t, func(dns.ResponseWriter, *dns.Msg) { asked.Add(1) })
	f := newFixture(t, "", fmt.Sprintf("nameserver %v\n", server.Addr()), Config{Servers: []netip.AddrPort{server}})
	f.waits = []time.Duration{50 * time.Millisecond, 50 * time.Millisecond}
	var many []netip.Addr
	for i := range 1000 {
		many = append(many, netip.AddrFrom4([4]byte{198, 18, byte(i >> 8), byte(i)}))
	}
	if got := f.Reverse(t.Context(), many); len(got) != 0 {
		t.Errorf("got %v", got)
	}
	if n := asked.Load(); n > 3*silentNames {
		t.Errorf("%d questions to a silent server", n)
	}
	before := asked.Load()
	if f.Reverse(t.Context(), many[:5]); asked.Load() != before {
		t.Error("the silent server is asked again at once")
	}
	if f.system.asked.Load() != 0 || len(f.notices) != 0 {
		t.Errorf("%d questions to the system, notices %q", f.system.asked.Load(), f.notices)
	}
}

func TestClosedServerIsLeftAtOnce(t *testing.T) {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := conn.LocalAddr().(*net.UDPAddr).AddrPort()
	conn.Close()
	f := newFixture(t, "", "", Config{Servers: []netip.AddrPort{closed}})
	f.waits = []time.Duration{time.Hour}
	if got := f.Reverse(t.Context(), addrs("192.0.2.1 192.0.2.2 192.0.2.3")); len(got) != 0 {
		t.Errorf("got %v", got)
	}
}

func TestNextServerIsAsked(t *testing.T) {
	var silent, failing atomic.Int32
	good := zone(t, "1.2.0.192.in-addr.arpa. PTR one.example.")
	servers := []netip.AddrPort{
		serve(t, func(dns.ResponseWriter, *dns.Msg) { silent.Add(1) }),
		serve(t, func(w dns.ResponseWriter, q *dns.Msg) {
			failing.Add(1)
			w.WriteMsg(new(dns.Msg).SetRcode(q, dns.RcodeServerFailure))
		}),
		serve(t, good),
	}
	for range 1000 {
		if silent.Load() > 0 && failing.Load() > 0 {
			return
		}
		f := newFixture(t, "", "", Config{Servers: servers})
		f.waits = []time.Duration{time.Second} // for the silent one; the good one is sooner
		if got := f.Reverse(t.Context(), addrs("192.0.2.1")); len(got) != 1 {
			t.Fatalf("got %v after %d silences and %d failures", got, silent.Load(), failing.Load())
		}
	}
	t.Error("always the same server is asked first")
}

func TestLostQuestionIsRepeated(t *testing.T) {
	var asked atomic.Int32
	answer := zone(t, "1.2.0.192.in-addr.arpa. PTR one.example.")
	server := serve(t, func(w dns.ResponseWriter, q *dns.Msg) {
		if asked.Add(1) > 1 {
			answer(w, q)
		}
	})
	f := newFixture(t, "", "", Config{Servers: []netip.AddrPort{server}})
	f.waits = []time.Duration{50 * time.Millisecond, time.Minute}
	if got := f.Reverse(t.Context(), addrs("192.0.2.1")); len(got) != 1 || asked.Load() != 2 {
		t.Errorf("got %v after %d questions", got, asked.Load())
	}
}

// TestForgedAnswersArePassedOver: before the right answer come one with
// another ID, one to another question, a question, and garbage.
func TestForgedAnswersArePassedOver(t *testing.T) {
	server := serve(t, func(w dns.ResponseWriter, q *dns.Msg) {
		answer := func(name string) *dns.Msg {
			m := new(dns.Msg).SetReply(q)
			rr, _ := dns.NewRR(q.Question[0].Name + " PTR " + name)
			m.Answer = []dns.RR{rr}
			return m
		}
		m := answer("id.example.")
		m.Id++
		w.WriteMsg(m)
		m = answer("question.example.")
		m.Question[0].Name = "x.example."
		w.WriteMsg(m)
		m = answer("query.example.")
		m.Response = false
		w.WriteMsg(m)
		w.Write([]byte("garbage"))
		w.Write(nil)
		w.WriteMsg(answer("right.example."))
	})
	f := newFixture(t, "", "", Config{Servers: []netip.AddrPort{server}})
	if got := f.Reverse(t.Context(), addrs("192.0.2.1")); got[netip.MustParseAddr("192.0.2.1")] != "right.example" {
		t.Errorf("got %v", got)
	}
}

func TestUnusableAnswersGoToTheSystem(t *testing.T) {
	server := serve(t, func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetReply(q)
		if strings.HasPrefix(q.Question[0].Name, "1.") {
			m.Truncated = true
		} else {
			m.Rcode = dns.RcodeRefused
		}
		w.WriteMsg(m)
	})
	f := newFixture(t, "", "", Config{Servers: []netip.AddrPort{server}})
	f.system.names = map[string]string{"192.0.2.1": "long.example", "host.example": "::2 192.0.2.1"}
	got := f.Reverse(t.Context(), addrs("192.0.2.1 192.0.2.2"))
	if len(got) != 1 || got[netip.MustParseAddr("192.0.2.1")] != "long.example" || f.system.asked.Load() != 2 {
		t.Errorf("got %v after %d questions to the system", got, f.system.asked.Load())
	}
	if got, err := f.LookupHost(t.Context(), "host.example"); err != nil || !slices.Equal(got, addrs("192.0.2.1 ::2")) {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestSystem(t *testing.T) {
	names := map[string]string{"192.0.2.1": "one.example"}
	for what, f := range map[string]*fixture{
		"chosen":     newFixture(t, "", "nameserver 192.0.2.53", Config{System: true}),
		"no servers": newFixture(t, "", "search example\n", Config{}),
	} {
		f.system.names = names
		if f.Parallel() {
			t.Errorf("%s: name servers are to be asked", what)
		}
		if got := f.Reverse(t.Context(), addrs("192.0.2.1 192.0.2.2")); len(got) != 1 || f.system.asked.Load() != 2 {
			t.Errorf("%s: got %v after %d questions", what, got, f.system.asked.Load())
		}
		if wants := what == "no servers"; wants != (len(f.notices) == 1) {
			t.Errorf("%s: notices %q", what, f.notices)
		}
	}
}

func TestBrokenSystemIsLeftSoon(t *testing.T) {
	f := newFixture(t, "", "", Config{})
	f.system.err = errors.New("resolver on fire")
	if got := f.Reverse(t.Context(), addrs("192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.4 192.0.2.5")); len(got) != 0 || f.system.asked.Load() != systemFails {
		t.Errorf("got %v after %d questions", got, f.system.asked.Load())
	}
	if _, err := f.LookupHost(t.Context(), "x.example"); !errors.Is(err, errNoAnswer) {
		t.Errorf("error is %v", err)
	}
}

func TestLoopbackIsNotAskedFor(t *testing.T) {
	f := newFixture(t, "127.0.0.1 localhost\n", "nameserver 192.0.2.53\n", Config{})
	got := f.Reverse(t.Context(), addrs("127.0.0.1 127.0.0.2 ::1"))
	if len(got) != 1 || got[netip.MustParseAddr("127.0.0.1")] != "localhost" {
		t.Errorf("got %v", got)
	}
}

func TestCancelEndsReverse(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	server := serve(t, func(dns.ResponseWriter, *dns.Msg) { cancel() })
	f := newFixture(t, "", "", Config{Servers: []netip.AddrPort{server}})
	f.waits = []time.Duration{time.Hour}
	if got := f.Reverse(ctx, addrs("192.0.2.1 192.0.2.2 192.0.2.3")); len(got) != 0 {
		t.Errorf("got %v", got)
	}
	if _, err := f.LookupHost(ctx, "x.example"); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
}

func TestLookupHost(t *testing.T) {
	server := serve(t, zone(t,
		"www.example. CNAME both.example.",
		"both.example. AAAA 2001:db8::1",
		"both.example. A 192.0.2.1",
		"both.example. A 192.0.2.2",
		"both.example. AAAA 2001:db8::2",
		"four.example. A 192.0.2.4",
		"short.corp.example. A 192.0.2.7",
		"mail.example. MX 10 both.example.",
		"loop.example. CNAME loop.example.",
	))
	f := newFixture(t, "127.0.0.1 localhost\n::1 localhost ip6-localhost\n192.0.2.66 Filed filed2\n192.0.2.67 filed\n",
		"search nowhere.example corp.example.\n", Config{Servers: []netip.AddrPort{server}})
	tests := []struct{ name, want string }{
		{"both.example", "192.0.2.1 192.0.2.2 2001:db8::1 2001:db8::2"},
		{"both.example.", "192.0.2.1 192.0.2.2 2001:db8::1 2001:db8::2"},
		{"www.example", "192.0.2.1 192.0.2.2 2001:db8::1 2001:db8::2"},
		{"four.example", "192.0.2.4"},
		{"short", "192.0.2.7"},
		{"short.", ""},
		{"mail.example", ""},
		{"loop.example", ""},
		{"nothing.example", ""},
		{"localhost", "127.0.0.1 ::1"},
		{"LOCALHOST.", "127.0.0.1 ::1"},
		{"x.localhost", "127.0.0.1 ::1"},
		{"filed", "192.0.2.66 192.0.2.67"},
		{"filed2", "192.0.2.66"},
		{"127.0.1", "127.0.0.1"},
		{"127.1", "127.0.0.1"},
		{"127.0.0", "127.0.0.0"},
		{"2130706433", "127.0.0.1"},
		{"0x7f.1", "127.0.0.1"},
		{"0X7F000001", "127.0.0.1"},
		{"0177.0.0.01", "127.0.0.1"},
		{"0", "0.0.0.0"},
		{"::1", "::1"},
		{"fe80::1%eth0", "fe80::1%eth0"},
		{"4294967296", ""},
		{"10.0.0.256", ""},
		{"1.2.3.4.5", ""},
		{"1.08", ""},
		{"0b1.1", ""},
		{"1_0.1", ""},
		{"", ""},
		{".", ""},
		{"a..b", ""},
		{"a b", ""},
		{"1.2.3.4/", ""},
		{strings.Repeat("x", 64) + ".example", ""},
		{strings.Repeat("x.", 127) + "example", ""},
	}
	for _, tt := range tests {
		got, err := f.LookupHost(t.Context(), tt.name)
		if tt.want == "" {
			if !errors.Is(err, errNotFound) {
				t.Errorf("%q: %v, %v; want no such name", tt.name, got, err)
			}
			continue
		}
		if err != nil || !slices.Equal(got, addrs(tt.want)) {
			t.Errorf("%q = %v, %v; want %v", tt.name, got, err, tt.want)
		}
	}
	if f.system.asked.Load() != 0 {
		t.Errorf("%d questions to the system", f.system.asked.Load())
	}
}

func TestLocalhostNeedsNoFile(t *testing.T) {
	f := newFixture(t, "", "", Config{System: true})
	if got, err := f.LookupHost(t.Context(), "localhost"); err != nil || !slices.Equal(got, addrs("127.0.0.1 ::1")) {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestSilenceIsAnError(t *testing.T) {
	server := serve(t, func(dns.ResponseWriter, *dns.Msg) {})
	f := newFixture(t, "", "", Config{Servers: []netip.AddrPort{server}})
	f.waits = []time.Duration{50 * time.Millisecond, 50 * time.Millisecond}
	if got, err := f.LookupHost(t.Context(), "x.example"); !errors.Is(err, errNoAnswer) {
		t.Errorf("got %v, %v", got, err)
	}
}

func BenchmarkReverse(b *testing.B) {
	server := serve(b, func(w dns.ResponseWriter, q *dns.Msg) { w.WriteMsg(new(dns.Msg).SetRcode(q, dns.RcodeNameError)) })
	f := newFixture(b, "", "", Config{Servers: []netip.AddrPort{server}})
	many := make([]netip.Addr, b.N)
	for i := range many {
		many[i] = netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
	}
	b.ResetTimer()
	f.Reverse(context.Background(), many)
}
