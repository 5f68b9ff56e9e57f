package ui

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"croft/app/chat"
	"croft/app/settings"
)

func TestSendStreamAndFinish(t *testing.T) {
	s := newStage(t, wide, settings.Values{}, library)
	s.sees("What is on your mind?")
	s.typeIn("How high is a croft?")
	s.press(fyne.KeyReturn)
	id := s.newest()
	s.sees("How high is a croft?", "Reading your message")
	s.chats.write(id, func(m *chat.Message) { m.State, m.Text = chat.Writing, "It is a **field**, not" })
	s.sees("It is a **field**, not")
	s.chats.write(id, func(m *chat.Message) {
		m.State, m.Text = chat.Complete, "It is a **field**, not a house."
		m.Stats = &chat.Stats{Model: "Qwen3 4B", TokensPerSecond: 38, Total: 2 * time.Second, Reason: "stop"}
	})
	s.sees("It is a field , not a house.", "Qwen3 4B · 38\u2009tok/s · 2\u2009s")
	s.misses("**")
}

func TestShiftEnterIsANewLine(t *testing.T) {
	s := newStage(t, wide, settings.Values{}, library)
	s.typeIn("one")
	f := s.Canvas().Focused().(interface {
		KeyDown(*fyne.KeyEvent)
		KeyUp(*fyne.KeyEvent)
	})
	f.KeyDown(&fyne.KeyEvent{Name: "LeftShift"})
	s.press(fyne.KeyReturn)
	f.KeyUp(&fyne.KeyEvent{Name: "LeftShift"})
	s.typeIn("two")
	if len(s.chats.chats) != 0 {
		t.Fatal("Shift+Enter sent the message")
	}
	s.press(fyne.KeyReturn)
	doc, err := s.chats.Load(context.Background(), s.newest())
	if err != nil || doc.Messages[0].Text != "one\ntwo" {
		t.Errorf("sent %q, %v", doc.Messages[0].Text, err)
	}
}

func TestEscapeStopsTheReply(t *testing.T) {
	s := newStage(t, wide, settings.Values{}, chats)
	streaming("", "Once", chat.Writing)(s)
	s.press(fyne.KeyEscape)
	if len(s.chats.stopped) != 1 {
		t.Errorf("stopped %v", s.chats.stopped)
	}
	s.tap("Stop")
	if len(s.chats.stopped) != 2 {
		t.Errorf("the button did not stop: %v", s.chats.stopped)
	}
}

func TestAMessageThatCannotBeSavedComesBack(t *testing.T) {
	s := newStage(t, wide, settings.Values{}, chats)
	s.chats.fail = errors.New("the disk is full")
	s.typeIn("keep me")
	s.press(fyne.KeyReturn)
	s.sees("The disk is full", "keep me")
}

func TestDraftSurvivesSwitching(t *testing.T) {
	s := newStage(t, wide, settings.Values{}, chats)
	s.typeIn("half a thought")
	s.tap("Garden plan")
	s.misses("half a thought")
	s.tap("Rename photos by date")
	s.sees("half a thought")
}

func TestDeleteAndUndo(t *testing.T) {
	s := newStage(t, wide, settings.Values{}, chats)
	s.tap("Chat menu")
	s.tap("Delete")
	s.sees("Chat deleted")
	if s.find("Rename photos by date") != nil {
		t.Error("the deleted chat is still in the list")
	}
	s.tap("Undo")
	if s.find("Rename photos by date") == nil {
		t.Error("the chat did not come back")
	}
	s.sees("And how do I undo it?")
}

func TestRenameAndPin(t *testing.T) {
	s := newStage(t, wide, settings.Values{}, chats)
	s.tap("Chat menu")
	s.tap("Rename")
	s.typeIn("Holiday pictures")
	s.press(fyne.KeyReturn)
	if s.find("Holiday pictures") == nil {
		t.Errorf("the new title is not in the list: %s", s.seen())
	}
	s.tap("Chat menu")
	s.tap("Pin")
	s.tap("Chat menu")
	s.tap("Unpin")
}

func TestSearchShowsHits(t *testing.T) {
	s := newStage(t, wide, settings.Values{}, chats)
	s.window.chats.Search()
	s.typeIn("valve")
	s.sees("What did the plumber say?")
	if s.find("Garden plan") != nil {
		t.Error("a chat without the word is listed")
	}
	s.press(fyne.KeyReturn)
	s.sees("The valve is worn")
	s.window.chats.Search()
	s.typeIn("x")
	s.press(fyne.KeyEscape)
	if s.find("Garden plan") == nil {
		t.Error("the list is not whole after the search")
	}
}

func TestBranchesRegenerateAndEdit(t *testing.T) {
	s := newStage(t, wide, settings.Values{}, chats)
	s.sees("2/2")
	s.tap("Version before")
	s.sees("1/2", "version 1")
	s.tap("Write another reply")
	s.sees("Reading your message")
	doc, _ := s.chats.Load(context.Background(), s.newest())
	if last := doc.Messages[len(doc.Messages)-1]; last.Branches < 2 {
		t.Errorf("the new reply stands alone: %+v", last)
	}
}

