// Package settingspage shows what a person can choose for the whole program.
package settingspage

import (
	"context"
	"runtime"
	"slices"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"

	"croft/app/health"
	"croft/app/models"
	"croft/app/settings"
	"croft/app/ui/box"
	"croft/app/ui/bridge"
	"croft/app/ui/control"
	"croft/app/ui/look"
	"croft/app/ui/prose"
)

// Settings is the use case.
type Settings interface {
	Get() settings.Values
	Change(ctx context.Context, f func(*settings.Values)) error
}

// Window is what the page asks of the window it stands in.
type Window interface {
	Canvas() fyne.Canvas
	Toast(text, action string, do func())
	OpenFolder(path string)
	Phone() bool
}

// Facts are what the page shows and nobody can change.
type Facts struct {
	Version string
	DataDir string
	Devices bool // the window has a page for them
}

// Page is the settings.
type Page struct {
	set    Settings
	win    Window
	bridge *bridge.Bridge
	facts  Facts
	models func() []models.Model
	view   *box.Page
	system *control.Field
}

// New returns the page.
func New(set Settings, win Window, b *bridge.Bridge, facts Facts, library func() []models.Model) *Page {
	p := &Page{set: set, win: win, bridge: b, facts: facts, models: library, view: box.NewPage(box.NewColumn(0))}
	p.Relayout()
	return p
}

// View returns the page.
func (p *Page) View() fyne.CanvasObject { return p.view }

// Relayout builds the page anew.
func (p *Page) Relayout() { p.view.Set(p.build()) }

func (p *Page) change(f func(*settings.Values)) {
	p.bridge.Work(func(ctx context.Context) func() {
		err := p.set.Change(ctx, f)
		return func() {
			if err != nil {
				problem := health.Of(err)
				p.win.Toast(problem.Title+". "+problem.Sentence, "", nil)
			}
		}
	})
}

func (p *Page) build() fyne.CanvasObject {
	pad := box.Insets{Top: 26, Right: 32, Bottom: 32, Left: 32}
	if p.win.Phone() {
		pad = box.Sides(18, 14)
	}
	column := box.NewColumn(10,
		control.NewBold(lang.L("Settings"), look.TextTitle), box.Gap(1, 4),
		section(lang.L("Look")), p.look(), box.Gap(1, 8),
		section(lang.L("Replies")), p.replies(), box.Gap(1, 8),
		section(lang.L("Your data")), p.data())
	if p.facts.Devices {
		column.Objects = slices.Insert(column.Objects, len(column.Objects)-2, section(lang.L("Devices")), p.devices(), fyne.CanvasObject(box.Gap(1, 8)))
	}
	if !fyne.CurrentDevice().IsMobile() {
		column.Objects = append(column.Objects, box.Gap(1, 8), section(lang.L("Keyboard")), shortcuts(p.facts.Devices))
	}
	column.Objects = append(column.Objects, box.Gap(1, 8), section(lang.L("About")), p.about())
	column.Pad, column.Max = pad, look.ColumnMax
	return column
}

func section(text string) fyne.CanvasObject {
	w := control.NewBold(text, 14)
	w.Ink = look.Soft
	return w
}

// card stacks lines with rules between them.
func card(lines ...fyne.CanvasObject) fyne.CanvasObject {
	column := box.NewColumn(0)
	for i, l := range lines {
		if i > 0 {
			column.Objects = append(column.Objects, box.Rule())
		}
		column.Objects = append(column.Objects, l)
	}
	return box.NewCard(box.Sides(2, 18), column)
}

// line has a label and a note on the left and a control on the right, or below where it is narrow.
func (p *Page) line(label, note string, right fyne.CanvasObject) fyne.CanvasObject {
	text := box.NewColumn(0, control.NewWords(label, look.TextBody, look.Ink).Shrinking())
	if note != "" {
		text.Objects = append(text.Objects, prose.NewSentence(note, look.TextSmall, look.Soft))
	}
	if p.win.Phone() {
		return box.NewColumn(8, text, box.NewRow(0, right).Growing(right)).Padded(box.Sides(12, 0))
	}
	return box.NewRow(18, text, right).Growing(text).Padded(box.Sides(11, 0))
}

func (p *Page) look() fyne.CanvasObject {
	v := p.set.Get()
	themes := []settings.Theme{settings.System, settings.Light, settings.Dark}
	now := 0
	for i, t := range themes {
		if v.Theme == t {
			now = i
		}
	}
	choice := control.NewChoice([]string{lang.L("Automatic"), lang.L("Light"), lang.L("Dark")}, now, func(i int) {
		p.change(func(v *settings.Values) { v.Theme = themes[i] })
	})
	return card(p.line(lang.L("Theme"), "", choice), p.line(lang.L("Text size"), "", p.textSize(v.TextScale)))
}

