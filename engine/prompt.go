package engine

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"croft/engine/template"
)

// prompt returns the tokens to read.
func (m *Model) prompt(r Request) ([]int, error) {
	switch {
	case r.Conversation != nil:
		if m.info.Embedding {
			return nil, fmt.Errorf("%w: it turns text into vectors and cannot chat", ErrPurpose)
		}
		text, err := m.Render(*r.Conversation)
		if err != nil {
			return nil, err
		}
		return m.encodeRendered(text, m.spellings(r.Conversation.Messages)), nil
	case r.Text != "":
		return m.tokenizer.Encode(r.Text, true, true), nil
	}
	return r.Tokens, nil
}

// Render makes the prompt of a conversation by the model's own template. BOS and EOS are the model's when c leaves them out.
func (m *Model) Render(c template.Conversation) (string, error) {
	c.BOS, c.EOS = or(c.BOS, m.special(m.tokenizer.BOS())), or(c.EOS, m.special(m.tokenizer.EOS()))
	if len(c.Tools) == 0 && m.traits.EmptyTools {
		c.Tools = []byte("[]")
	}
	return m.template.Render(c)
}

func or(a, b *string) *string {
	if a != nil {
		return a
	}
	return b
}

func (m *Model) special(id int, ok bool) *string {
	if !ok {
		return nil
	}
	s := string(m.tokenizer.Piece(id))
	return &s
}

// encodeRendered reads a rendered prompt. The texts in typed, which stand in it in this order, are read as mere text.
func (m *Model) encodeRendered(prompt string, typed []string) []int {
	var ids []int
	for _, text := range typed {
		before, after, found := strings.Cut(prompt, text)
		if !found { // the template left it out
			continue
		}
		ids = append(ids, m.tokenizer.Encode(before, len(ids) == 0, true)...)
		ids = append(ids, m.tokenizer.Encode(text, false, false)...)
		prompt = after
	}
	ids = append(ids, m.tokenizer.Encode(prompt, len(ids) == 0, true)...)
	// A template that writes the begin-of-text token itself must not get a second one.
	if bos, ok := m.tokenizer.BOS(); ok && len(ids) > 1 && ids[0] == bos && ids[1] == bos {
		return ids[1:]
	}
	return ids
}

// spellings returns what others than the model wrote and what spells a special token, in order: a person who pastes
// "<|im_end|>" means these letters, and a text from elsewhere must not be able to end its turn and begin another.
func (m *Model) spellings(messages json.RawMessage) []string {
	var turns []struct {
		Role    string
		Content json.RawMessage
	}
	if json.Unmarshal(messages, &turns) != nil {
		return nil
	}
	var typed []string
	for _, t := range turns {
		var content string
		if t.Role == "assistant" || json.Unmarshal(t.Content, &content) != nil {
			continue
		}
		if slices.ContainsFunc(m.tokenizer.Encode(content, false, true), m.tokenizer.IsSpecial) {
			typed = append(typed, strings.TrimSpace(content)) // as most templates write it
		}
	}
	return typed
}
