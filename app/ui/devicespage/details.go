package devicespage

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"

	"croft/app/ui/box"
	"croft/app/ui/control"
	"croft/app/ui/look"
	"croft/app/ui/prose"
)

// showDetails opens what a device can run and what each side may do.
func (p *Page) showDetails(d Device) {
	rights := d.Here
	set := func() {
		now := rights
		p.change(func(ctx context.Context) error { return p.devices.SetRights(ctx, d.ID, now) }, "")
	}
	column := box.NewColumn(6, small(lang.L("What it may do on this device")), switches(&rights, set), box.Gap(1, 6),
		small(lang.L("It lends this device, as it was decided there")), prose.NewSentence(lends(d.There), 14, look.Ink), box.Gap(1, 6),
		small(lang.L("It can run")), models(d.Models))
	if line := about(d); line != "" {
		column.Objects = append(column.Objects, box.Gap(1, 6), prose.NewSentence(line, look.TextTiny, look.Soft))
	}
	var o *control.Overlay
	done := control.NewButton(lang.L("Close"), "", control.Primary, func() { o.Close() })
	o = control.ShowSheet(p.win.Canvas(), d.Name, column, 480, done)
}

func small(text string) fyne.CanvasObject {
	w := control.NewBold(text, look.TextSmall)
	w.Ink = look.Soft
	return w
}

// models has a line for each.
func models(all []Model) fyne.CanvasObject {
	if len(all) == 0 {
		return prose.NewSentence(lang.L("No model is known on it."), 14, look.Ink)
	}
	column := box.NewColumn(2)
	for _, m := range all {
		name := control.NewWords(modelName(m), 14, look.Ink).Shrinking()
		row := box.NewRow(12, name).Growing(name)
		if m.TokensPerSecond > 0 {
			row.Objects = append(row.Objects, control.NewWords(look.Rate(m.TokensPerSecond), look.TextSmall, look.Soft))
		}
		column.Objects = append(column.Objects, row)
	}
	return column
}

// about tells one device from another of the same name: its addresses, and the beginning of its key.
func about(d Device) string {
	parts := append([]string(nil), d.Addresses...)
	if len(d.ID) >= 8 {
		parts = append(parts, lang.L("key {{.Key}}…", map[string]string{"Key": d.ID[:8]}))
	}
	return strings.Join(parts, " · ")
}
