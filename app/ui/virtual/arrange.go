package virtual

import (
	"fyne.io/fyne/v2"
)

// rowsKept bounds how many rows exist, on screen and near it.
const rowsKept = 60

// column returns the left edge and the width of the rows.
func (l *List) column() (x, width float32) {
	x = l.Pad.Left
	width = l.Size().Width - l.Pad.Left - l.Pad.Right
	if l.Max > 0 && width > l.Max {
		x += (width - l.Max) / 2
		width = l.Max
	}
	return x, max(width, 1)
}

// arrange decides which rows are on screen and puts them there.
func (l *List) arrange() {
	if l.Size().Width <= 0 || l.Size().Height <= 0 {
		return
	}
	x, w := l.column()
	l.guess(w)
	if len(l.heights) == 0 {
		l.content.show(nil)
		l.moved()
		return
	}
	l.settle()
	l.content.show(l.fill(x, w))
	l.trim()
	l.moved()
}

func (l *List) moved() {
	l.bar.follow()
	if c := fyne.CurrentApp().Driver().CanvasForObject(l); c != nil {
		c.Refresh(l.content)
	}
	if l.OnMoved != nil {
		l.OnMoved()
	}
}

// guess fills in the heights of rows that were not made yet.
func (l *List) guess(w float32) {
	n := l.source.Len()
	if w == l.width && len(l.heights) == n {
		return
	}
	if w != l.width || len(l.heights) > n {
		l.heights = l.heights[:0]
	}
	l.width = w
	for i := len(l.heights); i < n; i++ {
		l.heights = append(l.heights, height{h: l.source.Guess(i, w)})
	}
	l.anchor.index = max(0, min(l.anchor.index, n-1))
}

// row returns row i, made if need be.
func (l *List) row(i int) Row {
	key := l.source.Key(i)
	r, ok := l.rows[key]
	if !ok {
		r = l.source.Make(i)
		l.rows[key] = r
	}
	return r
}

// measure returns the true height of row i.
func (l *List) measure(i int) float32 {
	h := &l.heights[i]
	if !h.known {
		h.h, h.known = l.row(i).HeightFor(l.width), true
	}
	return h.h
}

// settle moves the anchor to the first row on screen and keeps the content within its bounds.
func (l *List) settle() {
	if l.end {
		l.settleEnd()
		return
	}
	l.walkUp()
	l.walkDown()
	if l.bottom() <= l.Size().Height-l.Pad.Bottom {
		l.settleEnd()
	}
}

// walkUp puts the anchor at or above the top of the view.
func (l *List) walkUp() {
	for l.anchor.y > 0 && l.anchor.index > 0 {
		l.anchor.index--
		l.anchor.y -= l.measure(l.anchor.index) + l.Gap
	}
	if l.anchor.index == 0 && l.anchor.y > l.Pad.Top {
		l.anchor.y = l.Pad.Top
	}
}

// walkDown passes rows that ended above the view.
func (l *List) walkDown() {
	for l.anchor.index < len(l.heights)-1 && l.anchor.y+l.measure(l.anchor.index) < 0 {
		l.anchor.y += l.measure(l.anchor.index) + l.Gap
		l.anchor.index++
	}
}

// bottom returns where the last row ends, or a height below the view when that is not on screen.
func (l *List) bottom() float32 {
	y := l.anchor.y
	for i := l.anchor.index; i < len(l.heights); i++ {
		y += l.measure(i)
		if y > l.Size().Height {
			return y
		}
		y += l.Gap
	}
	return y - l.Gap
}

// settleEnd puts the end of the last row at the bottom of the view, or the first row at the top if all fits.
func (l *List) settleEnd() {
	last := len(l.heights) - 1
	y := l.Size().Height - l.Pad.Bottom - l.measure(last)
	i := last
	for y > 0 && i > 0 {
		i--
		y -= l.measure(i) + l.Gap
	}
	if i == 0 && y > l.Pad.Top {
		y = l.Pad.Top
	}
	l.anchor, l.end = anchor{i, y}, l.Sticks || l.end
}

// fill places the rows on screen and returns them.
func (l *List) fill(x, w float32) []fyne.CanvasObject {
	var shown []fyne.CanvasObject
	y, height := l.anchor.y, l.Size().Height
	for i := l.anchor.index; i < len(l.heights) && y < height; i++ {
		h := l.measure(i)
		row := l.row(i)
		row.Move(fyne.NewPos(x, y))
		row.Resize(fyne.NewSize(w, h))
		if p, ok := row.(Partial); ok {
			p.ShowBetween(-y, height-y)
		}
		shown = append(shown, row)
		y += h + l.Gap
	}
	return shown
}

// trim drops rows that are not on screen when there are many.
func (l *List) trim() {
	if len(l.rows) <= rowsKept {
		return
	}
	on := make(map[fyne.CanvasObject]bool, len(l.content.rows))
	for _, r := range l.content.rows {
		on[r] = true
	}
	for k, r := range l.rows {
		if !on[r] {
			delete(l.rows, k)
		}
	}
}

// extent returns how much content lies above the view and how much there is, from guesses where rows were not made.
func (l *List) extent() (above, total float64) {
	for i := range l.heights {
		if i == l.anchor.index {
			above = total - float64(l.anchor.y)
		}
		total += float64(l.heights[i].h + l.Gap)
	}
	pad := float64(l.Pad.Top + l.Pad.Bottom)
	return above + float64(l.Pad.Top), total + pad - float64(l.Gap)
}

// toExtent scrolls so that so much content lies above the view.
func (l *List) toExtent(above float64) {
	y := float64(l.Pad.Top)
	for i := range l.heights {
		h := float64(l.heights[i].h + l.Gap)
		if y+h > above || i == len(l.heights)-1 {
			l.anchor, l.end = anchor{i, float32(y - above)}, false
			break
		}
		y += h
	}
	l.arrange()
}
