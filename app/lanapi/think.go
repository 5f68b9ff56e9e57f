package lanapi

import (
	"strings"
	"unicode"
)

const (
	thinkBegin = "<think>"
	thinkEnd   = "</think>"
)

// thinker parts what a model thinks from what it says. A reply thinks when it begins with <think>, or when the prompt ended
// with it; it speaks after </think>.
type thinker struct {
	phase   phase
	held    string // may be the beginning of a tag
	started bool   // something other than space has come since the last tag
	trims   bool   // there was thinking, so the space around it goes
}

type phase int

const (
	beginning phase = iota // nothing but space so far
	thinking
	speaking
)

// newThinker is told whether the prompt ended with <think>.
func newThinker(opened bool) *thinker {
	if opened {
		return &thinker{phase: thinking, trims: true}
	}
	return &thinker{}
}

func (t *thinker) add(text string) (reasoning, content string) {
	t.held += text
	if t.phase == beginning {
		t.begin()
	}
	if t.phase == thinking {
		reasoning = t.think()
	}
	if t.phase == speaking {
		content = t.trim(t.held)
		t.held = ""
	}
	return reasoning, content
}

// begin finds out whether the reply thinks, once enough of it is there.
func (t *thinker) begin() {
	text := strings.TrimLeftFunc(t.held, unicode.IsSpace)
	switch {
	case strings.HasPrefix(text, thinkBegin):
		t.phase, t.held, t.trims = thinking, text[len(thinkBegin):], true
	case !strings.HasPrefix(thinkBegin, text):
		t.phase = speaking
	}
}

func (t *thinker) think() string {
	before, after, ended := strings.Cut(t.held, thinkEnd)
	if !ended {
		before, after = cutPartial(t.held, thinkEnd)
	}
	reasoning := t.trim(before)
	if t.held = after; ended {
		t.phase, t.started = speaking, false
	}
	return reasoning
}

// trim leaves out the space at the beginning of thinking, and of what follows it.
func (t *thinker) trim(text string) string {
	if t.trims && !t.started {
		text = strings.TrimLeftFunc(text, unicode.IsSpace)
	}
	t.started = t.started || text != ""
	return text
}

// rest is what is held back, when the reply has ended.
func (t *thinker) rest() (reasoning, content string) {
	text := t.trim(t.held)
	if t.held = ""; t.phase == thinking {
		return text, ""
	}
	return "", text
}

// cutPartial cuts off the end of s that may be the beginning of a tag.
func cutPartial(s, tag string) (certain, partial string) {
	for n := min(len(tag)-1, len(s)); n > 0; n-- {
		if strings.HasSuffix(s, tag[:n]) {
			return s[:len(s)-n], s[len(s)-n:]
		}
	}
	return s, ""
}
