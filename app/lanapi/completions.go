package lanapi

import (
	"encoding/json"
	"net/http"
	"strings"

	"croft/engine"
)

// completionRequest is the body of completions.
type completionRequest struct {
	params
	Prompt   json.RawMessage `json:"prompt"`
	Echo     bool            `json:"echo"`
	Suffix   string          `json:"suffix"`
	BestOf   *int            `json:"best_of"`
	Logprobs *int            `json:"logprobs"`
}

// replyMaxDefault is OpenAI's for completions, in tokens.
const replyMaxDefault = 16

func (q *completionRequest) parse() (engine.Request, error) {
	r := engine.Request{ReplyMax: or(q.MaxTokens, replyMaxDefault), Stop: q.Stop}
	if err := q.check(); err != nil {
		return r, err
	}
	switch {
	case q.Echo:
		return r, cannot("echo", "The prompt is not repeated here. Leave echo out.")
	case q.Suffix != "":
		return r, cannot("suffix", "Models here write what follows, not what comes between. Leave suffix out.")
	case q.BestOf != nil && *q.BestOf != 1:
		return r, cannot("best_of", "best_of can only be 1.")
	case q.Logprobs != nil:
		return r, cannot("logprobs", "Probabilities of tokens are not given here. Leave logprobs out.")
	}
	return r, promptOf(q.Prompt, &r)
}

// promptOf reads a text or tokens, alone or as a list of one.
func promptOf(raw json.RawMessage, r *engine.Request) error {
	var texts []string
	var lists [][]int
	switch {
	case json.Unmarshal(raw, &r.Text) == nil && r.Text != "":
		return nil
	case json.Unmarshal(raw, &texts) == nil && len(texts) == 1 && texts[0] != "":
		r.Text = texts[0]
		return nil
	case json.Unmarshal(raw, &r.Tokens) == nil && len(r.Tokens) > 0:
		return nil
	case json.Unmarshal(raw, &lists) == nil && len(lists) == 1 && len(lists[0]) > 0:
		r.Tokens = lists[0]
		return nil
	case len(texts) > 1 || len(lists) > 1:
		return cannot("prompt", "There can only be one prompt: ask once for each.")
	}
	return invalid("prompt", "prompt is a text or a list of tokens, and not empty.")
}

type completionAnswer struct {
	*head
	Choices []completionChoice `json:"choices"`
	Usage   *usage             `json:"usage,omitempty"`
}

type completionChoice struct {
	Text         string    `json:"text"`
	Index        int       `json:"index"`
	Logprobs     *struct{} `json:"logprobs"`
	FinishReason *string   `json:"finish_reason"`
}

func (a *completionAnswer) add(text string, finish *string) {
	a.Choices = []completionChoice{{Text: text, FinishReason: finish}}
}

// complete answers completions.
func (a *API) complete(w http.ResponseWriter, r *http.Request) error {
	var q completionRequest
	if err := readJSON(w, r, chatBytesMax, &q); err != nil {
		return err
	}
	request, err := q.parse()
	if err != nil {
		return err
	}
	h := newHead("cmpl-", "text_completion", q.Model)
	send, end := wholeText(w, h)
	if q.Stream {
		send, end = streamText(w, h, q.StreamOptions)
	}
	build := func(running Running) (engine.Request, error) {
		h.fill(running.Model())
		request.Sampling = q.sampling(running.Model().Advice)
		return request, nil
	}
	for e := range a.write(r.Context(), want{q.Model, build}) {
		switch {
		case e.err != nil:
			return end(nil, e.err)
		case e.piece == nil:
			continue
		}
		if err := send(e.piece.Text); err != nil {
			return begun(err)
		}
		if e.piece.Result != nil {
			return end(e.piece.Result, nil)
		}
	}
	return r.Context().Err()
}

type endText func(*engine.Result, error) error

// wholeText sends a completion in one piece.
func wholeText(w http.ResponseWriter, h *head) (send func(string) error, end endText) {
	var all strings.Builder
	send = func(text string) error {
		all.WriteString(text)
		return nil
	}
	return send, func(result *engine.Result, err error) error {
		if err != nil {
			return err
		}
		answer, finish := completionAnswer{head: h, Usage: usageOf(result)}, finishOf(result.Reason)
		answer.add(all.String(), &finish)
		return writeJSON(w, http.StatusOK, answer)
	}
}

// streamText sends a completion bit by bit.
func streamText(w http.ResponseWriter, h *head, o *streamOptions) (send func(string) error, end endText) {
	s := newEvents(w)
	chunk := func(text string, finish *string) {
		answer := completionAnswer{head: h}
		answer.add(text, finish)
		s.send(answer)
	}
	send = func(text string) error {
		if text != "" {
			chunk(text, nil)
		}
		return s.err
	}
	return send, func(result *engine.Result, err error) error {
		if err != nil {
			return s.fail(err)
		}
		finish := finishOf(result.Reason)
		chunk("", &finish)
		if o != nil && o.IncludeUsage {
			s.send(completionAnswer{head: h, Choices: []completionChoice{}, Usage: usageOf(result)})
		}
		return s.end()
	}
}
