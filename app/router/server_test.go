package router

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"croft/app/chat"
	"croft/engine"
	"croft/engine/sample"
)

// A server of the owner's, here the same API over plain HTTP, writes what its model writes, and others go on from its text.
func TestServerWritesAndOthersGoOn(t *testing.T) {
	f := openTiny(t, "aa", 7)
	s := newPeer(t, "Ollama", f)
	home := &library{}
	r := newRouter(t, Options{Here: home, Servers: func() []Server { return []Server{s.asServer()} }})
	q := requests["greedy"]
	text, tokens := whole(t, f, q)
	got := tell(t, r, chat.Want{}, q)
	if got.text != text || got.err != nil || got.where.Device != "Ollama" || got.result == nil || got.result.ReplyTokens != len(tokens) || got.result.PromptTokens == 0 {
		t.Fatalf("%q %+v at %+v, want %q; %v", got.text, got.result, got.where, text, got.err)
	}
	home.files = []file{openTiny(t, "bb", 8)}
	s.gets(killed, 4, 99)
	got = tell(t, r, chat.Want{Device: s.id}, q)
	if got.err != nil || got.where.ID != chat.Here || !slices.Equal(got.where.Moved, []string{"Ollama"}) || got.facts.ID != "bb" {
		t.Fatalf("%+v %v", got.where, got.err)
	}
	carriedOn := false
	for n := range text {
		q.Begin = text[:n]
		more, _ := whole(t, home.files[0], q)
		carriedOn = carriedOn || n > 0 && got.text == q.Begin+more
	}
	if !carriedOn {
		t.Errorf("%q is not a beginning of %q and what the other model makes of it", got.text, text)
	}
}

// ollama is a server as others write them, with what it was asked.
type ollama struct {
	*httptest.Server
	asked  []map[string]any
	chunks []string
	hang   bool
	mute   atomic.Bool // it does not say any more which models it has
}

func newOllama(t *testing.T, chunks ...string) *ollama {
	o := &ollama{chunks: chunks}
	o.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/models" {
			if o.mute.Load() {
				<-r.Context().Done()
				return
			}
			fmt.Fprint(w, `{"object":"list","data":[{"id":"qwen3:8b"},{"id":"nomic-embed"}]}`)
			return
		}
		body, _ := io.ReadAll(r.Body)
		var asked map[string]any
		_ = json.Unmarshal(body, &asked)
		o.asked = append(o.asked, asked)
		w.Header().Set("Content-Type", "text/event-stream")
		for _, c := range o.chunks {
			fmt.Fprintf(w, "data: %s\n\n", c)
		}
		_ = http.NewResponseController(w).Flush()
		if o.hang {
			<-r.Context().Done()
		}
	}))
	t.Cleanup(o.Close)
	return o
}

func (o *ollama) router(t *testing.T, home *library) *Router {
	s := Server{ID: "o", Name: "NAS", Address: strings.TrimPrefix(o.URL, "http://"), Key: "secret", Client: o.Client()}
	return newRouter(t, Options{Here: home, Servers: func() []Server { return []Server{s} }})
}

