package modelspage

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"

	"croft/app/models"
	"croft/app/ui/box"
	"croft/app/ui/control"
	"croft/app/ui/look"
	"croft/app/ui/prose"
)

var cardPad = box.Insets{Top: 14, Right: 12, Bottom: 15, Left: 18}

// heading is the head of a card: the cube, a name with its tags over the facts, and something to tap.
func heading(name, facts string, tags []fyne.CanvasObject, right fyne.CanvasObject) *box.Row {
	text := box.NewColumn(0, newName(name, tags))
	if facts != "" {
		text.Objects = append(text.Objects, control.NewWords(facts, look.TextSmall, look.Soft).Shrinking())
	}
	return box.NewRow(12, control.NewIcon("models", 22, look.Ink), text, right).Growing(text)
}

// newName keeps the tags close behind the name, however much room there is.
func newName(name string, tags []fyne.CanvasObject) fyne.CanvasObject {
	title := control.NewBold(name, look.TextBody).Shrinking()
	return control.NewTagged(title, tags)
}

// card shows a model of the library.
func (p *Page) card(m models.Model) fyne.CanvasObject {
	menu := control.NewIconButton(lang.L("Model menu"), "dots", nil)
	menu.OnTapped = func() { control.MenuBelow(menu, p.items(m)) }
	column := box.NewColumn(4, heading(m.Name, facts(m), tags(m), menu))
	if line := speed(m); line != "" {
		column.Objects = append(column.Objects, control.NewWords(line, look.TextSmall, look.Soft).Shrinking())
	}
	if why := reason(m); why != "" {
		column.Objects = append(column.Objects, prose.NewSentence(why, look.TextSmall, reasonInk(m)))
	}
	return box.NewCard(cardPad, column)
}

// foundCard shows a model of another program.
func (p *Page) foundCard(m models.Model) fyne.CanvasObject {
	var right fyne.CanvasObject = box.Gap(1, look.Target())
	if m.Problem == "" && m.Fit != models.TooBig {
		right = control.NewButton(lang.L("Use"), "", control.Plain, func() { p.adopt(m) })
	}
	column := box.NewColumn(4, heading(m.Name, facts(m), tags(m), right))
	if why := reason(m); why != "" {
		column.Objects = append(column.Objects, prose.NewSentence(why, look.TextSmall, reasonInk(m)))
	}
	return box.NewCard(cardPad, column)
}

func tags(m models.Model) []fyne.CanvasObject {
	var list []fyne.CanvasObject
	switch {
	case m.Problem != "":
		list = append(list, control.NewWarnTag(lang.L("cannot be used")))
	case m.Fit == models.TooBig:
		list = append(list, control.NewWarnTag(lang.L("too big here")))
	}
	if m.Starter {
		list = append(list, control.NewTag(lang.L("comes with Croft")))
	}
	if m.Loaded {
		list = append(list, control.NewTag(lang.L("in use")))
	}
	if m.Default && m.ID != "" {
		list = append(list, control.NewTag(lang.L("default")))
	}
	return list
}

// facts is "Q8_0 · 639 MB · context 32k · found in LM Studio's folder".
func facts(m models.Model) string {
	var parts []string
	if m.Quant != "" {
		parts = append(parts, m.Quant)
	}
	if m.SizeBytes > 0 {
		parts = append(parts, look.Bytes(m.SizeBytes))
	}
	if m.ContextHere > 0 {
		parts = append(parts, lang.L("context {{.Tokens}}", map[string]string{"Tokens": look.Tokens(m.ContextHere)}))
	}
	if m.Source != "" && !m.Owned {
		parts = append(parts, lang.L("from {{.Source}}", map[string]string{"Source": m.Source}))
	}
	return strings.Join(parts, " · ")
}

// speed is "21 tok/s here   needs 0.9 GB".
func speed(m models.Model) string {
	var parts []string
	if m.MeasuredTPS > 0 {
		parts = append(parts, lang.L("{{.Rate}} here", map[string]string{"Rate": look.Rate(m.MeasuredTPS)}))
	}
	if m.NeedsBytes > 0 {
		parts = append(parts, lang.L("needs {{.Bytes}}", map[string]string{"Bytes": look.Bytes(m.NeedsBytes)}))
	}
	return strings.Join(parts, "    ")
}

func reason(m models.Model) string {
	if m.Problem != "" {
		return m.Problem
	}
	return m.Why
}

func reasonInk(m models.Model) fyne.ThemeColorName {
	if m.Problem != "" || m.Fit == models.TooBig {
		return look.Warn
	}
	return look.Soft
}

// items is what can be done with a model.
func (p *Page) items(m models.Model) []control.Item {
	var items []control.Item
	if !m.Default && m.CanChat() {
		items = append(items, control.Item{Text: lang.L("Use by default"), Icon: "check", Do: func() { p.win.SetDefaultModel(m.ID) }})
	}
	items = append(items, control.Item{Text: lang.L("Copy path"), Icon: "copy", Do: func() {
		fyne.CurrentApp().Clipboard().SetContent(m.Path)
		p.win.Toast(lang.L("Copied"), "", nil)
	}})
	return append(items, control.Item{Rule: true},
		control.Item{Text: lang.L("Delete"), Icon: "trash", Danger: true, Do: func() { p.confirmDelete(m) }})
}

// confirmDelete says what happens to the file before it does.
func (p *Page) confirmDelete(m models.Model) {
	title := lang.L("Delete {{.Name}}?", map[string]string{"Name": m.Name})
	sentence := lang.L("Croft forgets this model. The file stays where it is: {{.Path}}", map[string]string{"Path": m.Path})
	switch {
	case m.Starter:
		sentence = lang.L("{{.Bytes}} become free. Your chats stay, and you can bring it back at any time.", map[string]string{"Bytes": look.Bytes(m.SizeBytes)})
	case m.Owned:
		sentence = lang.L("Croft's copy of the file is deleted and {{.Bytes}} become free. Your chats stay.", map[string]string{"Bytes": look.Bytes(m.SizeBytes)})
	}
	control.Confirm(p.win.Canvas(), title, sentence, lang.L("Delete"), lang.L("Cancel"), func() { p.remove(m) })
}

func (p *Page) remove(m models.Model) {
	p.bridge.Work(func(ctx context.Context) func() {
		err := p.lib.Delete(ctx, m.ID)
		return func() {
			if !p.failed(err) {
				p.Reload(func() {})
				p.win.Toast(lang.L("{{.Name}} deleted", map[string]string{"Name": m.Name}), "", nil)
			}
		}
	})
}
