package models

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"croft/app/health"
)

// fileChunks is how many chunks the test's file has; the last one is short.
const fileChunks = 9

// bigFile makes a model's file that calls itself name, each chunk of it different.
func bigFile(t testing.TB, name string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "big.gguf")
	b := make([]byte, (fileChunks-1)*ChunkBytes+12345)
	rand.NewChaCha8([32]byte([]byte(strings.Repeat(name, 32)[:32]))).Read(b)
	copy(b, name+"\n")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// lender is a source that gives the file at path.
type lender struct {
	name     string
	path     string
	manifest Manifest
	err      error                                               // instead of the manifest
	spoil    func(ctx context.Context, n int, b []byte) []byte   // what to send instead of b; nil: fail
	before   func(ctx context.Context, n int) (stop error)       // called first
	sum      func(ctx context.Context, m *Manifest) (stop error) // changes the manifest
	mu       sync.Mutex
	asked    []int
}

func newLender(t testing.TB, name, path string) *lender {
	t.Helper()
	m, ok := described.Load(path)
	if !ok {
		m = describe(t, path)
		described.Store(path, m)
	}
	return &lender{name: name, path: path, manifest: m.(Manifest)}
}

// described are the manifests of files that several tests lend.
var described sync.Map

func describe(t testing.TB, path string) Manifest {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	chunks, whole, err := sumChunks(t.Context(), f, st.Size())
	if err != nil {
		t.Fatal(err)
	}
	return Manifest{whole, "My Model", st.Size(), ChunkBytes, chunks}
}

func (s *lender) Name() string { return s.name }

func (s *lender) Manifest(ctx context.Context, id string) (Manifest, error) {
	m := s.manifest
	m.Chunks = slices.Clone(m.Chunks)
	if s.sum != nil {
		if err := s.sum(ctx, &m); err != nil {
			return Manifest{}, err
		}
	}
	return m, s.err
}

func (s *lender) Chunk(ctx context.Context, id string, n int) (io.ReadCloser, error) {
	s.mu.Lock()
	s.asked = append(s.asked, n)
	s.mu.Unlock()
	if s.before != nil {
		if err := s.before(ctx, n); err != nil {
			return nil, err
		}
	}
	b := make([]byte, s.manifest.bytesOf(n))
	f, err := os.Open(s.path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if _, err := f.ReadAt(b, int64(n)*ChunkBytes); err != nil {
		return nil, err
	}
	if s.spoil != nil {
		b = s.spoil(ctx, n, b)
	}
	return io.NopCloser(bytes.NewReader(b)), ctx.Err()
}

// times returns how often chunk n was asked for.
func (s *lender) times(n int) (count int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.asked {
		if a == n {
			count++
		}
	}
	return count
}

func (s *lender) total() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.asked)
}

// flip damages a chunk.
func flip(b []byte) []byte {
	b[len(b)/2] ^= 1
	return b
}

// hasty is a library whose copies do not pause, and ask nobody twice only since this machine is busy.
func hasty(t *testing.T) *Library {
	t.Helper()
	l := newLibrary(t)
	l.times = copyTimes{report: time.Millisecond, stall: time.Minute, pause: time.Millisecond, patience: time.Minute}
	return l
}

// wantFetched fails unless the library has the model of s and nothing else lies beside it.
func wantFetched(t *testing.T, l *Library, m Model, err error, s *lender) {
	t.Helper()
	if err != nil {
		t.Fatal(err, health.Of(err))
	}
	id := s.manifest.ID
	if m.ID != id || !m.Owned || m.Problem != "" || m.SizeBytes != s.manifest.SizeBytes || hashOf(t, m.Path) != id {
		t.Errorf("copied %+v", m)
	}
	if got, want := fmt.Sprint(files(t, l)), fmt.Sprint([]string{sumsName(id), fileName(id)}); got != want {
		t.Errorf("the folder holds %v, want %v", got, want)
	}
	if n := l.pledged.Load(); n != 0 {
		t.Errorf("%d bytes are still kept free", n)
	}
}

