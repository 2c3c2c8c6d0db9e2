package service

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	st "sonde/internal/service/servicetest"
	"sonde/result"
)

func TestParallelism(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := st.NewNet(t)
		cfg := Config{DB: database(t, testProbes), Conform: true, Dialer: n}
		cfg.Timing.Level = 3
		var targets []Target
		for port := range uint16(50) {
			n.Listen(100+port, st.Script{st.Wait(time.Second), st.Say("HELLO 1\n")})
			targets = append(targets, Target{Port: 100 + port})
		}
		var counts []string
		cfg.Progress = func(done, total int) { counts = append(counts, fmt.Sprintf("%d/%d", done, total)) }
		start := time.Now()
		run(t, cfg, targets...)
		if took := time.Since(start); took != 3*time.Second {
			t.Errorf("50 services of one second took %v, 20 at a time", took)
		}
		if len(counts) != 50 || counts[49] != "50/50" {
			t.Errorf("progress: %v", counts)
		}
	})
}

func TestParallelismTable(t *testing.T) {
	for _, tt := range []struct{ level, least, most, want int }{
		{0, 0, 0, 1}, {2, 0, 0, 1}, {3, 0, 0, 20}, {4, 0, 0, 30}, {5, 0, 0, 40},
		{3, 35, 0, 35}, {3, 0, 5, 5}, {5, 200, 0, 200}, {1, 3, 0, 3},
	} {
		c := Config{}
		c.Timing.Level, c.Timing.MinParallelism, c.Timing.MaxParallelism = tt.level, tt.least, tt.most
		if got := parallelism(c.Timing); got != tt.want {
			t.Errorf("%+v: got %d", tt, got)
		}
	}
}

func TestHostTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := st.NewNet(t)
		for port := range uint16(3) {
			n.Listen(1000+port, st.Script{st.Hold()})
		}
		slow, other, late := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2"), netip.MustParseAddr("192.0.2.3")
		cfg := Config{DB: database(t, testProbes), Conform: true, Dialer: n, HostBudget: func(a netip.Addr) time.Duration {
			return map[netip.Addr]time.Duration{slow: 8 * time.Second, other: time.Hour}[a]
		}}
		start := time.Now()
		out, _ := run(t, cfg, Target{Addr: slow, Port: 1000}, Target{Addr: slow, Port: 1001}, Target{Addr: other, Port: 1000}, Target{Addr: late, Port: 1000})
		for _, o := range out {
			if o.TimedOut != (o.Addr != other) {
				t.Errorf("%v:%d timed out: %v", o.Addr, o.Port, o.TimedOut)
			}
		}
		// One at a time: eight seconds for slow, none for its second port, eleven for other.
		if took := time.Since(start); took != 19*time.Second {
			t.Errorf("took %v", took)
		}
	})
}

func TestCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := st.NewNet(t)
		n.Listen(1000, st.Script{st.Hold()})
		n.Drop(1001)
		n.Listen(1002, st.Script{st.Flood("x", time.Second)})
		n.Listen(1003, st.Script{st.Say("\x15\x03"), st.Hold()})
		n.ListenUDP(1000, func([]byte) [][]byte { return nil })
		cfg := Config{DB: database(t, testProbes+"Probe UDP U q|u|\nports 1000\n"), Conform: true, Intensity: 7, Dialer: n}
		cfg.Timing.Level = 3
		ctx, cancel := context.WithCancelCause(t.Context())
		enough := errors.New("enough")
		var once sync.Once
		time.AfterFunc(2*time.Second, func() { once.Do(func() { cancel(enough) }) })
		start := time.Now()
		err := Scan(ctx, cfg, []Target{{Port: 1000}, {Port: 1001}, {Port: 1002}, {Port: 1003}, {Port: 1000, Protocol: result.UDP}},
			func(o Outcome) { t.Errorf("found %d", o.Port) })
		if took := time.Since(start); err != enough || took != 2*time.Second {
			t.Errorf("ended after %v with %v", took, err)
		}
	})
}

func TestNothingToDo(t *testing.T) {
	if err := Scan(t.Context(), Config{DB: database(t, testProbes), Conform: true}, nil, nil); err != nil {
		t.Error(err)
	}
}
