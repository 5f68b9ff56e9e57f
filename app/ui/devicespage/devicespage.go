package devicespage

import (
	"context"
	"errors"
	"io"
	"reflect"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"

	"croft/app/health"
	"croft/app/ui/box"
	"croft/app/ui/bridge"
)

// Window is what the page asks of the window it stands in.
type Window interface {
	Canvas() fyne.Canvas
	Toast(text, action string, do func())
	Phone() bool
	PickPhoto(picked func(io.ReadCloser))
}

// Page is the devices, or the network activity that is pushed over them.
type Page struct {
	devices Devices
	win     Window
	bridge  *bridge.Bridge
	now     func() time.Time

	state    state
	loaded   bool
	changes  *bridge.Latest[int, struct{}]
	unwatch  func()
	activity *activity // nil: the devices are shown
	view     *box.Page
}

// state is what is shown.
type state struct {
	this    Device
	mine    []Device
	nearby  []Nearby
	servers []Server
}

// New returns the page. It reads what it shows while it is shown.
func New(d Devices, win Window, b *bridge.Bridge, now func() time.Time) *Page {
	p := &Page{devices: d, win: win, bridge: b, now: now, view: box.NewPage(box.NewColumn(0))}
	p.changes = bridge.NewLatest[int](b.Do, func(struct{}) { p.Reload() }, func(_, v struct{}) struct{} { return v })
	return p
}

// View returns the page.
func (p *Page) View() fyne.CanvasObject { return p.view }

// Appear tells whether the page is on the screen. Only then are the devices watched.
func (p *Page) Appear(on bool) {
	switch {
	case on && p.unwatch == nil:
		p.unwatch = p.devices.Watch(func() { p.changes.Put(0, struct{}{}) })
		p.Reload()
	case !on && p.unwatch != nil:
		p.unwatch()
		p.unwatch = nil
	}
}

// Reload reads the devices again.
func (p *Page) Reload() {
	p.bridge.Work(func(ctx context.Context) func() {
		s, err := p.read(ctx)
		return func() {
			if !p.failed(err) {
				p.take(s)
			}
		}
	})
}

func (p *Page) read(ctx context.Context) (s state, err error) {
	var failed [3]error
	s.this, failed[0] = p.devices.This(ctx)
	s.mine, failed[1] = p.devices.List(ctx)
	s.servers, failed[2] = p.devices.Servers(ctx)
	s.nearby = p.devices.Nearby()
	s.mine = slices.Clone(s.mine)
	for i := range s.mine {
		if s.mine[i].Online {
			s.mine[i].Seen = time.Time{} // it is not shown, and would make each answer a change
		}
	}
	return s, errors.Join(failed[:]...)
}

// take shows a newer state. Nothing is drawn anew for one that is the same.
func (p *Page) take(s state) {
	if p.loaded && reflect.DeepEqual(s, p.state) {
		return
	}
	p.state, p.loaded = s, true
	if p.activity == nil {
		p.view.Renew(p.build())
	}
}

// Relayout builds the page anew.
func (p *Page) Relayout() { p.view.Set(p.content()) }

func (p *Page) content() fyne.CanvasObject {
	if p.activity != nil {
		return p.activity.build()
	}
	return p.build()
}

// Back leaves the network activity. It returns false when that is not shown.
func (p *Page) Back() bool {
	if p.activity == nil {
		return false
	}
	p.activity = nil
	p.Relayout()
	return true
}

// failed reports an error, if it is one. Work that was given up is none.
func (p *Page) failed(err error) bool {
	if err != nil && !errors.Is(err, context.Canceled) {
		problem := health.Of(err)
		p.win.Toast(problem.Title+". "+problem.Sentence, "", nil)
	}
	return err != nil
}

// change does something to the devices and shows them again; done is said when it went well, unless it is empty.
func (p *Page) change(job func(ctx context.Context) error, done string) {
	p.bridge.Work(func(ctx context.Context) func() {
		err := job(ctx)
		return func() {
			if !p.failed(err) && done != "" {
				p.win.Toast(done, "", nil)
			}
			p.Reload()
		}
	})
}

// nameOf is what somebody is called who is named where he is one of mine.
func nameOf(name, device string) string {
	switch {
	case name != "":
		return name
	case device == "":
		return lang.L("Unknown device")
	}
	return lang.L("Removed device")
}
