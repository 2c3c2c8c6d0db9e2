package discover

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"sonde/internal/dial"
	"sonde/internal/pace"
	"sonde/result"
)

// network is a Connector that answers by a script, on the clock of synctest.
type network struct {
	script map[string][]dial.Fault // by address and port: outcomes of the attempts in turn; silent where there is none
	tries  map[string]int
	ending []dial.Fault // by slot
	slots  []bool       // whether one ends
	began  []netip.AddrPort
}

func (n *network) Start(to netip.AddrPort) (int, dial.Fault, error) {
	n.began = append(n.began, to)
	outcomes, try := n.script[to.String()], n.tries[to.String()]
	n.tries[to.String()]++
	ends := try < len(outcomes) && outcomes[try] != dial.TimedOut
	n.slots = append(n.slots, ends)
	n.ending = append(n.ending, dial.FaultNone)
	if ends {
		n.ending[len(n.ending)-1] = outcomes[try]
	}
	return len(n.slots) - 1, dial.FaultNone, nil
}

func (n *network) Poll(until time.Time, got func(int, dial.Fault)) error {
	if i := slices.Index(n.slots, true); i >= 0 {
		_ = pace.Sleep(context.Background(), 10*time.Millisecond)
		for i, ends := range n.slots {
			if ends {
				n.slots[i] = false
				got(i, n.ending[i])
			}
		}
		return nil
	}
	return pace.SleepUntil(context.Background(), until)
}

func (n *network) Cancel(slot int) { n.slots[slot] = false }
func (n *network) Close() error    { return nil }

// search runs a search over a network of the test.
func search(t *testing.T, c Config, n *network, addrs ...string) (hosts []*Host, took time.Duration) {
	t.Helper()
	n.tries = map[string]int{}
	synctest.Test(t, func(t *testing.T) {
		for _, a := range addrs {
			hosts = append(hosts, &Host{Addr: netip.MustParseAddr(a)})
		}
		c.Timing = pace.Normal.Timing()
		s := New(c, hosts)
		s.method = &method{items: connecting.items, carrier: func(context.Context, *Search) (carrier, error) {
			return dial.NewCarrier(n, s.target, s.judgeConnect, nil), nil
		}}
		start := time.Now()
		if err := s.Run(t.Context()); err != nil {
			t.Error(err)
		}
		took = time.Since(start)
		if p := s.Progress(); p.Done != len(addrs) {
			t.Errorf("progress at the end: %+v", p)
		}
	})
	return hosts, took
}

func TestVerdicts(t *testing.T) {
	const silent = dial.TimedOut
	type outcomes = map[string][]dial.Fault
	for _, c := range []struct {
		name   string
		config Config
		script outcomes
		state  result.HostState
		reason result.Reason
		probes int
	}{
		{"open", Config{}, outcomes{"10.0.0.1:80": {dial.FaultNone}}, result.HostUp, result.ReasonSynAck, 2},
		{"refused", Config{}, outcomes{"10.0.0.1:443": {dial.Refused}}, result.HostUp, result.ReasonConnRefused, 2},
		{"refused, then open", Config{}, outcomes{"10.0.0.1:80": {dial.Refused}, "10.0.0.1:443": {dial.FaultNone}}, result.HostUp, result.ReasonConnRefused, 2},
		{"refusals are ignored", Config{IgnoreReset: true}, outcomes{"10.0.0.1:80": {dial.Refused}, "10.0.0.1:443": {dial.Refused}}, result.HostDown, result.ReasonNoResponse, 2},
		{"refusals are ignored, open", Config{IgnoreReset: true}, outcomes{"10.0.0.1:80": {dial.Refused}, "10.0.0.1:443": {dial.FaultNone}}, result.HostUp, result.ReasonSynAck, 2},
		{"silent", Config{}, nil, result.HostDown, result.ReasonNoResponse, 4},
		{"first transmission lost", Config{}, outcomes{"10.0.0.1:80": {silent, dial.Refused}}, result.HostUp, result.ReasonConnRefused, 4},
		{"unreachable", Config{}, outcomes{"10.0.0.1:80": {dial.NetUnreachable}, "10.0.0.1:443": {dial.HostUnreachable}}, result.HostDown, result.ReasonHostUnreach, 2},
		{"unreachable and silent", Config{}, outcomes{"10.0.0.1:80": {dial.Prohibited}}, result.HostDown, result.ReasonAdminProhibited, 3},
		{"unreachable, yet up", Config{}, outcomes{"10.0.0.1:80": {dial.ProtocolUnreachable}, "10.0.0.1:443": {silent, dial.FaultNone}}, result.HostUp, result.ReasonSynAck, 3},
		{"no network", Config{Ports: []uint16{7}}, outcomes{"10.0.0.1:7": {dial.NoNet}}, result.HostDown, result.ReasonDestUnreach, 1},
		{"no idea", Config{Ports: []uint16{7}}, outcomes{"10.0.0.1:7": {dial.Other, dial.Other}}, result.HostDown, result.ReasonNoResponse, 2},
	} {
		n := &network{script: c.script}
		found := 0
		c.config.Found = func(*Host) { found++ }
		hosts, _ := search(t, c.config, n, "10.0.0.1")
		h := hosts[0]
		if h.State != c.state || h.Reason != c.reason || len(n.began) != c.probes {
			t.Errorf("%s: %v, %v after %d probes; want %v, %v after %d", c.name, h.State, h.Reason, len(n.began), c.state, c.reason, c.probes)
		}
		if up := h.State == result.HostUp; up != (found == 1) || up != (h.Port != 0) {
			t.Errorf("%s: told %d times; port %d", c.name, found, h.Port)
		}
	}
}

