package models

import (
	"context"
	"iter"
	"math"
	"sync"
	"sync/atomic"

	"croft/engine"
)

// runner is a loaded model; engine.Model is one.
type runner interface {
	Info() engine.Info
	ContextMax() int
	Generate(ctx context.Context, r engine.Request) iter.Seq2[engine.Piece, error]
	Close() error
}

// opener loads a model.
type opener func(path string, o engine.Options) (runner, error)

func openEngine(path string, o engine.Options) (runner, error) {
	m, err := engine.Open(path, o)
	if err != nil {
		return nil, err
	}
	return m, nil
}

// slotKey tells loaded models apart: a changed preference is another way to load the same file.
type slotKey struct {
	model   string // ID, or the path of a file outside the library
	threads int
	context int // tokens, as preferred; 0: as fits
	kernels string
}

// slot is a model that is loaded or being loaded. All but the fields said otherwise belong to slots.mu.
type slot struct {
	key     slotKey
	holders int
	loaded  bool // loading has ended, well or not
	model   runner
	err     error

	ready   chan struct{} // closed when loaded becomes true
	partial atomic.Uint64 // float64 bits: how far loading is, 0 to 1
	once    sync.Once     // guards unload
	after   []func()      // run after unload
}

// slots are the models in memory: those that somebody holds, and the one that was used last.
type slots struct {
	changed func() // told after each load and unload

	mu      sync.Mutex
	all     map[slotKey]*slot
	last    slotKey
	closed  bool
	loading sync.WaitGroup
}

// acquire returns the slot of key with one more holder, and starts to load it when it is new. Every model that nobody
// holds is unloaded first, so that its memory is there for the new one. The caller waits for ready and calls release.
func (ss *slots) acquire(key slotKey, load func(*slot) (runner, error)) (*slot, error) {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	if ss.closed {
		return nil, errClosed
	}
	ss.last = key
	if s := ss.all[key]; s != nil {
		s.holders++
		return s, nil
	}
	if ss.all == nil {
		ss.all = map[slotKey]*slot{}
	}
	idle := ss.takeIdleLocked()
	s := &slot{key: key, holders: 1, ready: make(chan struct{})}
	ss.all[key] = s
	ss.loading.Go(func() {
		for _, i := range idle {
			ss.unload(i)
		}
		m, err := load(s)
		ss.loadingEnded(s, m, err)
	})
	return s, nil
}

// takeIdleLocked removes and returns the loaded models that nobody holds.
func (ss *slots) takeIdleLocked() []*slot {
	var idle []*slot
	for key, s := range ss.all {
		if s.loaded && s.holders == 0 {
			delete(ss.all, key)
			idle = append(idle, s)
		}
	}
	return idle
}

func (ss *slots) loadingEnded(s *slot, m runner, err error) {
	ss.mu.Lock()
	s.loaded, s.model, s.err = true, m, err
	if err != nil && ss.all[s.key] == s {
		delete(ss.all, s.key)
	}
	drop := ss.dropLocked(s)
	ss.mu.Unlock()
	close(s.ready)
	ss.changed()
	if drop {
		ss.unload(s)
	}
}

// release gives up one hold.
func (ss *slots) release(s *slot) {
	ss.mu.Lock()
	s.holders--
	drop := ss.dropLocked(s)
	ss.mu.Unlock()
	if drop {
		ss.unload(s)
	}
}

// dropLocked tells whether s is to be unloaded now, and takes it out if so: nobody holds it, and it was
// forgotten or something else was used since.
func (ss *slots) dropLocked(s *slot) bool {
	if !s.loaded || s.holders > 0 {
		return false
	}
	here := ss.all[s.key] == s
	if here && ss.last == s.key {
		return false
	}
	if here {
		delete(ss.all, s.key)
	}
	return true
}

// forget makes sure that nobody gets the model any more, and runs after as soon as it is not in use.
func (ss *slots) forget(model string, after func()) {
	ss.mu.Lock()
	var idle, all []*slot
	for key, s := range ss.all {
		if key.model != model {
			continue
		}
		delete(ss.all, key)
		all = append(all, s)
		if ss.dropLocked(s) {
			idle = append(idle, s)
		}
	}
	countdown(all, after)
	ss.mu.Unlock()
	if len(all) == 0 {
		after()
	}
	for _, s := range idle {
		ss.unload(s)
	}
}

// countdown runs after when the last of all was unloaded.
func countdown(all []*slot, after func()) {
	var left atomic.Int64
	left.Store(int64(len(all)))
	for _, s := range all {
		s.after = append(s.after, func() {
			if left.Add(-1) == 0 {
				after()
			}
		})
	}
}

// unload frees the memory, once.
func (ss *slots) unload(s *slot) {
	s.once.Do(func() {
		if s.model != nil {
			_ = s.model.Close() // Nothing was written that could be lost.
		}
		for _, f := range s.after {
			f()
		}
		ss.changed()
	})
}

// close unloads everything, held or not: a model waits for the replies that are being written.
func (ss *slots) close() {
	ss.mu.Lock()
	ss.closed = true
	ss.mu.Unlock()
	ss.loading.Wait()
	ss.mu.Lock()
	all := ss.all
	ss.all = nil
	ss.mu.Unlock()
	for _, s := range all {
		ss.unload(s)
	}
}

// mark says of a model whether it is loaded, and then with how long a context.
func (ss *slots) mark(m *Model) {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	for key, s := range ss.all {
		if key.model != m.ID || !s.loaded || s.model == nil {
			continue
		}
		m.Loaded, m.ContextHere = true, s.model.ContextMax()
		m.NeedsBytes = s.model.Info().Needs(m.ContextHere)
		if m.Fit == TooBig { // Measured against the memory that it takes itself.
			m.Fit, m.Why = Fits, m.purpose()
		}
	}
}

// regainable is how much memory would be free again without the idle models.
func (ss *slots) regainable() int64 {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	var n int64
	for _, s := range ss.all {
		if s.loaded && s.holders == 0 && s.model != nil {
			n += s.model.Info().Needs(s.model.ContextMax())
		}
	}
	if anonymous, known := anonymousBytes(); known {
		n = min(n, anonymous)
	}
	return n
}

// advance notes how far loading is.
func (s *slot) advance(done float64) { s.partial.Store(math.Float64bits(done)) }

func (s *slot) advanced() float64 { return math.Float64frombits(s.partial.Load()) }
