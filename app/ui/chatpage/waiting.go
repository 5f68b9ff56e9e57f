package chatpage

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"

	"croft/app/ui/box"
	"croft/app/ui/control"
	"croft/app/ui/look"
)

// waiting stands where the reply will be: the model is being loaded, or reads the message.
type waiting struct {
	widget.BaseWidget
	talk  *conversation
	words *control.Words
	meter *control.Meter
	view  *box.Column
}

func newWaiting(c *conversation) *waiting {
	w := &waiting{talk: c, words: control.NewWords("", look.TextBody, look.Soft).Shrinking(), meter: control.NewMeter(0)}
	w.view = box.NewColumn(8, w.words, box.NewRow(0, w.meter))
	w.meter.Width = 180
	w.ExtendBaseWidget(w)
	w.tell()
	return w
}

// tell says what is being waited for.
func (w *waiting) tell() {
	name, share, loading := w.talk.loading()
	if !loading {
		w.words.Set(lang.L("Reading your message…"))
		w.meter.Hide()
		return
	}
	w.words.Set(lang.L("Loading {{.Model}}…", map[string]string{"Model": name}))
	w.meter.Show()
	w.meter.Set(share, look.Accent)
}

// CreateRenderer makes it a widget.
func (w *waiting) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(w.view) }

// HeightFor is one line, and a meter while a model is loaded.
func (w *waiting) HeightFor(width float32) float32 { return w.view.HeightFor(width) }
