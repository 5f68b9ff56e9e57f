package models

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"croft/app/health"
)

func TestWhatIsLentIsTheFile(t *testing.T) {
	l, path := hasty(t), bigFile(t, "Big 1B")
	for how, add := range map[string]func(context.Context, string, func(int64, int64)) (Model, error){"adopt": l.Adopt, "import": l.Import} {
		m, err := add(t.Context(), path, nil)
		if err != nil {
			t.Fatal(err)
		}
		described, err := l.Manifest(t.Context(), m.ID)
		if err != nil || described.check(m.ID) != nil || described.Name != m.Name || len(described.Chunks) != fileChunks {
			t.Fatalf("%s: %+v, %v", how, described, err)
		}
		var whole bytes.Buffer
		for n, want := range described.Chunks {
			r, size, err := l.Chunk(t.Context(), m.ID, n)
			if err != nil {
				t.Fatal(err)
			}
			b, err := io.ReadAll(r)
			if err := errors.Join(err, r.Close()); err != nil || sumOf(b) != want || int64(len(b)) != size || size != described.bytesOf(n) {
				t.Errorf("%s: chunk %d has %d of %d bytes, %v", how, n, len(b), size, err)
			}
			whole.Write(b)
		}
		if sumOf(whole.Bytes()) != m.ID {
			t.Errorf("%s: the chunks are not the file", how)
		}
		for _, n := range []int{-1, fileChunks, 1 << 40} {
			if _, _, err := l.Chunk(t.Context(), m.ID, n); !errors.Is(err, ErrNotFound) {
				t.Errorf("%s: chunk %d gives %v", how, n, err)
			}
		}
	}
	for _, id := range []string{"", "../croft.db", strings.Repeat("0", 64)} {
		if _, err := l.Manifest(t.Context(), id); !errors.Is(err, ErrNotFound) {
			t.Errorf("the manifest of %q gives %v", id, err)
		}
		if _, _, err := l.Chunk(t.Context(), id, 0); !errors.Is(err, ErrNotFound) {
			t.Errorf("a chunk of %q gives %v", id, err)
		}
	}
}

// A chunk goes to the network in pieces that are worth a write.
func TestAChunkIsWrittenInLargePieces(t *testing.T) {
	l := hasty(t)
	m, err := l.Adopt(t.Context(), bigFile(t, "Big 1B"), nil)
	if err != nil {
		t.Fatal(err)
	}
	r, size, err := l.Chunk(t.Context(), m.ID, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var w pieces
	if n, err := io.Copy(&w, r); err != nil || n != size || len(w) != ChunkBytes/writeStep {
		t.Errorf("%d bytes in %d pieces, %v", n, len(w), err)
	}
}

// pieces are the lengths of what is written.
type pieces []int

func (p *pieces) Write(b []byte) (int, error) { *p = append(*p, len(b)); return len(b), nil }

func TestAFileThatChangedIsNotLent(t *testing.T) {
	l, path := hasty(t), bigFile(t, "Big 1B")
	m, err := l.Adopt(t.Context(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	st, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt([]byte("damage"), 2*ChunkBytes); err != nil {
		t.Fatal(err)
	}
	f.Close()
	if _, err := l.Manifest(t.Context(), m.ID); !errors.Is(err, ErrChanged) {
		t.Errorf("a file that was written to gives %v", err)
	}
	if _, _, err := l.Chunk(t.Context(), m.ID, 0); !errors.Is(err, ErrChanged) {
		t.Errorf("a chunk of it gives %v", err)
	}
	// The disk has damaged it: nothing shows that but reading it.
	if err := os.Chtimes(path, st.ModTime(), st.ModTime()); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Manifest(t.Context(), m.ID); !errors.Is(err, ErrChanged) || !strings.Contains(health.Of(err).Sentence, "not the one that was added") {
		t.Errorf("a damaged file gives %v", err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, _, err := l.Chunk(t.Context(), m.ID, 0); !errors.Is(err, ErrMissing) {
		t.Errorf("a file that is gone gives %v", err)
	}
}

func TestHashesAreKept(t *testing.T) {
	l, path := hasty(t), bigFile(t, "Big 1B")
	m, err := l.Adopt(t.Context(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	want, err := l.Manifest(t.Context(), m.ID)
	if err != nil {
		t.Fatal(err)
	}
	r, err := l.record(t.Context(), m.ID)
	if err != nil {
		t.Fatal(err)
	}
	kept := filepath.Join(l.path, sumsName(m.ID))
	good, err := os.ReadFile(kept)
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := l.savedSums(r); !ok || !want.same(Manifest{SizeBytes: r.SizeBytes, Chunks: got}) {
		t.Errorf("kept are %v, %v", got, ok)
	}
	for i := range good {
		if b := bytes.Clone(good); i%7 == 0 {
			b[i] ^= 4
			writeFile(t, kept, b)
			if _, ok := l.savedSums(r); ok {
				t.Errorf("byte %d does not matter", i)
			}
		}
	}
	for _, b := range [][]byte{nil, good[:len(good)-1], append(bytes.Clone(good), 0), make([]byte, len(good))} {
		writeFile(t, kept, b)
		if got, err := l.Manifest(t.Context(), m.ID); err != nil || !got.same(want) {
			t.Errorf("after %d bytes the manifest is %+v, %v", len(b), got, err)
		}
	}
	later := r
	later.Modified = r.Modified.Add(time.Nanosecond)
	if _, ok := l.savedSums(later); ok {
		t.Error("the hashes of an older file are used")
	}
	if err := l.Delete(t.Context(), m.ID); err != nil || len(files(t, l)) != 0 {
		t.Errorf("after deleting it %v stays, %v", files(t, l), err)
	}
}

func writeFile(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestWhoeverAsksForAManifestMayLeave(t *testing.T) {
	l := hasty(t)
	m, err := l.Adopt(t.Context(), bigFile(t, "Big 1B"), nil)
	if err != nil {
		t.Fatal(err)
	}
	l.summing <- struct{}{} // another file is being read
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := l.Manifest(ctx, m.ID); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("waiting gives %v", err)
	}
	<-l.summing
	ctx, cancel = context.WithCancel(t.Context())
	cancel()
	if _, err := l.Manifest(ctx, m.ID); !errors.Is(err, context.Canceled) {
		t.Errorf("reading gives %v", err)
	}
	if _, err := l.Manifest(t.Context(), m.ID); err != nil {
		t.Error(err)
	}
}
