package arch

import "fmt"

// qwen3Layer is a layer of Qwen3 and Qwen3-Embedding (arXiv 2505.09388): the decoder with a norm over each head's
// queries and keys before they are rotated.
func qwen3Layer(l *loader, c Config, index int) layer {
	b := l.decoder(c, index)
	norm := func(part string) []float32 {
		return l.vector(fmt.Sprintf("blk.%d.%s.weight", index, part), c.HeadDim)
	}
	b.queries.Norm = norm("attn_q_norm")
	b.keys.Norm = norm("attn_k_norm")
	return b
}
