package chat

import (
	"testing"
	"time"
)

func TestSplitter(t *testing.T) {
	cases := map[string]struct {
		reply, thinking, text string
		opened, guess         bool
	}{
		"no thinking":             {reply: " Hello <b>", text: "Hello <b>"},
		"thinking":                {reply: "<think>\nhm\n</think>\n\nHello", thinking: "hm\n", text: "Hello"},
		"space before":            {reply: "\n<think>hm</think>Hello", thinking: "hm", text: "Hello"},
		"not closed":              {reply: "<think>hm <b>", thinking: "hm <b>"},
		"cut in the tag":          {reply: "<think>hm</thi", thinking: "hm</thi"},
		"almost a tag":            {reply: "<thinker>", text: "<thinker>"},
		"cut at once":             {reply: "<thi", text: "<thi"},
		"opened by the prompt":    {reply: "hm</think>Hello", opened: true, thinking: "hm", text: "Hello"},
		"opened, tag in the text": {reply: "a</think>b</think>", opened: true, thinking: "a", text: "b</think>"},
		"tag in the text":         {reply: "Use <think> and </think>.", text: "Use <think> and </think>."},
		"guessed":                 {reply: "hm\n</think>\n\nHello", guess: true, thinking: "hm\n", text: "Hello"},
		"guessed, empty":          {reply: "</think>\n\nHello", guess: true, text: "Hello"},
		"guessed, tag in a line":  {reply: "Use </think> so.", guess: true, text: "Use </think> so."},
		"guessed, no thinking":    {reply: "Hello </b>", guess: true, text: "Hello </b>"},
		"empty":                   {},
		"space only":              {reply: " \n "},
	}
	for name, c := range cases {
		for size := 1; size <= len(c.reply)+1; size++ {
			p := newSplitter(c.opened, c.guess, time.Unix(0, 0))
			for rest := c.reply; rest != ""; {
				n := min(size, len(rest))
				p.add(rest[:n], time.Unix(5, 0))
				rest = rest[n:]
			}
			p.end()
			if got := p.thinking.String(); got != c.thinking {
				t.Errorf("%s, pieces of %d: thinking %q, want %q", name, size, got, c.thinking)
			}
			if got := p.text.String(); got != c.text {
				t.Errorf("%s, pieces of %d: text %q, want %q", name, size, got, c.text)
			}
		}
	}
}

func TestSplitterTimesThinking(t *testing.T) {
	at := func(s int64) time.Time { return time.Unix(s, 0) }
	p := newSplitter(false, false, at(0))
	p.add("<think>", at(10))
	p.add("hm", at(12))
	if p.thought != 2*time.Second {
		t.Errorf("so far %v, want 2 s", p.thought)
	}
	p.add("</think>Hello", at(13))
	p.add(" there", at(20))
	if p.thought != 3*time.Second {
		t.Errorf("at the end %v, want 3 s", p.thought)
	}
}

func FuzzSplitter(f *testing.F) {
	f.Add("<think>hm</think>Hello", uint8(3), false, false)
	f.Add("hm\n</think>Hello", uint8(1), false, true)
	f.Fuzz(func(t *testing.T, reply string, size uint8, opened, guess bool) {
		whole, parts := newSplitter(opened, guess, time.Time{}), newSplitter(opened, guess, time.Time{})
		whole.add(reply, time.Time{})
		whole.end()
		for rest := reply; rest != ""; {
			n := min(int(size)+1, len(rest))
			parts.add(rest[:n], time.Time{})
			rest = rest[n:]
		}
		parts.end()
		if whole.text.String() != parts.text.String() || whole.thinking.String() != parts.thinking.String() {
			t.Errorf("whole %q %q, in parts %q %q", whole.thinking.String(), whole.text.String(), parts.thinking.String(), parts.text.String())
		}
	})
}
