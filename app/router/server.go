package router

import (
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

	"github.com/sashabaranov/go-openai"

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

const signEvery = 2 * time.Second // a server that says nothing is asked whether it is there

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
	request, more, err := s.request(r)
	if err != nil {
		return err
	}
	t := &transcriber{yield: yield, begun: time.Now(), thinking: strings.HasPrefix(r.Begin, thinkBegin) && !strings.Contains(r.Begin, thinkEnd)}
	signs := s.watch(ctx, hush)
	defer signs()
	stream, err := s.server.client(more).CreateChatCompletionStream(ctx, request)
	if err != nil {
		return err
	}
	defer stream.Close()
	for {
		data, err := stream.RecvRaw() // servers add to what Recv knows
		if errors.Is(err, io.EOF) {
			return s.end(t)
		}
		if err != nil {
			return err
		}
		var c chunk
		if err := json.Unmarshal(data, &c); err != nil {
			return err
		}
		if err := t.add(c); err != nil {
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

// request is r in OpenAI's words, and what servers add to them.
func (s *served) request(r engine.Request) (q openai.ChatCompletionRequest, more map[string]any, err error) {
	if r.Conversation == nil {
		return q, nil, errNoConversation
	}
	if err := json.Unmarshal(r.Conversation.Messages, &q.Messages); err != nil {
		return q, nil, fmt.Errorf("messages: %w", err)
	}
	more = sampling(&q, r.Sampling)
	more["model"] = s.model.ID // the client refuses some names of OpenAI's own models
	q.StreamOptions = &openai.StreamOptions{IncludeUsage: true}
	q.ChatTemplateKwargs = kwargs(*r.Conversation)
	if begin := answerOf(r.Begin); begin != "" {
		q.Messages = append(q.Messages, openai.ChatCompletionMessage{Role: openai.ChatMessageRoleAssistant, Content: begin})
		// vLLM's words for it; llama.cpp and Ollama go on with a last message of the assistant's anyway.
		more["continue_final_message"], more["add_generation_prompt"] = true, false
		if s.kind == kindLlama { // some of its versions refuse to go on with an answer where thoughts may come
			q.ChatTemplateKwargs["enable_thinking"] = false
		}
	}
	q.Stop = r.Stop
	if r.ReplyMax > 0 {
		more["max_tokens"] = r.ReplyMax // the name that all servers know; the client calls it deprecated
	}
	if r.Format != nil {
		q.ResponseFormat = &openai.ChatCompletionResponseFormat{
			Type:       openai.ChatCompletionResponseFormatTypeJSONSchema,
			JSONSchema: &openai.ChatCompletionResponseFormatJSONSchema{Name: "reply", Schema: r.Format},
		}
	}
	return q, more, nil
}

// sampling puts what of v is not left to the server into q, and returns what q has no words for: a temperature of 0 has to
// be said, since servers take another else.
func sampling(q *openai.ChatCompletionRequest, v sample.Settings) map[string]any {
	seed := int(v.Seed & math.MaxInt32)
	q.Seed, q.TopP, q.PresencePenalty, q.FrequencyPenalty = &seed, v.TopP, v.PresencePenalty, v.FrequencyPenalty
	more := map[string]any{"temperature": v.Temperature}
	if v.TopK != 0 {
		more["top_k"] = v.TopK
	}
	if v.MinP != 0 {
		more["min_p"] = v.MinP
	}
	if p := v.RepeatPenalty; p > 0 && p != 1 {
		more["repeat_penalty"], more["repetition_penalty"] = p, p // llama.cpp's and vLLM's name
	}
	if len(v.LogitBias) > 0 {
		more["logit_bias"] = v.LogitBias // the client's are whole numbers
	}
	return more
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
