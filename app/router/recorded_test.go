package router

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"croft/app/chat"
	"croft/app/health"
	"croft/engine"
)

// recorded answers as servers did that were met, llama.cpp's 0.7.0 and Ollama's 0.17.4, or as their documentation and source have it.
type recorded struct {
	list, reply             string
	listStatus, replyStatus int // 0: 200
	key                     string
}

const llamaList = `{"models":[{"name":"/m/starter.gguf","size":"","capabilities":["completion"]}],"object":"list","data":[` +
	`{"id":"/m/starter.gguf","aliases":["/m/starter.gguf"],"object":"model","created":1795674271,"owned_by":"llamacpp",` +
	`"meta":{"vocab_type":2,"n_vocab":4096,"n_ctx":2048,"n_ctx_train":2048,"n_params":15735168,"size":16737792,"ftype":"Q8_0"}}]}`

func (s recorded) router(t *testing.T, here ...file) *Router {
	answer := func(w http.ResponseWriter, status int, body string) {
		if status != 0 {
			w.WriteHeader(status)
		}
		fmt.Fprint(w, body)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/models" {
			answer(w, s.listStatus, s.list)
		} else {
			answer(w, s.replyStatus, s.reply)
		}
	}))
	t.Cleanup(server.Close)
	known := Server{ID: "s", Name: "desk", Address: strings.TrimPrefix(server.URL, "http://"), Key: s.key, Client: server.Client()}
	return newRouter(t, Options{Here: &library{files: here}, Servers: func() []Server { return []Server{known} }})
}

func TestServersSayWhatTheyHave(t *testing.T) {
	for kind, c := range map[string]struct {
		list string
		want []Model
	}{
		"llama.cpp": {llamaList, []Model{{ID: "/m/starter.gguf", Name: "starter", SizeBytes: 16737792, ContextMax: 2048}}},
		"vLLM": {
			`{"object":"list","data":[{"id":"Qwen/Qwen3-8B","object":"model","created":1,"owned_by":"vllm","root":"Qwen/Qwen3-8B","parent":null,"max_model_len":40960,"permission":[]}]}`,
			[]Model{{ID: "Qwen/Qwen3-8B", Name: "Qwen/Qwen3-8B", ContextMax: 40960}},
		},
		"Ollama": {
			`{"object":"list","data":[{"id":"all-minilm:latest","object":"model","created":1,"owned_by":"library"},{"id":"qwen3:8b","object":"model","created":1,"owned_by":"library"}]}`,
			[]Model{{ID: "all-minilm:latest", Name: "all-minilm:latest", Unusable: true}, {ID: "qwen3:8b", Name: "qwen3:8b"}},
		},
		"LM Studio": {
			`{"data":[{"id":"qwen/qwen3.5-9b","object":"model","owned_by":"organization_owner"},{"id":"text-embedding-nomic-embed-text-v1.5","object":"model","owned_by":"organization_owner"}],"object":"list"}`,
			[]Model{{ID: "qwen/qwen3.5-9b", Name: "qwen/qwen3.5-9b"}, {ID: "text-embedding-nomic-embed-text-v1.5", Name: "text-embedding-nomic-embed-text-v1.5", Unusable: true}},
		},
		"exo": {
			`{"object":"list","data":[{"id":"llama-3.2-1b","object":"model","created":1,"owned_by":"exo","context_length":8192,"storage_size_megabytes":700,"tags":[]}]}`,
			[]Model{{ID: "llama-3.2-1b", Name: "llama-3.2-1b", SizeBytes: 700 << 20, ContextMax: 8192}},
		},
		"": { // what is strange in one model leaves the rest
			`{"data":[{"id":"C:\\models\\a.gguf","owned_by":"me","meta":null,"context_length":"4096"},{"id":7},{"object":"model"},3]}`,
			[]Model{{ID: `C:\models\a.gguf`, Name: "a"}},
		},
	} {
		r := recorded{list: c.list}.router(t)
		_, others := r.Places(t.Context())
		if len(others) != 1 || !others[0].Online || !slices.Equal(others[0].Models, c.want) {
			t.Errorf("%q: %+v, want %+v", kind, others, c.want)
		}
		if got := r.kindOf("s"); got != kind {
			t.Errorf("it is taken for %q, want %q", got, kind)
		}
	}
}

