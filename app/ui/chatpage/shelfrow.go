package chatpage

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"

	"croft/app/chat"
	"croft/app/ui/box"
	"croft/app/ui/control"
	"croft/app/ui/look"
	"croft/app/ui/prose"
)

// newShelfRow returns a chat in the list: its title over the beginning of its last message, or over a hit.
func newShelfRow(s *shelf, x entry) *control.Tile {
	title := control.NewBold(titleOf(x.chat), look.TextBody).Shrinking()
	head := box.NewRow(6, title).Growing(title)
	if x.chat.Writing {
		head.Objects = append(head.Objects, control.NewDot(look.Ready))
	}
	column := box.NewColumn(1, head, snippet(x))
	t := control.NewTile(titleOf(x.chat), column, func() { s.open(x) }).Round(look.RadiusRow, box.Sides(9, 10))
	t.OnMenu = func(at fyne.Position) {
		control.ShowMenu(s.page.win.Canvas(), at, false, s.page.chatMenu(x.chat))
	}
	choose(t, s.isOpen(x))
	return t
}

// titleOf names a chat that has no words yet.
func titleOf(c chat.Summary) string {
	if c.Title == "" {
		return lang.L("New chat")
	}
	return c.Title
}

func snippet(x entry) fyne.CanvasObject {
	if x.hit == nil || x.hit.Excerpt == "" {
		text := x.chat.Snippet
		if text == "" {
			text = " "
		}
		return control.NewWords(text, look.TextSmall, look.Soft).Shrinking()
	}
	return prose.NewSheet([]prose.Para{marked(x.hit.Excerpt, x.hit.Marks)})
}

// marked puts the stretches of a hit on the marker's ground. Ranges that do not fit the text are left out.
func marked(text string, marks [][2]int) prose.Para {
	p := prose.Para{Points: look.TextSmall, Ink: look.Soft}
	at := 0
	for _, m := range marks {
		if m[0] < at || m[1] > len(text) || m[0] >= m[1] {
			continue
		}
		p.Spans = append(p.Spans, prose.Span{Text: text[at:m[0]]}, prose.Span{Text: text[m[0]:m[1]], Style: prose.Marked})
		at = m[1]
	}
	p.Spans = append(p.Spans, prose.Span{Text: text[at:]})
	return p
}

// choose marks the row of the open chat.
func choose(t *control.Tile, on bool) {
	fill := look.None
	if on {
		fill = look.Tint
	}
	if t.Fill != fill {
		t.Paint(fill, look.None)
	}
}

// chatMenu is what can be done with a chat.
func (p *Page) chatMenu(c chat.Summary) []control.Item {
	pin := lang.L("Pin")
	if c.Pinned {
		pin = lang.L("Unpin")
	}
	return []control.Item{
		{Text: lang.L("Rename"), Icon: "edit", Do: func() { p.rename(c) }},
		{Text: pin, Icon: "pin", Do: func() { p.pin(c) }},
		{Text: lang.L("Export as Markdown"), Icon: "export", Do: func() { p.export(c) }},
		{Rule: true},
		{Text: lang.L("Delete"), Icon: "trash", Danger: true, Do: func() { p.remove(c) }},
	}
}

func (p *Page) rename(c chat.Summary) {
	control.Ask(p.win.Canvas(), lang.L("Rename this chat"), c.Title, lang.L("Rename"), lang.L("Cancel"), func(title string) {
		p.then(func(ctx context.Context) error { return p.chats.Rename(ctx, c.ID, title) }, p.ReloadChats)
	})
}

func (p *Page) pin(c chat.Summary) {
	p.then(func(ctx context.Context) error { return p.chats.SetPinned(ctx, c.ID, !c.Pinned) }, p.ReloadChats)
}

func (p *Page) export(c chat.Summary) {
	p.bridge.Work(func(ctx context.Context) func() {
		text, err := p.chats.Export(ctx, c.ID)
		return func() {
			if !p.failed(err) {
				p.win.SaveText(titleOf(c)+".md", text)
			}
		}
	})
}

// remove deletes at once and offers to undo it.
func (p *Page) remove(c chat.Summary) {
	p.then(func(ctx context.Context) error { return p.chats.Delete(ctx, c.ID) }, func() {
		if p.talk.id == c.ID {
			p.talk.open(0)
			p.win.ShowConversation(false)
		}
		p.ReloadChats()
		p.win.Toast(lang.L("Chat deleted"), lang.L("Undo"), func() { p.restore(c) })
	})
}

func (p *Page) restore(c chat.Summary) {
	p.then(func(ctx context.Context) error { return p.chats.Restore(ctx, c.ID) }, func() {
		p.ReloadChats()
		p.Open(c.ID)
	})
}

// then runs something beside the window and continues when it went well.
func (p *Page) then(job func(ctx context.Context) error, next func()) {
	p.bridge.Work(func(ctx context.Context) func() {
		err := job(ctx)
		return func() {
			if !p.failed(err) {
				next()
			}
		}
	})
}
