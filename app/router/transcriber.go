package router

import (
	"cmp"
	"encoding/json"
	"time"

	"croft/app/lanapi/wire"
	"croft/engine"
)

// chunk is one event of a server's stream, as OpenAI defines it, with what servers add. Of unknown values null is one.
type chunk struct {
	Choices []struct {
		Index        int    `json:"index"`
		Delta        delta  `json:"delta"`
		FinishReason string `json:"finish_reason"`
	} `json:"choices"`
	Usage *struct {
		PromptTokens     int `json:"prompt_tokens"`
		CompletionTokens int `json:"completion_tokens"`
		Details          struct {
			CachedTokens int `json:"cached_tokens"`
		} `json:"prompt_tokens_details"`
	} `json:"usage"`
	Error json.RawMessage `json:"error"`
}

// delta is what an event adds to a reply. Thoughts have two names: llama.cpp, LM Studio and older vLLMs use the first,
// Ollama and newer vLLMs the second.
type delta struct {
	Content          string `json:"content"`
	ReasoningContent string `json:"reasoning_content"`
	Reasoning        string `json:"reasoning"`
}

// failed says that the event is an error.
func (c chunk) failed() bool { return len(c.Error) > 0 && string(c.Error) != "null" }

// transcriber makes pieces of what a server streams.
type transcriber struct {
	yield        func(engine.Piece, error) bool
	thinking     bool // the reply is inside <think>
	begun, first time.Time
	pieces       int
	result       engine.Result
}

// add takes the next chunk.
func (t *transcriber) add(from chunk) error {
	if u := from.Usage; u != nil {
		t.result.PromptTokens, t.result.ReplyTokens = u.PromptTokens, u.CompletionTokens
		t.result.ReusedTokens = u.Details.CachedTokens
	}
	for _, c := range from.Choices {
		if c.Index != 0 {
			continue
		}
		if text := t.text(c.Delta); text != "" {
			if err := t.piece(text); err != nil {
				return err
			}
		}
		switch c.FinishReason {
		case "", "null":
		case "length":
			t.result.Reason = engine.Length
		case "error":
			return &wire.Error{Code: wire.Failed, Message: "the server gave the reply up"}
		default:
			t.result.Reason = engine.Stop
		}
	}
	return nil
}

// text is a delta as a model would have written it, with its thinking inside <think>.
func (t *transcriber) text(d delta) (text string) {
	if thought := cmp.Or(d.ReasoningContent, d.Reasoning); thought != "" {
		if !t.thinking {
			text, t.thinking = thinkBegin+"\n", true
		}
		text += thought
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
