package portscan

import (
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sonde/internal/link/linktest"
	"sonde/internal/pace"
	"sonde/internal/wire"
	"sonde/portspec"
	"sonde/result"
)

var (
	far4, far6       = netip.MustParseAddr("192.0.2.9"), netip.MustParseAddr("2001:db8::9")
	router4, router6 = netip.MustParseAddr("10.0.0.254"), netip.MustParseAddr("fd00::fe")
	rawTechniques    = []Technique{SYN, ACK, Window, FIN, Xmas, NULL, Maimon}
)

// lab is a wire in memory: a host of each family behind a router.
func lab(h linktest.Host, c linktest.Config) *linktest.Wire {
	h4, h6 := h, h
	h4.Addr, h6.Addr = far4, far6
	c.Addrs = []netip.Prefix{netip.MustParsePrefix("10.0.0.1/24"), netip.MustParsePrefix("fd00::1/64")}
	c.Gateway = []netip.Addr{router4, router6}
	c.Hosts = append(c.Hosts, &h4, &h6, &linktest.Host{Addr: router4}, &linktest.Host{Addr: router6})
	return linktest.New(c)
}

// rawScan scans an address over a wire in memory.
func rawScan(t *testing.T, w *linktest.Wire, tech Technique, addr netip.Addr, ports portspec.Set, change func(*Config)) (h *Host, took time.Duration) {
	t.Helper()
	h = &Host{Addr: addr, Ports: portspec.Ports{TCP: ports}}
	c := Config{Link: w, SourcePort: 40000, Timing: pace.Normal.Timing()}
	if change != nil {
		change(&c)
	}
	start := time.Now()
	if err := Run(t.Context(), c, tech, []*Host{h}); err != nil {
		t.Error(err)
	}
	return h, time.Since(start)
}

func tcpRule(port uint16, d linktest.Deed) linktest.Rule {
	return linktest.Rule{Kind: wire.KindTCP, Lo: port, Hi: port, Deed: d}
}

// What each technique makes of each kind of port.
func TestRawVerdicts(t *testing.T) {
	for tech, want := range map[string][3]string{ // open, closed, silent
		"syn":    {"open syn-ack 64", "closed reset 64", "filtered no-response 0"},
		"ack":    {"unfiltered reset 64", "unfiltered reset 64", "filtered no-response 0"},
		"window": {"open reset 64", "closed reset 64", "filtered no-response 0"},
		"fin":    {"open|filtered no-response 0", "closed reset 64", "open|filtered no-response 0"},
		"xmas":   {"open|filtered no-response 0", "closed reset 64", "open|filtered no-response 0"},
		"null":   {"open|filtered no-response 0", "closed reset 64", "open|filtered no-response 0"},
		"maimon": {"closed reset 64", "closed reset 64", "open|filtered no-response 0"},
	} {
		tech, _ := TechniqueOf(tech)
		synctest.Test(t, func(t *testing.T) {
			w := lab(linktest.Host{Rules: []linktest.Rule{tcpRule(1, linktest.Deed{Act: linktest.Open, Window: 7}), tcpRule(3, linktest.Deed{Act: linktest.Drop})}},
				linktest.Config{Delay: 10 * time.Millisecond})
			for _, addr := range []netip.Addr{far4, far6} {
				h, took := rawScan(t, w, tech, addr, portspec.Of(1, 2, 3), nil)
				compare(t, h, map[uint16]string{1: want[0], 2: want[1], 3: want[2]})
				if took < time.Second || took > 1400*time.Millisecond {
					t.Errorf("%s took %v, want one retransmission", tech.Name, took)
				}
			}
		})
	}
}

