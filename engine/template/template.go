// Package template turns the messages of a conversation into a prompt, as a model's own chat template says.
package template

import (
	"encoding/json"
	"errors"
	"time"
)

// Conversation is the input of a template, in the form of Hugging Face's apply_chat_template.
// The order of keys in the JSON is kept, since templates print it.
type Conversation struct {
	Messages json.RawMessage // a list of {role, content, …}
	Tools    json.RawMessage // null or absent: none
	Kwargs   json.RawMessage // further variables, an object: {"add_generation_prompt": true, "enable_thinking": false}
	BOS, EOS *string         // nil: undefined
	Now      time.Time       // for strftime_now; zero: the time of the call
}

// Template is a parsed chat template. It may be used from several goroutines.
type Template struct{}

// Parse reads a Jinja template.
func Parse(source string) (*Template, error) { return nil, errors.New("template: unwritten") }

// Render makes the prompt.
func (t *Template) Render(c Conversation) (string, error) {
	return "", errors.New("template: unwritten")
}
