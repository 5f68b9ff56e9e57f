package control

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"croft/app/ui/look"
)

// Icon is a drawing in one colour.
type Icon struct {
	widget.BaseWidget
	Name  string
	Ink   fyne.ThemeColorName
	Width float32 // at normal text size

	image *canvas.Image
}

// NewIcon returns a drawing.
func NewIcon(name string, width float32, ink fyne.ThemeColorName) *Icon {
	i := &Icon{Name: name, Ink: ink, Width: width, image: &canvas.Image{FillMode: canvas.ImageFillContain}}
	i.ExtendBaseWidget(i)
	return i
}

// Set changes drawing and colour.
func (i *Icon) Set(name string, ink fyne.ThemeColorName) {
	if i.Name != name || i.Ink != ink {
		i.Name, i.Ink = name, ink
		i.Refresh()
	}
}

// MinSize is a square.
func (i *Icon) MinSize() fyne.Size { return fyne.NewSquareSize(look.Pt(i.Width)) }

// CreateRenderer makes the icon a widget.
func (i *Icon) CreateRenderer() fyne.WidgetRenderer {
	i.image.Resource = look.Icon(i.Name, i.Ink)
	return iconRenderer{i}
}

type iconRenderer struct{ i *Icon }

func (r iconRenderer) Destroy()                     {}
func (r iconRenderer) Layout(s fyne.Size)           { r.i.image.Resize(s) }
func (r iconRenderer) MinSize() fyne.Size           { return r.i.MinSize() }
func (r iconRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.i.image} }

func (r iconRenderer) Refresh() {
	r.i.image.Resource = look.Icon(r.i.Name, r.i.Ink)
	r.i.image.Refresh()
}
