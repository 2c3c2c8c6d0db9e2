package portscan

import (
	"encoding/xml"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"sonde/internal/dial/dialtest"
	"sonde/internal/link"
	"sonde/internal/needtest"
	"sonde/internal/pace"
	"sonde/portspec"
)

// openLink opens a link in a network.
func openLink(t testing.TB, n *dialtest.Network) *link.Link {
	t.Helper()
	var l *link.Link
	var err error
	n.Do(func() {
		l, err = link.Open(link.Config{Filter: link.Filter{LoPort: 40000, HiPort: 40000 + 9*SourcePorts, ICMP: true, ARP: true}})
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Do(func() { _ = l.Close() }) })
	return l
}

// rawScanIn scans hosts together inside a network.
func rawScanIn(t testing.TB, n *dialtest.Network, l *link.Link, tech Technique, timing pace.Timing, hosts ...*Host) time.Duration {
	t.Helper()
	phase := slices.IndexFunc(Techniques, func(o Technique) bool { return o.Type == tech.Type })
	c := Config{Link: l, SourcePort: 40000 + uint16(phase)*SourcePorts, Timing: timing}
	var err error
	start := time.Now()
	n.Do(func() { err = Run(t.Context(), c, tech, hosts) })
	if err != nil {
		t.Fatal(err)
	}
	return time.Since(start)
}

func tcpHost(addr string, ports portspec.Set) *Host {
	return &Host{Addr: netip.MustParseAddr(addr), Ports: portspec.Ports{TCP: ports}}
}

// listen opens TCP ports in a network.
func listen(t testing.TB, n *dialtest.Network, ports ...uint16) {
	t.Helper()
	for _, p := range ports {
		var l net.Listener
		var err error
		n.Do(func() { l, err = net.Listen("tcp", fmt.Sprintf(":%d", p)) })
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = l.Close() })
	}
}

// byNmap is what Debian's nmap makes of the same hosts, of one family, with the same technique.
func byNmap(t *testing.T, n *dialtest.Network, tech Technique, ports portspec.Set, six bool, addrs []string) map[string]map[uint16]string {
	t.Helper()
	args := []string{tech.Option, "-Pn", "-n", "--disable-arp-ping", "-p", ports.String(), "-oX", "-"}
	if six {
		args = append(args, "-6")
	}
	var run struct {
		Hosts []struct {
			Addresses []struct {
				Addr string `xml:"addr,attr"`
			} `xml:"address"`
			Ports []struct {
				ID    uint16 `xml:"portid,attr"`
				State struct {
					State  string `xml:"state,attr"`
					Reason string `xml:"reason,attr"`
					TTL    string `xml:"reason_ttl,attr"`
					IP     string `xml:"reason_ip,attr"`
				} `xml:"state"`
			} `xml:"ports>port"`
		} `xml:"host"`
	}
	if err := xml.Unmarshal(n.Command(needtest.Program(t, "nmap", "nmap"), append(args, addrs...)...), &run); err != nil {
		t.Fatal(err)
	}
	all := map[string]map[uint16]string{}
	for _, h := range run.Hosts {
		m := map[uint16]string{}
		for _, p := range h.Ports {
			m[p.ID] = p.State.State + " " + p.State.Reason + " " + p.State.TTL
			if p.State.IP != "" {
				m[p.ID] += " from " + p.State.IP
			}
		}
		all[h.Addresses[0].Addr] = m // the second is that of the link
	}
	return all
}

// scene is a network with a neighbour, and a router with a host behind it.
type scene struct{ us, near, router, far *dialtest.Network }

func newScene(t testing.TB) scene {
	s := scene{dialtest.New(t), dialtest.New(t), dialtest.New(t), dialtest.New(t)}
	dialtest.Join(s.us, "wire0", []string{"10.77.0.1/24", "fd77::1/64"}, s.router, "wire0", []string{"10.77.0.254/24", "fd77::fe/64"})
	dialtest.Join(s.us, "wire1", []string{"10.79.0.1/24", "fd79::1/64"}, s.near, "wire0", []string{"10.79.0.9/24", "fd79::9/64"})
	dialtest.Join(s.router, "wire1", []string{"10.78.0.254/24", "fd78::fe/64"}, s.far, "wire0", []string{"10.78.0.9/24", "fd78::9/64"})
	s.us.Command("ip", "route", "add", "10.78.0.0/24", "via", "10.77.0.254")
	s.us.Command("ip", "route", "add", "fd78::/64", "via", "fd77::fe")
	s.far.Command("ip", "route", "add", "default", "via", "10.78.0.254")
	s.far.Command("ip", "route", "add", "default", "via", "fd78::fe")
	for _, n := range []*dialtest.Network{s.near, s.router, s.far, s.us} {
		n.Command("sysctl", "-qw", "net.ipv4.icmp_ratelimit=0", "net.ipv6.icmp.ratelimit=0")
	}
	s.router.Command("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")
	s.router.Firewall(`table inet f { chain fw {
		type filter hook forward priority 0
		tcp dport 400 reject with icmpx type port-unreachable
		tcp dport 401 reject with icmpx type admin-prohibited
		tcp dport 402 drop
	}
	}`)
	for _, n := range []*dialtest.Network{s.us, s.near, s.far} {
		n.Firewall(firewall)
		listen(t, n, 22)
	}
	for _, p := range places { // new links need a moment until they take IPv6
		s.await(t, p.addr)
	}
	return s
}

