package storage

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"github.com/mattn/go-sqlite3"
)

// What can go wrong with a database, in sentences that say what to do.
var (
	ErrFull     = errors.New("the disk is full; free some space and try again, what was saved before is safe")
	ErrReadOnly = errors.New("this folder may not be written; change its permissions or choose another one with --home")
	ErrLocked   = errors.New("another program is using Croft's database; close it and try again")
	ErrDamaged  = errors.New("the database is damaged and was left as it is; make a copy of it, then put a file of the folder backups in its place, or move it away to start with an empty one")
	ErrForeign  = errors.New("this is a database, but not one of Croft's; it was left as it is, move it away or choose another folder with --home")
	ErrNewer    = errors.New("a newer version of Croft wrote this database; install that version again, or choose another folder with --home")
	ErrDisk     = errors.New("the disk could not be read or written; see that it is still connected and healthy")
	ErrNotFound = errors.New("not found")
)

// explain puts the sentinel in front of an error of SQLite or of the file system.
func explain(err error) error {
	cause := sentinel(err)
	if cause == nil || errors.Is(err, cause) {
		return err
	}
	return fmt.Errorf("%w (%w)", cause, err)
}

func sentinel(err error) error {
	var lite sqlite3.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &lite):
		return ofSQLite(lite)
	case errors.Is(err, sql.ErrNoRows):
		return ErrNotFound
	}
	return ofSystem(err)
}

func ofSQLite(err sqlite3.Error) error {
	// The system's own word is more precise: a file size limit reaches us as a plain I/O error.
	// SystemErrno is only fresh for these codes.
	if err.Code == sqlite3.ErrIoErr || err.Code == sqlite3.ErrCantOpen {
		if cause := ofSystem(err.SystemErrno); cause != nil {
			return cause
		}
	}
	switch err.Code {
	case sqlite3.ErrFull:
		return ErrFull
	case sqlite3.ErrReadonly, sqlite3.ErrPerm, sqlite3.ErrCantOpen, sqlite3.ErrAuth:
		return ErrReadOnly
	case sqlite3.ErrBusy, sqlite3.ErrLocked:
		return ErrLocked
	case sqlite3.ErrCorrupt, sqlite3.ErrNotADB:
		return ErrDamaged
	case sqlite3.ErrIoErr:
		return ErrDisk
	}
	return nil
}

func ofSystem(err error) error {
	for _, full := range []error{syscall.ENOSPC, syscall.EFBIG, syscall.EDQUOT} {
		if errors.Is(err, full) {
			return ErrFull
		}
	}
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) {
		return ErrReadOnly
	}
	return nil
}
