package portscan

import (
	"net"
	"net/netip"
	"testing"

	"sonde/internal/dial"
	"sonde/internal/pace"
	"sonde/portspec"
	"sonde/result"
)

func TestConnectScanOfLoopback(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	open := l.Addr().(*net.TCPAddr).AddrPort()
	h := &Host{Addr: open.Addr(), Ports: portspec.Ports{TCP: portspec.Of(1, open.Port())}}
	var found []result.Port
	c := Config{Dialer: dial.New(dial.Config{}), Timing: pace.Normal.Timing(),
		Found: func(a netip.Addr, p result.Port) { found = append(found, p) }}
	if err := Run(t.Context(), c, Connect, []*Host{h}); err != nil {
		t.Fatal(err)
	}
	if len(found) != 1 || found[0].Number != open.Port() {
		t.Errorf("found %+v, want port %d", found, open.Port())
	}
	got := h.Results()
	if len(got) != 2 || got[0].State != result.Closed || got[0].Reason != result.ReasonConnRefused ||
		got[1].State != result.Open || got[1].Reason != result.ReasonSynAck {
		t.Errorf("results %+v", got)
	}
	if tm := h.Times(); tm == nil || tm.Timeout != pace.Normal.Timing().MinRTT {
		t.Errorf("times %+v", tm)
	}
}

func TestUDPScanOfLoopback(t *testing.T) {
	l, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	open := l.LocalAddr().(*net.UDPAddr).AddrPort()
	go func() {
		buf := make([]byte, 100)
		for {
			n, from, err := l.ReadFrom(buf)
			if err != nil {
				return
			}
			if string(buf[:n]) == "two" {
				l.WriteTo([]byte("reply"), from)
			}
		}
	}()
	h := &Host{Addr: open.Addr(), Ports: portspec.Ports{UDP: portspec.Of(1, open.Port())}}
	c := Config{Dialer: dial.New(dial.Config{}), Timing: pace.Normal.Timing(),
		Payloads: func(port uint16) [][]byte {
			if port == open.Port() {
				return [][]byte{[]byte("one"), []byte("two")}
			}
			return nil
		}}
	if err := Run(t.Context(), c, UDP, []*Host{h}); err != nil {
		t.Fatal(err)
	}
	got := h.Results()
	if len(got) != 2 || got[0].State != result.Closed || got[0].Reason != result.ReasonPortUnreach ||
		got[1].State != result.Open || got[1].Reason != result.ReasonUDPResponse || string(h.Reply(open.Port())) != "reply" {
		t.Errorf("results %+v, reply %q", got, h.Reply(open.Port()))
	}
	t.Logf("%+v", got)
}
