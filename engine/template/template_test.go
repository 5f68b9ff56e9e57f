package template

import (
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"
)

var testTime = time.Date(2026, 3, 4, 5, 9, 6, 0, time.UTC)

// renderText renders a template with a short conversation.
func renderText(source string) (string, error) { return renderSteps(source, stepsMax) }

func renderSteps(source string, steps int) (string, error) {
	t, err := Parse(source)
	if err != nil {
		return "", err
	}
	bos := "<s>"
	return t.render(Conversation{
		Messages: Plain([]Message{{"user", "Hi"}, {"assistant", "<b>Hello</b>"}}),
		Kwargs:   json.RawMessage(`{"add_generation_prompt": true, "number": 12345678901234567890}`),
		BOS:      &bos,
		Now:      testTime,
	}, steps)
}

// checkTable renders each source and compares.
func checkTable(t *testing.T, table [][2]string) {
	t.Helper()
	for _, c := range table {
		got, err := renderText(c[0])
		if err != nil {
			t.Errorf("%s: %v", c[0], err)
		} else if got != c[1] {
			t.Errorf("%s: got %q, want %q", c[0], got, c[1])
		}
	}
}

func TestVariables(t *testing.T) {
	checkTable(t, [][2]string{
		{`{{ bos_token }}{{ eos_token }}|{{ eos_token is defined }}`, `<s>|False`},
		{`{{ messages[0].role }}{{ messages[-1]['content'] }}`, `user<b>Hello</b>`},
		{`{{ messages }}`, `[{'role': 'user', 'content': 'Hi'}, {'role': 'assistant', 'content': '<b>Hello</b>'}]`},
		{`{{ tools }}{{ documents }}{{ tools is none }}`, `NoneNoneTrue`},
		{`{{ add_generation_prompt }}`, `True`},
		{`{{ number }} {{ number + 1 }} {{ number|tojson }}`, `12345678901234567890 12345678901234567891 12345678901234567890`},
		{`{{ strftime_now("%d %b %Y") }} {{ strftime_now("%-d.%-m. %A %H:%M:%S %j %U %G-W%V %%") }}`, `04 Mar 2026 4.3. Wednesday 05:09:06 063 09 2026-W10 %`},
	})
}

