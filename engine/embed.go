package engine

import (
	"context"
	"fmt"
	"math"

	"croft/engine/arch"
)

// Embed returns a vector for each text, pooled as the model says and of length 1.
func (m *Model) Embed(ctx context.Context, texts []string) ([][]float32, error) {
	if err := m.enter(); err != nil {
		return nil, err
	}
	defer m.running.Done()
	if !m.info.Embedding {
		return nil, fmt.Errorf("%w: it writes text and makes no vectors", ErrPurpose)
	}
	vectors := make([][]float32, len(texts))
	for i, text := range texts {
		v, err := m.embed(ctx, m.tokenizer.Encode(text, true, false))
		if err != nil {
			return nil, fmt.Errorf("text %d: %w", i+1, err)
		}
		vectors[i] = v
	}
	return vectors, nil
}

func (m *Model) embed(ctx context.Context, ids []int) ([]float32, error) {
	if err := m.check(ids, 0); err != nil {
		return nil, err
	}
	cache := m.network.NewCache(len(ids))
	defer cache.Free()
	pooling := m.network.Config().Pooling
	pooled := make([]float64, m.network.Config().Embd)
	for at := 0; at < len(ids); at += rowsMax {
		rows := make([]arch.Row, min(rowsMax, len(ids)-at))
		for i := range rows {
			rows[i] = arch.Row{Token: ids[at+i], Cache: cache, Pos: at + i, Logits: wanted(pooling, at+i, len(ids))}
		}
		if err := m.addHidden(ctx, rows, pooled); err != nil {
			return nil, err
		}
	}
	return unit(pooled), nil
}

// addHidden reads rows and adds the vectors (width) of the marked ones to sum.
func (m *Model) addHidden(ctx context.Context, rows []arch.Row, sum []float64) error {
	marked := 0
	for _, r := range rows {
		if r.Logits {
			marked++
		}
	}
	hidden := make([]float32, marked*len(sum))
	if err := m.batch.submit(&work{ctx: ctx, rows: rows, hidden: hidden}); err != nil {
		return err
	}
	for i, h := range hidden {
		sum[i%len(sum)] += float64(h)
	}
	return nil
}

// wanted says whether the vector of token i of n counts. What is summed is the mean but for its length.
func wanted(p arch.Pooling, i, n int) bool {
	switch p {
	case arch.PoolingFirst:
		return i == 0
	case arch.PoolingLast:
		return i == n-1
	}
	return true
}

// unit scales v to the length 1.
func unit(v []float64) []float32 {
	sum := 0.0
	for _, x := range v {
		sum += float64(x * x) // the conversion keeps the product from being fused on some processors
	}
	u := make([]float32, len(v))
	for i, x := range v {
		u[i] = float32(x / max(math.Sqrt(sum), math.SmallestNonzeroFloat64))
	}
	return u
}
