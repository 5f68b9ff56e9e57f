package lanapi

import (
	"strings"
	"testing"
)

// readReply gives a reply to a reader in pieces of size bytes, and writes the calls as name(arguments).
func readReply(form callForm, reply string, size int) (content string, calls []string) {
	c := &callReader{form: form, names: map[string]bool{"f": true, "g": true}}
	note := func(text string, found []toolCall) {
		content += text
		for _, call := range found {
			calls = append(calls, call.Function.Name+"("+call.Function.Arguments+")")
		}
	}
	for rest := reply; rest != ""; {
		n := min(size, len(rest))
		note(c.add(rest[:n]))
		rest = rest[n:]
	}
	note(c.rest())
	return content, calls
}

func TestCallsAreFoundInEveryForm(t *testing.T) {
	for name, c := range map[string]struct {
		form    callForm
		reply   string
		content string
		calls   string
	}{
		"hermes":                {hermesForm, `<tool_call>{"name": "f", "arguments": {"b": 1, "a": "x"}}</tool_call>`, "", `f({"b":1,"a":"x"})`},
		"hermes, text before":   {hermesForm, "I look.\n<tool_call>\n{\"name\": \"f\", \"arguments\": {}}\n</tool_call>\n", "I look.", "f({})"},
		"hermes, two":           {hermesForm, `<tool_call>{"name": "f"}</tool_call> <tool_call>{"name": "g", "arguments": null}</tool_call>`, "", "f({}) g({})"},
		"hermes, any name":      {hermesForm, `<tool_call>{"name": "h", "arguments": {}}</tool_call>`, "", "h({})"},
		"hermes, no end":        {hermesForm, `<tool_call>{"name": "f", "arguments": {"a": "</tool"}}`, "", `f({"a":"</tool"})`},
		"hermes, cut":           {hermesForm, `Well. <tool_call>{"name": "f", "argu`, `Well.<tool_call>{"name": "f", "argu`, ""},
		"hermes, broken":        {hermesForm, `<tool_call>f(1)</tool_call> so`, `<tool_call>f(1)</tool_call> so`, ""},
		"hermes, in a string":   {hermesForm, `<tool_call>{"name": "f", "arguments": "{\"a\": 1}"}</tool_call>`, "", `f({"a":1})`},
		"hermes, none":          {hermesForm, "a < b <tool> \n", "a < b <tool> \n", ""},
		"hermes, a list":        {hermesForm, `<tool_call>{"name": "f", "arguments": [1]}</tool_call>`, `<tool_call>{"name": "f", "arguments": [1]}</tool_call>`, ""},
		"mistral":               {mistralForm, `[TOOL_CALLS] [{"name": "f", "arguments": {"a": 1}}, {"name": "g", "arguments": {}}]`, "", `f({"a":1}) g({})`},
		"mistral, text before":  {mistralForm, "Yes. [TOOL_CALLS][{\"name\": \"f\", \"arguments\": {}}]", "Yes.", "f({})"},
		"mistral, named":        {mistralForm, `[TOOL_CALLS]f[ARGS]{"a": "{"}[TOOL_CALLS]g[ARGS]{}`, "", `f({"a":"{"}) g({})`},
		"mistral, no tag":       {mistralForm, `[TOOL_CALLS]f{"a": 1}`, "", `f({"a":1})`},
		"mistral, half broken":  {mistralForm, `[TOOL_CALLS]f[ARGS]{}[TOOL_CALLS]g[ARGS]{`, `[TOOL_CALLS]f[ARGS]{}[TOOL_CALLS]g[ARGS]{`, ""},
		"mistral, none":         {mistralForm, "[TOOL] [1]", "[TOOL] [1]", ""},
		"llama":                 {jsonForm, `{"name": "f", "parameters": {"a": 1}}`, "", `f({"a":1})`},
		"llama, tagged":         {jsonForm, `<|python_tag|>{"name": "f", "parameters": {}}`, "", "f({})"},
		"llama, two":            {jsonForm, `{"name": "f", "parameters": {}}; {"name": "g", "parameters": {}}`, "", "f({}) g({})"},
		"llama, other name":     {jsonForm, `{"name": "h", "parameters": {}}`, `{"name": "h", "parameters": {}}`, ""},
		"llama, other JSON":     {jsonForm, ` {"a": 1}`, ` {"a": 1}`, ""},
		"llama, text":           {jsonForm, "\nHello {", "\nHello {", ""},
		"llama, almost the tag": {jsonForm, "<|pyth", "<|pyth", ""},
		"empty":                 {jsonForm, "", "", ""},
	} {
		for size := 1; size <= len(c.reply)+1; size++ {
			content, calls := readReply(c.form, c.reply, size)
			if content != c.content || strings.Join(calls, " ") != c.calls {
				t.Errorf("%s, pieces of %d: %q and %q, want %q and %q", name, size, content, calls, c.content, c.calls)
				break
			}
		}
	}
}

// However a reply is cut into pieces, it says the same; and what has no call in it comes out as it went in.
func FuzzCalls(f *testing.F) {
	f.Add(0, `a <tool_call>{"name": "f", "arguments": {"a": 1}}</tool_call> b`, 3)
	f.Add(1, `[TOOL_CALLS][{"name": "f"}] x [TOOL_CALLS]g{}`, 1)
	f.Add(2, `<|python_tag|>{"name": "g", "parameters": {}};[1]`, 2)
	f.Fuzz(func(t *testing.T, form int, reply string, size int) {
		if size < 1 || len(reply) > 1000 {
			t.Skip()
		}
		kind := callForm(uint(form) % 3)
		whole, calls := readReply(kind, reply, len(reply)+1)
		content, again := readReply(kind, reply, size)
		if content != whole || strings.Join(calls, " ") != strings.Join(again, " ") {
			t.Errorf("in pieces of %d: %q %q, whole: %q %q", size, content, again, whole, calls)
		}
		if len(calls) == 0 && strings.Join(strings.Fields(whole), "") != strings.Join(strings.Fields(reply), "") {
			t.Errorf("%q became %q", reply, whole)
		}
	})
}

func TestThinkingIsParted(t *testing.T) {
	for name, c := range map[string]struct {
		opened                    bool
		reply, reasoning, content string
	}{
		"none":          {false, " Hello <b>", "", " Hello <b>"},
		"thinking":      {false, "<think>\nhm\n</think>\n\nHello\n", "hm\n", "Hello\n"},
		"space before":  {false, "\n<think>hm</think>Hello", "hm", "Hello"},
		"not closed":    {false, "<think>hm <b>", "hm <b>", ""},
		"cut in a tag":  {false, "<think>hm</thi", "hm</thi", ""},
		"almost a tag":  {false, "<thinker>", "", "<thinker>"},
		"opened":        {true, "\nhm</think>\nHello", "hm", "Hello"},
		"opened, empty": {true, "\n</think>Hello", "", "Hello"},
		"later":         {false, "Use <think> and </think>.", "", "Use <think> and </think>."},
		"space only":    {false, " \n", "", " \n"},
	} {
		for size := 1; size <= len(c.reply)+1; size++ {
			p, reasoning, content := newThinker(c.opened), "", ""
			note := func(r, c string) { reasoning, content = reasoning+r, content+c }
			for rest := c.reply; rest != ""; {
				n := min(size, len(rest))
				note(p.add(rest[:n]))
				rest = rest[n:]
			}
			note(p.rest())
			if reasoning != c.reasoning || content != c.content {
				t.Errorf("%s, pieces of %d: %q and %q, want %q and %q", name, size, reasoning, content, c.reasoning, c.content)
				break
			}
		}
	}
}
