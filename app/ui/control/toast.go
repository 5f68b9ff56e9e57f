package control

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"croft/app/ui/box"
	"croft/app/ui/look"
)

// Toasts shows what was done, for a while, above the bottom of the page, with one thing to do about it.
type Toasts struct {
	widget.BaseWidget
	// After calls f on the window's goroutine later.
	After func(d time.Duration, f func())

	card *box.Surface
	turn int
}

// ToastTime is how long a toast stays.
const ToastTime = 6 * time.Second

// NewToasts returns a place for toasts; it covers nothing while it is empty.
func NewToasts(after func(time.Duration, func())) *Toasts {
	t := &Toasts{After: after}
	t.ExtendBaseWidget(t)
	return t
}

// Say shows text, and a button when do is set.
func (t *Toasts) Say(text, action string, do func()) {
	words := NewWords(text, 14, look.Ground).Shrinking()
	row := box.NewRow(14, words).Growing(words)
	if do != nil {
		undo := NewButton(action, "", Quiet, func() { t.clear(); do() })
		undo.words.Ink = look.Ground
		row.Objects = append(row.Objects, undo)
	}
	t.card = box.NewSurface(look.Ink, row)
	t.card.Radius, t.card.Raised = look.RadiusCard, true
	t.card.Pad = box.Insets{Top: 6, Right: 10, Bottom: 6, Left: 18}
	t.card.Content.(*box.Row).Pad = box.Sides(2, 0)
	t.turn++
	turn := t.turn
	t.Refresh()
	t.After(ToastTime, func() {
		if t.turn == turn {
			t.clear()
		}
	})
}

// Text returns what is shown, "" for nothing.
func (t *Toasts) Text() string {
	if t.card == nil {
		return ""
	}
	return t.card.Content.(*box.Row).Objects[0].(*Words).Text
}

// Do taps the button of the toast.
func (t *Toasts) Do() {
	if t.card == nil {
		return
	}
	for _, o := range t.card.Content.(*box.Row).Objects {
		if b, ok := o.(*Button); ok {
			b.Tapped(nil)
		}
	}
}

func (t *Toasts) clear() {
	t.card = nil
	t.Refresh()
}

// CreateRenderer makes the place a widget.
func (t *Toasts) CreateRenderer() fyne.WidgetRenderer { return toastRenderer{t} }

type toastRenderer struct{ t *Toasts }

func (r toastRenderer) Destroy()           {}
func (r toastRenderer) MinSize() fyne.Size { return fyne.Size{} }

func (r toastRenderer) Objects() []fyne.CanvasObject {
	if r.t.card == nil {
		return nil
	}
	return []fyne.CanvasObject{r.t.card}
}

func (r toastRenderer) Layout(s fyne.Size) {
	if r.t.card == nil {
		return
	}
	row := r.t.card.Content.(*box.Row)
	want := row.Objects[0].(*Words).Natural() + 30
	for _, o := range row.Objects[1:] {
		want += o.MinSize().Width + row.Gap
	}
	w := min(want, s.Width-32)
	h := max(r.t.card.HeightFor(w), 46)
	r.t.card.Move(fyne.NewPos((s.Width-w)/2, s.Height-h-22))
	r.t.card.Resize(fyne.NewSize(w, h))
}

func (r toastRenderer) Refresh() {
	r.Layout(r.t.Size())
	if r.t.card != nil {
		r.t.card.Refresh()
	}
	if c := fyne.CurrentApp().Driver().CanvasForObject(r.t); c != nil {
		c.Refresh(r.t)
	}
}
