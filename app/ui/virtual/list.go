// Package virtual shows a column of any length of which only the rows on screen exist.
//
// What is on screen is remembered as a row and a distance, never as a distance from the beginning:
// rows above may turn out higher or lower than was guessed, and nothing jumps.
package virtual

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"croft/app/ui/box"
)

// Row is a widget in the list.
type Row interface {
	fyne.CanvasObject
	box.Tall
}

// Partial is a row that can draw only a part of itself, between two of its own heights.
type Partial interface {
	ShowBetween(top, bottom float32)
}

// Source says what stands in the list. All methods are called on the window's goroutine.
type Source interface {
	Len() int
	Key(i int) any                      // a comparable name that stays with the row
	Guess(i int, width float32) float32 // its height, roughly and fast
	Make(i int) Row
}

// List is the widget.
type List struct {
	widget.BaseWidget
	Pad     box.Insets
	Gap     float32
	Max     float32 // width of a row; 0: no limit
	Sticks  bool    // once its end is in view, it stays in view while rows grow
	OnMoved func()  // what is on screen changed

	source  Source
	rows    map[any]Row
	heights []height
	width   float32 // of a row, when heights were taken
	anchor  anchor
	end     bool // the end of the last row is in view, and kept there when the list sticks
	content *stage
	clip    *container.Clip
	bar     *scrollBar
	flick   flick
}

// height of a row: guessed until the row was made.
type height struct {
	h     float32
	known bool
}

// anchor is a row and how far its top is below the top of the view.
type anchor struct {
	index int
	y     float32
}

// NewList returns a list of what a source has.
func NewList(source Source) *List {
	l := &List{source: source, rows: map[any]Row{}, content: newStage()}
	l.clip = container.NewClip(l.content)
	l.bar = newScrollBar(l)
	l.ExtendBaseWidget(l)
	return l
}

// CreateRenderer makes the list a widget.
func (l *List) CreateRenderer() fyne.WidgetRenderer { return &listRenderer{l} }

type listRenderer struct{ l *List }

func (r *listRenderer) Destroy()           {}
func (r *listRenderer) MinSize() fyne.Size { return r.l.MinSize() }

func (r *listRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.l.clip, r.l.bar}
}

func (r *listRenderer) Layout(s fyne.Size) {
	r.l.clip.Resize(s)
	r.l.content.Resize(s)
	r.l.bar.Move(fyne.NewPos(s.Width-barWidth, 0))
	r.l.bar.Resize(fyne.NewSize(barWidth, s.Height))
	r.l.arrange()
}

// Refresh makes all rows anew, those off the screen too: colours or text size may have changed.
func (r *listRenderer) Refresh() {
	r.l.width = 0
	r.l.Renew()
	r.l.bar.Refresh()
}

// MinSize is small: the list scrolls.
func (l *List) MinSize() fyne.Size { return fyne.NewSize(40, 40) }

// Reset forgets all rows and shows the beginning, or the end.
func (l *List) Reset(atEnd bool) {
	clear(l.rows)
	l.heights = nil
	l.anchor, l.end = anchor{y: l.Pad.Top}, atEnd
	l.arrange()
}

// Reload takes over rows that were added, removed or replaced; what is on screen keeps its place.
func (l *List) Reload() {
	l.heights = nil
	l.arrange()
}

// Renew makes all rows anew; what is on screen keeps its place.
func (l *List) Renew() {
	clear(l.rows)
	l.Reload()
}

// Drop forgets the rows with these keys, because they have to be made anew.
func (l *List) Drop(keys ...any) {
	for _, k := range keys {
		delete(l.rows, k)
	}
}

// Made returns the row with a key if it exists now.
func (l *List) Made(key any) Row { return l.rows[key] }

// Grown tells that row i changed its height.
func (l *List) Grown(i int) {
	if i < len(l.heights) {
		l.heights[i].known = false
	}
	l.arrange()
}

// AtEnd tells whether the end of the last row is in view.
func (l *List) AtEnd() bool { return l.end }

// ToEnd brings the end into view.
func (l *List) ToEnd() {
	l.end = true
	l.arrange()
}

// To brings the top of row i to the top of the view.
func (l *List) To(i int) {
	l.anchor, l.end = anchor{i, l.Pad.Top}, false
	l.arrange()
}

// By moves the content down by dy, or up when dy is negative.
func (l *List) By(dy float32) {
	if len(l.heights) == 0 || dy == 0 {
		return
	}
	if dy < 0 && l.end {
		return
	}
	l.end = false
	l.anchor.y += dy
	l.arrange()
}

// PageBy moves by pages of what is on screen.
func (l *List) PageBy(pages float32) { l.By(pages * l.Size().Height * 0.9) }
