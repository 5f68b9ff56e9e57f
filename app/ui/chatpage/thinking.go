package chatpage

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"

	"croft/app/chat"
	"croft/app/ui/box"
	"croft/app/ui/control"
	"croft/app/ui/look"
	"croft/app/ui/prose"
)

// thinking is what the model thought before its reply, folded to one line.
type thinking struct {
	widget.BaseWidget
	turn  *turn
	view  *box.Column
	icon  *control.Icon
	words *control.Words
	text  *prose.Text
}

func newThinking(t *turn) *thinking {
	k := &thinking{turn: t, icon: control.NewIcon("down", 15, look.Soft)}
	k.words = control.NewWords(thinkingTitle(t.message), look.TextSmall, look.Soft)
	head := control.NewTile(lang.L("Show the thinking"), box.NewRow(7, k.icon, k.words), k.toggle)
	head.Round(8, box.Sides(4, 8))
	head.Plain = true
	k.text = t.text(thought(t.message.Thinking))
	bar := box.NewSurface(look.Line, box.Gap(3, 10))
	body := box.NewColumn(2, head, box.NewColumn(0, k.text).Padded(box.Insets{Left: 10, Bottom: 4}))
	row := box.NewRow(4, bar, body).Growing(body)
	row.Full = bar
	k.view = box.NewColumn(0, row)
	k.ExtendBaseWidget(k)
	k.fold()
	return k
}

// thought is set small and soft.
func thought(text string) []prose.Para {
	paras := prose.Plain(text)
	for i := range paras {
		paras[i].Points, paras[i].Ink = look.TextSmall, look.Soft
	}
	return paras
}

func thinkingTitle(m chat.Message) string {
	if m.State == chat.Writing && m.Text == "" {
		return lang.L("Thinking…")
	}
	if m.Thought < time.Second/2 {
		return lang.L("Thought")
	}
	return lang.L("Thought for {{.Time}}", map[string]string{"Time": look.Span(m.Thought.Round(time.Second))})
}

// grow takes over more of the thinking.
func (k *thinking) grow(m chat.Message) {
	k.words.Set(thinkingTitle(m))
	if k.turn.open {
		k.text.Set(thought(m.Thinking))
	}
}

func (k *thinking) toggle() {
	k.turn.open = !k.turn.open
	k.text.Set(thought(k.turn.message.Thinking))
	k.fold()
	k.turn.talk.grown(k.turn.message.ID)
}

func (k *thinking) fold() {
	if k.turn.open {
		k.icon.Set("down", look.Soft)
		k.text.Show()
		return
	}
	k.icon.Set("forward", look.Soft)
	k.text.Hide()
}

// CreateRenderer makes the thinking a widget.
func (k *thinking) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(k.view) }

// HeightFor is one line when folded.
func (k *thinking) HeightFor(w float32) float32 { return k.view.HeightFor(w) }
