package quantize

import (
	"context"
	"io"

	"croft/engine/gguf"
)

// versionNow is general.quantization_version: the block formats of today, since May 2023.
const versionNow uint32 = 2

// Plan is what a file becomes. It refers to the file, which must stay open.
type Plan struct {
	file    *gguf.File
	meta    []gguf.KV
	tensors []gguf.Tensor // without data, in the order of the file
}

// NewPlan decides which type each tensor of f gets. It is ErrSource when f has no weights, or others than F32, F16 and BF16.
func NewPlan(f *gguf.File, m Mixture) (*Plan, error) {
	from := f.Tensors()
	if len(from) == 0 {
		return nil, refuse(ErrSource, "this file has no weights, so there is nothing to quantize")
	}
	p := &Plan{file: f, meta: metadata(f, m)}
	_, ownHead := f.Tensor("output.weight")
	layers := countLayers(from)
	for _, t := range from {
		switch t.Type {
		case gguf.F32, gguf.F16, gguf.BF16:
		default:
			return nil, refuse(ErrSource, "the weights of this file are not F32, F16 or BF16: %q is %v", t.Name, t.Type)
		}
		p.tensors = append(p.tensors, gguf.Tensor{Name: t.Name, Dims: t.Dims, Type: m.typeOf(t, layers, !ownHead)})
	}
	return p, nil
}

// metadata is that of f with the type of the mixture. The alignment, which is about the file and not about the model,
// is left out: it becomes what gguf.Stream writes.
func metadata(f *gguf.File, m Mixture) (meta []gguf.KV) {
	news := []gguf.KV{{Key: "general.file_type", Value: m.fileType}, {Key: "general.quantization_version", Value: versionNow}}
	for key, value := range f.Keys() {
		switch key {
		case "general.alignment", news[0].Key, news[1].Key:
		default:
			meta = append(meta, gguf.KV{Key: key, Value: value})
		}
	}
	return append(meta, news...)
}

// SizeBytes is the size of the file to be, give or take a few hundred bytes.
func (p *Plan) SizeBytes() int64 {
	size := p.file.HeaderBytes()
	for _, t := range p.tensors {
		size += int64(t.Type.RowBytes(t.Cols())) * int64(t.Rows())
	}
	return size
}

// Write writes the file. It holds a few MB of it at a time. progress is called now and then with bytes of the source;
// it may be nil. A weight that is not finite, or too large for its type, is ErrWeight, which names the tensor.
func (p *Plan) Write(ctx context.Context, out io.Writer, progress func(done, total int64)) error {
	c := newConverter(ctx, p.file, progress)
	from := p.file.Tensors()
	return gguf.Stream(out, p.meta, p.tensors, func(w io.Writer, i int) error {
		return c.convert(w, from[i], p.tensors[i].Type)
	})
}