// Who answers with a refusal is not taken for one that is gone, and the person reads what it was.
func TestServersRefuse(t *testing.T) {
	noKey := `{"error":{"message":"Invalid API Key","type":"authentication_error","code":401}}`
	for name, c := range map[string]struct {
		server recorded
		why    string
	}{
		"no key":                       {recorded{listStatus: 401, list: noKey}, "desk asks for a key."},
		"a wrong key":                  {recorded{listStatus: 401, list: noKey, key: "x"}, "desk does not accept its key."},
		"a wrong key, vLLM":            {recorded{list: llamaList, replyStatus: 401, reply: `{"error":"Unauthorized"}`, key: "x"}, "desk does not accept its key; "},
		"no model server":              {recorded{list: "<html>"}, "desk does not answer as a model server does."},
		"no such route":                {recorded{listStatus: 404, list: `{"error":"Unexpected endpoint or method."}`}, "desk does not answer as a model server does."},
		"loading":                      {recorded{listStatus: 503, list: `{"error":{"message":"Loading model","type":"unavailable_error","code":503}}`}, "desk cannot use the model now."},
		"too long, llama.cpp":          {recorded{list: llamaList, replyStatus: 400, reply: `{"error":{"code":400,"message":"request (3009 tokens) exceeds the available context size (2048 tokens), try increasing it","type":"exceed_context_size_error","n_prompt_tokens":3009,"n_ctx":2048}}`}, "The chat is too long for desk; "},
		"too long, old vLLM":           {recorded{list: llamaList, replyStatus: 400, reply: `{"object":"error","message":"This model's maximum context length is 2048 tokens. However, you requested 3009 tokens","type":"BadRequestError","param":null,"code":400}`}, "The chat is too long for desk; "},
		"no such model, Ollama":        {recorded{list: llamaList, replyStatus: 404, reply: `{"error":{"message":"model \"x\" not found","type":"not_found_error","param":null,"code":null}}`}, "desk does not have the model any more; "},
		"busy":                         {recorded{list: llamaList, replyStatus: 429, reply: `{"error":{"message":"later"}}`}, "desk has too much to do; "},
		"an error inside the stream":   {recorded{list: llamaList, reply: `data: {"error":{"code":500,"message":"The model produced output that does not match the expected peg-native format","type":"server_error"}}` + "\n\n"}, "desk could not write the reply; "},
		"an error event, LM Studio":    {recorded{list: llamaList, reply: "event: error\ndata: {\"error\":\"The model has crashed\"}\n\n"}, "desk could not write the reply; "},
		"given up":                     {recorded{list: llamaList, reply: `data: {"choices":[{"index":0,"delta":{},"finish_reason":"error"}]}` + "\n\n"}, "desk could not write the reply; "},
		"a proxy before one that left": {recorded{list: llamaList, replyStatus: 502, reply: "<html>"}, "desk stopped answering; "},
	} {
		r := c.server.router(t, openTiny(t, "aa", 7))
		got := tell(t, r, chat.Want{Device: "s"}, requests["greedy"])
		if got.err != nil || got.where.ID != chat.Here || !strings.HasPrefix(got.where.Why, c.why) {
			t.Errorf("%s: at %+v, %v; want %q", name, got.where, got.err, c.why)
		}
		_, others := r.Places(t.Context())
		if isGone := strings.Contains(c.why, "stopped"); others[0].Failed != isGone {
			t.Errorf("%s: %+v", name, others)
		}
	}
}

func TestServersRefuseAndNobodyElseIsThere(t *testing.T) {
	for reply, want := range map[string]health.Problem{
		`{"error":{"message":"request (3009 tokens) exceeds the available context size (2048 tokens), try increasing it"}}`: {
			Title: "Too long", Sentence: "The prompt has 3009 tokens, but a conversation may have 2048 here.",
			Next: "Shorten it, start a new chat, or allow a longer context in the settings.", Severity: health.Warning,
		},
		`{"error":{"message":"context_length_exceeded"}}`: {
			Title: "desk refused", Sentence: "The chat is too long for desk, and no other device can go on.",
			Next: "What was written stays. Continue the reply when the device is back, or choose another model.", Severity: health.Warning,
		},
	} {
		got := tell(t, recorded{list: llamaList, replyStatus: 400, reply: reply}.router(t), chat.Want{Device: "s"}, requests["greedy"])
		if p := health.Of(got.err); p != want {
			t.Errorf("%+v, want %+v", p, want)
		}
	}
	got := tell(t, recorded{list: llamaList, replyStatus: 401, key: "x"}.router(t), chat.Want{Device: "s"}, requests["greedy"])
	if p := health.Of(got.err); p.Next != "Add the server again with its key." {
		t.Errorf("%+v", p)
	}
	if got := tell(t, recorded{list: llamaList}.router(t), chat.Want{Device: "s"}, engine.Request{Text: "raw"}); gone(got.err) {
		t.Errorf("a text without a conversation: %v", got.err)
	}
}

