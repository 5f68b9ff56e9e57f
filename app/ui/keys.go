package ui

import (
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/driver/mobile"

	"croft/app/ui/control"
)

// bindKeys gives the window its shortcuts.
func (w *window) bindKeys() {
	ctrl, shift := fyne.KeyModifierShortcutDefault, fyne.KeyModifierShift
	for _, k := range []struct {
		key  fyne.KeyName
		with fyne.KeyModifier
		do   func()
	}{
		{fyne.KeyN, ctrl, func() { w.shell.turnTo(pageChat); w.chats.NewChat() }},
		{fyne.KeyF, ctrl, w.search},
		{fyne.KeyComma, ctrl, func() { w.shell.turnTo(pageSettings) }},
		{fyne.KeyC, ctrl | shift, w.chats.CopyLast},
		{fyne.Key1, ctrl, func() { w.shell.turnTo(pageChat); w.chats.Focus() }},
	} {
		w.Canvas().AddShortcut(&desktop.CustomShortcut{KeyName: k.key, Modifier: k.with}, func(fyne.Shortcut) { w.unlessCovered(k.do) })
	}
	// The other pages are numbered as they stand in the navigation.
	for i, item := range w.shell.rail.items[1:] {
		key := &desktop.CustomShortcut{KeyName: fyne.KeyName(strconv.Itoa(i + 2)), Modifier: ctrl}
		w.Canvas().AddShortcut(key, func(fyne.Shortcut) { w.unlessCovered(func() { w.shell.turnTo(item.page) }) })
	}
	w.Canvas().SetOnTypedKey(w.typedKey)
	w.Canvas().SetOnTypedRune(func(r rune) {
		if w.shell.page == pageChat && w.Canvas().Overlays().Top() == nil {
			w.chats.TypeInto(r)
		}
	})
}

// search goes to the list of chats, if there are any to search.
func (w *window) search() {
	w.shell.turnTo(pageChat)
	if !w.shell.greets() {
		w.chats.Search()
	}
}

// unlessCovered does nothing while a dialog is open.
func (w *window) unlessCovered(do func()) {
	if w.Canvas().Overlays().Top() == nil {
		do()
	}
}

// typedKey handles keys that nothing on the page wanted.
func (w *window) typedKey(e *fyne.KeyEvent) {
	if o := control.Top(w.Canvas()); o != nil {
		o.Key(e)
		return
	}
	if w.Canvas().Overlays().Top() != nil {
		return
	}
	switch e.Name {
	case fyne.KeyEscape:
		w.chats.Stop()
	case fyne.KeyPageUp:
		w.chats.Scroll(1)
	case fyne.KeyPageDown:
		w.chats.Scroll(-1)
	case mobile.KeyBack:
		w.back()
	}
}

// back is the key of a phone: from a conversation to the list, from the list out of the program.
func (w *window) back() {
	switch {
	case w.shell.page == pageChat && w.shell.pushed:
		w.shell.push(false)
	case w.shell.page == pageDevices && w.devices.Back():
	case w.shell.page != pageChat:
		w.shell.turnTo(pageChat)
	default:
		w.app.Quit()
	}
}
