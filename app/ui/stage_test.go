package ui

import (
	"context"
	"image"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"

	"croft/app/chat"
	"croft/app/models"
	"croft/app/settings"
	"croft/app/ui/bridge"
	"croft/app/ui/control"
)

// stage is a window with scripted use cases.
type stage struct {
	t testing.TB
	*window
	chats    *scriptedChats
	models   *scriptedModels
	settings *scriptedSettings
	fleet    *scriptedDevices // nil: the window has no page for devices
	frozen   image.Image      // a picture of a moment in the middle of something; may be nil
}

var now = time.Date(2026, 11, 22, 14, 3, 0, 0, time.UTC)

func qwen() models.Model {
	return models.Model{
		ID: "aa", Name: "Qwen3 4B", Path: "/home/me/.local/share/croft/models/aa", Source: "Croft", Owned: true, Quant: "Q4_K_M",
		SizeBytes: 2.5e9, ContextHere: 32768, NeedsBytes: 3.4e9, Fit: models.Fits, CanThink: true, MeasuredTPS: 38, Loaded: true, Default: true,
	}
}

// newStage opens a window. prepare fills the use cases before it opens.
func newStage(t testing.TB, size fyne.Size, v settings.Values, prepare func(*stage)) *stage {
	t.Helper()
	a := test.NewTempApp(t)
	s := &stage{t: t, chats: newScriptedChats(now), models: &scriptedModels{}, settings: &scriptedSettings{values: v}}
	prepare(s)
	parts := backing{s.chats, s.models, s.settings, nil, "0.1.0", "/home/me/.local/share/croft", func() time.Time { return now }}
	if s.fleet != nil {
		parts.devices = s.fleet
	}
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

// find returns what can be tapped and bears a name, the topmost one.
func (s *stage) find(name string) fyne.Tappable {
	var found fyne.Tappable
	s.visible(func(o fyne.CanvasObject) {
		named, ok := o.(interface{ AccessibilityLabel() string })
		if t, can := o.(fyne.Tappable); ok && can && named.AccessibilityLabel() == name {
			found = t
		}
	})
	return found
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

// tapNth taps one of several that bear the same name.
func (s *stage) tapNth(name string, n int) {
	s.t.Helper()
	s.visible(func(o fyne.CanvasObject) {
		named, ok := o.(interface{ AccessibilityLabel() string })
		if t, can := o.(fyne.Tappable); ok && can && named.AccessibilityLabel() == name {
			if n == 0 {
				test.Tap(t)
			}
			n--
		}
	})
	if n >= 0 {
		s.t.Fatalf("too few are called %q", name)
	}
}

// typeIn types into what has the focus.
func (s *stage) typeIn(text string) {
	s.t.Helper()
	f := s.Canvas().Focused()
	if f == nil {
		s.t.Fatal("nothing has the focus")
	}
	test.Type(f, text)
}

// press sends a key to what has the focus, or to the window.
func (s *stage) press(key fyne.KeyName) {
	e := &fyne.KeyEvent{Name: key}
	if f := s.Canvas().Focused(); f != nil {
		f.TypedKey(e)
		return
	}
	s.Canvas().OnTypedKey()(e)
}

// visible calls f for everything that is shown, from bottom to top.
func (s *stage) visible(f func(fyne.CanvasObject)) {
	for _, root := range append([]fyne.CanvasObject{s.Canvas().Content()}, s.Canvas().Overlays().List()...) {
		walk(root, f)
	}
}

func walk(o fyne.CanvasObject, f func(fyne.CanvasObject)) {
	if !o.Visible() {
		return
	}
	f(o)
	switch o := o.(type) {
	case *fyne.Container:
		for _, child := range o.Objects {
			walk(child, f)
		}
	case fyne.Widget:
		for _, child := range test.WidgetRenderer(o).Objects() {
			walk(child, f)
		}
	}
}

// seen returns all text on the screen in one line.
func (s *stage) seen() string {
	var b strings.Builder
	s.visible(func(o fyne.CanvasObject) {
		if t, ok := o.(*canvas.Text); ok && t.Text != "" {
			b.WriteString(t.Text + " ")
		}
	})
	return strings.Join(strings.Fields(b.String()), " ")
}

// sees fails the test unless the words are on the screen.
func (s *stage) sees(words ...string) {
	s.t.Helper()
	text := s.seen()
	for _, w := range words {
		if !strings.Contains(text, strings.Join(strings.Fields(w), " ")) {
			s.t.Errorf("%q is not on the screen:\n%s", w, text)
		}
	}
}

// misses fails the test if the words are on the screen.
func (s *stage) misses(words ...string) {
	s.t.Helper()
	text := s.seen()
	for _, w := range words {
		if strings.Contains(text, strings.Join(strings.Fields(w), " ")) {
			s.t.Errorf("%q is on the screen:\n%s", w, text)
		}
	}
}

// redrawIcons draws them at the scale of the canvas, which was set after they were drawn first.
func (s *stage) redrawIcons() {
	s.visible(func(o fyne.CanvasObject) {
		if i, ok := o.(*canvas.Image); ok {
			i.Refresh()
		}
	})
}

// fieldWith returns the first field that shows a placeholder.
func (s *stage) fieldWith(placeholder string) *control.Field {
	s.t.Helper()
	var found *control.Field
	s.visible(func(o fyne.CanvasObject) {
		if f, ok := o.(*control.Field); ok && f.PlaceHolder == placeholder && found == nil {
			found = f
		}
	})
	if found == nil {
		s.t.Fatalf("no field shows %q", placeholder)
	}
	return found
}
