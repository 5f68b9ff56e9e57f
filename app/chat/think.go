package chat

import (
	"strings"
	"time"
	"unicode"

	"croft/storage"
)

const (
	thinkBegin = "<think>"
	thinkEnd   = "</think>"
)

// splitter parts thinking from text while a reply arrives. A reply thinks when it begins with
// <think>, or when the prompt ended with it; it answers after </think>.
type splitter struct {
	thinking, text strings.Builder
	thought        time.Duration // how long the thinking took so far
	phase          phase
	guess          bool      // whether the prompt ended with <think> is not known
	began          time.Time // of the thinking
	held           string    // may be the beginning of a tag
}

type phase int

const (
	beginning phase = iota // nothing but space so far
	thinking
	answering
)

// newSplitter starts at a moment. opened: the prompt ended with <think>. guess: whether it did is
// not known; the reply is text then, until a </think> on a line of its own makes thinking of it.
func newSplitter(opened, guess bool, now time.Time) *splitter {
	p := &splitter{guess: guess && !opened, began: now}
	if opened {
		p.phase = thinking
	}
	return p
}

// resumeSplitter is the splitter of a reply that is carried on.
func resumeSplitter(m storage.Message, now time.Time) *splitter {
	p := &splitter{phase: answering, began: now.Add(-m.Thought), thought: m.Thought}
	if m.Text == "" {
		p.phase = thinking
	}
	p.thinking.WriteString(m.Thinking)
	p.text.WriteString(m.Text)
	return p
}

// begun is a reply as its model wrote it, when the prompt ended with <think> (opened) or did not.
func begun(m storage.Message, opened bool) string {
	text := m.Thinking
	if m.Thinking != "" && !opened {
		text = thinkBegin + "\n" + text
	}
	switch {
	case m.Text == "":
		return text
	case m.Thinking == "" && !opened:
		return m.Text
	}
	return text + "\n" + thinkEnd + "\n\n" + m.Text
}

// add takes the next piece of the reply.
func (p *splitter) add(piece string, now time.Time) {
	p.held += piece
	for p.step(now) {
	}
}

// step moves what is certain out of held; it reports whether there may be more to move.
func (p *splitter) step(now time.Time) bool {
	switch p.phase {
	case beginning:
		return p.stepBeginning(now)
	case thinking:
		return p.stepThinking(now)
	}
	return p.stepAnswering(now)
}

func (p *splitter) stepBeginning(now time.Time) bool {
	text := strings.TrimLeftFunc(p.held, unicode.IsSpace)
	switch {
	case strings.HasPrefix(text, thinkBegin):
		p.phase, p.held, p.began = thinking, text[len(thinkBegin):], now
	case strings.HasPrefix(thinkBegin, text):
		return false // empty, or the tag is not whole yet
	default:
		p.phase, p.held = answering, text
	}
	return true
}

func (p *splitter) stepThinking(now time.Time) bool {
	p.thought = now.Sub(p.began)
	before, after, ended := strings.Cut(p.held, thinkEnd)
	if !ended {
		before, after = cutPartial(p.held, thinkEnd)
	}
	appendTrimmed(&p.thinking, before)
	p.held = after
	if ended {
		p.phase, p.guess = answering, false
	}
	return ended
}

func (p *splitter) stepAnswering(now time.Time) bool {
	if !p.guess {
		appendTrimmed(&p.text, p.held)
		p.held = ""
		return false
	}
	before, after, found := strings.Cut(p.held, thinkEnd)
	if !found {
		before, after = cutPartial(p.held, thinkEnd)
	}
	appendTrimmed(&p.text, before)
	p.held = after
	if found {
		p.closeGuess(now)
	}
	return found
}

// closeGuess has met a </think> without its <think>. On a line of its own it ends the thinking that
// the prompt began; elsewhere it is text.
func (p *splitter) closeGuess(now time.Time) {
	text := p.text.String()
	if trimmed := strings.TrimRight(text, " \t"); trimmed != "" && !strings.HasSuffix(trimmed, "\n") {
		p.text.WriteString(thinkEnd)
		return
	}
	p.guess = false
	p.thought = now.Sub(p.began)
	p.thinking.WriteString(text)
	p.text.Reset()
}

// end takes what is held as it is, when the reply ends.
func (p *splitter) end() {
	to := &p.text
	if p.phase == thinking {
		to = &p.thinking
	}
	appendTrimmed(to, p.held)
	p.held = ""
}

// appendTrimmed leaves out the space at the very beginning.
func appendTrimmed(b *strings.Builder, s string) {
	if b.Len() == 0 {
		s = strings.TrimLeftFunc(s, unicode.IsSpace)
	}
	b.WriteString(s)
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
