package quantize

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"testing"

	"croft/engine/gguf"
)

func goldenFile(t *testing.T, name string) []byte {
	t.Helper()
	dir := os.Getenv("CROFT_GOLDEN")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "golden")
	}
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		t.Skipf("no golden data: folder %q does not exist (set CROFT_GOLDEN)", dir)
	}
	b, err := os.ReadFile(filepath.Join(dir, "quants", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// goldenInput is 32 groups of 256 values: ordinary, sparse, skewed, tiny and others.
func goldenInput(t *testing.T) []float32 {
	t.Helper()
	b := goldenFile(t, filepath.Join("quantise", "input.f32"))
	x := make([]float32, len(b)/4)
	for i := range x {
		x[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return x
}

// TestGoldenBytes: formats that leave no choice are those of ggml's reference, byte for byte.
func TestGoldenBytes(t *testing.T) {
	for _, typ := range []gguf.Type{gguf.Q8_0, gguf.Q4_0, gguf.F16} {
		t.Run(typ.String(), func(t *testing.T) {
			x, want := goldenInput(t), goldenFile(t, filepath.Join("quantise", typ.String()+".bin"))
			got, err := Append(nil, typ, x)
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != len(want) {
				t.Fatalf("%d bytes, want %d", len(got), len(want))
			}
			for size := typ.BlockBytes(); len(got) > 0; got, want = got[size:], want[size:] {
				if !bytes.Equal(got[:size], want[:size]) {
					t.Fatalf("%d bytes before the end: block %x, want %x", len(got), got[:size], want[:size])
				}
			}
		})
	}
}

// TestGoldenErrors: our search for scales is not worse than that of ggml's reference.
func TestGoldenErrors(t *testing.T) {
	var index struct {
		Quantise struct {
			Types map[string]struct {
				Errors []float64 `json:"rel_rms_error_per_256"`
			} `json:"types"`
		} `json:"quantise"`
	}
	if err := json.Unmarshal(goldenFile(t, "index.json"), &index); err != nil {
		t.Fatal(err)
	}
	for _, typ := range []gguf.Type{gguf.Q4_K, gguf.Q5_K, gguf.Q6_K, gguf.Q8_0} {
		t.Run(typ.String(), func(t *testing.T) {
			x, want := goldenInput(t), index.Quantise.Types[typ.String()].Errors
			if len(want) != len(x)/256 {
				t.Fatalf("%d errors for %d groups", len(want), len(x)/256)
			}
			sum, sumWant := 0.0, 0.0
			for i, w := range want {
				group := x[i*256 : (i+1)*256]
				e := relativeError(group, roundTrip(t, typ, group))
				if e > w*1.05+1e-6 {
					t.Errorf("group %d: error %.6f, the reference has %.6f", i, e, w)
				}
				sum, sumWant = sum+min(e, 1), sumWant+min(w, 1)
			}
			t.Logf("mean error %.5f, the reference has %.5f", sum/32, sumWant/32)
		})
	}
}
