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
	part, id, err := l.copyPart(ctx, source, progress)
	if err != nil {
		return Model{}, fmt.Errorf("import: %w", err)
	}
	l.changing.Lock()
	defer l.changing.Unlock()
	st, err := l.settle(ctx, part, id)
	if err != nil {
		return Model{}, fmt.Errorf("import: %w", errors.Join(err, ignoreMissing(l.dir.Remove(part))))
	}
	return l.add(ctx, storage.Model{
		ID: id, Name: name, Source: "Croft", Owned: true, SizeBytes: st.Size(), Modified: st.ModTime(), Added: time.Now(),
	})
}

// settle gives a finished copy its name, or drops it when the same file is there already.
func (l *Library) settle(ctx context.Context, part, id string) (fs.FileInfo, error) {
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

// copyPart copies source to a temporary file that is safe on the disk, and returns its name and its hash. When it
// fails, nothing stays.
func (l *Library) copyPart(ctx context.Context, source *os.File, progress func(done, total int64)) (part, sum string, err error) {
	st, err := source.Stat()
	if err != nil {
		return "", "", err
	}
	if err := l.checkSpace(st.Size()); err != nil {
		return "", "", err
	}
	name := copyPrefix + rand.Text()
	f, err := l.dir.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return "", "", err
	}
	defer func() {
		err = errors.Join(err, f.Close())
		if err != nil {
			err = errors.Join(err, ignoreMissing(l.dir.Remove(name)))
		}
	}()
	if mine, err := claim(f); err != nil || !mine {
		return "", "", errors.Join(errors.New("another process took the copy for a leftover"), err)
	}
	if sum, err = hashTo(ctx, f, source, st.Size(), progress); err != nil {
		return "", "", err
	}
	return name, sum, f.Sync()
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
