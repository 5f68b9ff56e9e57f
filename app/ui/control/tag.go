package control

import (
	"fyne.io/fyne/v2"

	"croft/app/ui/box"
	"croft/app/ui/look"
)

// NewTag returns a small word on a tint, such as "in use".
func NewTag(text string) *box.Surface { return tag(text, look.Accent, look.Tint, look.None) }

// NewWarnTag returns a small word in a border, such as "too big here".
func NewWarnTag(text string) *box.Surface { return tag(text, look.Warn, look.None, look.Warn) }

func tag(text string, ink, fill, stroke fyne.ThemeColorName) *box.Surface {
	words := NewBold(text, look.TextTiny)
	words.Ink = ink
	s := box.NewSurface(fill, words)
	s.Stroke, s.Radius, s.Pad = stroke, 7, box.Sides(0, 8)
	return s
}

// NewDot returns a small disc.
func NewDot(ink fyne.ThemeColorName) *box.Surface {
	s := box.NewSurface(ink, box.Gap(8, 8))
	s.Radius = 4
	return s
}
