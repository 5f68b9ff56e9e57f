package tokenizer

import (
	"bytes"
	"fmt"
	"hash/maphash"
	"math/bits"

	"croft/engine/gguf"
)

// idBits bounds the ids, so that two of them and a rank fit into 64 bits. The largest vocabularies have 18.
const idBits = 20

const idsMax = 1<<idBits - 1

// attr says what a token is. A token may be several things.
type attr uint8

const (
	normal attr = 1 << iota
	unknown
	control
	userDefined
	rawByte
	unused
	stripLeft  // white space before the token belongs to it
	stripRight // white space after the token belongs to it
)

// attrOf maps the token types of GGUF files.
var attrOf = [...]attr{1: normal, 2: unknown, 3: control, 4: userDefined, 5: unused, 6: rawByte}

// vocabulary finds the text of an id and the id of a text. The texts stay in the file; beside them stand one
// byte an id, and a hash table of 32 bits a slot: an id and, above it, some bits of the hash, which spare most
// comparisons.
type vocabulary struct {
	texts   gguf.Strings
	attrs   []attr
	slots   []uint32
	seed    maphash.Seed
	longest int  // bytes of the longest text
	twins   bool // some text has several ids
}

const noSlot = 0

func newVocabulary(f *gguf.File) (*vocabulary, error) {
	texts, ok := f.Strings("tokenizer.ggml.tokens")
	if !ok || texts.Len() == 0 {
		return nil, fmt.Errorf("%w: the file has no vocabulary", ErrUnsupported)
	}
	if texts.Len() > idsMax/2 {
		return nil, fmt.Errorf("%w: a vocabulary of %d tokens", ErrUnsupported, texts.Len())
	}
	v := &vocabulary{texts: texts, seed: maphash.MakeSeed()}
	if err := v.readTypes(f); err != nil {
		return nil, err
	}
	v.slots = make([]uint32, tableSize(texts.Len()))
	for id, text := range texts.All() {
		if len(text) > 0 {
			v.longest = max(v.longest, len(text))
			v.insert(id, text)
		}
	}
	return v, nil
}

// tableSize is the power of two that leaves a third of the slots or more free.
func tableSize(n int) int { return 1 << bits.Len(uint(n+n/2)) }

func (v *vocabulary) readTypes(f *gguf.File) error {
	v.attrs = make([]attr, v.len())
	types, ok := f.Value("tokenizer.ggml.token_type")
	if ok && types.Len() < v.len() {
		return fmt.Errorf("%w: %d token types for %d tokens", ErrUnsupported, types.Len(), v.len())
	}
	for id := range v.attrs {
		v.attrs[id] = normal
		if !ok {
			continue
		}
		n, _ := types.Int(id)
		v.attrs[id] = 0
		if n > 0 && n < len(attrOf) {
			v.attrs[id] = attrOf[n]
		}
	}
	return nil
}

// insert adds a text. Of two ids with one text the later is found.
func (v *vocabulary) insert(id int, text []byte) {
	hash := maphash.Bytes(v.seed, text)
	for i := int(hash >> 32); ; i++ {
		slot := &v.slots[i&(len(v.slots)-1)]
		if *slot == noSlot || tagOf(*slot) == uint32(hash)>>idBits && bytes.Equal(v.text(idOf(*slot)), text) {
			v.twins = v.twins || *slot != noSlot
			*slot = uint32(hash)>>idBits<<idBits | uint32(id+1)
			return
		}
	}
}

func tagOf(slot uint32) uint32 { return slot >> idBits }
func idOf(slot uint32) int     { return int(slot&idsMax) - 1 }

// find returns the id of a text.
func (v *vocabulary) find(text []byte) (int, bool) {
	if len(text) > v.longest {
		return 0, false
	}
	hash := maphash.Bytes(v.seed, text)
	for i := int(hash >> 32); ; i++ {
		slot := v.slots[i&(len(v.slots)-1)]
		if slot == noSlot {
			return 0, false
		}
		if tagOf(slot) == uint32(hash)>>idBits && bytes.Equal(v.text(idOf(slot)), text) {
			return idOf(slot), true
		}
	}
}

// is says whether find would return this id, without looking.
func (v *vocabulary) is(id int, text []byte) bool {
	return !v.twins && v.has(id) && bytes.Equal(v.text(id), text)
}

func (v *vocabulary) findString(text string) (int, bool) { return v.find([]byte(text)) }

func (v *vocabulary) len() int           { return v.texts.Len() }
func (v *vocabulary) has(id int) bool    { return id >= 0 && id < len(v.attrs) }
func (v *vocabulary) text(id int) []byte { return v.texts.At(id) }
