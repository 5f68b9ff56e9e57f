package prose

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"croft/app/ui/look"
)

// drawLine makes the objects of one line.
func (t *Sheet) drawLine(i int) []fyne.CanvasObject {
	l := &t.set.lines[i]
	p := &t.set.paras[l.para]
	objects := t.drawQuote(p, l)
	if p.Rule {
		return append(objects, bar(look.Line, 0, l.y+l.height/2, t.Size().Width, 1))
	}
	_, base := textSize("x", p.size(0), fyne.TextStyle{})
	body, _ := textSize("x", p.size(0), fyne.TextStyle{})
	baseline := l.y + (l.height-body)/2 + base
	for j := range l.runs {
		objects = append(objects, t.drawRun(p, &l.runs[j], baseline)...)
	}
	return objects
}

func textSize(s string, points float32, style fyne.TextStyle) (height, baseline float32) {
	size, base := fyne.CurrentApp().Driver().RenderedTextSize(s, points, style, nil)
	return size.Height, base
}

// drawRun writes one run; links are underlined and typewriter text inside a sentence has a ground.
func (t *Sheet) drawRun(p *Para, r *run, baseline float32) []fyne.CanvasObject {
	text := strings.TrimRight(r.text, " ")
	switch {
	case text == "":
		return nil
	case r.marker && (text == taskOpen || text == taskDone):
		return drawTask(r.x+r.width, baseline, p.size(0), text == taskDone)
	}
	points := p.size(r.style)
	letters := canvas.NewText(text, look.Color(inkOf(p, r)))
	letters.TextSize, letters.TextStyle = points, r.style.text()
	_, base := textSize(text, points, letters.TextStyle)
	letters.Move(fyne.NewPos(r.x, baseline-base))
	letters.Resize(letters.MinSize())
	switch {
	case r.link != "":
		return []fyne.CanvasObject{letters, bar(look.Accent, r.x, baseline+2, r.width, 1)}
	case r.style&Marked != 0:
		ground := bar(look.Mark, r.x-2, baseline-points*1.02, measure(text, points, r.style)+4, points*1.38)
		ground.CornerRadius = 4
		return []fyne.CanvasObject{ground, letters}
	case r.style&Mono != 0 && !p.Listing:
		ground := bar(look.Code, r.x-3, baseline-points*0.98, r.width+6, points*1.32)
		ground.CornerRadius = 5
		return []fyne.CanvasObject{ground, letters}
	}
	return []fyne.CanvasObject{letters}
}

// drawTask draws the box of a task; its right edge is given.
func drawTask(right, baseline, points float32, done bool) []fyne.CanvasObject {
	side := points * 0.98
	x, y := right-side, baseline-side*0.9
	square := bar(look.None, x, y, side, side)
	square.StrokeColor, square.StrokeWidth, square.CornerRadius = look.Color(look.Soft), 1.3, 4
	if !done {
		return []fyne.CanvasObject{square}
	}
	square.FillColor, square.StrokeColor = look.Color(look.Accent), look.Color(look.Accent)
	tick := canvas.NewImageFromResource(look.Icon("check", look.OnAccent))
	tick.FillMode = canvas.ImageFillContain
	tick.Move(fyne.NewPos(x+1.5, y+1.5))
	tick.Resize(fyne.NewSquareSize(side - 3))
	return []fyne.CanvasObject{square, tick}
}

// inkOf is the colour of a run.
func inkOf(p *Para, r *run) fyne.ThemeColorName {
	switch {
	case r.link != "":
		return look.Accent
	case r.marker:
		return look.Soft
	case p.Quote > 0 && p.Ink == "":
		return look.Soft
	}
	return p.ink()
}

// drawQuote draws a bar for each quote that the line stands in.
func (t *Sheet) drawQuote(p *Para, l *line) []fyne.CanvasObject {
	var bars []fyne.CanvasObject
	for q := range p.Quote {
		bars = append(bars, bar(look.Line, float32(q)*quoteStep, l.y, 3, l.height))
	}
	return bars
}

func bar(ink fyne.ThemeColorName, x, y, w, h float32) *canvas.Rectangle {
	r := canvas.NewRectangle(look.Color(ink))
	r.Move(fyne.NewPos(x, y))
	r.Resize(fyne.NewSize(w, h))
	return r
}
