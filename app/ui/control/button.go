package control

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"croft/app/ui/box"
	"croft/app/ui/look"
)

// Weight is how much a button asks for attention.
type Weight int

// A page has one primary button at most.
const (
	Plain Weight = iota // a border and accent text
	Primary
	Quiet // text alone
	Danger
)

// Button is a tile with a word on it and perhaps an icon before it.
type Button struct {
	Tile
	words  *Words
	icon   *Icon
	row    *box.Row
	weight Weight
	small  bool // where a mouse is used
}

// NewButton returns a button; icon may be "".
func NewButton(text, icon string, w Weight, tapped func()) *Button {
	b := &Button{weight: w, words: NewBold(text, 14)}
	ink := b.colours()
	b.words.Ink = ink
	b.row = box.NewRow(7, b.words)
	if icon != "" {
		b.icon = NewIcon(icon, 17, ink)
		b.row.Objects = []fyne.CanvasObject{b.icon, b.words}
	}
	b.setUp(b, text, middle(b.row), tapped)
	b.Fill, b.Stroke = b.ground()
	b.surface.Pad = box.Sides(0, 14)
	return b
}

func (b *Button) colours() fyne.ThemeColorName {
	switch b.weight {
	case Primary:
		return look.OnAccent
	case Danger:
		return look.Warn
	case Quiet:
		return look.Soft
	}
	return look.Accent
}

func (b *Button) ground() (fill, stroke fyne.ThemeColorName) {
	switch b.weight {
	case Primary:
		return look.Accent, look.None
	case Quiet:
		return look.None, look.None
	}
	return look.Card, look.Line
}

// NewCopyButton returns a small quiet button, as it stands at the head of a listing.
func NewCopyButton(text string, tapped func()) *Button {
	b := NewButton(text, "copy", Quiet, tapped)
	b.words.Bold, b.words.Points, b.icon.Width = false, look.TextSmall, 15
	b.surface.Pad, b.small = box.Sides(0, 10), true
	return b
}

// SetText changes the word.
func (b *Button) SetText(text string) {
	b.Name = text
	b.words.Set(text)
	b.Refresh()
}

// Text returns the word.
func (b *Button) Text() string { return b.words.Text }

// MinSize keeps room for a finger where fingers are used.
func (b *Button) MinSize() fyne.Size {
	m := b.surface.MinSize()
	if b.small && !look.Touch() {
		return fyne.NewSize(m.Width, look.Pt(28))
	}
	return fyne.NewSize(m.Width, max(m.Height, look.Target()))
}

// HeightFor does not depend on the width.
func (b *Button) HeightFor(float32) float32 { return b.MinSize().Height }

// Disable greys the word out.
func (b *Button) Disable() {
	b.Tile.Disable()
	b.Fill, b.Stroke = look.None, look.Line
	b.ink(look.Soft)
}

// Enable gives the word its colour back.
func (b *Button) Enable() {
	b.Tile.Enable()
	b.Fill, b.Stroke = b.ground()
	b.ink(b.colours())
}

func (b *Button) ink(c fyne.ThemeColorName) {
	b.words.SetInk(c)
	if b.icon != nil {
		b.icon.Set(b.icon.Name, c)
	}
	b.Refresh()
}

// IconButton is a quiet icon that can be tapped. Its name is shown when the pointer rests on it.
type IconButton struct {
	Tile
	icon *Icon
	side float32 // 0: a full target
}

// Hinter is the content of a window that can show what something is called. An empty text takes the hint away.
type Hinter interface {
	Hint(text string, at fyne.Position, size fyne.Size)
}

// MouseIn asks for the hint.
func (b *IconButton) MouseIn(e *desktop.MouseEvent) {
	b.Tile.MouseIn(e)
	b.hint(b.Name)
}

// MouseOut takes the hint away.
func (b *IconButton) MouseOut() {
	b.Tile.MouseOut()
	b.hint("")
}

// Tapped takes the hint away too.
func (b *IconButton) Tapped(e *fyne.PointEvent) {
	b.hint("")
	b.Tile.Tapped(e)
}

func (b *IconButton) hint(text string) {
	d := fyne.CurrentApp().Driver()
	if c := d.CanvasForObject(b); c != nil {
		if h, ok := c.Content().(Hinter); ok {
			h.Hint(text, d.AbsolutePositionForObject(b), b.Size())
		}
	}
}

// NewIconButton returns an icon to tap; name is what it does.
func NewIconButton(name, icon string, tapped func()) *IconButton {
	b := &IconButton{icon: NewIcon(icon, 20, look.Soft)}
	b.setUp(b, name, middle(b.icon), tapped)
	return b
}

// NewSmallIcon returns an icon that takes little room where a mouse is used.
func NewSmallIcon(name, icon string, tapped func()) *IconButton {
	b := NewIconButton(name, icon, tapped)
	b.icon.Width, b.side = 17, 30
	b.surface.Radius = 8
	return b
}

// Set changes drawing and colour.
func (b *IconButton) Set(icon string, ink fyne.ThemeColorName) { b.icon.Set(icon, ink) }

// MinSize is a square.
func (b *IconButton) MinSize() fyne.Size {
	if b.side > 0 && !look.Touch() {
		return fyne.NewSquareSize(look.Pt(b.side))
	}
	return fyne.NewSquareSize(look.Target())
}

// HeightFor does not depend on the width.
func (b *IconButton) HeightFor(float32) float32 { return b.MinSize().Height }

// Disable shows the icon paler.
func (b *IconButton) Disable() {
	b.Tile.Disable()
	b.icon.Set(b.icon.Name, look.Line)
}

// Enable shows the icon as before.
func (b *IconButton) Enable() {
	b.Tile.Enable()
	b.icon.Set(b.icon.Name, look.Soft)
}
