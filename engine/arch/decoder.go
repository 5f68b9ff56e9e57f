package arch

import (
	"fmt"
	"math"

	"croft/engine/kernels"
	"croft/engine/tensor"
)

// decoder is a layer of the kind that Llama made common (Touvron and others, arXiv 2302.13971): norms before each part,
// attention whose key heads are shared by groups of query heads (Ainslie and others, arXiv 2305.13245), SwiGLU.
// Biases and the norms of queries and keys are there in some families.
type decoder struct {
	attentionNorm []float32      // (d)
	query         *tensor.Matrix // (h·hd, d)
	key, value    *tensor.Matrix // (hKV·hd, d)
	valueBias     []float32      // (hKV·hd) or nil
	queries, keys kernels.Heads
	attention     *tensor.Matrix // (d, h·hd)
	attentionBias []float32      // (d) or nil

	feedNorm         []float32      // (d)
	gate, up         *tensor.Matrix // (FF, d)
	down             *tensor.Matrix // (d, FF)
	gateBias, upBias []float32      // (FF) or nil
	downBias         []float32      // (d) or nil
}

// decoder looks up what all of them have.
func (l *loader) decoder(c Config, index int) *decoder {
	name := func(part string) string { return fmt.Sprintf("blk.%d.%s", index, part) }
	q, kv := c.Heads*c.HeadDim, c.HeadsKV*c.HeadDim
	heads := kernels.Heads{Dim: c.HeadDim, Eps: c.Eps, Rotated: c.Rope.Dim, Interleaved: c.Rope.Interleaved, Scale: 1}
	b := &decoder{
		attentionNorm: l.vector(name("attn_norm.weight"), c.Embd),
		query:         l.matrix(name("attn_q.weight"), q, c.Embd),
		key:           l.matrix(name("attn_k.weight"), kv, c.Embd),
		value:         l.matrix(name("attn_v.weight"), kv, c.Embd),
		queries:       heads,
		keys:          heads,
		attention:     l.matrix(name("attn_output.weight"), c.Embd, q),
		feedNorm:      l.vector(name("ffn_norm.weight"), c.Embd),
		gate:          l.matrix(name("ffn_gate.weight"), c.FF, c.Embd),
		up:            l.matrix(name("ffn_up.weight"), c.FF, c.Embd),
		down:          l.matrix(name("ffn_down.weight"), c.Embd, c.FF),
	}
	b.queries.Scale = float32(1 / math.Sqrt(float64(c.HeadDim)))
	return b
}

// forward adds the layer's two parts to the residual stream: x += attention(norm(x)), then x += feed(norm(x)).
// The next norm adds what a part contributes, in the same walk over memory.
func (b *decoder) forward(w *work, index int, last bool) {
	w.addNorm(b.attentionNorm)
	if last && w.marked < w.n { // nobody asks for the other rows' results, only for their keys and values
		w.multiply(w.h, tensor.Product{W: b.key, Out: w.k}, tensor.Product{W: b.value, Out: w.v})
		w.store(index, &b.keys, b.valueBias)
		if w.keepMarked(); w.n == 0 {
			return
		}
		w.multiply(w.h, tensor.Product{W: b.query, Out: w.q})
	} else {
		w.multiply(w.h, tensor.Product{W: b.query, Out: w.q}, tensor.Product{W: b.key, Out: w.k}, tensor.Product{W: b.value, Out: w.v})
		w.store(index, &b.keys, b.valueBias)
	}
	w.attend(index, &b.queries)
	w.contribute(w.q, b.attention, b.attentionBias)

	w.addNorm(b.feedNorm)
	w.multiply(w.h, tensor.Product{W: b.gate, Out: w.gate}, tensor.Product{W: b.up, Out: w.up})
	w.addBias(w.gate, b.gateBias)
	w.addBias(w.up, b.upBias)
	w.activate()
	w.contribute(w.gate, b.down, b.downBias)
}
