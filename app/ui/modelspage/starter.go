package modelspage

import (
	"context"
	"math"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"

	"croft/app/models"
	"croft/app/ui/box"
	"croft/app/ui/control"
	"croft/app/ui/look"
	"croft/app/ui/prose"
	"croft/assets"
)

// starterCard shows the model that comes with Croft: what it is for, and how well it does that.
func (p *Page) starterCard(m models.Model) fyne.CanvasObject {
	about := assets.StarterCard()
	menu := control.NewIconButton(lang.L("Model menu"), "dots", nil)
	menu.OnTapped = func() { control.MenuBelow(menu, p.items(m)) }
	column := box.NewColumn(6, heading(m.Name, lang.L("small")+" · "+facts(m), tags(m), menu))
	if why := reason(m); why != "" {
		column.Objects = append(column.Objects, prose.NewSentence(why, look.TextSmall, reasonInk(m)))
	}
	column.Objects = append(column.Objects, prose.NewSentence(lang.L(about.Purpose), 14, look.Ink), figures(about.Figures))
	if line := making(about); line != "" {
		column.Objects = append(column.Objects, prose.NewSentence(line, look.TextSmall, look.Soft))
	}
	return box.NewCard(cardPad, column)
}

// making is "25 million parameters, trained on 400 million tokens of English".
func making(about assets.Card) string {
	if about.Parameters == nil || about.TokensTrained == nil {
		return ""
	}
	var languages []string
	for _, code := range about.Languages {
		languages = append(languages, language(code))
	}
	return lang.L("{{.Parameters}} million parameters, trained on {{.Tokens}} million tokens of {{.Languages}}", map[string]string{
		"Parameters": millions(*about.Parameters), "Tokens": millions(*about.TokensTrained), "Languages": strings.Join(languages, ", "),
	})
}

func millions(n int64) string { return strconv.FormatFloat(float64(n)/1e6, 'f', 0, 64) }

func language(code string) string {
	if code == "en" {
		return lang.L("English")
	}
	return code
}

// figures has a line for each result, or one for all when nothing was measured yet.
func figures(all []assets.Figure) fyne.CanvasObject {
	measured := false
	var lines []fyne.CanvasObject
	for _, f := range all {
		measured = measured || f.Measured()
		what := prose.NewSentence(lang.L(f.What), look.TextSmall, look.Soft)
		lines = append(lines, box.NewRow(8, what, control.NewWords(reached(f), look.TextSmall, look.Ink)).Growing(what))
	}
	if !measured {
		return control.NewWords(lang.L("How well it does this is not measured yet."), look.TextSmall, look.Soft).Shrinking()
	}
	grid := box.NewGrid(2, cardLeast, lines...)
	grid.Between = 36
	return grid
}

// reached is "96 %", with the goal where that was missed.
func reached(f assets.Figure) string {
	switch {
	case !f.Measured():
		return lang.L("not measured yet")
	case *f.Reached < f.Goal:
		return lang.L("{{.Reached}}, goal {{.Goal}}", map[string]string{"Reached": percent(*f.Reached), "Goal": percent(f.Goal)})
	}
	return percent(*f.Reached)
}

// percent keeps one decimal where there is one, and rounds down: a goal that was just missed must not look reached.
func percent(v float64) string {
	tenths := math.Floor(v*10+1e-6) / 10
	return strconv.FormatFloat(tenths, 'f', -1, 64) + "\u2009%"
}

// bringBack is a quiet way to the starter for who removed it; nil for who did not.
func (p *Page) bringBack() fyne.CanvasObject {
	if !p.loaded || !p.lib.HasStarter() || p.hasStarter() {
		return nil
	}
	return control.NewButton(lang.L("Bring back the starter"), "leaf", control.Quiet, p.fetchStarter)
}

func (p *Page) hasStarter() bool {
	for _, m := range p.here {
		if m.Starter {
			return true
		}
	}
	return false
}

func (p *Page) fetchStarter() {
	usable, _ := p.Usable()
	p.bridge.Work(func(ctx context.Context) func() {
		m, err := p.lib.BringBack(ctx)
		return func() {
			if !p.failed(err) {
				p.Reload(func() { p.win.Added(m, !usable) })
			}
		}
	})
}

// larger suggests models that a person can download.
func (p *Page) larger() []fyne.CanvasObject {
	if len(p.suggested) == 0 {
		return nil
	}
	var cards []fyne.CanvasObject
	for _, s := range p.suggested {
		cards = append(cards, p.suggestion(s))
	}
	note := lang.L("Croft downloads nothing by itself. Open a copied address in your browser, download the file of the type named here, and import it.")
	return []fyne.CanvasObject{
		box.Gap(1, 12), section(lang.L("Larger models that suit this device")), box.NewGrid(14, cardLeast, cards...),
		prose.NewSentence(note, look.TextSmall, look.Soft),
	}
}

func (p *Page) suggestion(s models.Suggestion) fyne.CanvasObject {
	copied := func() {
		fyne.CurrentApp().Clipboard().SetContent(s.Address)
		p.win.Toast(lang.L("Copied"), "", nil)
	}
	var button fyne.CanvasObject = control.NewButton(lang.L("Copy address"), "", control.Plain, copied)
	if p.win.Phone() {
		button = control.NewIconButton(lang.L("Copy address"), "copy", copied)
	}
	size := s.Quant + " · " + look.Bytes(s.SizeBytes) + " · " + lang.L("needs {{.Bytes}}", map[string]string{"Bytes": look.Bytes(s.NeedsBytes)})
	good := control.NewWords(lang.L(s.GoodAt), look.TextSmall, look.Soft).Shrinking()
	return box.NewCard(cardPad, box.NewColumn(4, heading(s.Name, size, nil, button), good))
}
