package devicespage

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"

	"croft/app/ui/box"
	"croft/app/ui/control"
	"croft/app/ui/look"
	"croft/app/ui/prose"
)

// cardLeast is the width below which cards stand one below the other.
const cardLeast = 340

// build returns the devices.
func (p *Page) build() fyne.CanvasObject {
	column := box.NewColumn(10, p.top())
	column.Pad, column.Max = p.pad(), 1140
	if !p.loaded {
		return column
	}
	column.Objects = append(column.Objects, p.mine()...)
	column.Objects = append(column.Objects, p.nearby()...)
	column.Objects = append(column.Objects, p.servers()...)
	missing := control.NewButton(lang.L("A device is missing?"), "search", control.Quiet, p.showFindings)
	server := control.NewButton(lang.L("Add a server"), "plus", control.Quiet, p.askServer)
	column.Objects = append(column.Objects, box.Gap(1, 4), p.wrapped(box.NewRow(4, missing, server)))
	return column
}

func (p *Page) pad() box.Insets {
	if p.win.Phone() {
		return box.Sides(18, 14)
	}
	return box.Insets{Top: 26, Right: 32, Bottom: 32, Left: 32}
}

func section(text string) fyne.CanvasObject {
	w := control.NewBold(text, 14)
	w.Ink = look.Soft
	return w
}

// top has the title and what can be done with all devices. Who has no other device yet finds the button that adds one
// where the others will stand.
func (p *Page) top() fyne.CanvasObject {
	note := lang.L("Your devices on this network. Nothing is sent anywhere else.")
	text := box.NewColumn(4, control.NewBold(lang.L("Devices"), look.TextTitle), prose.NewSentence(note, look.TextBody, look.Soft))
	buttons := box.NewRow(10, control.NewButton(lang.L("Network activity"), "", control.Plain, func() { p.showActivity("") }))
	if len(p.state.mine) > 0 {
		buttons.Objects = append(buttons.Objects, p.addButton())
	}
	if p.win.Phone() {
		return box.NewColumn(12, text, p.wrapped(buttons))
	}
	return box.NewRow(16, text, buttons).Growing(text)
}

// wrapped puts buttons one below the other where they do not fit side by side.
func (p *Page) wrapped(buttons *box.Row) fyne.CanvasObject {
	pad := p.pad()
	if buttons.MinSize().Width <= p.win.Canvas().Size().Width-pad.Left-pad.Right {
		return buttons
	}
	column := box.NewColumn(8)
	for _, b := range buttons.Objects {
		column.Objects = append(column.Objects, box.NewRow(0, b))
	}
	return column
}

func (p *Page) addButton() fyne.CanvasObject {
	return control.NewButton(lang.L("Add a device"), "plus", control.Primary, p.showCode)
}

// mine has the device in front of me, then the others.
func (p *Page) mine() []fyne.CanvasObject {
	best := fastest(append([]Device{p.state.this}, p.state.mine...))
	cards := []fyne.CanvasObject{p.thisCard(p.state.this, best == 0)}
	for i, d := range p.state.mine {
		cards = append(cards, p.card(d, best == i+1))
	}
	if len(p.state.mine) == 0 {
		cards = append(cards, p.none())
	}
	return []fyne.CanvasObject{box.Gap(1, 8), section(lang.L("Mine")), box.NewGrid(14, cardLeast, cards...)}
}

// fastest is the place of the device that writes fastest, -1 when no two can be compared.
func fastest(all []Device) int {
	best, rate, measured := -1, 0.0, 0
	for i, d := range all {
		r := speed(d)
		if !d.Online || r == 0 || i > 0 && !d.There.Answers {
			continue
		}
		measured++
		if r > rate {
			best, rate = i, r
		}
	}
	if measured < 2 {
		return -1
	}
	return best
}

// none is the empty state.
func (p *Page) none() fyne.CanvasObject {
	text := prose.NewSentence(lang.L("No other device yet. One that you add can answer for this one and lend it its models, and the other way round."), 14, look.Soft)
	return box.NewCard(box.Sides(14, 18), box.NewColumn(10, text, box.NewRow(0, p.addButton())))
}

// nearby has the devices on this network that are not mine, those that wait to be added first.
func (p *Page) nearby() []fyne.CanvasObject {
	var ready, others []fyne.CanvasObject
	for _, n := range p.state.nearby {
		if n.Adding {
			ready = append(ready, p.readyCard(n))
		} else {
			others = append(others, p.nearbyCard(n))
		}
	}
	cards := append(ready, others...)
	if len(cards) == 0 {
		return nil
	}
	return []fyne.CanvasObject{box.Gap(1, 12), section(lang.L("Nearby")), box.NewColumn(10, cards...)}
}

func (p *Page) readyCard(n Nearby) fyne.CanvasObject {
	add := control.NewButton(lang.L("Add"), "", control.Plain, func() { p.askCode(n.Address) })
	return plainCard(lang.L("A new device"), lang.L("Says it is ready to be added"), add)
}

func (p *Page) nearbyCard(n Nearby) fyne.CanvasObject {
	note := lang.L("{{.Address}} · to add it, choose “Add a device” there", map[string]string{"Address": host(n.Address)})
	return plainCard(lang.L("Another device with Croft"), note, box.Gap(1, look.Target()))
}

// plainCard is a name over a sentence, with something to tap.
func plainCard(name, note string, right fyne.CanvasObject) fyne.CanvasObject {
	text := box.NewColumn(0, control.NewBold(name, look.TextBody).Shrinking(), prose.NewSentence(note, look.TextSmall, look.Soft))
	row := box.NewRow(12, control.NewIcon("devices", 22, look.Ink), text, right).Growing(text)
	return box.NewCard(cardPad, row)
}