func TestFetchTakesFromAllSourcesAtOnce(t *testing.T) {
	l, path := hasty(t), bigFile(t, "Big 1B")
	a, b := newLender(t, "A", path), newLender(t, "B", path)
	var both sync.WaitGroup
	both.Add(2)
	met := make(chan bool)
	go func() { both.Wait(); close(met) }()
	for _, s := range []*lender{a, b} {
		once := sync.OnceFunc(both.Done)
		s.before = func(ctx context.Context, _ int) error {
			once()
			select {
			case <-met: // each source waits for the other to be asked
				return nil
			case <-time.After(5 * time.Second):
				return errors.New("the other one was not asked")
			}
		}
	}
	changes := 0
	defer l.Watch(func() { changes++ })()
	m, err := l.Fetch(t.Context(), a.manifest.ID, []Source{a, b}, nil)
	wantFetched(t, l, m, err, a)
	if m.Name != "My Model" || m.Source != "Croft" || changes != 1 {
		t.Errorf("copied %+v, %d changes told", m, changes)
	}
	if n := a.total() + b.total(); n != fileChunks || a.total() == 0 || b.total() == 0 {
		t.Errorf("%d and %d chunks of %d were asked for", a.total(), b.total(), fileChunks)
	}
	if again, err := l.Fetch(t.Context(), m.ID, []Source{a}, nil); err != nil || again.ID != m.ID || a.total()+b.total() != fileChunks {
		t.Errorf("a second time gives %+v, %v", again, err)
	}
}

