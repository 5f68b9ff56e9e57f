package models

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"croft/app/health"
	"croft/engine/gguf"
	"croft/engine/tinymodel"
)

// floats writes a small model with F32 weights.
func floats(t *testing.T) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "m.gguf")
	if err := tinymodel.Write(path, tinymodel.Options{Embd: 256, FF: 256}); err != nil {
		t.Fatal(err)
	}
	return path
}

// wantOnly fails unless the folder holds just these files.
func wantOnly(t *testing.T, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if !slices.Equal(got, names) {
		t.Errorf("the folder holds %q, want %q", got, names)
	}
}

func TestQuantizeMakesASmallerModelThatRuns(t *testing.T) {
	from, dir := floats(t), t.TempDir()
	last := int64(0)
	for _, quant := range QuantizeTypes() {
		to := filepath.Join(dir, quant)
		q, err := Quantize(t.Context(), from, to, strings.ToLower(quant), func(done, _ int64) { last = done })
		if err != nil {
			t.Fatal(err)
		}
		info, err := Inspect(to)
		if err != nil || info.Quant != quant || q.Type != quant || info.SizeBytes != q.SizeBytes || q.SizeBytes*3 > q.SourceBytes || last == 0 {
			t.Errorf("%+v, %v, a %s of %d bytes", q, err, info.Quant, info.SizeBytes)
		}
		p, err := OpenProbe(to, 0, 1, "")
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := p.Greedy(t.Context(), []int{1, 2, 3}, 4); err != nil {
			t.Error(err)
		}
		p.Close()
	}
	wantOnly(t, dir, "Q4_0", "Q4_K_M", "Q6_K", "Q8_0")
}

func TestQuantizeNeverReplacesAFile(t *testing.T) {
	from, dir := floats(t), t.TempDir()
	to := filepath.Join(dir, "old")
	if err := os.WriteFile(to, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	late := filepath.Join(dir, "late")
	for _, c := range []struct {
		to       string
		progress func(done, total int64)
	}{
		{to, nil},
		{dir, nil},
		{from, nil},
		{late, func(_, _ int64) { os.WriteFile(late, []byte("old"), 0o600) }}, // comes while the new one is written
	} {
		if _, err := Quantize(t.Context(), from, c.to, "Q8_0", c.progress); !errors.Is(err, fs.ErrExist) {
			t.Errorf("%s: %v", c.to, err)
		}
	}
	for _, path := range []string{to, late} {
		if b, _ := os.ReadFile(path); string(b) != "old" {
			t.Errorf("%s was replaced", path)
		}
	}
	wantOnly(t, dir, "late", "old")
}

func TestQuantizeThatFailsLeavesNothing(t *testing.T) {
	from := floats(t)
	bad := filepath.Join(t.TempDir(), "bad.gguf")
	b, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	binary.LittleEndian.PutUint32(b[len(b)-4:], math.Float32bits(float32(math.NaN())))
	if err := os.WriteFile(bad, b, 0o600); err != nil {
		t.Fatal(err)
	}
	done := filepath.Join(t.TempDir(), "done.gguf")
	if err := tinymodel.Write(done, tinymodel.Options{Type: gguf.Q8_0}); err != nil {
		t.Fatal(err)
	}
	page := filepath.Join(t.TempDir(), "page.gguf")
	if err := os.WriteFile(page, bytes.Repeat([]byte("<html>"), 9), 0o600); err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	defer cancel()
	roomy := func(string) (int64, error) { return 1 << 40, nil }
	for name, c := range map[string]struct {
		ctx   context.Context
		from  string
		space func(string) (int64, error)
		want  string // in the line
	}{
		"not a number": {t.Context(), bad, roomy, "has a weight that is not a number. The file is damaged"},
		"quantized":    {t.Context(), done, roomy, "F32, F16 or BF16: \"token_embd.weight\" is Q8_0. Take the file"},
		"no model":     {t.Context(), page, roomy, "it is a web page"},
		"no file":      {t.Context(), page + "x", roomy, "There is no file"},
		"no space":     {t.Context(), from, func(string) (int64, error) { return 1 << 20, nil }, "the disk has 1 MB free. Free some space"},
		"stopped":      {ended, from, roomy, "It was stopped"},
	} {
		dir := t.TempDir()
		q := quantizer{space: c.space, progress: func(done, _ int64) {
			if c.ctx == ended && done > 0 {
				cancel()
			}
		}}
		_, err := q.run(c.ctx, c.from, filepath.Join(dir, "new.gguf"), "Q4_K_M")
		if line := health.Of(err).Line(); err == nil || !strings.Contains(line, c.want) {
			t.Errorf("%s: %q, want %q", name, line, c.want)
		}
		wantOnly(t, dir)
	}
	if _, err := Quantize(t.Context(), from, filepath.Join(t.TempDir(), "none", "new.gguf"), "Q8_0", nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder that is not there gives %v", err)
	}
	if _, err := Quantize(t.Context(), from, filepath.Join(t.TempDir(), "x"), "Q2_K", nil); err == nil || !strings.Contains(err.Error(), "Q4_K_M, Q4_0, Q8_0, Q6_K") {
		t.Errorf("a type that cannot be made gives %v", err)
	}
}

func TestQuantizeNamesTheFolderItMayNotWriteTo(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may write everywhere")
	}
	from, dir := floats(t), t.TempDir()
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	_, err := Quantize(t.Context(), from, filepath.Join(dir, "new.gguf"), "Q8_0", nil)
	if line := health.Of(err).Line(); !strings.Contains(line, dir) || strings.Contains(line, partPrefix) {
		t.Errorf("%q", line)
	}
}
