package models

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"strings"
	"unicode"

	"croft/engine"
	"croft/engine/sample"
	"croft/engine/template"
)

// Question is one message without a chat around it. Nil leaves a choice to Croft.
type Question struct {
	System      string
	Text        string
	Raw         bool  // the model reads Text as it is, without its template
	Thinking    *bool // for models that can think
	Temperature *float64
	TopP        *float64
	MinP        *float64
	TopK        *int
	Seed        *uint64
	ReplyMax    int // tokens; 0: until the model ends
}

// Answer is the next bit of the answer to a question.
type Answer struct {
	Text     string
	Thinking string
	Result   *engine.Result // the last one only
}

// Ask streams the answer to a question. Leaving the loop, or ending ctx, stops the work at once.
func (r *Running) Ask(ctx context.Context, q Question) iter.Seq2[Answer, error] {
	return func(yield func(Answer, error) bool) {
		request, split, err := r.request(q)
		if err != nil {
			yield(Answer{}, err)
			return
		}
		for piece, err := range r.Generate(ctx, request) {
			if err != nil {
				yield(Answer{}, err)
				return
			}
			thinking, text := split.add(piece.Text, piece.Result != nil)
			if !yield(Answer{text, thinking, piece.Result}, nil) || piece.Result != nil {
				return
			}
		}
		yield(Answer{}, errors.Join(ctx.Err(), errUnended))
	}
}

var errUnended = errors.New("models: the reply ended without an account")

// request makes what the engine reads, and a splitter for what it will write.
func (r *Running) request(q Question) (engine.Request, *splitter, error) {
	request := engine.Request{Sampling: q.sampling(), ReplyMax: q.ReplyMax}
	if q.Raw {
		request.Text = q.Text
		return request, &splitter{part: inText}, nil
	}
	c, err := q.conversation()
	if err != nil {
		return request, nil, err
	}
	request.Conversation = &c
	source := r.model.Info().Template
	if source == "" {
		source = template.ChatML
	}
	return request, newSplitter(source, c), nil
}

func (q Question) sampling() sample.Settings {
	return sample.Settings{
		Temperature: float32(either(q.Temperature, 0.7)),
		TopP:        float32(either(q.TopP, 0.95)),
		TopK:        either(q.TopK, 40),
		MinP:        float32(either(q.MinP, 0.05)),
		Seed:        either(q.Seed, rand.Uint64()),
	}
}

func either[T any](choice *T, otherwise T) T {
	if choice == nil {
		return otherwise
	}
	return *choice
}

// conversation is the question in the form that templates take.
func (q Question) conversation() (template.Conversation, error) {
	type turn struct {
		Role    string `json:"role"`
		Content string `json:"content"`
	}
	turns := []turn{{"user", q.Text}}
	if q.System != "" {
		turns = append([]turn{{"system", q.System}}, turns...)
	}
	variables := map[string]bool{"add_generation_prompt": true}
	if q.Thinking != nil {
		variables["enable_thinking"], variables["thinking"] = *q.Thinking, *q.Thinking // templates know either name
	}
	messages, err := json.Marshal(turns)
	if err != nil {
		return template.Conversation{}, fmt.Errorf("question: %w", err)
	}
	kwargs, err := json.Marshal(variables)
	return template.Conversation{Messages: messages, Kwargs: kwargs}, err
}

const (
	thinkBegin = "<think>"
	thinkEnd   = "</think>"
)

// splitter parts thinking from text as pieces arrive. Thinking comes first or not at all.
type splitter struct {
	part part
	held string // may be the beginning of a tag, or space around one
}

type part int

const (
	atBegin part = iota
	inThinking
	afterThinking // space before the text
	inText
)

// newSplitter knows from the template whether the prompt ends inside the thinking already.
func newSplitter(source string, c template.Conversation) *splitter {
	prompt, err := Render(source, c)
	if err == nil && strings.HasSuffix(strings.TrimSpace(prompt), thinkBegin) {
		return &splitter{part: inThinking}
	}
	return &splitter{}
}

// add returns what became certain with the next piece; last ends the waiting.
func (s *splitter) add(piece string, last bool) (thinking, text string) {
	s.held += piece
	for moved := true; moved; {
		before := s.part
		more, words := s.step(last)
		if before == inThinking {
			thinking += more
		}
		text += words
		moved = s.part != before
	}
	return thinking, text
}

// step takes what is certain out of held.
func (s *splitter) step(last bool) (thinking, text string) {
	switch s.part {
	case inThinking:
		before, after, ended := strings.Cut(s.held, thinkEnd)
		if ended {
			s.part, s.held = afterThinking, after
			return before, ""
		}
		thinking, s.held = certain(s.held, last)
		return thinking, ""
	case atBegin, afterThinking:
		words := strings.TrimLeftFunc(s.held, unicode.IsSpace)
		if s.part == atBegin && strings.HasPrefix(words, thinkBegin) {
			s.part, s.held = inThinking, words[len(thinkBegin):]
		} else if words != "" && (last || s.part == afterThinking || !strings.HasPrefix(thinkBegin, words)) {
			s.part, s.held = inText, words
		}
		return "", ""
	}
	text, s.held = s.held, ""
	return "", text
}

// certain cuts off the end of s that may be the beginning of </think>.
func certain(s string, last bool) (sure, maybe string) {
	for n := min(len(thinkEnd)-1, len(s)); n > 0 && !last; n-- {
		if strings.HasSuffix(s, thinkEnd[:n]) {
			return s[:len(s)-n], s[len(s)-n:]
		}
	}
	return s, ""
}
