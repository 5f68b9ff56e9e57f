package tokenizer

import (
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"croft/engine/gguf"
)

// english is text of the kind that people type: common words, names, numbers and some code.
var english = strings.Repeat(`When the committee finally met on 14 March 2025, nobody had read the 300-page report. "It isn't
that we don't care," said Dr. Whitcombe-Okafor, "but we've had less than two days." They agreed (narrowly: 7 to 6) to
postpone. The draft budget of $1,250,000.75 was, unsurprisingly, uncontroversial.

	for i := 0; i < len(items); i++ {
		total += items[i].Price * float64(items[i].Quantity) // sum of the basket
	}

Afterwards everybody walked along the canal; the hawthorn was out, and somebody's terrier chased the moorhens again.
`, 200)

var mixed = strings.Repeat("东京是日本的首都。Привет, мир! 안녕하세요 세계 مرحبا بالعالم 🦙🚀 naïve café\n", 1000)

func BenchmarkNew(b *testing.B) {
	for _, name := range []string{"qwen2", "llama-bpe", "gemma2"} {
		b.Run(name, func(b *testing.B) {
			path := filepath.Join(golden(b), "vocab", name+".gguf")
			var before, after runtime.MemStats
			b.ReportAllocs()
			for b.Loop() {
				f, err := gguf.Open(path)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := New(f); err != nil {
					b.Fatal(err)
				}
				f.Close()
			}
			f, _ := gguf.Open(path)
			runtime.GC()
			runtime.ReadMemStats(&before)
			t, _ := New(f)
			runtime.GC()
			runtime.ReadMemStats(&after)
			b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "MB-kept")
			runtime.KeepAlive(t)
			f.Close()
		})
	}
}

func BenchmarkEncode(b *testing.B) {
	for _, text := range []struct{ name, text string }{
		{"english", english}, {"mixed", mixed}, {"one-word", strings.Repeat("a", 1<<20)},
	} {
		for _, name := range []string{"qwen2", "llama-bpe", "gpt-2", "llama-spm", "gemma2", "bert-bge"} {
			b.Run(text.name+"/"+name, func(b *testing.B) {
				tok := open(b, filepath.Join(golden(b), "vocab", name+".gguf"))
				b.SetBytes(int64(len(text.text)))
				b.ReportAllocs()
				for b.Loop() {
					tok.Encode(text.text, true, true)
				}
			})
		}
	}
}

func BenchmarkStream(b *testing.B) {
	tok := open(b, filepath.Join(golden(b), "vocab", "qwen2.gguf"))
	ids := tok.Encode(mixed, false, false)
	b.ReportAllocs()
	for b.Loop() {
		s := NewStream(tok)
		for _, id := range ids {
			s.Next(id)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(ids)), "ns/token")
}
