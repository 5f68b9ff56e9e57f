package tensor

import (
	"runtime"
	"sync/atomic"
	"testing"
	"time"
)

// TestPoolRunsEachPieceOnce, with more and fewer pieces than workers, at once and after the workers fell asleep.
func TestPoolRunsEachPieceOnce(t *testing.T) {
	for threads := 1; threads <= 5; threads++ {
		p := testPool(t, threads)
		if p.Threads() != threads {
			t.Fatalf("Threads() = %d, want %d", p.Threads(), threads)
		}
		for round := range 300 {
			n := round % 40
			counts := make([]int, n) // not atomic: the race detector sees pieces that are run twice or return late
			p.Run(n, func(piece, worker int) {
				if worker < 0 || worker >= threads {
					t.Errorf("worker %d of %d", worker, threads)
				}
				counts[piece]++
			})
			for i, c := range counts {
				if c != 1 {
					t.Fatalf("%d threads, round %d: piece %d ran %d times", threads, round, i, c)
				}
			}
			if round%100 == 99 {
				time.Sleep(2 * spinTime)
			}
		}
	}
}

// TestPoolWaitsForSlowWorkers: Run returns only when a piece that takes longer than any spinning is done.
func TestPoolWaitsForSlowWorkers(t *testing.T) {
	p := testPool(t, 3)
	for range 20 {
		var done atomic.Int32
		p.Run(3, func(_, worker int) {
			if worker > 0 {
				time.Sleep(3 * time.Millisecond)
			}
			done.Add(1)
		})
		if done.Load() != 3 {
			t.Fatalf("Run returned after %d of 3 pieces", done.Load())
		}
	}
}

// TestPoolUsesItsWorkers: pieces that wait for each other need as many workers.
func TestPoolUsesItsWorkers(t *testing.T) {
	p := testPool(t, 4)
	for range 20 {
		var here atomic.Int32
		p.Run(4, func(int, int) {
			here.Add(1)
			for deadline := time.Now().Add(10 * time.Second); here.Load() < 4; runtime.Gosched() {
				if time.Now().After(deadline) {
					t.Error("not all workers came")
					return
				}
			}
		})
	}
}

// TestPoolCloses: no goroutine is left, whether the workers spin or sleep.
func TestPoolCloses(t *testing.T) {
	before := runtime.NumGoroutine()
	for i := range 20 {
		p := NewPool(4)
		p.Run(8, func(int, int) {})
		if i%2 == 0 {
			time.Sleep(2 * spinTime)
		}
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for deadline := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
	}
}

// TestPoolSleeps: workers that have nothing to do use no processor time.
func TestPoolSleeps(t *testing.T) {
	p := testPool(t, 4)
	p.Run(100, func(int, int) {})
	for _, w := range p.workers {
		for deadline := time.Now().Add(10 * time.Second); !w.sleeping.Load(); time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("worker %d does not sleep", w.number)
			}
		}
	}
}

func BenchmarkPoolRun(b *testing.B) {
	p := testPool(b, 2)
	for b.Loop() {
		p.Run(8, func(int, int) {})
	}
}
