package ui

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"croft/app/ui/box"
	"croft/app/ui/control"
	"croft/app/ui/look"
)

// pageName is a page of the window.
type pageName int

const (
	pageChat pageName = iota
	pageDevices
	pageModels
	pageSettings
)

// shell lays the window out: rail, list and page where it is wide; page and bottom bar on a phone.
type shell struct {
	widget.BaseWidget
	win    *window
	page   pageName
	phone  bool
	pushed bool // on a phone: the conversation, not the list, is what is seen

	ground, side *box.Surface
	rail, tabs   *nav
	edge1, edge2 *box.Surface
	hint         *control.Hint
	hints        int // counts what the pointer came to
}

func newShell(w *window) *shell {
	s := &shell{win: w, ground: box.NewSurface(look.Ground, nil), side: box.NewSurface(look.Side, nil)}
	s.edge1, s.edge2, s.hint = box.Upright(), box.Upright(), control.NewHint()
	s.ExtendBaseWidget(s)
	return s
}

// fill makes what needs the pages.
func (s *shell) fill() {
	s.rail, s.tabs = newRail(s), newTabs(s)
}

// turnTo shows a page.
func (s *shell) turnTo(p pageName) {
	if p == pageSettings && s.page != p {
		s.win.settings.Relayout() // what it shows may have changed elsewhere
	}
	if p == pageChat && s.page == pageChat {
		s.pushed = false // on a phone, the bar leads back to the list
	}
	if p == pageDevices && s.page == pageDevices {
		s.win.devices.Back()
	}
	s.turn(p)
}

func (s *shell) turn(p pageName) {
	s.page = p
	s.show()
	if d := s.win.devices; d != nil {
		d.Appear(p == pageDevices)
	}
}

// push shows the conversation on a phone, or the list.
func (s *shell) push(conversation bool) {
	s.pushed = conversation
	s.turn(pageChat)
}

// show brings navigation and pages in step.
func (s *shell) show() {
	s.rail.choose(s.page)
	s.tabs.choose(s.page)
	s.Refresh()
}

// hintAfter is how long the pointer rests before it is told what it is on.
const hintAfter = 600 * time.Millisecond

// Hint shows what something is called once the pointer has rested on it; an empty text takes the hint away.
func (s *shell) Hint(text string, at fyne.Position, size fyne.Size) {
	s.hints++
	turn := s.hints
	if text == "" {
		s.hint.Say("", at, size)
		return
	}
	s.win.bridge.After(hintAfter, func() {
		if turn == s.hints {
			s.hint.Say(text, at, size)
		}
	})
}

// greets tells whether there is neither a model nor a chat yet, so that the first page is shown in place of the chats.
func (s *shell) greets() bool {
	usable, known := s.win.models.Usable()
	return known && !usable && s.win.chats.Empty() && !s.win.chats.Answered()
}

// content returns what fills the page.
func (s *shell) content() fyne.CanvasObject {
	switch {
	case s.page == pageModels:
		return s.win.models.View()
	case s.page == pageDevices:
		return s.win.devices.View()
	case s.page == pageSettings:
		return s.win.settings.View()
	case s.greets():
		return s.win.models.Welcome()
	case s.phone && !s.pushed:
		return s.win.chats.List()
	}
	return s.win.chats.Conversation()
}

// lists tells whether the list of chats stands beside the page.
func (s *shell) lists() bool { return !s.phone && s.page == pageChat && !s.greets() }

// CreateRenderer makes the shell a widget.
func (s *shell) CreateRenderer() fyne.WidgetRenderer { return shellRenderer{s} }

type shellRenderer struct{ s *shell }

func (r shellRenderer) Destroy()           {}
func (r shellRenderer) MinSize() fyne.Size { return fyne.NewSize(300, 360) }

func (r shellRenderer) Refresh() {
	r.s.ground.Refresh()
	r.s.side.Refresh()
	r.Layout(r.s.Size())
	if c := fyne.CurrentApp().Driver().CanvasForObject(r.s); c != nil {
		c.Refresh(r.s)
	}
}

// Objects are all pages, also those that are hidden: the toolkit tells only what it knows of a new theme.
func (r shellRenderer) Objects() []fyne.CanvasObject {
	s := r.s
	objects := []fyne.CanvasObject{s.ground, s.side, s.rail, s.tabs, s.edge1, s.edge2}
	return append(append(objects, s.pages()...), s.win.toasts, s.hint)
}

func (s *shell) pages() []fyne.CanvasObject {
	w := s.win
	all := []fyne.CanvasObject{w.chats.List(), w.chats.Conversation(), w.models.View(), w.models.Welcome(), w.settings.View()}
	if w.devices != nil {
		all = append(all, w.devices.View())
	}
	return all
}

// reveal shows what belongs to the present page and hides the rest.
func (s *shell) reveal() {
	content := s.content()
	for _, p := range s.pages() {
		appear(p, p == content || p == s.win.chats.List() && s.lists())
	}
	appear(s.rail, !s.phone)
	appear(s.tabs, s.phone)
	appear(s.edge2, s.lists())
}

func appear(o fyne.CanvasObject, on bool) {
	switch {
	case on && !o.Visible():
		o.Show()
	case !on && o.Visible():
		o.Hide()
	}
}

func (r shellRenderer) Layout(size fyne.Size) {
	s := r.s
	if phone := size.Width < look.PhoneMax; phone != s.phone && size.Width > 0 {
		s.phone = phone
		s.changeLayout()
	}
	s.reveal()
	put(s.hint, 0, 0, size.Width, size.Height)
	put(s.ground, 0, 0, size.Width, size.Height)
	if s.phone {
		r.layoutPhone(size)
	} else {
		r.layoutWide(size)
	}
}

func (r shellRenderer) layoutWide(size fyne.Size) {
	s := r.s
	x := max(look.RailWidth, s.rail.MinSize().Width)
	put(s.rail, 0, 0, x, size.Height)
	put(s.edge1, x-1, 0, 1, size.Height)
	if s.lists() {
		list := look.Wider(look.ListWidth)
		put(s.win.chats.List(), x, 0, list, size.Height)
		x += list
		put(s.edge2, x-1, 0, 1, size.Height)
	}
	put(s.side, 0, 0, x, size.Height)
	put(s.content(), x, 0, size.Width-x, size.Height)
	put(s.win.toasts, x, 0, size.Width-x, size.Height)
}

func (r shellRenderer) layoutPhone(size fyne.Size) {
	s := r.s
	bar := s.tabs.MinSize().Height
	y := size.Height - bar
	put(s.tabs, 0, y, size.Width, bar)
	put(s.edge1, 0, y, size.Width, 1)
	put(s.side, 0, y, size.Width, bar)
	if s.page == pageChat && !s.pushed && !s.greets() {
		put(s.side, 0, 0, size.Width, size.Height)
	}
	put(s.content(), 0, 0, size.Width, y)
	put(s.win.toasts, 0, 0, size.Width, y)
}

// changeLayout takes over a change between wide and phone, once the present layout is done.
func (s *shell) changeLayout() {
	s.win.bridge.Do(func() {
		s.win.dress(s.win.parts.settings.Get())
		s.win.chats.Relayout()
		s.win.models.Relayout()
		if s.win.devices != nil {
			s.win.devices.Relayout()
		}
		s.win.settings.Relayout()
		s.Refresh()
	})
}

func put(o fyne.CanvasObject, x, y, w, h float32) {
	o.Move(fyne.NewPos(x, y))
	o.Resize(fyne.NewSize(w, h))
}
