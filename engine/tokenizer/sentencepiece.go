package tokenizer

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"sync"
	"unicode/utf8"

	"croft/engine/gguf"
)

// sentencePiece is BPE as SentencePiece does it (Kudo and Richardson 2018): of all pairs of neighbours that
// together are a token, the one with the best score is joined, again and again. A character that is no token
// becomes one token a byte.
type sentencePiece struct {
	words    *vocabulary
	scores   gguf.Value
	bytes    [256]token
	bySpaces bool // no token goes on over the beginning of a word, so that each word can be read alone
	states   tokenStates
	scratch  sync.Pool // of *scratch
}

func newSentencePiece(f *gguf.File, words *vocabulary, unknown token) (*sentencePiece, error) {
	scores, ok := f.Value("tokenizer.ggml.scores")
	if !ok || scores.Len() < words.len() {
		return nil, fmt.Errorf("%w: SentencePiece without a score for each token", ErrUnsupported)
	}
	p := &sentencePiece{words: words, scores: scores, states: newTokenStates(words.len())}
	p.scratch.New = func() any { return new(scratch) }
	for b := range p.bytes {
		id, ok := words.findString(fmt.Sprintf("<0x%02X>", b))
		if !ok {
			id, ok = words.find([]byte{byte(b)})
		}
		if p.bytes[b] = unknown; ok {
			p.bytes[b] = token{id, true}
		}
	}
	p.bySpaces = !crossesWords(words)
	return p, nil
}

// crossesWords looks for a token with a space sign after another character.
func crossesWords(words *vocabulary) bool {
	for _, text := range words.texts.All() {
		for bytes.HasPrefix(text, []byte(spaceSign)) {
			text = text[len(spaceSign):]
		}
		if bytes.Contains(text, []byte(spaceSign)) {
			return true
		}
	}
	return false
}

func (p *sentencePiece) encode(ids []int, text string) []int {
	s := p.scratch.Get().(*scratch)
	defer p.scratch.Put(s)
	// A broken character may reach into the next word.
	byWords := p.bySpaces && utf8.ValidString(text)
	text = strings.ReplaceAll(text, " ", spaceSign)
	for text != "" {
		n := len(text)
		if byWords {
			n = wordEnd(text)
		}
		ids = p.encodeWord(ids, text[:n], s)
		text = text[n:]
	}
	return ids
}

// wordEnd is the length of space signs with the word that follows.
func wordEnd(text string) int {
	at := 0
	for strings.HasPrefix(text[at:], spaceSign) {
		at += len(spaceSign)
	}
	if n := strings.Index(text[at:], spaceSign); n >= 0 {
		return at + n
	}
	return len(text)
}

func (p *sentencePiece) encodeWord(ids []int, word string, s *scratch) []int {
	s.letters = append(s.letters[:0], word...)
	id, found := p.words.find(s.letters)
	if found && p.states.get(id) == reached {
		return append(ids, id)
	}
	s.symbols = appendCharacters(s.symbols[:0], word)
	symbols := merge(pieces{p, s.letters}, s.symbols, &s.ranks)
	if found && p.states.get(id) == unseen {
		p.states.set(id, len(symbols) == 1)
	}
	for _, symbol := range symbols {
		ids = p.append(ids, symbol.text(s.letters))
	}
	return ids
}

// appendCharacters appends a symbol for each character; the length is what its first byte says, right or wrong.
func appendCharacters(symbols []symbol, word string) []symbol {
	for at := 0; at < len(word); {
		n := 1
		switch c := word[at]; {
		case c >= 0xf0:
			n = 4
		case c >= 0xe0:
			n = 3
		case c >= 0xc0:
			n = 2
		}
		n = min(n, len(word)-at)
		symbols = append(symbols, span(at, at+n))
		at += n
	}
	return symbols
}

// append adds the id of a symbol's text, or those of its bytes.
func (p *sentencePiece) append(ids []int, text []byte) []int {
	if id, ok := p.words.find(text); ok {
		return append(ids, id)
	}
	for _, b := range text {
		ids = p.bytes[b].append(ids)
	}
	return ids
}

// span is the symbol for the bytes [begin, end) of a word.
func span(begin, end int) symbol { return symbol(begin)<<32 | symbol(end) }

func (s symbol) begin() int              { return int(s >> 32) }
func (s symbol) end() int                { return int(s & math.MaxUint32) }
func (s symbol) text(word []byte) []byte { return word[s.begin():s.end()] }

// pieces joins the symbols of one word.
type pieces struct {
	*sentencePiece
	word []byte
}

// rank orders by score, the highest first.
func (p pieces) rank(left, right symbol) uint32 {
	id, ok := p.words.find(p.word[left.begin():right.end()])
	if !ok {
		return noRank
	}
	score, _ := p.scores.Float(id)
	bits := math.Float32bits(float32(score) + 0) // no negative zero
	if bits>>31 == 0 {
		return bits ^ math.MaxInt32
	}
	return min(bits, noRank-1)
}

func (p pieces) join(left, right symbol, _ uint32) symbol { return span(left.begin(), right.end()) }
