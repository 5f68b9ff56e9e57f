package settingspage

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"

	"croft/app/ui/box"
	"croft/app/ui/control"
	"croft/app/ui/look"
	"croft/app/ui/prose"
)

func (p *Page) data() fyne.CanvasObject {
	copyPath := control.NewButton(lang.L("Copy path"), "copy", control.Plain, func() {
		fyne.CurrentApp().Clipboard().SetContent(p.facts.DataDir)
		p.win.Toast(lang.L("Copied"), "", nil)
	})
	buttons := box.NewRow(8, copyPath)
	if !fyne.CurrentDevice().IsMobile() {
		open := control.NewButton(lang.L("Open folder"), "folder", control.Plain, func() { p.win.OpenFolder(p.facts.DataDir) })
		buttons.Objects = append(buttons.Objects, open)
	}
	where := box.NewColumn(6,
		prose.NewSentence(lang.L("Chats, models and settings lie in this folder and nowhere else:"), look.TextBody, look.Ink),
		prose.NewSentence(p.facts.DataDir, look.TextSmall, look.Soft),
		buttons.Padded(box.Insets{Top: 4}),
		prose.NewSentence(lang.L("Your device's screen lock and disk encryption protect them. Anyone signed in as you can read them."), look.TextSmall, look.Soft))
	return card(where.Padded(box.Sides(14, 0)))
}

// keys are the shortcuts and what they do.
func keys(devices bool) [][2]string {
	pages := [2]string{"Ctrl+1, Ctrl+2, Ctrl+3", lang.L("Chat, Models, Settings")}
	if devices {
		pages = [2]string{"Ctrl+1, … Ctrl+4", lang.L("Chat, Devices, Models, Settings")}
	}
	return [][2]string{
		{"Enter", lang.L("Send")},
		{"Shift+Enter", lang.L("New line")},
		{"Esc", lang.L("Stop the reply")},
		{"↑", lang.L("Edit the last message")},
		{"Ctrl+N", lang.L("New chat")},
		{"Ctrl+F", lang.L("Search chats")},
		{"Ctrl+Shift+C", lang.L("Copy the last reply")},
		{"Page up, Page down", lang.L("Scroll the chat")},
		pages,
		{"Ctrl+,", lang.L("Settings")},
	}
}

func shortcuts(devices bool) fyne.CanvasObject {
	var lines []fyne.CanvasObject
	for _, k := range keys(devices) {
		what := control.NewWords(k[1], 14, look.Ink).Shrinking()
		key := control.NewWords(k[0], look.TextTiny, look.Soft)
		plate := box.NewSurface(look.Side, key)
		plate.Stroke, plate.Radius, plate.Pad = look.Line, 6, box.Sides(1, 8)
		lines = append(lines, box.NewRow(12, what, plate).Growing(what).Padded(box.Sides(6, 0)))
	}
	return card(lines...)
}

func (p *Page) about() fyne.CanvasObject {
	name := control.NewBold("Croft", look.TextBody)
	version := control.NewWords(lang.L("Version {{.Version}}", map[string]string{"Version": p.facts.Version}), look.TextSmall, look.Soft).Shrinking()
	text := box.NewColumn(0, name, version)
	licences := control.NewButton(lang.L("Licences"), "", control.Plain, p.showLicences)
	return card(box.NewRow(14, control.NewIcon("leaf", 30, look.Accent), text, licences).Growing(text).Padded(box.Sides(12, 0)))
}

// work is something by others that is part of the program.
type work struct{ name, licence, by string }

// works are what the window and the store are built with.
var works = []work{
	{"Fyne", "BSD 3-Clause", "the Fyne authors"},
	{"fyne.io/systray, oksvg, fyne.io/image", "BSD 3-Clause, Apache 2.0", "the Fyne authors and others"},
	{"Noto Sans", "SIL Open Font License 1.1", "the Noto project authors"},
	{"Inter", "SIL Open Font License 1.1", "the Inter project authors"},
	{"EmojiOne Color", "Creative Commons Attribution 4.0", "Ranks.com Inc., Adobe"},
	{"DejaVu Sans Mono", "Bitstream Vera and public domain", "the DejaVu authors"},
	{"Go and golang.org/x", "BSD 3-Clause", "the Go authors"},
	{"goldmark", "MIT", "Yusuke Inuzuka"},
	{"go-text typesetting and render", "BSD 3-Clause or Unlicense", "the go-text authors"},
	{"go-gl, GLFW", "MIT, zlib", "Eric Woroshow, Marcus Geelnard, Camilla Löwy and others"},
	{"go-i18n", "MIT", "Nick Snyder"},
	{"godbus", "BSD 2-Clause", "Georg Reinke"},
	{"go-sqlite3", "MIT", "Yasuhiro Matsumoto"},
	{"SQLite", "public domain", "D. Richard Hipp and others"},
}

func (p *Page) showLicences() {
	column := box.NewColumn(10, prose.NewSentence(lang.L("Croft is free software under the Apache License 2.0. It contains work of others:"), 14, look.Ink))
	for _, w := range works {
		column.Objects = append(column.Objects, box.NewColumn(0,
			control.NewBold(w.name, 14).Shrinking(),
			prose.NewSentence(w.licence+" · "+w.by, look.TextSmall, look.Soft)))
	}
	var o *control.Overlay
	done := control.NewButton(lang.L("Close"), "", control.Primary, func() { o.Close() })
	o = control.ShowSheet(p.win.Canvas(), lang.L("Licences"), column, 520, done)
}
