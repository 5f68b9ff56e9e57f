package template

import (
	"encoding/json"
	"maps"
	"strings"
)

// Traits are what a template can do, found by rendering small conversations.
type Traits struct {
	System bool // takes a system message
	Tools  bool // tells the model which tools it has
	// Thinking names the variable that turns thinking on and off, "enable_thinking" or "thinking"; "" if none does.
	Thinking string
	// EmptyTools says that the template fails without Conversation.Tools, and must be given [] where there are none.
	EmptyTools bool
}

const (
	probeWord = "croft-probe"
	probeTool = `[{"type": "function", "function": {"name": "` + probeWord + `", "description": "Nothing.",
		"parameters": {"type": "object", "properties": {"text": {"type": "string", "description": "Any."}}, "required": ["text"]}}}]`
)

// Detect finds out what the template can do.
func Detect(t *Template) Traits {
	user := Message{"user", "Hello."}
	var traits Traits
	tools := ""
	if _, err := render(t, []Message{user}, tools, nil); err != nil {
		_, err = render(t, []Message{user}, "[]", nil)
		if traits.EmptyTools = err == nil; traits.EmptyTools {
			tools = "[]"
		}
	}
	traits.System = mentions(t, []Message{{"system", probeWord}, user}, tools)
	traits.Tools = mentions(t, []Message{user}, probeTool)
	for _, name := range []string{"enable_thinking", "thinking"} {
		if on, off := probe(t, user, tools, name, true), probe(t, user, tools, name, false); on != off && on != "" && off != "" {
			traits.Thinking = name
			break
		}
	}
	return traits
}

// mentions says whether the probe word reaches the prompt.
func mentions(t *Template, messages []Message, tools string) bool {
	prompt, err := render(t, messages, tools, nil)
	return err == nil && strings.Contains(prompt, probeWord)
}

// probe renders one message with the switch on or off; "" is a template that fails.
func probe(t *Template, m Message, tools, name string, on bool) string {
	prompt, err := render(t, []Message{m}, tools, map[string]bool{name: on})
	if err != nil {
		return ""
	}
	return prompt
}

func render(t *Template, messages []Message, tools string, switches map[string]bool) (string, error) {
	kwargs := map[string]bool{"add_generation_prompt": true}
	maps.Copy(kwargs, switches)
	raw, err := json.Marshal(kwargs)
	if err != nil {
		return "", err
	}
	none := ""
	return t.Render(Conversation{Messages: Plain(messages), Tools: json.RawMessage(tools), Kwargs: raw, BOS: &none, EOS: &none})
}
