package settings

import (
	"math"
	"runtime"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"croft/storage"
)

func open(t *testing.T, dir string) (*Service, *storage.Store) {
	t.Helper()
	store, err := storage.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	s, err := New(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	return s, store
}

func TestSettingsAreRemembered(t *testing.T) {
	dir := t.TempDir()
	s, store := open(t, dir)
	if got, want := s.Get(), (Values{Theme: System, TextScale: 1}); got != want {
		t.Fatalf("at first %+v, want %+v", got, want)
	}
	want := Values{
		Theme: Dark, TextScale: 1.25, Language: "pt-BR", DefaultModel: "abc",
		Threads: 1, ContextMax: 4096, SystemPrompt: "Be brief.",
	}
	if err := s.Change(t.Context(), func(v *Values) { *v = want }); err != nil {
		t.Fatal(err)
	}
	store.Close()
	if s, _ = open(t, dir); s.Get() != want {
		t.Errorf("after a restart %+v, want %+v", s.Get(), want)
	}
}

func TestValuesAreClamped(t *testing.T) {
	s, _ := open(t, t.TempDir())
	err := s.Change(t.Context(), func(v *Values) {
		*v = Values{
			Theme: "pink", TextScale: 9, Language: "not a language", Threads: 1 << 20, ContextMax: 1,
			SystemPrompt: strings.Repeat("€", systemPromptMax),
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	got := s.Get()
	if len(got.SystemPrompt) > systemPromptMax || !utf8.ValidString(got.SystemPrompt) {
		t.Errorf("system prompt of %d bytes, valid %v", len(got.SystemPrompt), utf8.ValidString(got.SystemPrompt))
	}
	got.SystemPrompt = ""
	want := Values{Theme: System, TextScale: textScaleMax, Threads: runtime.NumCPU(), ContextMax: contextMin}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	err = s.Change(t.Context(), func(v *Values) { *v = Values{TextScale: float32(math.NaN()), Threads: -3, ContextMax: -1} })
	if got := s.Get(); err != nil || got != (Values{Theme: System, TextScale: 1}) {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestWatch(t *testing.T) {
	s, _ := open(t, t.TempDir())
	var seen []Theme
	cancel := s.Watch(func(v Values) { seen = append(seen, v.Theme) })
	change := func(theme Theme) {
		t.Helper()
		if err := s.Change(t.Context(), func(v *Values) { v.Theme = theme }); err != nil {
			t.Fatal(err)
		}
	}
	change(Dark)
	change(Dark) // nothing changes, nobody is told
	change(Light)
	cancel()
	change(System)
	if len(seen) != 2 || seen[0] != Dark || seen[1] != Light {
		t.Errorf("seen %v, want dark, light", seen)
	}
}

func TestFailedChangeChangesNothing(t *testing.T) {
	s, store := open(t, t.TempDir())
	store.Close()
	told := false
	s.Watch(func(Values) { told = true })
	before := s.Get()
	err := s.Change(t.Context(), func(v *Values) { v.Theme = Dark })
	if err == nil || told || s.Get() != before {
		t.Errorf("error %v, told %v, settings %+v", err, told, s.Get())
	}
}

func TestConcurrentChanges(t *testing.T) {
	s, _ := open(t, t.TempDir())
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 10 {
				err := s.Change(t.Context(), func(v *Values) { v.ContextMax = max(v.ContextMax, 1000) + 1 })
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if got := s.Get().ContextMax; got != 1080 {
		t.Errorf("80 changes made %d of 1000, want 1080", got)
	}
}
