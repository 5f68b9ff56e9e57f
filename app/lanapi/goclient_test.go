package lanapi

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/sashabaranov/go-openai"
	"github.com/sashabaranov/go-openai/jsonschema"
)

// The routes as go-openai sees them, which nobody here wrote.
func goClient(t *testing.T, l *library) *openai.Client {
	t.Helper()
	s := servePrograms(t, Options{Models: l})
	c := openai.DefaultConfig(token)
	c.BaseURL = s.URL + "/v1"
	return openai.NewClientWithConfig(c)
}

func ask(model, text string) openai.ChatCompletionRequest {
	seed := 7
	return openai.ChatCompletionRequest{
		Model: model, MaxCompletionTokens: 24, Temperature: 1, Seed: &seed,
		Messages: []openai.ChatCompletionMessage{{Role: "user", Content: text}},
	}
}

// answer asks for a whole answer.
func answer(t *testing.T, c *openai.Client, q openai.ChatCompletionRequest) openai.ChatCompletionResponse {
	t.Helper()
	r, err := c.CreateChatCompletion(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Choices) != 1 || r.Object != "chat.completion" || r.Model != q.Model {
		t.Fatalf("the answer is %+v", r)
	}
	return r
}

// streamed is what a stream said.
type streamed struct {
	content, reasoning string
	calls              []openai.ToolCall
	finish             openai.FinishReason
	usage              *openai.Usage
	chunks             int
}

