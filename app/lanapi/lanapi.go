// Package lanapi is what paired devices, and programs on this machine, may call: OpenAI's routes under /v1, so that any
// ordinary client works, and Croft's own under /croft/v1 (package wire) for what OpenAI has no word for.
//
// A few replies are written at once and the rest waits in turn. Each reply has a buffer of its own between the engine and
// the socket, so a slow reader holds up nobody else, and itself only once the buffer is full.
//
// Beyond OpenAI's parameters of chat/completions and completions there are those that others have too: top_k, min_p,
// repeat_penalty, repeat_last_n, chat_template_kwargs, and reasoning_content for what a model thinks. What is not given is as
// the model's maker advises. What would be another reply at OpenAI and cannot be done here is refused and not ignored.
package lanapi

import (
	"context"
	"errors"
	"io"
	"iter"
	"net/http"

	"croft/app/lanapi/wire"
	"croft/engine"
)

// What an implementation of Models or Files wraps, so that callers are told what they can do about it.
var (
	ErrNotFound = errors.New("not found")      // no model of that name, or no such chunk
	ErrUnusable = errors.New("cannot be used") // the model is there and cannot run here at the moment
)

// Models are the models of this device.
type Models interface {
	List(ctx context.Context) ([]Model, error)
	// Use loads the model with this hash or name, "" the default, and keeps it loaded until the func is called. progress
	// gets 0 to 1.
	Use(ctx context.Context, id string, progress func(float64)) (Running, func(), error)
	// UseForEmbeddings is Use for a model that makes embeddings. Each of the two refuses what is for the other with
	// engine.ErrPurpose, before anything is loaded.
	UseForEmbeddings(ctx context.Context, id string) (Running, func(), error)
}

// Running is a loaded model.
type Running interface {
	Model() Model
	Generate(ctx context.Context, r engine.Request) iter.Seq2[engine.Piece, error]
	Embed(ctx context.Context, texts []string) ([][]float32, error)
	Tokenize(text string, addSpecial, parseSpecial bool) []int
}

// Files gives out model files in chunks.
type Files interface {
	Manifest(ctx context.Context, id string) (Manifest, error)
	// Chunk returns a chunk, the first is 0, and its length.
	Chunk(ctx context.Context, id string, n int) (io.ReadCloser, int64, error)
}

// The types that travel.
type (
	Model    = wire.Model
	Health   = wire.Health
	Manifest = wire.Manifest
)

// Rights are what a device may do here.
type Rights struct{ Answers, Models, Notes bool }

// Options say what the API gives access to.
type Options struct {
	Models Models
	Files  Files // nil: no files are given out
	// Caller says who makes the request with this context and what it may do. It is asked for each request.
	Caller  func(context.Context) (who string, r Rights, ok bool)
	Health  func() Health // nil: nothing is known
	Name    func() string // of this device; nil: ""
	Version string
	AtOnce  int // replies written at once; 0: 4
}

const atOnceDefault = 4

// API answers requests.
type API struct {
	options   Options
	queue     *queue
	templates templates
}

// New returns an API.
func New(o Options) *API {
	if o.AtOnce <= 0 {
		o.AtOnce = atOnceDefault
	}
	return &API{options: o, queue: newQueue(o.AtOnce)}
}

// Handler answers devices. It returns when a request's context ends, and expects deadlines and a bound on connections from
// its server.
func (a *API) Handler() http.Handler {
	mux := http.NewServeMux()
	d := &door{api: a, caller: a.options.Caller}
	d.openAI(mux)
	mux.HandleFunc("GET "+wire.StatusPath, d.croft(a.status, anybody))
	mux.HandleFunc("POST "+wire.RepliesPath, d.croft(a.reply, answers))
	mux.HandleFunc("GET "+wire.ManifestPath("{id}"), d.croft(a.manifest, files))
	mux.HandleFunc("GET "+wire.ManifestPath("{id}")+"/chunks/{n}", d.croft(a.chunk, files))
	mux.HandleFunc("/croft/", d.croft(noRoute, anybody))
	return mux
}