func TestKeyOrder(t *testing.T) {
	tpl, err := Parse(`{{ tools|tojson }}{{ messages }}`)
	if err != nil {
		t.Fatal(err)
	}
	got, err := tpl.Render(Conversation{
		Messages: json.RawMessage(`[]`),
		Tools:    json.RawMessage(`[{"z": 1.0, "a": [true, null, 1e20], "z": "é<"}]`),
	})
	if want := `[{"z": "é<", "a": [true, null, 1e+20]}][]`; err != nil || got != want {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}

func TestBrokenConversation(t *testing.T) {
	tpl, err := Parse(`{{ messages }}`)
	if err != nil {
		t.Fatal(err)
	}
	deep := strings.Repeat("[", jsonDepthMax+2) + strings.Repeat("]", jsonDepthMax+2)
	for _, c := range []Conversation{
		{Messages: json.RawMessage(`[`)},
		{Messages: json.RawMessage(`[] []`)},
		{Messages: json.RawMessage(`{"a" 1}`)},
		{Messages: json.RawMessage(deep)},
		{Tools: json.RawMessage(`nul`)},
		{Kwargs: json.RawMessage(`[1]`)},
		{Kwargs: json.RawMessage(`{"a": 1` + strings.Repeat("0", 5000) + `}`)},
	} {
		if got, err := tpl.Render(c); err == nil {
			t.Errorf("%.40s%.40s%.40s: got %q, want an error", c.Messages, c.Tools, c.Kwargs, got)
		}
	}
}

func TestPlain(t *testing.T) {
	if got := string(Plain(nil)); got != "[]" {
		t.Errorf("no messages: got %s", got)
	}
	got := string(Plain([]Message{{"user", "a\n\"b\" <c> é"}}))
	v, err := decode(json.RawMessage(got))
	if err != nil {
		t.Fatal(err)
	}
	s := &state{steps: stepsMax}
	if want := `[{'role': 'user', 'content': 'a\n"b" <c> é'}]`; s.repr(v) != want {
		t.Errorf("got %s, want %s", s.repr(v), want)
	}
}

func TestChatML(t *testing.T) {
	tpl, err := Parse(ChatML)
	if err != nil {
		t.Fatal(err)
	}
	c := Conversation{
		Messages: Plain([]Message{{"system", "Be brief."}, {"user", " Hi\n"}}),
		Kwargs:   json.RawMessage(`{"add_generation_prompt": true}`),
	}
	want := "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\n Hi\n<|im_end|>\n<|im_start|>assistant\n"
	if got, err := tpl.Render(c); err != nil || got != want {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
	c.Kwargs = nil
	want = strings.TrimSuffix(want, "<|im_start|>assistant\n")
	if got, err := tpl.Render(c); err != nil || got != want {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}

func TestDetect(t *testing.T) {
	tests := []struct {
		source string
		want   Traits
	}{
		{ChatML, Traits{System: true}},
		{`{{ messages[0].content }}`, Traits{System: true}},
		{`{% if messages[0].role == 'system' %}{{ raise_exception('no') }}{% endif %}x`, Traits{}},
		{`{% for m in messages if m.role != 'system' %}{{ m.content }}{% endfor %}`, Traits{}},
		{`{{ tools|tojson }}`, Traits{Tools: true}},
		{`{% for t in tools %}{{ t.function.name }}{% endfor %}{{ messages[0].content }}`, Traits{System: true, Tools: true, EmptyTools: true}},
		{`{% if enable_thinking is defined and not enable_thinking %}<think></think>{% endif %}a`, Traits{Thinking: "enable_thinking"}},
		{`{% if thinking %}<think>{% else %}</think>{% endif %}`, Traits{Thinking: "thinking"}},
		{`{{ enable_thinking.a.b }}`, Traits{}},
		{`{{ bos_token + messages[-1].content }}{{ eos_token + '' }}{% if not add_generation_prompt %}{{ raise_exception('') }}{% endif %}`, Traits{}},
	}
	for _, test := range tests {
		tpl, err := Parse(test.source)
		if err != nil {
			t.Fatal(err)
		}
		if got := Detect(tpl); got != test.want {
			t.Errorf("%s: got %+v, want %+v", test.source, got, test.want)
		}
	}
}

// TestConcurrent renders one template from many goroutines; go test -race watches.
func TestConcurrent(t *testing.T) {
	tpl, err := Parse(`{% set l = [1,2,3] %}{% set _ = l.pop() %}{% macro m(a) %}{{ a|upper }}{% endmacro %}{{ l }}{{ m(messages[0].content) }}`)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			got, err := tpl.Render(Conversation{Messages: Plain([]Message{{"user", "a"}})})
			if err != nil || got != "[1, 2]A" {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
	wg.Wait()
}

func TestRaise(t *testing.T) {
	_, err := renderText("a\n{{ raise_exception('No ' ~ 'tools') }}")
	var raised *RaiseError
	if !errors.As(err, &raised) || raised.Message != "No tools" || raised.Line != 2 || err.Error() != "No tools" {
		t.Errorf("got %#v", err)
	}
}

func TestErrorLine(t *testing.T) {
	for _, c := range []struct {
		source string
		line   int
		says   string
	}{
		{"a\n\n{{ b.c }}", 3, "'b' is undefined"},
		{"{{ messages[7].role }}", 1, "list object has no element 7"},
		{"\n{{ messages[0].x.y }}", 2, "'dict object' has no attribute 'x'"},
		{"{#\n#}\n{% if 1 %}\n{{ 'a' + 1 }}\n{% endif %}", 4, "unsupported operand types for +: 'str' and 'int'"},
		{"{% macro m() %}\n{% endmacro %}\n{{ m() + none }}", 3, "unsupported operand"},
		{"{% macro m(a) %}\n{{ a.b.c }}\n{% endmacro %}\n{{ m({}) }}", 2, "'dict object' has no attribute 'b'"},
		{"{{- 'x' -}}\n\n{{ 1 +\n }}", 4, "unexpected }}"},
		{"{% if 1 %}\n", 1, "the template ends before \"endif\""},
		{"\n{{ 'a }}", 2, "a string has no end"},
		{"\n\n{{ 1|nope }}", 3, "no filter named 'nope'"},
		{"{% for i in [1] %}\n{{ i is nope }}{% endfor %}", 2, "no test named 'nope'"},
		{"\n{% include 'x' %}", 2, `"include" is not supported`},
	} {
		_, err := renderText(c.source)
		var e *Error
		if !errors.As(err, &e) || e.Line != c.line || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q: got %v, want line %d and %q", c.source, err, c.line, c.says)
		}
	}
}
