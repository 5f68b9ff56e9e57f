package control

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// Tagged is a name with tags close behind it. The name gives way when there is too little room.
type Tagged struct {
	widget.BaseWidget
	name *Words
	tags []fyne.CanvasObject
}

// NewTagged returns a name with tags.
func NewTagged(name *Words, tags []fyne.CanvasObject) *Tagged {
	b := &Tagged{name: name, tags: tags}
	b.ExtendBaseWidget(b)
	return b
}

// CreateRenderer makes it a widget.
func (b *Tagged) CreateRenderer() fyne.WidgetRenderer { return taggedRenderer{b} }

type taggedRenderer struct{ b *Tagged }

const tagGap = 7

func (r taggedRenderer) Destroy()           {}
func (r taggedRenderer) MinSize() fyne.Size { return r.b.name.MinSize() }
func (r taggedRenderer) Refresh()           { r.Layout(r.b.Size()) }

func (r taggedRenderer) Objects() []fyne.CanvasObject {
	return append([]fyne.CanvasObject{r.b.name}, r.b.tags...)
}

func (r taggedRenderer) Layout(s fyne.Size) {
	shown, room := r.b.fitting(s.Width)
	w := min(r.b.name.Natural(), max(40, room))
	r.b.name.Resize(fyne.NewSize(w, s.Height))
	x := w + tagGap
	for i, t := range r.b.tags {
		if i >= shown {
			t.Hide()
			continue
		}
		t.Show()
		m := t.MinSize()
		t.Move(fyne.NewPos(x, (s.Height-m.Height)/2))
		t.Resize(m)
		x += m.Width + tagGap
	}
}

// nameLeast is the width that a name keeps before a second tag is shown beside it.
const nameLeast = 110

// fitting returns how many tags are shown, at least the first, and the room that is left for the name.
func (b *Tagged) fitting(width float32) (tags int, room float32) {
	room = width
	want := min(b.name.Natural(), nameLeast)
	for i, t := range b.tags {
		need := t.MinSize().Width + tagGap
		if i > 0 && room-need < want {
			return i, room
		}
		room -= need
	}
	return len(b.tags), room
}
