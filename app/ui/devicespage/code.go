package devicespage

import (
	"context"
	"image"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"

	"croft/app/ui/box"
	"croft/app/ui/control"
	"croft/app/ui/look"
)

// codeStep shows the digits and the picture until somebody comes.
type codeStep struct {
	offer  Offer
	until  time.Time
	left   *control.Words
	cancel context.CancelFunc
}

// showCode opens the window on the network in which the other device may come.
func (a *adding) showCode() {
	a.leaveCode()
	a.frame(0, centred(lang.L("Making a code…"), look.TextBody), a.cancelButton())
	ctx, cancel := context.WithCancel(a.ctx)
	step := &codeStep{cancel: cancel, left: control.NewWords("", look.TextSmall, look.Soft)}
	step.left.Centre = true
	a.code = step
	a.page.bridge.Work(func(context.Context) func() {
		offer, err := a.page.devices.Offer(ctx)
		return func() { a.offered(ctx, step, offer, err) }
	})
}

func (a *adding) offered(ctx context.Context, step *codeStep, offer Offer, err error) {
	switch {
	case err == nil && a.code != step:
		a.end(offer)
	case err != nil && a.code == step && !a.gaveUp(err):
		a.noCode(err)
	case err == nil:
		step.offer = offer
		a.drawCode(step)
		a.tick(step)
		a.page.bridge.Work(func(context.Context) func() { return a.follow(ctx, step) })
		a.page.bridge.Work(func(context.Context) func() {
			guest, err := offer.Wait(ctx)
			return func() { a.came(step, guest, err) }
		})
	}
}

// end closes an offer that nobody looks at any more.
func (a *adding) end(offer Offer) {
	a.page.bridge.Work(func(context.Context) func() {
		offer.Close()
		return nil
	})
}

// leaveCode takes the code away.
func (a *adding) leaveCode() {
	if step := a.code; step != nil {
		a.code = nil
		step.cancel()
		if step.offer != nil {
			a.end(step.offer)
		}
	}
}

// follow shows each new code until there will be none.
func (a *adding) follow(ctx context.Context, step *codeStep) func() {
	for {
		select {
		case _, more := <-step.offer.Changed():
			if !more {
				return nil
			}
			a.page.bridge.Do(func() { a.drawCode(step) })
		case <-ctx.Done():
			return nil
		}
	}
}

// came takes over who proved the code, or why the window closed.
func (a *adding) came(step *codeStep, guest Guest, err error) {
	switch {
	case err == nil && a.ctx.Err() != nil:
		a.guest = guest
		a.closed()
	case err == nil:
		a.code = nil
		a.end(step.offer)
		a.ask(guest)
	case a.code == step && !a.gaveUp(err):
		a.code = nil
		a.end(step.offer)
		a.noCode(err)
	}
}

// noCode says why there is no code, or none any more.
func (a *adding) noCode(err error) {
	again := control.NewButton(lang.L("New code"), "", control.Primary, a.showCode)
	a.frame(0, explain(err), a.cancelButton(), again)
}

func (a *adding) drawCode(step *codeStep) {
	if a.code != step {
		return
	}
	shown := step.offer.Shown()
	step.until = shown.Expires
	step.tell(a.page.now())
	column := box.NewColumn(8,
		centred(lang.L("Open Croft on the other device, choose “Add a device”, then “Type a code”, and type"), look.TextBody),
		digits(shown.Code), step.left, box.Gap(1, 4), picture(shown.Picture), centred(lang.L("or scan this"), look.TextSmall))
	if len(shown.Addresses) > 0 {
		where := map[string]string{"Address": strings.Join(shown.Addresses, ", ")}
		column.Objects = append(column.Objects, centred(lang.L("If it asks for an address: {{.Address}}", where), look.TextTiny))
	}
	a.frame(0, column, a.cancelButton())
}

// tick counts down while the code is shown.
func (a *adding) tick(step *codeStep) {
	a.page.bridge.After(time.Second, func() {
		if a.code == step {
			step.tell(a.page.now())
			a.tick(step)
		}
	})
}

func (s *codeStep) tell(now time.Time) {
	s.left.Set(lang.L("works once · {{.Time}} left", map[string]string{"Time": countdown(s.until.Sub(now))}))
}

// digits are large, and far enough apart to be read aloud.
func digits(code string) fyne.CanvasObject {
	row := box.NewRow(5)
	for _, d := range code {
		if d == ' ' {
			row.Objects = append(row.Objects, box.Gap(14, 1))
			continue
		}
		row.Objects = append(row.Objects, control.NewBold(string(d), 42))
	}
	return container.NewCenter(row)
}

const (
	pictureSide = 210
	moduleLeast = 3
)

// picture draws each module of the QR code as whole pixels, dark on light in every theme, so that cameras see it.
func picture(of image.Image) fyne.CanvasObject {
	if of == nil {
		return box.Gap(1, 1)
	}
	modules := float32(of.Bounds().Dx())
	i := canvas.NewImageFromImage(of)
	i.ScaleMode, i.FillMode = canvas.ImageScalePixels, canvas.ImageFillContain
	i.CornerRadius = look.RadiusRow
	i.SetMinSize(fyne.NewSquareSize(modules * max(moduleLeast, float32(int(pictureSide/modules)))))
	return container.NewCenter(i)
}
