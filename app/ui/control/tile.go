package control

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"croft/app/ui/box"
	"croft/app/ui/look"
)

// Tile is a surface that does something when it is tapped, or when Enter or Space is pressed on it.
type Tile struct {
	widget.BaseWidget
	Name     string // what a screen reader says
	OnTapped func()
	OnMenu   func(at fyne.Position) // a secondary tap, in canvas coordinates; may be nil
	Fill     fyne.ThemeColorName
	Stroke   fyne.ThemeColorName
	Plain    bool // shows no ground when the pointer is over it

	surface *box.Surface
	state   struct{ hovered, focused, disabled bool }
}

var (
	_ fyne.Tappable          = (*Tile)(nil)
	_ fyne.SecondaryTappable = (*Tile)(nil)
	_ fyne.Focusable         = (*Tile)(nil)
	_ fyne.Disableable       = (*Tile)(nil)
	_ desktop.Hoverable      = (*Tile)(nil)
	_ desktop.Cursorable     = (*Tile)(nil)
)

// NewTile returns a surface that can be tapped.
func NewTile(name string, content fyne.CanvasObject, tapped func()) *Tile {
	t := &Tile{}
	t.setUp(t, name, content, tapped)
	return t
}

func (t *Tile) setUp(as fyne.Widget, name string, content fyne.CanvasObject, tapped func()) {
	t.Name, t.OnTapped = name, tapped
	t.surface = box.NewSurface(look.None, content)
	t.surface.Radius = look.RadiusRow
	t.ExtendBaseWidget(as)
}

// Round sets the radius of the corners and the padding, and returns the tile.
func (t *Tile) Round(radius float32, pad box.Insets) *Tile {
	t.surface.Radius, t.surface.Pad = radius, pad
	return t
}

// Raise makes the tile cast a shadow, because it floats over other things.
func (t *Tile) Raise() { t.surface.Raised = true }

// Paint sets ground and border.
func (t *Tile) Paint(fill, stroke fyne.ThemeColorName) *Tile {
	t.Fill, t.Stroke = fill, stroke
	t.Refresh()
	return t
}

// CreateRenderer makes the tile a widget.
func (t *Tile) CreateRenderer() fyne.WidgetRenderer {
	t.dress()
	return tileRenderer{t}
}

// dress picks the colours of the present state.
func (t *Tile) dress() {
	t.surface.Fill, t.surface.Stroke = t.Fill, t.Stroke
	if t.state.hovered && !t.state.disabled && !t.Plain && t.Fill == look.None {
		t.surface.Fill = look.Hover
	}
	if t.state.hovered && !t.state.disabled && t.Fill == look.Card {
		t.surface.Stroke = look.Soft
	}
	switch {
	case t.state.focused && t.Fill == look.Accent:
		t.surface.Stroke = look.Ink
	case t.state.focused:
		t.surface.Stroke = look.Accent
	}
}

type tileRenderer struct{ t *Tile }

func (r tileRenderer) Destroy()                     {}
func (r tileRenderer) Layout(s fyne.Size)           { r.t.surface.Resize(s) }
func (r tileRenderer) MinSize() fyne.Size           { return r.t.surface.MinSize() }
func (r tileRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.t.surface} }
func (r tileRenderer) Refresh()                     { r.t.dress(); r.t.surface.Refresh() }

// HeightFor returns the content's height with the padding.
func (t *Tile) HeightFor(width float32) float32 { return t.surface.HeightFor(width) }

// Tapped does what the tile is for.
func (t *Tile) Tapped(*fyne.PointEvent) {
	if t.OnTapped != nil && !t.state.disabled {
		t.OnTapped()
	}
}

// TappedSecondary opens the menu, if there is one.
func (t *Tile) TappedSecondary(e *fyne.PointEvent) {
	if t.OnMenu != nil && !t.state.disabled {
		t.OnMenu(e.AbsolutePosition)
	}
}

// MouseIn lights the tile up.
func (t *Tile) MouseIn(*desktop.MouseEvent) { t.hover(true) }

// MouseMoved does nothing.
func (t *Tile) MouseMoved(*desktop.MouseEvent) {}

// MouseOut puts the light out.
func (t *Tile) MouseOut() { t.hover(false) }

func (t *Tile) hover(on bool) {
	t.state.hovered = on
	t.Refresh()
}

// FocusGained shows the ring, unless a finger or the mouse brought the focus.
func (t *Tile) FocusGained() {
	t.state.focused = !t.state.hovered && !fyne.CurrentDevice().IsMobile()
	t.Refresh()
}

// FocusLost hides the ring.
func (t *Tile) FocusLost() {
	t.state.focused = false
	t.Refresh()
}

// TypedRune does nothing.
func (t *Tile) TypedRune(rune) {}

// TypedKey taps on Enter and Space.
func (t *Tile) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		t.Tapped(nil)
	default:
		passKey(e)
	}
}

// passKey lets the window hear of keys that mean nothing here, such as Escape.
func passKey(e *fyne.KeyEvent) {
	for _, w := range fyne.CurrentApp().Driver().AllWindows() {
		if f := w.Canvas().OnTypedKey(); f != nil {
			f(e)
		}
	}
}

// Cursor is a hand.
func (t *Tile) Cursor() desktop.Cursor {
	if t.state.disabled {
		return desktop.DefaultCursor
	}
	return desktop.PointerCursor
}

// Enable makes the tile answer again.
func (t *Tile) Enable() { t.setDisabled(false) }

// Disable makes the tile deaf.
func (t *Tile) Disable() { t.setDisabled(true) }

// Disabled tells whether the tile is deaf.
func (t *Tile) Disabled() bool { return t.state.disabled }

func (t *Tile) setDisabled(d bool) {
	if t.state.disabled != d {
		t.state.disabled = d
		t.Refresh()
	}
}

// AccessibilityLabel is the tile's name.
func (t *Tile) AccessibilityLabel() string { return t.Name }

// AccessibilityRole says that it can be pressed.
func (t *Tile) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }
