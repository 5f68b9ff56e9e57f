package wire

import (
	"encoding/json"
	"time"

	"croft/engine"
	"croft/engine/grammar"
	"croft/engine/sample"
	"croft/engine/template"
)

// ReplyRequest asks for a reply: engine.Request as it travels. One of Messages, Text and Tokens is set.
type ReplyRequest struct {
	Model     string          `json:"model"` // ID of the file; "" is the default model there
	Messages  json.RawMessage `json:"messages,omitempty"`
	Tools     json.RawMessage `json:"tools,omitempty"`
	Kwargs    json.RawMessage `json:"kwargs,omitempty"`
	BOS       *string         `json:"bos,omitempty"`
	EOS       *string         `json:"eos,omitempty"`
	Now       time.Time       `json:"now,omitzero"` // for templates that print the date
	Text      string          `json:"text,omitempty"`
	Tokens    []int           `json:"tokens,omitempty"`
	Sampling  Sampling        `json:"sampling"`
	ReplyMax  int             `json:"reply_max,omitempty"`
	Stop      []string        `json:"stop,omitempty"`
	IgnoreEnd bool            `json:"ignore_end,omitempty"`
	Begin     string          `json:"begin,omitempty"`   // what the reply begins with, where its tokens are not known
	Written   []int           `json:"written,omitempty"` // tokens of the reply that were written before, after Begin
	Format    *grammar.Format `json:"format,omitempty"`  // what the reply must be, as a JSON Schema
}

// Sampling is sample.Settings with the names that it has in JSON.
type Sampling struct {
	Temperature      float32         `json:"temperature,omitempty"`
	TopK             int             `json:"top_k,omitempty"`
	TopP             float32         `json:"top_p,omitempty"`
	MinP             float32         `json:"min_p,omitempty"`
	RepeatPenalty    float32         `json:"repeat_penalty,omitempty"`
	PresencePenalty  float32         `json:"presence_penalty,omitempty"`
	FrequencyPenalty float32         `json:"frequency_penalty,omitempty"`
	RepeatLast       int             `json:"repeat_last,omitempty"`
	Seed             uint64          `json:"seed,omitempty"`
	LogitBias        map[int]float32 `json:"logit_bias,omitempty"`
}

// NewReplyRequest makes r ready to travel.
func NewReplyRequest(model string, r engine.Request) ReplyRequest {
	w := ReplyRequest{
		Model: model, Text: r.Text, Tokens: r.Tokens, Sampling: Sampling(r.Sampling),
		ReplyMax: r.ReplyMax, Stop: r.Stop, IgnoreEnd: r.IgnoreEnd, Begin: r.Begin, Written: r.Written, Format: r.Format,
	}
	if c := r.Conversation; c != nil {
		w.Messages, w.Tools, w.Kwargs, w.BOS, w.EOS, w.Now = c.Messages, c.Tools, c.Kwargs, c.BOS, c.EOS, c.Now
	}
	return w
}

// Request is r as the engine takes it.
func (r ReplyRequest) Request() engine.Request {
	e := engine.Request{
		Text: r.Text, Tokens: r.Tokens, Sampling: sample.Settings(r.Sampling),
		ReplyMax: r.ReplyMax, Stop: r.Stop, IgnoreEnd: r.IgnoreEnd, Begin: r.Begin, Written: r.Written, Format: r.Format,
	}
	if len(r.Messages) > 0 {
		e.Conversation = &template.Conversation{
			Messages: r.Messages, Tools: r.Tools, Kwargs: r.Kwargs, BOS: r.BOS, EOS: r.EOS, Now: r.Now,
		}
	}
	return e
}

// Line is one line of a reply. At most one of Place, Loading, Token, Result and Error is set, none in a sign of life; Text goes with Token and Result.
type Line struct {
	Place   *int     `json:"place,omitempty"`   // in the queue; the next in turn is 1
	Loading *float64 `json:"loading,omitempty"` // how much of the model is loaded, 0 to 1
	Token   *int     `json:"token,omitempty"`
	Text    string   `json:"text,omitempty"`
	Result  *Result  `json:"result,omitempty"`
	Error   *Error   `json:"error,omitempty"`
}

// Result is engine.Result as it travels.
type Result struct {
	Reason          string  `json:"reason"`
	PromptTokens    int     `json:"prompt_tokens"`
	ReusedTokens    int     `json:"reused_tokens"`
	ReplyTokens     int     `json:"reply_tokens"`
	ContextUsed     int     `json:"context_used"`
	FirstTokenUS    int64   `json:"first_token_us"` // microseconds
	TotalUS         int64   `json:"total_us"`
	TokensPerSecond float64 `json:"tokens_per_second"`
}

// NewLine makes a line of a piece.
func NewLine(p engine.Piece) Line {
	l := Line{Text: p.Text}
	if r := p.Result; r != nil {
		l.Result = &Result{
			Reason: string(r.Reason), PromptTokens: r.PromptTokens, ReusedTokens: r.ReusedTokens, ReplyTokens: r.ReplyTokens,
			ContextUsed: r.ContextUsed, FirstTokenUS: r.FirstToken.Microseconds(), TotalUS: r.Total.Microseconds(),
			TokensPerSecond: r.TokensPerSecond,
		}
		return l
	}
	l.Token = &p.Token
	return l
}

// Piece is the piece of a line with a Token or a Result; false for any other.
func (l Line) Piece() (engine.Piece, bool) {
	p := engine.Piece{Token: -1, Text: l.Text}
	if l.Token != nil {
		p.Token = *l.Token
	}
	if r := l.Result; r != nil {
		p.Result = &engine.Result{
			Reason: engine.Reason(r.Reason), PromptTokens: r.PromptTokens, ReusedTokens: r.ReusedTokens, ReplyTokens: r.ReplyTokens,
			ContextUsed: r.ContextUsed, FirstToken: time.Duration(r.FirstTokenUS) * time.Microsecond,
			Total: time.Duration(r.TotalUS) * time.Microsecond, TokensPerSecond: r.TokensPerSecond,
		}
	}
	return p, l.Token != nil || l.Result != nil
}