func TestServersStream(t *testing.T) {
	end := `data: {"choices":[{"finish_reason":"stop","index":0,"delta":{}}]}` + "\n\n" +
		`data: {"choices":[],"usage":{"completion_tokens":5,"prompt_tokens":10,"total_tokens":15,"prompt_tokens_details":{"cached_tokens":3}},"timings":{"cache_n":3}}` + "\n\ndata: [DONE]\n\n"
	for name, c := range map[string]struct{ reply, want string }{
		"llama.cpp": {
			`data: {"choices":[{"finish_reason":null,"index":0,"delta":{"role":"assistant","content":null}}],"object":"chat.completion.chunk"}` + "\n\n:\n\n" +
				`data: {"choices":[{"finish_reason":null,"index":0,"delta":{"reasoning_content":"Hm"}}]}` + "\n\n" +
				`data: {"choices":[{"finish_reason":null,"index":0,"delta":{"content":"Hell"}}]}` + "\n\n" + `data: {"choices":[{"finish_reason":null,"index":0,"delta":{"content":"o"}}]}` + "\n\n",
			"<think>\nHm\n</think>\n\nHello",
		},
		"Ollama": {
			`data: {"system_fingerprint":"fp_ollama","choices":[{"index":0,"delta":{"role":"assistant","content":"","reasoning":"Hm"},"finish_reason":null}]}` + "\n\n" +
				`data: {"system_fingerprint":"fp_ollama","choices":[{"index":0,"delta":{"role":"assistant","content":"Hello"},"finish_reason":null}]}` + "\n\n",
			"<think>\nHm\n</think>\n\nHello",
		},
		"lines of others": {"\r\nid: 4\r\ndata:{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hello\"}}],\"error\":null}\r\n\r\n: ping\r\n\r\n", "Hello"},
		"signs of life":   {strings.Repeat(": ping\n\n", 1000) + `data: {"choices":[{"index":0,"delta":{"content":"Hello"}}]}` + "\n\n", "Hello"},
	} {
		got := tell(t, recorded{list: llamaList, reply: c.reply + end}.router(t), chat.Want{Device: "s"}, requests["greedy"])
		if got.err != nil || got.text != c.want || got.result == nil || got.where.Device != "desk" {
			t.Errorf("%s: %q at %+v, %v", name, got.text, got.where, got.err)
			continue
		}
		if r := got.result; r.Reason != engine.Stop || r.PromptTokens != 10 || r.ReplyTokens != 5 || r.ReusedTokens != 3 {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

// A model may have the name of one of OpenAI's.
func TestServersNameTheirModels(t *testing.T) {
	const reply = `data: {"choices":[{"index":0,"delta":{"content":"Hello"},"finish_reason":"stop"}]}` + "\n\n"
	for _, name := range []string{"o1", "gpt-5", "text-davinci-003"} {
		r := recorded{list: `{"data":[{"id":"` + name + `"}]}`, reply: reply}.router(t)
		if got := tell(t, r, chat.Want{Device: "s"}, requests["greedy"]); got.err != nil || got.text != "Hello" {
			t.Errorf("%s: %q, %v", name, got.text, got.err)
		}
	}
}

// Some versions of llama.cpp refuse to go on with an answer where thoughts may come. Others are not told what they may not know.
func TestServersGoOnWithAnAnswer(t *testing.T) {
	q := engine.Request{Conversation: question("Hello"), Begin: "Oh"}
	q.Conversation.Kwargs = []byte("null")
	for kind, want := range map[string]map[string]any{kindLlama: {"enable_thinking": false}, "vLLM": {}} {
		got, _, err := (&served{kind: kind}).request(q)
		if !maps.Equal(got.ChatTemplateKwargs, want) || err != nil {
			t.Errorf("%s: %v, %v", kind, got, err)
		}
	}
}
