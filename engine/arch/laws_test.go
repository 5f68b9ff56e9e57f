package arch

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"runtime"
	"slices"
	"testing"

	"croft/engine/gguf"
	"croft/engine/kernels"
	"croft/engine/kvcache"
	"croft/engine/tinymodel"
)

// A reply depends on the model and the prompt alone. Each test here says so of one thing that must not matter, and
// compares bit for bit.

func sameBits(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) })
}

// lawTokens reach over two tiles of the cache and several pieces of a step.
const lawTokens = 150

func TestBatchIsOneByOne(t *testing.T) {
	for _, o := range models() {
		t.Run(label(o), func(t *testing.T) {
			n := openNetwork(t, writeModel(t, o), kernels.Best(), 2)
			ids := someTokens(lawTokens)
			want := newReader(t, n).all(ids)
			for _, size := range []int{1, 2, 5, 64, 149} {
				r := newReader(t, n)
				var got []float32
				for part := range slices.Chunk(ids, size) {
					got = append(got, r.all(part)...)
				}
				if !sameBits(got, want) {
					t.Errorf("%d tokens at a time give other scores than all at once", size)
				}
			}
		})
	}
}

func TestUnmarkedRowsDoNotMatter(t *testing.T) {
	for _, o := range models() {
		n := openNetwork(t, writeModel(t, o), kernels.Best(), 2)
		ids, vocab := someTokens(lawTokens), n.Vocabulary()
		all := newReader(t, n).all(ids)
		r := newReader(t, n)
		marks := func(i int) bool { return i%37 == 5 || i == lawTokens-1 }
		rows := r.rows(ids, marks)
		var want []float32
		for i := range ids {
			if marks(i) {
				want = append(want, all[i*vocab:(i+1)*vocab]...)
			}
		}
		if got := r.forward(rows, len(want)/vocab); !sameBits(got, want) {
			t.Errorf("%s: scores depend on which others are asked for", label(o))
		}
		if next := r.last(7); !sameBits(next, newReader(t, n).last(append(ids, 7)...)) {
			t.Errorf("%s: what was read without asking for scores is kept differently", label(o))
		}
	}
}

func TestThreadsDoNotMatter(t *testing.T) {
	for _, o := range models() {
		path, ids := writeModel(t, o), someTokens(lawTokens)
		var want []float32
		for threads := 1; threads <= 4; threads++ {
			n := openNetwork(t, path, kernels.Best(), threads)
			r := newReader(t, n)
			got := append(r.all(ids), r.last(9)...)
			if want == nil {
				want = got
			}
			if !sameBits(got, want) {
				t.Errorf("%s: %d threads give other scores than one", label(o), threads)
			}
		}
	}
}

func TestSetsAreEqual(t *testing.T) {
	for _, o := range models() {
		path, ids := writeModel(t, o), someTokens(70)
		var want []float32
		for _, set := range kernels.Available() {
			n := openNetwork(t, path, set, 2)
			r := newReader(t, n)
			got := append(r.all(ids), r.last(9)...)
			if want == nil {
				want = got
			}
			if !sameBits(got, want) {
				t.Errorf("%s: %v gives other scores than the reference", label(o), set)
			}
		}
	}
}

func TestKeptPrefixIsFresh(t *testing.T) {
	for _, o := range models() {
		n := openNetwork(t, writeModel(t, o), kernels.Best(), 2)
		ids := someTokens(lawTokens)
		want := newReader(t, n).last(ids...)
		for _, kept := range []int{0, 1, 63, 64, 65, 149} {
			r := newReader(t, n)
			r.last(ids[:kept+1]...)
			r.last(someTokens(100)...)
			r.cache.Truncate(kept)
			if got := r.last(ids[kept:]...); !sameBits(got, want) {
				t.Errorf("%s: after keeping %d tokens the scores are not those of a fresh cache", label(o), kept)
			}
		}
	}
}

func TestSequencesDoNotMeet(t *testing.T) {
	for _, o := range models() {
		n := openNetwork(t, writeModel(t, o), kernels.Best(), 2)
		all := func(int) bool { return true }
		one, two := someTokens(90), someTokens(90)[30:]
		want := append(newReader(t, n).all(one), newReader(t, n).all(two)...)
		a, b := newReader(t, n), newReader(t, n)
		vocab := n.Vocabulary()
		got := a.forward(append(a.rows(one[:70], all), b.rows(two[:1], all)...), 71)
		first, second := got[:70*vocab], got[70*vocab:]
		got = a.forward(append(b.rows(two[1:], all), a.rows(one[70:], all)...), len(two)-1+20)
		second = append(second, got[:(len(two)-1)*vocab]...)
		first = append(slices.Clone(first), got[(len(two)-1)*vocab:]...)
		if !sameBits(append(first, second...), want) {
			t.Errorf("%s: sequences in one batch do not get what each gets alone", label(o))
		}
	}
}

