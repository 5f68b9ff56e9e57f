package lanapi

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"croft/app/lanapi/wire"
	"croft/engine"
	"croft/engine/sample"
	"croft/engine/template"
)

// asking is a reply on its way to another Croft.
type asking struct {
	t     *testing.T
	body  io.ReadCloser
	lines *bufio.Scanner
}

func startReply(ctx context.Context, t *testing.T, s *httptest.Server, q wire.ReplyRequest) *asking {
	t.Helper()
	b, err := json.Marshal(q)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL+wire.RepliesPath, bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := s.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { answer.Body.Close() })
	if answer.StatusCode != http.StatusOK || answer.ProtoMajor != 2 {
		t.Fatalf("the answer is %s over %s", answer.Status, answer.Proto)
	}
	return &asking{t, answer.Body, bufio.NewScanner(answer.Body)}
}

// next is the next line that says something.
func (a *asking) next() (l wire.Line, ok bool) {
	a.t.Helper()
	for a.lines.Scan() {
		l = decode[wire.Line](a.t, a.lines.Text())
		if !reflect.DeepEqual(l, wire.Line{}) {
			return l, true
		}
	}
	return wire.Line{}, false
}

// pieces are the rest of a reply.
func (a *asking) pieces() (tokens []int, text string, result *wire.Result) {
	a.t.Helper()
	var all strings.Builder
	for {
		l, ok := a.next()
		if !ok {
			a.t.Fatalf("the reply was cut: %v", a.lines.Err())
		}
		if l.Error != nil {
			a.t.Fatalf("the reply failed: %+v", l.Error)
		}
		all.WriteString(l.Text)
		if l.Token != nil {
			tokens = append(tokens, *l.Token)
		}
		if l.Result != nil {
			return tokens, all.String(), l.Result
		}
	}
}

func request(seed uint64) engine.Request {
	return engine.Request{
		Conversation: &template.Conversation{
			Messages: template.Plain([]template.Message{{Role: "user", Content: "the little girl"}}),
			Kwargs:   json.RawMessage(`{"add_generation_prompt":true}`),
		},
		Sampling: sample.Settings{Temperature: 1, Seed: seed, MinP: 0.02}, ReplyMax: 40,
	}
}

// A reply through the network is the engine's own, token by token, and goes on where it was cut.
func TestRepliesAreTheEngines(t *testing.T) {
	l := newLibrary(t)
	s, _ := serve(t, Options{Models: l})
	r := request(5)
	var want []int
	var text string
	for p, err := range l.models[tiny].Generate(t.Context(), r) {
		if err != nil {
			t.Fatal(err)
		}
		if text += p.Text; p.Result == nil {
			want = append(want, p.Token)
		}
	}
	id := strings.Repeat("1", 64)
	tokens, said, result := startReply(t.Context(), t, s, wire.NewReplyRequest(id, r)).pieces()
	if !slices.Equal(tokens, want) || said != text || result.Reason != "length" || result.ReplyTokens != 40 {
		t.Fatalf("%v %q %+v, want %v %q", tokens, said, result, want, text)
	}
	for _, cut := range []int{1, 17, 39} {
		r.Written = want[:cut]
		rest, _, _ := startReply(t.Context(), t, s, wire.NewReplyRequest(id, r)).pieces()
		if !slices.Equal(rest, want[cut:]) {
			t.Errorf("after %d tokens it goes on with %v, want %v", cut, rest, want[cut:])
		}
	}
}

func TestRepliesTellPlaceAndLoading(t *testing.T) {
	l := newLibrary(t)
	l.loads = []float64{0.25, 1}
	wait := make(chan struct{})
	l.script(&script{pieces: []string{"a", "b"}, wait: wait})
	s, api := serve(t, Options{Models: l, AtOnce: 1})
	first := startReply(t.Context(), t, s, wire.ReplyRequest{Model: scripted, Text: "x"})
	for i, want := range []float64{0.25, 1} {
		if line, _ := first.next(); line.Loading == nil || *line.Loading != want {
			t.Fatalf("line %d is %+v, want loading %v", i, line, want)
		}
	}
	second := startReply(t.Context(), t, s, wire.ReplyRequest{Model: scripted, Text: "x"})
	wantPlace(t, second, 1)
	third := startReply(t.Context(), t, s, wire.ReplyRequest{Model: scripted, Text: "x"})
	wantPlace(t, third, 2)
	_, body := get(t, s, wire.StatusPath)
	if st := decode[wire.Status](t, body); st.Running != 1 || st.Waiting != 2 || st.AtOnce != 1 {
		t.Errorf("the status is %+v", st)
	}
	close(wait)
	wantPlace(t, third, 1)
	for _, a := range []*asking{first, second, third} {
		if tokens, text, _ := a.pieces(); text != "ab" || len(tokens) != 2 {
			t.Errorf("the reply is %q", text)
		}
	}
	waitUntil(t, "all is released", func() bool {
		running, _ := api.queue.load()
		return running == 0 && l.inUse() == 0
	})
}

func wantPlace(t *testing.T, a *asking, want int) {
	t.Helper()
	if line, _ := a.next(); line.Place == nil || *line.Place != want {
		t.Fatalf("the line is %+v, want place %d", line, want)
	}
}

func waitUntil(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !holds(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not so after 10 s: %s", what)
		}
	}
}

// While a device has nothing to say it shows that it is there.
func TestASilentReplyShowsLife(t *testing.T) {
	l := newLibrary(t)
	l.script(&script{pieces: []string{"a"}, wait: make(chan struct{})})
	s, _ := serve(t, Options{Models: l})
	a := startReply(t.Context(), t, s, wire.ReplyRequest{Model: scripted, Text: "x"})
	for range 3 { // the first comes at once
		begun := time.Now()
		if !a.lines.Scan() || a.lines.Text() != "{}" {
			t.Fatalf("the line is %q, %v", a.lines.Text(), a.lines.Err())
		}
		if d := time.Since(begun); d > 4*wire.Beat {
			t.Errorf("it was silent for %v", d)
		}
	}
}

