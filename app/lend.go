package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"croft/app/lanapi"
	"croft/app/models"
	"croft/engine"
)

// lending gives the models of the library, and their files, to other devices and to programs. They name models by hash or
// name only: a path would tell them what else lies on this device.
type lending struct {
	library *models.Library
	here    *here
}

// List returns what can be asked for.
func (l lending) List(ctx context.Context) ([]lanapi.Model, error) {
	list, err := l.library.List(ctx)
	if err != nil {
		return nil, err
	}
	all := make([]lanapi.Model, len(list))
	for i, m := range list {
		all[i] = l.describe(m)
	}
	return all, nil
}

func (l lending) describe(m models.Model) lanapi.Model {
	d := lanapi.Model{
		ID: m.ID, Name: m.Name, Family: m.Family, Quant: m.Quant, SizeBytes: m.SizeBytes, Parameters: m.Parameters,
		ContextMax: m.ContextHere, CanThink: m.CanThink, TokensPerSecond: m.MeasuredTPS, NeedsBytes: m.NeedsBytes,
		Embedding: m.Embedding, Loaded: m.Loaded, Default: m.Default, Starter: m.Starter, Problem: m.Problem, Added: m.Added,
	}
	if d.Problem == "" && m.Fit == models.TooBig {
		d.Problem = m.Why
	}
	if info, err := l.library.Info(m); err == nil {
		d.Template, d.Advice = info.Template, info.Advice
	}
	return d
}

// Use loads a model and keeps it until the func is called.
func (l lending) Use(ctx context.Context, id string, progress func(float64)) (lanapi.Running, func(), error) {
	return l.use(ctx, id, func(m models.Model) (*models.Running, error) { return l.library.Use(ctx, m.ID, progress) })
}

// UseForEmbeddings is Use for a model that makes embeddings.
func (l lending) UseForEmbeddings(ctx context.Context, id string) (lanapi.Running, func(), error) {
	return l.use(ctx, id, func(m models.Model) (*models.Running, error) { return l.library.UseForEmbeddings(ctx, m.ID) })
}

func (l lending) use(ctx context.Context, id string, load func(models.Model) (*models.Running, error)) (lanapi.Running, func(), error) {
	m, err := l.find(ctx, id)
	if err != nil {
		return nil, nil, lendable(err)
	}
	r, err := load(m)
	if err != nil {
		return nil, nil, lendable(err)
	}
	return borrowed{l, r}, r.Release, nil
}

func (l lending) find(ctx context.Context, id string) (models.Model, error) {
	if id == "" {
		return l.library.Resolve(ctx, "")
	}
	list, err := l.library.List(ctx)
	if err != nil {
		return models.Model{}, err
	}
	for _, m := range list {
		if m.ID == id || strings.EqualFold(m.Name, id) || strings.EqualFold(m.Name+" "+m.Quant, id) {
			return m, nil
		}
	}
	return models.Model{}, models.ErrNotFound
}

// lendable says what went wrong in words that callers understand.
func lendable(err error) error {
	switch {
	case errors.Is(err, models.ErrNotFound):
		return fmt.Errorf("%w: %w", lanapi.ErrNotFound, err)
	case errors.Is(err, models.ErrNoModel), errors.Is(err, models.ErrTooBig), errors.Is(err, models.ErrMissing),
		errors.Is(err, models.ErrChanged), errors.Is(err, models.ErrNotAModel), errors.Is(err, models.ErrContext):
		return fmt.Errorf("%w: %w", lanapi.ErrUnusable, err)
	}
	return err
}

// borrowed is a model of the library in use by somebody else.
type borrowed struct {
	of lending
	*models.Running
}

func (b borrowed) Model() lanapi.Model {
	m := b.of.describe(b.Running.Model)
	m.Loaded, m.ContextMax = true, b.ContextMax()
	return m
}

// Generate streams a reply, which counts as work of this device.
func (b borrowed) Generate(ctx context.Context, r engine.Request) iter.Seq2[engine.Piece, error] {
	return b.of.here.generate(ctx, b.Running, r)
}

// Manifest describes a model's file.
func (l lending) Manifest(ctx context.Context, id string) (lanapi.Manifest, error) {
	m, err := l.library.Manifest(ctx, id)
	return lanapi.Manifest(m), lendable(err)
}

// Chunk opens a piece of a model's file.
func (l lending) Chunk(ctx context.Context, id string, n int) (io.ReadCloser, int64, error) {
	r, size, err := l.library.Chunk(ctx, id, n)
	return r, size, lendable(err)
}
