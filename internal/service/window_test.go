package service

import (
	"context"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestWindowCeiling(t *testing.T) {
	for _, tt := range []struct{ level, least, most, want int }{
		{0, 0, 0, 10}, {3, 0, 0, 200}, {4, 0, 0, 1500}, {5, 0, 0, 4000}, {4, 0, 30, 30}, {3, 300, 0, 300}, {1, 0, 1, 1},
	} {
		if got := ceiling(tt.level, tt.least, tt.most); got != tt.want {
			t.Errorf("%+v: got %d", tt, got)
		}
	}
}

func TestWindowGrowsAndHalves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWindow(200, 0)
		for range 60 {
			w.connected(time.Now(), time.Millisecond)
		}
		if w.size != 110 {
			t.Errorf("after 60 connections: %v", w.size)
		}
		w.strained(time.Now())
		w.strained(time.Now()) // of the same crisis
		if w.size != 55 {
			t.Errorf("after a refusal: %v", w.size)
		}
		time.Sleep(2 * halvingGap)
		w.connected(time.Now(), time.Second)
		if w.size != 27.5 {
			t.Errorf("after a slow connection: %v", w.size)
		}
		w.connected(time.Now(), time.Millisecond)
		if w.size <= 27.5 || w.size > 28 {
			t.Errorf("grew to %v after a crisis", w.size)
		}
		for range 10 {
			time.Sleep(2 * halvingGap)
			w.strained(time.Now())
		}
		if w.size != windowFloor {
			t.Errorf("sank to %v", w.size)
		}
	})
}

func TestWindowTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWindow(2, 0)
		ctx, cancel := context.WithCancel(t.Context())
		for range 2 {
			if w.acquire(ctx) != nil {
				t.Fatal("no place in an empty window")
			}
		}
		var order []int
		for i := range 2 {
			go func() {
				if w.acquire(t.Context()) == nil {
					order = append(order, i)
				}
			}()
			synctest.Wait()
		}
		refused := make(chan error, 1)
		go func() { refused <- w.acquire(ctx) }()
		synctest.Wait()
		if !w.pressed() {
			t.Error("three are waiting")
		}
		cancel()
		if err := <-refused; err == nil {
			t.Error("a place after the end of the context")
		}
		w.release()
		synctest.Wait()
		w.release()
		synctest.Wait()
		if !slices.Equal(order, []int{0, 1}) || w.open != 2 || w.pressed() {
			t.Errorf("turns %v, %d open", order, w.open)
		}
	})
}

func TestWindowUsual(t *testing.T) {
	w := newWindow(10, 0)
	for i := range telling {
		if got := w.usual(); got != 0 {
			t.Errorf("usual %v after %d answers", got, i)
		}
		w.answered(10 * time.Millisecond)
	}
	if got := w.usual(); got < 10*time.Millisecond || got > 100*time.Millisecond {
		t.Errorf("usual %v", got)
	}
}

func TestInterleave(t *testing.T) {
	a, b := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	in := []Target{{Addr: a, Port: 1}, {Addr: a, Port: 2}, {Addr: a, Port: 3}, {Addr: b, Port: 1}, {Addr: b, Port: 2}}
	var got []uint16
	for _, target := range interleave(in) {
		host := uint16(10)
		if target.Addr == b {
			host = 20
		}
		got = append(got, host+target.Port)
	}
	if !slices.Equal(got, []uint16{11, 21, 12, 22, 13}) {
		t.Errorf("order %v", got)
	}
}
