// Package storage keeps everything Croft remembers in one SQLite file.
//
// A method that writes returns nil only after the commit reached the disk (WAL, synchronous FULL):
// what it acknowledged survives kill -9 and a power cut. Errors wrap one of the sentinels of this
// package where a caller or a person can do something about them.
//
// The file is protected by its mode alone: anyone signed in as its owner can read it. Text that was
// deleted is overwritten in the file (secure_delete) and in the full-text index ('secure-delete').
package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Store is the open database. Its methods may be called from several goroutines.
type Store struct {
	path  string
	write *sql.DB  // one connection: writers queue here and never meet in SQLite
	read  *sql.DB  // a pool; in WAL mode readers neither wait for the writer nor hold it up
	claim *os.File // says to other processes that this one is running

	stop    context.CancelFunc // ends the erasing
	erasing sync.WaitGroup
}

const (
	fileName   = "croft.db"
	claimName  = "croft.lock"
	backupsDir = "backups"
	readersMax = 4
)

// Open opens the database in dir, creates it when it is not there, and migrates it when it is older.
//
// When no other process has it open, replies that a crash cut off become Interrupted and chats that
// were deleted are erased in the background. The errors to expect are ErrReadOnly, ErrFull, ErrLocked, ErrDamaged,
// ErrForeign and ErrNewer; none of them has changed the file.
func Open(ctx context.Context, dir string) (*Store, error) {
	return open(ctx, dir, migrations)
}

func open(ctx context.Context, dir string, steps []migration) (*Store, error) {
	s := &Store{path: filepath.Join(dir, fileName)}
	err := s.start(ctx, dir, steps)
	if err != nil {
		s.Close()
		return nil, fmt.Errorf("open %q: %w", s.path, explain(err))
	}
	return s, nil
}

func (s *Store) start(ctx context.Context, dir string, steps []migration) error {
	err := prepareFolder(dir)
	if err != nil {
		return err
	}
	alone, err := s.claimFolder(dir)
	if err != nil {
		return err
	}
	err = prepareFile(s.path)
	if err != nil {
		return err
	}
	s.write = connect(s.path, writer, 1)
	err = migrate(ctx, s.write, s.path, steps, alone)
	if err != nil {
		return err
	}
	s.read = connect(s.path, reader, readersMax)
	if !alone {
		return s.read.PingContext(ctx)
	}
	err = s.recover(ctx)
	if err != nil {
		return err
	}
	s.eraseInBackground(ctx)
	return share(s.claim)
}

// recover tidies what the last run left behind. Only the first process to open the database calls
// it, since a reply that another process is writing looks just like one that was cut off.
func (s *Store) recover(ctx context.Context) error {
	_, err := s.write.ExecContext(ctx,
		`UPDATE messages SET state = 'interrupted' WHERE state IN ('waiting', 'writing')`)
	if err != nil {
		return fmt.Errorf("mark replies that were cut off: %w", err)
	}
	_, err = s.write.ExecContext(ctx, `UPDATE chats SET deleted_ms = 0 WHERE deleted_ms IS NOT NULL`)
	if err != nil {
		return fmt.Errorf("mark deleted chats: %w", err)
	}
	return nil
}

// eraseInBackground erases the chats that recover marked. Erasing a long chat takes seconds, which
// a start should not; what Close interrupts, the next start finishes.
func (s *Store) eraseInBackground(ctx context.Context) {
	ctx, s.stop = context.WithCancel(context.WithoutCancel(ctx))
	s.erasing.Go(func() { _ = s.PurgeChats(ctx, time.UnixMilli(0)) })
}

// File is the path of the database.
func (s *Store) File() string { return s.path }

// Close ends the erasing and closes the database. A method that is still at work keeps its connection
// until it returns.
func (s *Store) Close() error {
	if s.stop != nil {
		s.stop()
		s.erasing.Wait()
	}
	var errs []error
	if s.read != nil {
		errs = append(errs, s.read.Close())
	}
	if s.write != nil {
		errs = append(errs, s.write.Close())
	}
	if s.claim != nil {
		errs = append(errs, s.claim.Close())
	}
	return errors.Join(errs...)
}

// change runs f in one transaction and returns after the commit.
func (s *Store) change(ctx context.Context, what string, f func(*sql.Tx) error) error {
	err := inTransaction(ctx, s.write, f)
	if err != nil {
		return fmt.Errorf("%s: %w", what, explain(err))
	}
	return nil
}

// set runs one statement that must touch a row; ErrNotFound when it touched none.
func (s *Store) set(ctx context.Context, what, query string, args ...any) error {
	return s.change(ctx, what, func(tx *sql.Tx) error { return execOne(ctx, tx, query, args...) })
}

func execOne(ctx context.Context, tx *sql.Tx, query string, args ...any) error {
	res, err := tx.ExecContext(ctx, query, args...)
	if err != nil {
		return err
	}
	n, err := res.RowsAffected()
	if err == nil && n == 0 {
		err = ErrNotFound
	}
	return err
}

// inTransaction runs f, whose statements ctx may stop. The transaction itself does not know of ctx:
// when it is cancelled, database/sql rolls back in a goroutine that nobody waits for, and Close would
// leave that connection open and the log beside the database.
func inTransaction(ctx context.Context, db *sql.DB, f func(*sql.Tx) error) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	tx, err := conn.BeginTx(context.WithoutCancel(ctx), nil)
	if err != nil {
		return err
	}
	err = f(tx)
	if err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}
