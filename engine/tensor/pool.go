package tensor

import (
	"runtime"
	"sync/atomic"
	"time"
)

// spinTime is how long a worker looks for the next piece of work before it sleeps. The steps of one token follow each
// other faster than this; whatever else runs on the machine loses at most this much.
const spinTime = 50 * time.Microsecond

// Pool is the workers of one model and the memory of its matrices. One goroutine at a time may use it.
type Pool struct {
	workers []*worker // without worker 0, the caller
	state   atomic.Uint64
	next    atomic.Int64 // the next piece of this run
	pieces  int64
	run     func(piece, worker int)
	waiting atomic.Bool   // the caller sleeps until the last worker leaves the run
	left    chan struct{} // and is woken here
	closed  atomic.Bool
	memory  memory
}

// The state of a pool is the number of its run, whether that run may be joined, and how many workers have joined it.
const (
	runOpen = 1 << 15
	runUnit = 1 << 16
	joined  = runOpen - 1
)

type worker struct {
	number   int
	sleeping atomic.Bool
	wake     chan struct{} // one token fits, so that waking never waits
	done     chan struct{}
}

// NewPool starts threads-1 workers; the goroutine that calls Run is one more.
func NewPool(threads int) *Pool {
	p := &Pool{left: make(chan struct{}, 1)}
	for i := 1; i < threads; i++ {
		w := &worker{number: i, wake: make(chan struct{}, 1), done: make(chan struct{})}
		p.workers = append(p.workers, w)
		go p.work(w)
	}
	return p
}

// Threads is the number of workers, the caller included.
func (p *Pool) Threads() int { return len(p.workers) + 1 }

// Run calls f for the pieces [0, n) on all workers, each piece once, and returns when all are done. The caller is
// worker 0. A worker that is asleep or held up elsewhere is not waited for: the others take its pieces.
func (p *Pool) Run(n int, f func(piece, worker int)) {
	if n <= 1 || len(p.workers) == 0 {
		for i := range n {
			f(i, 0)
		}
		return
	}
	p.run, p.pieces = f, int64(n)
	p.next.Store(0)
	p.state.Store((p.state.Load()/runUnit+1)*runUnit | runOpen)
	for _, w := range p.workers[:min(n-1, len(p.workers))] {
		w.rouse()
	}
	p.takePieces(0)
	p.state.And(^uint64(runOpen))
	p.waitForWorkers()
	p.run = nil
}

func (p *Pool) takePieces(worker int) {
	for {
		i := p.next.Add(1) - 1
		if i >= p.pieces {
			return
		}
		p.run(int(i), worker)
	}
}

// waitForWorkers returns when every worker that joined has left.
func (p *Pool) waitForWorkers() {
	if spin(func() bool { return p.state.Load()&joined == 0 }) {
		return
	}
	p.waiting.Store(true)
	if p.state.Load()&joined == 0 && p.waiting.CompareAndSwap(true, false) {
		return
	}
	<-p.left
}

// Close ends the workers and frees the memory of all matrices that were packed with this pool.
func (p *Pool) Close() error {
	p.closed.Store(true)
	for _, w := range p.workers {
		w.rouse()
		<-w.done
	}
	return p.memory.free()
}

func (p *Pool) work(w *worker) {
	defer close(w.done)
	seen := uint64(0)
	for {
		news := func() bool { return p.closed.Load() || p.state.Load()/runUnit != seen }
		if !spin(news) {
			w.sleep(news)
		}
		if p.closed.Load() {
			return
		}
		seen = p.join(w, seen)
	}
}

// join takes part in the run that is open, if it is another than the one already seen, and returns its number.
func (p *Pool) join(w *worker, seen uint64) uint64 {
	for {
		s := p.state.Load()
		if s/runUnit == seen || s&runOpen == 0 {
			return s / runUnit
		}
		if p.state.CompareAndSwap(s, s+1) {
			p.takePieces(w.number)
			p.leave()
			return s / runUnit
		}
	}
}

func (p *Pool) leave() {
	s := p.state.Add(^uint64(0))
	if s&joined == 0 && s&runOpen == 0 && p.waiting.CompareAndSwap(true, false) {
		p.left <- struct{}{}
	}
}

// rouse wakes w if it sleeps.
func (w *worker) rouse() {
	if w.sleeping.CompareAndSwap(true, false) {
		w.wake <- struct{}{}
	}
}

// sleep waits for rouse, unless there are news already: whoever makes them may have looked before w lay down.
func (w *worker) sleep(news func() bool) {
	w.sleeping.Store(true)
	if news() && w.sleeping.CompareAndSwap(true, false) {
		return
	}
	<-w.wake
}

// spin waits for a short time and says whether done came true.
func spin(done func() bool) bool {
	const looks = 64 // between glances at the clock
	begin := time.Now()
	for {
		for range looks {
			if done() {
				return true
			}
		}
		if time.Since(begin) > spinTime {
			return false
		}
		runtime.Gosched()
	}
}
