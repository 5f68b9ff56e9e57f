package tensor

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"testing"

	"croft/engine/gguf"
)

// supported are the types that Pack and Dequantize take.
var supported = []gguf.Type{gguf.F32, gguf.F16, gguf.BF16, gguf.Q4_0, gguf.Q8_0, gguf.Q4_K, gguf.Q5_K, gguf.Q6_K}

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

// TestDequantizeGolden compares with the values that ggml and gguf-py agree on, bit for bit.
func TestDequantizeGolden(t *testing.T) {
	for _, typ := range supported[1:] { // F32 has no golden file, being its own value
		t.Run(typ.String(), func(t *testing.T) {
			src, want := goldenFile(t, typ.String()+".bin"), goldenFile(t, typ.String()+".f32")
			got := make([]float32, len(want)/4)
			if err := Dequantize(typ, src, got); err != nil {
				t.Fatal(err)
			}
			for i, v := range got {
				if w := binary.LittleEndian.Uint32(want[4*i:]); math.Float32bits(v) != w {
					t.Fatalf("value %d is %v, want %v", i, v, math.Float32frombits(w))
				}
			}
		})
	}
}

// TestDequantizeByHand works out one block of each type from its definition.
func TestDequantizeByHand(t *testing.T) {
	block := func(size int, set map[int]byte) []byte {
		b := make([]byte, size)
		for i, v := range set {
			b[i] = v
		}
		return b
	}
	const halfHigh, oneHigh = 0x38, 0x3c // high bytes of 0.5 and 1 in binary16
	cases := []struct {
		typ   gguf.Type
		block []byte
		want  map[int]float32
	}{
		{gguf.F32, []byte{0, 0, 0x80, 0x3f}, map[int]float32{0: 1}},
		{gguf.F16, []byte{1, 0}, map[int]float32{0: 0x1p-24}},
		{gguf.BF16, []byte{0x80, 0xbf}, map[int]float32{0: -1}},
		{gguf.Q4_0, block(18, map[int]byte{1: halfHigh, 2: 0xf1}), map[int]float32{0: -3.5, 16: 3.5, 1: -4}},
		{gguf.Q8_0, block(34, map[int]byte{1: halfHigh, 2: 0x80, 33: 127}), map[int]float32{0: -64, 31: 63.5, 1: 0}},
		// scale 2 of sub-block 0, minimum 3 of sub-block 1; scale 16+1 of sub-block 4
		{
			gguf.Q4_K, block(144, map[int]byte{1: oneHigh, 3: halfHigh, 4: 2 | 1<<6, 9: 3, 12: 1, 16: 0x7f, 80: 0x0f}),
			map[int]float32{0: 30, 1: 0, 32: -1.5, 33: -1.5, 128: 255},
		},
		{
			gguf.Q5_K, block(176, map[int]byte{1: oneHigh, 3: halfHigh, 4: 2, 5: 1, 9: 3, 16: 3, 48: 0x2f}),
			map[int]float32{0: 62, 1: 0, 32: 18 - 1.5, 33: -1.5},
		},
		{
			gguf.Q6_K, block(210, map[int]byte{209: oneHigh, 192: 1, 198: 0xff, 0: 0x2f, 32: 0x10, 128: 0x83}),
			map[int]float32{0: 31, 1: -32, 96: -1},
		},
	}
	for _, c := range cases {
		got := make([]float32, c.typ.BlockValues())
		if err := Dequantize(c.typ, c.block, got); err != nil {
			t.Fatal(err)
		}
		for i, want := range c.want {
			if got[i] != want {
				t.Errorf("%v: value %d is %v, want %v", c.typ, i, got[i], want)
			}
		}
	}
}

func TestDequantizeRefuses(t *testing.T) {
	if err := Dequantize(gguf.IQ2_XS, make([]byte, 74), make([]float32, 256)); err == nil {
		t.Error("a type that is not supported was taken")
	}
	if err := Dequantize(gguf.Q4_0, make([]byte, 17), make([]float32, 32)); err == nil {
		t.Error("a block that is not whole was taken")
	}
	if err := Dequantize(gguf.Q4_0, make([]byte, 18), make([]float32, 31)); err == nil {
		t.Error("an output that is too short was taken")
	}
}
