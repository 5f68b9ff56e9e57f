package chatpage

import (
	"fyne.io/fyne/v2/lang"

	"croft/app/ui/box"
	"croft/app/ui/control"
	"croft/app/ui/look"
)

// pasteMax is how many bytes the field takes. Every key in a field with ten times as much would take seconds.
const pasteMax = 16 << 10

// pasted is a long text that was put on the clipboard elsewhere. It is sent with the message without being shown in the field.
type pasted struct {
	of    *composer
	text  string
	row   *box.Row
	words *control.Words
}

func newPasted(w *composer) *pasted {
	p := &pasted{of: w, words: control.NewWords("", look.TextSmall, look.Ink).Shrinking()}
	drop := control.NewSmallIcon(lang.L("Leave the pasted text out"), "close", func() { p.set("") })
	p.row = box.NewRow(8, control.NewIcon("file", 17, look.Soft), p.words, drop).Growing(p.words)
	p.row.Pad = box.Insets{Left: 8}
	p.row.Hide()
	return p
}

// take takes over what is pasted, if it is long. More of it is appended.
func (p *pasted) take(text string) bool {
	if len(text)+len(p.of.field.Text) <= pasteMax {
		return false
	}
	if p.text != "" {
		text = p.text + "\n\n" + text
	}
	p.set(text)
	return true
}

func (p *pasted) set(text string) {
	if text == p.text {
		return
	}
	p.text = text
	p.words.Set(lang.L("Pasted text, {{.Bytes}}", map[string]string{"Bytes": look.Bytes(int64(len(text)))}))
	if text == "" {
		p.row.Hide()
	} else {
		p.row.Show()
	}
	p.of.tellSend()
	p.of.talk.Refresh()
	p.of.card.Refresh()
}
