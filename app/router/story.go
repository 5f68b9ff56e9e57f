package router

import (
	"errors"
	"strings"

	"croft/app/chat"
	"croft/engine"
)

// story is a reply as far as it is written: a text, and after it the tokens of the model that writes now.
type story struct {
	request engine.Request // as it was asked for
	begun   bool           // some of it was written by this Generate

	facts   chat.Facts // of the model that wrote last
	begin   string
	written []int
	text    string // of written, as far as it was shown
	blind   bool   // not every token of text is known
}

// take adds a piece.
func (s *story) take(p engine.Piece) {
	s.text += p.Text
	if p.Result != nil {
		return
	}
	s.begun = true
	if p.Token < 0 {
		s.blind = true
	} else {
		s.written = append(s.written, p.Token)
	}
}

// next is the request for what is still to be written, to a model with these facts. preface is text that readers need
// first, so that the thinking goes on or ends as the new model means it.
func (s *story) next(f chat.Facts) (r engine.Request, preface string, err error) {
	same := f.ID != "" && f.ID == s.facts.ID && !s.blind
	moved := s.facts != chat.Facts{} && !same
	if moved {
		if len(s.request.Written) > 0 {
			return r, "", errors.New("the text of what was written is not known")
		}
		preface = s.fold(f)
	}
	s.facts = f
	r = s.request
	if moved && r.Conversation != nil {
		suited := chat.Suit(*r.Conversation, f)
		r.Conversation = &suited
	}
	r.Begin, r.Written = s.begin, append(r.Written[:len(r.Written):len(r.Written)], s.written...)
	return r, preface, nil
}

// fold makes text of the tokens, for a model that has others.
func (s *story) fold(f chat.Facts) (preface string) {
	before, now := false, false
	if c := s.request.Conversation; c != nil {
		before, _ = chat.OpensThinking(s.facts, *c)
		now, _ = chat.OpensThinking(f, chat.Suit(*c, f))
	}
	thinks := f.Template == "" || strings.Contains(f.Template, thinkEnd)
	s.begin, preface = seam(s.begin+s.text, before, now, thinks)
	s.written, s.text, s.blind = nil, "", false
	return preface
}

const (
	thinkBegin = "<think>"
	thinkEnd   = "</think>"
)

// seam translates what one model wrote into what another would have written. opened: the prompt of the first ended with
// <think>; opens: that of the second does; thinks: the second knows thinking at all.
func seam(text string, opened, opens, thinks bool) (begin, preface string) {
	body, tagged := strings.CutPrefix(strings.TrimLeft(text, " \n"), thinkBegin)
	if opened && !tagged {
		body = text
	}
	if !opened && !tagged { // no thinking so far
		switch {
		case !opens:
			return text, ""
		case text == "":
			return "", thinkBegin + "\n"
		}
		return "\n" + thinkEnd + "\n\n" + text, ""
	}
	thought, answer, ended := strings.Cut(body, thinkEnd)
	switch {
	case !thinks && !opens && ended:
		return strings.TrimLeft(answer, "\n"), ""
	case !thinks && !opens:
		return "", "\n" + thinkEnd + "\n\n"
	}
	if !opens {
		thought = thinkBegin + thought
	}
	if ended {
		thought += thinkEnd + answer
	}
	return thought, ""
}
