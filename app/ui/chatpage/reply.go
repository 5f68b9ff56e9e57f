package chatpage

import (
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"

	"croft/app/chat"
	"croft/app/health"
	"croft/app/ui/box"
	"croft/app/ui/control"
	"croft/app/ui/look"
	"croft/app/ui/prose"
)

// reply returns the content of a reply in its present state.
func (t *turn) reply() []fyne.CanvasObject {
	m := t.message
	t.column.Gap = 10
	var parts []fyne.CanvasObject
	if m.Thinking != "" {
		t.think = newThinking(t)
		parts = append(parts, t.think)
	}
	switch m.State {
	case chat.Waiting:
		t.state = newWaiting(t)
		return append(parts, t.state)
	case chat.Writing:
		return append(parts, t.growing()...)
	}
	parts = append(parts, t.blocks(m.Text)...)
	if n := t.ended(); n != nil {
		parts = append(parts, n)
	}
	foot := box.NewColumn(0, t.foot())
	if line := t.story(); line != "" {
		foot.Objects = append(foot.Objects, prose.NewSentence(line, look.TextTiny, look.Soft))
	}
	return append(parts, foot)
}

// growing is the text that is being written, as it comes, with a caret. Its Markdown is made once it is complete.
func (t *turn) growing() []fyne.CanvasObject {
	t.stream = t.text(prose.Plain(t.message.Text))
	t.stream.SetCaret(t.message.Text != "" || t.message.Thinking == "")
	if t.message.Text == "" && t.message.Thinking != "" {
		t.stream.Hide()
	}
	if t.talk.page.places == nil {
		return []fyne.CanvasObject{t.stream}
	}
	t.where = control.NewWords(t.facts(), look.TextSmall, look.Soft).Shrinking()
	return []fyne.CanvasObject{t.stream, box.NewRow(6, control.NewIcon("devices", 16, look.Soft), t.where).Growing(t.where)}
}

// blocks renders Markdown.
func (t *turn) blocks(text string) []fyne.CanvasObject {
	var parts []fyne.CanvasObject
	for _, b := range prose.Markdown(text) {
		switch {
		case b.Code != nil:
			parts = append(parts, t.code(b.Code))
		case b.Table != nil:
			parts = append(parts, newTable(t, b.Table))
		default:
			parts = append(parts, t.text(b.Paras))
		}
	}
	return parts
}

// code is a card with the language and a button that copies.
func (t *turn) code(c *prose.Code) fyne.CanvasObject {
	body := t.text(prose.Listing(c.Text, true))
	copyIt := control.NewCopyButton(lang.L("Copy"), func() {
		setClipboard(c.Text)
		t.talk.page.win.Toast(lang.L("Copied"), "", nil)
	})
	name := control.NewWords(strings.ToLower(c.Language), look.TextTiny, look.Soft)
	name.Mono = true
	head := box.NewRow(4, name, copyIt).Growing(name).Padded(box.Insets{Left: 14, Right: 4})
	padded := box.NewColumn(0, body).Padded(box.Insets{Top: 0, Right: 14, Bottom: 12, Left: 14})
	card := box.NewSurface(look.Code, box.NewColumn(0, head, padded))
	card.Stroke, card.Radius = look.Line, look.RadiusRow
	card.Pad = box.Insets{Top: 4}
	return card
}

// ended says why a reply is not whole, and what to do about it.
func (t *turn) ended() fyne.CanvasObject {
	m, reason := t.message, ""
	if m.Stats != nil {
		reason = m.Stats.Reason
	}
	again := []fyne.CanvasObject{control.NewButton(lang.L("Try again"), "redo", control.Plain, t.redo)}
	if t.continuable() {
		again = append([]fyne.CanvasObject{control.NewButton(lang.L("Continue"), "forward", control.Plain, t.carryOn)}, again...)
	}
	switch {
	case m.State == chat.Failed:
		p := health.Of(m.Error)
		return control.NewNotice(p.Title, strings.TrimSpace(p.Sentence+" "+p.Next), true, again...)
	case m.State == chat.Interrupted:
		return control.NewNotice("", lang.L("Croft ended while this was written. What came until then is here."), false, again...)
	case reason == "context":
		fresh := control.NewButton(lang.L("New chat"), "plus", control.Plain, t.talk.page.NewChat)
		return control.NewNotice(lang.L("The context is full"), lang.L("The model can keep no more of this chat in mind. Start a new chat, or edit an earlier message."), true, fresh)
	case reason == "length":
		return control.NewNotice("", lang.L("The reply reached the length that is set for this chat."), false,
			control.NewButton(lang.L("Chat settings"), "sliders", control.Plain, t.talk.tune))
	}
	return nil
}

// foot tells what wrote the reply and how fast, and what can be done with it.
func (t *turn) foot() fyne.CanvasObject {
	facts := control.NewWords(t.facts(), look.TextSmall, look.Soft).Shrinking()
	icon := "models"
	if t.talk.page.places != nil {
		icon = "devices"
	}
	row := box.NewRow(2, control.NewIcon(icon, 16, look.Soft), box.Gap(4, 1), facts).Growing(facts)
	if t.message.State == chat.Stopped && t.continuable() {
		row.Objects = append(row.Objects, control.NewSmallIcon(lang.L("Continue"), "forward", t.carryOn))
	}
	if t.message.Text != "" {
		row.Objects = append(row.Objects, control.NewSmallIcon(lang.L("Copy"), "copy", t.copy))
	}
	row.Objects = append(row.Objects, control.NewSmallIcon(lang.L("Write another reply"), "redo", t.redo))
	if t.message.Branches > 1 {
		row.Objects = append(row.Objects, t.branches())
	}
	return row
}

// facts is "Studio PC · Qwen3 4B · 38 tok/s · 1.2 s", with a word when the reply was stopped. The device is named where
// there could be others.
func (t *turn) facts() string {
	var facts []string
	if s := t.message.Stats; s != nil {
		if s.Device != "" && t.talk.page.places != nil {
			facts = append(facts, s.Device)
		}
		if s.Model != "" {
			facts = append(facts, s.Model)
		}
		if s.TokensPerSecond > 0 {
			facts = append(facts, look.Rate(s.TokensPerSecond))
		}
		if s.Total >= 50*time.Millisecond { // less would be written as nothing
			facts = append(facts, look.Span(s.Total))
		}
	}
	if t.message.State == chat.Stopped {
		facts = append(facts, lang.L("stopped"))
	}
	return strings.Join(facts, " · ")
}

// story says why the reply ran where it did, and that it moved while it was written.
func (t *turn) story() string {
	s := t.message.Stats
	if s == nil || t.talk.page.places == nil {
		return ""
	}
	line := s.Why
	if len(s.Moved) > 0 {
		names := map[string]string{"Devices": strings.Join(s.Moved, ", "), "Device": s.Device}
		moved := lang.L("It began on {{.Devices}} and was carried on by {{.Device}}.", names)
		line = strings.TrimSpace(line + " " + moved)
	}
	return line
}

// continuable tells whether the reply was cut off after it had begun, and nothing came after it.
func (t *turn) continuable() bool {
	m, all := t.message, t.talk.doc.Messages
	cut := m.State == chat.Stopped || m.State == chat.Interrupted || m.State == chat.Failed
	return cut && m.Text+m.Thinking != "" && len(all) > 0 && all[len(all)-1].ID == m.ID
}

// carryOn has the reply go on where it was cut off.
func (t *turn) carryOn() { t.talk.carryOn(t.message.ID) }