func TestUpEditsTheLastMessage(t *testing.T) {
	s := newStage(t, wide, settings.Values{}, chats)
	s.press(fyne.KeyUp)
	s.sees("Editing an earlier message")
	s.press(fyne.KeyEscape)
	s.misses("Editing an earlier message")
	s.press(fyne.KeyUp)
	s.typeIn(" Please")
	s.press(fyne.KeyReturn)
	s.sees("And how do I undo it? Please", "2/2")
}

func TestThinkingIsFolded(t *testing.T) {
	s := newStage(t, wide, settings.Values{}, chats)
	s.misses("exiftool can read the date.")
	s.tap("Show the thinking")
	s.sees("exiftool can read the date.")
	streaming("Two photos", "", chat.Writing)(s)
	s.sees("Thinking…")
}

func TestCopyListing(t *testing.T) {
	s := newStage(t, wide, settings.Values{}, chats)
	s.tap("Copy") // the last one on the screen copies the last reply
	if got := s.app.Clipboard().Content(); !strings.Contains(got, "exiftool") && !strings.Contains(got, "renamed.txt") {
		t.Errorf("copied %q", got)
	}
	s.window.chats.CopyLast()
	if got := s.app.Clipboard().Content(); !strings.Contains(got, "**renamed.txt**") {
		t.Errorf("copied %q", got)
	}
}

func TestReasonsOfAnEnd(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*chat.Message)
		words  string
	}{
		{"failed", func(m *chat.Message) { m.State, m.Error = chat.Failed, errors.New("no memory") }, "No memory"},
		{"interrupted", func(m *chat.Message) { m.State = chat.Interrupted }, "Croft ended while this was written"},
		{"stopped", func(m *chat.Message) { m.State = chat.Stopped }, "stopped"},
		{"context", func(m *chat.Message) { m.Stats.Reason = "context" }, "The context is full"},
		{"length", func(m *chat.Message) { m.Stats.Reason = "length" }, "reached the length"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := reply("Half a sentence")
			c.change(&m)
			s := newStage(t, wide, settings.Values{}, func(s *stage) {
				library(s)
				s.chats.add("x", 0, false, user("Why?"), m)
			})
			s.sees("Half a sentence", c.words)
		})
	}
}

func TestChatSettingsAreChecked(t *testing.T) {
	s := newStage(t, wide, settings.Values{}, chats)
	s.tap("Chat menu")
	s.tap("Chat settings")
	s.Canvas().Focus(s.fieldWith("automatic"))
	s.typeIn("9")
	s.tap("Save")
	s.sees("From 0 to 5")
	s.Canvas().Focus(s.fieldWith("automatic"))
	s.press(fyne.KeyBackspace)
	s.typeIn("0,7")
	s.tap("Save")
	s.misses("From 0 to 5")
	doc, _ := s.chats.Load(context.Background(), s.newest())
	if v := doc.Settings.Temperature; v == nil || *v != 0.7 {
		t.Errorf("temperature is %v", v)
	}
}

func TestExportHasASafeName(t *testing.T) {
	if got := fileName("a/b:c\n" + strings.Repeat("é", 100) + ".md"); strings.ContainsAny(got, "/:\n") || len([]rune(got)) > 80 || !strings.HasSuffix(got, ".md") {
		t.Errorf("file name %q", got)
	}
}

func TestALongPasteIsKeptBesideTheField(t *testing.T) {
	s := newStage(t, wide, settings.Values{}, library)
	long := strings.Repeat("Every word of it. ", 12000)
	s.app.Clipboard().SetContent(long)
	s.typeIn("Sum this up:")
	began := time.Now()
	s.Canvas().Focused().(fyne.Shortcutable).TypedShortcut(&fyne.ShortcutPaste{Clipboard: s.app.Clipboard()})
	s.typeIn(" please")
	if took := time.Since(began); took > time.Second {
		t.Errorf("pasting and typing took %v", took)
	}
	s.sees("Pasted text, 216\u2009kB")
	s.press(fyne.KeyReturn)
	doc, err := s.chats.Load(t.Context(), s.newest())
	if err != nil || doc.Messages[0].Text != "Sum this up: please\n\n"+strings.TrimSpace(long) {
		t.Errorf("sent %d bytes, %v", len(doc.Messages[0].Text), err)
	}
	s.misses("Pasted text")
}

func TestANewChatEndsTheSearch(t *testing.T) {
	s := newStage(t, wide, settings.Values{}, chats)
	s.window.chats.Search()
	s.typeIn("valve")
	s.window.chats.NewChat()
	if s.find("Garden plan") == nil {
		t.Error("the list still shows only the hits")
	}
}
