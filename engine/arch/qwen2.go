package arch

import "fmt"

// qwen2Layer is a layer of Qwen2 and Qwen2.5 (arXiv 2407.10671): the decoder with biases on queries, keys and values.
func qwen2Layer(l *loader, c Config, index int) layer {
	b := l.decoder(c, index)
	bias := func(part string, n int) []float32 { return l.vector(fmt.Sprintf("blk.%d.%s.bias", index, part), n) }
	b.queries.Bias = bias("attn_q", c.Heads*c.HeadDim)
	b.keys.Bias = bias("attn_k", c.HeadsKV*c.HeadDim)
	b.valueBias = bias("attn_v", c.HeadsKV*c.HeadDim)
	return b
}
