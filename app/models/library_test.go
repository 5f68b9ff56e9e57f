package models

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"croft/app/health"
	"croft/engine"
	"croft/storage"
)

// newLibrary is a library in a folder of its own, on a device with 8 GB of which 6 are free. Files are read by
// readInfo, and loading them makes echoes.
func newLibrary(t testing.TB) *Library {
	t.Helper()
	l := openLibrary(t, t.TempDir())
	return l
}

func openLibrary(t testing.TB, dir string) *Library {
	t.Helper()
	l := untidied(t, dir, Options{})
	l.tidy(t.Context())
	return l
}

// untidied is a library that New has not finished yet.
func untidied(t testing.TB, dir string, o Options) *Library {
	t.Helper()
	store, err := storage.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	l, err := open(dir, store, o)
	if err != nil {
		t.Fatal(err)
	}
	l.inspect.read = readInfo
	l.open = (&opened{}).open
	l.memory = func() (total, free int64) { return 8e9, 6e9 }
	l.places = nil
	t.Cleanup(func() {
		if err := errors.Join(l.Close(), store.Close()); err != nil {
			t.Error(err)
		}
	})
	return l
}

// readInfo takes what a test file begins with for its name.
func readInfo(path string) (engine.Info, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return engine.Info{}, err
	}
	name, _, _ := strings.Cut(string(b), "\n")
	switch name {
	case "broken":
		return engine.Info{}, errors.New("the file is damaged")
	case "vectors":
		return engine.Info{Name: name, Vocabulary: 9, SizeBytes: int64(len(b)), Layers: 2, Parameters: 1e6, Embedding: true}, nil
	case "vocabulary":
		return engine.Info{Name: name, Vocabulary: 9, SizeBytes: int64(len(b))}, nil
	}
	return engine.Info{
		Name: name, Family: "llama", Quant: "Q8_0", SizeBytes: int64(len(b)), Parameters: 1e6, Layers: 2, ContextMax: 8192,
		CacheBytesPerToken: 1000, WorkBytes: 1000,
	}, nil
}

