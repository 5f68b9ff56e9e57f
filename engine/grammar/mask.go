package grammar

// place is what a token may be at a state, as far as that can be told without knowing the callers: a string is the
// same string everywhere, but for what may follow its end.
type place struct {
	base    []uint64 // shared, or nil
	ids     []int32  // allowed besides
	returns []int32  // nodes of the trie at which the rule may have returned, with more bytes to come below
	trie    *trie
}

// place returns what is known of a state, and finds it out the first time.
func (a *automaton) place(state, count int32) *place {
	key := frameKey{0, state, count}
	if p := a.places[key]; p != nil {
		return p
	}
	p := &place{trie: &a.vocabulary.all}
	if b := a.states[state].text; b != nil {
		// Plain tokens need no walk: they fit as long as there is room for their characters.
		room := min(plainMax, 1+b.most-count)
		if b.most == unbounded {
			room = plainMax
		}
		p.base, p.trie = a.vocabulary.plain[room], &a.vocabulary.rough
	}
	a.walk(p.trie, a.alone(state, count), 0, int32(len(p.trie.nodes)-1), &p.ids, &p.returns)
	if p.base == nil && len(p.ids) > a.vocabulary.words {
		p.base = make([]uint64, a.vocabulary.words)
		for _, id := range p.ids {
			set(p.base, int(id))
		}
		p.ids = nil
		a.cacheBytes += 8 * len(p.base)
	}
	a.places[key] = p
	a.cacheBytes += 100 + 4*len(p.ids) + 4*len(p.returns)
	return p
}

// walk collects the tokens at the nodes [from, end) that c allows, and the nodes below which callers have to be asked.
// c belongs to the node above them.
func (a *automaton) walk(t *trie, c *config, from, end int32, ids, returns *[]int32) {
	if from >= end {
		return
	}
	a.stack[t.nodes[from].depth-1] = c
	for i := from; i < end; {
		n := &t.nodes[i]
		class := a.classOf[n.b]
		at := a.stack[n.depth-1]
		next := at.next[class]
		if next == nil {
			next = a.step(at, class)
		}
		if next.dead() {
			i = n.end
			continue
		}
		*ids = append(*ids, t.ids[n.ids:t.nodes[i+1].ids]...)
		if next.leaves && n.end > i+1 {
			*returns = append(*returns, i)
		}
		if len(next.frames) == 0 {
			i = n.end
			continue
		}
		a.stack[n.depth] = next
		i++
	}
}

// allowed returns the mask of the tokens that may come next.
func (a *automaton) allowed(c *config) []uint64 {
	if c.mask != nil {
		return c.mask
	}
	mask := make([]uint64, a.vocabulary.words)
	var ids []int32
	for _, f := range c.frames {
		p := a.place(f.state, f.count)
		or(mask, p.base)
		setAll(mask, p.ids)
		if f.caller == nil || len(p.returns) == 0 {
			continue // nothing follows the value
		}
		after := a.returned(f.caller)
		ids = ids[:0]
		for _, i := range p.returns {
			a.walk(p.trie, after, i+1, p.trie.nodes[i].end, &ids, nil)
		}
		setAll(mask, ids)
	}
	if c.complete {
		for _, id := range a.vocabulary.ends {
			set(mask, id)
		}
	}
	c.mask = mask
	a.cacheBytes += 8 * len(mask)
	return mask
}

func set(mask []uint64, id int) { mask[id/64] |= 1 << (id % 64) }

func setAll(mask []uint64, ids []int32) {
	for _, id := range ids {
		set(mask, int(id))
	}
}

func or(mask, more []uint64) {
	for i, w := range more {
		mask[i] |= w
	}
}
