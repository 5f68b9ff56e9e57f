// Package models is the library of models on this device: what is here, what fits, and which is in use.
package models

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"croft/storage"
)

// Fit says whether a model can run on this device.
type Fit string

// Fits has room to spare; Tight runs with a shorter context; TooBig would not run.
const (
	Fits   Fit = "fits"
	Tight  Fit = "tight"
	TooBig Fit = "too big"
)

// Model is a file of the library, or one found in another program's folder.
type Model struct {
	ID          string  `json:"id"`   // SHA-256 of the file, 64 hex digits; "" for a found file that was not added yet
	Name        string  `json:"name"` // "Qwen3 0.6B"
	Path        string  `json:"path"`
	Source      string  `json:"source"`  // "Croft", "LM Studio", "Ollama", "llama.cpp", "Jan", "GPT4All", or the folder it is used from
	Owned       bool    `json:"owned"`   // Croft's own copy: deleting it deletes the file
	Starter     bool    `json:"starter"` // the small model that comes with the program
	Family      string  `json:"family"`
	Quant       string  `json:"quant"` // "Q4_K_M"
	SizeBytes   int64   `json:"size_bytes"`
	Parameters  int64   `json:"parameters"`
	ContextMax  int     `json:"context_max"`  // tokens the model was made for
	ContextHere int     `json:"context_here"` // tokens that fit in memory here
	NeedsBytes  int64   `json:"needs_bytes"`  // weights, cache of ContextHere tokens, and work space
	Fit         Fit     `json:"fit"`
	Why         string  `json:"why"`          // what to know of it, in sentences; "" when it simply fits
	Problem     string  `json:"problem"`      // why it cannot be used at all (broken, unsupported), "" when it can
	Embedding   bool    `json:"embedding"`    // makes embeddings, and cannot chat
	CanThink    bool    `json:"can_think"`    // it has a switch for thinking
	MeasuredTPS float64 `json:"measured_tps"` // median tokens a second of past replies here; 0: not measured
	Loaded      bool    `json:"loaded"`
	Default     bool    `json:"default"`

	Added time.Time `json:"-"` // zero for a found file
}

// CanChat tells whether a reply can be asked of the model at all.
func (m Model) CanChat() bool { return m.Problem == "" && m.Fit != TooBig && !m.Embedding }

// purpose is what the model is for where that is not chat.
func (m Model) purpose() string {
	if m.Embedding {
		return "For embeddings, not for chat."
	}
	return ""
}

// Preferences are what a person chose about running models. The zero value leaves everything to Croft.
type Preferences struct {
	Model      string // id of the default model
	Threads    int    // 0: physical cores
	ContextMax int    // tokens; 0: what the model and the memory allow
	Kernels    string // "": the best of this processor
}

// Options complete a Library. The zero value is right for a program with no settings.
type Options struct {
	Preferences func() Preferences // asked whenever it matters; nil: none
	Log         *slog.Logger       // nil: silent
	Starter     Starter            // comes with the program; the zero value: none does

	// Replaced is told when the starter of an older program gave way to this one's, so that what was said of the old
	// model is said of the new one. It may be called again for the same two.
	Replaced func(ctx context.Context, before, now string) error
}

// Library is the use case. Its methods may be called from several goroutines.
type Library struct {
	dir     *os.Root // DIR/models
	path    string
	store   Store
	prefer  func() Preferences
	log     *slog.Logger
	open    opener
	inspect *inspector
	memory  func() (total, free int64)
	space   func(dir string) (int64, error)
	places  places
	starter starter

	adding   sync.Mutex // one import or adoption at a time, so that the free space that was checked is still there
	changing sync.Mutex // held for moments only, while a file and its record come or go together
	slots    slots
	watchers watchers

	summing chan struct{} // holds a place for who reads a file to hash its chunks
	pledged atomic.Int64  // bytes that copies from other devices will still write
	times   copyTimes
}

// New opens the library whose own copies lie in dir/models, removes what an import left there that never ended, and
// brings in the starter where that is due. Without the starter it opens all the same; StarterProblem says why.
func New(ctx context.Context, dir string, store Store, o Options) (*Library, error) {
	l, err := open(dir, store, o)
	if err != nil {
		return nil, fmt.Errorf("models: %w", err)
	}
	l.tidy(ctx)
	return l, nil
}

