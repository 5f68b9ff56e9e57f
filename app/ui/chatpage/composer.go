package chatpage

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"

	"croft/app/chat"
	"croft/app/ui/box"
	"croft/app/ui/control"
	"croft/app/ui/look"
)

// composer is the card in which a message is written.
type composer struct {
	widget.BaseWidget
	talk    *conversation
	field   *control.Field
	bare    fyne.CanvasObject
	card    *box.Surface
	send    *control.IconButton
	tune    *control.IconButton
	think   *chip
	edit    *box.Row
	pasted  *pasted
	bar     *control.Meter
	percent *control.Words
	rows    int
}

func newComposer(c *conversation) *composer {
	w := &composer{talk: c, field: control.NewArea(lang.L("Write a message"), 1), rows: 1}
	w.bare = control.Bare(w.field)
	w.field.OnChanged = w.changed
	w.field.OnKey = w.key
	w.field.OnFocus = w.ring
	w.pasted = newPasted(w)
	w.field.OnPaste = w.pasted.take
	w.card = box.NewCard(box.Insets{}, nil)
	w.card.Radius = look.RadiusComposer
	w.send = control.NewIconButton(lang.L("Send"), "send", w.sendOrStop)
	w.send.Round(look.RadiusRound, box.Insets{})
	w.tune = control.NewIconButton(lang.L("Chat settings"), "sliders", func() { c.tune() })
	w.think = newChip(lang.L("Thinking"), w.setThinking)
	w.bar = control.NewMeter(74)
	w.percent = control.NewWords("", look.TextTiny, look.Soft)
	cancel := control.NewButton(lang.L("Cancel"), "", control.Quiet, func() { c.endEdit() })
	note := control.NewWords(lang.L("Editing an earlier message. The old version stays."), look.TextSmall, look.Soft).Shrinking()
	w.edit = box.NewRow(8, control.NewIcon("edit", 16, look.Soft), note, cancel).Growing(note)
	w.ExtendBaseWidget(w)
	w.build()
	return w
}

// CreateRenderer makes the composer a widget.
func (w *composer) CreateRenderer() fyne.WidgetRenderer { return composerRenderer{w} }

type composerRenderer struct{ w *composer }

func (r composerRenderer) Destroy()                     {}
func (r composerRenderer) Layout(s fyne.Size)           { r.w.card.Resize(s) }
func (r composerRenderer) MinSize() fyne.Size           { return fyne.NewSize(100, 50) }
func (r composerRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.w.card} }
func (r composerRenderer) Refresh()                     { r.w.card.Refresh() }

// build arranges the card for a wide window or for a phone.
func (w *composer) build() {
	area := newArea(w)
	w.edit.Hide()
	tools := box.NewRow(6, w.tune, w.think.Tile)
	if w.talk.page.win.Phone() {
		w.field.SetPlaceHolder(lang.L("Message"))
		line := box.NewRow(6, w.tune, area, w.percent, w.send).Growing(area)
		w.card.Content = box.NewColumn(0, w.edit, w.pasted.row, line)
		w.card.Pad = box.Insets{Top: 5, Right: 7, Bottom: 5, Left: 7}
	} else {
		w.field.SetPlaceHolder(lang.L("Write a message"))
		gap := box.Gap(0, 1)
		tools.Objects = append(tools.Objects, gap, w.bar, w.percent, box.Gap(2, 1), w.send)
		tools.Growing(gap)
		w.card.Content = box.NewColumn(2, w.edit, w.pasted.row, area, tools)
		w.card.Pad = box.Insets{Top: 8, Right: 11, Bottom: 10, Left: 8}
	}
	w.tell()
	w.card.Refresh()
}

// HeightFor grows with what is written, up to a few lines.
func (w *composer) HeightFor(width float32) float32 { return w.card.HeightFor(width) }

// text is what would be sent: what was typed, and below it what was pasted.
func (w *composer) text() string {
	return strings.TrimSpace(strings.TrimSpace(w.field.Text) + "\n\n" + w.pasted.text)
}

