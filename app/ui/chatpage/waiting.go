package chatpage

import (
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"

	"croft/app/chat"
	"croft/app/ui/box"
	"croft/app/ui/control"
	"croft/app/ui/look"
)

// waiting stands where the reply will be: it waits in a queue, the model is being loaded, or reads the message.
type waiting struct {
	widget.BaseWidget
	turn  *turn
	words *control.Words
	meter *control.Meter
	view  *box.Column
}

func newWaiting(t *turn) *waiting {
	w := &waiting{turn: t, words: control.NewWords("", look.TextBody, look.Soft).Shrinking(), meter: control.NewMeter(0)}
	w.view = box.NewColumn(8, w.words, box.NewRow(0, w.meter))
	w.meter.Width = 180
	w.ExtendBaseWidget(w)
	w.tell()
	return w
}

// tell says what is being waited for.
func (w *waiting) tell() {
	text, share := w.state()
	w.words.Set(text)
	show(w.meter, share >= 0)
	w.meter.Set(share, look.Accent)
}

// state is what is waited for, and how far a model is loaded that is being loaded; else -1.
func (w *waiting) state() (text string, share float64) {
	p := w.turn.message.Progress
	name, loaded, loading := w.turn.talk.loading()
	words := map[string]string{"Device": p.Device, "Model": name, "Count": strconv.Itoa(p.Place - 1)}
	switch {
	case p.Place > 0:
		return queued(p, words), -1
	case p.Loading > 0 && p.Loading < 1 && p.Device != "":
		return lang.L("{{.Device}} is loading {{.Model}}…", words), p.Loading
	case p.Loading > 0 && p.Loading < 1:
		return lang.L("Loading {{.Model}}…", words), p.Loading
	case p.Device != "":
		return lang.L("{{.Device}} is reading your message…", words), -1
	case loading:
		return lang.L("Loading {{.Model}}…", words), loaded
	}
	return lang.L("Reading your message…"), -1
}

// queued says how many replies come first.
func queued(p chat.Progress, words map[string]string) string {
	if p.Device == "" {
		words["Device"] = here()
	}
	switch p.Place {
	case 1:
		return lang.L("{{.Device}} is busy; yours is next…", words)
	case 2:
		return lang.L("{{.Device}} is busy; one reply comes before yours…", words)
	}
	return lang.L("{{.Device}} is busy; {{.Count}} replies come before yours…", words)
}

// CreateRenderer makes it a widget.
func (w *waiting) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(w.view) }

// HeightFor is one line, and a meter while a model is loaded.
func (w *waiting) HeightFor(width float32) float32 { return w.view.HeightFor(width) }
