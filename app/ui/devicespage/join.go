package devicespage

import (
	"context"
	"io"
	"strings"

	"fyne.io/fyne/v2/lang"

	"croft/app/ui/box"
	"croft/app/ui/control"
	"croft/app/ui/look"
	"croft/app/ui/prose"
)

// joinStep is where the code of the other device is typed.
type joinStep struct {
	address *control.Field
	code    *control.Field
	busy    bool
	problem error
}

// askCode shows the fields. What was typed before stays.
func (a *adding) askCode() {
	a.leaveCode()
	if a.join == nil {
		a.join = &joinStep{address: control.NewField(lang.L("such as {{.Example}}", map[string]string{"Example": "192.168.1.20"})), code: control.NewField(lang.L("six digits"))}
		a.join.address.SetText(a.suggested())
		a.join.code.OnSubmitted = func(string) { a.tryCode() }
		a.join.address.OnSubmitted = func(string) { a.tryCode() }
	}
	a.drawJoin()
	if a.join.address.Text == "" {
		a.page.win.Canvas().Focus(a.join.address)
	} else {
		a.page.win.Canvas().Focus(a.join.code)
	}
}

// suggested is the address of the one device that says it is ready.
func (a *adding) suggested() string {
	if a.address != "" {
		return a.address
	}
	if ready := a.ready(); len(ready) == 1 {
		return ready[0].Address
	}
	return ""
}

func (a *adding) ready() (list []Nearby) {
	for _, n := range a.page.state.nearby {
		if n.Adding {
			list = append(list, n)
		}
	}
	return list
}

func (a *adding) drawJoin() {
	j := a.join
	column := box.NewColumn(6,
		centred(lang.L("Open Croft on the other device and choose “Add a device”. It shows a code."), look.TextBody), box.Gap(1, 4),
		control.NewBold(lang.L("Address"), 14), control.Boxed(j.address), prose.NewSentence(a.addressNote(), look.TextTiny, look.Soft), box.Gap(1, 4),
		control.NewBold(lang.L("Code"), 14), control.Boxed(j.code), prose.NewSentence(lang.L("The six digits, or the text of its picture."), look.TextTiny, look.Soft))
	if !j.busy {
		column.Objects = append(column.Objects, box.NewRow(0, control.NewButton(lang.L("Scan a photo of the picture"), "eye", control.Quiet, a.pickPhoto)))
	}
	if j.problem != nil {
		column.Objects = append(column.Objects, box.Gap(1, 4), explain(j.problem))
	}
	add := control.NewButton(lang.L("Add"), "", control.Primary, a.tryCode)
	if j.busy {
		add.SetText(lang.L("Asking the other device…"))
		add.Disable()
	}
	a.frame(1, column, a.cancelButton(), add)
}

// addressNote says where the address is found, or that it was found already.
func (a *adding) addressNote() string {
	for _, n := range a.ready() {
		if n.Address == a.join.address.Text {
			return lang.L("Of a device nearby that says it is ready to be added.")
		}
	}
	return lang.L("The other device shows it below its code.")
}

// scanned is how the text of a picture begins.
const scanned = "CROFT1:"

// tryCode proves the code to the other device. A code that failed is spent, so it is taken out of the field.
func (a *adding) tryCode() {
	code, address := strings.TrimSpace(a.join.code.Text), strings.TrimSpace(a.join.address.Text)
	if code != "" {
		a.try(func() (Guest, error) { return a.prove(address, code) })
	}
}

// pickPhoto proves the picture of the other device, from a photo or a copy of its screen.
func (a *adding) pickPhoto() {
	a.page.win.PickPhoto(func(photo io.ReadCloser) {
		a.try(func() (Guest, error) {
			guest, err := a.page.devices.ScanPhoto(a.ctx, photo)
			_ = photo.Close() // it was only read
			return guest, err
		})
	})
}

func (a *adding) try(prove func() (Guest, error)) {
	if a.join.busy {
		return
	}
	a.join.busy, a.join.problem = true, nil
	a.drawJoin()
	a.page.bridge.Work(func(context.Context) func() {
		guest, err := prove()
		return func() { a.proved(guest, err) }
	})
}

func (a *adding) prove(address, code string) (Guest, error) {
	if strings.HasPrefix(strings.ToUpper(code), scanned) {
		return a.page.devices.Scan(a.ctx, code)
	}
	return a.page.devices.Join(a.ctx, address, code)
}

func (a *adding) proved(guest Guest, err error) {
	a.join.busy = false
	switch {
	case err == nil && a.ctx.Err() != nil:
		a.guest = guest
		a.closed()
	case err == nil:
		a.ask(guest)
	case !a.gaveUp(err):
		a.join.problem = err
		a.join.code.SetText("")
		a.drawJoin()
		a.page.win.Canvas().Unfocus() // the field has a new border, which is to hear of the focus
		a.page.win.Canvas().Focus(a.join.code)
	}
}
