package control

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"croft/app/ui/look"
)

// Meter is a bar that shows a share of 1.
type Meter struct {
	widget.BaseWidget
	Share float64
	Ink   fyne.ThemeColorName
	Width float32 // 0: takes what there is

	track, done *canvas.Rectangle
}

// NewMeter returns an empty meter.
func NewMeter(width float32) *Meter {
	m := &Meter{Ink: look.Accent, Width: width, track: canvas.NewRectangle(color.Transparent), done: canvas.NewRectangle(color.Transparent)}
	m.ExtendBaseWidget(m)
	return m
}

// Set shows another share.
func (m *Meter) Set(share float64, ink fyne.ThemeColorName) {
	share = max(0, min(1, share))
	if share != m.Share || ink != m.Ink {
		m.Share, m.Ink = share, ink
		m.Refresh()
	}
}

// MinSize is a thin bar.
func (m *Meter) MinSize() fyne.Size { return fyne.NewSize(max(20, m.Width), 5) }

// CreateRenderer makes the meter a widget.
func (m *Meter) CreateRenderer() fyne.WidgetRenderer { return meterRenderer{m} }

type meterRenderer struct{ m *Meter }

func (r meterRenderer) Destroy()           {}
func (r meterRenderer) MinSize() fyne.Size { return r.m.MinSize() }
func (r meterRenderer) Refresh()           { r.Layout(r.m.Size()) }

func (r meterRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.m.track, r.m.done}
}

func (r meterRenderer) Layout(s fyne.Size) {
	strip(r.m.track, look.Line, 0, 0, s.Width, s.Height)
	w := s.Width * float32(r.m.Share)
	if w > 0 {
		w = max(w, s.Height)
	}
	strip(r.m.done, r.m.Ink, 0, 0, w, s.Height)
}
