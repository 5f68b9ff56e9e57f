package models

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"regexp"
	"time"

	"croft/storage"
)

const (
	copyPrefix    = ".import-"  // a copy that is being made
	deletedPrefix = ".deleted-" // a copy that somebody still reads from
	copyStep      = 1 << 20     // bytes between two looks at ctx
	spareBytes    = 64 << 20    // stay free on the disk after a copy
)

// idForm is a model's ID; nothing else ever becomes a file name.
var idForm = regexp.MustCompile(`^[0-9a-f]{64}$`)

// fileName is the name of Croft's own copy. An ID that is none gives a name that cannot exist.
func fileName(id string) string {
	if !idForm.MatchString(id) {
		return ".invalid"
	}
	return id + ".gguf"
}

// Import copies a file into the library. progress is called now and then; it may be nil.
// A file that is broken or not supported is refused before anything is copied; a cancelled import leaves nothing behind.
// A file that is in the library already is not added twice.
func (l *Library) Import(ctx context.Context, path string, progress func(done, total int64)) (Model, error) {
	l.adding.Lock()
	defer l.adding.Unlock()
	source, name, err := l.openSource(path)
	if err != nil {
		return Model{}, err
	}
	defer source.Close()
	st, err := source.Stat()
	if err != nil {
		return Model{}, fmt.Errorf("import: %w", err)
	}
	id, err := l.take(ctx, source, storage.Model{Name: name, Source: "Croft", SizeBytes: st.Size(), Added: time.Now()}, progress)
	if err != nil {
		return Model{}, fmt.Errorf("import: %w", err)
	}
	return l.byID(ctx, id)
}

// take copies source into the library and saves its record, and returns its ID. An ID or a time that r has already is
// what the copy must have. When it fails, nothing stays.
func (l *Library) take(ctx context.Context, source io.Reader, r storage.Model, progress func(done, total int64)) (id string, err error) {
	if err := l.checkSpace(r.SizeBytes); err != nil {
		return "", err
	}
	f, part, err := l.newPart()
	if err != nil {
		return "", err
	}
	// It stays open, and with that claimed, until it has its name.
	defer func() {
		err = errors.Join(err, f.Close())
		if err != nil {
			err = errors.Join(err, ignoreMissing(l.dir.Remove(part)))
		}
	}()
	if id, err = hashTo(ctx, f, source, r.SizeBytes, progress); err != nil {
		return "", err
	}
	_, err = l.keep(ctx, f, part, id, r)
	return id, err
}

// keep makes a finished copy last, gives it its name and saves its record, which it returns.
func (l *Library) keep(ctx context.Context, f *os.File, part, id string, r storage.Model) (storage.Model, error) {
	if err := f.Sync(); err != nil {
		return r, err
	}
	l.changing.Lock()
	defer l.changing.Unlock()
	st, err := l.settle(ctx, part, id, r)
	if err != nil {
		return r, err
	}
	r.ID, r.Owned, r.Modified = id, true, st.ModTime()
	return r, l.add(ctx, r)
}

// settle gives a finished copy its name, or drops it when the same file is there already.
func (l *Library) settle(ctx context.Context, part, id string, r storage.Model) (fs.FileInfo, error) {
	if r.ID != "" && r.ID != id {
		return nil, damaged(r.Name)
	}
	if !r.Modified.IsZero() {
		if err := l.dir.Chtimes(part, r.Modified, r.Modified); err != nil {
			return nil, err
		}
	}
	if old, err := l.record(ctx, id); err == nil && old.Owned && l.verify(old) == nil {
		if err := l.dir.Remove(part); err != nil {
			return nil, err
		}
	} else if err := l.dir.Rename(part, fileName(id)); err != nil {
		return nil, err
	}
	if err := syncDir(l.dir); err != nil {
		return nil, err
	}
	return l.dir.Stat(fileName(id))
}

// openSource examines a file before anything is done with it. The caller closes it.
func (l *Library) openSource(path string) (f *os.File, name string, err error) {
	path, err = regularFile(path)
	if err != nil {
		return nil, "", err
	}
	info, err := l.admit(path)
	if err != nil {
		return nil, "", err
	}
	f, err = os.Open(path)
	return f, nameOf(info.Name, l.places.namePath(path), info.Parameters), err
}

// partTries is how often another process may take a copy that was just begun for a leftover.
const partTries = 20

// newPart makes a temporary file that no other process takes for a leftover.
func (l *Library) newPart() (f *os.File, name string, err error) {
	for range partTries {
		name = copyPrefix + rand.Text()
		if f, err = l.dir.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600); err != nil {
			return nil, "", err
		}
		mine, err := claim(f)
		if err == nil && mine && l.isNamed(f, name) {
			return f, name, nil
		}
		if err = errors.Join(err, f.Close(), ignoreMissing(l.dir.Remove(name))); err != nil {
			return nil, "", err
		}
	}
	return nil, "", errors.New("another process takes every copy for a leftover")
}

// isNamed tells whether f still lies under its name: it may have been removed before it was claimed.
func (l *Library) isNamed(f *os.File, name string) bool {
	mine, err := f.Stat()
	if err != nil {
		return false
	}
	there, err := l.dir.Stat(name)
	return err == nil && os.SameFile(mine, there)
}

// checkSpace refuses a copy for which there is no room beside what copies from other devices will still take.
func (l *Library) checkSpace(needs int64) error {
	free, err := l.space(l.path)
	if err != nil {
		l.log.Warn("free space is not known", "err", err)
		return nil
	}
	if free = max(free-l.pledged.Load(), 0); free < needs+spareBytes {
		return noSpace(needs, free)
	}
	return nil
}

// hashTo copies exactly size bytes from r to w and returns their SHA-256 as 64 hex digits.
func hashTo(ctx context.Context, w io.Writer, r io.Reader, size int64, progress func(done, total int64)) (string, error) {
	if progress == nil {
		progress = func(_, _ int64) {}
	}
	h := sha256.New()
	both := io.MultiWriter(w, h)
	for done := int64(0); done < size; {
		if err := ctx.Err(); err != nil {
			return "", err
		}
		progress(done, size)
		n, err := io.CopyN(both, r, min(copyStep, size-done))
		done += n
		if errors.Is(err, io.EOF) {
			return "", changedMeanwhile()
		}
		if err != nil {
			return "", err
		}
	}
	progress(size, size)
	return finish(h, r)
}

// finish returns the sum, provided that nothing was appended to r meanwhile.
func finish(h hash.Hash, r io.Reader) (string, error) {
	if n, err := io.CopyN(io.Discard, r, 1); n > 0 || !errors.Is(err, io.EOF) {
		return "", errors.Join(changedMeanwhile(), err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func changedMeanwhile() error {
	return refuse(ErrChanged, "File is being written", "The file changed while it was read.",
		"Wait until its download has ended and try again.")
}

// add saves a record. A copy of Croft's own is never replaced by a link to elsewhere, and the starter stays one.
func (l *Library) add(ctx context.Context, r storage.Model) error {
	if old, err := l.record(ctx, r.ID); err == nil && old.Owned && l.verify(old) == nil && (!r.Owned || isStarter(old)) {
		r = old
	}
	if err := l.store.AddModel(ctx, r); err != nil {
		return fmt.Errorf("save model: %w", err)
	}
	l.watchers.tell()
	return nil
}

// byID returns a model as List shows it.
func (l *Library) byID(ctx context.Context, id string) (Model, error) {
	list, err := l.List(ctx)
	if err != nil {
		return Model{}, err
	}
	for _, m := range list {
		if m.ID == id {
			return m, nil
		}
	}
	return Model{}, notFound(id)
}
