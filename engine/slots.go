package engine

import (
	"slices"
	"sync"

	"croft/engine/kvcache"
)

// slot is a sequence of tokens whose keys and values are kept.
type slot struct {
	cache  *kvcache.Cache
	tokens []int // read so far: the cache holds exactly these
	reused int   // of the tokens asked for, how many were there already
}

// slots keep what was read, so that the next turn, another reply or an edit reads only what is new.
type slots struct {
	mu           sync.Mutex
	idle         []*slot // the last used at the end
	positionsMax int     // in all idle slots together
	create       func(positions int) *kvcache.Cache
}

const slotsMax = 4

// acquire takes the slot that shares the longest beginning with ids, cut back to what is shared, or an empty one.
// At least the last of ids is left to read, since its logits are wanted.
func (s *slots) acquire(ids []int) *slot {
	s.mu.Lock()
	defer s.mu.Unlock()
	best, shared := -1, 0
	for i, c := range s.idle {
		if n := min(commonPrefix(c.tokens, ids), len(ids)-1); n >= shared {
			best, shared = i, n
		}
	}
	// Cutting a long conversation back to a short system prompt would lose it; a further slot keeps both.
	if best < 0 || len(s.idle) < slotsMax && 2*shared < len(s.idle[best].tokens) {
		s.makeRoom(len(ids))
		return &slot{cache: s.create(s.positionsMax)}
	}
	c := s.idle[best]
	s.idle = slices.Delete(s.idle, best, best+1)
	s.makeRoom(len(ids))
	c.cut(shared)
	c.reused = shared
	return c
}

// makeRoom lets the longest unused slots go that do not fit beside a sequence of n tokens.
func (s *slots) makeRoom(n int) {
	for i := len(s.idle) - 1; i >= 0; i-- {
		if n += len(s.idle[i].tokens); n > s.positionsMax || len(s.idle)-i >= slotsMax {
			freeSlots(s.idle[:i+1])
			s.idle = slices.Delete(s.idle, 0, i+1)
			return
		}
	}
}

func (c *slot) cut(n int) {
	c.cache.Truncate(n)
	c.tokens = c.tokens[:n]
}

func commonPrefix(a, b []int) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

// release keeps the slot for later.
func (s *slots) release(c *slot) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.cut(len(c.tokens)) // a pass that was stopped may have written further
	c.reused = 0
	s.makeRoom(len(c.tokens))
	s.idle = append(s.idle, c)
}

func (s *slots) free() {
	s.mu.Lock()
	defer s.mu.Unlock()
	freeSlots(s.idle)
	s.idle = nil
}

func freeSlots(list []*slot) {
	for _, c := range list {
		c.cache.Free()
	}
}
