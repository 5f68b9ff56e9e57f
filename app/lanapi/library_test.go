package lanapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"croft/app/models"
	"croft/engine"
	"croft/engine/tinymodel"
)

// Names of the models in tests.
const (
	tiny     = "Tiny llama"   // writes, with random weights
	tooled   = "Tiny tools"   // its template takes tools
	thinks   = "Tiny thinker" // its prompts end with <think>
	vectors  = "Tiny vectors" // makes embeddings
	scripted = "Scripted"     // writes what the test says
	broken   = "Broken"       // is listed with a problem
)

const hermesTemplate = `{%- if tools %}{{- '<|im_start|>system\nCall <tool_call> with ' + (tools | tojson) + '<|im_end|>\n' }}{%- endif %}
{%- for message in messages %}{{- '<|im_start|>' + message.role + '\n' + message.content }}
{%- for call in message.tool_calls or [] %}{{- '<tool_call>' + (call.function | tojson) + '</tool_call>' }}{%- endfor %}
{{- '<|im_end|>\n' }}{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\n' }}{%- endif %}`

const thinkTemplate = `{%- for message in messages %}{{- '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>\n' }}{%- endfor %}
{{- '<|im_start|>assistant\n<think>\n' if enable_thinking is not defined or enable_thinking else '<|im_start|>assistant\n' }}`

// library has small models, run by the engine itself.
type library struct {
	models  map[string]Running
	errors  map[string]error // of Use
	order   []string
	loads   []float64 // reported by Use
	vectors string    // file of the model of that name

	mu   sync.Mutex
	used int // not released
}

type (
	engineModel = engine.Model
	open        struct {
		*engineModel
		facts Model
	}
)

func (o *open) Model() Model { return o.facts }

// script is a model whose replies are written by the test: for error paths, and texts that no random model writes.
type script struct {
	model  Model
	pieces []string
	err    error
	wait   chan struct{} // before each piece, unless nil
	asked  func(engine.Request)
}

func (s *script) Model() Model { return s.model }

func (s *script) Generate(ctx context.Context, r engine.Request) iter.Seq2[engine.Piece, error] {
	return func(yield func(engine.Piece, error) bool) {
		if s.asked != nil {
			s.asked(r)
		}
		for i, text := range s.pieces {
			if s.wait != nil {
				select {
				case <-s.wait:
				case <-ctx.Done():
				}
			}
			if ctx.Err() != nil {
				yield(engine.Piece{}, ctx.Err())
				return
			}
			if !yield(engine.Piece{Token: i, Text: text}, nil) {
				return
			}
		}
		if s.err != nil {
			yield(engine.Piece{}, s.err)
			return
		}
		yield(engine.Piece{Token: -1, Result: &engine.Result{Reason: engine.Stop, PromptTokens: 3, ReplyTokens: len(s.pieces)}}, nil)
	}
}

func (s *script) Embed(context.Context, []string) ([][]float32, error) { return nil, engine.ErrPurpose }

func (s *script) Tokenize(text string, _, _ bool) []int { return make([]int, len(text)) }

func (l *library) List(context.Context) ([]Model, error) {
	var all []Model
	for _, name := range l.order {
		all = append(all, l.models[name].Model())
	}
	return append(all, Model{ID: strings.Repeat("f", 64), Name: broken, Problem: "It is broken."}), nil
}

func (l *library) Use(_ context.Context, id string, progress func(float64)) (Running, func(), error) {
	return l.use(id, false, progress)
}

func (l *library) UseForEmbeddings(_ context.Context, id string) (Running, func(), error) {
	return l.use(id, true, func(float64) {})
}

func (l *library) use(id string, embedding bool, progress func(float64)) (Running, func(), error) {
	if id == "" {
		id = tiny
	}
	if err := l.errors[id]; err != nil {
		return nil, nil, err
	}
	for name, m := range l.models {
		if id == name || id == m.Model().ID {
			if m.Model().Embedding != embedding {
				return nil, nil, fmt.Errorf("%q: %w", id, engine.ErrPurpose)
			}
			for _, done := range l.loads {
				progress(done)
			}
			l.count(1)
			return m, sync.OnceFunc(func() { l.count(-1) }), nil
		}
	}
	return nil, nil, fmt.Errorf("%q: %w", id, ErrNotFound)
}

