package chatpage

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"

	"croft/app/ui/box"
	"croft/app/ui/control"
	"croft/app/ui/look"
)

// topBar has the title of the chat, the model, and the menu. On a phone the model stands in a line of its own.
type topBar struct {
	widget.BaseWidget
	talk  *conversation
	title *control.Words
	view  *box.Column
}

func newTopBar(c *conversation) *topBar {
	b := &topBar{talk: c, title: control.NewBold("", look.TextHead).Shrinking(), view: box.NewColumn(0)}
	b.ExtendBaseWidget(b)
	b.build()
	return b
}

// CreateRenderer makes the bar a widget.
func (b *topBar) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(b.view) }

// HeightFor is the same at any width.
func (b *topBar) HeightFor(w float32) float32 { return b.view.HeightFor(w) }

func (b *topBar) build() {
	menu := control.NewIconButton(lang.L("Chat menu"), "dots", nil)
	menu.OnTapped = func() { control.MenuBelow(menu, b.items()) }
	if b.talk.page.win.Phone() {
		back := control.NewIconButton(lang.L("Back to the list"), "back", func() { b.talk.page.win.ShowConversation(false) })
		back.Set("back", look.Ink)
		head := box.NewRow(4, back, b.title, menu).Growing(b.title)
		chooser := box.NewRow(0, b.talk.chooser)
		b.view.Objects = []fyne.CanvasObject{barRow(head, 6), box.Rule(), chooser.Padded(box.Sides(7, 14)), box.Rule()}
	} else {
		head := box.NewRow(10, b.title, b.talk.chooser, menu).Growing(b.title)
		b.view.Objects = []fyne.CanvasObject{barRow(head, 20), box.Rule()}
	}
	b.view.Refresh()
}

// barRow makes a row as high as a bar.
func barRow(r *box.Row, left float32) fyne.CanvasObject {
	r.Pad = box.Insets{Left: left, Right: 12}
	missing := max(0, look.TopBarHeight-1-r.HeightFor(1000))
	r.Pad.Top, r.Pad.Bottom = missing/2, missing/2
	return r
}

// tell takes over the title.
func (b *topBar) tell() {
	if b.talk.id == 0 {
		b.title.Set(lang.L("New chat"))
		return
	}
	b.title.Set(titleOf(b.talk.doc.Summary))
}

// items is what can be done with the open chat.
func (b *topBar) items() []control.Item {
	tune := control.Item{Text: lang.L("Chat settings"), Icon: "sliders", Do: b.talk.tune}
	if b.talk.id == 0 {
		return []control.Item{tune}
	}
	return append([]control.Item{tune}, b.talk.page.chatMenu(b.talk.doc.Summary)...)
}
