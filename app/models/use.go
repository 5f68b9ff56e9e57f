package models

import (
	"context"
	"fmt"
	"iter"
	"sync"
	"time"

	"croft/engine"
)

// progressEvery is the pause between two reports while a model is loaded.
const progressEvery = 50 * time.Millisecond

// Running is a loaded model that will not be unloaded until Release.
type Running struct {
	Model
	Release func() // may be called more than once

	model runner
}

// Use loads a model to chat with (the default for "") and keeps it until the Running is released. id is anything Resolve
// knows. Only the last used model stays loaded when nobody holds it. progress may be nil and gets 0 to 1. A model for
// embeddings is an engine.ErrPurpose.
func (l *Library) Use(ctx context.Context, id string, progress func(float64)) (*Running, error) {
	return l.use(ctx, id, false, progress)
}

// UseForEmbeddings is Use for Embed. A model that was not made for that is an engine.ErrPurpose.
func (l *Library) UseForEmbeddings(ctx context.Context, id string) (*Running, error) {
	return l.use(ctx, id, true, nil)
}

func (l *Library) use(ctx context.Context, id string, embedding bool, progress func(float64)) (*Running, error) {
	m, err := l.Resolve(ctx, id)
	if err != nil {
		return nil, err
	}
	if err := l.ready(ctx, m); err != nil {
		return nil, err
	}
	if m.Embedding != embedding {
		return nil, wrongPurpose(m)
	}
	s, err := l.slots.acquire(l.keyOf(m), func(s *slot) (runner, error) { return l.load(s, m) })
	if err != nil {
		return nil, err
	}
	release := sync.OnceFunc(func() { l.slots.release(s) })
	if err := s.wait(ctx, progress); err != nil {
		release()
		return nil, err
	}
	l.slots.mark(&m)
	return &Running{Model: m, Release: release, model: s.model}, nil
}

// ready tells why the file of m cannot be used now.
func (l *Library) ready(ctx context.Context, m Model) error {
	if m.ID != "" {
		r, err := l.record(ctx, m.ID)
		if err != nil {
			return err
		}
		if err := l.verify(r); err != nil {
			return err
		}
	}
	_, err := l.admit(m.Path)
	return err
}

func (l *Library) keyOf(m Model) slotKey {
	p := l.prefer()
	k := slotKey{model: m.ID, threads: p.Threads, context: p.ContextMax, kernels: p.Kernels}
	if k.model == "" {
		k.model = m.Path
	}
	return k
}

// load opens a model with as long a context as the memory allows that is free now.
func (l *Library) load(s *slot, m Model) (runner, error) {
	info, err := l.inspect.header(m.Path)
	if err != nil {
		return nil, err
	}
	budget := l.budget()
	how, context, why := fit(info, budget, s.key.context)
	if how == TooBig {
		return nil, tooBig(why)
	}
	model, err := l.open(m.Path, engine.Options{
		Threads: s.key.threads, Kernels: s.key.kernels, ContextMax: context, MemoryMax: budget, Progress: s.advance,
	})
	if err != nil {
		return nil, fmt.Errorf("load %s: %w", m.Name, err)
	}
	return model, nil
}

// wait returns when the model is loaded, reporting how far that is.
func (s *slot) wait(ctx context.Context, progress func(float64)) error {
	if progress == nil {
		progress = func(float64) {}
	}
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	for {
		select {
		case <-s.ready:
			if s.err == nil {
				progress(1)
			}
			return s.err
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
			progress(s.advanced())
		}
	}
}

// Generate streams a reply of the loaded model.
func (r *Running) Generate(ctx context.Context, q engine.Request) iter.Seq2[engine.Piece, error] {
	return r.model.Generate(ctx, q)
}
