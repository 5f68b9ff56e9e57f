package devicespage

import (
	"context"
	"errors"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"

	"croft/app/health"
	"croft/app/ui/box"
	"croft/app/ui/control"
	"croft/app/ui/look"
	"croft/app/ui/prose"
)

// adding is the panel in which a device becomes one of mine, step by step: a code is shown here or typed here, then
// both sides are asked what the other may do.
type adding struct {
	page    *Page
	panel   *control.Panel
	ctx     context.Context
	cancel  context.CancelFunc
	code    *codeStep
	join    *joinStep
	guest   Guest // came and was not answered yet
	address string
}

const panelWidth = 440

// newAdding opens the panel, at first without a step. Closing it gives up whatever it was doing.
func newAdding(p *Page) *adding {
	a := &adding{page: p}
	a.ctx, a.cancel = context.WithCancel(p.bridge.Context())
	a.panel = control.ShowPanel(p.win.Canvas(), panelWidth, box.NewColumn(0))
	a.panel.OnClosed = a.closed
	return a
}

// showCode opens the panel on the side that shows.
func (p *Page) showCode() { newAdding(p).showCode() }

// askCode opens the panel on the side that types; address may be "".
func (p *Page) askCode(address string) {
	a := newAdding(p)
	a.address = address
	a.askCode()
}

func (a *adding) closed() {
	a.leaveCode()
	if guest := a.guest; guest != nil {
		a.guest = nil
		a.page.bridge.Work(func(ctx context.Context) func() {
			_ = guest.Refuse(ctx) // it may have gone by itself
			return nil
		})
	}
	a.cancel()
}

// frame is the title, the choice of a side, a step, and the buttons.
func (a *adding) frame(side int, step fyne.CanvasObject, buttons ...fyne.CanvasObject) {
	title := control.NewBold(lang.L("Add a device"), 18)
	title.Centre = true
	sides := control.NewChoice([]string{lang.L("Show a code"), lang.L("Type a code")}, side, func(to int) {
		if to == 0 {
			a.showCode()
		} else {
			a.askCode()
		}
	})
	foot := container.NewCenter(box.NewRow(8, buttons...))
	a.panel.Show(box.NewColumn(14, title, container.NewCenter(sides), step, foot).Padded(box.Even(24)))
}

func (a *adding) cancelButton() fyne.CanvasObject {
	return control.NewButton(lang.L("Cancel"), "", control.Plain, a.panel.Close)
}

// explain is a problem inside the panel.
func explain(err error) fyne.CanvasObject {
	p := health.Of(err)
	return control.NewNotice(p.Title, p.Line(), true)
}

// gaveUp tells whether an error only says that the panel was closed.
func (a *adding) gaveUp(err error) bool {
	return a.ctx.Err() != nil || errors.Is(err, context.Canceled)
}

func centred(text string, points float32) fyne.CanvasObject {
	return prose.NewSentence(text, points, look.Soft).Centred()
}
