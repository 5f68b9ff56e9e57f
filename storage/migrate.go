package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// migration takes a database from the version before to its own, the index in the list plus one.
type migration string

var migrations = []migration{schema1, schema2, schema3}

const applicationID = 0x43726f66 // "Crof", so that another program's database is told apart

// migrate brings the database to the last of steps. Each step is one transaction; before the first
// of them a whole copy goes to the folder backups. A database that others have open is not migrated.
func migrate(ctx context.Context, db *sql.DB, path string, steps []migration, alone bool) error {
	version, err := identify(ctx, db)
	switch {
	case err != nil:
		return err
	case version > len(steps):
		return fmt.Errorf("%w (its version is %d, this program knows %d)", ErrNewer, version, len(steps))
	case version == len(steps):
		return nil
	case !alone:
		return fmt.Errorf("update from version %d: %w", version, ErrLocked)
	}
	if version > 0 {
		err = backUp(ctx, db, path, version)
		if err != nil {
			return fmt.Errorf("back up before the update: %w", err)
		}
	}
	for v := version; v < len(steps); v++ {
		err = inTransaction(ctx, db, func(tx *sql.Tx) error { return step(ctx, tx, steps[v], v+1) })
		if err != nil {
			return fmt.Errorf("update to version %d: %w", v+1, err)
		}
	}
	return nil
}

func step(ctx context.Context, tx *sql.Tx, m migration, version int) error {
	_, err := tx.ExecContext(ctx, string(m))
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", version))
	return err
}

// identify returns the version of the database, 0 for an empty one, and refuses another program's.
func identify(ctx context.Context, db *sql.DB) (version int, err error) {
	var application, objects int
	err = db.QueryRowContext(ctx, `SELECT
		(SELECT user_version FROM pragma_user_version),
		(SELECT application_id FROM pragma_application_id),
		(SELECT count(*) FROM sqlite_schema)`).Scan(&version, &application, &objects)
	if err != nil {
		return 0, err
	}
	if application != applicationID && (objects > 0 || version != 0) {
		return 0, ErrForeign
	}
	return version, nil
}

// backUp writes a copy of the whole database. SQLite accepts an empty file as target, which lets us
// give it its mode first; that the copy is on the disk is for us to see to.
func backUp(ctx context.Context, db *sql.DB, path string, version int) error {
	dir := filepath.Join(filepath.Dir(path), backupsDir)
	err := os.MkdirAll(dir, 0o700)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("croft-v%d-%s.db", version, time.Now().UTC().Format("20060102T150405.000"))
	f, err := os.OpenFile(filepath.Join(dir, name), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "VACUUM INTO ?", f.Name())
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
