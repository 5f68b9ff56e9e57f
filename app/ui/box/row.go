package box

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// Row puts its children side by side. One of them may take the width that is left.
type Row struct {
	widget.BaseWidget
	Objects []fyne.CanvasObject
	Gap     float32
	Pad     Insets
	Grow    fyne.CanvasObject // nil: nobody grows
	Full    fyne.CanvasObject // nil, or a child that is as high as the row
	Top     bool              // children stand at the top, not in the middle
}

// NewRow returns a row with a gap between its children.
func NewRow(gap float32, objects ...fyne.CanvasObject) *Row {
	r := &Row{Objects: objects, Gap: gap}
	r.ExtendBaseWidget(r)
	return r
}

// Growing names the child that takes the rest of the width, and returns the row.
func (r *Row) Growing(o fyne.CanvasObject) *Row {
	r.Grow = o
	return r
}

// Padded sets the distance to the edges and returns the row.
func (r *Row) Padded(p Insets) *Row {
	r.Pad = p
	return r
}

// CreateRenderer makes the row a widget.
func (r *Row) CreateRenderer() fyne.WidgetRenderer { return renderer{r} }

func (r *Row) children() []fyne.CanvasObject { return r.Objects }

// rest returns the width left for the growing child.
func (r *Row) rest(width float32) float32 {
	rest, shown := width-r.Pad.wide(), 0
	for _, o := range r.Objects {
		if !o.Visible() {
			continue
		}
		shown++
		if o != r.Grow {
			rest -= o.MinSize().Width
		}
	}
	return max(0, rest-float32(max(0, shown-1))*r.Gap)
}

func (r *Row) widthOf(o fyne.CanvasObject, rest float32) float32 {
	if o == r.Grow {
		return rest
	}
	return o.MinSize().Width
}

// HeightFor returns the height of the tallest child at a width.
func (r *Row) HeightFor(width float32) float32 {
	rest, h := r.rest(width), float32(0)
	for _, o := range r.Objects {
		if o.Visible() {
			h = max(h, HeightFor(o, r.widthOf(o, rest)))
		}
	}
	return h + r.Pad.high()
}

// MinSize is all children side by side.
func (r *Row) MinSize() fyne.Size {
	w, shown := r.Pad.wide(), 0
	for _, o := range r.Objects {
		if o.Visible() {
			w += o.MinSize().Width
			shown++
		}
	}
	w += float32(max(0, shown-1)) * r.Gap
	return fyne.NewSize(w, r.HeightFor(max(w, r.Size().Width)))
}

func (r *Row) arrange(s fyne.Size) {
	rest, x := r.rest(s.Width), r.Pad.Left
	for _, o := range r.Objects {
		if !o.Visible() {
			continue
		}
		w := r.widthOf(o, rest)
		h := HeightFor(o, w)
		y := r.Pad.Top
		switch {
		case o == r.Full:
			h = s.Height - r.Pad.high()
		case !r.Top:
			y += (s.Height - r.Pad.high() - h) / 2
		}
		place(o, x, y, w, h)
		x += w + r.Gap
	}
}
