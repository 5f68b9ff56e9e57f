package lanapi

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
)

// standing notes the places that a waiter was told.
type standing struct {
	places []int
	leave  func()
	err    error
}

func (s *standing) wait(ctx context.Context, q *queue, who string) {
	s.leave, s.err = q.enter(ctx, who, func(place int) { s.places = append(s.places, place) })
}

func TestTheQueueTellsEachItsPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(2)
		all := make([]standing, 6)
		contexts := make([]context.CancelFunc, len(all))
		for i := range all {
			ctx, cancel := context.WithCancel(t.Context())
			contexts[i] = cancel
			go all[i].wait(ctx, q, "laptop")
			synctest.Wait()
		}
		if running, waiting := q.load(); running != 2 || waiting != 4 {
			t.Fatalf("%d run and %d wait", running, waiting)
		}
		contexts[3]() // the second that waits leaves
		synctest.Wait()
		all[0].leave()
		all[0].leave() // twice is once
		synctest.Wait()
		for i, want := range [][]int{nil, nil, {1}, {2}, {3, 2, 1}, {4, 3, 2}} {
			if !slices.Equal(all[i].places, want) {
				t.Errorf("%d was told %v, want %v", i, all[i].places, want)
			}
		}
		if all[2].leave == nil || all[3].err == nil || all[4].leave != nil {
			t.Error("the first that waited comes next, and who left does not")
		}
		for _, i := range []int{1, 2, 4, 5} {
			synctest.Wait()
			all[i].leave()
		}
		if running, waiting := q.load(); running != 0 || waiting != 0 {
			t.Errorf("%d run and %d wait at the end", running, waiting)
		}
		for _, cancel := range contexts {
			cancel()
		}
	})
}

func TestTheQueueIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(1)
		ctx, cancel := context.WithCancel(t.Context())
		var first standing
		first.wait(ctx, q, "laptop")
		all := make([]standing, waitingMax+waitingMaxOfOne)
		for i := range waitingMaxOfOne {
			go all[i].wait(ctx, q, "phone")
		}
		synctest.Wait()
		if _, err := q.enter(ctx, "phone", func(int) {}); err == nil || faultOf(err).code != busy {
			t.Errorf("one more of a device that has %d waiting: %v", waitingMaxOfOne, err)
		}
		for i := waitingMaxOfOne; i < waitingMax; i++ {
			go all[i].wait(ctx, q, fmt.Sprint("device ", i))
		}
		synctest.Wait()
		if _, err := q.enter(ctx, "tablet", func(int) {}); err == nil || faultOf(err).status != 503 {
			t.Errorf("one more than wait at all: %v", err)
		}
		cancel()
		synctest.Wait()
		if running, waiting := q.load(); running != 1 || waiting != 0 {
			t.Errorf("%d run and %d wait after all have left", running, waiting)
		}
	})
}

// Who leaves at the moment when its turn comes passes it on.
func TestATurnThatComesTooLateIsPassedOn(t *testing.T) {
	for range 50 {
		synctest.Test(t, func(t *testing.T) {
			q := newQueue(1)
			ctx, cancel := context.WithCancel(t.Context())
			var first, second standing
			first.wait(ctx, q, "laptop")
			go second.wait(ctx, q, "laptop")
			synctest.Wait()
			q.mu.Lock()
			cancel() // while the waiter cannot look at the queue, so that its turn comes too
			close(q.waiting[0].turn)
			q.waiting = nil
			q.mu.Unlock()
			synctest.Wait()
			if second.leave != nil {
				second.leave()
			}
			if running, _ := q.load(); running != 0 {
				t.Fatal("the place is lost")
			}
		})
	}
}

// Whatever happens at once, a place is never lost.
func TestNoPlaceIsLost(t *testing.T) {
	q := newQueue(2)
	done := make(chan struct{})
	for i := range 50 {
		go func() {
			defer func() { done <- struct{}{} }()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if i%2 == 0 {
				go cancel()
			}
			leave, err := q.enter(ctx, fmt.Sprint(i), func(int) {})
			if err == nil {
				leave()
			}
		}()
	}
	for range 50 {
		<-done
	}
	if running, waiting := q.load(); running != 0 || waiting != 0 {
		t.Errorf("%d run and %d wait at the end", running, waiting)
	}
}
