package control

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"croft/app/ui/look"
)

// Switch is on or off.
type Switch struct {
	Tile
	On        bool
	OnChanged func(bool)
	knob      *knob
}

// NewSwitch returns a switch.
func NewSwitch(name string, on bool, changed func(bool)) *Switch {
	s := &Switch{On: on, OnChanged: changed, knob: newKnob()}
	s.setUp(s, name, s.knob, nil)
	s.OnTapped = func() { s.Set(!s.On); s.OnChanged(s.On) }
	s.Plain = true
	s.surface.Radius = look.RadiusRound
	s.knob.on = on
	return s
}

// Set turns it on or off without telling anybody.
func (s *Switch) Set(on bool) {
	s.On, s.knob.on = on, on
	s.knob.Refresh()
}

// HeightFor does not depend on the width.
func (s *Switch) HeightFor(float32) float32 { return s.MinSize().Height }

// knob draws the switch.
type knob struct {
	widget.BaseWidget
	on          bool
	track, disc *canvas.Rectangle
}

func newKnob() *knob {
	k := &knob{track: canvas.NewRectangle(color.Transparent), disc: canvas.NewRectangle(color.Transparent)}
	k.ExtendBaseWidget(k)
	return k
}

// MinSize is that of a switch.
func (k *knob) MinSize() fyne.Size { return fyne.NewSize(look.Pt(42), look.Pt(24)) }

// CreateRenderer makes the knob a widget.
func (k *knob) CreateRenderer() fyne.WidgetRenderer { return knobRenderer{k} }

type knobRenderer struct{ k *knob }

func (r knobRenderer) Destroy()           {}
func (r knobRenderer) MinSize() fyne.Size { return r.k.MinSize() }
func (r knobRenderer) Refresh()           { r.Layout(r.k.Size()) }

func (r knobRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.k.track, r.k.disc}
}

func (r knobRenderer) Layout(s fyne.Size) {
	track, disc := r.k.track, r.k.disc
	x := float32(3)
	track.FillColor, disc.FillColor = look.Color(look.Line), look.Color(look.Card)
	if r.k.on {
		track.FillColor, disc.FillColor = look.Color(look.Accent), look.Color(look.OnAccent)
		x = s.Width - s.Height + 3
	}
	track.CornerRadius = s.Height / 2
	track.Resize(s)
	d := s.Height - 6
	disc.CornerRadius = d / 2
	disc.Move(fyne.NewPos(x, 3))
	disc.Resize(fyne.NewSquareSize(d))
	track.Refresh()
	disc.Refresh()
}
