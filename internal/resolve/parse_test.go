package resolve

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/miekg/dns"
	"golang.org/x/net/dns/dnsmessage"
)

func TestResolvConf(t *testing.T) {
	conf := readResolvConf("# c\n; c\nnameserver 192.0.2.1 # first\nnameserver fe80::1%eth0\nnameserver\nnameserver x\n" +
		"domain old.example\nsearch a.example b.example\noptions rotate ndots:2\n")
	want := []netip.AddrPort{netip.MustParseAddrPort("192.0.2.1:53"), netip.MustParseAddrPort("[fe80::1%eth0]:53")}
	if !slices.Equal(conf.servers, want) {
		t.Errorf("servers %v", conf.servers)
	}
	for name, want := range map[string][]string{
		"x":     {"x.a.example.", "x.b.example.", "x."},
		"x.y":   {"x.y.a.example.", "x.y.b.example.", "x.y."},
		"x.y.z": {"x.y.z.", "x.y.z.a.example.", "x.y.z.b.example."},
		"x.":    {"x."},
	} {
		if got := conf.candidates(name); !slices.Equal(got, want) {
			t.Errorf("candidates of %s: %q", name, got)
		}
	}
}

func TestWaits(t *testing.T) {
	for n, want := range map[int]string{1: "[1s 1.5s 2s]", 2: "[1s 1s]", 3: "[500ms 1s]", 8: "[500ms 1s]"} {
		if got := waits(n); len(got) == 0 || want != fmt.Sprint(got) {
			t.Errorf("waits with %d servers: %v", n, got)
		}
	}
}

func TestWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(netip.AddrPort{})
		for range 100 {
			s.answered()
		}
		if s.window != maxWindow {
			t.Errorf("window %v after many answers", s.window)
		}
		s.timedOut(false)
		if s.window != maxWindow*onRetry {
			t.Errorf("window %v after a timeout", s.window)
		}
		s.timedOut(true)
		if s.window != maxWindow*onRetry*onMove {
			t.Errorf("window %v after the last try", s.window)
		}
		for range silentNames - 1 {
			s.timedOut(true)
		}
		if s.window != minWindow || s.enter(t.Context()) {
			t.Errorf("window %v after silence; the server is still asked", s.window)
		}
		s.answered()
		s.downUntil = s.downUntil.Add(-downFor)
		for range int(s.window) {
			if !s.enter(t.Context()) {
				t.Fatal("no room in the window")
			}
		}
		entered := make(chan bool)
		go func() { entered <- s.enter(t.Context()) }()
		synctest.Wait()
		select {
		case <-entered:
			t.Fatal("entered a full window")
		default:
		}
		s.leave()
		if !<-entered {
			t.Error("not let in when there was room")
		}
	})
}

func FuzzParseReply(f *testing.F) {
	q, err := question("1.2.0.192.in-addr.arpa.", dnsmessage.TypePTR)
	if err != nil {
		f.Fatal(err)
	}
	m := new(dns.Msg).SetQuestion(q.Name.String(), dns.TypePTR)
	m.Id, m.Response = 7, true
	for _, rr := range []string{"1.2.0.192.in-addr.arpa. CNAME x.example.", "x.example. PTR y.example.", "y.example. A 192.0.2.1"} {
		record, err := dns.NewRR(rr)
		if err != nil {
			f.Fatal(err)
		}
		m.Answer = append(m.Answer, record)
		packed, err := m.Pack()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(packed)
	}
	f.Fuzz(func(t *testing.T, msg []byte) {
		rep, ours, err := parseReply(msg, 7, q)
		if err == nil && (!ours || rep.pointer == "") || err != nil && rep.pointer != "" || rep.addrs != nil {
			t.Fatalf("%x: %+v, %v, %v", msg, rep, ours, err)
		}
	})
}

func FuzzReadHosts(f *testing.F) {
	f.Add("127.0.0.1 localhost x # y\n::1%lo z\n")
	f.Fuzz(func(t *testing.T, text string) {
		h := readHosts(text)
		for a, name := range h.names {
			if got, ok := h.name(a); !ok || got != name || name == "" {
				t.Fatalf("%v is %q, %q", a, name, got)
			}
		}
		readResolvConf(text).candidates("x")
	})
}

func FuzzParseNumeric(f *testing.F) {
	for _, s := range []string{"127.1", "0x7f.1", "0177.0.0.1", "4294967295", "1.2.3.4", "08"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, ok := parseNumeric(s)
		if std, err := netip.ParseAddr(s); err == nil && std.Is4() && (!ok || a != std) {
			t.Fatalf("%q is %v, %v", s, a, ok)
		}
	})
}
