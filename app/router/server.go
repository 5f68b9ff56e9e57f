package router

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	openai "github.com/sashabaranov/go-openai"

	"croft/app/chat"
	"croft/engine"
	"croft/engine/template"
)

// Server is a server of the owner's on this network: Ollama, llama.cpp, vLLM, LM Studio, exo. Nothing to it is encrypted.
type Server struct {
	ID, Name string
	Address  string       // "192.168.1.5:11434"
	Key      string       // "" where it asks for none
	Client   *http.Client // reaches on-link addresses only, through no proxy and no redirect
}

const (
	signEvery = 2 * time.Second // a server that says nothing is asked whether it is there
	answerMax = 64 << 20        // bytes of an answer
)

// api is the client of a server. extra goes into the body of its requests.
func (s Server) api(extra map[string]any) *openai.Client {
	c := openai.DefaultConfig(s.Key)
	c.BaseURL = "http://" + s.Address + "/v1"
	c.HTTPClient = extended{s.Client, extra}
	c.EmptyMessagesLimit = math.MaxInt32 // signs of life between two pieces
	return openai.NewClientWithConfig(c)
}

// extended adds parameters that OpenAI does not have.
type extended struct {
	client *http.Client
	extra  map[string]any
}

func (e extended) Do(r *http.Request) (*http.Response, error) {
	if err := e.extend(r); err != nil {
		return nil, err
	}
	response, err := e.client.Do(r)
	if err == nil {
		body := response.Body
		response.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(body, answerMax), body}
	}
	return response, err
}

