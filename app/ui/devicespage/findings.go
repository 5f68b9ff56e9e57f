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

// showFindings looks for reasons why a device is not found.
func (p *Page) showFindings() {
	var panel *control.Panel
	ctx, cancel := context.WithCancel(p.bridge.Context())
	shut := func() fyne.CanvasObject {
		return control.NewButton(lang.L("Close"), "", control.Primary, func() { panel.Close() })
	}
	title := lang.L("When a device is missing")
	panel = control.ShowPanel(p.win.Canvas(), 520, answerCard(title, lang.L("Looking for what stands in the way…"), box.Gap(1, 4), shut()))
	panel.OnClosed = cancel
	p.bridge.Work(func(context.Context) func() {
		found := p.devices.Diagnose(ctx)
		return func() {
			if ctx.Err() == nil {
				panel.Show(answerCard(title, summary(found), findings(found), shut()))
			}
		}
	})
}

func summary(found []Finding) string {
	if len(found) == 0 {
		return lang.L("Nothing stands in the way that can be seen from here. See that the other device is on, awake and on the same network, and that Croft is open there.")
	}
	return lang.L("This may be why.")
}

func findings(found []Finding) fyne.CanvasObject {
	column := box.NewColumn(14)
	for _, f := range found {
		text := box.NewColumn(1, control.NewBold(f.Title, look.TextBody).Shrinking(), prose.NewSentence(f.Sentence, 14, look.Soft))
		if f.Next != "" {
			text.Objects = append(text.Objects, prose.NewSentence(f.Next, 14, look.Ink))
		}
		row := box.NewRow(12, control.NewIcon("warning", 19, look.Warn), text).Growing(text)
		row.Top = true
		column.Objects = append(column.Objects, row)
	}
	return column
}
