package dial

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"sonde/internal/pace"
)

// exchangers runs a test over all implementations that work on this system.
func exchangers(t *testing.T, config Config, test func(t *testing.T, u Datagrams)) {
	for name, create := range map[string]func(context.Context, *Dialer) (Datagrams, error){
		"system":     newDatagrams,
		"goroutines": func(ctx context.Context, d *Dialer) (Datagrams, error) { return newGoDatagrams(ctx, d), nil },
	} {
		t.Run(name, func(t *testing.T) {
			d := New(config)
			u, err := create(t.Context(), d)
			if err != nil {
				t.Fatal(err)
			}
			test(t, u)
			if err := u.Close(); err != nil {
				t.Error(err)
			}
			if d.budget.used != 0 {
				t.Errorf("%d descriptors are still open", d.budget.used)
			}
		})
	}
}

// echo answers every datagram with itself, in capitals.
func echo(t *testing.T) netip.AddrPort {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 2000)
		for {
			n, from, err := c.ReadFrom(buf)
			if err != nil {
				return
			}
			_, _ = c.WriteTo(bytes.ToUpper(buf[:n]), from)
		}
	}()
	t.Cleanup(func() { c.Close(); <-done })
	return c.LocalAddr().(*net.UDPAddr).AddrPort()
}

// exchange sends payloads and waits for what comes back first.
func exchange(t *testing.T, u Datagrams, to netip.AddrPort, lane int, payloads ...string) (r Response) {
	t.Helper()
	var b [][]byte
	for _, p := range payloads {
		b = append(b, []byte(p))
	}
	slot, f, err := u.Send(to, lane, b)
	if slot < 0 || err != nil {
		t.Fatalf("send to %v: %v, %v", to, f, err)
	}
	for over := false; !over; {
		if err := u.Poll(pace.Deadline(5*time.Second), func(s int, got Response) bool {
			if s == slot && !over {
				r, over = got, true
				r.Data = bytes.Clone(got.Data)
				return true
			}
			return false
		}); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

func TestDatagrams(t *testing.T) {
	open := echo(t)
	closed := netip.MustParseAddrPort("127.0.0.1:1")
	exchangers(t, Config{}, func(t *testing.T, u Datagrams) {
		for lane := range 3 {
			if r := exchange(t, u, open, lane, "hello", "again"); r.Fault != FaultNone || string(r.Data) != "HELLO" {
				t.Errorf("lane %d, open port: %v %q", lane, r.Fault, r.Data)
			}
			if r := exchange(t, u, open, 10+lane, ""); r.Fault != FaultNone || len(r.Data) != 0 {
				t.Errorf("lane %d, empty datagram: %v %q", lane, r.Fault, r.Data)
			}
			if runtime.GOOS != "linux" {
				continue // others report ICMP errors of loopback in their own ways
			}
			if r := exchange(t, u, closed, lane, "x"); r.Fault != Refused {
				t.Errorf("lane %d, closed port: %v", lane, r.Fault)
			}
		}
	})
}

func TestDatagramsManyAtATime(t *testing.T) {
	open := echo(t)
	exchangers(t, Config{}, func(t *testing.T, u Datagrams) {
		want := map[int]string{}
		for lane := range 20 {
			slot, f, err := u.Send(open, lane, [][]byte{{'a' + byte(lane)}})
			if slot < 0 {
				t.Fatal(f, err)
			}
			want[slot] = string('A' + rune(lane))
		}
		for len(want) > 0 {
			before := len(want)
			if err := u.Poll(pace.Deadline(5*time.Second), func(slot int, r Response) bool {
				if string(r.Data) != want[slot] {
					t.Errorf("slot %d: %q, want %q", slot, r.Data, want[slot])
				}
				delete(want, slot)
				return true
			}); err != nil {
				t.Fatal(err)
			}
			if len(want) == before {
				t.Fatalf("%d answers did not come", before)
			}
		}
	})
}

func TestDatagramsCancel(t *testing.T) {
	open := echo(t)
	exchangers(t, Config{}, func(t *testing.T, u Datagrams) {
		slot, _, err := u.Send(open, 0, [][]byte{{'x'}})
		if err != nil {
			t.Fatal(err)
		}
		u.Cancel(slot)
		if err := u.Poll(pace.Deadline(50*time.Millisecond), func(slot int, r Response) bool {
			t.Errorf("cancelled exchange %d brought %+v", slot, r)
			return true
		}); err != nil {
			t.Error(err)
		}
		if r := exchange(t, u, open, 0, "y"); string(r.Data) != "Y" && string(r.Data) != "X" {
			t.Errorf("exchange after a cancelled one: %+v", r)
		}
	})
}

func TestDatagramsWithoutRoom(t *testing.T) {
	exchangers(t, Config{MaxOpen: 1}, func(t *testing.T, u Datagrams) {
		to := netip.MustParseAddrPort("127.0.0.1:9")
		if slot, f, err := u.Send(to, 0, [][]byte{{}}); slot < 0 {
			t.Fatal(f, err)
		}
		if slot, f, err := u.Send(to, 1, [][]byte{{}}); slot >= 0 || f != TooManyFiles || err != nil {
			t.Errorf("a second socket of one: slot %d, %v, %v", slot, f, err)
		}
	})
}

func TestDatagramsCancelled(t *testing.T) {
	for name, create := range map[string]func(context.Context, *Dialer) (Datagrams, error){
		"system":     newDatagrams,
		"goroutines": func(ctx context.Context, d *Dialer) (Datagrams, error) { return newGoDatagrams(ctx, d), nil },
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			u, err := create(ctx, New(Config{}))
			if err != nil {
				t.Fatal(err)
			}
			polled := aside(func() error { return u.Poll(time.Time{}, func(int, Response) bool { return true }) })
			cancel()
			if err := <-polled; !errors.Is(err, context.Canceled) {
				t.Errorf("Poll after cancel: %v", err)
			}
			if err := u.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}