func TestLongPromptsGoInChunks(t *testing.T) {
	n := openNetwork(t, writeModel(t, tinymodel.Options{Family: "qwen3", Type: gguf.Q4_0, Context: 2048}), kernels.Best(), 2)
	ids := someTokens(2*ChunkRows + 17)
	want := newReader(t, n).last(ids...)
	r := newReader(t, n)
	r.last(ids[:ChunkRows+188]...)
	if got := r.last(ids[ChunkRows+188:]...); !sameBits(got, want) {
		t.Error("where a long prompt is cut makes a difference")
	}
	if r.n.work.capacity > ChunkRows {
		t.Errorf("work memory for %d rows", r.n.work.capacity)
	}
}

// TestProcessorsAreEqual compares with a fingerprint that is the same on every processor: one for floats, where angles,
// norms and attention could differ, and one for quantized weights.
func TestProcessorsAreEqual(t *testing.T) {
	for kind, want := range map[gguf.Type]string{gguf.F32: fingerprintF32, gguf.Q4_K: fingerprintQ4K} {
		n := openNetwork(t, writeModel(t, tinymodel.Options{Family: "qwen3", Type: kind, Rope: "yarn", Seed: 11}), kernels.Best(), 2)
		h := fnv.New64a()
		for _, v := range newReader(t, n).all(someTokens(lawTokens)) {
			bits := math.Float32bits(v)
			h.Write([]byte{byte(bits), byte(bits >> 8), byte(bits >> 16), byte(bits >> 24)})
		}
		if got := fmt.Sprintf("%016x", h.Sum64()); got != want {
			t.Errorf("%v on %s: the scores have the fingerprint %s, elsewhere %s", kind, runtime.GOARCH, got, want)
		}
	}
}

const (
	fingerprintF32 = "ae185a3dba303ee8"
	fingerprintQ4K = "e8a32808527f173f"
)

func TestStopsBetweenLayers(t *testing.T) {
	n := openNetwork(t, writeModel(t, tinymodel.Options{Layers: 3}), kernels.Best(), 2)
	r := newReader(t, n)
	r.last(1, 2, 3)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	n.layers[1] = cancelling{n.layers[1], cancel}
	rows := r.rows([]int{4, 5}, func(int) bool { return false })
	if err := n.Forward(ctx, rows, nil); !errors.Is(err, context.Canceled) {
		t.Fatalf("%v", err)
	}
	if r.cache.Len() != 3 {
		t.Errorf("the sequence has %d tokens after a pass that was stopped", r.cache.Len())
	}
	if got := r.last(4, 5); !sameBits(got, newReader(t, n).last(1, 2, 3, 4, 5)) {
		t.Error("a pass that was stopped left something behind")
	}
}

// cancelling is a layer during which the person stops.
type cancelling struct {
	layer
	cancel context.CancelFunc
}

func (c cancelling) forward(w *work, index int, last bool) {
	c.layer.forward(w, index, last)
	c.cancel()
}

func TestWrongRowsAreRefused(t *testing.T) {
	n := openNetwork(t, writeModel(t, tinymodel.Options{}), kernels.Best(), 1)
	c := n.NewCache(4)
	defer c.Free()
	logits := make([]float32, n.Vocabulary())
	forward := func(rows ...Row) error { return n.Forward(context.Background(), rows, logits) }
	for what, rows := range map[string][]Row{
		"a gap":                {{Token: 1, Cache: c, Pos: 1}},
		"a gap between rows":   {{Token: 1, Cache: c, Pos: 0}, {Token: 1, Cache: c, Pos: 2}},
		"a negative token":     {{Token: -1, Cache: c}},
		"a token too high":     {{Token: n.Vocabulary(), Cache: c}},
		"more scores than fit": {{Token: 1, Cache: c, Logits: true}, {Token: 1, Cache: c, Pos: 1, Logits: true}},
	} {
		if err := forward(rows...); err == nil {
			t.Errorf("%s was taken", what)
		}
	}
	for pos := range 4 {
		if err := forward(Row{Token: 1, Cache: c, Pos: pos, Logits: true}); err != nil {
			t.Fatal(err)
		}
	}
	if err := forward(Row{Token: 1, Cache: c, Pos: 4}); !errors.Is(err, kvcache.ErrFull) {
		t.Errorf("a full cache: %v", err)
	}
	if err := forward(); err != nil {
		t.Errorf("no rows: %v", err)
	}
}

func TestDecodeHardlyAllocates(t *testing.T) {
	n := openNetwork(t, writeModel(t, tinymodel.Options{Family: "qwen3", Type: gguf.Q4_K}), kernels.Best(), 2)
	r := newReader(t, n)
	r.last(someTokens(66)...) // the tile of the positions that follow is there
	logits, rows := make([]float32, n.Vocabulary()), make([]Row, 1)
	allocations := testing.AllocsPerRun(20, func() {
		rows[0] = Row{Token: 5, Cache: r.cache, Pos: r.cache.Len(), Logits: true}
		if err := n.Forward(context.Background(), rows, logits); err != nil {
			t.Fatal(err)
		}
	})
	const lookUp = 1 // the buffer of Matrix.Row, 256 bytes
	if allocations > lookUp {
		t.Errorf("%v allocations a token", allocations)
	}
}
