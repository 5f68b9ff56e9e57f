package tokenizer

import "sync/atomic"

// symbol is a part of a word while it is merged: for byte-level BPE an id, for SentencePiece a place in the text.
type symbol uint64

// joiner knows which neighbours may be joined.
type joiner interface {
	// rank tells how early a pair is joined, the lowest first; noRank means never.
	rank(left, right symbol) uint32
	join(left, right symbol, rank uint32) symbol
}

const noRank = ^uint32(0)

// longWord is where a heap becomes faster than looking at every pair each time.
const longWord = 48

// merge joins neighbours, the lowest rank first and of equals the leftmost, until none can be joined.
// The result lies at the front of symbols; ranks is memory to work in.
func merge(j joiner, symbols []symbol, ranks *[]uint32) []symbol {
	if len(symbols) > longWord {
		return mergeLong(j, symbols)
	}
	return mergeShort(j, symbols, ranks)
}

// mergeShort looks at the ranks of all pairs each time.
func mergeShort(j joiner, symbols []symbol, memory *[]uint32) []symbol {
	ranks := (*memory)[:0]
	for i := 1; i < len(symbols); i++ {
		ranks = append(ranks, j.rank(symbols[i-1], symbols[i]))
	}
	*memory = ranks
	for {
		best, at := noRank, 0
		for i, r := range ranks {
			if r < best {
				best, at = r, i
			}
		}
		if best == noRank {
			return symbols
		}
		symbols[at] = j.join(symbols[at], symbols[at+1], best)
		symbols = append(symbols[:at+1], symbols[at+2:]...)
		ranks = append(ranks[:at], ranks[at+1:]...)
		if at > 0 {
			ranks[at-1] = j.rank(symbols[at-1], symbols[at])
		}
		if at < len(ranks) {
			ranks[at] = j.rank(symbols[at], symbols[at+1])
		}
	}
}

// mergeLong takes n log n steps. A pair in the heap may be out of date: then its rank has changed, or
// a pair of the same rank stands in the same place and it does no harm.
func mergeLong(j joiner, symbols []symbol) []symbol {
	l := newLinks(len(symbols))
	queue := make(pairs, 0, len(symbols))
	push := func(at int32) {
		if at < 0 || l.next[at] < 0 {
			return
		}
		if r := j.rank(symbols[at], symbols[l.next[at]]); r != noRank {
			queue.push(pair{r, at})
		}
	}
	for at := range int32(len(symbols)) {
		push(at)
	}
	for len(queue) > 0 {
		p := queue.pop()
		next := l.next[p.at]
		if l.prev[p.at] == removed || next < 0 || j.rank(symbols[p.at], symbols[next]) != p.rank {
			continue
		}
		symbols[p.at] = j.join(symbols[p.at], symbols[next], p.rank)
		l.remove(next)
		push(l.prev[p.at])
		push(p.at)
	}
	return l.keep(symbols)
}

// pair is a place where two neighbours can be joined.
type pair struct {
	rank uint32
	at   int32 // index of the left symbol
}

func (p pair) before(q pair) bool { return p.rank < q.rank || p.rank == q.rank && p.at < q.at }

// pairs is a heap with the first pair on top. (container/heap would allocate for each push.)
type pairs []pair

func (q *pairs) push(p pair) {
	*q = append(*q, p)
	h := *q
	i := len(h) - 1
	for i > 0 && p.before(h[(i-1)/2]) {
		h[i] = h[(i-1)/2]
		i = (i - 1) / 2
	}
	h[i] = p
}

func (q *pairs) pop() pair {
	h := *q
	top, last := h[0], h[len(h)-1]
	h = h[:len(h)-1]
	*q = h
	i := 0
	for 2*i+1 < len(h) {
		child := 2*i + 1
		if child+1 < len(h) && h[child+1].before(h[child]) {
			child++
		}
		if !h[child].before(last) {
			break
		}
		h[i] = h[child]
		i = child
	}
	if len(h) > 0 {
		h[i] = last
	}
	return top
}

// links is a doubly linked list over indices [0, n), from which indices are removed.
type links struct {
	prev, next []int32 // -1 beyond the ends; prev is removed for an index that is gone
}

const removed = -2

func newLinks(n int) links {
	l := links{make([]int32, n), make([]int32, n)}
	for i := range l.prev {
		l.prev[i], l.next[i] = int32(i-1), int32(i+1)
	}
	l.next[n-1] = -1
	return l
}

// remove takes out index i, which is not the first.
func (l links) remove(i int32) {
	before, after := l.prev[i], l.next[i]
	l.next[before] = after
	if after >= 0 {
		l.prev[after] = before
	}
	l.prev[i] = removed
}

// keep moves what was not removed to the front.
func (l links) keep(symbols []symbol) []symbol {
	n := 0
	for i := int32(0); i >= 0; i = l.next[i] {
		symbols[n] = symbols[i]
		n++
	}
	return symbols[:n]
}

// tokenStates remembers of each token whether merging its text gives it back, in two bits a token. With it most
// words cost one look-up.
type tokenStates []atomic.Uint32

// What is known of a token.
const (
	unseen uint32 = iota
	reached
	notReached
)

func newTokenStates(n int) tokenStates { return make(tokenStates, (n+15)/16) }

func (t tokenStates) get(id int) uint32 { return t[id/16].Load() >> (id % 16 * 2) & 3 }

func (t tokenStates) set(id int, isReached bool) {
	state := notReached
	if isReached {
		state = reached
	}
	t[id/16].Or(state << (id % 16 * 2))
}
