package storage

import (
	"slices"
	"testing"
)

func search(t *testing.T, s *Store, query string) []Hit {
	t.Helper()
	hits, err := s.Search(t.Context(), query)
	if err != nil {
		t.Fatalf("%q: %v", query, err)
	}
	return hits
}

func TestSearchFinds(t *testing.T) {
	texts := []string{
		"The café opens at nine",
		"Let us write c++ and e-mail, it's fine",
		"昨日は東京へ行きました",
		"Donaudampfschifffahrt on the river",
		`SELECT * FROM "users" WHERE a = 50%`,
		"Привет, Ёлка",
		"Crème brûlée for two",
	}
	cases := map[string]int{
		"cafe": 0, "CAFÉ": 0, "caf": 0, "opens nine": 0, "nine caf": 0,
		"c++ e-mail": 1, "it's": 1, "c++": 1,
		"東京": 2, "東京へ": 2, "京へ": 2, "昨日は": 2, "東": 2,
		"dampf": 3, "schifffahrt": 3, "dampf river": 3,
		`"users"`: 4, `"`: -1, "*": -1, "50%": 4, "SELECT * FROM": 4, "NEAR(": -1, "_": -1,
		"ёлк": 5, "привет": 5,
		"brulee": 6, "creme for": 6,
		"absent": -1, "cafe absent": -1, "": -1, " \t\x00": -1, "AND": 1,
	}
	s := openTemp(t)
	var chats []int64
	for _, text := range texts {
		chat := addChat(t, s, "")
		say(t, s, chat, 0, "user", text)
		chats = append(chats, chat)
	}
	for query, want := range cases {
		hits := search(t, s, query)
		switch {
		case want < 0 && len(hits) > 0:
			t.Errorf("%q: found %q, want nothing", query, hits[0].Excerpt)
		case want >= 0 && (len(hits) == 0 || hits[0].Chat.ID != chats[want]):
			t.Errorf("%q: found %+v, want %q", query, hits, texts[want])
		case want >= 0 && len(hits[0].Marks) == 0:
			t.Errorf("%q: nothing is marked in %q", query, hits[0].Excerpt)
		}
	}
}

func TestSearchFollowsChanges(t *testing.T) {
	s := openTemp(t)
	chat := addChat(t, s, "Holiday plans")
	say(t, s, chat, 0, "user", "somewhere with olives")
	check := func(query string, want ...int64) {
		t.Helper()
		var got []int64
		for _, h := range search(t, s, query) {
			got = append(got, h.Chat.ID)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: chats %v, want %v", query, got, want)
		}
	}
	check("holiday", chat)
	check("olive", chat)
	if err := s.RenameChat(t.Context(), chat, "Harvest"); err != nil {
		t.Fatal(err)
	}
	check("holiday")
	check("harvest", chat)
	if err := s.DeleteChat(t.Context(), chat); err != nil {
		t.Fatal(err)
	}
	check("olive")
	check("harvest")
	if err := s.RestoreChat(t.Context(), chat); err != nil {
		t.Fatal(err)
	}
	check("olive", chat)
}
