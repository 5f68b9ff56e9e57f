// Package template turns the messages of a conversation into a prompt, as a model's own chat template says.
//
// Chat templates are Jinja2 in the dialect of Hugging Face's apply_chat_template, and a prompt must come out exactly as
// Python's jinja2 3.1.2 makes it, since a model has seen no other. The package therefore has an interpreter of its own:
// of 899 reference renderings the maintained Go library gonja v2.9.1 gets 600 right, and no template all of them (five do
// not parse, JSON loses the order of its keys); it works on Go values by reflection and cannot be bounded in steps,
// output or memory, which a template from an unknown model file must be.
//
// A template computes only with the value types of this package. It is bounded in steps, text, nesting and the length of
// ranges; one that asks for more fails with ErrLimit. Nothing it does reaches a file, the network or the program around it.
package template

import (
	"encoding/json"
	"fmt"
	"strings"
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
type Template struct{ body body }

// Parse reads a Jinja template. The error is an *Error, or wraps ErrLimit.
func Parse(source string) (*Template, error) {
	b, err := parse(source)
	if err != nil {
		return nil, err
	}
	return &Template{b}, nil
}

// Render makes the prompt. The error is a *RaiseError where the template refuses the conversation, an *Error where it
// fails, or speaks of the conversation's JSON.
func (t *Template) Render(c Conversation) (string, error) { return t.render(c, stepsMax) }

func (t *Template) render(c Conversation, steps int) (prompt string, err error) {
	vars, err := c.variables()
	if err != nil {
		return "", err
	}
	root := &scope{vars: globals()}
	s := &state{library: builtins, out: &strings.Builder{}, globals: root, now: c.now, steps: steps}
	defer catch(&err)
	s.run(t.body, &scope{vars: vars, parent: root})
	return s.out.String(), nil
}

func (c *Conversation) now() time.Time {
	if c.Now.IsZero() {
		return time.Now()
	}
	return c.Now
}

// variables are what a template sees: messages, tools, documents, the special tokens and the further variables.
func (c *Conversation) variables() (map[string]value, error) {
	vars := map[string]value{"documents": none{}}
	for name, raw := range map[string]json.RawMessage{"messages": c.Messages, "tools": c.Tools} {
		v, err := decode(raw)
		if err != nil {
			return nil, fmt.Errorf("%s of the conversation: %w", name, err)
		}
		vars[name] = v
	}
	if c.BOS != nil {
		vars["bos_token"] = str(*c.BOS)
	}
	if c.EOS != nil {
		vars["eos_token"] = str(*c.EOS)
	}
	kwargs, err := decode(c.Kwargs)
	if err != nil {
		return nil, fmt.Errorf("variables of the conversation: %w", err)
	}
	if d, ok := kwargs.(*dict); ok {
		for i, k := range d.keys {
			vars[string(k.(str))] = d.values[i]
		}
	} else if !isNone(kwargs) {
		return nil, fmt.Errorf("variables of the conversation: expected an object, got %s", kwargs.typeName())
	}
	return vars, nil
}
