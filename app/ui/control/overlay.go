package control

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"croft/app/ui/box"
	"croft/app/ui/look"
)

// Overlay lies over the window with one card on it. A tap beside the card closes it.
type Overlay struct {
	widget.BaseWidget
	OnClosed func()

	canvas fyne.Canvas
	scrim  *box.Surface
	card   fyne.CanvasObject
	where  func(window fyne.Size) (fyne.Position, fyne.Size)
	keys   func(*fyne.KeyEvent) bool
	before fyne.Focusable
}

var _ fyne.Tappable = (*Overlay)(nil)

func newOverlay(c fyne.Canvas, dim bool, card fyne.CanvasObject) *Overlay {
	o := &Overlay{canvas: c, card: card, scrim: box.NewSurface(look.None, nil)}
	if dim {
		o.scrim.Fill = look.Scrim
	}
	o.ExtendBaseWidget(o)
	return o
}

func (o *Overlay) open() {
	o.before = o.canvas.Focused()
	o.canvas.Overlays().Add(o)
	o.Resize(o.canvas.Size())
}

// Close takes the overlay away and gives the focus back.
func (o *Overlay) Close() {
	if !o.Open() {
		return
	}
	o.canvas.Overlays().Remove(o)
	if o.before != nil {
		o.canvas.Focus(o.before)
	}
	if o.OnClosed != nil {
		o.OnClosed()
	}
}

// Open tells whether the overlay is there.
func (o *Overlay) Open() bool {
	for _, other := range o.canvas.Overlays().List() {
		if other == o {
			return true
		}
	}
	return false
}

// Dim darkens the window behind a dialog of the toolkit's, until the returned function is called.
func Dim(c fyne.Canvas) (light func()) {
	s := box.NewSurface(look.Scrim, nil)
	c.Overlays().Add(s)
	s.Resize(c.Size())
	return func() { c.Overlays().Remove(s) }
}

// Key handles a key; Escape closes. It returns false for keys that mean nothing here.
func (o *Overlay) Key(e *fyne.KeyEvent) bool {
	if e.Name == fyne.KeyEscape || e.Name == "Back" {
		o.Close()
		return true
	}
	return o.keys != nil && o.keys(e)
}

// Top returns the overlay that lies above all others, nil when there is none of ours.
func Top(c fyne.Canvas) *Overlay {
	o, _ := c.Overlays().Top().(*Overlay)
	return o
}

// Tapped closes.
func (o *Overlay) Tapped(*fyne.PointEvent) { o.Close() }

// TappedSecondary closes.
func (o *Overlay) TappedSecondary(*fyne.PointEvent) { o.Close() }

// CreateRenderer makes the overlay a widget.
func (o *Overlay) CreateRenderer() fyne.WidgetRenderer { return overlayRenderer{o} }

type overlayRenderer struct{ o *Overlay }

func (r overlayRenderer) Destroy()           {}
func (r overlayRenderer) MinSize() fyne.Size { return fyne.NewSize(1, 1) }
func (r overlayRenderer) Refresh()           { r.o.scrim.Refresh(); r.Layout(r.o.Size()) }

func (r overlayRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.o.scrim, r.o.card}
}

func (r overlayRenderer) Layout(s fyne.Size) {
	r.o.scrim.Resize(s)
	at, size := r.o.where(s)
	r.o.card.Move(at)
	r.o.card.Resize(size)
}
