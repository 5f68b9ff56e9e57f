package lanapi

import (
	"cmp"
	"strings"
	"sync"

	"croft/engine/template"
)

// templates remembers what templates can do, since finding out takes several renderings.
type templates struct {
	mu    sync.Mutex
	known map[string]*chatTemplate // by source
}

// chatTemplate is a parsed template; parsed is nil for one that is not understood.
type chatTemplate struct {
	parsed *template.Template
	traits template.Traits
}

const templatesMax = 16

func (t *templates) of(source string) *chatTemplate {
	source = cmp.Or(source, template.ChatML)
	t.mu.Lock()
	defer t.mu.Unlock()
	if c := t.known[source]; c != nil {
		return c
	}
	c := &chatTemplate{}
	if parsed, err := template.Parse(source); err == nil {
		c.parsed, c.traits = parsed, template.Detect(parsed)
	}
	if t.known == nil || len(t.known) >= templatesMax {
		t.known = map[string]*chatTemplate{}
	}
	t.known[source] = c
	return c
}

// opensThinking says whether the prompt of a conversation ends with <think>, so that the reply begins inside it.
func (c *chatTemplate) opensThinking(conversation template.Conversation) bool {
	if c.parsed == nil {
		return false
	}
	none := ""
	conversation.BOS, conversation.EOS = &none, &none
	if len(conversation.Tools) == 0 && c.traits.EmptyTools {
		conversation.Tools = []byte("[]")
	}
	prompt, err := c.parsed.Render(conversation)
	return err == nil && strings.HasSuffix(strings.TrimSpace(prompt), thinkBegin)
}
