package devicespage

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"

	"croft/app/health"
	"croft/app/ui/box"
	"croft/app/ui/control"
	"croft/app/ui/look"
	"croft/app/ui/prose"
)

// servers has the programs that were added by address.
func (p *Page) servers() []fyne.CanvasObject {
	if len(p.state.servers) == 0 {
		return nil
	}
	var cards []fyne.CanvasObject
	for _, s := range p.state.servers {
		cards = append(cards, p.serverCard(s))
	}
	note := lang.L("What you write to a server can be read by others on this network. Devices with Croft are always encrypted.")
	return []fyne.CanvasObject{
		box.Gap(1, 12), section(lang.L("Servers")), box.NewGrid(14, cardLeast, cards...), prose.NewSentence(note, look.TextSmall, look.Soft),
	}
}

func (p *Page) serverCard(s Server) fyne.CanvasObject {
	presence := lang.L("Does not answer")
	switch {
	case s.Online:
		presence = lang.L("Here")
	case s.Problem != nil:
		presence = lang.L("Refuses")
	}
	menu := control.NewIconButton(lang.L("Server menu"), "dots", nil)
	menu.OnTapped = func() { control.MenuBelow(menu, p.serverItems(s)) }
	tags := []fyne.CanvasObject{control.NewWarnTag(lang.L("not encrypted"))}
	figures := together(rate(Device{Models: s.Models}), s.where())
	return p.draw(face{s.Name, tags, runs(s.Models), s.Online, presence, figures, s.Problem, menu})
}

// where is "192.168.1.5:11434 · Ollama".
func (s Server) where() string {
	if s.Kind == "" {
		return s.Address
	}
	return s.Address + " · " + s.Kind
}

func (p *Page) serverItems(s Server) []control.Item {
	name := map[string]string{"Name": s.Name}
	remove := func() {
		sentence := lang.L("Croft does not ask it any more. Nothing changes on the server.")
		control.Confirm(p.win.Canvas(), lang.L("Remove {{.Name}}?", name), sentence, lang.L("Remove"), lang.L("Cancel"), func() {
			p.change(func(ctx context.Context) error { return p.devices.RemoveServer(ctx, s.ID) }, lang.L("{{.Name}} removed", name))
		})
	}
	return []control.Item{{Text: lang.L("Remove"), Icon: "trash", Danger: true, Do: remove}}
}

// serverForm is what must be known to add one.
type serverForm struct {
	page               *Page
	panel              *control.Panel
	name, address, key *control.Field
	busy               bool
}

// askServer opens the form.
func (p *Page) askServer() {
	f := &serverForm{page: p, name: control.NewField(lang.L("such as Ollama in the study")), key: control.NewField(lang.L("only if the server asks for one"))}
	f.address = control.NewField(lang.L("such as {{.Example}}", map[string]string{"Example": "192.168.1.5:11434"}))
	f.key.Password = true
	for _, field := range []*control.Field{f.name, f.address, f.key} {
		field.OnSubmitted = func(string) { f.add() }
	}
	f.panel = control.ShowPanel(p.win.Canvas(), panelWidth, f.card(nil))
	p.win.Canvas().Focus(f.address)
}

func (f *serverForm) card(problem error) fyne.CanvasObject {
	column := box.NewColumn(6,
		control.NewBold(lang.L("Address"), 14), control.Boxed(f.address), box.Gap(1, 4),
		control.NewBold(lang.L("Name"), 14), control.Boxed(f.name), box.Gap(1, 4),
		control.NewBold(lang.L("Key"), 14), control.Boxed(f.key))
	if problem != nil {
		column.Objects = append(column.Objects, box.Gap(1, 4), control.NewNotice("", health.Of(problem).Line(), true))
	}
	add := control.NewButton(lang.L("Add"), "", control.Primary, f.add)
	if f.busy {
		add.Disable()
	}
	cancel := control.NewButton(lang.L("Cancel"), "", control.Plain, func() { f.panel.Close() })
	note := lang.L("Ollama, llama.cpp, vLLM, LM Studio or exo on this network. It is not encrypted: others on the network can read what you write to it.")
	return answerCard(lang.L("Add a server"), note, column, cancel, add)
}

func (f *serverForm) add() {
	address, name := strings.TrimSpace(f.address.Text), strings.TrimSpace(f.name.Text)
	if f.busy || address == "" {
		return
	}
	if name == "" {
		name = host(address)
	}
	key := strings.TrimSpace(f.key.Text)
	f.busy = true
	f.panel.Show(f.card(nil))
	f.page.bridge.Work(func(ctx context.Context) func() {
		err := f.page.devices.AddServer(ctx, name, address, key)
		return func() { f.added(name, err) }
	})
}

func (f *serverForm) added(name string, err error) {
	f.busy = false
	if err != nil {
		f.panel.Show(f.card(err))
		f.page.win.Canvas().Unfocus() // the field has a new border, which is to hear of the focus
		f.page.win.Canvas().Focus(f.address)
		return
	}
	f.panel.Close()
	f.page.win.Toast(lang.L("{{.Name}} added", map[string]string{"Name": name}), "", nil)
	f.page.Reload()
}
