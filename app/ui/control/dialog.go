package control

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"croft/app/ui/box"
	"croft/app/ui/look"
	"croft/app/ui/prose"
)

// sheetPad is the distance from the edge of a dialog to its content.
const sheetPad = 24

// ShowSheet opens a card with a title in the middle of the window; on a narrow one it is as wide as there is room.
// The buttons stand at the bottom right, the one that does the thing last. A body that is too high scrolls.
func ShowSheet(c fyne.Canvas, title string, body fyne.CanvasObject, width float32, buttons ...fyne.CanvasObject) *Overlay {
	body = box.NewColumn(0, body).Padded(box.Sides(0, 2)) // a border at the very edge would be cut off
	view := &viewport{page: box.NewPage(body)}
	view.ExtendBaseWidget(view)
	foot := box.NewRow(8, append([]fyne.CanvasObject{box.Gap(0, 0)}, buttons...)...)
	foot.Growing(foot.Objects[0])
	column := box.NewColumn(14, NewBold(title, 18).Shrinking(), view, foot).Padded(box.Even(sheetPad))
	card := box.NewSurface(look.Card, column)
	card.Radius, card.Raised = look.RadiusDialog, true
	o := newOverlay(c, true, newStill(card))
	o.where = func(window fyne.Size) (fyne.Position, fyne.Size) {
		w := min(width, window.Width-2*edge)
		around := column.HeightFor(w) - view.height
		view.height = min(box.HeightFor(body, w-2*sheetPad), window.Height-4*edge-around)
		h := around + view.height
		return fyne.NewPos((window.Width-w)/2, max(edge, (window.Height-h)/2)), fyne.NewSize(w, h)
	}
	o.open()
	return o
}

// viewport shows a page at a height that is decided elsewhere.
type viewport struct {
	widget.BaseWidget
	page   *box.Page
	height float32
}

// CreateRenderer makes the viewport a widget.
func (v *viewport) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(v.page) }

// HeightFor is what the dialog has room for.
func (v *viewport) HeightFor(float32) float32 { return v.height }

// MinSize is small: the page scrolls.
func (v *viewport) MinSize() fyne.Size { return fyne.NewSize(40, 10) }

// Confirm asks before something that cannot be undone.
func Confirm(c fyne.Canvas, title, sentence, do, cancel string, yes func()) *Overlay {
	var o *Overlay
	no := NewButton(cancel, "", Plain, func() { o.Close() })
	ok := NewButton(do, "", Danger, func() { o.Close(); yes() })
	o = ShowSheet(c, title, prose.NewSentence(sentence, 14, look.Soft), 420, no, ok)
	return o
}

// Ask wants one line of text.
func Ask(c fyne.Canvas, title, text, do, cancel string, done func(string)) *Overlay {
	var o *Overlay
	f := NewField("")
	finish := func() { o.Close(); done(f.Text) }
	f.SetText(text)
	f.OnSubmitted = func(string) { finish() }
	no := NewButton(cancel, "", Plain, func() { o.Close() })
	ok := NewButton(do, "", Primary, finish)
	o = ShowSheet(c, title, Boxed(f), 420, no, ok)
	c.Focus(f)
	f.TypedShortcut(&fyne.ShortcutSelectAll{})
	return o
}
