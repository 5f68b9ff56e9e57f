// Package tokenizer turns text into the ids a model reads, and ids back into text.
//
// Three kinds of vocabulary are known, as GGUF files carry them: byte-level BPE (GPT-2 and everything that
// followed it), SentencePiece BPE (Llama 2, Gemma) and WordPiece (BERT). Ids are those that llama.cpp gives,
// since that is what the models' files were made and tested with.
package tokenizer

import (
	"errors"
	"fmt"
	"slices"

	"croft/engine/gguf"
)

// ErrUnsupported is for a file whose tokenizer is of a kind that is not known.
var ErrUnsupported = errors.New("this kind of tokenizer is not supported")

// Tokenizer knows one model's vocabulary. It refers to the file it was made from, which must stay open.
// Its methods may be called from several goroutines.
type Tokenizer struct {
	words   *vocabulary
	special specials
	markers []marker
	encoder encoder
	kind    string

	spacePrefix bool // a space is put before the text, and taken off again
	spaceSign   bool // pieces hold ▁ for a space; otherwise they are in the byte alphabet
	cleanSpaces bool // Decode takes out the space before punctuation
	addBOS      bool
	addEOS      bool
	addSEP      bool
}

// encoder appends the ids of a text without special tokens.
type encoder interface {
	encode(ids []int, text string) []int
}

// New reads the tokenizer of a model file.
func New(f *gguf.File) (*Tokenizer, error) {
	model, ok := f.String("tokenizer.ggml.model")
	if !ok {
		return nil, fmt.Errorf("%w: the file names none", ErrUnsupported)
	}
	words, err := newVocabulary(f)
	if err != nil {
		return nil, err
	}
	t := &Tokenizer{words: words}
	t.special = newSpecials(f, model, words)
	if err := t.setUp(f, model); err != nil {
		return nil, err
	}
	t.override(f)
	t.special.findEnds(f, words)
	t.markers = findMarkers(f, words)
	return t, nil
}

// setUp chooses the algorithm and its defaults.
func (t *Tokenizer) setUp(f *gguf.File, model string) error {
	var err error
	switch model {
	case "gpt2":
		var pre preTokenizer
		pre, t.kind = choosePreTokenizer(f)
		t.addBOS, t.cleanSpaces = pre.addBOS, !pre.keepSpaces
		t.encoder, err = newBPE(f, t.words, pre)
	case "llama":
		t.kind = "SentencePiece BPE"
		t.addBOS, t.spacePrefix, t.spaceSign = true, true, true
		t.encoder, err = newSentencePiece(f, t.words, t.special.unknown)
	case "bert":
		t.kind = "WordPiece"
		t.addBOS, t.addSEP, t.cleanSpaces, t.spaceSign = true, true, true, true
		t.encoder = newWordPiece(f, t.words, t.special.unknown)
	default:
		err = fmt.Errorf("%w: %q", ErrUnsupported, model)
	}
	return err
}

func choosePreTokenizer(f *gguf.File) (pre preTokenizer, kind string) {
	name, named := f.String("tokenizer.ggml.pre")
	pre, known := preTokenizers[name]
	switch {
	case known:
		return pre, fmt.Sprintf("byte-level BPE (%s)", name)
	case named:
		kind = fmt.Sprintf("byte-level BPE (%q is not known here, so words are split the default way)", name)
	default:
		kind = "byte-level BPE (the file does not say how words are split, so it is done the default way)"
	}
	return preTokenizers["default"], kind
}

// override lets the file have the last word.
func (t *Tokenizer) override(f *gguf.File) {
	for key, flag := range map[string]*bool{
		"tokenizer.ggml.add_bos_token":    &t.addBOS,
		"tokenizer.ggml.add_eos_token":    &t.addEOS,
		"tokenizer.ggml.add_space_prefix": &t.spacePrefix,
	} {
		if v, ok := f.Bool(key); ok {
			*flag = v
		}
	}
}

// Kind names the algorithm, "byte-level BPE (qwen2)". It also says when a part of the tokenizer is not
// known and a default stands in for it.
func (t *Tokenizer) Kind() string { return t.kind }

