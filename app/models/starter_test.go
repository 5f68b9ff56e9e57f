package models

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"croft/app/health"
	"croft/engine"
	"croft/storage"
)

// starterOf is a starter whose file calls itself name.
func starterOf(name string) Starter {
	file := name + "\n" + strings.Repeat("weights ", 1<<17)
	sum := sha256.Sum256([]byte(file))
	return Starter{ID: hex.EncodeToString(sum[:]), File: file}
}

// start opens a library as a program with this starter does.
func start(t *testing.T, dir string, s Starter) *Library {
	t.Helper()
	l := untidied(t, dir, Options{Starter: s})
	l.tidy(t.Context())
	return l
}

// wantStarters fails unless the library has exactly these starters, usable and each with its file.
func wantStarters(t *testing.T, l *Library, want ...Starter) {
	t.Helper()
	list, err := l.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got, named []string
	for _, m := range list {
		if m.Starter {
			got = append(got, m.ID)
			if m.Problem != "" || m.Name != "Starter" || !m.Owned || hashOf(t, m.Path) != m.ID {
				t.Errorf("the starter is %+v", m)
			}
		}
	}
	for _, s := range want {
		named = append(named, s.ID)
	}
	slices.Sort(got)
	slices.Sort(named)
	if !slices.Equal(got, named) {
		t.Errorf("starters are %.8q, want %.8q", got, named)
	}
}

func TestTheStarterIsPlacedOnce(t *testing.T) {
	dir, s := t.TempDir(), starterOf("Small 1")
	l := start(t, dir, s)
	wantStarters(t, l, s)
	if m, err := l.Resolve(t.Context(), "starter"); err != nil || m.ID != s.ID || l.StarterProblem() != nil {
		t.Errorf("its name finds %+v, %v; problem %v", m, err, l.StarterProblem())
	}
	if got := files(t, l); fmt.Sprint(got) != fmt.Sprint([]string{s.ID + ".gguf"}) {
		t.Errorf("the folder holds %v", got)
	}
	// A second start has nothing to read: it would notice that this file is not what its sum says.
	again := start(t, dir, Starter{ID: s.ID, File: "damaged"})
	wantStarters(t, again, s)
	if err := again.StarterProblem(); err != nil {
		t.Error(err)
	}
	if err := again.Check(t.Context(), s.ID, nil); err != nil {
		t.Error(err)
	}
	wantStarters(t, start(t, dir, Starter{}), s) // a program that brings none leaves it
}

func TestARemovedStarterStaysAway(t *testing.T) {
	dir, first, second := t.TempDir(), starterOf("Small 1"), starterOf("Small 2")
	l := start(t, dir, first)
	if err := l.Delete(t.Context(), first.ID); err != nil {
		t.Fatal(err)
	}
	if got := files(t, l); len(got) != 0 {
		t.Errorf("the folder holds %v", got)
	}
	wantStarters(t, start(t, dir, first))
	newer := untidied(t, dir, Options{Starter: second})
	var moved []string
	newer.starter.replaced = func(_ context.Context, before, now string) error {
		moved = append(moved, before, now)
		return nil
	}
	newer.tidy(t.Context())
	wantStarters(t, newer)
	if err := newer.StarterProblem(); err != nil {
		t.Error(err)
	}
	m, err := newer.BringBack(t.Context())
	if err != nil || m.ID != second.ID || !m.Default {
		t.Errorf("brought back %+v, %v", m, err)
	}
	if want := []string{first.ID, second.ID}; !slices.Equal(moved, want) {
		t.Errorf("told that %.8q, want %.8q", moved, want)
	}
	wantStarters(t, start(t, dir, second), second)
	if _, err := start(t, t.TempDir(), Starter{}).BringBack(t.Context()); !errors.Is(err, ErrNotFound) {
		t.Errorf("a program without a starter brings back %v", err)
	}
}

func TestANewerStarterTakesTheOldOnesPlace(t *testing.T) {
	dir, first, second := t.TempDir(), starterOf("Small 1"), starterOf("Small 2")
	start(t, dir, first)
	l := untidied(t, dir, Options{Starter: second})
	l.starter.replaced = func(context.Context, string, string) error { return errors.New("the disk is gone") }
	l.tidy(t.Context())
	wantStarters(t, l, first, second) // nothing is lost before everything names the new one
	if l.StarterProblem() == nil {
		t.Error("that chats could not be moved is not told")
	}
	told := 0
	l = untidied(t, dir, Options{Starter: second})
	l.starter.replaced = func(_ context.Context, before, now string) error {
		if told++; before != first.ID || now != second.ID {
			t.Errorf("told of %.8q and %.8q", before, now)
		}
		return nil
	}
	l.tidy(t.Context())
	wantStarters(t, l, second)
	if got := files(t, l); len(got) != 1 || told == 0 || l.StarterProblem() != nil {
		t.Errorf("the folder holds %v, told %d times, problem %v", got, told, l.StarterProblem())
	}
}

