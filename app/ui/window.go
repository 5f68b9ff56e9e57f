package ui

import (
	"context"
	"io"
	"net/url"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/storage"

	"croft/app/chat"
	"croft/app/health"
	"croft/app/models"
	"croft/app/settings"
	"croft/app/ui/bridge"
	"croft/app/ui/chatpage"
	"croft/app/ui/control"
	"croft/app/ui/devicespage"
	"croft/app/ui/look"
	"croft/app/ui/modelspage"
	"croft/app/ui/settingspage"
)

// window joins the pages with each other, with the use cases and with the desktop.
type window struct {
	app    fyne.App
	window fyne.Window
	parts  backing
	bridge *bridge.Bridge

	shell    *shell
	toasts   *control.Toasts
	chats    *chatpage.Page
	models   *modelspage.Page
	devices  *devicespage.Page // nil where there is no such part
	settings *settingspage.Page
	cancels  []func()
}

func (w *window) build() {
	w.toasts = control.NewToasts(w.bridge.After)
	w.shell = newShell(w)
	w.chats = chatpage.New(w.parts.chats, w.parts.models, placesOf(w.parts.devices), w.parts.settings.Get, w, w.bridge, w.parts.now)
	w.models = modelspage.New(w.parts.models, lenderOf(w.parts.devices), w, w.bridge)
	if w.parts.devices != nil {
		w.devices = devicespage.New(w.parts.devices, w, w.bridge, w.parts.now)
	}
	facts := settingspage.Facts{Version: w.parts.version, DataDir: w.parts.dataDir, Devices: w.devices != nil}
	w.settings = settingspage.New(w.parts.settings, w, w.bridge, facts, w.chats.Library)
	w.shell.fill()
}

// dress gives the program the theme that the settings and the size of the window ask for.
func (w *window) dress(v settings.Values) {
	mode := look.Auto
	switch v.Theme {
	case settings.Light:
		mode = look.Light
	case settings.Dark:
		mode = look.Dark
	}
	touch := fyne.CurrentDevice().IsMobile() || w.shell != nil && w.shell.phone
	theme := look.Theme{Mode: mode, Scale: v.TextScale, Touch: touch}
	if w.app.Settings().Theme() != theme {
		w.app.Settings().SetTheme(theme)
	}
}

// listen passes on what changes in the use cases.
func (w *window) listen() {
	updates := bridge.NewLatest[chat.ID](w.bridge.Do, w.chats.Update, joinUpdates)
	library := bridge.NewLatest[int](w.bridge.Do, func(struct{}) { w.reload(func() {}) }, func(_, v struct{}) struct{} { return v })
	places := bridge.NewLatest[int](w.bridge.Do, func(struct{}) { w.chats.ReloadPlaces(); w.models.ReloadElsewhere() }, func(_, v struct{}) struct{} { return v })
	values := bridge.NewLatest[int](w.bridge.Do, w.restyle, func(_, v settings.Values) settings.Values { return v })
	w.cancels = append(w.cancels,
		w.parts.chats.Watch(func(u chat.Update) { updates.Put(u.Chat, u) }),
		w.parts.models.Watch(func() { library.Put(0, struct{}{}) }),
		w.parts.settings.Watch(func(v settings.Values) { values.Put(0, v) }),
	)
	if w.parts.devices != nil {
		w.cancels = append(w.cancels, w.parts.devices.Follow(func() { places.Put(0, struct{}{}) }))
		w.chats.ReloadPlaces()
	}
}

// joinUpdates makes one update of two for the same chat: a reload must not be lost behind a growing reply.
func joinUpdates(older, newer chat.Update) chat.Update {
	if older.Reply == nil || newer.Reply == nil || older.Reply.ID != newer.Reply.ID {
		return chat.Update{Chat: newer.Chat, ContextUsed: newer.ContextUsed, ContextMax: newer.ContextMax}
	}
	return newer
}

func (w *window) close() {
	for _, cancel := range w.cancels {
		cancel()
	}
	if w.devices != nil {
		w.devices.Appear(false)
	}
}

// restyle takes over changed settings.
func (w *window) restyle(v settings.Values) {
	w.dress(v)
	w.shell.Refresh()
}

// reload reads everything again, then continues.
func (w *window) reload(next func()) {
	w.models.Reload(func() {
		w.chats.ReloadModels()
		w.shell.show()
		next()
	})
}

// Canvas is where overlays are shown.
func (w *window) Canvas() fyne.Canvas { return w.window.Canvas() }

// Toast shows what was done.
func (w *window) Toast(text, action string, do func()) { w.toasts.Say(text, action, do) }

// Report shows a problem above the composer, or as a toast on the other pages.
func (w *window) Report(p health.Problem) {
	if w.shell.page == pageChat {
		w.chats.Warn(p)
		return
	}
	w.Toast(p.Title+". "+p.Sentence, "", nil)
}

// ShowConversation pushes the conversation on a phone, or goes back to the list.
func (w *window) ShowConversation(open bool) { w.shell.push(open) }

