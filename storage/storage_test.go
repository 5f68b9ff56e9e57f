package storage

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func openTemp(t testing.TB) *Store {
	t.Helper()
	return openDir(t, t.TempDir())
}

func openDir(t testing.TB, dir string) *Store {
	t.Helper()
	s, err := Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func addChat(t testing.TB, s *Store, title string) int64 {
	t.Helper()
	id, err := s.AddChat(t.Context(), Chat{Title: title})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func say(t testing.TB, s *Store, chat, parent int64, role, text string) Message {
	t.Helper()
	m, err := s.Append(t.Context(), chat, parent, "", Message{Role: role, State: "complete", Text: text})
	if err != nil {
		t.Fatal(err)
	}
	return m[0]
}

func branchTexts(t *testing.T, s *Store, chat int64) []string {
	t.Helper()
	messages, err := s.Branch(t.Context(), chat)
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, m := range messages {
		texts = append(texts, m.Text)
	}
	return texts
}

func TestFilesArePrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "croft")
	s := openDir(t, dir)
	addChat(t, s, "private")
	checkMode(t, dir, 0o700)
	files, err := os.ReadDir(dir)
	if err != nil || len(files) < 3 {
		t.Fatalf("%d files, %v; want the database, its log and the lock", len(files), err)
	}
	for _, f := range files {
		checkMode(t, filepath.Join(dir, f.Name()), 0o600)
	}
}

func checkMode(t *testing.T, path string, want os.FileMode) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != want {
		t.Errorf("%s: mode %o, want %o", filepath.Base(path), got, want)
	}
}

func TestConnectionsAreHardened(t *testing.T) {
	s := openTemp(t)
	want := map[string]int{"synchronous": 2, "foreign_keys": 1, "trusted_schema": 0, "cell_size_check": 1, "busy_timeout": 5000}
	for pragma, value := range want {
		for name, db := range map[string]querier{"writer": s.write, "reader": s.read} {
			got, err := scanAll(t.Context(), db, scanOne[int], "PRAGMA "+pragma)
			if err != nil || got[0] != value {
				t.Errorf("%s of the %s: %v, %v; want %d", pragma, name, got, err, value)
			}
		}
	}
	got, err := scanAll(t.Context(), s.write, scanOne[int], "PRAGMA secure_delete")
	if err != nil || got[0] != 1 {
		t.Errorf("secure_delete of the writer: %v, %v; want 1", got, err)
	}
	_, err = s.read.ExecContext(t.Context(), `DELETE FROM chats`)
	if err == nil {
		t.Error("a reader could write")
	}
}

func TestSettings(t *testing.T) {
	s := openTemp(t)
	_, err := s.Setting(t.Context(), "theme")
	if !errors.Is(err, ErrNotFound) {
		t.Errorf("unset: %v, want ErrNotFound", err)
	}
	for _, value := range []string{`"dark"`, `{"a":[1,2]}`} {
		if err := s.SaveSetting(t.Context(), "theme", []byte(value)); err != nil {
			t.Fatal(err)
		}
		got, err := s.Setting(t.Context(), "theme")
		if err != nil || string(got) != value {
			t.Errorf("got %s, %v; want %s", got, err, value)
		}
	}
	if err := s.SaveSetting(t.Context(), "theme", []byte("{")); err == nil {
		t.Error("broken JSON was saved")
	}
}

func TestModels(t *testing.T) {
	s := openTemp(t)
	id := func(c byte) string { return string(bytesOf(c, 64)) }
	want := Model{
		ID: id('a'), Name: "Qwen3 0.6B", Path: "/models/q.gguf", Owned: true, Source: "Croft", SizeBytes: 1 << 40,
		Modified: time.Unix(1700000000, 123456789), Added: time.UnixMilli(1700000000123),
	}
	later := Model{ID: id('b'), Name: "later", Source: "Ollama", Modified: time.Unix(1, 0), Added: time.UnixMilli(1700000000124)}
	for _, m := range []Model{want, later, want} {
		if err := s.AddModel(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.Models(t.Context())
	if err != nil || len(got) != 2 || got[0].Name != "later" || got[1] != want {
		t.Errorf("got %+v, %v", got, err)
	}
	for _, tps := range []float64{10, 40, 20, 30} {
		if err := s.RecordSpeed(t.Context(), want.ID, tps); err != nil {
			t.Fatal(err)
		}
	}
	checkMedian(t, s, want.ID, 25)
	checkMedian(t, s, later.ID, 0)
	for range speedsMax {
		if err := s.RecordSpeed(t.Context(), want.ID, 50); err != nil {
			t.Fatal(err)
		}
	}
	checkMedian(t, s, want.ID, 50)
	if err := s.RecordSpeed(t.Context(), id('c'), 1); !errors.Is(err, ErrNotFound) {
		t.Errorf("speed of an unknown model: %v, want ErrNotFound", err)
	}
	if err := s.RemoveModel(t.Context(), want.ID); err != nil {
		t.Fatal(err)
	}
	if err := s.RemoveModel(t.Context(), want.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("removed twice: %v, want ErrNotFound", err)
	}
	checkMedian(t, s, want.ID, 0)
}

func checkMedian(t *testing.T, s *Store, id string, want float64) {
	t.Helper()
	got, err := s.MedianSpeed(t.Context(), id)
	if err != nil || got != want {
		t.Errorf("median %g, %v; want %g", got, err, want)
	}
}

func bytesOf(c byte, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = c
	}
	return b
}

func TestCloseEndsWaiting(t *testing.T) {
	s := openTemp(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.AddChat(ctx, Chat{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Chats(t.Context()); err == nil {
		t.Error("a closed store answered")
	}
}

// A change that was cancelled has given its connection back when it returns; else Close would leave
// the log beside the database, and with it what was erased.
func TestCancelledChangeIsOverBeforeClose(t *testing.T) {
	for range 30 {
		dir := t.TempDir()
		s := openDir(t, dir)
		ctx, cancel := context.WithCancel(t.Context())
		err := s.change(ctx, "test", func(tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, `INSERT INTO settings (key, value) VALUES ('half', '1')`)
			cancel()
			return errors.Join(err, ctx.Err())
		})
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("cancelled: %v", err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(filepath.Join(dir, fileName+"-wal")); !errors.Is(err, os.ErrNotExist) {
			t.Fatalf("the log is still there after Close: %v", err)
		}
	}
}