func open(dir string, store Store, o Options) (*Library, error) {
	path := filepath.Join(dir, "models")
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, err
	}
	l := &Library{
		dir: root, path: path, store: store, prefer: o.Preferences, log: o.Log,
		open: openEngine, inspect: newInspector(), memory: deviceMemory, space: FreeSpace, places: herePlaces(),
		starter: starter{Starter: o.Starter, replaced: o.Replaced},
		summing: make(chan struct{}, 1), times: usualTimes,
	}
	l.slots.changed = l.watchers.tell
	if l.prefer == nil {
		l.prefer = func() Preferences { return Preferences{} }
	}
	if l.log == nil {
		l.log = slog.New(slog.DiscardHandler)
	}
	return l, nil
}

// tidy brings the folder into order. What goes wrong keeps nobody from using what is there.
func (l *Library) tidy(ctx context.Context) {
	if err := l.removeLeftovers(); err != nil {
		l.log.Warn("leftovers of an import stay", "err", err)
	}
	if l.starter.problem = l.placeStarter(ctx); l.starter.problem != nil {
		l.log.Warn("the starter is missing", "err", l.starter.problem)
	}
}

// Close unloads every model; it waits for replies that are being written to end.
func (l *Library) Close() error {
	l.slots.close()
	return l.dir.Close()
}

// List returns the models of the library, the newest first.
func (l *Library) List(ctx context.Context) ([]Model, error) {
	records, err := l.store.Models(ctx)
	if err != nil {
		return nil, fmt.Errorf("list models: %w", err)
	}
	speeds, err := l.store.MedianSpeeds(ctx)
	if err != nil {
		return nil, fmt.Errorf("list models: %w", err)
	}
	list := make([]Model, len(records))
	budget := l.budget()
	for i, r := range records {
		list[i] = l.describe(r, budget)
		list[i].MeasuredTPS = speeds[r.ID]
	}
	if i := chooseDefault(list, l.prefer().Model); i >= 0 {
		list[i].Default = true
	}
	return list, nil
}

// describe joins what is recorded of a model with what its file says now.
func (l *Library) describe(r storage.Model, budget int64) Model {
	m := Model{ID: r.ID, Name: r.Name, Path: l.pathOf(r), Source: r.Source, Owned: r.Owned, SizeBytes: r.SizeBytes, Added: r.Added}
	m.Starter = isStarter(r)
	if err := l.verify(r); err != nil {
		m.Problem = sentenceOf(err)
		return m
	}
	l.fill(&m, budget)
	l.slots.mark(&m)
	return m
}

// pathOf is where the file of a record lies.
func (l *Library) pathOf(r storage.Model) string {
	if r.Owned {
		return filepath.Join(l.path, fileName(r.ID))
	}
	return r.Path
}

// verify tells whether the file of a record is still there and as it was when it was added. It does not read it.
func (l *Library) verify(r storage.Model) error {
	st, err := os.Stat(l.pathOf(r))
	if err != nil {
		return missing(l.pathOf(r), err)
	}
	if st.Size() != r.SizeBytes || !st.ModTime().Equal(r.Modified) {
		return changed(r.Name)
	}
	return nil
}

// fill reads the file's header and says whether the model fits into budget bytes.
func (l *Library) fill(m *Model, budget int64) {
	info, err := l.inspect.header(m.Path)
	err = refuseVocabulary(info, err)
	m.Family, m.Quant, m.Parameters, m.ContextMax = info.Family, info.Quant, info.Parameters, info.ContextMax
	if err != nil {
		m.Problem = sentenceOf(err)
		return
	}
	m.Embedding, m.CanThink = info.Embedding, info.CanThink
	m.Fit, m.ContextHere, m.Why = fit(info, budget, l.prefer().ContextMax)
	m.Why = strings.TrimSpace(m.purpose() + " " + m.Why)
	m.NeedsBytes = info.Needs(m.ContextHere)
}

// chooseDefault returns the index of the preferred model, or else of the newest that can chat, the starter only where
// there is no other; -1 when there is none.
func chooseDefault(list []Model, preferred string) int {
	if i := slices.IndexFunc(list, func(m Model) bool { return m.ID == preferred && preferred != "" && !m.Embedding }); i >= 0 {
		return i
	}
	if i := slices.IndexFunc(list, func(m Model) bool { return m.CanChat() && !m.Starter }); i >= 0 {
		return i
	}
	return slices.IndexFunc(list, Model.CanChat)
}

// Examine reads a file's header and says what it is and whether it fits, without adding it.
func (l *Library) Examine(ctx context.Context, path string) (Model, error) {
	path, err := regularFile(path)
	if err != nil {
		return Model{}, err
	}
	info, err := l.admit(path)
	if err != nil {
		return Model{}, err
	}
	m := Model{Name: nameOf(info.Name, path, info.Parameters), Path: path, Source: l.places.sourceOf(path), SizeBytes: info.SizeBytes}
	l.fill(&m, l.budget())
	return m, ctx.Err()
}