// set replaces all text; a very long one is kept beside the field.
func (w *composer) set(text string) {
	w.pasted.set("")
	if len(text) > pasteMax {
		w.pasted.set(text)
		text = ""
	}
	if w.field.Text != text {
		w.field.SetText(text)
		end := strings.Split(text, "\n")
		w.field.CursorRow, w.field.CursorColumn = len(end)-1, len([]rune(end[len(end)-1]))
		w.field.Refresh()
	}
}

func (w *composer) focus() {
	if win := w.talk.page.win; win.ConversationShown() && !fyne.CurrentDevice().IsMobile() {
		win.Canvas().Focus(w.field)
	}
}

// typeInto takes a letter that was typed while something else had the focus.
func (w *composer) typeInto(r rune) {
	w.focus()
	w.field.TypedRune(r)
}

func (w *composer) changed(string) {
	if rows := w.lines(); rows != w.rows {
		w.rows = rows
		w.talk.Refresh()
	}
	w.tellSend()
}

func (w *composer) sendOrStop() {
	if w.talk.stop() {
		return
	}
	if text := w.text(); text != "" {
		w.talk.send(text)
	}
}

// key sends on Enter; with Shift it is a new line. Up in an empty field edits the last message.
func (w *composer) key(e *fyne.KeyEvent) bool {
	switch e.Name {
	case fyne.KeyReturn, fyne.KeyEnter:
		if w.field.Shift() || fyne.CurrentDevice().IsMobile() {
			return false
		}
		if w.talk.writing() == nil {
			w.sendOrStop()
		}
		return true
	case fyne.KeyUp:
		return w.text() == "" && w.talk.editLast()
	case fyne.KeyEscape:
		if w.talk.editing != 0 {
			w.talk.endEdit()
			return true
		}
	}
	return false
}

// ring shows that the keyboard writes here.
func (w *composer) ring(on bool) {
	w.card.Stroke = look.Line
	if on {
		w.card.Stroke = look.Accent
	}
	w.card.Refresh()
}

// tell brings the card in step with the chat.
func (w *composer) tell() {
	if w.talk.editing != 0 {
		w.edit.Show()
	} else {
		w.edit.Hide()
	}
	w.tellThinking()
	w.tellSend()
	w.meter(w.talk.doc)
	w.talk.Refresh()
}

func (w *composer) tellThinking() {
	if !w.talk.canThink() {
		w.think.Hide()
		return
	}
	on := w.talk.settings().Thinking
	w.think.set(on == nil || *on)
	w.think.Show()
}

// canThink tells whether the model of this chat has a switch for thinking.
func (c *conversation) canThink() bool {
	m, ok := c.model()
	return ok && m.CanThink
}

func (w *composer) setThinking(on bool) {
	w.talk.change(func(s *chat.Settings) { s.Thinking = &on })
}

// tellSend makes the button send, stop, or wait for text.
func (w *composer) tellSend() {
	switch {
	case w.talk.writing() != nil:
		w.send.Name = lang.L("Stop")
		w.send.Set("stop", look.OnAccent)
		w.send.Paint(look.Accent, look.None)
	case w.text() == "":
		w.send.Name = lang.L("Send")
		w.send.Set("send", look.Soft)
		w.send.Paint(look.Side, look.None)
	default:
		w.send.Name = lang.L("Send")
		w.send.Set("send", look.OnAccent)
		w.send.Paint(look.Accent, look.None)
	}
}

// meter shows how full the context is.
func (w *composer) meter(d chat.Transcript) {
	if d.ContextMax <= 0 || d.ContextUsed <= 0 {
		w.percent.Set("")
		w.bar.Hide()
		return
	}
	share := float64(d.ContextUsed) / float64(d.ContextMax)
	ink := look.Accent
	if share >= 0.9 {
		ink = look.Warn
	}
	if text := look.Percent(min(1, share)); text != w.percent.Text {
		w.percent.Set(text)
		w.card.Refresh()
	}
	w.bar.Set(share, ink)
	w.bar.Show()
}
