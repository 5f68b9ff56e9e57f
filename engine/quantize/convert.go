package quantize

import (
	"context"
	"io"
	"runtime"
	"sync"
	"sync/atomic"

	"croft/engine/gguf"
	"croft/engine/tensor"
)

// pieceValues is how many values one goroutine converts at a time: a whole number of blocks of every type.
const pieceValues = 1 << 15

// converter turns the tensors of a file into other types, one after another, with one goroutine a processor.
type converter struct {
	ctx         context.Context
	file        *gguf.File
	progress    func(done, total int64)
	done, total int64
	workers     []worker
	out         []byte
}

type worker struct{ values []float32 }

func newConverter(ctx context.Context, f *gguf.File, progress func(done, total int64)) *converter {
	c := &converter{ctx: ctx, file: f, progress: progress, workers: make([]worker, runtime.GOMAXPROCS(0))}
	if progress == nil {
		c.progress = func(_, _ int64) {}
	}
	for _, t := range f.Tensors() {
		c.total += int64(len(t.Data))
	}
	for i := range c.workers {
		c.workers[i].values = make([]float32, pieceValues)
	}
	return c
}

// convert writes the values of t in another type. Rows need not be looked at: all of them are whole blocks.
func (c *converter) convert(w io.Writer, t gguf.Tensor, to gguf.Type) error {
	step := 4 * len(c.workers) * pieceValues * t.Type.BlockBytes()
	for begin := 0; begin < len(t.Data); begin += step {
		if err := c.ctx.Err(); err != nil {
			return err
		}
		c.progress(c.done, c.total)
		part := t.Data[begin:min(begin+step, len(t.Data))]
		if err := c.convertPart(part, t.Type, to); err != nil {
			return refuse(ErrWeight, "the tensor %q has %v", t.Name, err)
		}
		c.file.Release(part)
		if _, err := w.Write(c.out); err != nil {
			return err
		}
		c.done += int64(len(part))
	}
	c.progress(c.done, c.total)
	return nil
}

// convertPart fills c.out. Of several errors it returns the one that stands first.
func (c *converter) convertPart(part []byte, from, to gguf.Type) error {
	values := len(part) / from.BlockBytes()
	c.out = append(c.out[:0], make([]byte, to.RowBytes(values))...)
	pieces := (values + pieceValues - 1) / pieceValues
	errs := make([]error, pieces)
	var next atomic.Int64
	var all sync.WaitGroup
	for _, w := range c.workers[:min(len(c.workers), pieces)] {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < pieces; i = int(next.Add(1)) - 1 {
				begin, end := i*pieceValues, min((i+1)*pieceValues, values)
				src := part[begin*from.BlockBytes() : end*from.BlockBytes()]
				errs[i] = w.convert(c.out[to.RowBytes(begin):to.RowBytes(end)], src, from, to)
			}
		})
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (w worker) convert(dst, src []byte, from, to gguf.Type) error {
	x := w.values[:len(src)/from.BlockBytes()]
	if err := tensor.Dequantize(from, src, x); err != nil {
		return err
	}
	return encodeAll(dst, to, encoders[to], x)
}
