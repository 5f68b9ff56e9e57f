package lanapi

import (
	"iter"
	"net/http"
	"strings"
)

type chatAnswer struct {
	*head
	Choices []chatChoice `json:"choices"`
	Usage   *usage       `json:"usage"`
}

type chatChoice struct {
	Index        int         `json:"index"`
	Message      chatMessage `json:"message"`
	Logprobs     *struct{}   `json:"logprobs"`
	FinishReason string      `json:"finish_reason"`
}

type chatMessage struct {
	Role             string     `json:"role"`
	Content          *string    `json:"content"` // null beside calls
	Refusal          *string    `json:"refusal"`
	ReasoningContent string     `json:"reasoning_content,omitempty"`
	ToolCalls        []toolCall `json:"tool_calls,omitempty"`
}

// wholeChat sends an answer in one piece.
func wholeChat(w http.ResponseWriter, parts iter.Seq2[part, error], h *head) error {
	var reasoning, content strings.Builder
	message := chatMessage{Role: "assistant"}
	var last part
	for p, err := range parts {
		if err != nil {
			return err
		}
		reasoning.WriteString(p.reasoning)
		content.WriteString(p.content)
		message.ToolCalls = append(message.ToolCalls, p.calls...)
		last = p
	}
	message.ReasoningContent = strings.TrimSpace(reasoning.String())
	if text := content.String(); text != "" || len(message.ToolCalls) == 0 {
		message.Content = &text
	}
	return writeJSON(w, http.StatusOK, chatAnswer{
		head: h, Choices: []chatChoice{{Message: message, FinishReason: last.finish}}, Usage: last.usage,
	})
}

type chatChunk struct {
	*head
	Choices []chunkChoice `json:"choices"`
	Usage   *usage        `json:"usage,omitempty"`
}

type chunkChoice struct {
	Index        int       `json:"index"`
	Delta        chatDelta `json:"delta"`
	Logprobs     *struct{} `json:"logprobs"`
	FinishReason *string   `json:"finish_reason"`
}

type chatDelta struct {
	Role             string      `json:"role,omitempty"`
	Content          *string     `json:"content,omitempty"`
	ReasoningContent string      `json:"reasoning_content,omitempty"`
	ToolCalls        []callDelta `json:"tool_calls,omitempty"`
}

type callDelta struct {
	Index int `json:"index"`
	toolCall
}

// streamChat sends an answer bit by bit.
func streamChat(w http.ResponseWriter, parts iter.Seq2[part, error], h *head, o *streamOptions) error {
	h.Object = "chat.completion.chunk"
	s, calls := newEvents(w), 0
	none := ""
	first := chatDelta{Role: "assistant", Content: &none}
	for p, err := range parts {
		if err != nil {
			return s.fail(err)
		}
		if first.Role != "" {
			s.send(chatChunk{head: h, Choices: []chunkChoice{{Delta: first}}})
			first.Role = ""
		}
		for _, d := range deltasOf(p.delta, &calls) {
			s.send(chatChunk{head: h, Choices: []chunkChoice{{Delta: d}}})
		}
		if p.finish != "" {
			s.send(chatChunk{head: h, Choices: []chunkChoice{{FinishReason: &p.finish}}})
			if o != nil && o.IncludeUsage {
				s.send(chatChunk{head: h, Choices: []chunkChoice{}, Usage: p.usage})
			}
		}
		if s.err != nil {
			return begun(s.err)
		}
	}
	return s.end()
}

// deltasOf parts what clients expect one after another. calls counts the calls so far.
func deltasOf(d delta, calls *int) (all []chatDelta) {
	if d.reasoning != "" {
		all = append(all, chatDelta{ReasoningContent: d.reasoning})
	}
	if d.content != "" {
		all = append(all, chatDelta{Content: &d.content})
	}
	for _, c := range d.calls {
		all = append(all, chatDelta{ToolCalls: []callDelta{{*calls, c}}})
		*calls++
	}
	return all
}
