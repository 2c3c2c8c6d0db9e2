package dial

import (
	"net/netip"
	"regexp"
	"slices"
	"testing"
	"time"

	"sonde/internal/pace"
)

// one is a Connector of which every attempt ends in the same way.
type one struct {
	fault   Fault
	pending []int
	atOnce  bool
}

func (o *one) Start(netip.AddrPort) (int, Fault, error) {
	if o.atOnce {
		return noSlot, o.fault, nil
	}
	o.pending = append(o.pending, len(o.pending))
	return len(o.pending) - 1, FaultNone, nil
}

func (o *one) Poll(_ time.Time, got func(int, Fault)) error {
	for _, slot := range o.pending {
		got(slot, o.fault)
	}
	o.pending = nil
	return nil
}

func (o *one) Cancel(slot int) {
	o.pending = slices.DeleteFunc(o.pending, func(s int) bool { return s == slot })
}
func (o *one) Close() error { return nil }

func TestCarrierTraces(t *testing.T) {
	number := regexp.MustCompile(`\d+\.\d{4}s`)
	for _, c := range []struct {
		con  one
		to   string
		want []string
	}{
		{one{fault: Refused}, "10.0.0.1:80", []string{
			"CONN (T) TCP localhost > 10.0.0.1:80 => Operation now in progress", "CONN (T) TCP localhost > 10.0.0.1:80 => Connection refused"}},
		{one{fault: FaultNone}, "[::1]:1", []string{
			"CONN (T) TCP localhost > ::1:1 => Operation now in progress", "CONN (T) TCP localhost > ::1:1 => Connected"}},
		{one{fault: NetUnreachable, atOnce: true}, "10.0.0.1:80", []string{"CONN (T) TCP localhost > 10.0.0.1:80 => Network is unreachable"}},
		{one{fault: Other, atOnce: true}, "10.0.0.1:80", []string{"CONN (T) TCP localhost > 10.0.0.1:80 => other"}},
	} {
		var lines []string
		tracer := &Tracer{Began: time.Now(), Say: func(s string) { lines = append(lines, number.ReplaceAllString(s, "T")) }}
		carrier := NewCarrier(&c.con, func(*pace.Probe) netip.AddrPort { return netip.MustParseAddrPort(c.to) },
			func(*pace.Probe, Fault) pace.Answer { return pace.Answer{} }, tracer)
		if _, _, err := carrier.Send(new(pace.Probe)); err != nil {
			t.Fatal(err)
		}
		if err := carrier.Receive(t.Context(), time.Time{}, func(pace.Answer) {}); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(lines, c.want) {
			t.Errorf("%s: %q, want %q", c.to, lines, c.want)
		}
	}
}

func TestCarrier(t *testing.T) {
	judged := 0
	con := &one{fault: Refused}
	carrier := NewCarrier(con, func(*pace.Probe) netip.AddrPort { return netip.MustParseAddrPort("10.0.0.1:1") },
		func(_ *pace.Probe, f Fault) pace.Answer { judged++; return pace.Answer{Rank: pace.RankConnect} }, nil)
	p := new(pace.Probe)
	if d, _, err := carrier.Send(p); d != pace.Waiting || err != nil {
		t.Fatalf("delivery %v, %v", d, err)
	}
	if err := carrier.Receive(t.Context(), time.Time{}, func(a pace.Answer) {
		if a.Probe != p || a.Rank != pace.RankConnect || a.At.IsZero() {
			t.Errorf("answer %+v", a)
		}
	}); err != nil || judged != 1 {
		t.Errorf("judged %d times, %v", judged, err)
	}
	carrier.Cancel(p) // it has ended; nothing is to be cancelled

	con.atOnce, con.fault = true, TooManyFiles
	if d, _, err := carrier.Send(p); d != pace.Full || err != nil {
		t.Errorf("no descriptor: delivery %v, %v", d, err)
	}
	con.fault = NoAddress // nothing of ours is open that could hold the addresses
	if d, _, err := carrier.Send(p); d != pace.Answered || err != nil {
		t.Errorf("no address at all: delivery %v, %v", d, err)
	}
	con.fault = NetDown
	if _, _, err := carrier.Send(p); err == nil {
		t.Error("the network is down, and that is no error")
	}
	con.atOnce = false
	if _, _, err := carrier.Send(p); err != nil {
		t.Fatal(err)
	}
	con.atOnce, con.fault = true, NoAddress
	if d, _, err := carrier.Send(new(pace.Probe)); d != pace.Full || err != nil {
		t.Errorf("no address while an attempt goes on: delivery %v, %v", d, err)
	}
	con.fault = Aborted
	if err := carrier.Receive(t.Context(), time.Time{}, func(pace.Answer) {}); err == nil {
		t.Error("an attempt aborted by this machine is no error")
	}
}
