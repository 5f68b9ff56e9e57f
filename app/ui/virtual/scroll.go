package virtual

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"croft/app/ui/look"
)

// stage holds the rows on screen.
type stage struct {
	widget.BaseWidget
	rows []fyne.CanvasObject
}

func newStage() *stage {
	s := &stage{}
	s.ExtendBaseWidget(s)
	return s
}

func (s *stage) show(rows []fyne.CanvasObject) { s.rows = rows }

// CreateRenderer makes the stage a widget.
func (s *stage) CreateRenderer() fyne.WidgetRenderer { return stageRenderer{s} }

// MinSize is nothing: the list scrolls.
func (s *stage) MinSize() fyne.Size { return fyne.NewSize(1, 1) }

type stageRenderer struct{ s *stage }

func (r stageRenderer) Destroy()                     {}
func (r stageRenderer) Layout(fyne.Size)             {}
func (r stageRenderer) MinSize() fyne.Size           { return fyne.NewSize(1, 1) }
func (r stageRenderer) Objects() []fyne.CanvasObject { return r.s.rows }
func (r stageRenderer) Refresh()                     {}

var (
	_ fyne.Scrollable = (*List)(nil)
	_ fyne.Draggable  = (*List)(nil)
)

// Scrolled moves with the wheel.
func (l *List) Scrolled(e *fyne.ScrollEvent) { l.By(e.Scrolled.DY * look.WheelStep()) }

// flick carries a finger's movement on.
type flick struct {
	speed float32 // pixels a second
	at    time.Time
	run   *fyne.Animation
}

// Dragged moves with the finger.
func (l *List) Dragged(e *fyne.DragEvent) {
	if !fyne.CurrentDevice().IsMobile() {
		return
	}
	l.Pan(e.Dragged.DY)
}

// Pan moves with a finger and remembers how fast it was.
func (l *List) Pan(dy float32) {
	l.stopFlick()
	now := time.Now()
	if dt := float32(now.Sub(l.flick.at).Seconds()); dt > 0 && dt < 0.1 {
		l.flick.speed = 0.6*l.flick.speed + 0.4*dy/dt
	}
	l.flick.at = now
	l.By(dy)
}

// DragEnd lets the content run out.
func (l *List) DragEnd() {
	if time.Since(l.flick.at) > 80*time.Millisecond || l.flick.speed == 0 {
		l.flick.speed = 0
		return
	}
	way, done := l.flick.speed*0.35, float32(0)
	l.flick.speed = 0
	l.flick.run = fyne.NewAnimation(700*time.Millisecond, func(f float32) {
		l.By(way*f - done)
		done = way * f
	})
	l.flick.run.Curve = fyne.AnimationEaseOut
	l.flick.run.Start()
}

func (l *List) stopFlick() {
	if l.flick.run != nil {
		l.flick.run.Stop()
		l.flick.run = nil
	}
}

const (
	barWidth = 10
	barInset = 2
	barLeast = 36 // height of the thumb
)

// scrollBar is a thin thumb at the right edge.
type scrollBar struct {
	widget.BaseWidget
	list   *List
	thumb  *canvas.Rectangle
	hover  bool
	travel float32 // how far the thumb can go
}

func newScrollBar(l *List) *scrollBar {
	b := &scrollBar{list: l, thumb: canvas.NewRectangle(nil)}
	b.thumb.Hide()
	b.ExtendBaseWidget(b)
	return b
}

// CreateRenderer makes the bar a widget.
func (b *scrollBar) CreateRenderer() fyne.WidgetRenderer { return barRenderer{b} }

type barRenderer struct{ b *scrollBar }

func (r barRenderer) Destroy()                     {}
func (r barRenderer) Layout(fyne.Size)             { r.b.follow() }
func (r barRenderer) MinSize() fyne.Size           { return fyne.NewSize(barWidth, barWidth) }
func (r barRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.b.thumb} }
func (r barRenderer) Refresh()                     { r.b.follow() }

// follow shows which part of the content is in view.
func (b *scrollBar) follow() {
	above, total := b.list.extent()
	view := float64(b.list.Size().Height)
	if total <= view+1 || view <= 0 {
		b.thumb.Hide()
		return
	}
	height := max(barLeast, float32(view*view/total))
	b.travel = float32(view) - height
	share := float32(min(1, max(0, above/(total-view))))
	width := float32(barWidth - 2*barInset)
	b.thumb.FillColor = look.Color(look.Line)
	if b.hover {
		b.thumb.FillColor = look.Color(look.Soft)
	}
	b.thumb.CornerRadius = width / 2
	b.thumb.Resize(fyne.NewSize(width, height-2*barInset))
	b.thumb.Move(fyne.NewPos(barInset, share*b.travel+barInset))
	b.thumb.Show()
	b.thumb.Refresh()
}

// Dragged moves the content so that the thumb stays under the pointer.
func (b *scrollBar) Dragged(e *fyne.DragEvent) {
	above, total := b.list.extent()
	view := float64(b.list.Size().Height)
	if b.travel <= 0 {
		return
	}
	above += float64(e.Dragged.DY/b.travel) * (total - view)
	b.list.toExtent(max(0, min(above, total-view)))
}

// DragEnd does nothing.
func (b *scrollBar) DragEnd() {}

// MouseIn darkens the thumb.
func (b *scrollBar) MouseIn(*desktop.MouseEvent) { b.light(true) }

// MouseMoved does nothing.
func (b *scrollBar) MouseMoved(*desktop.MouseEvent) {}

// MouseOut pales the thumb.
func (b *scrollBar) MouseOut() { b.light(false) }

func (b *scrollBar) light(on bool) {
	b.hover = on
	b.follow()
}
