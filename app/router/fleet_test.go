package router

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"croft/app/chat"
	"croft/app/lanapi"
	"croft/app/lanapi/wire"
	"croft/engine"
	"croft/engine/template"
	"croft/engine/tinymodel"
)

// file is a model file that is open, for all places that have it.
type file struct {
	id    string
	model *engine.Model
}

func openTiny(t testing.TB, id string, seed uint64) file {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tiny.gguf")
	if err := tinymodel.Write(path, tinymodel.Options{Family: "qwen3", Seed: seed}); err != nil {
		t.Fatal(err)
	}
	m, err := engine.Open(path, engine.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	return file{id, m}
}

func (f file) wire() wire.Model {
	return wire.Model{
		ID: f.id, Name: "Model " + f.id, SizeBytes: 1 << 20, ContextMax: f.model.ContextMax(), TokensPerSecond: 100,
		Template: f.model.Info().Template, Loaded: true, Default: true,
	}
}

func (f file) facts() chat.Facts {
	return chat.Facts{ID: f.id, Name: "Model " + f.id, ContextMax: f.model.ContextMax(), Template: f.model.Info().Template}
}

// library is the models of one place, for the router and for lanapi.
type library struct {
	files []file
	err   error
	held  atomic.Int64
	slow  time.Duration // before each piece
}

func (l *library) find(id string) (file, error) {
	for _, f := range l.files {
		if f.id == id || "Model "+f.id == id || id == "" {
			return f, l.err
		}
	}
	return file{}, errors.Join(l.err, lanapi.ErrNotFound)
}

func (l *library) Place(context.Context) (Place, error) {
	p := Place{Name: "This computer", Online: true}
	for _, f := range l.files {
		w := f.wire()
		p.Models = append(p.Models, Model{ID: f.id, Name: w.Name, SizeBytes: w.SizeBytes, TokensPerSecond: 1, Loaded: true, Default: true, Template: w.Template})
	}
	return p, nil
}

func (l *library) Facts(_ context.Context, id string) (chat.Facts, error) {
	f, err := l.find(id)
	if err != nil {
		return chat.Facts{}, err
	}
	return f.facts(), nil
}

func (l *library) Use(ctx context.Context, id string, progress func(float64)) (Writer, func(), error) {
	f, err := l.find(id)
	if err != nil {
		return nil, nil, err
	}
	progress(1)
	l.held.Add(1)
	return slowly{f, l.slow}, func() { l.held.Add(-1) }, ctx.Err()
}

type slowly struct {
	file
	pause time.Duration
}

func (s slowly) Facts() chat.Facts { return s.facts() }

func (s slowly) Generate(ctx context.Context, r engine.Request) iter.Seq2[engine.Piece, error] {
	return func(yield func(engine.Piece, error) bool) {
		for p, err := range s.model.Generate(ctx, r) {
			time.Sleep(s.pause)
			if !yield(p, err) {
				return
			}
		}
	}
}

// lending is a library as lanapi wants it.
type lending struct{ *library }

func (l lending) List(context.Context) (list []lanapi.Model, err error) {
	for _, f := range l.files {
		list = append(list, f.wire())
	}
	return list, nil
}

func (l lending) Use(ctx context.Context, id string, progress func(float64)) (lanapi.Running, func(), error) {
	w, release, err := l.library.Use(ctx, id, progress)
	if err != nil {
		return nil, nil, err
	}
	return running{w.(slowly)}, release, nil
}

func (l lending) UseForEmbeddings(context.Context, string) (lanapi.Running, func(), error) {
	return nil, nil, engine.ErrPurpose
}

type running struct{ slowly }

func (r running) Model() lanapi.Model { return r.wire() }

func (r running) Embed(ctx context.Context, texts []string) ([][]float32, error) {
	return r.model.Embed(ctx, texts)
}

func (r running) Tokenize(text string, addSpecial, parseSpecial bool) []int {
	return r.model.Tokenize(text, addSpecial, parseSpecial)
}

// trouble is what befalls a device in mid-reply.
type trouble int

const (
	none    trouble = iota
	killed          // the connection is gone
	silent          // nothing comes any more
	mute            // nothing comes from the very beginning
	closing         // it says so
)

// peer is a device of mine: lanapi with a real model behind HTTP, and trouble.
type peer struct {
	library
	id, name string
	server   *httptest.Server

	mu      sync.Mutex
	after   int // tokens
	later   int // tokens, for all but the first reply
	trouble trouble
	times   int // how many replies get into trouble
	asked   int
}

func newPeer(t testing.TB, name string, files ...file) *peer {
	t.Helper()
	p := &peer{library: library{files: files}, id: name, name: name}
	api := lanapi.New(lanapi.Options{
		Models: lending{&p.library}, AtOnce: 1,
		Caller: func(context.Context) (string, lanapi.Rights, bool) { return "me", lanapi.Rights{Answers: true}, true },
	})
	handler := api.Handler()
	p.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == wire.RepliesPath || strings.HasSuffix(r.URL.Path, "/chat/completions") {
			w = p.befall(w, r)
		}
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(p.server.Close)
	return p
}

// gets says that the next replies, as many as times, get into trouble after so many tokens.
func (p *peer) gets(what trouble, after, times int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.trouble, p.after, p.later, p.times, p.asked = what, after, after, times, 0
}

func (p *peer) befall(w http.ResponseWriter, r *http.Request) http.ResponseWriter {
	p.mu.Lock()
	p.asked++
	t := &troubled{ResponseWriter: w, request: r, what: p.trouble, left: p.after}
	if p.asked > 1 {
		t.left = p.later
	}
	fine := p.trouble == none || p.asked > p.times
	p.mu.Unlock()
	if fine {
		return w
	}
	if t.what == mute {
		_, _ = io.Copy(io.Discard, r.Body) // only then the end of the connection is seen
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	}
	return t
}

// troubled lets a number of tokens through.
type troubled struct {
	http.ResponseWriter
	request *http.Request
	what    trouble
	left    int
}

func (t *troubled) Unwrap() http.ResponseWriter { return t.ResponseWriter }

func (t *troubled) Write(p []byte) (int, error) {
	if t.left <= 0 && (bytes.Contains(p, []byte(`"token"`)) || bytes.Contains(p, []byte(`"result"`)) || bytes.Contains(p, []byte(`"delta"`))) {
		switch t.what {
		case silent:
			<-t.request.Context().Done()
		case closing:
			_, _ = t.ResponseWriter.Write([]byte(`{"error":{"code":"closing","message":"it closes"}}` + "\n"))
		}
		panic(http.ErrAbortHandler)
	}
	if bytes.Contains(p, []byte(`"token"`)) || bytes.Contains(p, []byte(`"content"`)) {
		t.left--
	}
	return t.ResponseWriter.Write(p)
}

func (p *peer) device() Device {
	d := Device{ID: p.id, Name: p.name, Online: true, RTT: time.Millisecond, Client: p.server.Client(), Origin: p.server.URL}
	d.Status = wire.Status{AtOnce: 1}
	for _, f := range p.files {
		d.Status.Models = append(d.Status.Models, f.wire())
	}
	return d
}

func (p *peer) asServer() Server {
	return Server{ID: p.id, Name: p.name, Address: strings.TrimPrefix(p.server.URL, "http://"), Client: p.server.Client()}
}

func newRouter(t testing.TB, o Options) *Router {
	t.Helper()
	r := New(o)
	t.Cleanup(func() { _ = r.Close() })
	return r
}

func routerOf(t testing.TB, home *library, peers ...*peer) *Router {
	t.Helper()
	return newRouter(t, Options{Here: home, Devices: func() (all []Device) {
		for _, p := range peers {
			all = append(all, p.device())
		}
		return all
	}})
}

// told is a reply as the router gave it.
type told struct {
	text   string
	tokens []int
	result *engine.Result
	where  chat.Where
	facts  chat.Facts
	gap    time.Duration // the longest between two pieces
	err    error
}

// tell lets the router write a reply.
func tell(t testing.TB, r *Router, want chat.Want, q engine.Request) (got told) {
	t.Helper()
	m, release, err := r.Use(t.Context(), want, nil)
	if err != nil {
		return told{err: err}
	}
	defer release()
	last := time.Now()
	for p, err := range m.Generate(t.Context(), q) {
		got.gap = max(got.gap, time.Since(last))
		last = time.Now()
		if err != nil {
			got.err = err
			break
		}
		got.text += p.Text
		if got.result = p.Result; got.result == nil && p.Token >= 0 {
			got.tokens = append(got.tokens, p.Token)
		}
	}
	got.where, got.facts = m.Where(), m.Facts()
	return got
}

// whole is what the model says when nobody interrupts it.
func whole(t testing.TB, f file, q engine.Request) (text string, tokens []int) {
	t.Helper()
	for p, err := range f.model.Generate(t.Context(), q) {
		if err != nil {
			t.Fatal(err)
		}
		text += p.Text
		if p.Result == nil {
			tokens = append(tokens, p.Token)
		}
	}
	return text, tokens
}

func question(text string) *template.Conversation {
	return &template.Conversation{
		Messages: template.Plain([]template.Message{{Role: "user", Content: text}}), Kwargs: []byte(`{"add_generation_prompt":true}`),
	}
}
