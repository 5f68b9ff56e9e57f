package models

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"croft/app/health"
)

// partOf is where an unfinished copy lies.
func partOf(l *Library, id string) string { return filepath.Join(l.path, fetchName(id)) }

// stopAfter cancels a copy from s when n chunks were asked for, and returns what it says.
func stopAfter(t *testing.T, l *Library, s *lender, n int) error {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s.before = func(ctx context.Context, _ int) error {
		if s.total() > n {
			cancel()
		}
		return ctx.Err()
	}
	_, err := l.Fetch(ctx, s.manifest.ID, []Source{s}, nil)
	s.before = nil
	return err
}

func TestACancelledCopyGoesOnWhereItStopped(t *testing.T) {
	l := hasty(t)
	s := newLender(t, "A", bigFile(t, "Big 1B"))
	if err := stopAfter(t, l, s, 5); !errors.Is(err, context.Canceled) || health.Of(err).Title != "Stopped" {
		t.Errorf("cancelling gives %v", err)
	}
	if n := l.pledged.Load(); n != 0 {
		t.Errorf("%d bytes are still kept free", n)
	}
	if st, err := os.Stat(partOf(l, s.manifest.ID)); err != nil || st.Size() < 4*ChunkBytes {
		t.Errorf("what is left of it: %+v, %v", st, err)
	}
	if list, err := l.List(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("the library has %v, %v", list, err)
	}
	var first CopyProgress
	m, err := l.Fetch(t.Context(), s.manifest.ID, []Source{s}, func(p CopyProgress) {
		if first.Total == 0 {
			first = p
		}
	})
	wantFetched(t, l, m, err, s)
	if n := s.total(); n > fileChunks+streams {
		t.Errorf("%d chunks were fetched in all, of %d", n, fileChunks)
	}
	if _, err := os.Stat(partOf(l, s.manifest.ID)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the unfinished copy is still there: %v", err)
	}
}

