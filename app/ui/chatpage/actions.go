package chatpage

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"

	"croft/app/chat"
	"croft/app/health"
	"croft/app/ui/control"
)

// send saves what was typed, in a new chat if none is open yet.
func (c *conversation) send(text string) {
	if _, ok := c.model(); !ok {
		c.warn(health.Problem{
			Title:    lang.L("No model yet"),
			Sentence: lang.L("Croft needs a model file before it can answer."),
		}, control.NewButton(lang.L("Choose a model"), "", control.Plain, c.page.win.ShowModels))
		return
	}
	c.calm()
	if c.editing != 0 {
		c.sendEdit(text)
		return
	}
	c.composer.set("")
	delete(c.drafts, c.id)
	c.warmUp()
	turn, id, set := c.turn, c.id, c.fresh
	c.page.bridge.Work(func(ctx context.Context) func() {
		id, err := c.post(ctx, id, set, text)
		return func() { c.sent(turn, id, text, err) }
	})
}

// post creates the chat if need be and sends.
func (c *conversation) post(ctx context.Context, id chat.ID, set chat.Settings, text string) (chat.ID, error) {
	var err error
	if id == 0 {
		if id, err = c.page.chats.Create(ctx, set); err != nil {
			return 0, err
		}
	}
	return id, c.page.chats.Send(ctx, id, text)
}

// sent shows the chat, or gives the text back if it could not be saved.
func (c *conversation) sent(turn int, id chat.ID, text string, err error) {
	if err != nil {
		c.warn(health.Of(err))
		if turn == c.turn && c.composer.text() == "" {
			c.composer.set(text)
		}
	}
	if turn != c.turn || id == 0 {
		return
	}
	c.id = id
	c.list.ToEnd()
	c.load(false)
	c.page.ReloadChats()
}

// warmUp loads the model now, because then its progress can be shown.
func (c *conversation) warmUp() {
	if m, ok := c.model(); ok {
		c.chooser.warm(m)
	}
}

// sendEdit writes a message anew, beside the old version.
func (c *conversation) sendEdit(text string) {
	id, message := c.id, c.editing
	c.endEdit()
	c.warmUp()
	c.page.then(func(ctx context.Context) error { return c.page.chats.Edit(ctx, id, message, text) }, c.toNewest)
}

func (c *conversation) toNewest() {
	c.list.ToEnd()
	c.load(false)
}

func (c *conversation) regenerate(reply chat.ID) {
	id := c.id
	c.calm()
	c.warmUp()
	c.page.then(func(ctx context.Context) error { return c.page.chats.Regenerate(ctx, id, reply) }, c.toNewest)
}

// carryOn has a reply go on that was cut off.
func (c *conversation) carryOn(reply chat.ID) {
	id := c.id
	c.calm()
	c.warmUp()
	c.page.then(func(ctx context.Context) error { return c.page.chats.Continue(ctx, id, reply) }, c.toNewest)
}

func (c *conversation) chooseBranch(message chat.ID, delta int) {
	id := c.id
	c.page.then(func(ctx context.Context) error { return c.page.chats.Choose(ctx, id, message, delta) }, func() { c.load(false) })
}

// beginEdit puts a message of the person's into the composer.
func (c *conversation) beginEdit(m chat.Message) {
	c.keepDraft()
	c.editing = m.ID
	c.composer.set(m.Text)
	c.composer.tell()
	c.composer.focus()
}

// endEdit puts back what was in the composer before.
func (c *conversation) endEdit() {
	c.editing = 0
	c.composer.set(c.drafts[c.id])
	c.composer.tell()
}

// editLast begins to edit the person's last message.
func (c *conversation) editLast() bool {
	for i := len(c.doc.Messages) - 1; i >= 0; i-- {
		if m := c.doc.Messages[i]; m.Role == chat.User {
			c.beginEdit(m)
			return true
		}
	}
	return false
}

func (c *conversation) stop() bool {
	if c.writing() == nil {
		return false
	}
	c.page.chats.Stop(c.id)
	return true
}

func (c *conversation) copyLast() {
	for i := len(c.doc.Messages) - 1; i >= 0; i-- {
		if m := c.doc.Messages[i]; m.Role == chat.Assistant && m.Text != "" {
			setClipboard(m.Text)
			c.page.win.Toast(lang.L("Reply copied"), "", nil)
			return
		}
	}
}

// warn puts a quiet bar above the composer.
func (c *conversation) warn(p health.Problem, buttons ...fyne.CanvasObject) {
	text := p.Sentence
	if p.Next != "" {
		text += " " + p.Next
	}
	c.notice.Objects = []fyne.CanvasObject{control.NewNotice(p.Title, text, p.Severity != health.Note || len(buttons) > 0, buttons...)}
	c.Refresh()
}

// calm takes the bar away.
func (c *conversation) calm() {
	if len(c.notice.Objects) > 0 {
		c.notice.Objects = nil
		c.Refresh()
	}
}

// Warn shows a problem above the composer.
func (p *Page) Warn(problem health.Problem) { p.talk.warn(problem) }

// passKey lets the window hear of a key that a text could not use.
func (p *Page) passKey(e *fyne.KeyEvent) {
	if f := p.win.Canvas().OnTypedKey(); f != nil {
		f(e)
	}
}
