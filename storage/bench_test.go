package storage

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// vocabulary is drawn from so that a few words stand everywhere and most are rare, as in a language.
func sentence(r *rand.Rand, words int) string {
	var b strings.Builder
	for i := range words {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(word(int(float64(20000) * r.Float64() * r.Float64() * r.Float64() * r.Float64())))
	}
	return b.String()
}

// word makes the n-th word of a language of its own.
func word(n int) string {
	const consonants, vowels = "bdfghklmnprstvz", "aeiou"
	b := []byte{consonants[n%15], vowels[n/15%5], consonants[n/75%15], vowels[n/1125%5]}
	for n /= 5625; n > 0; n /= 5 {
		b = append(b, 'n', vowels[n%5])
	}
	return string(b)
}

// fill adds chats with messages of about 60 words each, in one transaction.
func fill(tb testing.TB, s *Store, chats, messages int) {
	tb.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	err := s.change(context.Background(), "fill", func(tx *sql.Tx) error {
		for c := range chats {
			id := insertChat(tb, tx, fmt.Sprintf("%s %d", sentence(r, 4), c))
			parent := int64(0)
			for m := range messages {
				text := sentence(r, 20+r.IntN(80))
				if c == chats/2 && m == 0 {
					text += " needle-in-hay 東京タワー"
				}
				message := Message{Chat: id, Parent: parent, Role: []string{"user", "assistant"}[m%2], State: "complete", Text: text}
				if err := insert(context.Background(), tx, &message); err != nil {
					return err
				}
				parent = message.ID
			}
		}
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
}

func insertChat(tb testing.TB, tx *sql.Tx, title string) int64 {
	tb.Helper()
	now := time.Now().UnixMilli()
	res, err := tx.Exec(`INSERT INTO chats (title, created_ms, changed_ms) VALUES (?, ?, ?)`, title, now, now)
	if err != nil {
		tb.Fatal(err)
	}
	id, err := res.LastInsertId()
	if err != nil {
		tb.Fatal(err)
	}
	return id
}

func BenchmarkBranch2000(b *testing.B) {
	s := openTemp(b)
	fill(b, s, 1, 2000)
	b.ResetTimer()
	for b.Loop() {
		m, err := s.Branch(b.Context(), 1)
		if err != nil || len(m) != 2000 {
			b.Fatal(len(m), err)
		}
	}
}

func BenchmarkChats10000(b *testing.B) {
	s := openTemp(b)
	fill(b, s, 10000, 2)
	b.ResetTimer()
	for b.Loop() {
		c, err := s.Chats(b.Context())
		if err != nil || len(c) != 10000 {
			b.Fatal(len(c), err)
		}
	}
}

func BenchmarkSearch100000(b *testing.B) {
	s := openTemp(b)
	fill(b, s, 2000, 50)
	queries := map[string]string{
		"rare": "needle-in-hay", "prefix": "needl", "common": word(0), "two": word(3) + " " + word(400), "letter": "b", "pair": "ba",
		"part": "eedle", "common part": word(0)[:3], "kanji": "東京", "absent kanji": "京都", "title": "999", "absent": "xyzzy",
	}
	for name, q := range queries {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := s.Search(b.Context(), q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkAppend(b *testing.B) {
	s := openTemp(b)
	chat := addChat(b, s, "t")
	for b.Loop() {
		if _, err := s.Append(b.Context(), chat, 0, "", Message{Role: "user", State: "complete", Text: "hello"}); err != nil {
			b.Fatal(err)
		}
	}
}