// ICMP errors name the router that sent them, and say the same to every technique.
func TestRawErrors(t *testing.T) {
	type icmp struct {
		typ, code uint8
		state     string // of a port; empty if the error says nothing
		reason    string
	}
	for _, c := range []struct {
		addr, router netip.Addr
		errors       []icmp
	}{
		{far4, router4, []icmp{{3, 0, "filtered", "net-unreach"}, {3, 1, "filtered", "host-unreach"}, {3, 2, "filtered", "proto-unreach"},
			{3, 3, "filtered", "port-unreach"}, {3, 4, "", ""}, {3, 9, "filtered", "net-prohibited"}, {3, 10, "filtered", "host-prohibited"},
			{3, 12, "", ""}, {3, 13, "filtered", "admin-prohibited"}, {11, 0, "filtered", "time-exceeded"}, {5, 0, "", ""}}},
		{far6, router6, []icmp{{1, 0, "filtered", "no-route"}, {1, 1, "filtered", "admin-prohibited"}, {1, 2, "filtered", "beyond-scope"},
			{1, 3, "filtered", "host-unreach"}, {1, 4, "filtered", "port-unreach"}, {1, 5, "filtered", "admin-prohibited"},
			{1, 6, "filtered", "reject-route"}, {2, 0, "", ""}, {3, 0, "", ""}, {4, 0, "open", "param-problem"}, {4, 1, "filtered", "param-problem"}}},
	} {
		for _, from := range []netip.Addr{{}, c.router} {
			var host linktest.Host
			for i, e := range c.errors {
				host.Rules = append(host.Rules, tcpRule(uint16(i+1), linktest.Deed{Act: linktest.Reject, Type: e.typ, Code: e.code, From: from}))
			}
			for _, tech := range rawTechniques {
				synctest.Test(t, func(t *testing.T) {
					want := map[uint16]string{}
					for i, e := range c.errors {
						w := e.state + " " + e.reason + " 64"
						switch {
						case e.state == "":
							w = tech.Default.String() + " no-response 0"
						case from.IsValid():
							w += " from " + from.String()
						}
						want[uint16(i+1)] = w
					}
					h, _ := rawScan(t, lab(host, linktest.Config{Delay: time.Millisecond}), tech, c.addr, portsOf(want), nil)
					compare(t, h, want)
				})
			}
		}
	}
}

// What goes over the wire: fields that some receivers look at, and tries that
// can be told apart.
func TestSegments(t *testing.T) {
	for _, c := range []struct {
		tech  Technique
		flags wire.Flags
		mss   bool
	}{{SYN, wire.SYN, true}, {ACK, wire.ACK, false}, {Window, wire.ACK, false}, {FIN, wire.FIN, false},
		{Xmas, wire.FIN | wire.PSH | wire.URG, false}, {NULL, 0, false}, {Maimon, wire.FIN | wire.ACK, false}} {
		synctest.Test(t, func(t *testing.T) {
			var sent []wire.TCP
			w := lab(linktest.Host{Default: linktest.Deed{Act: linktest.Drop}}, linktest.Config{Trace: func(p *wire.Packet) {
				if p.Kind != wire.KindTCP {
					return
				}
				sent = append(sent, p.TCP)
				if !p.ChecksumOK() || p.IP.TTL < 37 || p.IP.TTL > 59 || p.IP.DontFragment || p.IP.TOS != 0 || len(p.Payload) > 0 {
					t.Errorf("%s: %+v", c.tech.Name, p.IP)
				}
				if mss, ok := p.TCP.MSS(); p.TCP.Flags != c.flags || p.TCP.Window != 1024 || p.TCP.Urgent != 0 || ok != c.mss || ok && mss != 1460 {
					t.Errorf("%s: %+v", c.tech.Name, p.TCP)
				}
			}})
			rawScan(t, w, c.tech, far4, portspec.Of(80, 81), nil)
			if len(sent) != 4 {
				t.Fatalf("%s: sent %d segments", c.tech.Name, len(sent))
			}
			number := func(s wire.TCP) uint32 {
				if c.flags.Has(wire.ACK) != (s.Seq == 0) || c.flags.Has(wire.ACK) != (s.Ack != 0) {
					t.Errorf("%s: seq %d, ack %d", c.tech.Name, s.Seq, s.Ack)
				}
				return s.Seq + s.Ack
			}
			first, second := sent[:2], sent[2:]
			if first[0].SrcPort != 40000 || first[1].SrcPort != 40000 || second[0].SrcPort != 40002 || second[1].SrcPort != 40002 ||
				number(first[0]) != number(first[1]) || number(first[0]) == number(second[0]) {
				t.Errorf("%s: first try %+v, second try %+v", c.tech.Name, first, second)
			}
		})
	}
}

