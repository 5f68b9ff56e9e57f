package randmodel

import (
	"io"
	"testing"
)

func BenchmarkVocab(b *testing.B) {
	var e encoder
	qwenVocabulary.metadata(&e)
}

func BenchmarkWrite(b *testing.B) {
	s, _ := ShapeNamed("qwen3-0.6b")
	m, _ := MixNamed("q4_0")
	Write(io.Discard, s, m)
}