// write makes a test file that calls itself name.
func write(t *testing.T, path, name string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(name+"\n"+strings.Repeat("weights ", 1<<18)), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func hashOf(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// files lists what lies in the library's own folder.
func files(t *testing.T, l *Library) []string {
	t.Helper()
	entries, err := os.ReadDir(l.path)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestImportCopiesUnderTheHash(t *testing.T) {
	l, source := newLibrary(t), write(t, filepath.Join(t.TempDir(), "..evil name.gguf"), "Evil/../../name")
	changes := 0
	defer l.Watch(func() { changes++ })()
	var last int64
	m, err := l.Import(t.Context(), source, func(done, total int64) {
		if done < last || done > total {
			t.Errorf("progress goes from %d to %d of %d", last, done, total)
		}
		last = done
	})
	if err != nil {
		t.Fatal(err)
	}
	want := hashOf(t, source)
	if m.ID != want || !m.Owned || m.Source != "Croft" || m.Fit != Fits || !m.Default || m.Path != filepath.Join(l.path, want+".gguf") {
		t.Errorf("imported %+v", m)
	}
	if got := files(t, l); fmt.Sprint(got) != fmt.Sprint([]string{want + ".gguf"}) {
		t.Errorf("the folder holds %v", got)
	}
	if hashOf(t, m.Path) != want || last != m.SizeBytes || changes != 1 {
		t.Errorf("copy of %d bytes, progress to %d, %d changes told", m.SizeBytes, last, changes)
	}
	if _, err := l.Import(t.Context(), source, nil); err != nil {
		t.Fatal(err)
	}
	if list, err := l.List(t.Context()); err != nil || len(list) != 1 {
		t.Errorf("a second import gives %d models, %v", len(list), err)
	}
}

func TestAnImportThatEndsEarlyLeavesNothing(t *testing.T) {
	l, source := newLibrary(t), write(t, filepath.Join(t.TempDir(), "m.gguf"), "M")
	ctx, cancel := context.WithCancel(t.Context())
	_, err := l.Import(ctx, source, func(done, total int64) {
		if done > 0 {
			if len(files(t, l)) != 1 {
				t.Errorf("while copying the folder holds %v", files(t, l))
			}
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled import gives %v", err)
	}
	_, err = l.Import(t.Context(), source, func(done, total int64) {
		if done > 0 && done < total {
			if err := os.Truncate(source, done); err != nil {
				t.Error(err)
			}
		}
	})
	if !errors.Is(err, ErrChanged) {
		t.Errorf("a file that shrinks gives %v", err)
	}
	l.space = func(string) (int64, error) { return spareBytes + 2e6, nil }
	write(t, source, "M")
	if _, err = l.Import(t.Context(), source, nil); !errors.Is(err, ErrNoSpace) || !strings.Contains(health.Of(err).Sentence, "69 MB free") {
		t.Errorf("a full disk gives %v", err)
	}
	if got := files(t, l); len(got) != 0 {
		t.Errorf("%v stays behind", got)
	}
	if list, err := l.List(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("the library holds %v, %v", list, err)
	}
}

// A long copy holds up nobody who removes something else.
func TestDeleteWhileImporting(t *testing.T) {
	l, dir := newLibrary(t), t.TempDir()
	old, err := l.Import(t.Context(), write(t, filepath.Join(dir, "old.gguf"), "Old"), nil)
	if err != nil {
		t.Fatal(err)
	}
	deleted := false
	m, err := l.Import(t.Context(), write(t, filepath.Join(dir, "new.gguf"), "New"), func(done, total int64) {
		if done > 0 && done < total && !deleted {
			deleted = true
			if err := l.Delete(t.Context(), old.ID); err != nil {
				t.Error(err)
			}
		}
	})
	if list, listErr := l.List(t.Context()); err != nil || listErr != nil || !deleted || len(list) != 1 || list[0].ID != m.ID {
		t.Errorf("left are %+v, %v, %v", list, err, listErr)
	}
}

func TestLeftoversOfADeadProcessAreRemoved(t *testing.T) {
	dir := t.TempDir()
	l := openLibrary(t, dir)
	m, err := l.Import(t.Context(), write(t, filepath.Join(dir, "m.gguf"), "M"), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{copyPrefix + "DEAD", deletedPrefix + "DEAD", copyPrefix + "ALIVE"} {
		write(t, filepath.Join(l.path, name), "half")
	}
	alive, err := os.OpenFile(filepath.Join(l.path, copyPrefix+"ALIVE"), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer alive.Close()
	if mine, err := claim(alive); err != nil || !mine {
		t.Fatal(mine, err)
	}
	if err := l.removeLeftovers(); err != nil {
		t.Fatal(err)
	}
	want := []string{copyPrefix + "ALIVE", filepath.Base(m.Path)}
	if got := files(t, l); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("left are %v, want %v", got, want)
	}
}

func TestWhatIsNoModelIsRefusedBeforeCopying(t *testing.T) {
	l, dir := newLibrary(t), t.TempDir()
	for _, name := range []string{"broken", "vocabulary"} {
		path := write(t, filepath.Join(dir, name+".gguf"), name)
		for how, add := range map[string]func(context.Context, string, func(int64, int64)) (Model, error){"import": l.Import, "adopt": l.Adopt} {
			if _, err := add(t.Context(), path, func(_, _ int64) { t.Error("bytes were read") }); err == nil {
				t.Errorf("%s of %s is done", how, name)
			}
		}
	}
	for name, want := range map[string]error{
		"mmproj-M-f16.gguf": ErrNotAModel, "M-00001-of-00002.gguf": ErrNotAModel, "none.gguf": ErrMissing, ".": ErrNotAModel,
	} {
		path := filepath.Join(dir, name)
		if want == ErrNotAModel && name != "." {
			write(t, path, "M")
		}
		if _, err := l.Import(t.Context(), path, nil); !errors.Is(err, want) {
			t.Errorf("%s gives %v", name, err)
		}
	}
}

func TestAnAdoptedFileIsWatchedOver(t *testing.T) {
	l, path := newLibrary(t), write(t, filepath.Join(t.TempDir(), "m.gguf"), "M")
	m, err := l.Adopt(t.Context(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if m.Owned || m.Path != path || m.Source != filepath.Dir(path) || len(files(t, l)) != 0 {
		t.Errorf("adopted %+v, own files %v", m, files(t, l))
	}
	touched := time.Now().Add(-time.Hour)
	if err := os.Chtimes(path, touched, touched); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Use(t.Context(), m.ID, nil); !errors.Is(err, ErrChanged) {
		t.Errorf("using a touched file gives %v", err)
	}
	if err := l.Check(t.Context(), m.ID, nil); err != nil {
		t.Errorf("checking a touched file gives %v", err)
	}
	wantProblem(t, l, m.ID, "")
	write(t, path, "N")
	wantProblem(t, l, m.ID, "changed since it was added")
	if err := l.Check(t.Context(), m.ID, nil); !errors.Is(err, ErrChanged) {
		t.Errorf("checking another file gives %v", err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	wantProblem(t, l, m.ID, "no longer there")
	if _, err := l.Use(t.Context(), m.ID, nil); !errors.Is(err, ErrMissing) {
		t.Errorf("using a missing file gives %v", err)
	}
	if err := l.Delete(t.Context(), m.ID); err != nil {
		t.Error(err)
	}
}

// wantProblem fails unless the model's problem contains want, or is none for "".
func wantProblem(t *testing.T, l *Library, id, want string) {
	t.Helper()
	m, err := l.byID(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if want == "" && m.Problem != "" || !strings.Contains(m.Problem, want) {
		t.Errorf("problem is %q, want %q", m.Problem, want)
	}
}

func TestDeleteTakesOwnCopiesOnly(t *testing.T) {
	l, path := newLibrary(t), write(t, filepath.Join(t.TempDir(), "m.gguf"), "M")
	for how, add := range map[string]func(context.Context, string, func(int64, int64)) (Model, error){"import": l.Import, "adopt": l.Adopt} {
		m, err := add(t.Context(), path, nil)
		if err != nil {
			t.Fatal(how, err)
		}
		if err := l.Delete(t.Context(), m.ID); err != nil {
			t.Error(how, err)
		}
		if _, err := os.Stat(path); err != nil || len(files(t, l)) != 0 {
			t.Errorf("%s and delete leave %v, source %v", how, files(t, l), err)
		}
		if err := l.Delete(t.Context(), m.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("deleting twice gives %v", err)
		}
	}
}

func TestOnlyIDsBecomeFileNames(t *testing.T) {
	l := newLibrary(t)
	for _, id := range []string{"", "..", "../x", strings.Repeat("A", 64), strings.Repeat("0", 63), strings.Repeat("0", 64) + "/.."} {
		if name := fileName(id); name != ".invalid" {
			t.Errorf("%q becomes %q", id, name)
		}
		if err := l.Delete(t.Context(), id); !errors.Is(err, ErrNotFound) {
			t.Errorf("deleting %q gives %v", id, err)
		}
	}
	if _, err := l.dir.Stat("../croft.db"); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the folder can be left: %v", err)
	}
}

func TestResolve(t *testing.T) {
	l, dir := newLibrary(t), t.TempDir()
	ids := map[string]string{}
	for _, name := range []string{"Qwen3 0.6B", "Qwen3 1.7B", "Llama 3.2 1B Instruct"} {
		m, err := l.Adopt(t.Context(), write(t, filepath.Join(dir, name+".gguf"), name), nil)
		if err != nil {
			t.Fatal(err)
		}
		ids[m.Name] = m.ID
	}
	other := write(t, filepath.Join(dir, "other.gguf"), "Other 2B")
	for query, want := range map[string]string{
		"qwen3-0.6b": "Qwen3 0.6B", "QWEN3 1.7B": "Qwen3 1.7B", "llama": "Llama 3.2 1B Instruct", "qwen3 0.6b q8_0": "Qwen3 0.6B",
		ids["Qwen3 1.7B"]: "Qwen3 1.7B", ids["Qwen3 0.6B"][:6]: "Qwen3 0.6B", "": "Llama 3.2 1B Instruct",
		other: "Other 2B", filepath.Join(dir, "Qwen3 0.6B.gguf"): "Qwen3 0.6B",
	} {
		if m, err := l.Resolve(t.Context(), query); err != nil || m.Name != want {
			t.Errorf("%q is %q, %v; want %q", query, m.Name, err, want)
		}
	}
	for query, want := range map[string]error{"qwen3": ErrAmbiguous, "gemma": ErrNotFound, "???": ErrNotFound, "none/x.gguf": ErrMissing} {
		if m, err := l.Resolve(t.Context(), query); !errors.Is(err, want) {
			t.Errorf("%q is %q, %v; want %v", query, m.Name, err, want)
		}
	}
	if m, err := l.Resolve(t.Context(), other); err != nil || m.ID != "" {
		t.Errorf("a file outside the library has the id %q, %v", m.ID, err)
	}
}

func TestTheDefaultIsThePreferredOrTheNewest(t *testing.T) {
	l, dir := newLibrary(t), t.TempDir()
	if _, err := l.Resolve(t.Context(), ""); !errors.Is(err, ErrNoModel) {
		t.Errorf("an empty library gives %v", err)
	}
	first, err := l.Adopt(t.Context(), write(t, filepath.Join(dir, "a.gguf"), "A 1B"), nil)
	if err != nil {
		t.Fatal(err)
	}
	second, err := l.Adopt(t.Context(), write(t, filepath.Join(dir, "b.gguf"), "B 1B"), nil)
	if err != nil {
		t.Fatal(err)
	}
	for preferred, want := range map[string]string{"": second.ID, first.ID: first.ID, "gone": second.ID} {
		l.prefer = func() Preferences { return Preferences{Model: preferred} }
		if m, err := l.Resolve(t.Context(), ""); err != nil || m.ID != want {
			t.Errorf("preferring %.4q gives %q, %v", preferred, m.Name, err)
		}
	}
}