// Vocabulary is the number of ids; they are [0, Vocabulary).
func (t *Tokenizer) Vocabulary() int { return t.words.len() }

// BOS is the id that begins a text.
func (t *Tokenizer) BOS() (id int, ok bool) { return t.special.bos.get() }

// EOS is the id that ends a text.
func (t *Tokenizer) EOS() (id int, ok bool) { return t.special.eos.get() }

// EOT is the id that ends a turn of a conversation.
func (t *Tokenizer) EOT() (id int, ok bool) { return t.special.eot.get() }

// AddBOS says whether the model wants BOS before its input. Encode puts it there when asked for special tokens.
func (t *Tokenizer) AddBOS() bool { return t.addBOS }

// AddEOS says whether the model wants EOS after its input.
func (t *Tokenizer) AddEOS() bool { return t.addEOS }

// IsEnd says whether a model that writes id has finished its reply.
func (t *Tokenizer) IsEnd(id int) bool { return slices.Contains(t.special.ends, id) }

// IsSpecial says whether id stands for no text, but for something that the model is told or tells.
func (t *Tokenizer) IsSpecial(id int) bool {
	return t.words.has(id) && t.words.attrs[id]&(control|unknown) != 0
}

// Encode turns text into ids. With addSpecial the ids that the model wants before and after a text are added.
// With parseSpecial the names of special tokens in the text ("<|im_start|>") become these tokens; without, they
// are text like any other, as they must be in what a person typed.
func (t *Tokenizer) Encode(text string, addSpecial, parseSpecial bool) []int {
	ids := make([]int, 0, len(text)/4+8)
	if addSpecial && t.addBOS {
		ids = t.special.bos.append(ids)
	}
	afterSpecial := true
	for _, part := range t.partition(text, parseSpecial) {
		if part.id >= 0 {
			ids = append(ids, part.id)
		} else if t.spacePrefix && afterSpecial {
			ids = t.encoder.encode(ids, " "+part.text)
		} else {
			ids = t.encoder.encode(ids, part.text)
		}
		afterSpecial = part.id >= 0
	}
	if addSpecial && t.addSEP {
		ids = t.special.sep.append(ids)
	} else if addSpecial && t.addEOS {
		ids = t.special.eos.append(ids)
	}
	return ids
}

// Decode turns ids into text. With specials the special tokens are written by name; without, they are left out.
// The bytes are those the tokens stand for, which need not be whole UTF-8. Ids that do not exist are left out.
func (t *Tokenizer) Decode(ids []int, specials bool) string {
	skipSpace := t.spacePrefix
	if !specials && t.addBOS && len(ids) > 0 && t.special.bos.is(ids[0]) {
		skipSpace = false
		ids = ids[1:]
	}
	if !specials && t.addEOS && len(ids) > 0 && t.special.eos.is(ids[len(ids)-1]) {
		ids = ids[:len(ids)-1]
	}
	var text []byte
	for _, id := range ids {
		start := len(text)
		if specials || !t.IsSpecial(id) {
			text = t.appendPiece(text, id)
		}
		if skipSpace && start < len(text) && text[start] == ' ' {
			text = slices.Delete(text, start, start+1)
		}
		skipSpace = false
	}
	if t.cleanSpaces {
		text = cleanUp(text)
	}
	return string(text)
}

// Piece returns the bytes that id stands for, special tokens by name. It is empty for an id that does not exist.
func (t *Tokenizer) Piece(id int) []byte { return t.appendPiece(nil, id) }

func (t *Tokenizer) appendPiece(dst []byte, id int) []byte {
	if !t.words.has(id) {
		return dst
	}
	text, a := t.words.text(id), t.words.attrs[id]
	switch {
	case a&(unknown|control|userDefined) != 0:
		return append(dst, text...)
	case a&normal != 0 && t.spaceSign:
		return appendSpaces(dst, text)
	case a&normal != 0:
		return appendBytes(dst, text)
	case a&rawByte != 0:
		if b, ok := parseByte(text); ok {
			return append(dst, b)
		}
	}
	return dst
}
