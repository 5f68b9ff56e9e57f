package lanapi

import (
	"bytes"
	"encoding/json"
	"strings"
)

// messageIn is a message as OpenAI has it.
type messageIn struct {
	Role             string          `json:"role"`
	Content          json.RawMessage `json:"content"`
	ReasoningContent string          `json:"reasoning_content"`
	Name             string          `json:"name"`
	ToolCalls        []toolCall      `json:"tool_calls"`
	ToolCallID       string          `json:"tool_call_id"`
}

// toolCall is a call as OpenAI has it: the arguments are JSON in a string.
type toolCall struct {
	ID       string       `json:"id"`
	Type     string       `json:"type"`
	Function functionCall `json:"function"`
}

type functionCall struct {
	Name      string `json:"name"`
	Arguments string `json:"arguments"`
}

// messageOut is a message as templates read it, in the form of Hugging Face's apply_chat_template.
type messageOut struct {
	Role             string    `json:"role"`
	Content          string    `json:"content"`
	ReasoningContent string    `json:"reasoning_content,omitempty"`
	Name             string    `json:"name,omitempty"`
	ToolCalls        []callOut `json:"tool_calls,omitempty"`
	ToolCallID       string    `json:"tool_call_id,omitempty"`
}

type callOut struct {
	ID       string      `json:"id"`
	Type     string      `json:"type"`
	Function functionOut `json:"function"`
}

type functionOut struct {
	Name      string          `json:"name"`
	Arguments json.RawMessage `json:"arguments"` // an object
}

// convert makes messages that templates can read.
func convert(all []messageIn) ([]messageOut, error) {
	if len(all) == 0 {
		return nil, invalid("messages", "messages is empty: there is nothing to reply to.")
	}
	out := make([]messageOut, len(all))
	for i, m := range all {
		var err error
		if out[i], err = m.convert(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (m messageIn) convert() (messageOut, error) {
	out := messageOut{Role: m.Role, ReasoningContent: m.ReasoningContent, Name: m.Name, ToolCallID: m.ToolCallID}
	switch m.Role {
	case "system", "user", "assistant", "tool":
	case "developer": // OpenAI's newer name
		out.Role = "system"
	default:
		return out, invalid("messages", "A message has the role %q; system, developer, user, assistant and tool are known.", m.Role)
	}
	var err error
	if out.Content, err = textOf(m.Content); err != nil {
		return out, err
	}
	for _, c := range m.ToolCalls {
		arguments, err := objectOf(c.Function.Arguments)
		if err != nil {
			return out, invalid("messages", "The arguments of the call of %q are not a JSON object.", c.Function.Name)
		}
		out.ToolCalls = append(out.ToolCalls, callOut{c.ID, "function", functionOut{c.Function.Name, arguments}})
	}
	return out, nil
}

// textOf is the text of a content: a string, a list of parts, or nothing.
func textOf(content json.RawMessage) (string, error) {
	if len(content) == 0 || string(content) == "null" {
		return "", nil
	}
	var text string
	if json.Unmarshal(content, &text) == nil {
		return text, nil
	}
	var parts []struct{ Type, Text string }
	if json.Unmarshal(content, &parts) != nil {
		return "", invalid("messages", "The content of a message is a string or a list of parts.")
	}
	var all strings.Builder
	for _, p := range parts {
		if p.Type != "text" {
			return "", cannot("messages", "A message has a part of type %q, but models here read text only.", p.Type)
		}
		all.WriteString(p.Text)
	}
	return all.String(), nil
}

// objectOf returns a JSON object in one line; "" is an empty one.
func objectOf(text string) (json.RawMessage, error) {
	if strings.TrimSpace(text) == "" {
		return json.RawMessage("{}"), nil
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &fields); err != nil {
		return nil, err
	}
	var line bytes.Buffer
	err := json.Compact(&line, []byte(text))
	return line.Bytes(), err
}

// mergeSystem puts the system's message before the person's first, for templates that would leave it out or refuse it.
func mergeSystem(all []messageOut) []messageOut {
	if len(all) < 2 || all[0].Role != "system" || all[1].Role != "user" {
		return all
	}
	all[1].Content = all[0].Content + "\n\n" + all[1].Content
	return all[1:]
}
