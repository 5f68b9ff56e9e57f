package box

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"croft/app/ui/look"
)

// Surface is a ground of one colour with content on it.
type Surface struct {
	widget.BaseWidget
	Content fyne.CanvasObject // may be nil
	Fill    fyne.ThemeColorName
	Stroke  fyne.ThemeColorName
	Radius  float32
	Notch   bool // the corner at the bottom right is almost square, as on a speech bubble
	Raised  bool // casts a shadow
	Pad     Insets

	ground *canvas.Rectangle
}

// NewSurface returns a ground of a colour.
func NewSurface(fill fyne.ThemeColorName, content fyne.CanvasObject) *Surface {
	s := &Surface{Content: content, Fill: fill, ground: canvas.NewRectangle(color.Transparent)}
	s.ExtendBaseWidget(s)
	return s
}

// NewCard returns a card with a border, as it stands on a page.
func NewCard(pad Insets, content fyne.CanvasObject) *Surface {
	s := NewSurface(look.Card, content)
	s.Stroke, s.Radius, s.Pad = look.Line, look.RadiusCard, pad
	return s
}

// CreateRenderer makes the surface a widget.
func (s *Surface) CreateRenderer() fyne.WidgetRenderer {
	s.paint()
	return surfaceRenderer{renderer{s}, s}
}

type surfaceRenderer struct {
	renderer
	s *Surface
}

// Refresh reads the colours anew.
func (r surfaceRenderer) Refresh() {
	r.s.paint()
	r.renderer.Refresh()
}

func (s *Surface) paint() {
	g := s.ground
	g.FillColor, g.StrokeColor = look.Color(s.Fill), look.Color(s.Stroke)
	g.StrokeWidth = 0
	if s.Stroke != look.None {
		g.StrokeWidth = 1
	}
	g.CornerRadius = s.radius()
	if s.Notch {
		g.BottomRightCornerRadius = 4
	}
	if s.Raised {
		g.Shadow = canvas.Shadow{Color: look.Color(look.Shade), BlurRadius: 24, Offset: fyne.NewPos(0, 6)}
	}
	g.Refresh()
}

// radius keeps a round end round at any height.
func (s *Surface) radius() float32 {
	size := s.Size()
	if half := min(size.Height, size.Width) / 2; half > 0 {
		return min(s.Radius, half)
	}
	return s.Radius
}

func (s *Surface) children() []fyne.CanvasObject {
	if s.Content == nil {
		return []fyne.CanvasObject{s.ground}
	}
	return []fyne.CanvasObject{s.ground, s.Content}
}

// HeightFor returns the content's height with the padding.
func (s *Surface) HeightFor(width float32) float32 {
	if s.Content == nil {
		return s.Pad.high()
	}
	return HeightFor(s.Content, max(0, width-s.Pad.wide())) + s.Pad.high()
}

// MinSize is the content's with the padding.
func (s *Surface) MinSize() fyne.Size {
	if s.Content == nil {
		return fyne.NewSize(s.Pad.wide(), s.Pad.high())
	}
	return s.Content.MinSize().AddWidthHeight(s.Pad.wide(), s.Pad.high())
}

func (s *Surface) arrange(size fyne.Size) {
	place(s.ground, 0, 0, size.Width, size.Height)
	if r := s.radius(); r != s.ground.CornerRadius {
		s.ground.CornerRadius = r
		s.ground.Refresh()
	}
	if s.Content != nil {
		place(s.Content, s.Pad.Left, s.Pad.Top, size.Width-s.Pad.wide(), size.Height-s.Pad.high())
	}
}

// Rule is a line of one pixel.
func Rule() *Surface {
	s := NewSurface(look.Line, nil)
	s.Pad = Insets{Bottom: 1}
	return s
}

// Upright is a vertical line of one pixel.
func Upright() *Surface {
	s := NewSurface(look.Line, nil)
	s.Pad = Insets{Right: 1}
	return s
}