// What a library lends is what another one copies, and lends on at once.
func TestLendAndFetch(t *testing.T) {
	first, second := hasty(t), hasty(t)
	m, err := first.Import(t.Context(), bigFile(t, "Big 1B"), nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := second.Fetch(t.Context(), m.ID, []Source{libraryOf{first}}, nil)
	if err != nil || got.ID != m.ID || got.Name != m.Name {
		t.Fatalf("copied %+v, %v", got, err)
	}
	a, err := first.Manifest(t.Context(), m.ID)
	if err != nil {
		t.Fatal(err)
	}
	r, err := second.record(t.Context(), m.ID)
	if err != nil {
		t.Fatal(err)
	}
	if kept, ok := second.savedSums(r); !ok || !slices.Equal(kept, a.Chunks) {
		t.Errorf("the hashes of the copy are not kept: %v", ok)
	}
	if b, err := second.Manifest(t.Context(), m.ID); err != nil || !a.same(b) || len(a.Chunks) != fileChunks {
		t.Errorf("%d chunks of the copy, %v", len(b.Chunks), err)
	}
}

// libraryOf is a library as a source.
type libraryOf struct{ *Library }

func (s libraryOf) Name() string { return "Library" }

func (s libraryOf) Chunk(ctx context.Context, id string, n int) (io.ReadCloser, error) {
	r, _, err := s.Library.Chunk(ctx, id, n)
	return r, err
}

func TestADamagedChunkAloneIsFetchedAgain(t *testing.T) {
	path := bigFile(t, "Big 1B")
	for _, others := range []int{0, 1} {
		l, bad := hasty(t), newLender(t, "Bad", path)
		var mu sync.Mutex
		first, damagedChunk := true, -1
		bad.spoil = func(_ context.Context, n int, b []byte) []byte {
			mu.Lock()
			defer mu.Unlock()
			if first {
				first, damagedChunk = false, n
				return flip(b)
			}
			return b
		}
		sources, total := []Source{bad}, bad.total
		if others == 1 {
			good := newLender(t, "Good", path)
			good.before = func(ctx context.Context, _ int) error { // so that the other one is asked as well
				for bad.total() == 0 && ctx.Err() == nil {
					time.Sleep(time.Millisecond)
				}
				return nil
			}
			sources, total = append(sources, good), func() int { return bad.total() + good.total() }
		}
		m, err := l.Fetch(t.Context(), bad.manifest.ID, sources, nil)
		wantFetched(t, l, m, err, bad)
		if total() != fileChunks+1 {
			t.Errorf("%d chunks were fetched of %d", total(), fileChunks)
		}
		if n := bad.times(damagedChunk); n != 2-others {
			t.Errorf("with %d others, who sent chunk %d damaged was asked for it %d times", others, damagedChunk, n)
		}
	}
}

func TestASourceThatLiesTwiceIsDropped(t *testing.T) {
	l, path := hasty(t), bigFile(t, "Big 1B")
	bad, good := newLender(t, "Bad", path), newLender(t, "Good", path)
	for name, spoil := range map[string]func([]byte) []byte{
		"damaged": flip,
		"longer":  func(b []byte) []byte { return append(b, 0) },
	} {
		bad.spoil = func(_ context.Context, _ int, b []byte) []byte { return spoil(b) }
		bad.asked = nil
		_, err := l.Fetch(t.Context(), bad.manifest.ID, []Source{bad}, nil)
		if p := health.Of(err); !errors.Is(err, ErrDamaged) || !strings.Contains(p.Line(), "from Bad is not this model. Run croft models check there") {
			t.Errorf("%s: %v; %s", name, err, p.Line())
		}
		if n := bad.total(); n < liesMost || n > liesMost+streams {
			t.Errorf("%s: it was asked %d times", name, n)
		}
	}
	bad.asked = nil
	m, err := l.Fetch(t.Context(), bad.manifest.ID, []Source{bad, good}, nil)
	wantFetched(t, l, m, err, good)
	if n := bad.total(); n > liesMost+streams {
		t.Errorf("the liar was asked %d times", n)
	}
}

func TestALieInTheManifest(t *testing.T) {
	path := bigFile(t, "Big 1B")
	for name, lie := range map[string]func(*Manifest){
		"another chunk, and it sends that": func(m *Manifest) { m.Chunks[3] = sumOf(flip(chunkAt(t, path, m, 3))) },
		"a chunk that nobody has":          func(m *Manifest) { m.Chunks[3] = strings.Repeat("0", 64) },
		"shorter":                          func(m *Manifest) { m.SizeBytes -= ChunkBytes; m.Chunks = m.Chunks[:fileChunks-1] },
		"endless":                          func(m *Manifest) { *m = endlessManifest(m.ID) },
		"another file":                     func(m *Manifest) { m.ID = strings.Repeat("0", 64) },
		"no hashes":                        func(m *Manifest) { m.Chunks[0] = "../.." },
		"too few":                          func(m *Manifest) { m.Chunks = m.Chunks[1:] },
		"negative":                         func(m *Manifest) { m.SizeBytes = -1 },
		"other chunks":                     func(m *Manifest) { m.ChunkBytes = 1 },
	} {
		t.Run(name, func(t *testing.T) {
			l := hasty(t)
			bad, good := newLender(t, "Bad", path), newLender(t, "Good", path)
			told := make(chan bool)
			tell := sync.OnceFunc(func() { close(told) })
			bad.sum = func(_ context.Context, m *Manifest) error { lie(m); tell(); return nil }
			bad.spoil = func(_ context.Context, n int, b []byte) []byte {
				if n == 3 && strings.HasPrefix(name, "another chunk") {
					return flip(b)
				}
				return b
			}
			good.sum = func(ctx context.Context, _ *Manifest) error { // the lie comes first
				<-told
				time.Sleep(50 * time.Millisecond)
				return ctx.Err()
			}
			m, err := l.Fetch(t.Context(), good.manifest.ID, []Source{bad, good}, nil)
			wantFetched(t, l, m, err, good)
			if n := bad.total() + good.total(); n > fileChunks+4 {
				t.Errorf("%d chunks were fetched for %d", n, fileChunks)
			}
			alone := hasty(t)
			_, err = alone.Fetch(t.Context(), good.manifest.ID, []Source{bad}, nil)
			if want := ErrDamaged; !errors.Is(err, want) && !(name == "endless" && errors.Is(err, ErrNoSpace)) {
				t.Errorf("alone it gives %v", err)
			}
			if list, err := alone.List(t.Context()); err != nil || len(list) != 0 {
				t.Errorf("the library has %v, %v", list, err)
			}
		})
	}
}

func chunkAt(t *testing.T, path string, m *Manifest, n int) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Error(err)
	}
	return b[n*ChunkBytes:][:m.bytesOf(n)]
}

