package models

import (
	"context"
	"errors"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"croft/engine"
)

// opened makes echoes and counts them.
type opened struct {
	now, most, ever atomic.Int64
	wait            time.Duration // a load takes so long
	fail            error
	last            atomic.Pointer[engine.Options]
}

func (o *opened) open(path string, options engine.Options) (runner, error) {
	o.last.Store(&options)
	if o.wait > 0 {
		options.Progress(0.5)
		time.Sleep(o.wait)
	}
	if o.fail != nil {
		return nil, o.fail
	}
	info, err := readInfo(path)
	if err != nil {
		return nil, err
	}
	o.ever.Add(1)
	o.most.Store(max(o.most.Load(), o.now.Add(1)))
	return &echo{of: o, info: info, context: options.ContextMax}, nil
}

// echo is a loaded model that answers with its name, and knows when it is used after it was closed.
type echo struct {
	of      *opened
	info    engine.Info
	context int
	closed  atomic.Bool
}

var errUsedAfterClose = errors.New("used after close")

func (e *echo) Info() engine.Info { return e.info }
func (e *echo) ContextMax() int   { return e.context }

func (e *echo) Generate(context.Context, engine.Request) iter.Seq2[engine.Piece, error] {
	return func(yield func(engine.Piece, error) bool) {
		if e.closed.Load() {
			yield(engine.Piece{}, errUsedAfterClose)
			return
		}
		yield(engine.Piece{Text: e.info.Name, Result: &engine.Result{Reason: engine.Stop}}, nil)
	}
}

func (e *echo) Close() error {
	if e.closed.Swap(true) {
		return errors.New("closed twice")
	}
	e.of.now.Add(-1)
	return nil
}

// withModels adopts a file for each name.
func withModels(t *testing.T, names ...string) (*Library, *opened, []Model) {
	t.Helper()
	l, o, dir := newLibrary(t), &opened{}, t.TempDir()
	l.open = o.open
	var list []Model
	for _, name := range names {
		m, err := l.Import(t.Context(), write(t, filepath.Join(dir, name+".gguf"), name), nil)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, m)
	}
	return l, o, list
}

