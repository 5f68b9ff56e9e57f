package control

import (
	"fyne.io/fyne/v2"

	"croft/app/ui/box"
	"croft/app/ui/look"
	"croft/app/ui/prose"
)

// NewNotice returns a quiet bar that says what is wrong and what to do, with buttons to do it.
func NewNotice(title, sentence string, warn bool, buttons ...fyne.CanvasObject) *box.Surface {
	icon, ink := "info", look.Soft
	if warn {
		icon, ink = "warning", look.Warn
	}
	text := box.NewColumn(1)
	if title != "" {
		text.Objects = append(text.Objects, NewBold(title, 14).Shrinking())
	}
	if sentence != "" {
		text.Objects = append(text.Objects, prose.NewSentence(sentence, look.TextSmall, look.Soft))
	}
	if len(buttons) > 0 {
		text.Objects = append(text.Objects, box.NewRow(8, buttons...).Padded(box.Insets{Top: 8}))
	}
	row := box.NewRow(12, NewIcon(icon, 19, ink), text).Growing(text)
	row.Top = true
	return box.NewCard(box.Sides(12, 16), row)
}
