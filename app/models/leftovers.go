package models

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"time"
)

// unfinishedAge is how long a copy from another device waits to be continued.
const unfinishedAge = 7 * 24 * time.Hour

// removeLeftovers deletes the temporary files of imports and deletions that ended with their process, and the unfinished
// copies from other devices that nobody has continued for long.
func (l *Library) removeLeftovers() error {
	entries, err := fs.ReadDir(l.dir.FS(), ".")
	if err != nil {
		return err
	}
	for _, e := range entries {
		switch {
		case strings.HasPrefix(e.Name(), copyPrefix) || strings.HasPrefix(e.Name(), deletedPrefix):
			err = errors.Join(err, l.removeAbandoned(e.Name()))
		case strings.HasPrefix(e.Name(), fetchPrefix) && forgotten(e):
			err = errors.Join(err, l.discard(e.Name()))
		}
	}
	return err
}

// forgotten tells whether nothing was added to an unfinished copy for long.
func forgotten(e fs.DirEntry) bool {
	st, err := e.Info()
	return err == nil && time.Since(st.ModTime()) > unfinishedAge
}

// removeAbandoned deletes a temporary file unless another process is still writing it.
func (l *Library) removeAbandoned(name string) error {
	f, err := l.dir.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return ignoreMissing(err)
	}
	mine, err := claim(f)
	f.Close()
	if err != nil || !mine {
		return err
	}
	return ignoreMissing(l.dir.Remove(name))
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
