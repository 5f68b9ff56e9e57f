package router

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"net/http"
	"strings"
	"sync"
	"time"

	"croft/app/chat"
	"croft/engine"
	"croft/engine/sample"
	"croft/engine/template"
)

// Server is a server of the owner's on this network: Ollama, llama.cpp, vLLM, LM Studio, exo. Nothing to it is encrypted.
type Server struct {
	ID, Name string
	Address  string            // "192.168.1.5:11434"
	Key      string            // "" where it asks for none
	Client   *http.Client      // reaches on-link addresses only, through no proxy and no redirect
	Found    func(kind string) // is told which program it is, when it says so; may be nil
}

const (
	signEvery = 2 * time.Second // a server that says nothing is asked whether it is there
	answerMax = 64 << 20        // bytes of an answer
)

// ask sends a request to one of OpenAI's routes and returns what comes after a status of 200. The error is a *wire.Error
// where the server answered with a refusal.
func (s Server) ask(ctx context.Context, method, route string, body []byte) (io.ReadCloser, error) {
	request, err := http.NewRequestWithContext(ctx, method, "http://"+s.Address+"/v1/"+route, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if s.Key != "" {
		request.Header.Set("Authorization", "Bearer "+s.Key)
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := s.Client.Do(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		defer response.Body.Close()
		said, _ := io.ReadAll(io.LimitReader(response.Body, lineMax))
		return nil, s.refusal(response.StatusCode, said)
	}
	return struct {
		io.Reader
		io.Closer
	}{io.LimitReader(response.Body, answerMax), response.Body}, nil
}

// served writes with a model of a server. Its tokens are not known, so that others go on from its text.
type served struct {
	router *Router
	server Server
	kind   string // which program it is, "" while that is not known
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
	request, err := s.request(r)
	if err != nil {
		return err
	}
	body, err := json.Marshal(request)
	if err != nil {
		return err
	}
	t := &transcriber{yield: yield, begun: time.Now(), thinking: strings.HasPrefix(r.Begin, thinkBegin) && !strings.Contains(r.Begin, thinkEnd)}
	signs := s.watch(ctx, hush)
	defer signs()
	answer, err := s.server.ask(ctx, http.MethodPost, "chat/completions", body)
	if err != nil {
		return err
	}
	defer answer.Close()
	for data, err := range events(answer) {
		if err != nil {
			return err
		}
		var c chunk
		if err := json.Unmarshal(data, &c); err != nil {
			return err
		}
		if c.failed() {
			return s.server.refusal(http.StatusInternalServerError, data)
		}
		if err := t.add(c); err != nil {
			return err
		}
	}
	return s.end(t)
}

// events yields the data of server-sent events up to "[DONE]" or the end. Comments are signs of life, and other fields say
// nothing that the data does not.
func events(r io.Reader) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		lines := bufio.NewScanner(r)
		lines.Buffer(nil, lineMax)
		for lines.Scan() {
			data, ok := bytes.CutPrefix(lines.Bytes(), []byte("data:"))
			switch data = bytes.TrimSpace(data); {
			case !ok || len(data) == 0:
			case string(data) == "[DONE]":
				return
			case !yield(data, nil):
				return
			}
		}
		if err := lines.Err(); err != nil {
			yield(nil, err)
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
			if _, err := s.server.list(ctx); ctx.Err() != nil || err == nil || !gone(err) {
				hush.end()
			} else {
				hush.begin(0)
				return
			}
		}
	})
	return func() { cancel(); watching.Wait() }
}

// request is r in OpenAI's words, and in those that servers add.
func (s *served) request(r engine.Request) (map[string]any, error) {
	if r.Conversation == nil {
		return nil, errNoConversation
	}
	var messages []json.RawMessage
	if err := json.Unmarshal(r.Conversation.Messages, &messages); err != nil {
		return nil, fmt.Errorf("messages: %w", err)
	}
	q := sampling(r.Sampling)
	q["model"], q["stream"], q["stream_options"] = s.model.ID, true, map[string]any{"include_usage": true}
	variables := kwargs(*r.Conversation)
	if begin := answerOf(r.Begin); begin != "" {
		begun, err := json.Marshal(map[string]string{"role": "assistant", "content": begin})
		if err != nil {
			return nil, err
		}
		messages = append(messages, begun)
		// vLLM's words for it; llama.cpp and Ollama go on with a last message of the assistant's anyway.
		q["continue_final_message"], q["add_generation_prompt"] = true, false
		if s.kind == kindLlama { // some of its versions refuse to go on with an answer where thoughts may come
			variables["enable_thinking"] = false
		}
	}
	q["messages"] = messages
	if len(variables) > 0 {
		q["chat_template_kwargs"] = variables
	}
	if len(r.Stop) > 0 {
		q["stop"] = r.Stop
	}
	if r.ReplyMax > 0 {
		q["max_tokens"] = r.ReplyMax // the name that all servers know
	}
	if r.Format != nil {
		q["response_format"] = map[string]any{"type": "json_schema", "json_schema": map[string]any{"name": "reply", "schema": r.Format}}
	}
	return q, nil
}

// sampling are the parameters of v that are not left to the server. A temperature of 0 is said: servers take another else.
func sampling(v sample.Settings) map[string]any {
	q := map[string]any{"temperature": v.Temperature, "seed": v.Seed & math.MaxInt32}
	for name, value := range map[string]float32{
		"top_k": float32(v.TopK), "top_p": v.TopP, "min_p": v.MinP, "presence_penalty": v.PresencePenalty, "frequency_penalty": v.FrequencyPenalty,
	} {
		if value != 0 {
			q[name] = value
		}
	}
	if p := v.RepeatPenalty; p > 0 && p != 1 {
		q["repeat_penalty"], q["repetition_penalty"] = p, p // llama.cpp's and vLLM's name
	}
	if len(v.LogitBias) > 0 {
		q["logit_bias"] = v.LogitBias
	}
	return q
}

// kwargs are the variables of a template that a person set.
func kwargs(c template.Conversation) map[string]any {
	var all map[string]any
	if json.Unmarshal(c.Kwargs, &all) != nil || all == nil {
		return map[string]any{}
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
