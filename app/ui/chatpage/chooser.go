package chatpage

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"

	"croft/app/chat"
	"croft/app/models"
	"croft/app/ui/box"
	"croft/app/ui/control"
	"croft/app/ui/look"
)

// chooser shows which model answers, and lets the person take another.
type chooser struct {
	widget.BaseWidget
	talk  *conversation
	dot   *box.Surface
	words *control.Words
	tile  *control.Tile

	warming string // id of the model that is being loaded
	share   float64
}

func newChooser(c *conversation) *chooser {
	h := &chooser{talk: c, dot: control.NewDot(look.Line), words: control.NewWords("", 14, look.Ink).Shrinking()}
	row := box.NewRow(8, h.dot, h.words, control.NewIcon("down", 16, look.Soft)).Growing(h.words)
	h.tile = control.NewTile(lang.L("Model"), row, func() { control.MenuBelow(h, h.items()) })
	h.tile.Round(look.RadiusRound, box.Sides(0, 14)).Paint(look.Card, look.Line)
	h.ExtendBaseWidget(h)
	return h
}

// CreateRenderer makes the chooser a widget.
func (h *chooser) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(h.tile) }

// MinSize is as wide as the name, within reason.
func (h *chooser) MinSize() fyne.Size {
	return fyne.NewSize(min(look.Pt(300), h.words.Natural()+look.Pt(72)), look.Target())
}

// HeightFor does not depend on the width.
func (h *chooser) HeightFor(float32) float32 { return look.Target() }

// tell shows the model of the open chat.
func (h *chooser) tell() {
	m, ok := h.talk.model()
	name, ink := lang.L("Choose a model"), look.Line
	switch {
	case ok && h.warms(m):
		name, ink = m.Name+" · "+look.Percent(h.share), look.Mark
	case ok && m.Loaded:
		name, ink = m.Name, look.Ready
	case ok:
		name = m.Name
	}
	if len(h.talk.page.others) > 0 {
		name += " · " + h.talk.whereName()
	}
	if l, far := h.talk.page.place(h.talk.settings().Device); far && ok {
		ink = look.Line
		if l.ready() {
			ink = look.Ready
		}
	}
	h.words.Set(name)
	h.dot.Fill = ink
	h.dot.Refresh()
	h.talk.bar.view.Refresh()
	h.talk.empty.tell(m.Starter, h.talk.stays())
}

// warm loads a model before it is needed, and shows how far it is. What another device loads, the reply tells.
func (h *chooser) warm(m models.Model) {
	if !h.talk.stays() || m.ID == "" || m.Loaded || h.warming == m.ID {
		return
	}
	h.warming, h.share = m.ID, 0
	h.progressed()
	h.talk.page.bridge.Work(func(ctx context.Context) func() {
		r, err := h.talk.page.models.Use(ctx, m.ID, func(share float64) {
			h.talk.page.bridge.Do(func() { h.progress(m.ID, share) })
		})
		if err == nil {
			r.Release()
		}
		return func() {
			if h.warming == m.ID {
				h.warming = ""
			}
			h.talk.page.ReloadModels()
			h.progressed()
			if h.talk.writing() == nil { // else the reply says it
				h.talk.page.failed(err)
			}
		}
	})
}

func (h *chooser) progress(id string, share float64) {
	if h.warming == id && share-h.share >= 0.01 {
		h.share = share
		h.progressed()
	}
}

// warms tells whether a model is being loaded.
func (h *chooser) warms(m models.Model) bool { return m.ID != "" && h.warming == m.ID }

// progressed shows the load in the chooser and where the reply will be.
func (h *chooser) progressed() {
	h.tell()
	if m := h.talk.writing(); m != nil {
		if t, ok := h.talk.list.Made(m.ID).(*turn); ok && t.state != nil {
			t.state.tell()
			h.talk.grown(m.ID)
		}
	}
}

// loading tells which model is being loaded and how far it is.
func (c *conversation) loading() (name string, share float64, yes bool) {
	m, ok := c.model()
	return m.Name, c.chooser.share, ok && c.chooser.warms(m)
}

// modelsChanged takes over a new list of models, or another one of it.
func (c *conversation) modelsChanged() {
	c.chooser.tell()
	c.composer.tell()
}

// settings are those of the open chat.
func (c *conversation) settings() chat.Settings {
	if c.id == 0 {
		return c.fresh
	}
	return c.doc.Settings
}

// change alters the settings of the open chat and saves them.
func (c *conversation) change(f func(*chat.Settings)) {
	if c.id == 0 {
		f(&c.fresh)
		return
	}
	f(&c.doc.Settings)
	id, set := c.id, c.doc.Settings
	c.page.do(func(ctx context.Context) error { return c.page.chats.SetSettings(ctx, id, set) })
}
