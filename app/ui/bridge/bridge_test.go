package bridge

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"fyne.io/fyne/v2/test"
)

func TestLatestKeepsTheNewestOfEachKey(t *testing.T) {
	var queue []func()
	var got []int
	l := NewLatest[string](func(f func()) { queue = append(queue, f) }, func(v int) { got = append(got, v) }, func(_, newer int) int { return newer })
	for v := range 100 {
		l.Put("a", v)
		l.Put("b", -v)
	}
	if len(queue) != 1 {
		t.Fatalf("%d calls wait for the window", len(queue))
	}
	queue[0]()
	l.Put("a", 7)
	queue[1]()
	if want := []int{99, -99, 7}; !slices.Equal(got, want) {
		t.Errorf("the window saw %v, want %v", got, want)
	}
}

func TestCloseEndsTheWork(t *testing.T) {
	test.NewTempApp(t)
	b := New(t.Context())
	ended := make(chan struct{})
	b.Work(func(ctx context.Context) func() {
		<-ctx.Done()
		close(ended)
		return func() { t.Error("the window was told after it was closed") }
	})
	b.After(time.Hour, func() { t.Error("an hour passed") })
	b.Close()
	select {
	case <-ended:
	default:
		t.Error("Close did not wait for the work")
	}
	b.Work(func(context.Context) func() { t.Error("work began after Close"); return nil })
	b.After(0, func() { t.Error("something was done after Close") })
}

func TestWorkComesBack(t *testing.T) {
	test.NewTempApp(t)
	b := New(t.Context())
	var done atomic.Int32
	for range 20 {
		b.Work(func(context.Context) func() { return func() { done.Add(1) } })
	}
	deadline := time.Now().Add(5 * time.Second)
	for done.Load() < 20 && time.Now().Before(deadline) {
		time.Sleep(time.Millisecond)
	}
	b.Close()
	if done.Load() != 20 {
		t.Errorf("%d of 20 came back", done.Load())
	}
}
