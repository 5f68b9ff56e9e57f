package arch

import (
	"fmt"
	"slices"
	"strings"

	"croft/engine/gguf"
	"croft/engine/kernels"
	"croft/engine/tensor"
)

// loader looks tensors up and lays them out. It keeps the first error, so that an architecture reads as a list.
type loader struct {
	file     *gguf.File
	pool     *tensor.Pool
	set      kernels.Set
	progress func(float64)
	used     map[string]bool
	done     int64 // bytes of the file that are laid out
	bytes    int64 // of memory that this takes
	err      error
}

func (l *loader) fail(err error) {
	if l.err == nil {
		l.err = err
	}
}

// find marks a tensor as used and checks its shape.
func (l *loader) find(name string, dims ...int) (gguf.Tensor, bool) {
	l.used[name] = true
	t, ok := l.file.Tensor(name)
	if !ok || l.err != nil {
		return t, false
	}
	if !slices.Equal(t.Dims, dims) {
		l.fail(invalid("the tensor %s has the shape %v where the header asks for %v", name, t.Dims, dims))
		return t, false
	}
	return t, true
}

// optionalMatrix looks up W (rows, cols); nil when the file has none.
func (l *loader) optionalMatrix(name string, rows, cols int) *tensor.Matrix {
	t, ok := l.find(name, cols, rows)
	if !ok {
		return nil
	}
	m, err := tensor.Pack(l.pool, l.set, t, l.file.Release)
	if err != nil {
		l.fail(fmt.Errorf("the tensor %s: %w", name, err))
		return nil
	}
	l.bytes += m.Bytes()
	l.done += int64(len(t.Data))
	if l.progress != nil {
		l.progress(float64(l.done) / float64(l.file.Size()))
	}
	return m
}

// matrix looks up W (rows, cols).
func (l *loader) matrix(name string, rows, cols int) *tensor.Matrix {
	m := l.optionalMatrix(name, rows, cols)
	if m == nil {
		l.fail(missing(name))
	}
	return m
}

// optionalVector looks up w (n); nil when the file has none.
func (l *loader) optionalVector(name string, n int) []float32 {
	t, ok := l.find(name, n)
	if !ok {
		return nil
	}
	w := make([]float32, n)
	if err := tensor.Dequantize(t.Type, t.Data, w); err != nil {
		l.fail(fmt.Errorf("the tensor %s: %w", name, err))
		return nil
	}
	l.bytes += int64(n) * 4
	return w
}

// vector looks up w (n).
func (l *loader) vector(name string, n int) []float32 {
	w := l.optionalVector(name, n)
	if w == nil {
		l.fail(missing(name))
	}
	return w
}

// leftOver refuses a file with weights that no look-up asked for: ignoring them would give wrong words.
func (l *loader) leftOver() {
	for _, t := range l.file.Tensors() {
		// Tables that old converters wrote; they follow from the header.
		derived := strings.HasSuffix(t.Name, "rotary_emb.inv_freq") || strings.HasSuffix(t.Name, "attn_rot_embd")
		if !l.used[t.Name] && !derived {
			l.fail(unsupported("the model has weights of a kind that does not run here: %s", t.Name))
		}
	}
}