func endlessManifest(id string) Manifest {
	return Manifest{id, "Endless", chunksMax * ChunkBytes, ChunkBytes, slices.Repeat([]string{strings.Repeat("0", 64)}, chunksMax)}
}

func TestASourceThatVanishes(t *testing.T) {
	path := bigFile(t, "Big 1B")
	for name, vanish := range map[string]func(context.Context, *lender) error{
		"with an error":      func(context.Context, *lender) error { return errors.New("connection reset") },
		"in silence":         func(ctx context.Context, _ *lender) error { <-ctx.Done(); return ctx.Err() },
		"deleting the model": func(context.Context, *lender) error { return notFound("it") },
		"closing the door":   func(context.Context, *lender) error { return ErrForbidden },
	} {
		t.Run(name, func(t *testing.T) {
			l := hasty(t)
			if name == "in silence" {
				l.times.stall = 300 * time.Millisecond
			}
			a, b := newLender(t, "A", path), newLender(t, "B", path)
			a.before = func(ctx context.Context, _ int) error {
				if a.total() > 3 {
					return vanish(ctx, a)
				}
				return nil
			}
			_, err := l.Fetch(t.Context(), a.manifest.ID, []Source{a}, nil)
			line := health.Of(err).Line()
			switch {
			case name == "deleting the model" && (!errors.Is(err, ErrNoSource) || !strings.Contains(line, "None of your devices")),
				name == "closing the door" && (!errors.Is(err, ErrForbidden) || !strings.Contains(line, "may not copy models from A")),
				strings.Contains(name, "n ") && name[0] != 'd' && (!errors.Is(err, ErrNoSource) || !strings.Contains(line, "to A was lost. Try again when it is back; the copy goes on")):
				t.Errorf("alone it gives %v; %s", err, line)
			}
			kept := a.total()
			a.asked = nil
			m, err := l.Fetch(t.Context(), a.manifest.ID, []Source{a, b}, nil)
			wantFetched(t, l, m, err, b)
			if n := a.total() + b.total(); kept < 3 || n > fileChunks-3+tries*streams {
				t.Errorf("%d chunks were fetched after %d", n, kept)
			}
		})
	}
}

// A chunk that one source sends too slowly is fetched from another one, and the slow one is not waited for.
func TestASlowSourceHoldsNothingUp(t *testing.T) {
	l, path := hasty(t), bigFile(t, "Big 1B")
	l.times.patience = 100 * time.Millisecond
	slow, fast := newLender(t, "Slow", path), newLender(t, "Fast", path)
	slow.before = func(ctx context.Context, _ int) error { <-ctx.Done(); return ctx.Err() }
	fast.before = func(ctx context.Context, _ int) error {
		for slow.total() < streams && ctx.Err() == nil {
			time.Sleep(time.Millisecond)
		}
		return nil
	}
	m, err := l.Fetch(t.Context(), fast.manifest.ID, []Source{slow, fast}, nil)
	wantFetched(t, l, m, err, fast)
	if slow.total() != streams || fast.total() != fileChunks {
		t.Errorf("%d and %d chunks were asked for", slow.total(), fast.total())
	}
}

func TestNobodyHasIt(t *testing.T) {
	l, path := hasty(t), bigFile(t, "Big 1B")
	s := newLender(t, "A", path)
	s.err = notFound("it")
	for name, sources := range map[string][]Source{"no sources": nil, "not there": {s}} {
		if _, err := l.Fetch(t.Context(), s.manifest.ID, sources, nil); !errors.Is(err, ErrNoSource) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s.err = ErrForbidden
	if _, err := l.Fetch(t.Context(), s.manifest.ID, []Source{s}, nil); !errors.Is(err, ErrForbidden) {
		t.Errorf("closed: %v", err)
	}
	if got := files(t, l); len(got) != 0 {
		t.Errorf("%v stays behind", got)
	}
	for _, id := range []string{"", "../x", strings.Repeat("A", 64)} {
		if _, err := l.Fetch(t.Context(), id, []Source{s}, nil); !errors.Is(err, ErrNotFound) {
			t.Errorf("%q gives %v", id, err)
		}
	}
}
