package control

import (
	"image/color"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"croft/app/ui/look"
)

// Slider picks a number between two.
type Slider struct {
	widget.BaseWidget
	Least, Most, Step float64
	Value             float64
	OnMoved           func(float64) // while it moves
	OnChanged         func(float64) // when it was let go

	track, done, thumb *canvas.Rectangle
	focused            bool
}

var (
	_ fyne.Draggable     = (*Slider)(nil)
	_ fyne.Tappable      = (*Slider)(nil)
	_ fyne.Focusable     = (*Slider)(nil)
	_ desktop.Cursorable = (*Slider)(nil)
)

// NewSlider returns a slider at a value.
func NewSlider(least, most, step, value float64) *Slider {
	s := &Slider{Least: least, Most: most, Step: step, Value: value}
	s.track, s.done, s.thumb = canvas.NewRectangle(color.Transparent), canvas.NewRectangle(color.Transparent), canvas.NewRectangle(color.Transparent)
	s.ExtendBaseWidget(s)
	return s
}

// MinSize is enough for a finger.
func (s *Slider) MinSize() fyne.Size { return fyne.NewSize(100, max(28, look.Target()*0.8)) }

// Set moves the thumb without telling anybody.
func (s *Slider) Set(v float64) {
	s.Value = max(s.Least, min(s.Most, math.Round(v/s.Step)*s.Step))
	s.Refresh()
}

const thumbSize = 18

func (s *Slider) to(x float32) {
	way := s.Size().Width - thumbSize
	share := float64((x - thumbSize/2) / way)
	s.Set(s.Least + max(0, min(1, share))*(s.Most-s.Least))
	if s.OnMoved != nil {
		s.OnMoved(s.Value)
	}
}

func (s *Slider) settled() {
	if s.OnChanged != nil {
		s.OnChanged(s.Value)
	}
}

// Dragged moves the thumb.
func (s *Slider) Dragged(e *fyne.DragEvent) { s.to(e.Position.X) }

// DragEnd takes the value.
func (s *Slider) DragEnd() { s.settled() }

// Tapped moves the thumb there.
func (s *Slider) Tapped(e *fyne.PointEvent) {
	s.to(e.Position.X)
	s.settled()
}

// FocusGained shows the ring.
func (s *Slider) FocusGained() { s.focused = true; s.Refresh() }

// FocusLost hides the ring.
func (s *Slider) FocusLost() { s.focused = false; s.Refresh() }

// TypedRune does nothing.
func (s *Slider) TypedRune(rune) {}

// TypedKey moves by a step.
func (s *Slider) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyLeft, fyne.KeyDown:
		s.Set(s.Value - s.Step)
	case fyne.KeyRight, fyne.KeyUp:
		s.Set(s.Value + s.Step)
	default:
		passKey(e)
		return
	}
	if s.OnMoved != nil {
		s.OnMoved(s.Value)
	}
	s.settled()
}

// Cursor is a hand.
func (s *Slider) Cursor() desktop.Cursor { return desktop.PointerCursor }

// CreateRenderer makes the slider a widget.
func (s *Slider) CreateRenderer() fyne.WidgetRenderer { return sliderRenderer{s} }

type sliderRenderer struct{ s *Slider }

func (r sliderRenderer) Destroy()           {}
func (r sliderRenderer) MinSize() fyne.Size { return r.s.MinSize() }
func (r sliderRenderer) Refresh()           { r.Layout(r.s.Size()) }

func (r sliderRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.s.track, r.s.done, r.s.thumb}
}

func (r sliderRenderer) Layout(size fyne.Size) {
	s := r.s
	share := float32(0)
	if s.Most > s.Least {
		share = float32((s.Value - s.Least) / (s.Most - s.Least))
	}
	x := share * (size.Width - thumbSize)
	strip(s.track, look.Line, 0, size.Height/2-2, size.Width, 4)
	strip(s.done, look.Accent, 0, size.Height/2-2, x+thumbSize/2, 4)
	strip(s.thumb, look.Card, x, (size.Height-thumbSize)/2, thumbSize, thumbSize)
	s.thumb.StrokeColor, s.thumb.StrokeWidth = look.Color(look.Accent), 2
	if s.focused {
		s.thumb.FillColor = look.Color(look.Accent)
	}
	s.thumb.Refresh()
}

// strip draws a bar with round ends.
func strip(r *canvas.Rectangle, ink fyne.ThemeColorName, x, y, w, h float32) {
	r.FillColor, r.CornerRadius = look.Color(ink), min(w, h)/2
	r.Move(fyne.NewPos(x, y))
	r.Resize(fyne.NewSize(w, h))
	r.Refresh()
}
