package template

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// longChat is a conversation of n messages of the length people write.
func longChat(n int) json.RawMessage {
	messages := make([]Message, n)
	for i := range messages {
		messages[i] = Message{"user", fmt.Sprintf("Question %d, %s", i, strings.Repeat("and so on ", 40))}
		if i%2 == 1 {
			messages[i].Role = "assistant"
		}
	}
	return Plain(messages)
}

// TestLongChat renders a chat of 2,001 messages with each reference template: the limits are for hostile ones only.
func TestLongChat(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(goldenTemplates(t), "jinja", "*.jinja"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no templates: %v", err)
	}
	empty := ""
	chat := Conversation{
		Messages: longChat(2001), Tools: json.RawMessage("[]"), BOS: &empty, EOS: &empty,
		Kwargs: json.RawMessage(`{"add_generation_prompt": true}`),
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		tpl, err := Parse(string(source))
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		prompt, err := tpl.Render(chat)
		if err != nil {
			t.Errorf("%s: %v", filepath.Base(file), err)
		} else if !strings.Contains(prompt, "Question 2000, and so on") {
			t.Errorf("%s: the last question is missing", filepath.Base(file))
		}
		t.Log(filepath.Base(file), time.Since(start).Round(time.Millisecond))
	}
}

func BenchmarkRender(b *testing.B) {
	tpl, err := Parse(ChatML)
	if err != nil {
		b.Fatal(err)
	}
	for _, n := range []int{21, 2001} {
		c := Conversation{Messages: longChat(n), Kwargs: json.RawMessage(`{"add_generation_prompt": true}`)}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := tpl.Render(c); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
