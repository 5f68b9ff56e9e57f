package ui

import (
	"errors"
	"testing"

	"fyne.io/fyne/v2"

	"croft/app/chat"
	"croft/app/settings"
)

func TestFirstStartIsAChatWithTheStarter(t *testing.T) {
	for name, size := range map[string]fyne.Size{"wide": wide, "phone": phone} {
		s := newStage(t, size, settings.Values{}, fresh)
		s.sees("The small starter that comes with Croft", "Does anything leave this device?", "See larger models")
		s.misses("Your own AI, at home")
		if s.Canvas().Focused() == nil {
			t.Errorf("%s: the composer is not ready", name)
		}
		s.typeIn("Hello")
		s.press(fyne.KeyReturn)
		s.sees("Hello", "Reading your message")
		s.misses("The small starter")
	}
}

func TestAQuestionToTheStarterIsAskedByATap(t *testing.T) {
	s := newStage(t, phone, settings.Values{}, fresh)
	s.tap("What can you do?")
	id := s.newest()
	s.chats.write(id, func(m *chat.Message) { m.State, m.Text = chat.Writing, "I know Croft" })
	s.sees("What can you do?", "I know Croft")
	doc, err := s.chats.Load(t.Context(), id)
	if err != nil || doc.Messages[0].Text != "What can you do?" || doc.Settings.Model != "" {
		t.Errorf("asked %+v with model %q, %v", doc.Messages, doc.Settings.Model, err)
	}
}

func TestOnlyTheStarterIsIntroduced(t *testing.T) {
	s := newStage(t, wide, settings.Values{}, furnished)
	s.sees("The model runs on this device")
	s.misses("What can you do?")
	s.window.chats.NewChatWith(starter().ID)
	s.sees("What can you do?")
	s.window.chats.NewChatWith(qwen().ID)
	s.misses("What can you do?")
}

func TestALowWindowKeepsTheComposerFree(t *testing.T) {
	s := newStage(t, fyne.NewSize(300, 480), settings.Values{TextScale: 1.6}, fresh)
	s.misses("What can you do?")
	s.window.window.Resize(wide)
	s.sees("What can you do?")
}

func TestTheStartersCard(t *testing.T) {
	s := newStage(t, wide, settings.Values{}, fresh)
	s.tap("See larger models")
	s.sees("Starter", "comes with Croft", "small · Q8_0", "It answers questions about Croft")
	s.tap("Model menu")
	s.tap("Delete")
	s.sees("you can bring it back at any time")
	s.tap("Delete")
	s.misses("small · Q8_0")
	s.models.refuse = errors.New("the disk is full")
	s.tap("Bring back the starter")
	s.sees("The disk is full")
	s.models.refuse = nil
	s.tap("Bring back the starter")
	if s.find("Bring back the starter") != nil {
		t.Error("it is here and can still be brought back")
	}
	s.sees("What can you do?") // there was no other model, so a chat begins
}

func TestWhoHasNoModelAtAllIsGreeted(t *testing.T) {
	s := newStage(t, wide, settings.Values{}, func(s *stage) { fresh(s); s.models.here = nil })
	s.sees("Your own AI, at home")
	s.tap("Bring back the starter")
	s.sees("The small starter")
	s = newStage(t, wide, settings.Values{}, func(*stage) {})
	s.misses("Bring back the starter") // a program without one offers none
}

func TestLargerModelsAreSuggested(t *testing.T) {
	for _, size := range []fyne.Size{wide, phone} {
		s := newStage(t, size, settings.Values{}, fresh)
		s.models.suggested = s.models.suggested[:1]
		s.shell.turnTo(pageModels)
		s.reload(func() {})
		s.sees("Larger models that suit this device", "Qwen3 8B", "Q4_K_M · 5\u2009GB · needs 6.1\u2009GB", "Reasons well", "downloads nothing by itself")
		s.tap("Copy address")
		if got := s.app.Clipboard().Content(); got != "https://huggingface.co/Qwen/Qwen3-8B-GGUF" {
			t.Errorf("copied %q", got)
		}
		s.models.suggested = nil
		s.reload(func() {})
		s.misses("Larger models that suit")
	}
}
