package ui

import (
	"errors"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/test"

	"croft/app/chat"
	"croft/app/models"
	"croft/app/settings"
	"croft/app/ui/look"
)

func TestFirstStartLeadsToAChat(t *testing.T) {
	s := newStage(t, phone, settings.Values{}, func(s *stage) { library(s); s.models.here = nil })
	s.sees("Your own AI, at home", "Llama 3.2 1B Instruct")
	s.tap("Use")
	s.sees("What is on your mind?", "Llama 3.2 1B Instruct")
	if s.Canvas().Focused() == nil {
		t.Error("the composer is not ready")
	}
	s.typeIn("Hello")
	s.press(fyne.KeyReturn)
	s.sees("Hello", "Reading your message")
}

func TestARefusedFileGetsOneSentence(t *testing.T) {
	s := newStage(t, wide, settings.Values{}, library)
	s.models.refuse = errors.New("the file is cut off")
	s.dropped(fyne.Position{}, []fyne.URI{storage.NewFileURI("/tmp/half.gguf")})
	s.sees("half.gguf", "The file is cut off")
	s.tap("Close")
	s.misses("half.gguf")
}

func TestDroppedFileIsImported(t *testing.T) {
	s := newStage(t, wide, settings.Values{}, library)
	s.dropped(fyne.Position{}, []fyne.URI{storage.NewFileURI("/tmp/cat.png")})
	s.sees("end in .gguf")
	s.dropped(fyne.Position{}, []fyne.URI{storage.NewFileURI("/tmp/new.gguf")})
	s.sees("Imported is ready")
	s.tap("Chat")
	if n := len(s.models.here); n != 5 {
		t.Errorf("%d models", n)
	}
}

func TestDeletingAModelSaysWhatHappens(t *testing.T) {
	s := newStage(t, wide, settings.Values{}, func(s *stage) {
		s.models.here = []models.Model{qwen()}
	})
	s.shell.turnTo(pageModels)
	s.tap("Model menu")
	s.tap("Delete")
	s.sees("Delete Qwen3 4B?", "2.5\u2009GB become free")
	s.tap("Cancel")
	if len(s.models.deleted) != 0 {
		t.Fatal("deleted although it was cancelled")
	}
	s.tap("Model menu")
	s.tap("Delete")
	s.tap("Delete")
	if len(s.models.deleted) != 1 {
		t.Errorf("deleted %v", s.models.deleted)
	}
}

func TestModelsSayWhyTheyDoNotFit(t *testing.T) {
	s := newStage(t, wide, settings.Values{}, library)
	s.shell.turnTo(pageModels)
	s.sees("too big here", "It needs 15.8 GB of memory", "cannot be used", "ends in the middle of its header", "in use", "16\u2009GB of memory")
}

func TestModelsForEmbeddingsAreShownAndNotOffered(t *testing.T) {
	vectors := models.Model{ID: "ee", Name: "Qwen3 Embedding 0.6B", Path: "/v", Owned: true, SizeBytes: 6e8, Fit: models.Fits, Embedding: true, Why: "For embeddings, not for chat."}
	s := newStage(t, wide, settings.Values{}, func(s *stage) { s.models.here = []models.Model{qwen(), vectors} })
	s.shell.turnTo(pageModels)
	s.sees("Qwen3 Embedding 0.6B", "For embeddings, not for chat.")
	s.tapNth("Model menu", 1)
	s.sees("Copy path", "Delete")
	s.misses("Use by default")
	s.press(fyne.KeyEscape)
	s.shell.turnTo(pageChat)
	s.tap("Model")
	s.sees("Qwen3 4B", "All models")
	s.misses("Qwen3 Embedding 0.6B")
}

func TestAnImportedModelForEmbeddingsOpensNoChat(t *testing.T) {
	s := newStage(t, wide, settings.Values{}, func(*stage) {})
	s.dropped(fyne.Position{}, []fyne.URI{storage.NewFileURI("/tmp/vectors.gguf")})
	s.sees("Imported is ready", "Your own AI, at home")
	s.misses("What is on your mind?")
}

