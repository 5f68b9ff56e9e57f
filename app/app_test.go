package app

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"croft/app/chat"
	"croft/app/models"
	"croft/app/settings"
	"croft/assets"
	"croft/storage"
)

// oldStarter leaves a home as a program before this one did, whose starter was another file. It returns that one's ID.
func oldStarter(t *testing.T, dir string) string {
	t.Helper()
	file, err := os.ReadFile(filepath.Join("..", "assets", "starter", "tiny.gguf"))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(file)
	id := hex.EncodeToString(sum[:])
	store, err := storage.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	l, err := models.New(t.Context(), dir, store, models.Options{Starter: models.Starter{ID: id, File: string(file)}})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	chosen, err := settings.New(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	if err := chosen.Change(t.Context(), func(v *settings.Values) { v.DefaultModel = id }); err != nil {
		t.Fatal(err)
	}
	if _, err := store.AddChat(t.Context(), storage.Chat{Title: "Old", Model: id}); err != nil {
		t.Fatal(err)
	}
	return id
}

func TestChatsGoOnWithTheNewStarter(t *testing.T) {
	dir := t.TempDir()
	old := oldStarter(t, dir)
	a, err := New(t.Context(), dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	list, err := a.Models.List(t.Context())
	if err != nil || len(list) != 1 || list[0].ID != assets.StarterID() || !list[0].Default {
		t.Fatalf("the library holds %+v, %v", list, err)
	}
	if got := a.Settings.Get().DefaultModel; got != assets.StarterID() {
		t.Errorf("the default is %.8q, was %.8q", got, old)
	}
	chats, err := a.Chats.List(t.Context())
	if err != nil || len(chats) != 1 {
		t.Fatal(chats, err)
	}
	doc, err := a.Chats.Load(t.Context(), chats[0].ID)
	if err != nil || doc.Settings.Model != assets.StarterID() {
		t.Errorf("the chat names %.8q, %v", doc.Settings.Model, err)
	}
	most, written := 3, 0
	for piece, err := range a.Chats.Ask(t.Context(), chat.Question{Settings: chat.Settings{Model: doc.Settings.Model, ReplyMax: &most}, Text: "Hello"}, nil) {
		if err != nil {
			t.Fatal(err)
		}
		if piece.Stats != nil {
			written = piece.Stats.ReplyTokens
		}
	}
	if written == 0 {
		t.Error("it writes nothing")
	}
}

// TestTheStarterAnswersWhatAnEmptyChatOffers to ask: its fact, to the letter.
func TestTheStarterAnswersWhatAnEmptyChatOffers(t *testing.T) {
	a, err := New(t.Context(), t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	answers := starterFacts(t)
	for question, fact := range map[string]string{
		"What can you do?": "self-can-do", "How do I add a larger model?": "import-model",
		"Does anything leave this device?": "nothing-leaves",
	} {
		var reply string
		for piece, err := range a.Chats.Ask(t.Context(), chat.Question{Text: question}, nil) {
			if err != nil {
				t.Fatal(err)
			}
			reply += piece.Text
		}
		if reply == "" || reply != answers[fact] {
			t.Errorf("%q was answered with %q", question, reply)
		}
	}
}

// starterFacts are the answers that the starter was trained on.
func starterFacts(t *testing.T) map[string]string {
	t.Helper()
	table, err := os.ReadFile(filepath.Join("..", "assets", "starter", "facts.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	answers := map[string]string{}
	for line := range strings.Lines(string(table)) {
		if row := strings.Split(strings.TrimSpace(line), "\t"); len(row) == 3 {
			answers[row[0]] = row[2]
		}
	}
	return answers
}
