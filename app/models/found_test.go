package models

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestFoundLooksIntoOtherProgramsFolders(t *testing.T) {
	l, home := newLibrary(t), t.TempDir()
	l.places = placesOf("linux", home, func(string) string { return "" })
	at := func(path string) string { return filepath.Join(home, filepath.FromSlash(path)) }
	write(t, at(".lmstudio/models/lmstudio-community/Qwen3-0.6B-GGUF/Qwen3-0.6B-Q4_K_M.gguf"), "Qwen3")
	write(t, at(".lmstudio/models/x/mmproj-x-f16.gguf"), "picture part")
	write(t, at(".lmstudio/models/x/big-00001-of-00002.gguf"), "part")
	write(t, at(".lmstudio/models/x/readme.md"), "text")
	write(t, at(".cache/llama.cpp/vectors.gguf"), "vectors")
	write(t, at(".cache/llama.cpp/vocab.gguf"), "vocabulary")
	write(t, at(".cache/llama.cpp/broken-q4_0.gguf"), "broken")
	write(t, at(".local/share/Jan/data/llamacpp/models/tiny/model.gguf"), "model")
	write(t, at(".local/share/nomic.ai/GPT4All/Llama.Q4_0.gguf"), "Llama Four")
	huggingFaceCache(t, at(".cache/huggingface/hub/models--a--b"))
	ollamaModel(t, at(".ollama/models"), "llama3.2", "1b", "llama")
	got := foundNames(t, l)
	want := []string{
		"GPT4All: Llama Four 1M", "Hugging Face: Snapshot 1M", "Jan: Tiny 1M", "LM Studio: Qwen3 1M",
		"Ollama: Llama3.2 1B", "llama.cpp: Broken, the file is damaged.", "llama.cpp: Vectors 1M",
	}
	if !slices.Equal(got, want) {
		t.Errorf("found\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	list, err := l.Found(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range list {
		if m.Problem != "" {
			continue
		}
		added, err := l.Adopt(t.Context(), m.Path, nil)
		if err != nil || added.Source != m.Source || added.Name != m.Name {
			t.Errorf("%+v was added as %+v, %v", m, added, err)
		}
	}
	if got := foundNames(t, l); !slices.Equal(got, want[5:6]) {
		t.Errorf("after adding, still found: %v", got)
	}
}

// foundNames gives "program: name", with the problem where there is one, in order.
func foundNames(t *testing.T, l *Library) []string {
	t.Helper()
	list, err := l.Found(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, m := range list {
		name := m.Source + ": " + m.Name
		if m.Problem != "" {
			name += ", " + strings.ToLower(m.Problem[:1]) + m.Problem[1:]
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// huggingFaceCache makes a snapshot whose file is a symbolic link to a blob.
func huggingFaceCache(t *testing.T, dir string) {
	t.Helper()
	write(t, filepath.Join(dir, "blobs", strings.Repeat("ab", 32)), "Snapshot")
	for _, revision := range []string{"r1", "r2"} {
		snapshot := filepath.Join(dir, "snapshots", revision)
		if err := os.MkdirAll(snapshot, 0o700); err != nil {
			t.Fatal(err)
		}
		link(t, filepath.Join("..", "..", "blobs", strings.Repeat("ab", 32)), filepath.Join(snapshot, "snapshot-q8_0.gguf"))
	}
}

func link(t *testing.T, target, path string) {
	t.Helper()
	if err := os.Symlink(target, path); err != nil {
		t.Fatal(err)
	}
}

// ollamaModel makes a manifest and its blob, which calls itself general.
func ollamaModel(t *testing.T, dir, name, tag, general string) {
	t.Helper()
	path := write(t, filepath.Join(dir, "blobs", "temporary"), general)
	id := hashOf(t, path)
	if err := os.Rename(path, filepath.Join(dir, "blobs", blobPrefix+id)); err != nil {
		t.Fatal(err)
	}
	manifest := filepath.Join(dir, "manifests", "registry.ollama.ai", "library", name, tag)
	if err := os.MkdirAll(filepath.Dir(manifest), 0o700); err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf(`{"schemaVersion":2,"layers":[{"mediaType":"application/vnd.ollama.image.license","digest":"sha256:%s"},
		{"mediaType":%q,"digest":"sha256:%s","size":1}]}`, strings.Repeat("0", 64), modelLayer, id)
	if err := os.WriteFile(manifest, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestAWalkEnds(t *testing.T) {
	dir := t.TempDir()
	deep := filepath.Join(dir, strings.Repeat("d/", walkDepthMax+3))
	write(t, filepath.Join(deep, "deep.gguf"), "Deep")
	write(t, filepath.Join(dir, "a", "one.gguf"), "One")
	link(t, dir, filepath.Join(dir, "a", "round"))
	link(t, "self.gguf", filepath.Join(dir, "self.gguf"))
	link(t, "nowhere", filepath.Join(dir, "dead.gguf"))
	w := walk{ctx: t.Context(), seen: map[string]bool{}}
	w.folder("P", dir, 0)
	if len(w.files) != 1 || filepath.Base(w.files[0].path) != "one.gguf" {
		t.Errorf("found %v", w.files)
	}
	w = walk{ctx: t.Context(), seen: map[string]bool{}, entries: walkEntriesMax - 1}
	w.folder("P", dir, 0)
	if len(w.files) != 0 {
		t.Errorf("beyond the limit it found %v", w.files)
	}
	l := newLibrary(t)
	l.places = places{{"P", dir}}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.Found(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled look gives %v", err)
	}
}

func TestPlacesNamedByTheEnvironment(t *testing.T) {
	env := map[string]string{
		"OLLAMA_MODELS": "/o", "LLAMA_CACHE": "/l", "HF_HOME": "/h", "XDG_DATA_HOME": "/d", "XDG_CACHE_HOME": "/c",
		"LOCALAPPDATA": "/local", "APPDATA": "/roaming", "HF_HUB_CACHE": "relative is ignored",
	}
	all := map[string]places{}
	for _, goos := range []string{"linux", "darwin", "windows"} {
		all[goos] = placesOf(goos, "/home", func(name string) string { return env[name] })
	}
	for _, c := range []struct{ goos, path, want string }{
		{"linux", "/o/blobs/x", ollama},
		{"linux", "/usr/share/ollama/.ollama/models/blobs/x", ollama},
		{"linux", "/l/x.gguf", llamaCpp},
		{"linux", "/c/llama.cpp/x.gguf", llamaCpp},
		{"linux", "/h/hub/x", huggingFace},
		{"linux", "/d/nomic.ai/GPT4All/x.gguf", gpt4All},
		{"linux", "/home/jan/models/x/y.gguf", jan},
		{"linux", "/home/.cache/lm-studio/models/x", lmStudio},
		{"linux", "/home/.lmstudio/modelsx/x", "/home/.lmstudio/modelsx"},
		{"darwin", "/home/Library/Application Support/Jan/data/x", jan},
		{"darwin", "/home/Library/Caches/llama.cpp/x", llamaCpp},
		{"windows", "/local/nomic.ai/GPT4All/x", gpt4All},
		{"windows", "/roaming/Jan/data/x", jan},
	} {
		if got := all[c.goos].sourceOf(c.path); got != c.want {
			t.Errorf("%s on %s is of %q, want %q", c.path, c.goos, got, c.want)
		}
	}
}

func FuzzManifest(f *testing.F) {
	f.Add([]byte(`{"layers":[{"mediaType":"` + modelLayer + `","digest":"sha256:` + strings.Repeat("0", 64) + `"}]}`))
	f.Add([]byte(`{"layers":[{"mediaType":"` + modelLayer + `","digest":"sha256:../../etc/passwd"}]}`))
	f.Add([]byte(`[`))
	f.Fuzz(func(t *testing.T, b []byte) {
		blob, ok := parseManifest(b)
		if id, has := strings.CutPrefix(blob, blobPrefix); ok && (!has || !idForm.MatchString(id)) {
			t.Errorf("%q", blob)
		}
	})
}
