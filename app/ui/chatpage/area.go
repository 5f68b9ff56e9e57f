package chatpage

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"croft/app/ui/box"
	"croft/app/ui/control"
	"croft/app/ui/look"
	"croft/app/ui/prose"
)

// area gives the field of the composer as many lines as its text has, up to a limit.
type area struct {
	widget.BaseWidget
	of *composer
}

func newArea(w *composer) *area {
	a := &area{of: w}
	a.ExtendBaseWidget(a)
	return a
}

// CreateRenderer makes the area a widget.
func (a *area) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(a.of.bare) }

// MinSize is one line.
func (a *area) MinSize() fyne.Size { return fyne.NewSize(60, a.HeightFor(0)) }

// HeightFor is as many lines as there are.
func (a *area) HeightFor(float32) float32 {
	line := fyne.MeasureText("M", theme.Size(theme.SizeNameText), fyne.TextStyle{}).Height
	return float32(a.of.rows)*line + 2*theme.Size(theme.SizeNameInnerPadding) + 3
}

const (
	rowsMax     = 8
	rowsCounted = 2000 // bytes; more text has more lines than are shown anyway
)

// lines counts the lines that the text takes at the present width.
func (w *composer) lines() int {
	text := w.field.Text
	if len(text) > rowsCounted {
		return rowsMax
	}
	width := w.field.Size().Width - 2*theme.Size(theme.SizeNameInnerPadding)
	if width <= 0 {
		return 1
	}
	sheet := prose.NewSheet(prose.Plain(text))
	n := int(sheet.HeightFor(width)/look.LineHeight(look.TextBody) + 0.5)
	return max(1, min(rowsMax, n))
}

// chip is a round button that is on or off.
type chip struct {
	*control.Tile
	words   *control.Words
	on      bool
	changed func(bool)
}

func newChip(text string, changed func(bool)) *chip {
	c := &chip{words: control.NewWords(text, look.TextSmall, look.Soft), changed: changed}
	c.Tile = control.NewTile(text, c.words, func() { c.set(!c.on); c.changed(c.on) })
	c.Round(look.RadiusRound, box.Sides(5, 13))
	return c
}

func (c *chip) set(on bool) {
	c.on = on
	fill, stroke, ink := look.Card, look.Line, look.Soft
	if on {
		fill, stroke, ink = look.Tint, look.None, look.Accent
	}
	c.words.SetInk(ink)
	c.Paint(fill, stroke)
}
