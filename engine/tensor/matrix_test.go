package tensor

import (
	"math/rand/v2"
	"testing"

	"croft/engine/gguf"
	"croft/engine/kernels"
)

// TestRow: a row that was laid out comes back as the file has it.
func TestRow(t *testing.T) {
	p := testPool(t, 2)
	r := rand.New(rand.NewPCG(5, 6))
	for _, typ := range supported {
		for _, cols := range colsOf(typ) {
			w := randomTensor(r, typ, 35, cols)
			m := mustPack(t, p, kernels.Best(), w)
			want, got := make([]float32, 35*cols), make([]float32, cols)
			if err := Dequantize(typ, w.Data, want); err != nil {
				t.Fatal(err)
			}
			for row := range 35 {
				m.Row(row, got)
				if err := diff(got, want[row*cols:(row+1)*cols]); err != nil {
					t.Fatalf("%v, %d columns, row %d: %v", typ, cols, row, err)
				}
			}
		}
	}
}

// TestPackReleases: every byte of the file is given back once, and none before it was read.
func TestPackReleases(t *testing.T) {
	p := testPool(t, 1)
	w := randomTensor(rand.New(rand.NewPCG(7, 8)), gguf.Q4_0, 5003, 2048)
	released := 0
	m, err := Pack(p, kernels.Best(), w, func(b []byte) {
		released += len(b)
		clear(b) // what is read later is lost
	})
	if err != nil {
		t.Fatal(err)
	}
	if released != len(w.Data) {
		t.Errorf("%d bytes of %d were released", released, len(w.Data))
	}
	if most := int64(len(w.Data)) * 101 / 100; m.Bytes() > most {
		t.Errorf("the matrix takes %d bytes, the file %d", m.Bytes(), len(w.Data))
	}
	row := make([]float32, 2048)
	m.Row(5002, row)
	var sum float32
	for _, v := range row {
		sum += v * v
	}
	if sum == 0 {
		t.Error("the last row was released before it was laid out")
	}
}

func TestPackRefuses(t *testing.T) {
	p := testPool(t, 1)
	good := randomTensor(rand.New(rand.NewPCG(1, 1)), gguf.Q4_K, 4, 512)
	bad := map[string]func(gguf.Tensor) gguf.Tensor{
		"a type that is not supported": func(w gguf.Tensor) gguf.Tensor { w.Type = gguf.IQ1_S; return w },
		"an unknown type":              func(w gguf.Tensor) gguf.Tensor { w.Type = 99; return w },
		"a row of no whole blocks":     func(w gguf.Tensor) gguf.Tensor { w.Dims = []int{500, 4}; return w },
		"missing data":                 func(w gguf.Tensor) gguf.Tensor { w.Data = w.Data[:100]; return w },
		"too many rows":                func(w gguf.Tensor) gguf.Tensor { w.Dims = []int{512, 5}; return w },
		"no rows":                      func(w gguf.Tensor) gguf.Tensor { w.Dims = []int{0, 4}; return w },
	}
	for name, spoil := range bad {
		if _, err := Pack(p, kernels.Best(), spoil(good), nil); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}