// Flags set by hand replace those of the technique, whose view of answers stays.
func TestFlagsByHand(t *testing.T) {
	host := linktest.Host{Rules: []linktest.Rule{tcpRule(1, linktest.Deed{Act: linktest.Open, Window: 7})}}
	for _, c := range []struct {
		tech  Technique
		flags wire.Flags
		want  map[uint16]string
	}{
		{SYN, wire.SYN | wire.ECE | wire.CWR, map[uint16]string{1: "open syn-ack 64", 2: "closed reset 64"}},
		{SYN, wire.FIN, map[uint16]string{1: "filtered no-response 0", 2: "closed reset 64"}},
		{FIN, wire.SYN, map[uint16]string{1: "open|filtered no-response 0", 2: "closed reset 64"}},
		{ACK, wire.ACK | wire.PSH, map[uint16]string{1: "unfiltered reset 64", 2: "unfiltered reset 64"}},
		{SYN, wire.RST, map[uint16]string{1: "filtered no-response 0", 2: "filtered no-response 0"}},
	} {
		synctest.Test(t, func(t *testing.T) {
			h, _ := rawScan(t, lab(host, linktest.Config{}), c.tech, far4, portsOf(c.want), func(cfg *Config) { cfg.Flags = &c.flags })
			compare(t, h, c.want)
		})
	}
}

// scripted is a host whose answers to TCP are the test's own.
func scripted(answer func(d *wire.Datagram) []wire.Datagram) linktest.Host {
	return linktest.Host{Script: func(p *wire.Packet, _ []byte) (answers []linktest.Answer, handled bool) {
		if p.Kind != wire.KindTCP {
			return nil, false
		}
		for _, d := range answer(&p.Datagram) {
			b, err := d.Encode(nil)
			if err != nil {
				panic(err)
			}
			answers = append(answers, linktest.Answer{Packet: b, Type: wire.TypeOf(d.IP.Src)})
		}
		return answers, true
	}}
}

func backTo(d *wire.Datagram, flags wire.Flags) wire.Datagram {
	return wire.Datagram{Kind: wire.KindTCP, IP: wire.IP{Src: d.IP.Dst, Dst: d.IP.Src, TTL: 55},
		TCP: wire.TCP{SrcPort: d.TCP.DstPort, DstPort: d.TCP.SrcPort, Flags: flags}}
}

// Only an answer to what was sent is an answer.
func TestStrangeSegments(t *testing.T) {
	host := scripted(func(d *wire.Datagram) []wire.Datagram {
		a := backTo(d, wire.SYN|wire.ACK)
		switch d.TCP.DstPort {
		case 1: // from another port
			a.TCP.SrcPort = 999
		case 2: // from another host
			a.IP.Src = netip.MustParseAddr("192.0.2.10")
		case 3: // to another of our ports
			a.TCP.DstPort++
		case 4: // to another address
			a.IP.Dst = netip.MustParseAddr("10.0.0.2")
		case 5:
			a.TCP.Flags = wire.ACK
		case 6: // a split handshake
			a.TCP.Flags = wire.SYN
		case 7: // an error about a segment that was never sent
			quoted, _ := (&wire.Datagram{Kind: wire.KindTCP, IP: wire.IP{Src: d.IP.Src, Dst: d.IP.Dst},
				TCP: wire.TCP{SrcPort: d.TCP.SrcPort, DstPort: d.TCP.DstPort, Seq: d.TCP.Seq + 1}}).Encode(nil)
			a = wire.Datagram{Kind: wire.KindICMP, IP: a.IP, ICMP: wire.ICMP{Type: 3, Code: 13}, Payload: quoted}
		case 8: // two answers
			return []wire.Datagram{backTo(d, wire.RST), a}
		case 9:
			a.TCP.Flags = wire.SYN | wire.ACK | wire.RST
		}
		return []wire.Datagram{a}
	})
	synctest.Test(t, func(t *testing.T) {
		silent := "filtered no-response 0"
		want := map[uint16]string{1: silent, 2: silent, 3: silent, 4: silent, 5: silent, 6: "open split-handshake-syn 55",
			7: silent, 8: "closed reset 55", 9: "closed reset 55", 10: "open syn-ack 55"}
		h, _ := rawScan(t, lab(host, linktest.Config{Delay: time.Millisecond}), SYN, far4, portsOf(want), nil)
		compare(t, h, want)
	})
}

