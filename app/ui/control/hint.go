package control

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"croft/app/ui/box"
	"croft/app/ui/look"
)

// Hint is a small label beside what the pointer rests on. It covers the window and lets every tap through.
type Hint struct {
	widget.BaseWidget
	words *Words
	card  *box.Surface
	under fyne.Position // the middle of the lower edge of what it belongs to
}

// NewHint returns a hint that is not shown yet.
func NewHint() *Hint {
	h := &Hint{words: NewWords("", look.TextTiny, look.Ground)}
	h.card = box.NewSurface(look.Ink, h.words)
	h.card.Radius, h.card.Pad = 7, box.Sides(2, 9)
	h.card.Hide()
	h.ExtendBaseWidget(h)
	return h
}

// Say shows text below an object, or nothing when it is empty.
func (h *Hint) Say(text string, at fyne.Position, size fyne.Size) {
	h.words.Set(text)
	h.under = at.AddXY(size.Width/2, size.Height+5)
	if text == "" {
		h.card.Hide()
	} else {
		h.card.Show()
	}
	h.Refresh()
}

// Text returns what is shown.
func (h *Hint) Text() string {
	if !h.card.Visible() {
		return ""
	}
	return h.words.Text
}

// CreateRenderer makes the hint a widget.
func (h *Hint) CreateRenderer() fyne.WidgetRenderer { return hintRenderer{h} }

type hintRenderer struct{ h *Hint }

func (r hintRenderer) Destroy()                     {}
func (r hintRenderer) MinSize() fyne.Size           { return fyne.Size{} }
func (r hintRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.h.card} }

// Layout keeps the label inside the window; at its lower edge it stands above.
func (r hintRenderer) Layout(s fyne.Size) {
	m := r.h.card.MinSize()
	x := max(edge, min(r.h.under.X-m.Width/2, s.Width-m.Width-edge))
	y := r.h.under.Y
	if y+m.Height > s.Height-edge {
		y -= m.Height + look.Target() + 10
	}
	r.h.card.Move(fyne.NewPos(x, y))
	r.h.card.Resize(m)
}

func (r hintRenderer) Refresh() {
	r.Layout(r.h.Size())
	r.h.card.Refresh()
	if c := fyne.CurrentApp().Driver().CanvasForObject(r.h); c != nil {
		c.Refresh(r.h)
	}
}
