package dial

import (
	"context"
	"errors"
	"net/netip"
	"testing"
	"time"

	"sonde/internal/pace"
)

// connectors are all implementations that run on this system.
func connectors(t *testing.T, config Config, test func(t *testing.T, d *Dialer, c Connector)) {
	for name, create := range map[string]func(context.Context, *Dialer) (Connector, error){
		"system":     newConnector,
		"goroutines": func(ctx context.Context, d *Dialer) (Connector, error) { return newGoConnector(ctx, d), nil },
	} {
		t.Run(name, func(t *testing.T) {
			d := New(config)
			c, err := create(t.Context(), d)
			if err != nil {
				t.Fatal(err)
			}
			test(t, d, c)
			if err := c.Close(); err != nil {
				t.Error(err)
			}
			if d.budget.used != 0 {
				t.Errorf("%d descriptors are still open", d.budget.used)
			}
		})
	}
}

// await starts an attempt and waits for its end.
func await(t *testing.T, c Connector, to netip.AddrPort) Fault {
	t.Helper()
	slot, f, err := c.Start(to)
	if err != nil {
		t.Fatal(err)
	}
	for ended := slot < 0; !ended; {
		if err := c.Poll(pace.Deadline(5*time.Second), func(s int, g Fault) { f, ended = g, s == slot }); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

func TestConnector(t *testing.T) {
	open, closed := listen(t), closedPort(t)
	for _, config := range []Config{{}, {Source: netip.MustParseAddr("127.0.0.3"), TTL: 5, MaxOpen: 20}} {
		connectors(t, config, func(t *testing.T, _ *Dialer, c Connector) {
			for range 40 { // more than are kept to be used again
				if f := await(t, c, open); f != FaultNone {
					t.Fatalf("open port: %v", f)
				}
				if f := await(t, c, closed); f != Refused {
					t.Fatalf("closed port: %v", f)
				}
			}
		})
	}
}

func TestConnectorIPv6(t *testing.T) {
	connectors(t, Config{}, func(t *testing.T, _ *Dialer, c Connector) {
		f := await(t, c, netip.MustParseAddrPort("[::1]:1"))
		if f == NoAddress || f == NetUnreachable || f == Other {
			t.Skip("needs IPv6 on loopback")
		}
		if f != Refused {
			t.Errorf("closed port of ::1: %v", f)
		}
	})
}

func TestConnectorWithoutRoom(t *testing.T) {
	to := silentPort(t)
	connectors(t, Config{MaxOpen: 3}, func(t *testing.T, d *Dialer, c Connector) {
		var slots []int
		for range 3 {
			slot, f, err := c.Start(to)
			if slot < 0 || err != nil {
				t.Fatalf("attempt at a silent port ended with %v, %v", f, err)
			}
			slots = append(slots, slot)
		}
		if slot, f, err := c.Start(to); slot >= 0 || f != TooManyFiles || err != nil {
			t.Errorf("fourth attempt of three: slot %d, %v, %v", slot, f, err)
		}
		for _, s := range slots {
			c.Cancel(s)
		}
		if err := c.Poll(pace.Deadline(20*time.Millisecond), func(slot int, f Fault) {
			t.Errorf("cancelled attempt %d ended with %v", slot, f)
		}); err != nil {
			t.Error(err)
		}
		for d.budget.acquire(t.Context()) != nil { // goroutines give their places back in their own time
		}
		d.budget.release()
		if f := await(t, c, closedPort(t)); f != Refused {
			t.Errorf("closed port after cancels: %v", f)
		}
	})
}

func TestConnectorCancelled(t *testing.T) {
	to := silentPort(t)
	for name, create := range map[string]func(context.Context, *Dialer) (Connector, error){
		"system":     newConnector,
		"goroutines": func(ctx context.Context, d *Dialer) (Connector, error) { return newGoConnector(ctx, d), nil },
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			d := New(Config{})
			c, err := create(ctx, d)
			if err != nil {
				t.Fatal(err)
			}
			if slot, f, err := c.Start(to); slot < 0 {
				t.Fatal(f, err)
			}
			polled := aside(func() error { return c.Poll(time.Time{}, func(int, Fault) {}) })
			cancel()
			if err := <-polled; !errors.Is(err, context.Canceled) {
				t.Errorf("Poll after cancel: %v", err)
			}
			if err := c.Close(); err != nil {
				t.Error(err)
			}
			if d.budget.used != 0 {
				t.Errorf("%d descriptors are still open", d.budget.used)
			}
		})
	}
}

// aside runs f aside and gives what it returns.
func aside(f func() error) <-chan error {
	c := make(chan error, 1)
	go func() { c <- f() }()
	return c
}

func TestConnectorBadDevice(t *testing.T) {
	d := New(Config{Device: "no-such-device"})
	c, err := newConnector(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	slot, _, err := c.Start(closedPort(t))
	if slot >= 0 {
		err = c.Poll(pace.Deadline(time.Second), func(_ int, f Fault) { err = errors.New(f.String()) })
	}
	if err == nil && slot < 0 {
		t.Error("a device that does not exist was no obstacle")
	}
}
