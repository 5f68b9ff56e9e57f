package chat

import (
	"strings"
	"testing"
)

func TestAskKeepsNothing(t *testing.T) {
	s := open(t, t.TempDir(), saying("<thi", "nk>H", "m.</think>Y", "es."))
	var text, thinking string
	var stats *Stats
	for a, err := range s.Ask(t.Context(), Question{Text: "Is it so?"}, nil) {
		if err != nil {
			t.Fatal(err)
		}
		text, thinking, stats = text+a.Text, thinking+a.Thinking, a.Stats
	}
	if text != "Yes." || thinking != "Hm." || stats == nil || !strings.Contains(stats.Model, "Scripted") {
		t.Errorf("%q, %q, %+v", text, thinking, stats)
	}
	if chats, err := s.List(t.Context()); err != nil || len(chats) != 0 {
		t.Errorf("%d chats, %v", len(chats), err)
	}
}
