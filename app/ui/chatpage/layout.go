package chatpage

import (
	"fyne.io/fyne/v2"

	"croft/app/ui/box"
	"croft/app/ui/look"
)

// CreateRenderer makes the conversation a widget.
func (c *conversation) CreateRenderer() fyne.WidgetRenderer { return talkRenderer{c} }

type talkRenderer struct{ c *conversation }

func (r talkRenderer) Destroy()           {}
func (r talkRenderer) MinSize() fyne.Size { return fyne.NewSize(200, 200) }
func (r talkRenderer) Refresh()           { r.Layout(r.c.Size()) }

func (r talkRenderer) Objects() []fyne.CanvasObject {
	c := r.c
	return []fyne.CanvasObject{c.bar, c.list, c.empty.view, c.notice, c.composer, c.jump}
}

// Layout puts the bar at the top, the composer at the bottom and the messages between.
func (r talkRenderer) Layout(s fyne.Size) {
	c := r.c
	if s.Width <= 0 {
		return
	}
	side := c.side()
	column := min(s.Width-2*side, look.ColumnMax)
	x := (s.Width - column) / 2
	top := c.bar.HeightFor(s.Width)
	put(c.bar, 0, 0, s.Width, top)
	composer := c.composer.HeightFor(column)
	y := s.Height - composer - c.bottom()
	put(c.composer, x, y, column, composer)
	if len(c.notice.Objects) > 0 {
		h := c.notice.HeightFor(column)
		y -= h + 10
		put(c.notice, x, y, column, h)
	}
	c.list.Pad = box.Insets{Top: 24, Right: side, Bottom: 18, Left: side}
	put(c.list, 0, top, s.Width, max(40, y-top))
	m := c.jump.MinSize()
	put(c.jump, (s.Width-m.Width)/2, y-m.Height-12, m.Width, m.Height)
	show(c.empty.view, len(c.doc.Messages) == 0 && c.id == 0)
	c.empty.fit(column, y-top)
	put(c.empty.view, x, top, column, max(40, y-top))
}

func show(o fyne.CanvasObject, on bool) {
	switch {
	case on && !o.Visible():
		o.Show()
	case !on && o.Visible():
		o.Hide()
	}
}

// side is the distance of the text from the edges of the page.
func (c *conversation) side() float32 {
	if c.page.win.Phone() {
		return 14
	}
	return 26
}

func (c *conversation) bottom() float32 {
	if c.page.win.Phone() {
		return 10
	}
	return 17
}

func put(o fyne.CanvasObject, x, y, w, h float32) {
	o.Move(fyne.NewPos(x, y))
	o.Resize(fyne.NewSize(w, h))
}

// relayout takes over a change between wide and phone.
func (c *conversation) relayout() {
	c.bar.build()
	c.composer.build()
	c.list.Renew()
	c.Refresh()
}