func TestServerIsAskedInItsWords(t *testing.T) {
	o := newOllama(t,
		`{"choices":[{"index":0,"delta":{"role":"assistant","reasoning_content":"Hm"}}]}`,
		`{"choices":[{"index":0,"delta":{"content":"Yes"}}]}`, `{"choices":[{"index":0,"delta":{"content":" ✓"},"finish_reason":"length"}]}`,
		`{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":3,"prompt_tokens_details":{"cached_tokens":4}}}`, `[DONE]`)
	q := engine.Request{
		Conversation: question("Hello"), ReplyMax: 50, Stop: []string{"#"}, Begin: "<think>\nWell\n</think>\n\nOh",
		Sampling: sample.Settings{TopK: 20, TopP: 0.9, MinP: 0.1, RepeatPenalty: 1.1, Seed: 1 << 40},
	}
	q.Conversation.Kwargs = []byte(`{"add_generation_prompt":true,"enable_thinking":false}`)
	got := tell(t, o.router(t, &library{}), chat.Want{}, q)
	if got.text != "<think>\nHm\n</think>\n\nYes ✓" || got.err != nil || got.result == nil {
		t.Fatalf("%q, %v", got.text, got.err)
	}
	if r := got.result; r.Reason != engine.Length || r.PromptTokens != 9 || r.ReusedTokens != 4 || r.ReplyTokens != 3 || r.ContextUsed != 12 {
		t.Errorf("%+v", r)
	}
	want := `{"add_generation_prompt":false,"chat_template_kwargs":{"enable_thinking":false},"continue_final_message":true,` +
		`"max_tokens":50,"messages":[{"content":"Hello","role":"user"},{"content":"Oh","role":"assistant"}],"min_p":0.1,"model":"qwen3:8b",` +
		`"repeat_penalty":1.1,"repetition_penalty":1.1,"seed":0,"stop":["#"],"stream":true,"stream_options":{"include_usage":true},` +
		`"temperature":0,"top_k":20,"top_p":0.9}`
	if asked, _ := json.Marshal(o.asked[0]); string(asked) != want {
		t.Errorf("asked\n%s, want\n%s", asked, want)
	}
}

// A server that says nothing is left when it does not list its models any more, and only then.
func TestServerThatIsGone(t *testing.T) {
	o := newOllama(t, `{"choices":[{"index":0,"delta":{"content":"Half"}}]}`)
	o.hang = true
	f := openTiny(t, "aa", 7)
	r := o.router(t, &library{files: []file{f}})
	r.Places(t.Context())
	go func() { time.Sleep(3 * time.Second); o.mute.Store(true) }()
	begun := time.Now()
	got := tell(t, r, chat.Want{Device: "o"}, requests["greedy"])
	took := time.Since(begun)
	if got.err != nil || got.where.ID != chat.Here || !strings.HasPrefix(got.text, "Half") {
		t.Errorf("%q at %+v, %v", got.text, got.where, got.err)
	}
	if took < 3*time.Second || took > 8*time.Second {
		t.Errorf("it was left after %v", took)
	}
	o.Close()
	if _, others := r.Places(t.Context()); len(others) != 1 || !others[0].Failed {
		t.Errorf("%+v", others)
	}
}

func TestSeam(t *testing.T) {
	for name, c := range map[string]struct {
		text                   string
		opened, opens, thinks  bool
		wantBegin, wantPreface string
	}{
		"plain":                            {text: "Hi", wantBegin: "Hi"},
		"plain to one that opens":          {text: "Hi", opens: true, thinks: true, wantBegin: "\n</think>\n\nHi"},
		"nothing to one that opens":        {opens: true, thinks: true, wantPreface: "<think>\n"},
		"nothing from one that opened":     {opened: true, thinks: true, wantBegin: "<think>"},
		"thoughts among openers":           {text: "hm", opened: true, opens: true, thinks: true, wantBegin: "hm"},
		"an answer among openers":          {text: "hm</think>Hi", opened: true, opens: true, thinks: true, wantBegin: "hm</think>Hi"},
		"thoughts to one that tags":        {text: "hm", opened: true, thinks: true, wantBegin: "<think>hm"},
		"tagged thoughts to an opener":     {text: "<think>\nhm", opens: true, thinks: true, wantBegin: "\nhm"},
		"tagged to tagging":                {text: "<think>hm</think>Hi", thinks: true, wantBegin: "<think>hm</think>Hi"},
		"thoughts to one that has none":    {text: "<think>hm", wantPreface: "\n</think>\n\n"},
		"an answer to one that has none":   {text: "<think>hm</think>\n\nHi", wantBegin: "Hi"},
		"an opened one to one without any": {text: "hm\n</think>\n\nHi", opened: true, wantBegin: "Hi"},
	} {
		t.Run(name, func(t *testing.T) {
			begin, preface := seam(c.text, c.opened, c.opens, c.thinks)
			if begin != c.wantBegin || preface != c.wantPreface {
				t.Errorf("%q after %q, want %q after %q", begin, preface, c.wantBegin, c.wantPreface)
			}
		})
	}
}
