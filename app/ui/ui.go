// Package ui is the window: everything that is seen and tapped.
package ui

import (
	"context"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"

	"croft/app/chat"
	"croft/app/models"
	"croft/app/settings"
	"croft/app/ui/bridge"
	"croft/app/ui/chatpage"
	"croft/app/ui/devicespage"
	"croft/app/ui/look"
	"croft/app/ui/modelspage"
	"croft/assets"
)

// Parts are the use cases that the window shows.
type Parts struct {
	Chats    *chat.Service
	Models   *models.Library
	Settings *settings.Service
	Devices  Devices // nil: the window has no page for them, and replies are written here alone
	Version  string
	DataDir  string
}

// Chats is the chat use case with its changes.
type Chats interface {
	chatpage.Chats
	Watch(f func(chat.Update)) (cancel func())
}

// Models is the library with its changes.
type Models interface {
	modelspage.Library
	Use(ctx context.Context, id string, progress func(float64)) (*models.Running, error)
	Watch(f func()) (cancel func())
}

// Devices are my devices with their changes.
type Devices interface {
	devicespage.Devices
	Follow(f func()) (cancel func()) // as Watch, for who does not look at them
	// Copy fetches a model from those that have it.
	Copy(ctx context.Context, model string, progress func(models.CopyProgress)) (models.Model, error)
}

// Settings are the settings with their changes.
type Settings interface {
	Get() settings.Values
	Change(ctx context.Context, f func(*settings.Values)) error
	Watch(f func(settings.Values)) (cancel func())
}

var (
	_ Chats    = (*chat.Service)(nil)
	_ Models   = (*models.Library)(nil)
	_ Settings = (*settings.Service)(nil)
)

// Run shows the window and returns when it was closed.
func Run(a fyne.App, p Parts) {
	// The window has no caller whose end it could wait for: it lives until it is closed.
	b := bridge.New(context.Background())
	w := newWindow(a, backing{p.Chats, p.Models, p.Settings, p.Devices, p.Version, p.DataDir, time.Now}, b)
	if p.Devices != nil {
		a.Lifecycle().SetOnEnteredForeground(func() { hearMulticast(true) })
		a.Lifecycle().SetOnExitedForeground(func() { hearMulticast(false) })
	}
	w.window.ShowAndRun()
	w.close()
	b.Close()
}

// backing is what Parts are seen as, so that tests can stand in for them.
type backing struct {
	chats    Chats
	models   Models
	settings Settings
	devices  Devices // may be nil
	version  string
	dataDir  string
	now      func() time.Time
}

// newWindow builds the window and reads what it shows.
func newWindow(a fyne.App, parts backing, b *bridge.Bridge) *window {
	speak(parts.settings.Get().Language)
	w := &window{app: a, parts: parts, bridge: b, window: a.NewWindow("Croft")}
	w.dress(parts.settings.Get())
	w.window.SetIcon(look.AppIcon())
	w.window.SetPadded(false)
	w.build()
	w.window.SetContent(w.shell)
	w.window.Resize(fyne.NewSize(1180, 780))
	w.window.SetMaster()
	w.listen()
	w.bindKeys()
	w.window.SetOnDropped(w.dropped)
	w.reload(w.chats.StartWithNewest)
	return w
}

// speak loads the words. Without a translation the English keys are shown.
func speak(string) {
	if err := lang.AddTranslationsFS(assets.Translations, "translations"); err != nil {
		fyne.LogError("translations cannot be read", err)
	}
}
