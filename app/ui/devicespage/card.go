package devicespage

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"

	"croft/app/health"
	"croft/app/ui/box"
	"croft/app/ui/control"
	"croft/app/ui/look"
	"croft/app/ui/prose"
)

var cardPad = box.Insets{Top: 14, Right: 12, Bottom: 15, Left: 18}

// card shows a device of mine.
func (p *Page) card(d Device, fastest bool) fyne.CanvasObject {
	var tags []fyne.CanvasObject
	if fastest {
		tags = append(tags, control.NewTag(lang.L("fastest")))
	}
	menu := control.NewIconButton(lang.L("Device menu"), "dots", nil)
	menu.OnTapped = func() { control.MenuBelow(menu, p.items(d)) }
	presence := p.seen(d.Seen)
	if d.Online {
		presence = lang.L("Here")
	}
	figures := together(append([]string{rate(d), lends(d.There)}, doing(d)...)...)
	return p.draw(face{d.Name, tags, runs(d.Models), d.Online, presence, figures, d.Problem, menu})
}

// thisCard shows the device in front of me. There is nothing to choose about it here.
func (p *Page) thisCard(d Device, fastest bool) fyne.CanvasObject {
	tags := []fyne.CanvasObject{control.NewTag(lang.L("this device"))}
	if fastest {
		tags = append(tags, control.NewTag(lang.L("fastest")))
	}
	figures := together(append([]string{rate(d)}, doing(d)...)...)
	return p.draw(face{d.Name, tags, runs(d.Models), true, "", figures, d.Problem, box.Gap(1, look.Target())})
}

// face is how a device or a server looks on its card.
type face struct {
	name     string
	tags     []fyne.CanvasObject
	runs     string
	online   bool
	presence string // "" for the device in front of me, which is always here
	figures  string
	problem  error
	right    fyne.CanvasObject
}

// draw puts the name over what it runs, presence and menu beside it, and the figures below. On a phone the presence
// stands before the figures.
func (p *Page) draw(f face) fyne.CanvasObject {
	name := control.NewTagged(control.NewBold(f.name, look.TextBody).Shrinking(), f.tags)
	text := box.NewColumn(0, name, control.NewWords(f.runs, look.TextSmall, look.Soft).Shrinking())
	head := box.NewRow(12, control.NewIcon("devices", 22, look.Ink), text).Growing(text)
	line := prose.NewSentence(f.figures, look.TextSmall, look.Soft)
	below := box.NewRow(7, line).Growing(line)
	below.Top = true
	switch {
	case f.presence != "" && p.win.Phone():
		line = prose.NewSentence(together(f.presence)+apart+f.figures, look.TextSmall, look.Soft)
		below.Objects = []fyne.CanvasObject{centredDot(f.online), line}
		below.Growing(line)
	case f.presence != "":
		head.Objects = append(head.Objects, box.NewRow(6, dot(f.online), control.NewWords(f.presence, look.TextSmall, look.Soft)))
	}
	head.Objects = append(head.Objects, f.right)
	column := box.NewColumn(4, head)
	if f.figures != "" || p.win.Phone() {
		column.Objects = append(column.Objects, below)
	}
	if f.problem != nil {
		column.Objects = append(column.Objects, prose.NewSentence(health.Of(f.problem).Line(), look.TextSmall, look.Warn))
	}
	return box.NewCard(cardPad, column)
}

func dot(on bool) fyne.CanvasObject {
	if on {
		return control.NewDot(look.Ready)
	}
	return control.NewDot(look.Line)
}

// centredDot is as high as a line of small text.
func centredDot(on bool) fyne.CanvasObject {
	return box.NewRow(0, dot(on), box.Gap(0, look.LineHeight(look.TextSmall)))
}

// items is what can be done with a device.
func (p *Page) items(d Device) []control.Item {
	return []control.Item{
		{Text: lang.L("Details and rights"), Icon: "info", Do: func() { p.showDetails(d) }},
		{Text: lang.L("Rename"), Icon: "edit", Do: func() { p.askName(d) }},
		{Text: lang.L("Network activity"), Icon: "list", Do: func() { p.showActivity(d.ID) }},
		{Rule: true},
		{Text: lang.L("Remove"), Icon: "trash", Danger: true, Do: func() { p.confirmRemove(d) }},
	}
}

func (p *Page) askName(d Device) {
	control.Ask(p.win.Canvas(), lang.L("Rename this device"), d.Name, lang.L("Rename"), lang.L("Cancel"), func(name string) {
		p.change(func(ctx context.Context) error { return p.devices.Rename(ctx, d.ID, name) }, "")
	})
}

// confirmRemove says what removing means before it is done, because it cannot be undone.
func (p *Page) confirmRemove(d Device) {
	name := map[string]string{"Name": d.Name}
	sentence := lang.L("It is cut off at once and can be used again only after it was added anew.") + " " +
		lang.L("What was copied to it stays there.")
	control.Confirm(p.win.Canvas(), lang.L("Remove {{.Name}}?", name), sentence, lang.L("Remove"), lang.L("Cancel"), func() {
		p.change(func(ctx context.Context) error { return p.devices.Remove(ctx, d.ID) }, lang.L("{{.Name}} removed", name))
	})
}
