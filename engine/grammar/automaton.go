package grammar

import (
	"encoding/binary"
	"sync"
)

// frame is a rule on its way: where it is, what it counted, and who called it. Frames that are equal are one.
type frame struct {
	id           int32
	state, count int32
	caller       *frame // whose state is where it goes on; nil: the value is complete
	mark         int    // the last search that came by
}

type frameKey struct{ caller, state, count int32 }

// outside stands for the callers when nobody asks who they are.
var outside = &frame{id: -1}

// config is everything the automaton may be in after some bytes.
type config struct {
	frames   []*frame // whose states wait for a byte
	complete bool     // the value may end here
	leaves   bool     // a frame without callers may return here
	age      int      // of the cache that it is in
	next     []*config
	mask     []uint64 // bit id: the token may come; nil: not known yet
}

func (c *config) dead() bool { return len(c.frames) == 0 && !c.complete && !c.leaves }

// Bounds of one search: what lies beyond is left out. Every frame can be completed, so what is left is right too,
// only less; it depends on the bytes alone, as the law of same words wants it.
const (
	framesMax = 256
	visitsMax = 20_000
)

// automaton runs a grammar over one vocabulary and remembers what it found, as long as cacheMax allows.
// Matcher and Vocabulary hold mu.
type automaton struct {
	mu sync.Mutex
	*builder
	vocabulary *Vocabulary
	classOf    [256]uint8
	sample     []byte // a byte of each class
	age        int
	frames     map[frameKey]*frame
	configs    map[string]*config
	places     map[frameKey]*place
	cacheBytes int

	mark, visits int
	draft        config
	key          []byte
	stack        [pieceMax + 1]*config
}

// cacheMax is in bytes, by estimate. A token may take the caches to twice that.
const cacheMax = 8 << 20

func newAutomaton(b *builder, v *Vocabulary) *automaton {
	a := &automaton{builder: b, vocabulary: v}
	a.classes()
	a.forget()
	return a
}

// forget empties the caches.
func (a *automaton) forget() {
	a.age++
	a.frames, a.configs, a.places = map[frameKey]*frame{}, map[string]*config{}, map[frameKey]*place{}
	a.cacheBytes = 0
}

// classes finds the bytes that no span tells apart.
func (a *automaton) classes() {
	var first [257]bool
	first[0] = true
	for i := range a.states {
		for _, s := range a.states[i].spans {
			first[s.low], first[int(s.high)+1] = true, true
		}
	}
	for b := range 256 {
		if first[b] {
			a.sample = append(a.sample, byte(b))
		}
		a.classOf[b] = uint8(len(a.sample) - 1)
	}
}

// frame returns the one frame that is so.
func (a *automaton) frame(state, count int32, caller *frame) *frame {
	key := frameKey{-2, state, count}
	if caller != nil {
		key.caller = caller.id
	}
	f := a.frames[key]
	if f == nil {
		f = &frame{id: int32(len(a.frames)), state: state, count: count, caller: caller}
		a.frames[key] = f
		a.cacheBytes += 96
	}
	return f
}

// search begins to collect a config.
func (a *automaton) search() {
	a.mark++
	a.visits = 0
	a.draft = config{frames: a.draft.frames[:0]}
}

// visit collects what can be reached from f without a byte.
func (a *automaton) visit(f *frame) {
	if a.visits++; f.mark == a.mark || a.visits > visitsMax {
		return
	}
	f.mark = a.mark
	s := &a.states[f.state]
	if len(s.spans) > 0 && len(a.draft.frames) < framesMax {
		a.draft.frames = append(a.draft.frames, f)
	}
	for _, j := range s.jumps {
		if f.count >= j.least && f.count <= j.most {
			a.visit(a.frame(j.to, j.counted(f.count), f.caller))
		}
	}
	for _, c := range s.calls {
		a.visit(a.frame(a.rules[c.rule], 0, a.after(c, f)))
	}
	if s.accept {
		a.leave(f.caller)
	}
}

func (j jump) counted(n int32) int32 {
	if j.add {
		return min(n+1, j.limit)
	}
	return n
}

// after is the frame in which f goes on after a call. With nothing left to do there it is its caller.
func (a *automaton) after(c call, f *frame) *frame {
	s := &a.states[c.to]
	if s.accept && len(s.spans)+len(s.jumps)+len(s.calls) == 0 {
		return f.caller
	}
	return a.frame(c.to, f.count, f.caller)
}

func (a *automaton) leave(to *frame) {
	switch to {
	case nil:
		a.draft.complete = true
	case outside:
		a.draft.leaves = true
	default:
		a.visit(to)
	}
}

// found returns the config that was collected.
func (a *automaton) found() *config {
	d := &a.draft
	flags := byte(0)
	if d.complete {
		flags |= 1
	}
	if d.leaves {
		flags |= 2
	}
	a.key = append(a.key[:0], flags)
	for _, f := range d.frames {
		a.key = binary.LittleEndian.AppendUint32(a.key, uint32(f.id))
	}
	if c := a.configs[string(a.key)]; c != nil {
		return c
	}
	c := &config{complete: d.complete, leaves: d.leaves, age: a.age}
	c.frames = append(c.frames, d.frames...)
	c.next = make([]*config, len(a.sample))
	if a.cacheBytes < 2*cacheMax { // else it is used and dropped
		a.configs[string(a.key)] = c
		a.cacheBytes += 160 + 8*len(c.next) + 16*len(c.frames)
	}
	return c
}

func (a *automaton) start() *config {
	a.search()
	a.visit(a.frame(a.rules[0], 0, nil))
	return a.found()
}

// alone is the config of one place, whoever called it.
func (a *automaton) alone(state, count int32) *config {
	a.search()
	a.visit(a.frame(state, count, outside))
	return a.found()
}

// returned is the config after a rule has returned to its caller.
func (a *automaton) returned(caller *frame) *config {
	a.search()
	a.leave(caller)
	return a.found()
}

// step follows a byte, which is given by its class.
func (a *automaton) step(c *config, class uint8) *config {
	if n := c.next[class]; n != nil {
		return n
	}
	a.search()
	b := a.sample[class]
	for _, f := range c.frames {
		for _, s := range a.states[f.state].spans {
			if b >= s.low && b <= s.high {
				a.visit(a.frame(s.to, f.count, f.caller))
			}
		}
	}
	n := a.found()
	if a.cacheBytes < 2*cacheMax {
		c.next[class] = n
	}
	return n
}

// current brings a config into the caches as they are now, and empties them first when they are full.
func (a *automaton) current(c *config) *config {
	if a.cacheBytes > cacheMax {
		a.forget()
	}
	if c.age == a.age {
		return c
	}
	a.search()
	a.draft.complete = c.complete
	for _, f := range c.frames {
		a.draft.frames = append(a.draft.frames, a.adopt(f))
	}
	return a.found()
}

func (a *automaton) adopt(f *frame) *frame {
	if f == nil || f == outside {
		return f
	}
	return a.frame(f.state, f.count, a.adopt(f.caller))
}