func stream(t *testing.T, c *openai.Client, q openai.ChatCompletionRequest) (all streamed) {
	t.Helper()
	s, err := c.CreateChatCompletionStream(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for {
		r, err := s.Recv()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all.chunks++
		if r.Usage != nil {
			all.usage = r.Usage
		}
		for _, c := range r.Choices {
			all.content += c.Delta.Content
			all.reasoning += c.Delta.ReasoningContent
			all.calls = append(all.calls, c.Delta.ToolCalls...)
			if c.FinishReason != "" {
				all.finish = c.FinishReason
			}
		}
	}
}

func TestGoClientChats(t *testing.T) {
	c := goClient(t, newLibrary(t))
	q := ask(tiny, "the little girl")
	whole := answer(t, c, q)
	text := whole.Choices[0].Message.Content
	if text == "" || whole.Choices[0].FinishReason != openai.FinishReasonLength || whole.Usage.CompletionTokens != 24 {
		t.Fatalf("the answer is %+v", whole)
	}
	if u := whole.Usage; u.PromptTokens == 0 || u.TotalTokens != u.PromptTokens+u.CompletionTokens {
		t.Errorf("usage is %+v", u)
	}
	q.StreamOptions = &openai.StreamOptions{IncludeUsage: true}
	q.Stream = true
	bits := stream(t, c, q)
	if bits.content != text || bits.finish != openai.FinishReasonLength {
		t.Errorf("the stream said %+v, want %q", bits, text)
	}
	if bits.chunks < 4 || bits.usage == nil || bits.usage.CompletionTokens != 24 || bits.usage.PromptTokens != whole.Usage.PromptTokens {
		t.Errorf("%d chunks with usage %+v, want %+v", bits.chunks, bits.usage, whole.Usage)
	}
	q.StreamOptions = nil
	if bits := stream(t, c, q); bits.usage != nil {
		t.Errorf("usage %+v was not asked for", bits.usage)
	}
}

func TestGoClientSeesTheSameWordsForASeed(t *testing.T) {
	c := goClient(t, newLibrary(t))
	q := ask(tiny, "one day")
	first := answer(t, c, q)
	again := answer(t, c, q)
	if first.Choices[0].Message.Content != again.Choices[0].Message.Content || first.SystemFingerprint != again.SystemFingerprint {
		t.Errorf("%+v and %+v have one seed", first, again)
	}
	seed := 8
	q.Seed = &seed
	if other := answer(t, c, q); other.Choices[0].Message.Content == first.Choices[0].Message.Content {
		t.Error("another seed gave the same reply")
	}
	q.Seed = nil
	if a, b := answer(t, c, q), answer(t, c, q); a.Choices[0].Message.Content == b.Choices[0].Message.Content {
		t.Error("two replies without a seed are the same")
	}
}

func TestGoClientStopsAndBiases(t *testing.T) {
	l := newLibrary(t)
	c := goClient(t, l)
	q := ask(tiny, "a small stone")
	text := answer(t, c, q).Choices[0].Message.Content
	runes := []rune(text)
	stop := string(runes[len(runes)/2 : len(runes)/2+2])
	q.Stop = []string{stop}
	stopped := answer(t, c, q)
	if want, _, _ := strings.Cut(text, stop); stopped.Choices[0].Message.Content != want || stopped.Choices[0].FinishReason != openai.FinishReasonStop {
		t.Errorf("stopped at %q: %q, want %q", stop, stopped.Choices[0].Message.Content, want)
	}
	q.Stop = nil
	q.LogitBias = map[string]int{"70": 100}
	q.MaxCompletionTokens = 5
	want := l.models[tiny].(*open).Detokenize([]int{70, 70, 70, 70, 70})
	if got := answer(t, c, q).Choices[0].Message.Content; got != want {
		t.Errorf("with a bias to one token: %q, want %q", got, want)
	}
	q.LogitBias, q.MaxCompletionTokens = nil, 3
	if got := answer(t, c, q).Usage.CompletionTokens; got != 3 {
		t.Errorf("max_completion_tokens 3 gave %d", got)
	}
}

func TestGoClientSeesThinking(t *testing.T) {
	l := newLibrary(t)
	l.script(&script{pieces: []string{"<thi", "nk>\nWhat ", "now?\n</think>", "\n\nThis", "."}})
	c := goClient(t, l)
	m := answer(t, c, ask(scripted, "Well?")).Choices[0].Message
	if m.Content != "This." || m.ReasoningContent != "What now?" {
		t.Errorf("content %q, reasoning %q", m.Content, m.ReasoningContent)
	}
	if bits := stream(t, c, ask(scripted, "Well?")); bits.content != "This." || bits.reasoning != "What now?\n" {
		t.Errorf("the stream said %+v", bits)
	}
	// A prompt that ends with <think> makes all of a random reply thinking, unless thinking is turned off.
	q := ask(thinks, "Well?")
	if m := answer(t, c, q).Choices[0].Message; m.Content != "" || m.ReasoningContent == "" {
		t.Errorf("content %q, reasoning %q", m.Content, m.ReasoningContent)
	}
	q.ChatTemplateKwargs = map[string]any{"enable_thinking": false}
	if m := answer(t, c, q).Choices[0].Message; m.Content == "" || m.ReasoningContent != "" {
		t.Errorf("without thinking: content %q, reasoning %q", m.Content, m.ReasoningContent)
	}
}

var weather = []openai.Tool{{Type: "function", Function: &openai.FunctionDefinition{
	Name: "weather", Description: "Tells the weather.",
	Parameters: jsonschema.Definition{
		Type: "object", Required: []string{"city"}, Properties: map[string]jsonschema.Definition{"city": {Type: "string", Enum: []string{"Bern", "Rome"}}},
	},
}}}

func TestGoClientCallsTools(t *testing.T) {
	l := newLibrary(t)
	pieces := []string{"I look. ", "<tool_", "call>\n{\"name\": \"weather\", \"argu", "ments\": {\"city\": \"Bern\"}}\n</tool_call>", "\n"}
	pieces = append(pieces, `<tool_call>{"name": "weather", "arguments": {"city": "Rome"}}</tool_call>`)
	s := &script{pieces: pieces, model: Model{Template: hermesTemplate}}
	l.script(s)
	c := goClient(t, l)
	q := ask(scripted, "How is the weather?")
	q.Tools = weather
	got := answer(t, c, q).Choices[0]
	wantCalls(t, got.Message.ToolCalls, `{"city":"Bern"}`, `{"city":"Rome"}`)
	if got.FinishReason != openai.FinishReasonToolCalls || strings.TrimSpace(got.Message.Content) != "I look." {
		t.Errorf("finish %q, content %q", got.FinishReason, got.Message.Content)
	}
	bits := stream(t, c, q)
	wantCalls(t, bits.calls, `{"city":"Bern"}`, `{"city":"Rome"}`)
	if bits.finish != openai.FinishReasonToolCalls || *bits.calls[0].Index != 0 || *bits.calls[1].Index != 1 {
		t.Errorf("the stream said %+v", bits)
	}
	q.ParallelToolCalls = false
	wantCalls(t, answer(t, c, q).Choices[0].Message.ToolCalls, `{"city":"Bern"}`)
	q.ParallelToolCalls, q.ToolChoice = nil, "none"
	if m := answer(t, c, q).Choices[0].Message; len(m.ToolCalls) > 0 || m.Content != strings.Join(pieces, "") {
		t.Errorf("with tool_choice none: %+v", m)
	}
}

func wantCalls(t *testing.T, got []openai.ToolCall, arguments ...string) {
	t.Helper()
	if len(got) != len(arguments) {
		t.Fatalf("there are %d calls, want %d: %+v", len(got), len(arguments), got)
	}
	for i, c := range got {
		if c.Function.Name != "weather" || c.Function.Arguments != arguments[i] || len(c.ID) != 9 || c.Type != "function" {
			t.Errorf("call %d is %+v, want %s", i, c, arguments[i])
		}
	}
}

func TestGoClientCompletes(t *testing.T) {
	l := newLibrary(t)
	c := goClient(t, l)
	seed := 3
	q := openai.CompletionRequest{Model: tiny, Prompt: "one day she found", MaxTokens: 12, Temperature: 1, Seed: &seed}
	whole, err := c.CreateCompletion(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	if whole.Choices[0].Text == "" || whole.Choices[0].FinishReason != "length" || whole.Usage.CompletionTokens != 12 {
		t.Fatalf("the answer is %+v", whole)
	}
	if n := len(l.models[tiny].Tokenize("one day she found", true, true)); whole.Usage.PromptTokens != n {
		t.Errorf("the prompt has %d tokens, want %d", whole.Usage.PromptTokens, n)
	}
	q.StreamOptions = &openai.StreamOptions{IncludeUsage: true}
	s, err := c.CreateCompletionStream(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	text, finish, used := "", "", 0
	for {
		r, err := s.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if r.Usage != nil {
			used = r.Usage.CompletionTokens
		}
		for _, c := range r.Choices {
			text += c.Text
			finish += c.FinishReason
		}
	}
	if text != whole.Choices[0].Text || finish != "length" || used != 12 {
		t.Errorf("the stream said %q, %q, %d tokens; want %q", text, finish, used, whole.Choices[0].Text)
	}
}

func TestGoClientEmbeds(t *testing.T) {
	l := newLibrary(t)
	c := goClient(t, l)
	texts := []string{"the dog", "a stone near the house"}
	want := l.inspected(t, texts)
	tokens := len(l.models[vectors].Tokenize(texts[0], true, false)) + len(l.models[vectors].Tokenize(texts[1], true, false))
	for _, encoding := range []openai.EmbeddingEncodingFormat{"", "float", "base64"} {
		r, err := c.CreateEmbeddings(t.Context(), openai.EmbeddingRequest{Model: vectors, Input: texts, EncodingFormat: encoding})
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Data) != 2 || !reflect.DeepEqual(r.Data[0].Embedding, want[0]) || !reflect.DeepEqual(r.Data[1].Embedding, want[1]) {
			t.Errorf("%q: the vectors are not those of croft inspect --embed", encoding)
		}
		if r.Data[1].Index != 1 || r.Usage.PromptTokens != tokens || r.Usage.TotalTokens != tokens {
			t.Errorf("%q: index %d, usage %+v", encoding, r.Data[1].Index, r.Usage)
		}
	}
}

func TestGoClientListsModels(t *testing.T) {
	c := goClient(t, newLibrary(t))
	list, err := c.ListModels(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, m := range list.Models {
		ids = append(ids, m.ID)
	}
	if want := []string{tiny, tooled, thinks, vectors}; !reflect.DeepEqual(ids, want) {
		t.Errorf("the models are %q, want %q", ids, want)
	}
	for _, id := range []string{strings.ReplaceAll(tiny, " ", "%20"), strings.Repeat("1", 64)} {
		if m, err := c.GetModel(t.Context(), id); err != nil || m.ID != tiny || m.Object != "model" || m.CreatedAt != 1_700_000_000 {
			t.Errorf("%s: %+v, %v", id, m, err)
		}
	}
}

// wantRefused checks an error in OpenAI's form.
func wantRefused(t *testing.T, what string, err error, status int, code, param string) {
	t.Helper()
	var e *openai.APIError
	if !errors.As(err, &e) {
		t.Errorf("%s: %v is no APIError", what, err)
		return
	}
	got := ""
	if e.Param != nil {
		got = *e.Param
	}
	if e.HTTPStatusCode != status || e.Code != code || got != param || e.Message == "" || e.Type == "" {
		t.Errorf("%s: %d, code %v, param %q, type %q, %q; want %d, %q, %q", what, e.HTTPStatusCode, e.Code, got, e.Type, e.Message, status, code, param)
	}
}

func TestGoClientIsRefused(t *testing.T) {
	l := newLibrary(t)
	l.errors["huge"] = ErrUnusable
	c := goClient(t, l)
	for what, r := range map[string]struct {
		change      func(*openai.ChatCompletionRequest)
		status      int
		code, param string
	}{
		"unknown model":         {func(q *openai.ChatCompletionRequest) { q.Model = "gpt-4" }, 404, "model_not_found", "model"},
		"unusable model":        {func(q *openai.ChatCompletionRequest) { q.Model = "huge" }, 503, "model_unusable", "model"},
		"model for vectors":     {func(q *openai.ChatCompletionRequest) { q.Model = vectors }, 400, "model_unusable", "model"},
		"temperature":           {func(q *openai.ChatCompletionRequest) { q.Temperature = 3 }, 400, "bad_request", "temperature"},
		"n":                     {func(q *openai.ChatCompletionRequest) { q.N = 2 }, 400, "bad_request", "n"},
		"penalty":               {func(q *openai.ChatCompletionRequest) { q.PresencePenalty = -9 }, 400, "bad_request", "presence_penalty"},
		"max_completion_tokens": {func(q *openai.ChatCompletionRequest) { q.MaxCompletionTokens = -1 }, 400, "bad_request", "max_completion_tokens"},
		"logprobs":              {func(q *openai.ChatCompletionRequest) { q.LogProbs = true }, 400, "unsupported_parameter", "logprobs"},
		"logit_bias":            {func(q *openai.ChatCompletionRequest) { q.LogitBias = map[string]int{"1": 101} }, 400, "bad_request", "logit_bias"},
		"no messages":           {func(q *openai.ChatCompletionRequest) { q.Messages = []openai.ChatCompletionMessage{} }, 400, "bad_request", "messages"},
		"unknown role":          {func(q *openai.ChatCompletionRequest) { q.Messages[0].Role = "king" }, 400, "bad_request", "messages"},
		"stop of nothing":       {func(q *openai.ChatCompletionRequest) { q.Stop = []string{""} }, 400, "bad_request", "stop"},
		"tools not taken":       {func(q *openai.ChatCompletionRequest) { q.Tools = weather }, 400, "unsupported_parameter", "tools"},
		"call without tools":    {func(q *openai.ChatCompletionRequest) { q.ToolChoice = "required" }, 400, "bad_request", "tool_choice"},
		"prompt too long": {
			func(q *openai.ChatCompletionRequest) { q.Messages[0].Content = strings.Repeat("a long story ", 500) },
			400, "context_length_exceeded", "",
		},
		"body too large": {
			func(q *openai.ChatCompletionRequest) { q.Messages[0].Content = strings.Repeat("x", chatBytesMax) },
			413, "too_large", "",
		},
		"picture": {func(q *openai.ChatCompletionRequest) {
			q.Messages[0] = openai.ChatCompletionMessage{Role: "user", MultiContent: []openai.ChatMessagePart{{Type: "image_url"}}}
		}, 400, "unsupported_parameter", "messages"},
	} {
		q := ask(tiny, "hello")
		r.change(&q)
		_, err := c.CreateChatCompletion(t.Context(), q)
		wantRefused(t, what, err, r.status, r.code, r.param)
		_, err = c.CreateChatCompletionStream(t.Context(), q)
		wantRefused(t, what+", stream", err, r.status, r.code, r.param)
	}
	_, err := c.GetModel(t.Context(), "gpt-4")
	wantRefused(t, "model", err, 404, "model_not_found", "model")
	_, err = c.CreateCompletion(t.Context(), openai.CompletionRequest{Model: tiny, Prompt: "a", Echo: true})
	wantRefused(t, "echo", err, 400, "unsupported_parameter", "echo")
	_, err = c.CreateEmbeddings(t.Context(), openai.EmbeddingRequest{Model: tiny, Input: "a"})
	wantRefused(t, "no vectors", err, 400, "model_unusable", "model")
	_, err = c.CreateCompletion(t.Context(), openai.CompletionRequest{Model: vectors, Prompt: "a"})
	wantRefused(t, "no text", err, 400, "model_unusable", "model")
	_, err = c.CreateEmbeddings(t.Context(), openai.EmbeddingRequest{Model: vectors, Input: strings.Repeat("x", embeddingsBytesMax)})
	wantRefused(t, "large embedding", err, 413, "too_large", "")
	_, err = c.CreateEmbeddings(t.Context(), openai.EmbeddingRequest{Model: vectors, Input: "a", Dimensions: 3})
	wantRefused(t, "dimensions", err, 400, "unsupported_parameter", "dimensions")
	for what, r := range map[string]struct {
		model       openai.EmbeddingModel
		input       any
		status      int
		code, param string
	}{
		"unknown model": {"text-embedding-3-small", "a", 404, "model_not_found", "model"},
		"no model":      {"", "a", 400, "bad_request", "model"},
		"no text":       {vectors, "", 400, "bad_request", "input"},
		"no texts":      {vectors, []string{}, 400, "bad_request", "input"},
		"an empty text": {vectors, []string{"a", ""}, 400, "bad_request", "input"},
		"tokens":        {vectors, [][]int{{1, 2}}, 400, "bad_request", "input"},
		"nothing":       {vectors, nil, 400, "bad_request", "input"},
		"a long text":   {vectors, []string{"a", strings.Repeat("a long story ", 2000)}, 400, "context_length_exceeded", "input"},
	} {
		_, err := c.CreateEmbeddings(t.Context(), openai.EmbeddingRequest{Model: r.model, Input: r.input})
		wantRefused(t, "embedding, "+what, err, r.status, r.code, r.param)
	}
	_, err = c.CreateImage(t.Context(), openai.ImageRequest{Prompt: "a dog"})
	wantRefused(t, "unknown route", err, 404, "unknown_url", "")
}

func TestGoClientSeesAReplyFail(t *testing.T) {
	l := newLibrary(t)
	l.script(&script{pieces: []string{"Once ", "upon"}, err: errScripted})
	c := goClient(t, l)
	_, err := c.CreateChatCompletion(t.Context(), ask(scripted, "hello"))
	wantRefused(t, "whole", err, http.StatusInternalServerError, "failed", "")
	s, err := c.CreateChatCompletionStream(t.Context(), ask(scripted, "hello"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for err == nil {
		_, err = s.Recv()
	}
	var e *openai.APIError
	if !errors.As(err, &e) || e.Code != "failed" || !strings.Contains(e.Message, errScripted.Error()) {
		t.Errorf("in mid-stream: %v", err)
	}
}

func TestGoClientWithAWrongToken(t *testing.T) {
	s := servePrograms(t, Options{Models: newLibrary(t)})
	config := openai.DefaultConfig("guessed")
	config.BaseURL = s.URL + "/v1"
	_, err := openai.NewClientWithConfig(config).ListModels(context.Background())
	wantRefused(t, "wrong token", err, 401, "invalid_api_key", "")
}

// What was said and called before reaches the template as it wants it.
func TestConversationsReachTheTemplate(t *testing.T) {
	var q chatRequest
	body := `{"messages": [
		{"role": "developer", "content": [{"type": "text", "text": "Be "}, {"type": "text", "text": "kind."}]},
		{"role": "assistant", "content": null, "tool_calls": [{"id": "a1", "type": "function", "function": {"name": "f", "arguments": "{\"z\": 1, \"a\": [2]}"}}]},
		{"role": "tool", "tool_call_id": "a1", "content": "4"}]}`
	if err := json.Unmarshal([]byte(body), &q); err != nil {
		t.Fatal(err)
	}
	c, err := q.parse()
	if err != nil {
		t.Fatal(err)
	}
	got, _ := json.Marshal(c.messages)
	want := `[{"role":"system","content":"Be kind."},` +
		`{"role":"assistant","content":"","tool_calls":[{"id":"a1","type":"function","function":{"name":"f","arguments":{"z":1,"a":[2]}}}]},` +
		`{"role":"tool","content":"4","tool_call_id":"a1"}]`
	if string(got) != want {
		t.Errorf("the messages are\n%s, want\n%s", got, want)
	}
}
