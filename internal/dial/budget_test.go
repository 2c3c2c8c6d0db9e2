package dial

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
)

func TestBudgetWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBudget(2)
		for i := range 3 {
			if got := b.tryAcquire(); got != (i < 2) {
				t.Fatalf("place %d of two: %v", i+1, got)
			}
		}
		got := make(chan int, 3)
		for i := range 3 {
			go func() {
				if b.acquire(t.Context()) == nil {
					got <- i
				}
			}()
			synctest.Wait() // so that they queue in order
		}
		for want := range 3 {
			b.release()
			synctest.Wait()
			if i := <-got; i != want {
				t.Errorf("waiter %d came %d.", i, want)
			}
		}
	})
}

func TestBudgetWaiterLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBudget(1)
		b.tryAcquire()
		ctx, cancel := context.WithCancel(t.Context())
		left := make(chan error)
		go func() { left <- b.acquire(ctx) }()
		synctest.Wait()
		cancel()
		if err := <-left; !errors.Is(err, context.Canceled) {
			t.Errorf("acquire after cancel: %v", err)
		}
		b.release()
		if !b.tryAcquire() {
			t.Error("the place of a waiter that left is lost")
		}
	})
}

func TestBudgetShrinksAndRecovers(t *testing.T) {
	b := newBudget(10)
	for range 5 {
		b.tryAcquire()
		b.opened()
	}
	if !b.exhausted() || b.limit != 4 || b.used != 4 {
		t.Fatalf("after the fifth could not be had: limit %d, used %d, want 4 and 4", b.limit, b.used)
	}
	for range 10 * 10 {
		b.release()
		b.tryAcquire()
		b.opened()
	}
	if b.limit != 10 {
		t.Errorf("limit is %d after a hundred good ones, want 10 again", b.limit)
	}
	for range 4 {
		b.release()
	}
	b.tryAcquire()
	if b.exhausted() || b.limit != 1 {
		t.Errorf("with nothing open the limit is %d and others are believed open", b.limit)
	}
}