func TestALostStarterIsPlacedAgain(t *testing.T) {
	dir, s := t.TempDir(), starterOf("Small 1")
	l := start(t, dir, s)
	path := filepath.Join(l.path, fileName(s.ID))
	if err := os.WriteFile(path, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	wantStarters(t, start(t, dir, s), s)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	wantStarters(t, start(t, dir, s), s)
}

func TestWithoutTheStarterTheLibraryOpens(t *testing.T) {
	s := starterOf("Small 1")
	damagedFile := s
	damagedFile.File = strings.Replace(s.File, "weights", "heights", 1)
	for name, c := range map[string]struct {
		starter Starter
		spoil   func(l *Library)
		want    string
	}{
		"full disk": {s, func(l *Library) { l.space = func(string) (int64, error) { return 1e6, nil } }, "the disk has 1 MB free"},
		"read-only": {s, func(l *Library) { l.dir = readOnly(t, l) }, "could not be brought in"},
		"damaged":   {damagedFile, func(*Library) {}, "is not the one that was added"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			l := untidied(t, dir, Options{Starter: c.starter})
			c.spoil(l)
			l.tidy(t.Context())
			if got := health.Of(l.StarterProblem()).Line(); !strings.Contains(got, c.want) || !strings.Contains(got, "The next start") {
				t.Errorf("the problem is %q, want %q in it", got, c.want)
			}
			wantStarters(t, l)
			if got := files(t, l); len(got) != 0 {
				t.Errorf("%v stays behind", got)
			}
			wantStarters(t, start(t, dir, s), s) // the next start makes up for it
		})
	}
}

// readOnly is a folder that takes no files, not even from the administrator: it was removed.
func readOnly(t *testing.T, l *Library) *os.Root {
	t.Helper()
	gone := t.TempDir()
	root, err := os.OpenRoot(gone)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Remove(gone), l.dir.Close()); err != nil {
		t.Fatal(err)
	}
	return root
}

func TestTheStarterIsTheDefaultOnlyWhereThereIsNoOther(t *testing.T) {
	s := starterOf("Small 1")
	l := start(t, t.TempDir(), s)
	wantDefault := func(when, id string) {
		t.Helper()
		if m, err := l.Resolve(t.Context(), ""); err != nil || m.ID != id {
			t.Errorf("%s the default is %q, %v", when, m.Name, err)
		}
	}
	wantDefault("alone", s.ID)
	m, err := l.Adopt(t.Context(), write(t, filepath.Join(t.TempDir(), "big.gguf"), "Big 1B"), nil)
	if err != nil {
		t.Fatal(err)
	}
	wantDefault("beside another", m.ID)
	if err := l.Delete(t.Context(), s.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := l.BringBack(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantDefault("brought back", m.ID)
	l.prefer = func() Preferences { return Preferences{Model: s.ID} }
	wantDefault("chosen", s.ID)
	l.prefer = func() Preferences { return Preferences{} }
	if err := os.Remove(m.Path); err != nil {
		t.Fatal(err)
	}
	wantDefault("when the other is gone", s.ID)
}

func TestImportingTheStartersFile(t *testing.T) {
	s := starterOf("Small 1")
	l, path := start(t, t.TempDir(), s), filepath.Join(t.TempDir(), "starter.gguf")
	if err := os.WriteFile(path, []byte(s.File), 0o600); err != nil {
		t.Fatal(err)
	}
	if m, err := l.Import(t.Context(), path, nil); err != nil || !m.Starter {
		t.Errorf("imported again it is %+v, %v", m, err)
	}
	if err := l.Delete(t.Context(), s.ID); err != nil {
		t.Fatal(err)
	}
	if m, err := l.Import(t.Context(), path, nil); err != nil || m.Starter || m.Name != "Small 1 1M" {
		t.Errorf("imported after it was removed it is %+v, %v", m, err)
	}
	if _, err := l.BringBack(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantStarters(t, l, s)
}

func TestTwoProgramsStartAtOnce(t *testing.T) {
	for range 20 {
		dir, s := t.TempDir(), starterOf("Small 1")
		var both []*Library
		for range 2 {
			both = append(both, untidied(t, dir, Options{Starter: s}))
		}
		var started sync.WaitGroup
		for _, l := range both {
			started.Go(func() { l.tidy(t.Context()) })
		}
		started.Wait()
		for _, l := range both {
			wantStarters(t, l, s)
			if err := l.StarterProblem(); err != nil {
				t.Error(err)
			}
		}
	}
}

// The small file that was made as the starter was runs on the real engine.
func TestAStarterWrites(t *testing.T) {
	file, err := os.ReadFile("../../assets/starter/tiny.gguf")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	store, err := storage.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	sum := sha256.Sum256(file)
	l, err := New(t.Context(), dir, store, Options{Starter: Starter{ID: hex.EncodeToString(sum[:]), File: string(file)}})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	r, err := l.Use(t.Context(), "", nil)
	if err != nil || !r.Starter {
		t.Fatal(err)
	}
	defer r.Release()
	var last *engine.Result
	for p, err := range r.Generate(t.Context(), engine.Request{Text: "Hello", ReplyMax: 3}) {
		if err != nil {
			t.Fatal(err)
		}
		last = p.Result
	}
	if last == nil || last.PromptTokens == 0 {
		t.Errorf("it wrote %+v", last)
	}
}
