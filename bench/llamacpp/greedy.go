package llamacpp

import (
	"github.com/hybridgroup/yzma/pkg/llama"
)

// Greedy continues each prompt with the likeliest tokens, one after another, until one ends the text or there are n.
// What the dynamic linker must find is as for Measure.
func Greedy(libDir, file string, prompts [][]int, n int) ([][]int, error) {
	if err := load(libDir); err != nil {
		return nil, err
	}
	m, err := open(file, 1)
	if err != nil {
		return nil, err
	}
	var all [][]int
	for _, prompt := range prompts {
		ids, err := m.greedy(prompt, n)
		if err != nil {
			return nil, err
		}
		all = append(all, ids)
	}
	return all, nil
}

func (m *model) greedy(prompt []int, n int) (ids []int, err error) {
	if err := llama.MemoryClear(m.mem, true); err != nil {
		return nil, err
	}
	batch := make([]llama.Token, len(prompt))
	for i, id := range prompt {
		batch[i] = llama.Token(id)
	}
	for range n {
		if err := m.read(batch); err != nil {
			return nil, err
		}
		logits, err := llama.GetLogitsIth(m.ctx, -1, m.vocabulary)
		if err != nil {
			return nil, err
		}
		best := 0
		for i, v := range logits {
			if v > logits[best] {
				best = i
			}
		}
		ids, batch = append(ids, best), []llama.Token{llama.Token(best)}
		if llama.VocabIsEOG(m.words, batch[0]) {
			break
		}
	}
	return ids, nil
}
