package router

import (
	"time"

	openai "github.com/sashabaranov/go-openai"

	"croft/engine"
)

// transcriber makes pieces of what a server streams.
type transcriber struct {
	yield        func(engine.Piece, error) bool
	thinking     bool // the reply is inside <think>
	begun, first time.Time
	pieces       int
	result       engine.Result
}

// add takes the next chunk.
func (t *transcriber) add(chunk openai.ChatCompletionStreamResponse) error {
	if u := chunk.Usage; u != nil {
		t.result.PromptTokens, t.result.ReplyTokens = u.PromptTokens, u.CompletionTokens
		if d := u.PromptTokensDetails; d != nil {
			t.result.ReusedTokens = d.CachedTokens
		}
	}
	for _, c := range chunk.Choices {
		if c.Index != 0 {
			continue
		}
		if text := t.text(c.Delta); text != "" {
			if err := t.piece(text); err != nil {
				return err
			}
		}
		switch c.FinishReason {
		case "", openai.FinishReasonNull:
		case openai.FinishReasonLength:
			t.result.Reason = engine.Length
		default:
			t.result.Reason = engine.Stop
		}
	}
	return nil
}

// text is a delta as a model would have written it, with its thinking inside <think>.
func (t *transcriber) text(d openai.ChatCompletionStreamChoiceDelta) (text string) {
	if d.ReasoningContent != "" {
		if !t.thinking {
			text, t.thinking = thinkBegin+"\n", true
		}
		text += d.ReasoningContent
	}
	if d.Content != "" {
		if t.thinking {
			text, t.thinking = text+"\n"+thinkEnd+"\n\n", false
		}
		text += d.Content
	}
	return text
}

func (t *transcriber) piece(text string) error {
	if t.pieces++; t.pieces == 1 {
		t.first = time.Now()
	}
	if !t.yield(engine.Piece{Token: -1, Text: text}, nil) {
		return errLeft
	}
	return nil
}

// end yields the account.
func (t *transcriber) end() error {
	now := time.Now()
	r := &t.result
	if r.ReplyTokens == 0 {
		r.ReplyTokens = t.pieces
	}
	r.ContextUsed = r.PromptTokens + r.ReplyTokens
	r.Total = now.Sub(t.begun)
	if t.pieces > 0 {
		r.FirstToken = t.first.Sub(t.begun)
	}
	if wrote := now.Sub(t.first).Seconds(); t.pieces > 1 && wrote > 0 {
		r.TokensPerSecond = float64(r.ReplyTokens-1) / wrote
	}
	t.yield(engine.Piece{Token: -1, Result: r}, nil)
	return nil
}
