package box

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// Column puts its children one below the other, each as wide as the column.
type Column struct {
	widget.BaseWidget
	Objects []fyne.CanvasObject
	Gap     float32
	Pad     Insets
	Max     float32 // width; 0 is without a limit. A narrower column stands in the middle.
	Middle  bool    // vertically, when there is room to spare
}

// NewColumn returns a column with a gap between its children.
func NewColumn(gap float32, objects ...fyne.CanvasObject) *Column {
	c := &Column{Objects: objects, Gap: gap}
	c.ExtendBaseWidget(c)
	return c
}

// Padded sets the distance to the edges and returns the column.
func (c *Column) Padded(p Insets) *Column {
	c.Pad = p
	return c
}

// CreateRenderer makes the column a widget.
func (c *Column) CreateRenderer() fyne.WidgetRenderer { return renderer{c} }

func (c *Column) children() []fyne.CanvasObject { return c.Objects }

// inner returns the left edge and the width of the children in a column of width w.
func (c *Column) inner(w float32) (x, width float32) {
	x, width = c.Pad.Left, max(0, w-c.Pad.wide())
	if c.Max > 0 && width > c.Max {
		x += (width - c.Max) / 2
		width = c.Max
	}
	return x, width
}

// HeightFor returns the height of all children at a width.
func (c *Column) HeightFor(width float32) float32 {
	_, w := c.inner(width)
	h, shown := c.Pad.high(), 0
	for _, o := range c.Objects {
		if !o.Visible() {
			continue
		}
		if shown > 0 {
			h += c.Gap
		}
		shown++
		h += HeightFor(o, w)
	}
	return h
}

// MinSize is the widest child and the height at the present width.
func (c *Column) MinSize() fyne.Size {
	var w float32
	for _, o := range c.Objects {
		if o.Visible() {
			w = max(w, o.MinSize().Width)
		}
	}
	w += c.Pad.wide()
	return fyne.NewSize(w, c.HeightFor(max(w, c.Size().Width)))
}

func (c *Column) arrange(s fyne.Size) {
	x, w := c.inner(s.Width)
	y := c.Pad.Top
	if free := s.Height - c.HeightFor(s.Width); c.Middle && free > 0 {
		y += free / 2
	}
	for _, o := range c.Objects {
		if !o.Visible() {
			continue
		}
		h := HeightFor(o, w)
		place(o, x, y, w, h)
		y += h + c.Gap
	}
}
