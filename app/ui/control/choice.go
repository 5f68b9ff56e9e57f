package control

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"croft/app/ui/box"
	"croft/app/ui/look"
)

// Choice is a few words side by side of which one is chosen.
type Choice struct {
	widget.BaseWidget
	Chosen    int
	OnChanged func(int)
	tiles     []*Tile
	words     []*Words
	card      *box.Surface
}

// NewChoice returns words to choose from.
func NewChoice(options []string, chosen int, changed func(int)) *Choice {
	c := &Choice{OnChanged: changed}
	row := box.NewRow(2)
	for i, text := range options {
		w := NewWords(text, 14, look.Soft)
		t := NewTile(text, middle(w), func() { c.Set(i); c.OnChanged(i) })
		t.Round(8, box.Sides(5, 14))
		c.words, c.tiles = append(c.words, w), append(c.tiles, t)
		row.Objects = append(row.Objects, t)
	}
	c.card = box.NewSurface(look.Side, row)
	c.card.Stroke, c.card.Radius, c.card.Pad = look.Line, look.RadiusRow, box.Even(3)
	c.ExtendBaseWidget(c)
	c.Set(chosen)
	return c
}

// CreateRenderer makes the choice a widget.
func (c *Choice) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(c.card) }

// Set chooses without telling anybody.
func (c *Choice) Set(chosen int) {
	c.Chosen = chosen
	for i := range c.tiles {
		fill, stroke, ink := look.None, look.None, look.Soft
		if i == chosen {
			fill, stroke, ink = look.Card, look.Line, look.Ink
		}
		c.words[i].Bold = i == chosen
		c.words[i].SetInk(ink)
		c.tiles[i].Paint(fill, stroke)
	}
}

// Picker is a button that shows what is chosen and opens a menu of what could be.
type Picker struct {
	Tile
	words *Words
	items func() []Item
}

// NewPicker returns a picker; items is asked each time the menu opens.
func NewPicker(name, shown string, items func() []Item) *Picker {
	p := &Picker{words: NewWords(shown, 14, look.Ink).Shrinking(), items: items}
	row := box.NewRow(8, p.words, NewIcon("down", 16, look.Soft)).Growing(p.words)
	p.setUp(p, name, row, func() { MenuBelow(p, p.items()) })
	p.Fill, p.Stroke = look.Card, look.Line
	p.surface.Pad = box.Sides(0, 12)
	return p
}

// Set changes what is shown.
func (p *Picker) Set(shown string) { p.words.Set(shown) }

// Text returns what is shown.
func (p *Picker) Text() string { return p.words.Text }

// MinSize is wide enough for a short name.
func (p *Picker) MinSize() fyne.Size {
	return fyne.NewSize(max(120, min(280, p.words.Natural()+52)), look.Target())
}

// HeightFor does not depend on the width.
func (p *Picker) HeightFor(float32) float32 { return look.Target() }
