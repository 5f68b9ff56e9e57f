package control

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"croft/app/ui/box"
	"croft/app/ui/look"
)

// Item is a line of a menu.
type Item struct {
	Text   string
	Note   string // second line, small
	Icon   string // may be ""
	Danger bool
	Chosen bool
	Rule   bool // only a line between groups
	Head   bool // only a word above a group
	Do     func()
}

// ShowMenu opens a menu below (or above) a place on the canvas. Its right edge is at the place when toLeft is set.
func ShowMenu(c fyne.Canvas, at fyne.Position, toLeft bool, items []Item) *Overlay {
	var o *Overlay
	lines := make([]fyne.CanvasObject, len(items))
	for i, it := range items {
		lines[i] = menuLine(it, func() {
			o.Close()
			if it.Do != nil {
				it.Do()
			}
		})
	}
	page := box.NewPage(box.NewColumn(1, lines...))
	card := box.NewSurface(look.Card, page)
	card.Stroke, card.Radius, card.Raised, card.Pad = look.Line, look.RadiusCard, true, box.Even(6)
	o = newOverlay(c, false, newStill(card))
	o.where = func(window fyne.Size) (fyne.Position, fyne.Size) {
		return menuPlace(window, at, toLeft, menuSize(lines, window))
	}
	o.keys = func(e *fyne.KeyEvent) bool { return menuKey(c, e) }
	o.open()
	return o
}

// MenuBelow opens a menu under an object, flush with its right edge.
func MenuBelow(under fyne.CanvasObject, items []Item) *Overlay {
	d := fyne.CurrentApp().Driver()
	c := d.CanvasForObject(under)
	if c == nil {
		return nil
	}
	at := d.AbsolutePositionForObject(under).Add(fyne.NewPos(under.Size().Width, under.Size().Height+4))
	return ShowMenu(c, at, true, items)
}

func menuLine(it Item, do func()) fyne.CanvasObject {
	if it.Rule {
		return box.NewColumn(0, box.Rule()).Padded(box.Sides(4, 4))
	}
	if it.Head {
		return box.NewColumn(0, NewWords(it.Text, look.TextTiny, look.Soft)).Padded(box.Insets{Top: 6, Right: 10, Bottom: 2, Left: 10})
	}
	ink, soft := look.Ink, look.Soft
	if it.Danger {
		ink, soft = look.Warn, look.Warn
	}
	text := box.NewColumn(0, NewWords(it.Text, look.TextBody-1, ink).Shrinking())
	if it.Note != "" {
		text.Objects = append(text.Objects, NewWords(it.Note, look.TextTiny, look.Soft).Shrinking())
	}
	row := box.NewRow(10).Growing(text)
	if it.Icon != "" {
		row.Objects = append(row.Objects, NewIcon(it.Icon, 18, soft))
	}
	row.Objects = append(row.Objects, text)
	if it.Chosen {
		row.Objects = append(row.Objects, NewIcon("check", 17, look.Accent))
	}
	pad := (look.Target() - look.LineHeight(look.TextBody-1)) / 2
	return NewTile(it.Text, row, do).Round(8, box.Sides(max(4, pad), 10))
}

const (
	menuLeast = 190
	menuMost  = 380
	edge      = 8 // least distance to the window's edge
)

// menuSize is as wide as the widest line and never larger than the window.
func menuSize(lines []fyne.CanvasObject, window fyne.Size) fyne.Size {
	w, h := float32(menuLeast), float32(12)
	for _, l := range lines {
		w = max(w, naturalWidth(l)+12)
	}
	w = min(w, menuMost, window.Width-2*edge)
	for _, l := range lines {
		h += box.HeightFor(l, w-12) + 1
	}
	return fyne.NewSize(w, min(h, window.Height-2*edge))
}

// naturalWidth is what a line would like to have.
func naturalWidth(o fyne.CanvasObject) float32 {
	t, ok := o.(*Tile)
	if !ok {
		return 0
	}
	row := t.surface.Content.(*box.Row)
	w := float32(24)
	for _, c := range row.Objects {
		w += 10
		if col, ok := c.(*box.Column); ok {
			widest := float32(0)
			for _, words := range col.Objects {
				widest = max(widest, words.(*Words).Natural())
			}
			w += widest
		} else {
			w += c.MinSize().Width
		}
	}
	return w
}

func menuPlace(window fyne.Size, at fyne.Position, toLeft bool, size fyne.Size) (fyne.Position, fyne.Size) {
	if toLeft {
		at.X -= size.Width
	}
	at.X = max(edge, min(at.X, window.Width-size.Width-edge))
	at.Y = max(edge, min(at.Y, window.Height-size.Height-edge))
	return at, size
}

// menuKey moves through the lines.
func menuKey(c fyne.Canvas, e *fyne.KeyEvent) bool {
	switch e.Name {
	case fyne.KeyDown:
		c.FocusNext()
	case fyne.KeyUp:
		c.FocusPrevious()
	default:
		return false
	}
	return true
}

// still stops taps from falling through a card.
type still struct {
	widget.BaseWidget
	on *box.Surface
}

func newStill(s *box.Surface) *still {
	w := &still{on: s}
	w.ExtendBaseWidget(w)
	return w
}

// CreateRenderer makes the card a widget.
func (s *still) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(s.on) }

// HeightFor is the card's.
func (s *still) HeightFor(w float32) float32 { return s.on.HeightFor(w) }

// Tapped does nothing, on purpose.
func (s *still) Tapped(*fyne.PointEvent) {}

// TappedSecondary does nothing, on purpose.
func (s *still) TappedSecondary(*fyne.PointEvent) {}
