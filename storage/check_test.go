package storage

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// patch changes bytes of the closed database wherever they stand.
func patch(t *testing.T, path string, old, changed string) int {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	n := bytes.Count(content, []byte(old))
	if err := os.WriteFile(path, bytes.ReplaceAll(content, []byte(old), []byte(changed)), 0o600); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestFlippedBitInTextRebuildsTheIndex(t *testing.T) {
	dir := t.TempDir()
	s := openDir(t, dir)
	chat := addChat(t, s, "")
	say(t, s, chat, 0, "user", "the Marmalade tree")
	s.Close()
	if n := patch(t, filepath.Join(dir, fileName), "the Marmalade tree", "the Narmalade tree"); n != 1 {
		t.Fatalf("the text stands %d times in the file, want once", n)
	}
	s = openDir(t, dir)
	rebuilt, err := s.Check(t.Context())
	if err != nil || len(rebuilt) != 2 {
		t.Errorf("rebuilt %v, %v; want both full-text tables", rebuilt, err)
	}
	if got := branchTexts(t, s, chat); got[0] != "the Narmalade tree" {
		t.Errorf("the text was changed to %q", got)
	}
	if len(search(t, s, "narmalade")) != 1 || len(search(t, s, "marmalade")) != 0 {
		t.Error("the search does not follow the text")
	}
	if rebuilt, err = s.Check(t.Context()); err != nil || len(rebuilt) != 0 {
		t.Errorf("second check: rebuilt %v, %v", rebuilt, err)
	}
}

func TestSearchMendsItsIndex(t *testing.T) {
	s := openTemp(t)
	say(t, s, addChat(t, s, ""), 0, "user", "quince jelly")
	for _, table := range fullText {
		if _, err := s.write.Exec(`UPDATE ` + table + `_data SET block = zeroblob(8) WHERE id > 10`); err != nil {
			t.Fatal(err)
		}
	}
	if hits := search(t, s, "quince"); len(hits) != 1 {
		t.Errorf("found %v after the index was broken", hits)
	}
}

func TestDamagedPageIsReported(t *testing.T) {
	dir := t.TempDir()
	s := openDir(t, dir)
	fill(t, s, 1, 300)
	s.Close()
	path := filepath.Join(dir, fileName)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := len(content) / 3; i < len(content)/3+40960; i++ {
		content[i] ^= 0x55
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err = Open(t.Context(), dir)
	if err == nil {
		_, err = s.Check(t.Context())
		s.Close()
	}
	if !errors.Is(err, ErrDamaged) {
		t.Errorf("ten damaged pages: %v, want ErrDamaged", err)
	}
	after, err := os.ReadFile(path)
	if err != nil || len(after) < len(content) {
		t.Errorf("the damaged file shrank from %d to %d bytes, %v", len(content), len(after), err)
	}
}

func TestErasedTextIsGoneFromTheFile(t *testing.T) {
	const secret = "Zwetschgendatschi"
	dir := t.TempDir()
	s := openDir(t, dir)
	chat := addChat(t, s, "")
	say(t, s, chat, 0, "user", "I confess: "+strings.Repeat(secret+" ", 40))
	if err := s.RenameChat(t.Context(), chat, secret); err != nil {
		t.Fatal(err)
	}
	other := addChat(t, s, "")
	for range 50 {
		say(t, s, other, 0, "user", "nothing to hide")
	}
	if !onDisk(t, dir, secret) {
		t.Fatal("the text is not in the files to begin with")
	}
	if err := s.DeleteChat(t.Context(), chat); err != nil {
		t.Fatal(err)
	}
	if err := s.PurgeChats(t.Context(), time.Now()); err != nil {
		t.Fatal(err)
	}
	s.Close()
	for _, trace := range []string{secret, strings.ToLower(secret), "zwet", "confess"} {
		if onDisk(t, dir, trace) {
			t.Errorf("%q is still in the files", trace)
		}
	}
}

func onDisk(t *testing.T, dir, text string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	for _, f := range files {
		content, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(content, []byte(text)) {
			return true
		}
	}
	return false
}