// await waits until an address can be connected to.
func (s scene) await(t testing.TB, addr string) {
	t.Helper()
	var err error
	s.us.Do(func() {
		var c net.Conn
		if c, err = net.DialTimeout("tcp", net.JoinHostPort(addr, "22"), 10*time.Second); err == nil {
			_ = c.Close()
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

// rejected are the verdicts on the ports that the firewall of a host rejects, by family.
func rejected(six bool, ttl int) map[uint16]string {
	m := map[uint16]string{200: "net-unreach", 201: "host-unreach", 202: "proto-unreach", 203: "port-unreach", 209: "net-prohibited",
		210: "host-prohibited", 213: "admin-prohibited"}
	if six {
		m = map[uint16]string{300: "no-route", 301: "admin-prohibited", 303: "host-unreach", 304: "port-unreach", 305: "admin-prohibited", 306: "reject-route"}
	}
	for p, reason := range m {
		m[p] = fmt.Sprintf("filtered %s %d", reason, ttl)
	}
	return m
}

// place is where a host stands.
type place struct {
	addr, router string
	ttl          int // of what comes from it
}

var places = []place{{"10.79.0.9", "", 64}, {"127.0.0.1", "", 64}, {"10.79.0.1", "", 64}, {"10.78.0.9", "10.77.0.254", 63},
	{"fd79::9", "", 64}, {"::1", "", 64}, {"fd78::9", "fd77::fe", 63}}

func (p place) six() bool { return netip.MustParseAddr(p.addr).Is6() }

// truth is what a technique must find there.
func (p place) truth(tech Technique) map[uint16]string {
	want := rejected(p.six(), p.ttl)
	silent := tech.Default.String() + " no-response 0"
	closed, open := fmt.Sprintf("closed reset %d", p.ttl), silent
	switch tech.Type {
	case "syn":
		open = fmt.Sprintf("open syn-ack %d", p.ttl)
	case "ack":
		closed = fmt.Sprintf("unfiltered reset %d", p.ttl)
		open = closed
	case "window", "maimon": // Linux resets as a closed port does
		open = closed
	}
	want[1], want[22], want[100] = closed, open, silent
	if p.router != "" {
		want[400] = "filtered port-unreach 64 from " + p.router
		want[401] = "filtered admin-prohibited 64 from " + p.router
		want[402] = silent
	}
	return want
}

// Every technique, on the link, behind a router and on loopback, says what is
// true, and what Nmap says.
func TestRawOnNetworks(t *testing.T) {
	s := newScene(t)
	l := openLink(t, s.us)
	for _, tech := range rawTechniques {
		var hosts []*Host
		for _, p := range places {
			hosts = append(hosts, tcpHost(p.addr, portsOf(p.truth(tech))))
		}
		if took := rawScanIn(t, s.us, l, tech, pace.Normal.Timing(), hosts...); took > 3*time.Second {
			t.Errorf("%s took %v", tech.Name, took)
		}
		for i, p := range places {
			compare(t, hosts[i], p.truth(tech))
		}
	}
	if st := l.Stats(); st.Refused > 0 || st.Dropped > 0 {
		t.Errorf("stats %+v", st)
	}
}

func TestRawBesideNmap(t *testing.T) {
	s := newScene(t)
	for _, c := range []struct {
		tech Technique
		six  bool
	}{{SYN, false}, {FIN, true}} {
		var ports portspec.Set
		var addrs []string
		for _, p := range places {
			if p.six() == c.six {
				ports = ports.Union(portsOf(p.truth(c.tech)))
				addrs = append(addrs, p.addr)
			}
		}
		nmap := byNmap(t, s.us, c.tech, ports, c.six, addrs)
		for _, p := range places {
			for port, want := range p.truth(c.tech) {
				if got := nmap[p.addr][port]; p.six() == c.six && got != want {
					t.Errorf("%s of %s port %d: nmap says %s, and we say %s", c.tech.Name, p.addr, port, got, want)
				}
			}
		}
	}
}

// All ports of the machine itself by way of loopback, those that probes come from among them.
func TestRawLoopback(t *testing.T) {
	n := dialtest.New(t)
	listen(t, n, 22, 40002, 50000)
	l := openLink(t, n)
	for _, addr := range []string{"127.0.0.1", "::1"} {
		for _, tech := range []Technique{SYN, FIN, Maimon} {
			h := tcpHost(addr, portspec.NewSet(portspec.Range{Lo: 1, Hi: 65535}))
			took := rawScanIn(t, n, l, tech, pace.Aggressive.Timing(), h)
			var others []string
			for _, p := range h.Results() {
				if p.State.String() != "closed" {
					others = append(others, fmt.Sprint(p.Number, " ", p.State))
				}
			}
			want := map[string]string{"syn": "[22 open 40002 open 50000 open]", "fin": "[22 open|filtered 40002 open|filtered 50000 open|filtered]", "maimon": "[]"}[tech.Type]
			if got := fmt.Sprint(others); got != want {
				t.Errorf("%s of %s: %s, want %s", tech.Name, addr, got, want)
			}
			t.Logf("%s of %s took %v", tech.Name, addr, took)
		}
	}
}

// The kernel knows nothing of our connections: it resets what answers, and
// the ports stay as they are.
func TestKernelResets(t *testing.T) {
	s := newScene(t)
	l := openLink(t, s.us)
	for range 5 {
		h := tcpHost("10.79.0.9", portspec.Of(1, 22))
		rawScanIn(t, s.us, l, SYN, pace.Normal.Timing(), h)
		compare(t, h, map[uint16]string{1: "closed reset 64", 22: "open syn-ack 64"})
	}
	if out := s.near.Command("ss", "-tanH", "state", "syn-recv"); len(out) > 0 {
		t.Errorf("connections half open: %s", out)
	}
}
