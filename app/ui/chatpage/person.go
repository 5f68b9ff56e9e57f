package chatpage

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"

	"croft/app/chat"
	"croft/app/ui/box"
	"croft/app/ui/control"
	"croft/app/ui/look"
	"croft/app/ui/prose"
)

// person returns the content of a person's message: a bubble, and beside it what can be done with it.
func (t *turn) person() []fyne.CanvasObject {
	aside := box.NewRow(0)
	if t.message.Branches > 1 {
		aside.Objects = append(aside.Objects, t.branches())
	}
	if !t.talk.page.win.Phone() {
		aside.Objects = append(aside.Objects, control.NewSmallIcon(lang.L("Edit"), "edit", t.edit))
	}
	return []fyne.CanvasObject{newBubble(t.text(prose.Plain(t.message.Text)), aside)}
}

// branches returns the arrows between versions of a message.
func (t *turn) branches() fyne.CanvasObject {
	m := t.message
	back := control.NewSmallIcon(lang.L("Version before"), "back", func() { t.talk.chooseBranch(m.ID, -1) })
	next := control.NewSmallIcon(lang.L("Version after"), "forward", func() { t.talk.chooseBranch(m.ID, 1) })
	if m.Branch <= 1 {
		back.Disable()
	}
	if m.Branch >= m.Branches {
		next.Disable()
	}
	count := control.NewWords(fmt.Sprintf("%d/%d", m.Branch, m.Branches), look.TextSmall, look.Soft)
	return box.NewRow(0, back, count, next)
}

func (t *turn) edit() { t.talk.beginEdit(t.message) }

// menu is what a secondary tap on a message offers.
func (t *turn) menu(at fyne.Position, x *prose.Text) {
	var items []control.Item
	if s := x.Selected(); s != "" {
		items = append(items, control.Item{Text: lang.L("Copy selection"), Icon: "copy", Do: func() { setClipboard(s) }})
	}
	items = append(items, control.Item{Text: lang.L("Copy message"), Icon: "copy", Do: func() { t.copy() }})
	if t.message.Role == chat.User {
		items = append(items, control.Item{Text: lang.L("Edit"), Icon: "edit", Do: t.edit})
	} else {
		items = append(items, control.Item{Text: lang.L("Write another reply"), Icon: "redo", Do: t.redo})
	}
	control.ShowMenu(t.talk.page.win.Canvas(), at, false, items)
}

func (t *turn) copy() {
	setClipboard(t.message.Text)
	t.talk.page.win.Toast(lang.L("Copied"), "", nil)
}

func (t *turn) redo() { t.talk.regenerate(t.message.ID) }

func setClipboard(s string) { fyne.CurrentApp().Clipboard().SetContent(s) }
