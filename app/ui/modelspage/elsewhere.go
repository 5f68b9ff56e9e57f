package modelspage

import (
	"context"
	"reflect"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"

	"croft/app/models"
	"croft/app/ui/box"
	"croft/app/ui/control"
	"croft/app/ui/look"
	"croft/app/ui/prose"
)

// ReloadElsewhere reads again what my other devices have.
func (p *Page) ReloadElsewhere() {
	if p.lender == nil {
		return
	}
	p.bridge.Work(func(ctx context.Context) func() {
		list, err := p.lender.Elsewhere(ctx)
		return func() {
			if !p.failed(err) && !reflect.DeepEqual(list, p.elsewhere) {
				p.elsewhere = list
				p.forgetBars()
				p.view.Renew(p.build())
				p.welcome.Renew(p.greet())
			}
		}
	})
}

// lent has the models that other devices of mine have and this one does not.
func (p *Page) lent() []fyne.CanvasObject {
	var cards []fyne.CanvasObject
	for _, e := range p.elsewhere {
		if !p.hasModel(e.ID) && !p.copies(e.ID) {
			cards = append(cards, p.elsewhereCard(e))
		}
	}
	if len(cards) == 0 {
		return nil
	}
	return []fyne.CanvasObject{
		box.Gap(1, 12), section(lang.L("On your other devices")), box.NewGrid(14, cardLeast, cards...),
		prose.NewSentence(lang.L("A copy comes straight from your device, encrypted and checked. Nothing is fetched from the internet."), look.TextSmall, look.Soft),
	}
}

func (p *Page) hasModel(id string) bool {
	for _, m := range p.here {
		if m.ID == id {
			return true
		}
	}
	return false
}

// copies tells whether a model is being copied now.
func (p *Page) copies(id string) bool {
	for _, j := range p.jobs {
		if j.path == id && j.problem == nil {
			return true
		}
	}
	return false
}

func (p *Page) elsewhereCard(e Elsewhere) fyne.CanvasObject {
	tooBig := p.tooBig(e)
	var right fyne.CanvasObject = box.Gap(1, look.Target())
	var tags []fyne.CanvasObject
	switch {
	case tooBig:
		tags = append(tags, control.NewWarnTag(lang.L("too big here")))
	case p.win.Phone():
		right = control.NewIconButton(copyHere(), "import", func() { p.copy(e) })
	default:
		right = control.NewButton(copyHere(), "", control.Plain, func() { p.copy(e) })
	}
	column := box.NewColumn(4, heading(e.Name, e.facts(), tags, right))
	if line := e.figures(tooBig); line != "" {
		column.Objects = append(column.Objects, control.NewWords(line, look.TextSmall, look.Soft).Shrinking())
	}
	return box.NewCard(cardPad, column)
}

func copyHere() string {
	if fyne.CurrentDevice().IsMobile() {
		return lang.L("Copy to this phone")
	}
	return lang.L("Copy to this computer")
}

func (p *Page) tooBig(e Elsewhere) bool {
	most := p.lib.Memory().ModelMax
	return most > 0 && e.SizeBytes > most
}

// facts is "Q4_K_M · 2.5 GB · on Studio PC".
func (e Elsewhere) facts() string {
	var parts []string
	if e.Quant != "" {
		parts = append(parts, e.Quant)
	}
	parts = append(parts, look.Bytes(e.SizeBytes), lang.L("on {{.Name}}", map[string]string{"Name": strings.Join(e.Devices, ", ")}))
	return strings.Join(parts, " · ")
}

// figures is "38 tok/s there    needs 3.4 GB".
func (e Elsewhere) figures(tooBig bool) string {
	var parts []string
	if e.TokensPerSecond > 0 {
		parts = append(parts, lang.L("{{.Rate}} there", map[string]string{"Rate": look.Rate(e.TokensPerSecond)}))
	}
	if e.NeedsBytes > 0 {
		parts = append(parts, lang.L("needs {{.Bytes}}", map[string]string{"Bytes": look.Bytes(e.NeedsBytes)}))
	}
	if tooBig {
		parts = append(parts, lang.L("a chat can use it where it is"))
	}
	return strings.Join(parts, "    ")
}

// copy fetches a model. What was fetched before it was cancelled or failed is used the next time.
func (p *Page) copy(e Elsewhere) {
	if p.copies(e.ID) {
		return
	}
	for _, j := range p.jobs {
		if j.path == e.ID {
			p.drop(j) // it failed before
		}
	}
	j := newJob(p, e.ID, e.Name)
	j.facts = e.facts()
	j.text = lang.L("Asking {{.Name}}…", map[string]string{"Name": strings.Join(e.Devices, ", ")})
	p.run(j, func(ctx context.Context) (models.Model, error) { return p.lender.Copy(ctx, e.ID, j.copied) })
}

// copied is called from the goroutine that copies, not too often.
func (j *job) copied(c models.CopyProgress) {
	if c.Total <= 0 {
		return
	}
	text := copyText(c)
	j.page.bridge.Do(func() { j.show(float64(c.Done)/float64(c.Total), text) })
}

// copyText is "1.4 GB of 2.5 GB   86 MB/s   12 s left".
func copyText(c models.CopyProgress) string {
	parts := []string{lang.L("{{.Done}} of {{.Total}}", map[string]string{"Done": look.Bytes(c.Done), "Total": look.Bytes(c.Total)})}
	if c.BytesPerSecond > 0 {
		parts = append(parts, look.Bytes(int64(c.BytesPerSecond))+"/s")
	}
	if c.Left > 0 {
		parts = append(parts, lang.L("{{.Time}} left", map[string]string{"Time": look.Span(c.Left.Round(time.Second))}))
	}
	return strings.Join(parts, "   ")
}
