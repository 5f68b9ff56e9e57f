package randmodel

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestEveryMergeMakesATokenFromEarlierOnes(t *testing.T) {
	for _, s := range Shapes {
		texts, types, merges := s.vocab.tokens(rand.New(rand.NewPCG(1, 2)))
		if len(texts) != s.vocab.size || len(types) != s.vocab.size {
			t.Errorf("%s: %d texts and %d types, want %d", s.Name, len(texts), len(types), s.vocab.size)
		}
		rank := map[string]int{}
		for i, text := range texts {
			if j, twice := rank[text]; twice {
				t.Fatalf("%s: token %d and %d are both %q", s.Name, j, i, text)
			}
			rank[text] = i
		}
		for i, merge := range merges {
			head, tail, _ := strings.Cut(merge, " ")
			word := 256 + i
			h, okHead := rank[head]
			l, okTail := rank[tail]
			if !okHead || !okTail || h >= word || l >= word || texts[word] != head+tail {
				t.Fatalf("%s: merge %d, %q, does not make token %d, %q", s.Name, i, merge, word, texts[word])
			}
		}
	}
}

func TestFilesAreAsLargeAsThePublishedOnes(t *testing.T) {
	for _, want := range []struct {
		shape, mix string
		bytes      int64
	}{
		{"qwen3-0.6b", "q8_0", 639446688},     // Qwen/Qwen3-0.6B-GGUF
		{"llama-3.2-1b", "q4_k_m", 807694464}, // bartowski/Llama-3.2-1B-Instruct-GGUF
		{"llama-3.2-1b", "q8_0", 1321083008},
	} {
		s, err := ShapeNamed(want.shape)
		if err != nil {
			t.Fatal(err)
		}
		m, err := MixNamed(want.mix)
		if err != nil {
			t.Fatal(err)
		}
		// Real vocabularies have more merges and longer words.
		got := fileBytes(s, m)
		if off := math.Abs(float64(got)/float64(want.bytes) - 1); off > 0.005 {
			t.Errorf("%s %s: %d bytes, want about %d", want.shape, want.mix, got, want.bytes)
		}
	}
}

func fileBytes(s Shape, m Mix) int64 {
	tensors := s.tensors(m)
	total := len(encodeHeader(s, m, tensors))
	for _, ts := range tensors {
		elems := 1
		for _, d := range ts.dims {
			elems *= d
		}
		total += ts.typ.size(elems)
	}
	return int64(total)
}

func TestTheSameFileEveryTime(t *testing.T) {
	s, m := Shapes[len(Shapes)-1], Mixes[0]
	var a, b bytes.Buffer
	if err := Write(&a, s, m); err != nil {
		t.Fatal(err)
	}
	if err := Write(&b, s, m); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("two files of one shape differ")
	}
}

func TestBlocksAreCentredWithTheSpreadAsked(t *testing.T) {
	const sigma = 1.0 / 32
	for name, c := range map[string]struct {
		typ    blockType
		values func(block []byte) []float64
	}{
		"f16":  {f16, func(b []byte) []float64 { return []float64{half(b)} }},
		"q4_0": {q4_0, valuesQ4_0},
		"q8_0": {q8_0, valuesQ8_0},
		"q4_K": {q4_K, valuesQ4_K},
		"q6_K": {q6_K, valuesQ6_K},
	} {
		row := make([]byte, c.typ.size(1<<16))
		c.typ.fill(row, sigma, rand.NewChaCha8([32]byte{}))
		var xs []float64
		for ; len(row) > 0; row = row[c.typ.bytes:] {
			xs = append(xs, c.values(row[:c.typ.bytes])...)
		}
		mean, std := moments(xs)
		const meanMax = 0.12 // of sigma: the mean of 0 … 15 is half a step below 8
		if math.Abs(mean) > meanMax*sigma || math.Abs(std/sigma-1) > 0.1 {
			t.Errorf("%s: mean %.5f and standard deviation %.5f, want 0 and %.5f", name, mean, std, sigma)
		}
	}
}

func moments(xs []float64) (mean, std float64) {
	var sum, squares float64
	for _, x := range xs {
		sum += x
		squares += x * x
	}
	n := float64(len(xs))
	return sum / n, math.Sqrt(squares / n)
}

func valuesQ4_0(b []byte) (xs []float64) {
	for _, q := range b[2:] {
		xs = append(xs, half(b)*(float64(q&15)-8), half(b)*(float64(q>>4)-8))
	}
	return xs
}

func valuesQ8_0(b []byte) (xs []float64) {
	for _, q := range b[2:] {
		xs = append(xs, half(b)*float64(int8(q)))
	}
	return xs
}

func valuesQ4_K(b []byte) (xs []float64) {
	scale, min := half(b), half(b[2:])
	for i := range 256 {
		sub := i / 32
		q := b[16+sub/2*32+i%32]
		if sub%2 == 1 {
			q >>= 4
		}
		sc, m := scalesQ4_K(b[4:16], sub)
		xs = append(xs, scale*sc*float64(q&15)-min*m)
	}
	return xs
}

func scalesQ4_K(s []byte, sub int) (scale, min float64) {
	if sub < 4 {
		return float64(s[sub] & 63), float64(s[sub+4] & 63)
	}
	low := s[sub+4]
	return float64(low&15 | s[sub-4]>>6<<4), float64(low>>4 | s[sub]>>6<<4)
}

func valuesQ6_K(b []byte) (xs []float64) {
	for i := range 256 {
		part, lane := i/128, i%128
		q := b[part*64+lane%64] >> (lane / 64 * 4) & 15
		q |= b[128+part*32+lane%32] >> (lane / 32 * 2) & 3 << 4
		xs = append(xs, half(b[208:])*float64(int8(b[192+i/16]))*(float64(q)-32))
	}
	return xs
}

// half reads an IEEE binary16.
func half(b []byte) float64 {
	h := binary.LittleEndian.Uint16(b)
	x := math.Ldexp(float64(h&0x3ff), -24)
	if exp := int(h >> 10 & 31); exp > 0 {
		x = math.Ldexp(float64(h&0x3ff|0x400), exp-25)
	}
	if h>>15 == 1 {
		return -x
	}
	return x
}

func TestHalvesSurviveARoundTrip(t *testing.T) {
	for h := range uint16(0x7c00) {
		var b [2]byte
		binary.LittleEndian.PutUint16(b[:], h)
		var back [2]byte
		putHalf(back[:], half(b[:]))
		if b != back {
			t.Fatalf("half %#04x came back as %#04x", h, binary.LittleEndian.Uint16(back[:]))
		}
	}
}
