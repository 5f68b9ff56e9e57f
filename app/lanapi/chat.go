package lanapi

import (
	"cmp"
	"context"
	"crypto/rand"
	"iter"
	"net/http"
	"strings"
	"time"

	"croft/engine"
)

// chat answers chat/completions.
func (a *API) chat(w http.ResponseWriter, r *http.Request) error {
	var q chatRequest
	if err := readJSON(w, r, chatBytesMax, &q); err != nil {
		return err
	}
	c, err := q.parse()
	if err != nil {
		return err
	}
	head := newHead("chatcmpl-", "chat.completion", q.Model)
	parts := a.converse(r.Context(), c, head)
	if q.Stream {
		return streamChat(w, parts, head, q.StreamOptions)
	}
	return wholeChat(w, parts, head)
}

// head is what all bits of an answer begin with.
type head struct {
	ID          string `json:"id"`
	Object      string `json:"object"`
	Created     int64  `json:"created"`
	Model       string `json:"model"`
	Fingerprint string `json:"system_fingerprint"` // of the model file: the same one and the same seed give the same reply
}

func newHead(prefix, object, model string) *head {
	return &head{ID: prefix + strings.ToLower(rand.Text()), Object: object, Created: time.Now().Unix(), Model: model}
}

// fill completes a head with the model that answers.
func (h *head) fill(m Model) {
	if h.Model == "" {
		h.Model = m.Name
	}
	h.Fingerprint = "fp_" + m.ID[:min(len(m.ID), 12)]
}

type usage struct {
	PromptTokens     int            `json:"prompt_tokens"`
	CompletionTokens int            `json:"completion_tokens"`
	TotalTokens      int            `json:"total_tokens"`
	PromptDetails    *promptDetails `json:"prompt_tokens_details,omitempty"`
}

type promptDetails struct {
	CachedTokens int `json:"cached_tokens"`
}

func usageOf(r *engine.Result) *usage {
	return &usage{r.PromptTokens, r.ReplyTokens, r.PromptTokens + r.ReplyTokens, &promptDetails{r.ReusedTokens}}
}

// part is a bit of an answer; the last one has the reason for the end.
type part struct {
	delta
	finish string
	usage  *usage
}

// converse writes the reply to a conversation. The head is full when the first part is there.
func (a *API) converse(ctx context.Context, c *conversation, h *head) iter.Seq2[part, error] {
	build := func(running Running) (engine.Request, error) {
		h.fill(running.Model())
		return c.build(a.templates.of(running.Model().Template), running)
	}
	return func(yield func(part, error) bool) {
		var last *engine.Result
		for e := range a.write(ctx, want{c.request.Model, build}) {
			if e.err != nil {
				yield(part{}, e.err)
				return
			}
			if e.piece == nil {
				continue
			}
			p := part{delta: c.reader.add(*e.piece)}
			if !p.empty() && !yield(p, nil) {
				return
			}
			if last = e.piece.Result; last != nil {
				break
			}
		}
		yield(c.end(ctx, last))
	}
}

// end is the last part.
func (c *conversation) end(ctx context.Context, last *engine.Result) (part, error) {
	if last == nil {
		return part{}, cmp.Or(ctx.Err(), errNoEnd)
	}
	p := part{delta: c.reader.rest(), finish: finishOf(last.Reason), usage: usageOf(last)}
	if c.reader.called > 0 {
		p.finish = "tool_calls"
	}
	return p, nil
}

func finishOf(r engine.Reason) string {
	if r == engine.Stop {
		return "stop"
	}
	return "length"
}