func TestRepliesSayWhatIsWrong(t *testing.T) {
	l := newLibrary(t)
	l.script(&script{pieces: []string{"a"}, err: errScripted})
	s, _ := serve(t, Options{Models: l})
	long := wire.ReplyRequest{Model: tiny, Text: strings.Repeat("a long story ", 500)}
	for what, c := range map[string]struct {
		q    wire.ReplyRequest
		code wire.Code
	}{
		"too long":      {long, wire.TooLong},
		"unknown":       {wire.ReplyRequest{Model: strings.Repeat("0", 64), Text: "x"}, wire.UnknownModel},
		"fails midway":  {wire.ReplyRequest{Model: scripted, Text: "x"}, wire.Failed},
		"no such token": {wire.ReplyRequest{Model: tiny, Tokens: []int{1 << 30}}, wire.Failed},
	} {
		a := startReply(t.Context(), t, s, c.q)
		line, _ := a.next()
		if line.Token != nil {
			line, _ = a.next()
		}
		if line.Error == nil || line.Error.Code != c.code || line.Error.Message == "" {
			t.Errorf("%s: the line is %+v", what, line)
		}
		if line.Error != nil && c.code == wire.TooLong && (line.Error.Max != 1024 || line.Error.Tokens < 1024) {
			t.Errorf("%s: %+v", what, line.Error)
		}
	}
	for what, body := range map[string]string{
		"nothing":    `{}`,
		"two":        `{"text": "a", "tokens": [1]}`,
		"below zero": `{"text": "a", "written": [-1]}`,
		"no JSON":    `{"text": `,
		"a number":   `{"text": 5}`,
	} {
		status, answer := post(t, s, wire.RepliesPath, body)
		if e := decode[wire.ErrorBody](t, answer); status != http.StatusBadRequest || e.Error == nil || e.Error.Code != wire.BadRequest {
			t.Errorf("%s: %d %s", what, status, answer)
		}
	}
	status, answer := post(t, s, wire.RepliesPath, `{"text": "`+strings.Repeat("x", chatBytesMax)+`"}`)
	if e := decode[wire.ErrorBody](t, answer); status != http.StatusRequestEntityTooLarge || e.Error.Code != wire.TooLarge {
		t.Errorf("a large body: %d %s", status, answer)
	}
}

// heldFiles are model files in memory.
type heldFiles struct {
	manifest Manifest
	chunks   [][]byte
}

func (f *heldFiles) Manifest(_ context.Context, id string) (Manifest, error) {
	if id != f.manifest.ID {
		return Manifest{}, ErrNotFound
	}
	return f.manifest, nil
}

func (f *heldFiles) Chunk(_ context.Context, id string, n int) (io.ReadCloser, int64, error) {
	if id != f.manifest.ID || n >= len(f.chunks) {
		return nil, 0, ErrNotFound
	}
	return io.NopCloser(bytes.NewReader(f.chunks[n])), int64(len(f.chunks[n])), nil
}

func TestFilesGoOutInChunks(t *testing.T) {
	f := &heldFiles{manifest: Manifest{ID: strings.Repeat("a", 64), Name: "A", SizeBytes: 5, ChunkBytes: 3}, chunks: [][]byte{[]byte("abc"), []byte("de")}}
	for _, c := range f.chunks {
		sum := sha256.Sum256(c)
		f.manifest.Chunks = append(f.manifest.Chunks, hex.EncodeToString(sum[:]))
	}
	s, _ := serve(t, Options{Models: newLibrary(t), Files: f})
	status, body := get(t, s, wire.ManifestPath(f.manifest.ID))
	if got := decode[Manifest](t, body); status != http.StatusOK || !reflect.DeepEqual(got, f.manifest) {
		t.Errorf("%d: %+v", status, got)
	}
	for n, want := range f.chunks {
		if status, body := get(t, s, wire.ChunkPath(f.manifest.ID, n)); status != http.StatusOK || body != string(want) {
			t.Errorf("chunk %d: %d %q", n, status, body)
		}
	}
	for _, path := range []string{
		wire.ChunkPath(f.manifest.ID, 2), wire.ManifestPath(strings.Repeat("b", 64)), wire.ManifestPath("..%2f..%2fetc"),
		wire.ManifestPath("A"), "/croft/v1/nothing",
	} {
		if status, body := get(t, s, path); status != http.StatusNotFound || decode[wire.ErrorBody](t, body).Error == nil {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	if status, _ := get(t, s, wire.ManifestPath(f.manifest.ID)+"/chunks/-1"); status != http.StatusBadRequest {
		t.Errorf("chunk -1: %d", status)
	}
}

func TestStatus(t *testing.T) {
	l := newLibrary(t)
	health := Health{Battery: wire.Battery{Has: true, Percent: 40}, Hot: true}
	s, _ := serve(t, Options{
		Models: l, Version: "1.2", Name: func() string { return "Studio PC" }, Health: func() Health { return health },
	})
	status, body := get(t, s, wire.StatusPath)
	got := decode[wire.Status](t, body)
	if status != http.StatusOK || got.Name != "Studio PC" || got.Version != "1.2" || got.Health != health || got.AtOnce != 4 {
		t.Errorf("%d: %+v", status, got)
	}
	if len(got.Models) != 5 || got.Models[4].Problem == "" || got.Models[0].Template == "" {
		t.Errorf("the models are %+v", got.Models)
	}
}
