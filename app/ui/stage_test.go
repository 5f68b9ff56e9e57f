package ui

import (
	"context"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"

	"croft/app/chat"
	"croft/app/models"
	"croft/app/settings"
	"croft/app/ui/bridge"
)

// stage is a window with scripted use cases.
type stage struct {
	t testing.TB
	*window
	chats    *scriptedChats
	models   *scriptedModels
	settings *scriptedSettings
}

var now = time.Date(2026, 11, 22, 14, 3, 0, 0, time.UTC)

func qwen() models.Model {
	return models.Model{
		ID: "aa", Name: "Qwen3 4B", Path: "/home/me/.local/share/croft/models/aa", Source: "Croft", Owned: true, Quant: "Q4_K_M",
		SizeBytes: 2.5e9, ContextHere: 32768, NeedsBytes: 3.4e9, Fit: models.Fits, MeasuredTPS: 38, Loaded: true, Default: true,
	}
}

// newStage opens a window. prepare fills the use cases before it opens.
func newStage(t testing.TB, size fyne.Size, v settings.Values, prepare func(*stage)) *stage {
	t.Helper()
	a := test.NewTempApp(t)
	s := &stage{t: t, chats: newScriptedChats(now), models: &scriptedModels{}, settings: &scriptedSettings{values: v}}
	prepare(s)
	parts := backing{s.chats, s.models, s.settings, "0.1.0", "/home/me/.local/share/croft", func() time.Time { return now }}
	s.window = newWindow(a, parts, bridge.NewInline(t.Context()))
	s.window.window.Resize(size)
	return s
}

var (
	wide  = fyne.NewSize(1280, 800)
	phone = fyne.NewSize(390, 844)
)

func user(text string) chat.Message { return chat.Message{Role: chat.User, Text: text} }

func reply(text string) chat.Message {
	return chat.Message{Role: chat.Assistant, Text: text, Stats: &chat.Stats{
		Device: "This laptop", Model: "Qwen3 4B", TokensPerSecond: 38.2, Total: 1200 * time.Millisecond, Reason: "stop",
	}}
}

// newest is the chat that was changed last.
func (s *stage) newest() chat.ID {
	list, _ := s.chats.List(context.Background())
	best := list[0]
	for _, c := range list {
		if c.Changed.After(best.Changed) {
			best = c
		}
	}
	return best.ID
}

// find returns what can be tapped and bears a name, on top of everything else first.
func (s *stage) find(name string) fyne.Tappable {
	roots := append([]fyne.CanvasObject{s.Canvas().Content()}, s.Canvas().Overlays().List()...)
	for i := len(roots) - 1; i >= 0; i-- {
		for _, o := range test.LaidOutObjects(roots[i]) {
			named, ok := o.(interface{ AccessibilityLabel() string })
			if !ok || !o.Visible() || named.AccessibilityLabel() != name {
				continue
			}
			if t, ok := o.(fyne.Tappable); ok {
				return t
			}
		}
	}
	return nil
}

// tap taps what bears a name.
func (s *stage) tap(name string) {
	s.t.Helper()
	o := s.find(name)
	if o == nil {
		s.t.Fatalf("nothing on the screen is called %q", name)
	}
	test.Tap(o)
}

// redrawIcons draws them at the scale of the canvas, which was set after they were drawn first.
func (s *stage) redrawIcons() {
	roots := append([]fyne.CanvasObject{s.Canvas().Content()}, s.Canvas().Overlays().List()...)
	for _, root := range roots {
		for _, o := range test.LaidOutObjects(root) {
			if i, ok := o.(*canvas.Image); ok {
				i.Refresh()
			}
		}
	}
}
