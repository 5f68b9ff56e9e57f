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
	id, err := l.copyIn(ctx, source, progress)
	if err != nil {
		return Model{}, fmt.Errorf("import: %w", err)
	}
	st, err := l.dir.Stat(fileName(id))
	if err != nil {
		return Model{}, fmt.Errorf("import: %w", err)
	}
	return l.add(ctx, storage.Model{
		ID: id, Name: name, Source: "Croft", Owned: true, SizeBytes: st.Size(), Modified: st.ModTime(), Added: time.Now(),
	})
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

// copyIn copies source to its place under its hash. Whatever happens, no half copy stays under that name.
func (l *Library) copyIn(ctx context.Context, source *os.File, progress func(done, total int64)) (id string, err error) {
	st, err := source.Stat()
	if err != nil {
		return "", err
	}
	if err := l.checkSpace(st.Size()); err != nil {
		return "", err
	}
	part := copyPrefix + rand.Text()
	f, err := l.dir.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return "", err
	}
	defer func() {
		f.Close()
		if err != nil {
			err = errors.Join(err, ignoreMissing(l.dir.Remove(part)))
		}
	}()
	if mine, err := claim(f); err != nil || !mine {
		return "", errors.Join(errors.New("another process took the copy for a leftover"), err)
	}
	sum, err := hashTo(ctx, f, source, st.Size(), progress)
	if err != nil {
		return "", err
	}
	if err := f.Sync(); err != nil {
		return "", err
	}
	if err := f.Close(); err != nil {
		return "", err
	}
	if old, err := l.record(ctx, sum); err == nil && old.Owned && l.verify(old) == nil {
		return sum, l.dir.Remove(part)
	}
	if err := l.dir.Rename(part, fileName(sum)); err != nil {
		return "", err
	}
	return sum, syncDir(l.dir)
}

func (l *Library) checkSpace(needs int64) error {
	free, err := l.space(l.path)
	if err != nil {
		l.log.Warn("free space is not known", "err", err)
		return nil
	}
	if free < needs+spareBytes {
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

// add saves a record and returns its model. A copy of Croft's own is never replaced by a link to elsewhere.
func (l *Library) add(ctx context.Context, r storage.Model) (Model, error) {
	if old, err := l.record(ctx, r.ID); err == nil {
		r.Added = old.Added
		if old.Owned && !r.Owned && l.verify(old) == nil {
			r = old
		}
	}
	if err := l.store.AddModel(ctx, r); err != nil {
		return Model{}, fmt.Errorf("save model: %w", err)
	}
	l.watchers.tell()
	return l.byID(ctx, r.ID)
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
