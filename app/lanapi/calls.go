package lanapi

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"strings"
	"unicode"
)

// callForm is how a family of models writes that it calls a tool.
type callForm int

const (
	// hermesForm is Hermes' and Qwen's: <tool_call>{"name": …, "arguments": {…}}</tool_call>, once for each call.
	hermesForm callForm = iota
	// mistralForm is [TOOL_CALLS][{"name": …, "arguments": {…}}, …], and [TOOL_CALLS]name[ARGS]{…} in newer models.
	mistralForm
	// jsonForm is Llama 3's: the whole reply is {"name": …, "parameters": {…}}, several parted by semicolons.
	jsonForm
)

const (
	hermesBegin  = "<tool_call>"
	hermesEnd    = "</tool_call>"
	mistralBegin = "[TOOL_CALLS]"
	mistralArgs  = "[ARGS]"
	llamaBegin   = "<|python_tag|>"
)

// callTags may be special tokens, which have no text of their own.
var callTags = []string{hermesBegin, hermesEnd, mistralBegin, mistralArgs, llamaBegin}

// formOf is the form that a template teaches.
func formOf(template string) callForm {
	switch {
	case strings.Contains(template, hermesBegin):
		return hermesForm
	case strings.Contains(template, mistralBegin):
		return mistralForm
	}
	return jsonForm
}

// callReader finds calls of tools in a reply. What is no call after all is content.
type callReader struct {
	form  callForm
	names map[string]bool // of the tools
	held  string
	open  bool // held is, or may be, a call
	plain bool // a reply in jsonForm that is none
	any   bool // there was a call
}

// add takes more of the reply.
func (c *callReader) add(text string) (content string, calls []toolCall) {
	c.held += text
	switch c.form {
	case hermesForm:
		return c.hermes()
	case mistralForm:
		return c.before(mistralBegin), nil
	}
	return c.json(), nil
}

// hermes reads all that is whole.
func (c *callReader) hermes() (content string, calls []toolCall) {
	for {
		if !c.open {
			content += c.before(hermesBegin)
		}
		body, after, whole := strings.Cut(c.held, hermesEnd)
		if !c.open || !whole {
			return content, calls
		}
		c.open, c.held = false, after
		if found := parseCalls(strings.TrimPrefix(body, hermesBegin), nil); len(found) == 1 {
			calls, c.any = append(calls, found[0]), true
		} else {
			content += body + hermesEnd
		}
	}
}

// before cuts off what comes before a tag. Space that may only part the content from a call is held back.
func (c *callReader) before(tag string) string {
	if c.open {
		return ""
	}
	before, after, found := strings.Cut(c.held, tag)
	if found {
		c.open, c.held = true, tag+after
	} else {
		_, partial := cutPartial(before, tag)
		before = strings.TrimSuffix(before, partial)
		kept := strings.TrimRightFunc(before, unicode.IsSpace)
		before, c.held = kept, before[len(kept):]+partial
	}
	if c.any && strings.TrimSpace(before) == "" || found {
		return strings.TrimRightFunc(before, unicode.IsSpace)
	}
	return before
}

// json holds a reply back that begins as a call does.
func (c *callReader) json() string {
	text := strings.TrimLeftFunc(c.held, unicode.IsSpace)
	begins := text == "" || text[0] == '{' || text[0] == '[' || strings.HasPrefix(text, llamaBegin) || strings.HasPrefix(llamaBegin, text)
	if begins && !c.plain {
		return ""
	}
	c.plain = true
	text, c.held = c.held, ""
	return text
}

// rest reads what is held back, when the reply has ended.
func (c *callReader) rest() (content string, calls []toolCall) {
	text := c.held
	c.held = ""
	switch c.form {
	case hermesForm:
		calls = parseCalls(strings.TrimPrefix(text, hermesBegin), c.names)
	case mistralForm:
		calls = parseMistral(text)
	case jsonForm:
		calls = parseCalls(strings.TrimPrefix(strings.TrimSpace(text), llamaBegin), c.names)
	}
	if len(calls) > 0 {
		c.any = true
		return "", calls
	}
	if c.any && strings.TrimSpace(text) == "" {
		return "", nil
	}
	return text, nil
}

// parseMistral reads all calls of a reply, or none.
func parseMistral(text string) (calls []toolCall) {
	for part := range strings.SplitSeq(text, mistralBegin) {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		some := parseCalls(part, nil)
		if name, arguments, ok := namedCall(part); ok {
			if object, err := objectOf(arguments); err == nil {
				some = []toolCall{newCall(name, object)}
			}
		}
		if len(some) == 0 {
			return nil
		}
		calls = append(calls, some...)
	}
	return calls
}

// namedCall parts name[ARGS]{…}; the tag between may be missing.
func namedCall(text string) (name, arguments string, ok bool) {
	at := strings.IndexByte(text, '{')
	if at <= 0 || text[0] == '[' {
		return "", "", false
	}
	name = strings.TrimSpace(strings.TrimSuffix(text[:at], mistralArgs))
	return name, text[at:], name != ""
}

// written is a call as models write it.
type written struct {
	Name       string          `json:"name"`
	Arguments  json.RawMessage `json:"arguments"`
	Parameters json.RawMessage `json:"parameters"`
}

// parseCalls reads calls, or lists of calls, one after another. It returns none unless all of text are calls, of names when
// these are given.
func parseCalls(text string, names map[string]bool) []toolCall {
	var all []toolCall
	for text = strings.TrimSpace(text); text != ""; text = strings.TrimPrefix(strings.TrimSpace(text), ";") {
		var value json.RawMessage
		d := json.NewDecoder(strings.NewReader(text))
		if d.Decode(&value) != nil {
			return nil
		}
		text = text[d.InputOffset():]
		some, ok := callsOf(value, names)
		if !ok {
			return nil
		}
		all = append(all, some...)
	}
	return all
}

// callsOf reads a call or a list of calls.
func callsOf(value json.RawMessage, names map[string]bool) (calls []toolCall, ok bool) {
	if value[0] != '[' {
		value = bytes.Join([][]byte{{'['}, value, {']'}}, nil)
	}
	var some []written
	if json.Unmarshal(value, &some) != nil {
		return nil, false
	}
	for _, w := range some {
		object, ok := w.object()
		if !ok || names != nil && !names[w.Name] {
			return nil, false
		}
		calls = append(calls, newCall(w.Name, object))
	}
	return calls, true
}

// object returns the arguments, which some write as a string.
func (w written) object() (json.RawMessage, bool) {
	raw := w.Arguments
	if raw == nil {
		raw = w.Parameters
	}
	text := string(raw)
	if text == "null" {
		text = ""
	}
	var inner string
	if json.Unmarshal(raw, &inner) == nil && text != "" {
		text = inner
	}
	object, err := objectOf(text)
	return object, err == nil && w.Name != ""
}

// newCall gives a call an id. Templates of Mistral's models refuse any that has not nine letters and digits.
func newCall(name string, arguments json.RawMessage) toolCall {
	return toolCall{ID: rand.Text()[:9], Type: "function", Function: functionCall{name, string(arguments)}}
}
