package models

import (
	"context"

	"croft/engine"
)

// reader is what a loaded model can do with text besides answering it; engine.Model is one.
type reader interface {
	Embed(ctx context.Context, texts []string) ([][]float32, error)
	Tokenize(text string, addSpecial, parseSpecial bool) []int
}

// Embed returns a vector for each text. A model that was not made for that is an engine.ErrPurpose.
func (r *Running) Embed(ctx context.Context, texts []string) ([][]float32, error) {
	if m, ok := r.model.(reader); ok {
		return m.Embed(ctx, texts)
	}
	return nil, engine.ErrPurpose
}

// Tokenize returns the ids of a text.
func (r *Running) Tokenize(text string, addSpecial, parseSpecial bool) []int {
	if m, ok := r.model.(reader); ok {
		return m.Tokenize(text, addSpecial, parseSpecial)
	}
	return nil
}
