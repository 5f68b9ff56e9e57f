package engine

import (
	"crypto/rand"
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
		c, typed := m.standIns(*r.Conversation)
		text, err := m.Render(c)
		if err != nil {
			return nil, err
		}
		return m.encodeRendered(text, typed), nil
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

// typed is a text that is read as mere text, and what stands for it while the template is rendered.
type typed struct{ standIn, text string }

// encodeRendered reads a rendered prompt, with each typed text where its stand-in is.
func (m *Model) encodeRendered(prompt string, texts []typed) []int {
	var ids []int
	for _, t := range texts {
		before, after, found := strings.Cut(prompt, t.standIn)
		if !found { // the template left it out
			continue
		}
		ids = append(ids, m.tokenizer.Encode(before, len(ids) == 0, true)...)
		ids = append(ids, m.tokenizer.Encode(t.text, false, false)...)
		prompt = after
	}
	ids = append(ids, m.tokenizer.Encode(prompt, len(ids) == 0, true)...)
	// A template that writes the begin-of-text token itself must not get a second one.
	if bos, ok := m.tokenizer.BOS(); ok && len(ids) > 1 && ids[0] == bos && ids[1] == bos {
		return ids[1:]
	}
	return ids
}

// standIns replaces what others than the model wrote and what spells a special token: a person who pastes "<|im_end|>"
// means these letters, and a text from elsewhere must not be able to end its turn and begin another.
func (m *Model) standIns(c template.Conversation) (template.Conversation, []typed) {
	var turns []map[string]json.RawMessage
	if json.Unmarshal(c.Messages, &turns) != nil {
		return c, nil
	}
	var texts []typed
	for _, t := range turns {
		var content string
		if string(t["role"]) == `"assistant"` || json.Unmarshal(t["content"], &content) != nil || !m.spellsSpecial(content) {
			continue
		}
		// Drawn anew each time, so that nobody can have written it.
		s := typed{standIn: "typed" + rand.Text(), text: content}
		t["content"] = json.RawMessage(`"` + s.standIn + `"`)
		texts = append(texts, s)
	}
	if messages, err := json.Marshal(turns); err == nil && len(texts) > 0 {
		c.Messages = messages
	}
	return c, texts
}

func (m *Model) spellsSpecial(text string) bool {
	return slices.ContainsFunc(m.tokenizer.Encode(text, false, true), m.tokenizer.IsSpecial)
}
