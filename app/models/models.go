// Package models is the library of models on this device: what is here, what fits, and which is in use.
package models

import (
	"context"
	"errors"
	"iter"

	"croft/engine"
)

var errUnwritten = errors.New("models: unwritten")

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
	Source      string  `json:"source"` // "Croft", "LM Studio", "Ollama", "llama.cpp", "Jan", "GPT4All", or the folder it is used from
	Owned       bool    `json:"owned"`  // Croft's own copy: deleting it deletes the file
	Family      string  `json:"family"`
	Quant       string  `json:"quant"` // "Q4_K_M"
	SizeBytes   int64   `json:"size_bytes"`
	Parameters  int64   `json:"parameters"`
	ContextMax  int     `json:"context_max"`  // tokens the model was made for
	ContextHere int     `json:"context_here"` // tokens that fit in memory here
	NeedsBytes  int64   `json:"needs_bytes"`  // weights, cache of ContextHere tokens, and work space
	Fit         Fit     `json:"fit"`
	Why         string  `json:"why"`          // one sentence, "" when it simply fits
	Problem     string  `json:"problem"`      // why it cannot be used at all (broken, unsupported), "" when it can
	MeasuredTPS float64 `json:"measured_tps"` // median tokens a second of past replies here; 0: not measured
	Loaded      bool    `json:"loaded"`
	Default     bool    `json:"default"`
}

// Memory is this device's memory in bytes.
type Memory struct{ Total, Free, ModelMax int64 }

// Library is the use case.
type Library struct{}

// List returns the models of the library, the newest first.
func (l *Library) List(ctx context.Context) ([]Model, error) { return nil, errUnwritten }

// Found returns model files in the folders of other programs that are not in the library.
func (l *Library) Found(ctx context.Context) ([]Model, error) { return nil, errUnwritten }

// Examine reads a file's header and says what it is and whether it fits, without adding it.
func (l *Library) Examine(ctx context.Context, path string) (Model, error) {
	return Model{}, errUnwritten
}

// Import copies a file into the library. progress is called now and then; it may be nil.
// A file that is broken or not supported is refused before anything is copied; a cancelled import leaves nothing behind.
func (l *Library) Import(ctx context.Context, path string, progress func(done, total int64)) (Model, error) {
	return Model{}, errUnwritten
}

// Adopt adds a file where it lies, without copying.
func (l *Library) Adopt(ctx context.Context, path string, progress func(done, total int64)) (Model, error) {
	return Model{}, errUnwritten
}

// Delete takes a model out of the library; the file goes too when it is Croft's own copy.
func (l *Library) Delete(ctx context.Context, id string) error { return errUnwritten }

// Check reads the whole file and compares it with the hash it was added under.
func (l *Library) Check(ctx context.Context, id string, progress func(done, total int64)) error {
	return errUnwritten
}

// Resolve finds a model by id, by the beginning of an id, by name, or by path; "" is the default model.
func (l *Library) Resolve(ctx context.Context, name string) (Model, error) {
	return Model{}, errUnwritten
}

// Memory returns what this device has, what is free, and the largest model file that fits.
func (l *Library) Memory() Memory { return Memory{} }

// Watch calls f whenever the library changes, until cancel is called.
func (l *Library) Watch(f func()) (cancel func()) { return func() {} }

// Running is a loaded model that will not be unloaded until Release.
type Running struct {
	Model
	Release func()
}

// Use loads a model (the default for "") and keeps it until the Running is released.
// Only the last used model stays loaded when nobody holds it. progress may be nil and gets 0 to 1.
func (l *Library) Use(ctx context.Context, id string, progress func(float64)) (*Running, error) {
	return nil, errUnwritten
}

// Generate streams a reply of the loaded model.
func (r *Running) Generate(ctx context.Context, q engine.Request) iter.Seq2[engine.Piece, error] {
	return func(yield func(engine.Piece, error) bool) { yield(engine.Piece{}, errUnwritten) }
}
