package chatpage

import (
	"context"

	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"

	"croft/app/chat"
	"croft/app/ui/box"
	"croft/app/ui/control"
	"croft/app/ui/look"
	"croft/app/ui/virtual"
)

// conversation is one open chat: its bar, its messages and the composer. Chat 0 is a new one that nothing was sent in.
type conversation struct {
	widget.BaseWidget
	page *Page
	id   chat.ID
	doc  chat.Transcript
	turn int // counts openings, so that a late answer is not taken for the present one

	list     *virtual.List
	composer *composer
	chooser  *chooser
	bar      *topBar
	jump     *control.Button
	notice   *box.Column
	empty    *empty
	drafts   map[chat.ID]string
	fresh    chat.Settings // of a chat that was not created yet
	lookFor  chat.ID       // a message to show once the chat is there
	editing  chat.ID       // the person's message that the composer holds, 0 for none
}

func newConversation(p *Page) *conversation {
	c := &conversation{page: p, drafts: map[chat.ID]string{}}
	c.list = virtual.NewList(c)
	c.list.Gap, c.list.Max, c.list.Sticks = 18, look.ColumnMax, true
	c.list.OnMoved = c.moved
	c.empty = newEmpty(c)
	c.composer = newComposer(c)
	c.chooser = newChooser(c)
	c.bar = newTopBar(c)
	c.jump = control.NewButton(lang.L("Jump to latest"), "latest", control.Plain, c.list.ToEnd)
	c.jump.Round(look.RadiusRound, box.Sides(0, 16))
	c.jump.Raise()
	c.jump.Hide()
	c.notice = box.NewColumn(8)
	c.ExtendBaseWidget(c)
	return c
}

// open shows a chat; what was typed for the one before is kept for it.
func (c *conversation) open(id chat.ID) {
	c.keepDraft()
	c.turn++
	c.id, c.editing, c.lookFor = id, 0, 0
	c.doc = chat.Transcript{}
	c.notice.Objects = nil
	c.composer.set(c.drafts[id])
	c.page.list.chosen()
	if id == 0 {
		c.fresh = chat.Settings{System: c.page.values().SystemPrompt}
		c.took()
		return
	}
	c.load(true)
}

func (c *conversation) keepDraft() {
	if c.editing != 0 {
		return
	}
	if text := c.composer.text(); text != "" {
		c.drafts[c.id] = text
	} else {
		delete(c.drafts, c.id)
	}
}

// load reads the chat; fresh is true when it was not shown before.
func (c *conversation) load(fresh bool) {
	id, turn := c.id, c.turn
	c.page.bridge.Work(func(ctx context.Context) func() {
		doc, err := c.page.chats.Load(ctx, id)
		return func() {
			if turn != c.turn || c.page.failed(err) {
				return
			}
			c.take(doc, fresh)
		}
	})
}

// take shows a transcript. Rows of messages that did not change are kept.
func (c *conversation) take(doc chat.Transcript, fresh bool) {
	old := map[chat.ID]chat.Message{}
	for _, m := range c.doc.Messages {
		old[m.ID] = m
	}
	c.doc = doc
	if fresh {
		c.list.Reset(true)
	} else {
		for _, m := range doc.Messages {
			if o, ok := old[m.ID]; ok && !same(o, m) {
				c.list.Drop(m.ID)
			}
		}
		c.list.Reload()
	}
	c.took()
	if c.lookFor != 0 {
		c.find(c.lookFor)
	}
}

// took brings everything around the messages in step with them.
func (c *conversation) took() {
	if c.id == 0 {
		c.list.Reset(true)
	}
	c.bar.tell()
	c.chooser.tell()
	c.composer.tell()
	c.Refresh()
}

func same(a, b chat.Message) bool {
	return a.State == b.State && a.Branch == b.Branch && a.Branches == b.Branches && len(a.Text) == len(b.Text) &&
		a.Text == b.Text && a.Thinking == b.Thinking && a.Progress == b.Progress && (a.Stats == nil) == (b.Stats == nil)
}

// update takes over what changed.
func (c *conversation) update(u chat.Update) {
	if u.Chat != c.id || c.id == 0 {
		return
	}
	if u.Reply == nil {
		c.load(false)
		return
	}
	if u.ContextMax > 0 {
		c.doc.ContextUsed, c.doc.ContextMax = u.ContextUsed, u.ContextMax
	}
	i := c.index(u.Reply.ID)
	if i < 0 {
		c.load(false)
		return
	}
	c.show(i, *u.Reply)
	if u.Reply.State != chat.Writing && u.Reply.State != chat.Waiting {
		c.load(false)
	}
}

// show takes over a message in its place.
func (c *conversation) show(i int, m chat.Message) {
	started := c.doc.Messages[i].State != m.State
	c.doc.Messages[i] = m
	if t, ok := c.list.Made(m.ID).(*turn); ok && t.show(m) {
		c.list.Grown(i)
	}
	if started {
		c.composer.tell()
		c.chooser.tell()
	}
	c.composer.meter(c.doc)
}

func (c *conversation) index(id chat.ID) int {
	for i := len(c.doc.Messages) - 1; i >= 0; i-- {
		if c.doc.Messages[i].ID == id {
			return i
		}
	}
	return -1
}

// grown tells that a message changed its height.
func (c *conversation) grown(id chat.ID) {
	if i := c.index(id); i >= 0 {
		c.list.Grown(i)
	}
}

// find brings a message to the top of the view, now or once it is loaded.
func (c *conversation) find(id chat.ID) {
	if i := c.index(id); i >= 0 {
		c.lookFor = 0
		c.list.To(i)
		return
	}
	c.lookFor = id
}

// writing returns the reply that is being written.
func (c *conversation) writing() *chat.Message {
	if n := len(c.doc.Messages); n > 0 {
		if m := &c.doc.Messages[n-1]; m.State == chat.Writing || m.State == chat.Waiting {
			return m
		}
	}
	return nil
}

// moved shows the way to the end when it is out of view.
func (c *conversation) moved() {
	away := !c.list.AtEnd() && len(c.doc.Messages) > 0
	show(c.jump, away)
}

// rename takes over a title that changed elsewhere.
func (c *conversation) rename(list []chat.Summary) {
	for _, s := range list {
		if s.ID == c.id {
			c.doc.Summary = s
			c.bar.tell()
		}
	}
}

// Len is the number of messages.
func (c *conversation) Len() int { return len(c.doc.Messages) }

// Key is the message's id.
func (c *conversation) Key(i int) any { return c.doc.Messages[i].ID }

// Guess estimates the height of a message from its length.
func (c *conversation) Guess(i int, width float32) float32 {
	m := &c.doc.Messages[i]
	perLine := max(10, width/look.Pt(7.2))
	lines := 1 + float32(len(m.Text))/perLine
	if m.Role == chat.User {
		return lines*look.LineHeight(look.TextBody) + 18
	}
	return lines*look.LineHeight(look.TextBody)*1.15 + 50
}

// Make returns a message.
func (c *conversation) Make(i int) virtual.Row { return newTurn(c, c.doc.Messages[i]) }
