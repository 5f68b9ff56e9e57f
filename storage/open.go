package storage

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"github.com/mattn/go-sqlite3"
)

type mode string

const (
	writer mode = "_txlock=immediate&_secure_delete=on"
	reader mode = "_txlock=deferred&_query_only=on"
)

// connector makes connections with the settings of SECURITY.md. It is handed to sql.OpenDB, so that
// no driver has to be registered under a name.
type connector struct {
	dsn    string
	driver *sqlite3.SQLiteDriver
}

func (c connector) Connect(context.Context) (driver.Conn, error) { return c.driver.Open(c.dsn) }
func (c connector) Driver() driver.Driver                        { return c.driver }

func connect(path string, m mode, connectionsMax int) *sql.DB {
	const all = "_journal_mode=WAL&_synchronous=FULL&_busy_timeout=5000&_foreign_keys=on&_stmt_cache_size=64&"
	dsn := url.URL{Scheme: "file", Path: path, RawQuery: all + string(m)}
	db := sql.OpenDB(connector{dsn.String(), &sqlite3.SQLiteDriver{ConnectHook: harden}})
	db.SetMaxOpenConns(connectionsMax)
	db.SetMaxIdleConns(connectionsMax)
	return db
}

// harden lets a file that somebody prepared do as little as possible. fullfsync means something on
// macOS only, where fsync alone leaves data in the drive's cache.
func harden(c *sqlite3.SQLiteConn) error {
	_, err := c.Exec(`
		PRAGMA trusted_schema = OFF;
		PRAGMA cell_size_check = ON;
		PRAGMA fullfsync = ON;
		PRAGMA checkpoint_fullfsync = ON;
		PRAGMA cache_size = -16384;`, nil)
	return err
}

// prepareFolder makes dir, for its owner alone. A folder that was there and holds other things
// keeps its mode: it may be shared, and the files inside are private anyway.
func prepareFolder(dir string) error {
	info, err := os.Stat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return os.MkdirAll(dir, 0o700)
	}
	if err != nil {
		return err
	}
	_, err = os.Stat(filepath.Join(dir, fileName))
	if err != nil || info.Mode()&os.ModeSticky != 0 || info.Mode().Perm()&0o077 == 0 {
		return nil
	}
	return os.Chmod(dir, 0o700)
}

// prepareFile makes the file and sets its mode before SQLite opens it; SQLite gives the same mode
// to the files it lays beside it.
func prepareFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	err = f.Chmod(0o600)
	return errors.Join(err, f.Close())
}

// claimFolder takes the lock file: exclusively when no other process has the database open (alone),
// otherwise together with the others. The system gives it back when the process ends, however it ends.
func (s *Store) claimFolder(dir string) (alone bool, err error) {
	s.claim, err = os.OpenFile(filepath.Join(dir, claimName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return false, err
	}
	alone, err = lockAlone(s.claim)
	if err == nil && !alone {
		err = share(s.claim) // waits until the process that is alone has done its recovery
	}
	return alone, err
}
