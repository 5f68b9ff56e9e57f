// Package box lays out a page: columns, rows, cards and grids whose height follows from their width.
package box

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// Tall is content whose height depends on the width it is given.
type Tall interface {
	HeightFor(width float32) float32
}

// HeightFor returns the height that o needs at a width.
func HeightFor(o fyne.CanvasObject, width float32) float32 {
	if t, ok := o.(Tall); ok {
		return t.HeightFor(width)
	}
	return o.MinSize().Height
}

// Insets are the distances from an edge to the content.
type Insets struct{ Top, Right, Bottom, Left float32 }

// Even returns the same distance on all sides.
func Even(n float32) Insets { return Insets{n, n, n, n} }

// Sides returns one distance above and below and one left and right.
func Sides(vertical, horizontal float32) Insets {
	return Insets{vertical, horizontal, vertical, horizontal}
}

func (i Insets) wide() float32 { return i.Left + i.Right }
func (i Insets) high() float32 { return i.Top + i.Bottom }

// arranger is what the boxes have in common: their children and how to place them.
type arranger interface {
	fyne.Widget
	children() []fyne.CanvasObject
	arrange(fyne.Size)
}

// renderer draws nothing itself and always shows the children as they are now.
type renderer struct{ of arranger }

func (r renderer) Destroy()                     {}
func (r renderer) Layout(s fyne.Size)           { r.of.arrange(s) }
func (r renderer) MinSize() fyne.Size           { return r.of.MinSize() }
func (r renderer) Objects() []fyne.CanvasObject { return r.of.children() }

// Refresh arranges the boxes inside too: a child that changed may need more room in each of them.
func (r renderer) Refresh() {
	r.of.arrange(r.of.Size())
	for _, o := range r.of.children() {
		if a, ok := o.(arranger); ok {
			a.Refresh()
		}
	}
	repaint(r.of)
}

func repaint(w fyne.Widget) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(w); c != nil {
		c.Refresh(w)
	}
}

func place(o fyne.CanvasObject, x, y, w, h float32) {
	o.Move(fyne.NewPos(x, y))
	o.Resize(fyne.NewSize(w, h))
}

// Gap is an empty object of a size.
func Gap(w, h float32) fyne.CanvasObject {
	g := &spacer{min: fyne.NewSize(w, h)}
	g.ExtendBaseWidget(g)
	return g
}

type spacer struct {
	widget.BaseWidget
	min fyne.Size
}

func (s *spacer) MinSize() fyne.Size { return s.min }
func (s *spacer) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(&fyne.Container{})
}