func (e extended) extend(r *http.Request) error {
	if r.Body == nil || len(e.extra) == 0 {
		return nil
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	var all map[string]any
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if err := decoder.Decode(&all); err != nil {
		return err
	}
	maps.Copy(all, e.extra)
	if body, err = json.Marshal(all); err != nil {
		return err
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	return nil
}

// served writes with a model of a server. Its tokens are not known, so that others go on from its text.
type served struct {
	router *Router
	server Server
	model  Model
	alone  func() bool
}

func (s *served) Facts() chat.Facts { return s.model.facts() }

// Generate asks the server for a reply to a conversation.
func (s *served) Generate(ctx context.Context, r engine.Request) iter.Seq2[engine.Piece, error] {
	return func(yield func(engine.Piece, error) bool) {
		asking, cancel := context.WithCancelCause(ctx)
		hush := newHush(cancel)
		err := s.generate(asking, hush, r, yield)
		hush.end()
		cancel(nil)
		switch {
		case err == nil || errors.Is(err, errLeft):
			return
		case ctx.Err() != nil:
			err = ctx.Err()
		case errors.Is(context.Cause(asking), errSilent):
			err = errSilent
		}
		yield(engine.Piece{}, err)
	}
}

func (s *served) generate(ctx context.Context, hush *hush, r engine.Request, yield func(engine.Piece, error) bool) error {
	request, extra, err := s.request(r)
	if err != nil {
		return err
	}
	t := &transcriber{yield: yield, begun: time.Now(), thinking: strings.HasPrefix(r.Begin, thinkBegin) && !strings.Contains(r.Begin, thinkEnd)}
	signs := s.watch(ctx, hush)
	defer signs()
	stream, err := s.server.api(extra).CreateChatCompletionStream(ctx, request)
	if err != nil {
		return err
	}
	defer stream.Close()
	for {
		chunk, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return s.end(t)
		}
		if err != nil {
			return err
		}
		if err := t.add(chunk); err != nil {
			return err
		}
	}
}

// end yields the account, unless the server stopped in mid-reply.
func (s *served) end(t *transcriber) error {
	if t.result.Reason == "" {
		return errCut
	}
	if t.result.TokensPerSecond > 0 && t.result.ReplyTokens >= 16 {
		s.router.measured(s.server.ID, s.model.ID, t.result.TokensPerSecond)
	}
	return t.end()
}

// watch asks the server every now and then for its models while it writes: one that does not answer is gone. A prompt may
// take minutes to read, so that the silence of the reply itself says nothing. The func ends the watching.
func (s *served) watch(ctx context.Context, hush *hush) func() {
	ctx, cancel := context.WithCancel(ctx)
	var watching sync.WaitGroup
	watching.Go(func() {
		tick := time.NewTicker(signEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			most := signEvery
			if s.alone() {
				most = aloneMax
			}
			hush.begin(most)
			if _, err := s.server.api(nil).ListModels(ctx); ctx.Err() != nil || answered(err) {
				hush.end()
			} else {
				hush.begin(0)
				return
			}
		}
	})
	return func() { cancel(); watching.Wait() }
}

// answered says whether somebody answered, if only with a refusal.
func answered(err error) bool {
	var refused *openai.APIError
	var failed *openai.RequestError
	return err == nil || errors.As(err, &refused) || errors.As(err, &failed)
}

// request is r in OpenAI's words, and what these lack.
func (s *served) request(r engine.Request) (openai.ChatCompletionRequest, map[string]any, error) {
	q := openai.ChatCompletionRequest{
		Model: s.model.ID, Stop: r.Stop, TopP: r.Sampling.TopP,
		Temperature:     max(r.Sampling.Temperature, math.SmallestNonzeroFloat32), // 0 would be left out
		PresencePenalty: r.Sampling.PresencePenalty, FrequencyPenalty: r.Sampling.FrequencyPenalty,
		StreamOptions: &openai.StreamOptions{IncludeUsage: true},
	}
	if r.Conversation == nil {
		return q, nil, errors.New("a server takes conversations only")
	}
	if err := json.Unmarshal(r.Conversation.Messages, &q.Messages); err != nil {
		return q, nil, fmt.Errorf("messages: %w", err)
	}
	seed := int(r.Sampling.Seed & math.MaxInt32)
	q.Seed = &seed
	for token, bias := range r.Sampling.LogitBias {
		if q.LogitBias == nil {
			q.LogitBias = map[string]int{}
		}
		q.LogitBias[strconv.Itoa(token)] = int(bias)
	}
	q.ChatTemplateKwargs = kwargs(*r.Conversation)
	extra := map[string]any{}
	if r.ReplyMax > 0 {
		extra["max_tokens"] = r.ReplyMax // the name that all servers know
	}
	if k := r.Sampling.TopK; k > 0 {
		extra["top_k"] = k
	}
	if p := r.Sampling.MinP; p > 0 {
		extra["min_p"] = p
	}
	if p := r.Sampling.RepeatPenalty; p > 0 && p != 1 {
		extra["repeat_penalty"], extra["repetition_penalty"] = p, p // llama.cpp's and vLLM's name
	}
	if r.Format != nil {
		extra["response_format"] = map[string]any{"type": "json_schema", "json_schema": map[string]any{"name": "reply", "schema": r.Format}}
	}
	if begin := answerOf(r.Begin); begin != "" {
		q.Messages = append(q.Messages, openai.ChatCompletionMessage{Role: openai.ChatMessageRoleAssistant, Content: begin})
		// vLLM's words for it; llama.cpp and Ollama go on with a last message of the assistant's anyway.
		extra["continue_final_message"], extra["add_generation_prompt"] = true, false
	}
	return q, extra, nil
}

// kwargs are the variables of a template that a person set.
func kwargs(c template.Conversation) map[string]any {
	var all map[string]any
	if json.Unmarshal(c.Kwargs, &all) != nil {
		return nil
	}
	delete(all, "add_generation_prompt")
	return all
}

// answerOf is what of a reply is not thinking: servers take no unfinished thoughts.
func answerOf(begin string) string {
	if !strings.HasPrefix(begin, thinkBegin) {
		return begin
	}
	_, answer, _ := strings.Cut(begin, thinkEnd)
	return strings.TrimLeft(answer, "\n")
}
