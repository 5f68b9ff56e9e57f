// Package control holds what a person reads, taps and types into, drawn in Croft's own hand.
package control

import (
	"image/color"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"croft/app/ui/look"
)

// Words is one line of text. What does not fit ends in an ellipsis when Shrinks is set.
type Words struct {
	widget.BaseWidget
	Text    string
	Points  float32
	Ink     fyne.ThemeColorName
	Bold    bool
	Mono    bool
	Centre  bool
	Shrinks bool

	line *canvas.Text
	cut  cutLine
}

// cutLine remembers what was drawn for which text and width, because cutting measures many times.
type cutLine struct {
	text   string
	width  float32
	points float32
	drawn  string
}

// NewWords returns a line of text.
func NewWords(text string, points float32, ink fyne.ThemeColorName) *Words {
	w := &Words{Text: text, Points: points, Ink: ink, line: canvas.NewText("", color.Black)}
	w.ExtendBaseWidget(w)
	return w
}

// NewBold returns a bold line of text.
func NewBold(text string, points float32) *Words {
	w := NewWords(text, points, look.Ink)
	w.Bold = true
	return w
}

// Shrinking lets the line end in an ellipsis, and returns it.
func (w *Words) Shrinking() *Words {
	w.Shrinks = true
	return w
}

// Set changes the text.
func (w *Words) Set(text string) {
	if text != w.Text {
		w.Text = text
		w.Refresh()
	}
}

// SetInk changes the colour.
func (w *Words) SetInk(ink fyne.ThemeColorName) {
	if ink != w.Ink {
		w.Ink = ink
		w.Refresh()
	}
}

func (w *Words) style() fyne.TextStyle { return fyne.TextStyle{Bold: w.Bold, Monospace: w.Mono} }

func (w *Words) width(text string) float32 {
	return fyne.MeasureText(text, look.Pt(w.Points), w.style()).Width
}

// MinSize is the whole line, or almost nothing in width when it shrinks.
func (w *Words) MinSize() fyne.Size {
	h := look.LineHeight(w.Points)
	if w.Shrinks {
		return fyne.NewSize(min(40, w.width(w.Text)), h)
	}
	return fyne.NewSize(w.width(w.Text), h)
}

// Natural is the width of the whole line.
func (w *Words) Natural() float32 { return w.width(w.Text) }

// fitted returns as much of the text as there is room for.
func (w *Words) fitted() string {
	text := oneLine(w.Text)
	have, points := w.Size().Width, look.Pt(w.Points)
	if !w.Shrinks || have <= 0 {
		return text
	}
	if w.cut.text != text || w.cut.width != have || w.cut.points != points {
		w.cut = cutLine{text, have, points, w.shorten(text, have)}
	}
	return w.cut.drawn
}

// shorten finds the longest beginning that fits together with an ellipsis.
func (w *Words) shorten(text string, have float32) string {
	const most = 400 // runes; no line on any screen shows more
	runes := []rune(text)
	if len(runes) > most {
		runes = runes[:most]
	} else if w.width(text) <= have {
		return text
	}
	low, high := 0, len(runes)
	for low < high {
		mid := (low + high + 1) / 2
		if w.width(string(runes[:mid])+"…") <= have {
			low = mid
		} else {
			high = mid - 1
		}
	}
	return strings.TrimRight(string(runes[:low]), " ") + "…"
}

func oneLine(s string) string {
	if !strings.ContainsAny(s, "\n\t\r") {
		return s
	}
	return strings.Join(strings.Fields(s), " ")
}

// CreateRenderer makes the line a widget.
func (w *Words) CreateRenderer() fyne.WidgetRenderer {
	w.draw()
	return &wordsRenderer{w: w}
}

func (w *Words) draw() {
	l := w.line
	l.Text, l.Color = w.fitted(), look.Color(w.Ink)
	l.TextSize, l.TextStyle = look.Pt(w.Points), w.style()
	l.Alignment = fyne.TextAlignLeading
	if w.Centre {
		l.Alignment = fyne.TextAlignCenter
	}
	l.Refresh()
}

type wordsRenderer struct{ w *Words }

func (r *wordsRenderer) Destroy()                     {}
func (r *wordsRenderer) MinSize() fyne.Size           { return r.w.MinSize() }
func (r *wordsRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.w.line} }
func (r *wordsRenderer) Refresh()                     { r.w.draw() }

func (r *wordsRenderer) Layout(s fyne.Size) {
	r.w.line.Move(fyne.Position{})
	r.w.line.Resize(s)
	if r.w.Shrinks && r.w.line.Text != r.w.fitted() {
		r.w.draw()
	}
}
