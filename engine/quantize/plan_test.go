package quantize

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"runtime"
	"strings"
	"testing"

	"croft/engine/gguf"
	"croft/engine/tensor"
	"croft/engine/tinymodel"
)

func tiny(t *testing.T, o tinymodel.Options) *gguf.File {
	t.Helper()
	b, err := tinymodel.Bytes(o)
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, b)
}

func parse(t *testing.T, b []byte) *gguf.File {
	t.Helper()
	f, err := gguf.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func mixture(t *testing.T, name string) Mixture {
	t.Helper()
	m, ok := FindMixture(name)
	if !ok {
		t.Fatalf("no mixture %q", name)
	}
	return m
}

// quantizeFile returns what f becomes.
func quantizeFile(t *testing.T, f *gguf.File, name string) []byte {
	t.Helper()
	p, err := NewPlan(f, mixture(t, name))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := p.Write(t.Context(), &b, nil); err != nil {
		t.Fatal(err)
	}
	if over := int64(b.Len()) - p.SizeBytes(); over < -4096 || over > 4096 {
		t.Errorf("%s: %d bytes, %d were planned", name, b.Len(), p.SizeBytes())
	}
	return b.Bytes()
}

// planned counts the types that the tensors of f are to get.
func planned(t *testing.T, f *gguf.File, name string) map[gguf.Type]int {
	t.Helper()
	p, err := NewPlan(f, mixture(t, name))
	if err != nil {
		t.Fatal(err)
	}
	n := map[gguf.Type]int{}
	for _, t := range p.tensors {
		n[t.Type]++
	}
	return n
}

// TestMixtures: a llama of 16 layers has 7 matrices and 2 norms in each, an embedding, a head and a last norm.
func TestMixtures(t *testing.T) {
	wide := tinymodel.Options{Layers: 16, Embd: 256, FF: 256}
	tied := wide
	tied.Family = "qwen2" // besides, three biases in each layer and no head
	const norms = 2*16 + 1
	for _, c := range []struct {
		name    string
		options tinymodel.Options
		want    map[gguf.Type]int
	}{
		// careful are 0 and 1, 14 and 15, and 4, 7, 10 and 13 between
		{"Q4_K_M", wide, map[gguf.Type]int{gguf.F32: norms, gguf.Q6_K: 1 + 2*8, gguf.Q4_K: 1 + 7*16 - 2*8}},
		{"Q4_K_M", tied, map[gguf.Type]int{gguf.F32: norms + 3*16, gguf.Q6_K: 1 + 2*8, gguf.Q4_K: 7*16 - 2*8}},
		{"Q4_0", wide, map[gguf.Type]int{gguf.F32: norms, gguf.Q6_K: 1, gguf.Q4_0: 1 + 7*16}},
		{"Q4_0", tied, map[gguf.Type]int{gguf.F32: norms + 3*16, gguf.Q6_K: 1, gguf.Q4_0: 7 * 16}},
		{"Q8_0", wide, map[gguf.Type]int{gguf.F32: norms, gguf.Q8_0: 2 + 7*16}},
		{"Q6_K", wide, map[gguf.Type]int{gguf.F32: norms, gguf.Q6_K: 2 + 7*16}},
		// rows of 64, and of 100 in ffn_down
		{"Q4_K_M", tinymodel.Options{Layers: 3, FF: 100}, map[gguf.Type]int{gguf.F32: 7, gguf.Q8_0: 2 + 6*3, gguf.F16: 3}},
		{"Q4_0", tinymodel.Options{Layers: 3, FF: 100}, map[gguf.Type]int{gguf.F32: 7, gguf.Q8_0: 1, gguf.Q4_0: 1 + 6*3, gguf.F16: 3}},
	} {
		if got := planned(t, tiny(t, c.options), c.name); !maps.Equal(got, c.want) {
			t.Errorf("%s, %+v: %v, want %v", c.name, c.options, got, c.want)
		}
	}
}

func TestPlaces(t *testing.T) {
	careful := ""
	for i := range 28 {
		if isCareful(i, 28) {
			careful += fmt.Sprint(i, " ")
		}
	}
	if careful != "0 1 2 5 8 11 14 17 20 23 24 25 26 27 " {
		t.Errorf("of 28 layers these are careful: %s", careful)
	}
	for name, want := range map[string]int{"blk.7.attn_v.weight": 7, "blk.x.attn_v.weight": -1, "blk.-2.a": -1, "blk.99999999999": -1, "output.weight": -1} {
		if got, _ := place(name); got != want {
			t.Errorf("%q is of layer %d, want %d", name, got, want)
		}
	}
	for name, want := range map[string]bool{"blk.0.attn_q.weight": true, "blk.0.attn_q.bias": false, "blk.0.ssm_norm.weight": false, "blk.0.ffn_gate_inp.weight": false, "blk.0.ffn_gate_exps.weight": true} {
		if got := quantizable(gguf.Tensor{Name: name, Dims: []int{256, 256}}); got != want {
			t.Errorf("%q may be quantized: %v", name, got)
		}
	}
}

// TestWeightsAndMetadataComeThrough: from each kind of source, weights are what Append makes of them, and metadata stays.
func TestWeightsAndMetadataComeThrough(t *testing.T) {
	for _, from := range []gguf.Type{gguf.F32, gguf.F16, gguf.BF16} {
		in := tiny(t, tinymodel.Options{Type: from, Embd: 256, FF: 256, Layers: 1})
		for _, m := range Mixtures {
			out := parse(t, quantizeFile(t, in, m.Name))
			for i, was := range in.Tensors() {
				is := out.Tensors()[i]
				x := make([]float32, was.Values())
				if err := tensor.Dequantize(was.Type, was.Data, x); err != nil {
					t.Fatal(err)
				}
				want, err := Append(nil, is.Type, x)
				if err != nil || !bytes.Equal(is.Data, want) || is.Name != was.Name || fmt.Sprint(is.Dims) != fmt.Sprint(was.Dims) {
					t.Fatalf("%v to %s: %s is not %s in blocks of %v (%v)", from, m.Name, is.Name, was.Name, is.Type, err)
				}
			}
			for key, was := range in.Keys() {
				if is, _ := out.Value(key); !bytes.Equal(written(t, key, is), written(t, key, was)) {
					t.Errorf("%s: %q was %v and is %v", m.Name, key, was, is)
				}
			}
			fileType, _ := out.Int("general.file_type")
			version, _ := out.Int("general.quantization_version")
			if fileType != int(m.fileType) || version != 2 {
				t.Errorf("%s: file type %d, version %d", m.Name, fileType, version)
			}
		}
	}
}

// written is a metadata value as it stands in a file.
func written(t *testing.T, key string, v gguf.Value) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := gguf.Write(&b, []gguf.KV{{Key: key, Value: v}}, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestFileTypeIsReplaced, and an alignment that is not that of the new file is dropped.
func TestFileTypeIsReplaced(t *testing.T) {
	var b bytes.Buffer
	meta := []gguf.KV{{Key: "general.file_type", Value: uint32(1)}, {Key: "general.alignment", Value: uint32(32)}, {Key: "a", Value: "b"}}
	if err := gguf.Write(&b, meta, []gguf.Tensor{{Name: "x", Type: gguf.F32, Dims: []int{1}, Data: make([]byte, 4)}}); err != nil {
		t.Fatal(err)
	}
	raw := b.Bytes()
	at := bytes.Index(raw, []byte("general.alignment")) + len("general.alignment") + 4
	raw[at] = 4 // The values begin at a multiple of 4 as well as of 32.
	out := parse(t, quantizeFile(t, parse(t, raw), "Q8_0"))
	if n, _ := out.Int("general.file_type"); n != 7 {
		t.Errorf("file type %d", n)
	}
	if _, ok := out.Value("general.alignment"); ok {
		t.Error("the alignment of the source came through")
	}
}

func TestThreadsMakeEqualFiles(t *testing.T) {
	in := tiny(t, tinymodel.Options{Embd: 256, FF: 256, Layers: 1, Vocab: 700}) // an embedding of several pieces
	want := quantizeFile(t, in, "Q4_K_M")
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, n := range []int{1, 3} {
		runtime.GOMAXPROCS(n)
		if !bytes.Equal(quantizeFile(t, in, "Q4_K_M"), want) {
			t.Errorf("%d threads make other bytes", n)
		}
	}
}

func TestOtherFilesAreRefused(t *testing.T) {
	for _, kind := range []gguf.Type{gguf.Q8_0, gguf.Q4_K} {
		if _, err := NewPlan(tiny(t, tinymodel.Options{Type: kind}), Mixtures[0]); !errors.Is(err, ErrSource) || !strings.Contains(err.Error(), kind.String()) {
			t.Errorf("a file of %v gives %v", kind, err)
		}
	}
	var empty bytes.Buffer
	if err := gguf.Write(&empty, nil, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := NewPlan(parse(t, empty.Bytes()), Mixtures[0]); !errors.Is(err, ErrSource) {
		t.Errorf("a file without weights gives %v", err)
	}
}

// TestBadWeightsAreNamed: of two tensors with bad weights, the first is named, however many threads look.
func TestBadWeightsAreNamed(t *testing.T) {
	for word, bad := range map[string]float64{"not a number": math.NaN(), "infinite": math.Inf(-1), "too large for Q8_0": 1e30} {
		b, err := tinymodel.Bytes(tinymodel.Options{Vocab: 2000})
		if err != nil {
			t.Fatal(err)
		}
		f := parse(t, b)
		for _, name := range []string{"blk.1.ffn_up.weight", "output.weight"} {
			x, _ := f.Tensor(name)
			binary.LittleEndian.PutUint32(x.Data[len(x.Data)-4:], math.Float32bits(float32(bad)))
		}
		p, err := NewPlan(f, mixture(t, "Q8_0"))
		if err != nil {
			t.Fatal(err)
		}
		err = p.Write(t.Context(), io.Discard, nil)
		if !errors.Is(err, ErrWeight) || !strings.Contains(err.Error(), `"output.weight"`) || !strings.Contains(err.Error(), word) {
			t.Errorf("%v gives %v", bad, err)
		}
	}
}

func TestProgressAndCancel(t *testing.T) {
	f := tiny(t, tinymodel.Options{Vocab: 5000})
	p, err := NewPlan(f, mixture(t, "Q8_0"))
	if err != nil {
		t.Fatal(err)
	}
	last, sum := int64(-1), int64(0)
	err = p.Write(t.Context(), io.Discard, func(done, total int64) {
		if done < last || done > total {
			t.Errorf("%d of %d after %d", done, total, last)
		}
		last, sum = done, total
	})
	if err != nil || last != sum || sum == 0 {
		t.Errorf("ended at %d of %d: %v", last, sum, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	err = p.Write(ctx, io.Discard, func(done, _ int64) {
		if done > 0 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
