package devicespage

import (
	"context"
	"errors"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"

	"croft/app/ui/box"
	"croft/app/ui/control"
	"croft/app/ui/look"
	"croft/app/ui/prose"
)

// activity is the ledger: what went over the network, with whom and what for.
type activity struct {
	page    *Page
	device  string // "" is all
	totals  []Total
	entries []Entry
	loaded  bool
	more    bool // there are older ones
}

const (
	entriesAtOnce = 100
	totalsDays    = 7
)

// showActivity pushes the ledger over the devices; device may be "".
func (p *Page) showActivity(device string) {
	p.activity = &activity{page: p, device: device}
	p.Relayout()
	p.activity.load()
}

func (a *activity) load() {
	p := a.page
	since := midnight(p.now()).AddDate(0, 0, 1-totalsDays)
	p.bridge.Work(func(ctx context.Context) func() {
		totals, unknown := p.devices.Totals(ctx, since)
		entries, err := p.devices.Ledger(ctx, Query{Device: a.device, Limit: entriesAtOnce})
		return func() {
			if !p.failed(errors.Join(unknown, err)) {
				a.totals, a.loaded = totals, true
				a.take(entries)
			}
		}
	})
}

func (a *activity) loadOlder() {
	p, before := a.page, a.entries[len(a.entries)-1].ID
	p.bridge.Work(func(ctx context.Context) func() {
		entries, err := p.devices.Ledger(ctx, Query{Device: a.device, Before: before, Limit: entriesAtOnce})
		return func() {
			if !p.failed(err) {
				a.take(entries)
			}
		}
	})
}

// take appends older entries.
func (a *activity) take(entries []Entry) {
	a.entries = append(a.entries, entries...)
	a.more = len(entries) == entriesAtOnce
	if a.page.activity == a {
		a.page.view.Renew(a.build())
	}
}

func (a *activity) build() fyne.CanvasObject {
	p := a.page
	back := control.NewIconButton(lang.L("Back to the devices"), "back", func() { p.Back() })
	back.Set("back", look.Ink)
	title := control.NewBold(lang.L("Network activity"), look.TextTitle).Shrinking()
	column := box.NewColumn(10, box.NewRow(4, back, title).Growing(title))
	column.Pad, column.Max = p.pad(), 860
	note := lang.L("Every connection to and from this device, once it has ended, with its bytes: the newest 100,000. What was written is not kept here.")
	column.Objects = append(column.Objects, prose.NewSentence(note, look.TextBody, look.Soft), box.NewRow(0, a.filter()))
	if !a.loaded {
		return column
	}
	column.Objects = append(column.Objects, a.sums()...)
	column.Objects = append(column.Objects, a.days()...)
	if a.more {
		column.Objects = append(column.Objects, box.NewRow(0, control.NewButton(lang.L("Show older"), "down", control.Plain, a.loadOlder)))
	}
	return column
}

// filter picks one device.
func (a *activity) filter() fyne.CanvasObject {
	p := a.page
	name := lang.L("All devices")
	for _, d := range p.state.mine {
		if d.ID == a.device {
			name = d.Name
		}
	}
	return control.NewPicker(lang.L("Device"), name, func() []control.Item {
		items := []control.Item{{Text: lang.L("All devices"), Chosen: a.device == "", Do: func() { p.showActivity("") }}}
		for _, d := range p.state.mine {
			items = append(items, control.Item{Text: d.Name, Chosen: a.device == d.ID, Do: func() { p.showActivity(d.ID) }})
		}
		return items
	})
}

// sums has a line for each device.
func (a *activity) sums() []fyne.CanvasObject {
	var lines []fyne.CanvasObject
	for _, t := range a.totals {
		if a.device != "" && t.Device != a.device {
			continue
		}
		name := control.NewWords(nameOf(t.Name, t.Device), look.TextBody, look.Ink).Shrinking()
		lines = append(lines, box.NewRow(12, name, control.NewWords(sum(t), look.TextSmall, look.Soft)).Growing(name).Padded(box.Sides(8, 0)))
	}
	if len(lines) == 0 {
		return nil
	}
	return []fyne.CanvasObject{box.Gap(1, 6), section(lang.L("The last seven days")), lined(lines)}
}

// sum is "1.2 MB in, 340 kB out".
func sum(t Total) string {
	return lang.L("{{.In}} in, {{.Out}} out", map[string]string{"In": look.Bytes(t.In), "Out": look.Bytes(t.Out)})
}

// lined stacks lines on a card with rules between them.
func lined(lines []fyne.CanvasObject) fyne.CanvasObject {
	column := box.NewColumn(0)
	for i, l := range lines {
		if i > 0 {
			column.Objects = append(column.Objects, box.Rule())
		}
		column.Objects = append(column.Objects, l)
	}
	return box.NewCard(box.Sides(4, 18), column)
}

// days has a card for each day.
func (a *activity) days() []fyne.CanvasObject {
	var all, lines []fyne.CanvasObject
	day := ""
	flush := func() {
		if len(lines) > 0 {
			all = append(all, box.Gap(1, 6), section(day), lined(lines))
		}
		lines = nil
	}
	for _, e := range a.entries {
		if d := a.page.day(e.Time); d != day {
			flush()
			day = d
		}
		lines = append(lines, a.line(e))
	}
	flush()
	if len(all) == 0 {
		all = append(all, box.NewCard(box.Even(20), prose.NewSentence(lang.L("Nothing went over the network yet."), look.TextBody, look.Soft)))
	}
	return all
}

// line is one connection: which way it was begun, with whom and what for, when, and how many bytes.
func (a *activity) line(e Entry) fyne.CanvasObject {
	icon := "latest"
	if e.Out {
		icon = "send"
	}
	at := e.Time.In(a.page.now().Location()).Format("15:04")
	purpose := box.NewColumn(0, control.NewWords(nameOf(e.Name, e.Device), 14, look.Ink).Shrinking(),
		control.NewWords(at+" · "+e.Purpose, look.TextSmall, look.Soft).Shrinking())
	if e.Outcome != done {
		purpose.Objects = append(purpose.Objects, prose.NewSentence(e.Outcome, look.TextSmall, look.Warn))
	}
	bytes := control.NewWords(sum(Total{In: e.BytesIn, Out: e.BytesOut}), look.TextSmall, look.Soft)
	return box.NewRow(12, control.NewIcon(icon, 17, look.Soft), purpose, bytes).Growing(purpose).Padded(box.Sides(8, 0))
}

// done is the outcome of a connection that neither side had reason to refuse.
const done = "done"
