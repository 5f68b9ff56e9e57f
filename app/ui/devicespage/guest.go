package devicespage

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"

	"croft/app/ui/box"
	"croft/app/ui/control"
	"croft/app/ui/look"
	"croft/app/ui/prose"
)

// right is one thing that a device may do, as it is asked.
type right struct {
	label, note string
	of          func(*Rights) *bool
}

func allRights() []right {
	return []right{
		{lang.L("Ask this device"), lang.L("its models answer, with its memory and battery"), func(r *Rights) *bool { return &r.Answers }},
		{lang.L("Copy models"), lang.L("take the model files that are here"), func(r *Rights) *bool { return &r.Models }},
	}
}

// switches show rights and change them; changed may be nil.
func switches(r *Rights, changed func()) fyne.CanvasObject {
	column := box.NewColumn(0)
	for i, one := range allRights() {
		if i > 0 {
			column.Objects = append(column.Objects, box.Rule())
		}
		on := one.of(r)
		toggle := control.NewSwitch(one.label, *on, func(v bool) {
			*on = v
			if changed != nil {
				changed()
			}
		})
		text := box.NewColumn(0, control.NewWords(one.label, look.TextBody, look.Ink).Shrinking(), prose.NewSentence(one.note, look.TextSmall, look.Soft))
		column.Objects = append(column.Objects, box.NewRow(12, text, toggle).Growing(text).Padded(box.Sides(10, 0)))
	}
	return column
}

// ask wants to know what a device that proved the code may do here.
func (a *adding) ask(g Guest) {
	a.guest = g
	// That is what devices are added for.
	rights := Rights{Answers: true, Models: true}
	yes := control.NewButton(lang.L("Add"), "", control.Primary, func() { a.accept(g, rights) })
	no := control.NewButton(lang.L("Do not add"), "", control.Plain, a.panel.Close)
	name := map[string]string{"Name": g.Name()}
	note := lang.L("It has the right code. What may it do on this device? You can change this later.")
	a.panel.Show(answerCard(lang.L("Add {{.Name}}?", name), note, switches(&rights, nil), no, yes))
}

// answerCard is a title over a sentence and something to decide or to wait for.
func answerCard(title, note string, body fyne.CanvasObject, buttons ...fyne.CanvasObject) fyne.CanvasObject {
	foot := box.NewRow(8, append([]fyne.CanvasObject{box.Gap(0, 0)}, buttons...)...)
	foot.Growing(foot.Objects[0])
	return box.NewColumn(10, control.NewBold(title, 18).Shrinking(), prose.NewSentence(note, 14, look.Soft), body, foot).Padded(box.Even(24))
}

// accept says yes here and waits for the other side.
func (a *adding) accept(g Guest, r Rights) {
	name := map[string]string{"Name": g.Name()}
	a.guest = nil
	cancel := control.NewButton(lang.L("Cancel"), "", control.Plain, a.panel.Close)
	a.panel.Show(answerCard(lang.L("Waiting for {{.Name}}", name), lang.L("Say yes there too, and both devices know each other."), box.Gap(1, 4), cancel))
	a.page.bridge.Work(func(context.Context) func() {
		err := g.Accept(a.ctx, r)
		return func() { a.accepted(g, err) }
	})
}

func (a *adding) accepted(g Guest, err error) {
	name := map[string]string{"Name": g.Name()}
	switch {
	case err == nil:
		a.panel.Close()
		a.page.win.Toast(lang.L("{{.Name}} is yours now", name), "", nil)
		a.page.Reload()
	case !a.gaveUp(err):
		shut := control.NewButton(lang.L("Close"), "", control.Plain, a.panel.Close)
		again := control.NewButton(lang.L("Start again"), "", control.Primary, a.showCode)
		a.panel.Show(answerCard(lang.L("{{.Name}} was not added", name), lang.L("Nothing was changed on this device."), explain(err), shut, again))
	}
}
