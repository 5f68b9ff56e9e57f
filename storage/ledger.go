package storage

import (
	"context"
	"database/sql"
	"time"
)

// LedgerEntry is one connection with another device, or one attempt at it.
type LedgerEntry struct {
	ID                int64     // in the order in which they ended; set by the store
	Time              time.Time // when it began
	Out               bool      // begun by this device
	Device            string    // ID of the other one, "" when it has shown none
	Address           string
	Purpose           string
	BytesIn, BytesOut int64
	Outcome           string
}

// ledgerMax is how many entries are kept, about 30 MB. Strangers, whose knocking is joined into few entries before it gets
// here, must keep at it for most of a day to fill that.
const ledgerMax = 100_000

// AddLedger appends entries in one transaction, and removes those that have ledgerMax newer ones.
func (s *Store) AddLedger(ctx context.Context, entries []LedgerEntry) error {
	if len(entries) == 0 {
		return nil
	}
	return s.change(ctx, "write ledger", func(tx *sql.Tx) error {
		if err := appendLedger(ctx, tx, entries); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `DELETE FROM ledger WHERE id <= (SELECT max(id) FROM ledger) - ?`, ledgerMax)
		return err
	})
}

func appendLedger(ctx context.Context, tx *sql.Tx, entries []LedgerEntry) error {
	add, err := tx.PrepareContext(ctx, `INSERT INTO ledger
		(time_ms, outgoing, device, address, purpose, bytes_in, bytes_out, outcome) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`)
	if err != nil {
		return err
	}
	defer add.Close()
	for _, e := range entries {
		_, err = add.ExecContext(ctx, e.Time.UnixMilli(), e.Out, e.Device, e.Address, e.Purpose, e.BytesIn, e.BytesOut, e.Outcome)
		if err != nil {
			return err
		}
	}
	return nil
}

// LedgerQuery says which entries are asked for.
type LedgerQuery struct {
	Device string // only with this one; "" for all
	Before int64  // only those with a smaller ID: the next page; 0 from the newest
	Limit  int    // 0: 100
}

const ledgerPage = 100

// Ledger returns entries, the newest first.
func (s *Store) Ledger(ctx context.Context, q LedgerQuery) ([]LedgerEntry, error) {
	query, args := `SELECT id, time_ms, outgoing, device, address, purpose, bytes_in, bytes_out, outcome FROM ledger WHERE true`, []any{}
	if q.Device != "" {
		query, args = query+` AND device = ?`, append(args, q.Device)
	}
	if q.Before > 0 {
		query, args = query+` AND id < ?`, append(args, q.Before)
	}
	if q.Limit <= 0 {
		q.Limit = ledgerPage
	}
	return collect(ctx, s.read, "read ledger", scanLedgerEntry, query+` ORDER BY id DESC LIMIT ?`, append(args, q.Limit)...)
}

func scanLedgerEntry(rows *sql.Rows) (e LedgerEntry, err error) {
	var timeMs int64
	err = rows.Scan(&e.ID, &timeMs, &e.Out, &e.Device, &e.Address, &e.Purpose, &e.BytesIn, &e.BytesOut, &e.Outcome)
	e.Time = time.UnixMilli(timeMs)
	return e, err
}

// LedgerTotal is what was spoken with one device.
type LedgerTotal struct {
	Device      string // "" for all that have shown no key
	In, Out     int64  // bytes
	Connections int
}

// LedgerTotals adds up the connections that began at since or later, for each device.
func (s *Store) LedgerTotals(ctx context.Context, since time.Time) ([]LedgerTotal, error) {
	return collect(ctx, s.read, "add up ledger", scanLedgerTotal, `
		SELECT device, sum(bytes_in), sum(bytes_out), count(*) FROM ledger WHERE time_ms >= ?
		GROUP BY device ORDER BY device`, since.UnixMilli())
}

func scanLedgerTotal(rows *sql.Rows) (t LedgerTotal, err error) {
	err = rows.Scan(&t.Device, &t.In, &t.Out, &t.Connections)
	return t, err
}
