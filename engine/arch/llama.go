package arch

import "fmt"

// llamaLayer is a layer of Llama 2 and 3 (arXiv 2307.09288, 2407.21783), Mistral, SmolLM2 and TinyLlama: the decoder
// itself. Some models of the family were trained with biases.
func llamaLayer(l *loader, c Config, index int) layer {
	b := l.decoder(c, index)
	bias := func(part string, n int) []float32 {
		return l.optionalVector(fmt.Sprintf("blk.%d.%s.bias", index, part), n)
	}
	b.queries.Bias = bias("attn_q", c.Heads*c.HeadDim)
	b.keys.Bias = bias("attn_k", c.HeadsKV*c.HeadDim)
	b.valueBias = bias("attn_v", c.HeadsKV*c.HeadDim)
	b.attentionBias = bias("attn_output", c.Embd)
	b.gateBias = bias("ffn_gate", c.FF)
	b.upBias = bias("ffn_up", c.FF)
	b.downBias = bias("ffn_down", c.Embd)
	return b
}
