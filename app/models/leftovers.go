package models

import (
	"errors"
	"io/fs"
	"os"
	"strings"
)

// removeLeftovers deletes the temporary files of imports and deletions that ended with their process.
func (l *Library) removeLeftovers() error {
	entries, err := fs.ReadDir(l.dir.FS(), ".")
	if err != nil {
		return err
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), copyPrefix) || strings.HasPrefix(e.Name(), deletedPrefix) {
			err = errors.Join(err, l.removeAbandoned(e.Name()))
		}
	}
	return err
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
