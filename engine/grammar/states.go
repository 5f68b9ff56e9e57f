package grammar

// The automaton has a state for each place in a value. A rule is a group of states with one way in: the members of an
// object, the characters of a string. A state may call a rule and goes on when that returns, so values nest as deep
// as the schema lets them. What is called has a frame, and each frame counts: characters or elements.

// state is a place. Its ways are tried side by side.
type state struct {
	spans  []span
	jumps  []jump
	calls  []call
	accept bool // the rule may return here
	text   *bounds
}

// span is the way on a byte in [low, high].
type span struct {
	low, high byte
	to        int32
}

// jump is a way without a byte, open while the frame's count is in [least, most].
type jump struct {
	to          int32
	least, most int32
	add         bool
	limit       int32 // the count stays here when it would go higher
}

// call is the way through a rule.
type call struct{ rule, to int32 }

// bounds are those of a string of any characters, [least, most].
type bounds struct{ least, most int32 }

// unbounded is the most where nothing is said.
const unbounded = 1<<31 - 1

// limit is the highest count that makes a difference.
func (b bounds) limit() int32 {
	if b.most == unbounded {
		return b.least
	}
	return b.most
}

// statesMax bounds what one schema may become; 10 MB or so.
const statesMax = 100_000

// builder collects the states of a grammar.
type builder struct {
	states []state
	rules  []int32 // the first state of each
	full   bool    // statesMax was passed, and what follows is of no use
}

func (b *builder) state() int32 {
	if len(b.states) >= statesMax {
		b.full = true
		return 0
	}
	b.states = append(b.states, state{})
	return int32(len(b.states) - 1)
}

// rule begins a rule.
func (b *builder) rule() (rule, first int32) {
	first = b.state()
	b.rules = append(b.rules, first)
	return int32(len(b.rules) - 1), first
}

func (b *builder) on(from int32, low, high byte, to int32) {
	s := &b.states[from]
	s.spans = append(s.spans, span{low, high, to})
}

// onAny is on for each of some bytes.
func (b *builder) onAny(from int32, bytes string, to int32) {
	for _, c := range []byte(bytes) {
		b.on(from, c, c, to)
	}
}

func (b *builder) jump(from, to int32) {
	s := &b.states[from]
	s.jumps = append(s.jumps, jump{to: to, most: unbounded})
}

func (b *builder) jumpWithin(from, to int32, within bounds) {
	s := &b.states[from]
	s.jumps = append(s.jumps, jump{to: to, least: within.least, most: within.most})
}

// jumpCounting counts one more, as long as it stays in the bounds.
func (b *builder) jumpCounting(from, to int32, within bounds) {
	s := &b.states[from]
	most := within.most
	if most != unbounded {
		most--
	}
	s.jumps = append(s.jumps, jump{to: to, most: most, add: true, limit: within.limit()})
}

func (b *builder) call(from, rule, to int32) {
	s := &b.states[from]
	s.calls = append(s.calls, call{rule, to})
}

func (b *builder) accept(at int32) { b.states[at].accept = true }

// bytes is the way along a text.
func (b *builder) bytes(from int32, text string, to int32) {
	for i := range len(text) - 1 {
		next := b.state()
		b.on(from, text[i], text[i], next)
		from = next
	}
	last := text[len(text)-1]
	b.on(from, last, last, to)
}

// trim takes out every way that leads to no end, and reports whether the first rule has one.
func (b *builder) trim() bool {
	live := b.live()
	ends := func(rule int32) bool { return live[b.rules[rule]] }
	for i := range b.states {
		s := &b.states[i]
		s.spans = keep(s.spans, func(x span) bool { return live[x.to] })
		s.jumps = keep(s.jumps, func(x jump) bool { return live[x.to] })
		s.calls = keep(s.calls, func(x call) bool { return live[x.to] && ends(x.rule) })
	}
	return ends(0)
}

func keep[T any](list []T, f func(T) bool) []T {
	kept := list[:0]
	for _, x := range list {
		if f(x) {
			kept = append(kept, x)
		}
	}
	return kept
}

// live says from which states the end of their rule can be reached. It goes backwards from the ends: a call is open
// once the end of its rule and the place after it are reached.
func (b *builder) live() []bool {
	live := make([]bool, len(b.states))
	into, callers := b.backwards()
	var work []int32
	reach := func(s int32) {
		if !live[s] {
			live[s] = true
			work = append(work, s)
		}
	}
	for i := range b.states {
		if b.states[i].accept {
			reach(int32(i))
		}
	}
	for len(work) > 0 {
		at := work[len(work)-1]
		work = work[:len(work)-1]
		for _, from := range into[at] {
			reach(from)
		}
		for _, from := range callers[at] {
			for _, c := range b.states[from].calls {
				if live[c.to] && live[b.rules[c.rule]] {
					reach(from)
				}
			}
		}
	}
	return live
}

// backwards lists for each state those with a way to it, and those with a call that it is a part of.
func (b *builder) backwards() (into, callers [][]int32) {
	into, callers = make([][]int32, len(b.states)), make([][]int32, len(b.states))
	for i := range b.states {
		s, from := &b.states[i], int32(i)
		for _, x := range s.spans {
			into[x.to] = append(into[x.to], from)
		}
		for _, x := range s.jumps {
			into[x.to] = append(into[x.to], from)
		}
		for _, x := range s.calls {
			callers[x.to] = append(callers[x.to], from)
			first := b.rules[x.rule]
			callers[first] = append(callers[first], from)
		}
	}
	return into, callers
}
