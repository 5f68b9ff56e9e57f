package template

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"unicode/utf8"
)

// seedTemplates feeds a fuzz test with hostile and, where they are here, real templates.
func seedTemplates(f *testing.F, add func(source string)) {
	for _, source := range hostile {
		if len(source) < 1000 {
			add(source)
		}
	}
	root := os.Getenv("CROFT_GOLDEN")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared", "golden")
	}
	files, err := filepath.Glob(filepath.Join(root, "templates", "jinja", "*.jinja"))
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		add(string(source))
	}
}

// FuzzRender checks that no template and no conversation panics, that what is printed is text,
// and that rendering twice gives the same.
func FuzzRender(f *testing.F) {
	const chat = `[{"role": "system", "content": "a"}, {"role": "user", "content": [{"type": "text", "text": "b"}]},
		{"role": "assistant", "content": null, "tool_calls": [{"function": {"name": "c", "arguments": {"d": 1.5}}}]}]`
	seedTemplates(f, func(source string) { f.Add(source, chat) })
	f.Add(ChatML, chat)
	f.Fuzz(func(t *testing.T, source, messages string) {
		tpl, err := Parse(source)
		if err != nil {
			return
		}
		c := Conversation{Messages: json.RawMessage(messages), Now: testTime}
		first, err := tpl.render(c, 100_000)
		if err != nil {
			return
		}
		if utf8.ValidString(source) && utf8.ValidString(messages) && !utf8.ValidString(first) {
			t.Errorf("not UTF-8: %q", first)
		}
		second, err := tpl.render(c, 100_000)
		if err != nil || second != first {
			t.Errorf("rendered again: %q, %v, want %q", second, err, first)
		}
	})
}

// FuzzExpression makes expressions out of pieces, which get deeper than random bytes do.
func FuzzExpression(f *testing.F) {
	pieces := []string{
		"messages", "messages[0]", "'aé'", "1", "2.5", "[1, 'b', none]", "{'a': 1}", "range(3)", "namespace(a=1)", "(", ")", "[", "]",
		"|", ".", " is ", " if ", " else ", " + ", " * ", " % ", " ~ ", ", ", ":", "-", "not ", " in ", " and ", "=", "**", "//", "loop",
	}
	for _, names := range []map[string]builtin{builtins.filters, builtins.tests, strMethods} {
		for name := range names {
			pieces = append(pieces, name)
		}
	}
	f.Add([]byte{2, 13, 40})
	f.Add([]byte{0, 13, 50, 9, 2, 10})
	f.Fuzz(func(t *testing.T, choices []byte) {
		source := "{% for x in [1] %}{{ "
		for _, c := range choices {
			source += pieces[int(c)%len(pieces)]
		}
		tpl, err := Parse(source + " }}{% endfor %}")
		if err != nil {
			return
		}
		prompt, err := tpl.render(Conversation{Messages: json.RawMessage(`[{"role": "user", "content": "x"}]`), Now: testTime}, 100_000)
		if err == nil && !utf8.ValidString(prompt) {
			t.Errorf("%s: not UTF-8: %q", source, prompt)
		}
	})
}