// Both rounds of probes to a silent host take a second, and so does the pause between them.
func TestSilentHostsTakeThreeSeconds(t *testing.T) {
	addrs := []string{"10.0.0.1", "10.0.0.2", "10.0.0.3"}
	hosts, took := search(t, Config{}, &network{}, addrs...)
	for _, h := range hosts {
		if h.State != result.HostDown || h.Timing.RTT.Sampled() {
			t.Errorf("%v is %v, rtt %v", h.Addr, h.State, h.Timing.RTT)
		}
	}
	if took < 3*time.Second || took > 3100*time.Millisecond {
		t.Errorf("took %v", took)
	}
}

// With hosts that answer, silence is known for what it is much sooner.
func TestGroupTeachesTimeouts(t *testing.T) {
	n := &network{script: map[string][]dial.Fault{"10.0.0.1:80": {dial.Refused}}}
	group := new(pace.RTT)
	hosts, took := search(t, Config{Group: group}, n, "10.0.0.1", "10.0.0.2")
	if hosts[0].State != result.HostUp || hosts[1].State != result.HostDown || !group.Sampled() {
		t.Errorf("states %v, %v; group sampled %v", hosts[0].State, hosts[1].State, group.Sampled())
	}
	if took > 1300*time.Millisecond {
		t.Errorf("took %v, want 1.2 s", took)
	}
}

func TestLoopback(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	open := l.Addr().(*net.TCPAddr).AddrPort().Port()
	for _, c := range []struct {
		ports []uint16
		want  result.Reason
	}{{[]uint16{open}, result.ReasonSynAck}, {[]uint16{1, open}, result.ReasonConnRefused}} {
		h := &Host{Addr: netip.MustParseAddr("127.0.0.1")}
		conf := Config{Dialer: dial.New(dial.Config{}), Timing: pace.Normal.Timing(), Ports: c.ports}
		if err := Run(t.Context(), conf, []*Host{h}); err != nil {
			t.Fatal(err)
		}
		if h.State != result.HostUp || h.Reason != c.want || !h.Timing.RTT.Sampled() {
			t.Errorf("ports %v: %v, %v, want up, %v", c.ports, h.State, h.Reason, c.want)
		}
	}
}

func TestDefaults(t *testing.T) {
	s := New(Config{Timing: pace.Normal.Timing()}, nil)
	if s.Probes() != 2 || !slices.Equal(s.config.Ports, []uint16{80, 443}) {
		t.Errorf("default ports are %v", s.config.Ports)
	}
}
