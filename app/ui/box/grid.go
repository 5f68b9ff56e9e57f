package box

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// Grid puts cards side by side where there is room for two, else one below the other.
// Cards of one line are equally high.
type Grid struct {
	widget.BaseWidget
	Objects []fyne.CanvasObject
	Gap     float32 // between lines, and between columns where Between is 0
	Between float32 // columns
	Least   float32 // width of a card
}

// NewGrid returns a grid of cards that are at least so wide.
func NewGrid(gap, least float32, objects ...fyne.CanvasObject) *Grid {
	g := &Grid{Objects: objects, Gap: gap, Least: least}
	g.ExtendBaseWidget(g)
	return g
}

// CreateRenderer makes the grid a widget.
func (g *Grid) CreateRenderer() fyne.WidgetRenderer { return renderer{g} }

func (g *Grid) children() []fyne.CanvasObject { return g.Objects }

func (g *Grid) cell(width float32) (columns int, cell float32) {
	if width < 2*g.Least+g.between() {
		return 1, width
	}
	return 2, (width - g.between()) / 2
}

func (g *Grid) between() float32 {
	if g.Between > 0 {
		return g.Between
	}
	return g.Gap
}

// each calls f for every card with its place.
func (g *Grid) each(width float32, f func(o fyne.CanvasObject, x, y, w, h float32)) float32 {
	columns, w := g.cell(width)
	y := float32(0)
	for i := 0; i < len(g.Objects); i += columns {
		line := g.Objects[i:min(i+columns, len(g.Objects))]
		h := float32(0)
		for _, o := range line {
			h = max(h, HeightFor(o, w))
		}
		for j, o := range line {
			f(o, float32(j)*(w+g.between()), y, w, h)
		}
		y += h + g.Gap
	}
	return max(0, y-g.Gap)
}

// HeightFor returns the height of all lines at a width.
func (g *Grid) HeightFor(width float32) float32 {
	return g.each(width, func(fyne.CanvasObject, float32, float32, float32, float32) {})
}

// MinSize is one card wide.
func (g *Grid) MinSize() fyne.Size {
	var w float32
	for _, o := range g.Objects {
		w = max(w, o.MinSize().Width)
	}
	return fyne.NewSize(w, g.HeightFor(max(w, g.Size().Width)))
}

func (g *Grid) arrange(s fyne.Size) { g.each(s.Width, place) }