func (l *library) count(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.used += n
}

func (l *library) inUse() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.used
}

func (l *library) add(name string, r Running) {
	l.models[name] = r
	l.order = append(l.order, name)
}

// script adds a model that writes pieces.
func (l *library) script(s *script) {
	s.model.ID, s.model.Name = strings.Repeat("5", 64), scripted
	l.add(scripted, s)
}

// vectorsFile is the embedding model of the reference data, where that is there, or else a tiny one.
func vectorsFile(other string) string {
	dir := os.Getenv("CROFT_GOLDEN")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "golden")
	}
	path := filepath.Join(dir, "models", "qwen3_embedding.gguf")
	if _, err := os.Stat(path); err != nil {
		return other
	}
	return path
}

// inspected are the vectors of texts as croft inspect --embed prints them.
func (l *library) inspected(t *testing.T, texts []string) [][]float32 {
	t.Helper()
	p, err := models.OpenProbe(l.vectors, 0, 1, "")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	list, err := p.Embed(t.Context(), texts)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func newLibrary(t *testing.T) *library {
	t.Helper()
	l := &library{models: map[string]Running{}, errors: map[string]error{}}
	for i, m := range []struct {
		name string
		o    tinymodel.Options
	}{
		{tiny, tinymodel.Options{Seed: 1, Context: 1024}},
		{tooled, tinymodel.Options{Seed: 2, Chat: hermesTemplate, Context: 1024}},
		{thinks, tinymodel.Options{Seed: 3, Chat: thinkTemplate}},
		{vectors, tinymodel.Options{Seed: 4, Pooling: "last", Family: "qwen3"}},
	} {
		path := filepath.Join(t.TempDir(), "model.gguf")
		if err := tinymodel.Write(path, m.o); err != nil {
			t.Fatal(err)
		}
		if m.name == vectors {
			path = vectorsFile(path)
			l.vectors = path
		}
		e, err := engine.Open(path, engine.Options{Threads: 1})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := e.Close(); err != nil {
				t.Error(err)
			}
		})
		l.add(m.name, &open{e, Model{
			ID: strings.Repeat(fmt.Sprint(i+1), 64), Name: m.name, Template: e.Info().Template, ContextMax: e.ContextMax(),
			Embedding: e.Info().Embedding, Default: m.name == tiny, Added: time.Unix(1_700_000_000, 0),
		}})
	}
	return l
}

// allowed is a caller that may do everything.
func allowed(context.Context) (string, Rights, bool) { return "laptop", Rights{true, true, true}, true }

// serve answers devices over HTTP/2, as they ask.
func serve(t *testing.T, o Options) (*httptest.Server, *API) {
	t.Helper()
	if o.Caller == nil {
		o.Caller = allowed
	}
	api := New(o)
	s := httptest.NewUnstartedServer(api.Handler())
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	return s, api
}

const token = "secret-token"

// servePrograms answers programs on this machine.
func servePrograms(t *testing.T, o Options) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(New(o).Programs(token))
	t.Cleanup(s.Close)
	return s
}

// post asks and returns the status and the body.
func post(t *testing.T, s *httptest.Server, path, body string) (int, string) {
	t.Helper()
	r, err := s.Client().Post(s.URL+path, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return read(t, r)
}

func get(t *testing.T, s *httptest.Server, path string) (int, string) {
	t.Helper()
	r, err := s.Client().Get(s.URL + path)
	if err != nil {
		t.Fatal(err)
	}
	return read(t, r)
}

func read(t *testing.T, r *http.Response) (int, string) {
	t.Helper()
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(b)
}

func decode[T any](t *testing.T, body string) (v T) {
	t.Helper()
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		t.Fatalf("%q: %v", body, err)
	}
	return v
}

var errScripted = errors.New("the script says so")
