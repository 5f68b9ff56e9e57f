package chatpage

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"croft/app/chat"
	"croft/app/ui/box"
	"croft/app/ui/control"
	"croft/app/ui/look"
	"croft/app/ui/prose"
)

// turn is one message in the conversation.
type turn struct {
	widget.BaseWidget
	talk    *conversation
	message chat.Message
	column  *box.Column
	open    bool // the thinking is unfolded

	stream *prose.Text    // the growing text of a reply that is being written
	where  *control.Words // under it, where there could be several devices
	state  *waiting
	think  *thinking
	tapes  []*prose.Text // all texts, to draw only what is seen of them
}

func newTurn(c *conversation, m chat.Message) *turn {
	t := &turn{talk: c, message: m, column: box.NewColumn(0)}
	t.ExtendBaseWidget(t)
	t.build()
	return t
}

// CreateRenderer makes the turn a widget.
func (t *turn) CreateRenderer() fyne.WidgetRenderer { return turnRenderer{t} }

type turnRenderer struct{ t *turn }

func (r turnRenderer) Destroy()                     {}
func (r turnRenderer) Layout(s fyne.Size)           { r.t.column.Resize(s) }
func (r turnRenderer) MinSize() fyne.Size           { return fyne.NewSize(20, 20) }
func (r turnRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.t.column} }
func (r turnRenderer) Refresh()                     { r.t.column.Refresh() }

// HeightFor returns the height of the message at a width.
func (t *turn) HeightFor(width float32) float32 { return t.column.HeightFor(width) }

// ShowBetween draws only the lines between two heights.
func (t *turn) ShowBetween(top, bottom float32) {
	for _, tape := range t.tapes {
		y := offsetIn(t.column, tape)
		tape.ShowBetween(top-y, bottom-y)
	}
}

// offsetIn returns how far below the top of a column an object lies that may be nested in surfaces and rows.
func offsetIn(c fyne.CanvasObject, o fyne.CanvasObject) float32 {
	y, _ := search(c, o, 0)
	return y
}

func search(in, o fyne.CanvasObject, y float32) (float32, bool) {
	if in == o {
		return y, true
	}
	for _, child := range childrenOf(in) {
		if at, ok := search(child, o, y+child.Position().Y); ok {
			return at, true
		}
	}
	return 0, false
}

func childrenOf(o fyne.CanvasObject) []fyne.CanvasObject {
	switch o := o.(type) {
	case *box.Column:
		return o.Objects
	case *box.Row:
		return o.Objects
	case *box.Surface:
		if o.Content != nil {
			return []fyne.CanvasObject{o.Content}
		}
	case *bubble:
		return []fyne.CanvasObject{o.surface}
	}
	return nil
}

// build makes the content anew.
func (t *turn) build() {
	t.tapes, t.stream, t.where, t.state, t.think = nil, nil, nil, nil, nil
	if t.message.Role == chat.User {
		t.column.Objects = t.person()
	} else {
		t.column.Objects = t.reply()
	}
	t.column.Refresh()
}

// show takes over a newer state of the message. It returns whether its height may have changed.
func (t *turn) show(m chat.Message) bool {
	grows := t.stream != nil && m.State == chat.Writing && t.message.State == chat.Writing &&
		(m.Thinking == "") == (t.message.Thinking == "") && (m.Text == "") == (t.message.Text == "")
	old := t.message
	t.message = m
	if !grows {
		t.build()
		return true
	}
	if t.where != nil {
		t.where.Set(t.facts())
	}
	before := t.HeightFor(t.Size().Width)
	if m.Thinking != old.Thinking {
		t.think.grow(m)
	}
	if m.Text != old.Text {
		t.stream.Set(prose.Plain(m.Text))
	}
	return t.HeightFor(t.Size().Width) != before
}

// text returns a selectable text that scrolls the conversation under a finger.
func (t *turn) text(paras []prose.Para) *prose.Text {
	x := prose.NewText(paras)
	x.OnLink = t.talk.page.win.OpenLink
	x.OnPan = t.talk.list.Pan
	x.OnType = t.talk.composer.typeInto
	x.OnKey = t.talk.page.passKey
	x.OnMenu = func(at fyne.Position) { t.menu(at, x) }
	t.tapes = append(t.tapes, x)
	return x
}

// bubble is a surface that is only as wide as its text, at the right edge.
type bubble struct {
	widget.BaseWidget
	surface *box.Surface
	text    *prose.Text
	before  fyne.CanvasObject // what stands left of it
	fit     struct{ column, width float32 }
}

func newBubble(text *prose.Text, before fyne.CanvasObject) *bubble {
	b := &bubble{text: text, before: before, surface: box.NewSurface(look.Mine, text)}
	b.surface.Radius, b.surface.Notch, b.surface.Pad = look.RadiusCard, true, box.Sides(9, bubblePad)
	b.ExtendBaseWidget(b)
	return b
}

// CreateRenderer makes the bubble a widget.
func (b *bubble) CreateRenderer() fyne.WidgetRenderer { return bubbleRenderer{b} }

// width returns the width of the surface in a column of a width.
func (b *bubble) width(column float32) float32 {
	if b.fit.column != column {
		aside := b.before.MinSize().Width + 6
		most := max(80, column-max(aside, column*0.14))
		b.fit.column, b.fit.width = column, b.text.Natural(most-2*bubblePad)+2*bubblePad
	}
	return b.fit.width
}

// bubblePad is the distance from the sides of a bubble to its text.
const bubblePad = 14

// HeightFor returns the height of the bubble in a column of a width.
func (b *bubble) HeightFor(column float32) float32 { return b.surface.HeightFor(b.width(column)) }

type bubbleRenderer struct{ b *bubble }

func (r bubbleRenderer) Destroy()           {}
func (r bubbleRenderer) MinSize() fyne.Size { return fyne.NewSize(40, 40) }
func (r bubbleRenderer) Refresh()           { r.Layout(r.b.Size()) }

func (r bubbleRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.b.surface, r.b.before}
}

func (r bubbleRenderer) Layout(s fyne.Size) {
	w := r.b.width(s.Width)
	r.b.surface.Move(fyne.NewPos(s.Width-w, 0))
	r.b.surface.Resize(fyne.NewSize(w, s.Height))
	m := r.b.before.MinSize()
	r.b.before.Move(fyne.NewPos(s.Width-w-m.Width-6, s.Height-m.Height-4))
	r.b.before.Resize(m)
}
