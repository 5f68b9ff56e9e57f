package models

import (
	"context"
	"errors"
	"os"
	"time"
)

// fetchPrefix begins the name of a copy from another device that is not complete. The rest is the model's ID, so that
// the next attempt finds it.
const fetchPrefix = ".fetch-"

func fetchName(id string) string {
	if !idForm.MatchString(id) {
		return ".invalid"
	}
	return fetchPrefix + id
}

// claimPause is how long a copy waits for who may only be looking whether it is a leftover.
const claimPause = 20 * time.Millisecond

// openPart opens what there is of a copy, or begins one, and keeps every other process from it until it is closed.
func (l *Library) openPart(ctx context.Context, id string) (*os.File, error) {
	for range partTries {
		f, err := l.claimPart(ctx, id)
		if f != nil || err != nil {
			return f, err
		}
		select {
		case <-time.After(claimPause):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return nil, beingCopied()
}

// claimPart returns no file when somebody else has it at this moment.
func (l *Library) claimPart(ctx context.Context, id string) (*os.File, error) {
	f, name, err := l.openEither(ctx, id)
	if err != nil {
		return nil, err
	}
	mine, err := claim(f)
	if err == nil && mine && l.isNamed(f, name) {
		if name == fetchName(id) {
			return f, nil
		}
		// Whoever gave it its name has saved its record by now, or is gone.
		if _, err = l.record(ctx, id); errors.Is(err, ErrNotFound) {
			if err = l.dir.Rename(name, fetchName(id)); err == nil {
				return f, nil
			}
		}
	}
	return nil, errors.Join(err, f.Close())
}

// openEither opens the copy, or else a complete one that has its name and no record: it is from a process that ended
// in between.
func (l *Library) openEither(ctx context.Context, id string) (f *os.File, name string, err error) {
	if _, err := l.record(ctx, id); errors.Is(err, ErrNotFound) {
		if f, err := l.dir.OpenFile(fileName(id), os.O_RDWR, 0); err == nil {
			return f, fileName(id), nil
		}
	}
	f, err = l.dir.OpenFile(fetchName(id), os.O_CREATE|os.O_RDWR, 0o600)
	return f, fetchName(id), err
}

// discard removes an unfinished copy unless somebody has it. It keeps its claim until the file is gone: somebody may be
// about to go on with the copy.
func (l *Library) discard(name string) error {
	f, err := l.dir.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return ignoreMissing(err)
	}
	defer f.Close()
	mine, err := claim(f)
	if !mine || err != nil {
		return err
	}
	return ignoreMissing(l.dir.Remove(name))
}
