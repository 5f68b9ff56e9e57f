package prose

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"croft/app/ui/look"
)

// Sheet is a widget that shows paragraphs and nothing more.
type Sheet struct {
	widget.BaseWidget
	self  fyne.Widget
	set   setting
	paras []Para
	caret bool // a soft caret after the last letter

	shown  struct{ top, bottom float32 }
	drawn  map[int][]fyne.CanvasObject // by line
	cursor *canvas.Rectangle
	scene  []fyne.CanvasObject
	pick   selection
}

// everything is a bottom below all text.
const everything = 1e9

// NewSheet returns a widget with paragraphs.
func NewSheet(paras []Para) *Sheet {
	t := &Sheet{}
	t.setUp(t, paras)
	return t
}

func (t *Sheet) setUp(as fyne.Widget, paras []Para) {
	t.self, t.paras, t.drawn = as, paras, map[int][]fyne.CanvasObject{}
	t.shown.bottom = everything
	t.ExtendBaseWidget(as)
}

// NewSentence returns a wrapped text in one size and colour.
func NewSentence(text string, points float32, ink fyne.ThemeColorName) *Sheet {
	paras := Plain(text)
	for i := range paras {
		paras[i].Points, paras[i].Ink = points, ink
	}
	return NewSheet(paras)
}

// Centred puts every line in the middle and returns the text.
func (t *Sheet) Centred() *Sheet {
	for i := range t.paras {
		t.paras[i].Align = fyne.TextAlignCenter
	}
	return t
}

// Set replaces the paragraphs. Lines that stay as they were are not set again.
func (t *Sheet) Set(paras []Para) {
	t.paras = paras
	first := t.set.replace(paras, t.set.width)
	t.pick.drop()
	t.forget(first)
	t.redraw()
}

// SetCaret shows or hides the caret at the end.
func (t *Sheet) SetCaret(on bool) {
	if t.caret != on {
		t.caret = on
		t.redraw()
	}
}

// String returns what would be copied.
func (t *Sheet) String() string {
	if len(t.set.starts) != len(t.paras) {
		t.set.replace(t.paras, t.set.width)
	}
	return t.set.text
}

// HeightFor returns the height of the text at a width.
func (t *Sheet) HeightFor(width float32) float32 {
	t.fit(width)
	return t.set.height
}

// Natural returns the width of the widest line when no line is wider than most.
func (t *Sheet) Natural(most float32) float32 {
	t.fit(most)
	return min(most, t.set.widest()+1)
}

// fit sets the text to a width, unless it already is.
func (t *Sheet) fit(width float32) {
	if width <= 0 || width == t.set.width && len(t.set.starts) == len(t.paras) {
		return
	}
	t.set.paras = t.paras
	t.set.joinText()
	t.set.lines = t.set.lines[:0]
	t.set.lay(0, width)
	t.forget(0)
}

// MinSize is the height at the present width; text takes any width.
func (t *Sheet) MinSize() fyne.Size { return fyne.NewSize(20, t.set.height) }

// ShowBetween draws only what lies between two heights of the widget.
func (t *Sheet) ShowBetween(top, bottom float32) {
	const ahead = 200
	if top >= t.shown.top && bottom <= t.shown.bottom && t.shown.bottom != everything {
		return
	}
	t.shown.top, t.shown.bottom = top-ahead, bottom+ahead
	t.redraw()
}

// forget drops what was drawn from a line on.
func (t *Sheet) forget(first int) {
	for i := range t.drawn {
		if i >= first {
			delete(t.drawn, i)
		}
	}
}

// CreateRenderer makes the text a widget.
func (t *Sheet) CreateRenderer() fyne.WidgetRenderer {
	t.compose()
	return &sheetRenderer{t}
}

type sheetRenderer struct{ t *Sheet }

func (r *sheetRenderer) Destroy()                     {}
func (r *sheetRenderer) MinSize() fyne.Size           { return r.t.MinSize() }
func (r *sheetRenderer) Objects() []fyne.CanvasObject { return r.t.scene }

func (r *sheetRenderer) Layout(s fyne.Size) {
	r.t.fit(s.Width)
	r.t.compose()
}

// Refresh reads sizes and colours anew.
func (r *sheetRenderer) Refresh() {
	r.t.set.width = 0
	r.t.fit(r.t.Size().Width)
	r.t.forget(0)
	r.t.redraw()
}

func (t *Sheet) redraw() {
	if t.Size().Width == 0 {
		return
	}
	t.fit(t.Size().Width)
	t.compose()
	if c := fyne.CurrentApp().Driver().CanvasForObject(t.self); c != nil {
		c.Refresh(t)
	}
}

// compose collects the objects of the lines on screen: grounds and selection first, letters above them.
func (t *Sheet) compose() {
	if t.Size().Width == 0 {
		return
	}
	first, last := t.set.between(t.shown.top, t.shown.bottom)
	for i := range t.drawn {
		if i < first || i >= last {
			delete(t.drawn, i)
		}
	}
	t.scene = t.scene[:0:0]
	for i := first; i < last; i++ {
		if _, ok := t.drawn[i]; !ok {
			t.drawn[i] = t.drawLine(i)
		}
		t.scene = append(t.scene, t.drawn[i]...)
	}
	t.scene = append(t.markSelection(first, last), t.scene...)
	if t.caret {
		t.scene = append(t.scene, t.drawCaret())
	}
}

// drawCaret stands after the last letter.
func (t *Sheet) drawCaret() fyne.CanvasObject {
	if t.cursor == nil {
		t.cursor = canvas.NewRectangle(nil)
		t.cursor.CornerRadius = 2
	}
	t.cursor.FillColor = look.Color(look.Accent)
	x, y, h := float32(0), float32(0), look.LineHeight(look.TextBody)
	if n := len(t.set.lines); n > 0 {
		l := &t.set.lines[n-1]
		y, h = l.y, l.height
		if k := len(l.runs); k > 0 {
			x = l.runs[k-1].x + l.runs[k-1].width + 3
		}
	}
	t.cursor.Move(fyne.NewPos(min(x, max(0, t.Size().Width-8)), y+h*0.14))
	t.cursor.Resize(fyne.NewSize(look.Pt(7), h*0.72))
	return t.cursor
}
