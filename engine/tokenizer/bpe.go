package tokenizer

import (
	"bytes"
	"fmt"
	"sync"

	"croft/engine/gguf"
)

// bpe is byte-level byte pair encoding: a text is split into words, each word begins as one symbol a byte, and
// of all pairs of neighbours the one that was learnt first is joined, again and again
// (Sennrich et al. 2016; Radford et al. 2019).
type bpe struct {
	words   *vocabulary
	pre     preTokenizer
	merges  mergeTable
	bytes   [256]symbol // byte -> its symbol
	phantom []string    // symbols beyond the vocabulary, which stand between a word's bytes and its tokens
	states  tokenStates
	scratch sync.Pool // of *scratch
}

// scratch is the memory that encoding one word after another takes.
type scratch struct {
	letters []byte
	symbols []symbol
	ranks   []uint32
}

func newBPE(f *gguf.File, words *vocabulary, pre preTokenizer) (*bpe, error) {
	merges, ok := f.Strings("tokenizer.ggml.merges")
	if !ok {
		return nil, fmt.Errorf("%w: byte-level BPE without a list of merges", ErrUnsupported)
	}
	if merges.Len() >= idsMax {
		return nil, fmt.Errorf("%w: %d merges", ErrUnsupported, merges.Len())
	}
	b := &bpe{words: words, pre: pre, states: newTokenStates(words.len())}
	b.scratch.New = func() any { return new(scratch) }
	if err := b.readMerges(merges); err != nil {
		return nil, err
	}
	return b, nil
}

// mergeBytesMax bounds what the phantoms of a hostile file may take. Real merges have up to about 500 bytes.
const mergeBytesMax = 2048

// readMerges fills the table of merges. A merge's parts and result are looked up by text; one that is no token
// becomes a phantom, which later merges may make a token of.
func (b *bpe) readMerges(merges gguf.Strings) error {
	b.merges = newMergeTable(merges.Len())
	phantoms := map[string]symbol{}
	for i := range b.bytes {
		l := &letterOf[i]
		b.bytes[i] = b.symbol(l.b[:l.n], phantoms)
	}
	var joined []byte
	var last symbol
	for rank, text := range merges.All() {
		if len(text) > mergeBytesMax || len(text) < 3 {
			continue
		}
		// The first character may itself be a space.
		left, right, ok := bytes.Cut(text[1:], []byte(" "))
		if !ok {
			continue
		}
		left = text[:1+len(left)]
		joined = append(append(joined[:0], left...), right...)
		// Results mostly come in the order of the vocabulary, which spares a third of the look-ups.
		if !b.words.is(int(last), joined) {
			if last++; !b.words.is(int(last), joined) {
				last = b.symbol(joined, phantoms)
			}
		}
		b.merges.add(uint32(rank), b.symbol(left, phantoms), b.symbol(right, phantoms), last)
		if b.words.len()+len(b.phantom) > idsMax {
			return fmt.Errorf("%w: its merges make more than %d symbols", ErrUnsupported, idsMax)
		}
	}
	return nil
}

// symbol is the id of a text, or of its phantom.
func (b *bpe) symbol(text []byte, phantoms map[string]symbol) symbol {
	if id, ok := b.words.find(text); ok {
		return symbol(id)
	}
	if id, ok := phantoms[string(text)]; ok {
		return id
	}
	id := symbol(b.words.len() + len(b.phantom))
	b.phantom = append(b.phantom, string(text))
	phantoms[b.phantom[len(b.phantom)-1]] = id
	return id
}

func (b *bpe) encode(ids []int, text string) []int {
	s := b.scratch.Get().(*scratch)
	defer b.scratch.Put(s)
	b.pre.split(wellFormed(text), func(word string) { ids = b.encodeWord(ids, word, s) })
	return ids
}

func (b *bpe) encodeWord(ids []int, word string, s *scratch) []int {
	s.letters = appendLetters(s.letters[:0], word)
	id, found := b.words.find(s.letters)
	if found && (b.pre.ignoreMerges || b.states.get(id) == reached) {
		return append(ids, id)
	}
	s.symbols = s.symbols[:0]
	for i := range len(word) {
		s.symbols = append(s.symbols, b.bytes[word[i]])
	}
	symbols := merge(b, s.symbols, &s.ranks)
	if found && b.states.get(id) == unseen {
		b.states.set(id, len(symbols) == 1 && symbols[0] == symbol(id))
	}
	for _, symbol := range symbols {
		ids = b.append(ids, symbol)
	}
	return ids
}

// append adds a symbol's id. Of a phantom, the characters that are tokens are added.
func (b *bpe) append(ids []int, s symbol) []int {
	if int(s) < b.words.len() {
		return append(ids, int(s))
	}
	text := b.phantom[int(s)-b.words.len()]
	for i := range len(text) {
		if id, ok := b.words.findString(text[i : i+1]); ok {
			ids = append(ids, id)
		}
	}
	return ids
}

func (b *bpe) rank(left, right symbol) uint32 { return b.merges.rank(left, right) }

func (b *bpe) join(_, _ symbol, rank uint32) symbol { return symbol(b.merges.results[rank]) }