func TestThemeAndTextSizeChangeAtOnce(t *testing.T) {
	s := newStage(t, wide, settings.Values{}, chats)
	s.shell.turnTo(pageSettings)
	s.tap("Dark")
	if got := s.app.Settings().Theme(); got != (look.Theme{Mode: look.Dark}) {
		t.Errorf("theme is %+v", got)
	}
	s.shell.turnTo(pageChat)
	s.visible(func(o fyne.CanvasObject) {
		if words, ok := o.(*canvas.Text); ok && words.Color == (look.Theme{Mode: look.Light}).Color(look.Ink, 0) {
			t.Errorf("%q is still written in the ink of the light theme", words.Text)
		}
	})
	before := look.Pt(10)
	_ = s.settings.Change(t.Context(), func(v *settings.Values) { v.TextScale = 1.6 })
	if after := look.Pt(10); after != before*1.6 {
		t.Errorf("ten points are %v, then %v", before, after)
	}
}

func TestLayoutFollowsTheWidth(t *testing.T) {
	s := newStage(t, wide, settings.Values{}, chats)
	if s.Phone() || s.find("Garden plan") == nil {
		t.Fatal("a wide window has the list beside the chat")
	}
	s.window.window.Resize(phone)
	if !s.Phone() {
		t.Fatal("a narrow window is not laid out for a phone")
	}
	s.tap("Garden plan")
	s.sees("Beans after the last frost")
	s.tap("Back to the list")
	if s.find("Back to the list") != nil {
		t.Error("the list was not pushed back")
	}
	if look.Target() < 44 {
		t.Errorf("targets are only %v high", look.Target())
	}
	s.window.window.Resize(wide)
	if s.Phone() || look.Touch() {
		t.Error("the wide layout did not come back")
	}
}

func TestUpdatesAreJoinedWithoutLosingAReload(t *testing.T) {
	grow := chat.Update{Chat: 1, Reply: &chat.Message{ID: 5, Text: "a"}}
	more := chat.Update{Chat: 1, Reply: &chat.Message{ID: 5, Text: "ab"}}
	if got := joinUpdates(grow, more); got.Reply == nil || got.Reply.Text != "ab" {
		t.Errorf("two snapshots became %+v", got)
	}
	if got := joinUpdates(chat.Update{Chat: 1}, more); got.Reply != nil {
		t.Error("a reload was lost behind a snapshot")
	}
	other := chat.Update{Chat: 1, Reply: &chat.Message{ID: 6}}
	if got := joinUpdates(grow, other); got.Reply != nil {
		t.Error("two replies in one update must reload")
	}
}

func TestTinyWindow(t *testing.T) {
	for _, size := range []fyne.Size{{Width: 300, Height: 360}, {Width: 761, Height: 360}} {
		s := newStage(t, size, settings.Values{TextScale: 1.6}, chats)
		for _, p := range []pageName{pageChat, pageModels, pageSettings} {
			s.shell.turnTo(p)
			if s.Canvas().Capture().Bounds().Empty() {
				t.Error("nothing was drawn")
			}
		}
	}
}

func TestFileDialogsOpen(t *testing.T) {
	s := newStage(t, wide, settings.Values{}, chats)
	s.shell.turnTo(pageModels)
	s.tap("Import a file")
	s.sees("Import a model file")
	s.Canvas().Overlays().Remove(s.Canvas().Overlays().Top())
	s.shell.turnTo(pageChat)
	s.tap("Chat menu")
	s.tap("Export as Markdown")
	s.sees("Export as Markdown")
	if s.Canvas().Overlays().Top() == nil {
		t.Error("nothing asks where to save")
	}
}

func TestChatsStayReadableWithoutAModel(t *testing.T) {
	s := newStage(t, wide, settings.Values{}, func(s *stage) {
		chats(s)
		s.models.here = nil
	})
	s.sees("And how do I undo it?", "Choose a model")
	s.typeIn("Hello?")
	s.press(fyne.KeyReturn)
	s.sees("No model yet", "Hello?")
}

func TestHintStaysInTheWindow(t *testing.T) {
	s := newStage(t, wide, settings.Values{}, chats)
	for _, at := range []fyne.Position{{X: 1270, Y: 790}, {}, {X: 600, Y: 300}} {
		s.shell.hint.Say("Write another reply", at, fyne.NewSquareSize(30))
		s.sees("Write another reply")
		card := test.WidgetRenderer(s.shell.hint).Objects()[0]
		end := card.Position().Add(card.Size())
		if card.Position().X < 0 || card.Position().Y < 0 || end.X > wide.Width || end.Y > wide.Height {
			t.Errorf("the hint is at %v to %v", card.Position(), end)
		}
	}
	s.shell.Hint("", fyne.Position{}, fyne.Size{})
	s.misses("Write another reply")
}
