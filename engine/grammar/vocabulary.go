package grammar

import (
	"bytes"
	"slices"
	"sync"
	"unicode/utf8"
)

// Vocabulary is what the tokens of a model spell. It may be used by several goroutines.
type Vocabulary struct {
	piece func(id int) []byte
	words int // of a mask
	ends  []int
	all   trie
	rough trie       // tokens that are not plain
	plain [][]uint64 // [n]: the plain tokens of n characters at most

	mu      sync.Mutex
	running []*automaton // the last used at the end
	sources []string
}

const (
	pieceMax   = 256 // bytes of a token; longer ones are left out
	plainMax   = 32  // characters of a plain token
	runningMax = 4   // formats that are remembered
)

// NewVocabulary lays out n tokens. piece gives the bytes of a token, none for what spells nothing; it must go on doing so.
// ends are the tokens that end a text.
func NewVocabulary(n int, piece func(id int) []byte, ends []int) *Vocabulary {
	v := &Vocabulary{piece: piece, words: (n + 63) / 64, ends: ends}
	v.plain = make([][]uint64, plainMax+1)
	for i := range v.plain {
		v.plain[i] = make([]uint64, v.words)
	}
	var all, rough []spelled
	for id := range n {
		t := spelled{id: int32(id), bytes: piece(id)}
		if len(t.bytes) == 0 || len(t.bytes) > pieceMax {
			continue
		}
		all = append(all, t)
		if chars := plainChars(t.bytes); chars >= 0 {
			set(v.plain[chars], id)
		} else {
			rough = append(rough, t)
		}
	}
	for i := 1; i < len(v.plain); i++ {
		or(v.plain[i], v.plain[i-1])
	}
	v.all, v.rough = newTrie(all), newTrie(rough)
	return v
}

// plainChars counts the characters of a token that is no more than a part of a string: whole characters that JSON
// writes as they are. It is -1 for all others.
func plainChars(piece []byte) int {
	chars := 0
	for len(piece) > 0 {
		r, size := utf8.DecodeRune(piece)
		if r < ' ' || r == '"' || r == '\\' || r == utf8.RuneError && size == 1 {
			return -1
		}
		chars++
		piece = piece[size:]
	}
	if chars > plainMax {
		return -1
	}
	return chars
}

// Start begins a value of a format.
func (v *Vocabulary) Start(f *Format) *Matcher {
	a := v.automaton(f)
	a.mu.Lock()
	defer a.mu.Unlock()
	return &Matcher{automaton: a, at: a.start()}
}

func (v *Vocabulary) automaton(f *Format) *automaton {
	v.mu.Lock()
	defer v.mu.Unlock()
	a := (*automaton)(nil)
	if i := slices.Index(v.sources, f.source); i >= 0 {
		a = v.running[i]
		v.running, v.sources = slices.Delete(v.running, i, i+1), slices.Delete(v.sources, i, i+1)
	} else {
		a = newAutomaton(f.states, v)
	}
	v.running, v.sources = append(v.running, a), append(v.sources, f.source)
	if len(v.running) > runningMax {
		v.running, v.sources = slices.Delete(v.running, 0, 1), slices.Delete(v.sources, 0, 1)
	}
	return a
}

type spelled struct {
	id    int32
	bytes []byte
}

// trie holds the spellings with their common beginnings joined, as a list in the order of a walk from the root down.
type trie struct {
	nodes []trieNode // the last is a sentinel
	ids   []int32    // by spelling
}

type trieNode struct {
	end   int32 // the index of the first node that is not below this one
	ids   int32 // the index of the first id spelled here; those of the next node end the list
	depth uint16
	b     byte
}

func newTrie(tokens []spelled) trie {
	slices.SortFunc(tokens, func(a, b spelled) int {
		if c := bytes.Compare(a.bytes, b.bytes); c != 0 {
			return c
		}
		return int(a.id - b.id)
	})
	var t trie
	var open []int32 // the nodes that lead to the last token
	var last []byte
	closeTo := func(depth int) {
		for _, n := range open[depth:] {
			t.nodes[n].end = int32(len(t.nodes))
		}
		open = open[:depth]
	}
	for _, token := range tokens {
		shared := 0
		for shared < len(open) && shared < len(token.bytes) && last[shared] == token.bytes[shared] {
			shared++
		}
		closeTo(shared)
		for i := shared; i < len(token.bytes); i++ {
			open = append(open, int32(len(t.nodes)))
			t.nodes = append(t.nodes, trieNode{b: token.bytes[i], depth: uint16(i + 1), ids: int32(len(t.ids))})
		}
		t.ids = append(t.ids, token.id)
		last = token.bytes
	}
	closeTo(0)
	t.nodes = append(t.nodes, trieNode{end: int32(len(t.nodes)), ids: int32(len(t.ids))})
	return t
}