// An answer that comes after its probe was given up still counts.
func TestLateSegment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := lab(linktest.Host{Rules: []linktest.Rule{tcpRule(1, linktest.Deed{Act: linktest.Open})}}, linktest.Config{Delay: 700 * time.Millisecond})
		h, took := rawScan(t, w, SYN, far4, portspec.Of(1), nil) // the first timeout is one second
		compare(t, h, map[uint16]string{1: "open syn-ack 64"})
		// The link address took 1.4 s to ask for.
		if took != 2800*time.Millisecond {
			t.Errorf("took %v", took)
		}
	})
}

// A host without a way, or that no neighbour answers for, keeps nobody waiting.
func TestNoWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := lab(linktest.Host{}, linktest.Config{})
		none := linktest.New(linktest.Config{Addrs: []netip.Prefix{netip.MustParsePrefix("10.0.0.1/24")}})
		ports := portspec.NewSet(portspec.Range{Lo: 1, Hi: 9999})
		var notices []string
		h, took := rawScan(t, none, SYN, far4, ports, func(c *Config) {
			c.Notice = func(_ result.Level, _, text string) { notices = append(notices, text) }
		})
		if len(h.Results()) != 9999 || took != 0 || strings.Join(notices, "") != "no way to 192.0.2.9: no route" {
			t.Errorf("no route: %d results after %v, notices %q", len(h.Results()), took, notices)
		}
		h, took = rawScan(t, w, SYN, netip.MustParseAddr("10.0.0.77"), ports, nil)
		if len(h.Results()) != 9999 || took != 1400*time.Millisecond {
			t.Errorf("absent neighbour: %d results after %v", len(h.Results()), took)
		}
	})
}

// Loss and delay cost time, not verdicts.
func TestRawLoss(t *testing.T) {
	host := linktest.Host{Rules: []linktest.Rule{{Kind: wire.KindTCP, Lo: 1, Hi: 40, Deed: linktest.Deed{Act: linktest.Open, Window: 9}}}}
	for _, tech := range []Technique{SYN, ACK, Window, FIN, Maimon} {
		synctest.Test(t, func(t *testing.T) {
			w := lab(host, linktest.Config{Delay: 25 * time.Millisecond, Jitter: 10 * time.Millisecond, Loss: 0.05, Seed: 4})
			h, took := rawScan(t, w, tech, far4, portspec.NewSet(portspec.Range{Lo: 1, Hi: 1000}), nil)
			wrong := 0
			for _, p := range h.Results() {
				want := map[string]result.PortState{"ack": result.Unfiltered}[tech.Type]
				if p.Number <= 40 {
					want = map[string]result.PortState{"syn": result.Open, "ack": result.Unfiltered, "window": result.Open, "fin": result.OpenFiltered}[tech.Type]
				}
				if p.State != want {
					wrong++
				}
			}
			t.Logf("%s: %d of 1000 wrong after %v", tech.Name, wrong, took)
			if wrong > 0 || took > 60*time.Second {
				t.Errorf("%s: %d of 1000 wrong after %v", tech.Name, wrong, took)
			}
		})
	}
}

// Where silence would mean "open", ICMP errors that come one a second are waited for.
func TestRateLimitedRejects(t *testing.T) {
	host := linktest.Host{ICMPRate: 1, ICMPBurst: 6, Rules: []linktest.Rule{{Kind: wire.KindTCP, Lo: 120, Hi: 139,
		Deed: linktest.Deed{Act: linktest.Reject, Type: 3, Code: 13}}}}
	for _, tech := range []Technique{FIN, Xmas, NULL, Maimon} {
		synctest.Test(t, func(t *testing.T) {
			h, took := rawScan(t, lab(host, linktest.Config{Delay: time.Millisecond}), tech, far4, portspec.NewSet(portspec.Range{Lo: 100, Hi: 145}), nil)
			for _, p := range h.Results() {
				if (p.State == result.Filtered) != (p.Number >= 120 && p.Number <= 139) {
					t.Errorf("%s: port %d is %v", tech.Name, p.Number, p.State)
				}
			}
			if took > time.Minute {
				t.Errorf("%s took %v", tech.Name, took)
			}
		})
	}
}