// ConversationShown tells whether a chat is on the screen.
func (w *window) ConversationShown() bool { return w.shell.content() == w.chats.Conversation() }

// ShowModels goes to the models.
func (w *window) ShowModels() { w.shell.turnTo(pageModels) }

// Phone tells whether the window is laid out for a phone.
func (w *window) Phone() bool { return w.shell.phone }

// OpenLink opens an address in the browser.
func (w *window) OpenLink(address string) {
	if u, err := url.Parse(address); err == nil {
		if err := w.app.OpenURL(u); err != nil {
			w.Toast(lang.L("The browser could not be opened"), "", nil)
		}
	}
}

// OpenFolder shows a folder in the desktop's file manager.
func (w *window) OpenFolder(path string) {
	u := &url.URL{Scheme: "file", Path: path}
	if err := w.app.OpenURL(u); err != nil {
		w.Toast(lang.L("The folder could not be opened"), "", nil)
	}
}

// SetDefaultModel makes a model the one for new chats.
func (w *window) SetDefaultModel(id string) {
	w.bridge.Work(func(ctx context.Context) func() {
		err := w.parts.settings.Change(ctx, func(v *settings.Values) { v.DefaultModel = id })
		return func() {
			if err != nil {
				w.Report(health.Of(err))
			}
			w.reload(func() {})
		}
	})
}

// Added opens a chat when the first model came in, and says so when there were others.
func (w *window) Added(m models.Model, first bool) {
	w.reload(func() {})
	if first {
		w.shell.turnTo(pageChat)
		w.chats.NewChat()
		return
	}
	w.Toast(lang.L("{{.Name}} is ready", map[string]string{"Name": m.Name}), lang.L("Chat"), func() {
		w.shell.turnTo(pageChat)
		w.chats.NewChatWith(m.ID)
	})
}

// PickModelFile asks for a model file.
func (w *window) PickModelFile(picked func(path string)) {
	d := dialog.NewFileOpen(func(r fyne.URIReadCloser, err error) {
		if err != nil || r == nil {
			return
		}
		defer r.Close() //nolint:errcheck // only its name is used
		picked(r.URI().Path())
	}, w.window)
	if !fyne.CurrentDevice().IsMobile() {
		d.SetFilter(storage.NewExtensionFileFilter([]string{".gguf", ".GGUF"}))
	}
	d.SetTitleText(lang.L("Import a model file"))
	d.SetConfirmText(lang.L("Import"))
	w.showFileDialog(d)
}

// PickPhoto asks for a photo. The one who gets it closes it.
func (w *window) PickPhoto(picked func(io.ReadCloser)) {
	d := dialog.NewFileOpen(func(r fyne.URIReadCloser, err error) {
		if err == nil && r != nil {
			picked(r)
		}
	}, w.window)
	d.SetFilter(storage.NewMimeTypeFileFilter([]string{"image/*"}))
	d.SetTitleText(lang.L("Choose a photo of the picture"))
	d.SetConfirmText(lang.L("Scan"))
	w.showFileDialog(d)
}

// showFileDialog gives the dialog most of the window. It has no size before it is shown, and none at all
// on a phone, where the system has its own.
func (w *window) showFileDialog(d *dialog.FileDialog) {
	if fyne.CurrentDevice().IsMobile() {
		d.Show()
		return
	}
	d.SetOnClosed(control.Dim(w.Canvas()))
	d.Show()
	d.SetView(dialog.ListView)
	size := w.Canvas().Size()
	d.Resize(fyne.NewSize(min(900, size.Width-24), min(620, size.Height-24)))
}

// SaveText asks where to write a text, and writes it.
func (w *window) SaveText(name, text string) {
	d := dialog.NewFileSave(func(f fyne.URIWriteCloser, err error) {
		if err != nil || f == nil {
			return
		}
		_, err = f.Write([]byte(text))
		if e := f.Close(); err == nil {
			err = e
		}
		if err != nil {
			w.Report(health.Of(err))
			return
		}
		w.Toast(lang.L("Saved as {{.Name}}", map[string]string{"Name": f.URI().Name()}), "", nil)
	}, w.window)
	d.SetFileName(fileName(name))
	d.SetTitleText(lang.L("Export as Markdown"))
	w.showFileDialog(d)
}

// fileName takes out what a file system would not have.
func fileName(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`/\:*?"<>|`, r) {
			return '-'
		}
		return r
	}, strings.TrimSpace(s))
	if r := []rune(s); len(r) > 80 {
		return string(r[:77]) + ".md"
	}
	return s
}

// dropped imports the model files that were dropped on the window.
func (w *window) dropped(_ fyne.Position, files []fyne.URI) {
	taken := false
	for _, f := range files {
		if strings.EqualFold(f.Extension(), ".gguf") {
			w.models.Import(f.Path())
			taken = true
		}
	}
	if !taken {
		w.Toast(lang.L("Croft takes model files that end in .gguf"), "", nil)
		return
	}
	if usable, _ := w.models.Usable(); usable {
		w.shell.turnTo(pageModels)
	}
}