func (p *Page) textSize(scale float32) fyne.CanvasObject {
	if scale == 0 {
		scale = 1
	}
	words := control.NewWords(look.Percent(float64(scale)), 14, look.Soft)
	slider := control.NewSlider(0.8, 1.6, 0.1, float64(scale))
	slider.OnMoved = func(s float64) { words.Set(look.Percent(s)) }
	slider.OnChanged = func(s float64) { p.change(func(v *settings.Values) { v.TextScale = float32(s) }) }
	holder := box.NewColumn(0, box.Gap(180, 0), slider)
	row := box.NewRow(12, holder, words)
	if p.win.Phone() {
		row.Growing(holder)
	}
	return row
}

func (p *Page) replies() fyne.CanvasObject {
	return card(
		p.line(lang.L("Model"), lang.L("for new chats"), p.modelPicker()),
		p.line(lang.L("Context"), lang.L("how much of a chat the model keeps in mind; more needs more memory"), p.contextPicker()),
		p.line(lang.L("Processor cores"), lang.L("how many write a reply"), p.threadsPicker()),
		p.instructions(),
	)
}

func (p *Page) devices() fyne.CanvasObject {
	vpn := control.NewSwitch(lang.L("My own VPN"), p.set.Get().VPN, func(on bool) {
		p.change(func(v *settings.Values) { v.VPN = on })
	})
	return card(p.line(lang.L("My own VPN"),
		lang.L("counts as a local network, so that devices are reached through it; only for a VPN whose members are all yours"), vpn))
}

func (p *Page) modelPicker() fyne.CanvasObject {
	shown := lang.L("None yet")
	for _, m := range p.models() {
		if m.Default {
			shown = m.Name
		}
	}
	var picker *control.Picker
	picker = control.NewPicker(lang.L("Model"), shown, func() []control.Item {
		var items []control.Item
		for _, m := range p.models() {
			if !m.CanChat() {
				continue
			}
			items = append(items, control.Item{Text: m.Name, Note: look.Bytes(m.SizeBytes), Chosen: m.Name == picker.Text(), Do: func() {
				picker.Set(m.Name)
				p.change(func(v *settings.Values) { v.DefaultModel = m.ID })
			}})
		}
		return items
	})
	return picker
}

func (p *Page) contextPicker() fyne.CanvasObject {
	name := func(n int) string {
		if n == 0 {
			return lang.L("Automatic")
		}
		return lang.L("{{.Tokens}} tokens", map[string]string{"Tokens": look.Tokens(n)})
	}
	choices := []int{0, 2048, 4096, 8192, 16384, 32768, 65536, 131072}
	return p.picker(lang.L("Context"), choices, p.set.Get().ContextMax, name, func(v *settings.Values, n int) { v.ContextMax = n })
}

func (p *Page) threadsPicker() fyne.CanvasObject {
	name := func(n int) string {
		if n == 0 {
			return lang.L("Automatic")
		}
		return strconv.Itoa(n)
	}
	choices := []int{0}
	for n := 1; n <= runtime.NumCPU(); n++ {
		choices = append(choices, n)
	}
	return p.picker(lang.L("Processor cores"), choices, p.set.Get().Threads, name, func(v *settings.Values, n int) { v.Threads = n })
}

// picker offers numbers.
func (p *Page) picker(label string, choices []int, now int, name func(int) string, set func(*settings.Values, int)) fyne.CanvasObject {
	var picker *control.Picker
	picker = control.NewPicker(label, name(now), func() []control.Item {
		items := make([]control.Item, len(choices))
		for i, n := range choices {
			items[i] = control.Item{Text: name(n), Chosen: name(n) == picker.Text(), Do: func() {
				picker.Set(name(n))
				p.change(func(v *settings.Values) { set(v, n) })
			}}
		}
		return items
	})
	return picker
}

// instructions is the system prompt of new chats; it is saved when the field is left.
func (p *Page) instructions() fyne.CanvasObject {
	p.system = control.NewArea(lang.L("For example: answer in short, plain sentences."), 3)
	p.system.SetText(p.set.Get().SystemPrompt)
	p.system.OnFocus = func(on bool) {
		if text := p.system.Text; !on && text != p.set.Get().SystemPrompt {
			p.change(func(v *settings.Values) { v.SystemPrompt = text })
		}
	}
	return box.NewColumn(6,
		control.NewWords(lang.L("Instructions for the model"), look.TextBody, look.Ink),
		prose.NewSentence(lang.L("They stand at the beginning of every new chat."), look.TextSmall, look.Soft),
		control.Boxed(p.system)).Padded(box.Sides(11, 0))
}