func use(t *testing.T, l *Library, id string) *Running {
	t.Helper()
	r, err := l.Use(t.Context(), id, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestOnlyTheLastUsedStaysLoaded(t *testing.T) {
	l, o, m := withModels(t, "A 1B", "B 1B")
	a, again := use(t, l, m[0].ID), use(t, l, m[0].ID)
	if o.ever.Load() != 1 {
		t.Errorf("one model was loaded %d times", o.ever.Load())
	}
	b := use(t, l, m[1].ID)
	if o.now.Load() != 2 {
		t.Errorf("with both held %d are loaded", o.now.Load())
	}
	a.Release()
	a.Release()
	if o.now.Load() != 2 {
		t.Error("a model that is held by another was unloaded")
	}
	again.Release()
	if o.now.Load() != 1 {
		t.Errorf("after the release of the first %d are loaded", o.now.Load())
	}
	b.Release()
	if o.now.Load() != 1 {
		t.Error("the last used does not stay loaded")
	}
	if shown, err := l.byID(t.Context(), m[1].ID); err != nil || !shown.Loaded || shown.ContextHere != 8192 {
		t.Errorf("it is shown as %+v, %v", shown, err)
	}
	use(t, l, m[0].ID).Release()
	if o.now.Load() != 1 || o.most.Load() > 2 {
		t.Errorf("%d are loaded, at most %d were", o.now.Load(), o.most.Load())
	}
}

func TestAChangedPreferenceLoadsAnew(t *testing.T) {
	l, o, m := withModels(t, "A 1B")
	use(t, l, m[0].ID).Release()
	l.prefer = func() Preferences { return Preferences{ContextMax: 2048, Threads: 3} }
	r := use(t, l, m[0].ID)
	defer r.Release()
	if o.now.Load() != 1 || r.ContextHere != 2048 || o.last.Load().Threads != 3 {
		t.Errorf("%d loaded, context %d, options %+v", o.now.Load(), r.ContextHere, *o.last.Load())
	}
}

func TestLittleMemoryShortensTheContextOrRefuses(t *testing.T) {
	l, o, m := withModels(t, "A 1B")
	least := m[0].SizeBytes + 1000 + 256<<20
	l.memory = func() (total, free int64) { return 1e9, least + 2100*1000 }
	r := use(t, l, m[0].ID)
	if r.ContextHere != 2048 || o.last.Load().ContextMax != 2048 {
		t.Errorf("context is %d, asked for %d", r.ContextHere, o.last.Load().ContextMax)
	}
	r.Release()
	l.prefer = func() Preferences { return Preferences{Threads: 1} }
	l.memory = func() (total, free int64) { return 1e9, least }
	if _, err := l.Use(t.Context(), m[0].ID, nil); !errors.Is(err, ErrTooBig) {
		t.Errorf("without memory: %v", err)
	}
	if o.now.Load() != 0 {
		t.Error("the idle model was not unloaded to make room")
	}
}

func TestAFailedLoadIsToldAndTriedAgain(t *testing.T) {
	l, o, m := withModels(t, "A 1B")
	o.fail = errors.New("no such luck")
	if _, err := l.Use(t.Context(), m[0].ID, nil); !errors.Is(err, o.fail) {
		t.Errorf("got %v", err)
	}
	o.fail = nil
	use(t, l, m[0].ID).Release()
}

func TestLoadingTellsHowFarItIsAndCanBeLeft(t *testing.T) {
	l, o, m := withModels(t, "A 1B")
	o.wait = 8 * progressEvery
	var told []float64
	r, err := l.Use(t.Context(), m[0].ID, func(done float64) { told = append(told, done) })
	if err != nil {
		t.Fatal(err)
	}
	if len(told) < 3 || told[1] != 0.5 || told[len(told)-1] != 1 {
		t.Errorf("told %v", told)
	}
	r.Release()
	l.prefer = func() Preferences { return Preferences{Threads: 1} }
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := l.Use(ctx, m[0].ID, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("leaving gives %v", err)
	}
	l.slots.loading.Wait()
	if o.now.Load() != 1 {
		t.Errorf("%d are loaded after the waiting was given up", o.now.Load())
	}
}

func TestDeleteWaitsForWhoeverHoldsTheModel(t *testing.T) {
	l, o, m := withModels(t, "A 1B")
	r := use(t, l, m[0].ID)
	if err := l.Delete(t.Context(), m[0].ID); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Use(t.Context(), m[0].ID, nil); !errors.Is(err, ErrNotFound) {
		t.Errorf("a deleted model can be used: %v", err)
	}
	for _, err := range r.Generate(t.Context(), engine.Request{}) {
		if err != nil {
			t.Errorf("its holder gets %v", err)
		}
	}
	if len(files(t, l)) != 1 {
		t.Errorf("while it is held the folder has %v", files(t, l))
	}
	r.Release()
	if len(files(t, l)) != 0 || o.now.Load() != 0 {
		t.Errorf("after the release the folder has %v, %d are loaded", files(t, l), o.now.Load())
	}
}

// Many use, release, delete and import at once; nobody ever meets a closed model, and nothing stays behind.
func TestUseAndDeleteTogether(t *testing.T) {
	l, o, m := withModels(t, "A 1B", "B 1B", "C 1B")
	copies := map[string]string{}
	for _, one := range m {
		copies[one.ID] = write(t, filepath.Join(t.TempDir(), "again.gguf"), one.Name)
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 15 {
				one := m[rand.IntN(len(m))]
				if rand.IntN(8) == 0 {
					_ = l.Delete(t.Context(), one.ID) // It may be gone already.
					if _, err := l.Import(t.Context(), copies[one.ID], nil); err != nil {
						t.Error(err)
					}
					continue
				}
				r, err := l.Use(t.Context(), one.ID, nil)
				if errors.Is(err, ErrNotFound) || errors.Is(err, ErrMissing) || errors.Is(err, os.ErrNotExist) {
					continue
				}
				if err != nil {
					t.Error(err)
					continue
				}
				for p, err := range r.Generate(t.Context(), engine.Request{}) {
					if err != nil || p.Text != one.Name {
						t.Errorf("%q answers %q, %v", one.Name, p.Text, err)
					}
				}
				r.Release()
			}
		})
	}
	all.Wait()
	if o.now.Load() > 1 {
		t.Errorf("%d models stay loaded", o.now.Load())
	}
	if err := l.removeLeftovers(); err != nil {
		t.Error(err)
	}
	if list, err := l.List(t.Context()); err != nil || len(list) != len(files(t, l)) {
		t.Errorf("%d models, files %v, %v", len(list), files(t, l), err)
	}
}
