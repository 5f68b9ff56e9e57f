package modelspage

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"

	"croft/app/models"
	"croft/app/ui/box"
	"croft/app/ui/control"
	"croft/app/ui/look"
	"croft/app/ui/prose"
)

// cardLeast is the width below which cards stand one below the other.
const cardLeast = 340

// build returns the content of the page.
func (p *Page) build() fyne.CanvasObject {
	column := box.NewColumn(10, p.top())
	column.Pad, column.Max = p.pad(), 1140
	column.Objects = append(column.Objects, p.shelf()...)
	column.Objects = append(column.Objects, p.lent()...)
	column.Objects = append(column.Objects, p.others()...)
	column.Objects = append(column.Objects, p.larger()...)
	return column
}

// shelf has the models that are here, the starter last.
func (p *Page) shelf() []fyne.CanvasObject {
	var cards, lines []fyne.CanvasObject
	for _, j := range p.jobs {
		cards = append(cards, j.card())
	}
	for _, m := range p.here {
		if m.Starter {
			lines = append(lines, p.starterCard(m))
		} else {
			cards = append(cards, p.card(m))
		}
	}
	if len(cards) > 0 {
		lines = append([]fyne.CanvasObject{box.NewGrid(14, cardLeast, cards...)}, lines...)
	}
	var all []fyne.CanvasObject
	switch {
	case len(lines) > 0:
		all = append(all, box.Gap(1, 8), section(lang.L("Here")), box.NewColumn(14, lines...))
	case p.loaded:
		all = append(all, p.none())
	}
	if back := p.bringBack(); back != nil {
		all = append(all, box.NewRow(0, back))
	}
	return all
}

// others has the models in other programs' folders.
func (p *Page) others() []fyne.CanvasObject {
	if len(p.found) == 0 {
		return nil
	}
	var found []fyne.CanvasObject
	for _, m := range p.found {
		found = append(found, p.foundCard(m))
	}
	note := lang.L("Use takes a model where it lies, without copying it.")
	return []fyne.CanvasObject{
		box.Gap(1, 12), section(lang.L("Found in other programs' folders")), box.NewGrid(14, cardLeast, found...),
		prose.NewSentence(note, look.TextSmall, look.Soft),
	}
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

// top has the title, what fits into memory, and the button that imports.
func (p *Page) top() fyne.CanvasObject {
	button := control.NewButton(lang.L("Import a file"), "plus", control.Primary, p.pick)
	text := box.NewColumn(4, control.NewBold(lang.L("Models"), look.TextTitle), prose.NewSentence(p.memory(), look.TextBody, look.Soft))
	if p.win.Phone() {
		return box.NewColumn(12, text, box.NewRow(0, button))
	}
	return box.NewRow(16, text, button).Growing(text)
}

func (p *Page) pick() { p.win.PickModelFile(p.Import) }

// memory is "This device has 16 GB of memory, 9.1 GB free. Models up to about 7 GB fit."
func (p *Page) memory() string {
	m := p.lib.Memory()
	if m.Total == 0 {
		return ""
	}
	return lang.L("This device has {{.Total}} of memory, {{.Free}} free. Models up to about {{.Max}} fit.", map[string]string{
		"Total": look.Bytes(m.Total), "Free": look.Bytes(m.Free), "Max": look.Bytes(m.ModelMax),
	})
}

// none is the empty state.
func (p *Page) none() fyne.CanvasObject {
	text := prose.NewSentence(lang.L("No model is here yet. Drop a GGUF file on this window, or import one."), look.TextBody, look.Soft)
	return box.NewCard(box.Even(20), text)
}

// foundMost is how many found models the welcome page offers.
const foundMost = 3

// greet returns the content of the first page that a person sees.
func (p *Page) greet() fyne.CanvasObject {
	leaf := control.NewIcon("mark", 76, look.Accent)
	title := control.NewBold(lang.L("Your own AI, at home"), 26)
	title.Centre = true
	note := prose.NewSentence(lang.L("Croft runs a language model on this device and nowhere else. No account. It works in airplane mode."), 16, look.Soft).Centred()
	column := box.NewColumn(12, container.NewCenter(leaf), box.Gap(1, 4), title, note, box.Gap(1, 8))
	column.Pad, column.Max, column.Middle = p.greetPad(), 520, true
	for _, j := range p.jobs {
		column.Objects = append(column.Objects, j.card())
	}
	if card := p.offer(); card != nil {
		column.Objects = append(column.Objects, card)
	}
	column.Objects = append(column.Objects, p.bring())
	if back := p.bringBack(); back != nil {
		column.Objects = append(column.Objects, container.NewCenter(back))
	}
	return column
}

func (p *Page) greetPad() box.Insets {
	if p.win.Phone() {
		return box.Sides(32, 24)
	}
	return box.Sides(32, 32)
}

// offer has models of other programs, each one tap away.
func (p *Page) offer() fyne.CanvasObject {
	column := box.NewColumn(4, control.NewBold(lang.L("Start now"), 16),
		prose.NewSentence(lang.L("These models are already on this device. Croft uses them where they lie."), 14, look.Soft), box.Gap(1, 4))
	offered := 0
	for _, m := range p.found {
		if !m.CanChat() || offered == foundMost {
			continue
		}
		column.Objects = append(column.Objects, p.offerLine(m, offered == 0))
		offered++
	}
	if offered == 0 {
		return nil
	}
	return box.NewCard(box.Even(19), column)
}

func (p *Page) offerLine(m models.Model, first bool) fyne.CanvasObject {
	weight := control.Plain
	if first {
		weight = control.Primary
	}
	text := box.NewColumn(0, control.NewBold(m.Name, look.TextBody).Shrinking(), control.NewWords(facts(m), look.TextSmall, look.Soft).Shrinking())
	use := control.NewButton(lang.L("Use"), "", weight, func() { p.adopt(m) })
	return box.NewRow(12, text, use).Growing(text).Padded(box.Sides(4, 0))
}

// bring has the button that imports, and says honestly where files come from.
func (p *Page) bring() fyne.CanvasObject {
	weight := control.Primary
	if p.offers() {
		weight = control.Plain
	}
	fits := lang.L("Choose a model file that ends in .gguf, or drop it on this window.")
	if m := p.lib.Memory(); m.ModelMax > 0 {
		fits += " " + lang.L("Files up to about {{.Max}} fit into this device's memory.", map[string]string{"Max": look.Bytes(m.ModelMax)})
	}
	where := lang.L("Model makers publish such files, mostly on huggingface.co. A 0.6 GB file is a quick start; larger ones write better and slower.")
	button := control.NewButton(lang.L("Import a file"), "plus", weight, p.pick)
	return box.NewCard(box.Even(19), box.NewColumn(6,
		control.NewBold(lang.L("Use a file you have"), 16),
		prose.NewSentence(fits, 14, look.Soft),
		box.NewRow(0, button).Padded(box.Sides(5, 0)),
		prose.NewSentence(where, look.TextSmall, look.Soft),
	))
}

func (p *Page) offers() bool {
	for _, m := range p.found {
		if m.CanChat() {
			return true
		}
	}
	return false
}