// What lies in an unfinished copy is never believed: not after a power failure, and not when somebody wrote to it.
func TestWhatWasCopiedIsCheckedAgain(t *testing.T) {
	s := newLender(t, "A", bigFile(t, "Big 1B"))
	for name, harm := range map[string]func(f *os.File) error{
		"zeros":     func(f *os.File) error { _, err := f.WriteAt(make([]byte, 5000), ChunkBytes-2500); return err },
		"truncated": func(f *os.File) error { return f.Truncate(2*ChunkBytes - 1) },
		"longer":    func(f *os.File) error { return f.Truncate((fileChunks + 3) * ChunkBytes) },
		"nothing":   func(f *os.File) error { return f.Truncate(0) },
	} {
		l := hasty(t)
		s.asked = nil
		stopAfter(t, l, s, 6)
		f, err := os.OpenFile(partOf(l, s.manifest.ID), os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(harm(f), f.Close()); err != nil {
			t.Fatal(err)
		}
		m, err := l.Fetch(t.Context(), s.manifest.ID, []Source{s}, nil)
		wantFetched(t, l, m, err, s)
		if n := s.total(); name == "zeros" && n > fileChunks+streams+2 {
			t.Errorf("%s: %d chunks were fetched for 2 damaged ones of %d", name, n, fileChunks)
		}
	}
}

// Something writes to the file after a chunk of it was checked and before the whole is hashed that far.
func TestWhatIsSpoiledOnTheWayIsFetchedAgain(t *testing.T) {
	l := hasty(t)
	s := newLender(t, "A", bigFile(t, "Big 1B"))
	spoiled := make(chan bool)
	s.before = func(ctx context.Context, n int) error {
		switch {
		case n == 0: // which holds up the hash
			<-spoiled
		case n == 2 && s.times(2) == 1: // the same stream has written chunk 1
			defer close(spoiled)
			f, err := os.OpenFile(partOf(l, s.manifest.ID), os.O_RDWR, 0)
			if err == nil {
				_, err = f.WriteAt([]byte("spoiled"), ChunkBytes+7)
				err = errors.Join(err, f.Close())
			}
			return err
		}
		return nil
	}
	m, err := l.Fetch(t.Context(), s.manifest.ID, []Source{s}, nil)
	wantFetched(t, l, m, err, s)
	if s.times(1) != 2 || s.total() != fileChunks+1 {
		t.Errorf("chunk 1 was fetched %d times, %d in all", s.times(1), s.total())
	}
}

func TestACopyThatHasItsNameButNoRecordIsUsed(t *testing.T) {
	l := hasty(t)
	s := newLender(t, "A", bigFile(t, "Big 1B"))
	b, err := os.ReadFile(s.path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(l.path, fileName(s.manifest.ID)), b, 0o600); err != nil {
		t.Fatal(err)
	}
	m, err := l.Fetch(t.Context(), s.manifest.ID, []Source{s}, nil)
	wantFetched(t, l, m, err, s)
	if n := s.total(); n != 0 {
		t.Errorf("%d chunks were fetched", n)
	}
}

// A model whose file was damaged is copied anew; a reply that still reads the old file keeps it.
func TestADamagedModelIsReplaced(t *testing.T) {
	l := hasty(t)
	s := newLender(t, "A", bigFile(t, "Big 1B"))
	m, err := l.Fetch(t.Context(), s.manifest.ID, []Source{s}, nil)
	if err != nil {
		t.Fatal(err)
	}
	old, err := os.OpenFile(m.Path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	if _, err := old.WriteAt([]byte("damage"), 100); err != nil {
		t.Fatal(err)
	}
	m, err = l.Fetch(t.Context(), s.manifest.ID, []Source{s}, nil)
	wantFetched(t, l, m, err, s)
	b := make([]byte, 6)
	if _, err := old.ReadAt(b, 100); err != nil || string(b) != "damage" {
		t.Errorf("the old file has changed to %q, %v", b, err)
	}
}

func TestOneCopyAtATime(t *testing.T) {
	l := hasty(t)
	s := newLender(t, "A", bigFile(t, "Big 1B"))
	var second error
	var asked atomic.Bool
	s.before = func(ctx context.Context, _ int) error {
		if asked.CompareAndSwap(false, true) {
			_, second = l.Fetch(ctx, s.manifest.ID, []Source{s}, nil)
			if err := l.discard(fetchName(s.manifest.ID)); err != nil {
				t.Error(err)
			}
			if _, err := os.Stat(partOf(l, s.manifest.ID)); err != nil {
				t.Errorf("what is being copied was discarded: %v", err)
			}
			if err := l.removeLeftovers(); err != nil {
				t.Error(err)
			}
		}
		return nil
	}
	m, err := l.Fetch(t.Context(), s.manifest.ID, []Source{s}, nil)
	wantFetched(t, l, m, err, s)
	if !errors.Is(second, ErrInUse) || !strings.Contains(health.Of(second).Line(), "being copied already. Wait") {
		t.Errorf("a second copy at the same time gives %v", second)
	}
}

func TestUnfinishedCopiesAreRemovedAfterAWeek(t *testing.T) {
	l := hasty(t)
	s := newLender(t, "A", bigFile(t, "Big 1B"))
	stopAfter(t, l, s, 3)
	part := partOf(l, s.manifest.ID)
	for age, want := range map[time.Duration][]string{
		6 * 24 * time.Hour: {fetchName(s.manifest.ID)},
		8 * 24 * time.Hour: nil,
	} {
		if err := os.WriteFile(part, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
		then := time.Now().Add(-age)
		if err := os.Chtimes(part, then, then); err != nil {
			t.Fatal(err)
		}
		if err := l.removeLeftovers(); err != nil {
			t.Fatal(err)
		}
		if got := files(t, l); !slices.Equal(got, want) {
			t.Errorf("after %v the folder holds %v, want %v", age, got, want)
		}
	}
}

func TestRoomIsCheckedFirst(t *testing.T) {
	l := hasty(t)
	s := newLender(t, "A", bigFile(t, "Big 1B"))
	size := s.manifest.SizeBytes
	free := size + spareBytes - 1
	l.space = func(string) (int64, error) { return free, nil }
	_, err := l.Fetch(t.Context(), s.manifest.ID, []Source{s}, nil)
	if line := health.Of(err).Line(); !errors.Is(err, ErrNoSpace) || line != "The copy needs 34 MB; the disk has 101 MB free. Free some space and try again." || s.total() != 0 {
		t.Errorf("%d chunks were fetched: %v; %s", s.total(), err, line)
	}
	free++
	imported := sync.OnceFunc(func() { // what the copy will take is not free for others
		_, err := l.Import(t.Context(), write(t, filepath.Join(t.TempDir(), "small.gguf"), "Small"), nil)
		if !errors.Is(err, ErrNoSpace) {
			t.Errorf("an import meanwhile gives %v", err)
		}
	})
	s.before = func(context.Context, int) error { imported(); return nil } // all chunks wait for it
	m, err := l.Fetch(t.Context(), s.manifest.ID, []Source{s}, nil)
	wantFetched(t, l, m, err, s)
}

// The rest of the disk is filled by something else while a copy is made: the copy stops before nothing is left.
func TestACopyLeavesRoomForTheRest(t *testing.T) {
	l := hasty(t)
	s := newLender(t, "A", bigFile(t, "Big 1B"))
	free := atomic.Int64{}
	free.Store(1 << 40)
	l.space = func(string) (int64, error) { return free.Load(), nil }
	s.before = func(_ context.Context, n int) error {
		if n == 5 {
			free.Store(stopBytes - 1)
		}
		return nil
	}
	_, err := l.Fetch(t.Context(), s.manifest.ID, []Source{s}, nil)
	if line := health.Of(err).Line(); !errors.Is(err, ErrNoSpace) || !strings.Contains(line, "has only 17 MB free now. Free some space and try again; the copy goes on") {
		t.Errorf("%v; %s", err, line)
	}
	free.Store(1 << 40)
	s.before = nil
	m, err := l.Fetch(t.Context(), s.manifest.ID, []Source{s}, nil)
	wantFetched(t, l, m, err, s)
	if n := s.total(); n > fileChunks+streams {
		t.Errorf("%d chunks were fetched in all, of %d", n, fileChunks)
	}
}

func TestProgressOfACopy(t *testing.T) {
	l := hasty(t)
	s := newLender(t, "A", bigFile(t, "Big 1B"))
	spoiled := false
	s.spoil = func(ctx context.Context, n int, b []byte) []byte {
		time.Sleep(10 * time.Millisecond)
		if n == 4 && !spoiled {
			spoiled = true
			return flip(b)
		}
		return b
	}
	var all []CopyProgress
	if _, err := l.Fetch(t.Context(), s.manifest.ID, []Source{s}, func(p CopyProgress) { all = append(all, p) }); err != nil {
		t.Fatal(err)
	}
	last := CopyProgress{}
	rated := 0
	for _, p := range all {
		if p.Done < last.Done || p.Done > p.Total || p.Total != 0 && p.Total != s.manifest.SizeBytes {
			t.Errorf("after %+v comes %+v", last, p)
		}
		if len(p.From) > 1 || len(p.From) == 1 && p.From[0] != "A" {
			t.Errorf("it comes from %v", p.From)
		}
		left := float64(p.Total-p.Done) / max(p.BytesPerSecond, 1)
		if p.BytesPerSecond > 0 && (p.BytesPerSecond > 50e9 || p.Left.Seconds() > left+0.001 || p.Left.Seconds() < left-0.001) {
			t.Errorf("%+v has %v s left", p, left)
		}
		if p.Left > 0 {
			rated++
		}
		last = p
	}
	if last.Done != last.Total || last.Total != s.manifest.SizeBytes || last.Left != 0 || rated < 3 {
		t.Errorf("%d reports, %d of them with a time; the last is %+v", len(all), rated, last)
	}
}

func TestPace(t *testing.T) {
	start := time.Now()
	var p pace
	for second, count := range []int64{0, 100, 200, 200, 200, 200, 200, 200, 200, 900} {
		p.add(start.Add(time.Duration(second)*time.Second), count)
		want := []float64{0, 100, 100, 200. / 3, 50, 40, 20, 0, 0, 140}[second]
		if got := p.perSecond(); got < want-1e-6 || got > want+1e-6 {
			t.Errorf("after %d s it is %v, want %v", second, got, want)
		}
	}
	if len(p.samples) > 7 {
		t.Errorf("%d samples are kept", len(p.samples))
	}
}
