package randmodel

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// Token types of tokenizer.ggml.token_type.
const (
	tokenNormal  = 1
	tokenControl = 3
	tokenUnused  = 5
)

// vocabulary is a byte-level BPE of a real size with made-up words.
type vocabulary struct {
	size     int    // rows of the embedding
	nText    int    // bytes and words; the control tokens follow, then unused rows
	pre      string // tokenizer.ggml.pre
	control  []string
	bos, eos string
	addBOS   bool
	template string
}

var qwenVocabulary = vocabulary{
	size: 151936, nText: 151643, pre: "qwen2",
	control:  []string{"<|endoftext|>", "<|im_start|>", "<|im_end|>"},
	bos:      "<|endoftext|>",
	eos:      "<|im_end|>",
	template: chatMLTemplate,
}

var llamaVocabulary = vocabulary{
	size: 128256, nText: 128000, pre: "llama-bpe",
	control: []string{
		"<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>",
	},
	bos:      "<|begin_of_text|>",
	eos:      "<|eot_id|>",
	addBOS:   true,
	template: headerTemplate,
}

var tinyVocabulary = vocabulary{
	size: 2048, nText: 2000, pre: "qwen2",
	control:  qwenVocabulary.control,
	bos:      qwenVocabulary.bos,
	eos:      qwenVocabulary.eos,
	template: chatMLTemplate,
}

const chatMLTemplate = `{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}`

const headerTemplate = `{{ bos_token }}{% for message in messages %}{{ '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n' + message['content'] + '<|eot_id|>' }}{% endfor %}{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}`

// tokens returns the texts and types of all rows and the merges that build the
// words. Every word is made by exactly one merge, from two earlier tokens.
func (v vocabulary) tokens(r *rand.Rand) (texts []string, types []int32, merges []string) {
	texts = byteTokens()
	words := newWordMaker(r)
	for len(texts) < v.nText {
		word, merge := words.next()
		texts, merges = append(texts, word), append(merges, merge)
	}
	types = repeat(types, tokenNormal, len(texts))
	texts = append(texts, v.control...)
	types = repeat(types, tokenControl, len(v.control))
	for len(texts) < v.size {
		texts = append(texts, fmt.Sprintf("[PAD%d]", len(texts)))
	}
	return texts, repeat(types, tokenUnused, v.size-len(types)), merges
}

func (v vocabulary) id(control string) uint32 {
	for i, c := range v.control {
		if c == control {
			return uint32(v.nText + i)
		}
	}
	panic("randmodel: no control token " + control)
}

func repeat(s []int32, x int32, n int) []int32 {
	for range n {
		s = append(s, x)
	}
	return s
}

// byteTokens gives each of the 256 bytes its printable stand-in, as GPT-2 does:
// printable bytes stand for themselves, the others for U+0100 and up.
func byteTokens() []string {
	var printable, other []string
	for b := range rune(256) {
		if b >= '!' && b <= '~' || b >= '¡' && b <= '¬' || b >= '®' {
			printable = append(printable, string(b))
		} else {
			other = append(other, string(0x100+rune(len(other))))
		}
	}
	return append(printable, other...)
}

// wordMaker joins letters into ever longer words, about half of them with the
// leading space that GPT-2 writes as Ġ.
type wordMaker struct {
	r     *rand.Rand
	heads []string // a word may begin with these: letters, the space, words
	tails []string // and go on with these: no space
	seen  map[string]bool
}

func newWordMaker(r *rand.Rand) *wordMaker {
	w := &wordMaker{r: r, seen: map[string]bool{}}
	for c := 'a'; c <= 'z'; c++ {
		w.heads, w.tails = append(w.heads, string(c)), append(w.tails, string(c))
	}
	w.heads = append(w.heads, "Ġ")
	return w
}

// next returns a new word of at most 12 bytes and the merge that makes it.
func (w *wordMaker) next() (word, merge string) {
	const partMax = 6 // bytes of a word that others are made from
	for {
		head := w.heads[w.r.IntN(len(w.heads))]
		tail := w.tails[w.r.IntN(len(w.tails))]
		word = head + tail
		if w.seen[word] {
			continue
		}
		w.seen[word] = true
		if len(word) <= partMax {
			w.heads = append(w.heads, word)
			if !strings.HasPrefix(word, "Ġ") {
				w.tails = append(w.tails, word)
			}
		}
		return word, head + " " + tail
	}
}
