package gguf

import (
	"os"
	"path/filepath"
	"testing"
)

// golden is the folder of reference files. It is large and not part of the project.
func golden(t *testing.T, sub string) []string {
	t.Helper()
	dir := os.Getenv("CROFT_GOLDEN")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "golden")
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("no golden files: set CROFT_GOLDEN to their folder (%v)", err)
	}
	files, err := filepath.Glob(filepath.Join(dir, sub, "*.gguf"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no GGUF files in %s/%s", dir, sub)
	}
	return files
}

func TestGoldenFilesOpen(t *testing.T) {
	for _, sub := range []string{"vocab", "models", "stories"} {
		for _, path := range golden(t, sub) {
			f, err := Open(path)
			if err != nil {
				t.Errorf("%s: %v", filepath.Base(path), err)
				continue
			}
			if _, ok := f.String("general.architecture"); !ok {
				t.Errorf("%s: no architecture", filepath.Base(path))
			}
			if tokens, ok := f.Strings("tokenizer.ggml.tokens"); !ok || tokens.Len() == 0 {
				t.Errorf("%s: no vocabulary", filepath.Base(path))
			}
			if err := f.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}
