package storage

import (
	"context"
	"database/sql"
	"encoding/json"
	"slices"
	"time"
)

// Rights is what one device may do on another.
type Rights struct{ Answers, Models, Notes bool }

// Device is a device that is mine.
type Device struct {
	ID        string // of its key, 64 hex digits
	Name      string
	Added     time.Time
	Seen      time.Time // when it last answered; zero: never
	Here      Rights    // what it may do on this device
	There     Rights    // what this device may do on it
	Addresses []string  // "192.168.1.20:47300", the last good one first, at most 4
}

// addressesMax is how many addresses of a device are remembered; the oldest go first.
const addressesMax = 4

const selectDevices = `SELECT id, name, added_ms, seen_ms,
	here_answers, here_models, here_notes, there_answers, there_models, there_notes, addresses FROM devices `

func scanDevice(rows *sql.Rows) (d Device, err error) {
	var addedMs int64
	var seenMs sql.NullInt64
	var addresses string
	err = rows.Scan(&d.ID, &d.Name, &addedMs, &seenMs,
		&d.Here.Answers, &d.Here.Models, &d.Here.Notes, &d.There.Answers, &d.There.Models, &d.There.Notes, &addresses)
	if err != nil {
		return d, err
	}
	d.Added = time.UnixMilli(addedMs)
	if seenMs.Valid {
		d.Seen = time.UnixMilli(seenMs.Int64)
	}
	return d, json.Unmarshal([]byte(addresses), &d.Addresses)
}

// Devices returns the devices that are mine, by name.
func (s *Store) Devices(ctx context.Context) ([]Device, error) {
	return collect(ctx, s.read, "read devices", scanDevice, selectDevices+`ORDER BY name COLLATE NOCASE, id`)
}

// SaveDevice adds a device, or replaces the one with the same ID: when that was added stays, and when it was seen if the
// new one does not say.
func (s *Store) SaveDevice(ctx context.Context, d Device) error {
	addresses, err := encodeAddresses(d.Addresses)
	if err != nil {
		return err
	}
	return s.set(ctx, "save device", `
		INSERT INTO devices (id, name, added_ms, seen_ms,
			here_answers, here_models, here_notes, there_answers, there_models, there_notes, addresses)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET name = excluded.name, seen_ms = coalesce(excluded.seen_ms, seen_ms),
			here_answers = excluded.here_answers, here_models = excluded.here_models, here_notes = excluded.here_notes,
			there_answers = excluded.there_answers, there_models = excluded.there_models, there_notes = excluded.there_notes,
			addresses = excluded.addresses`,
		d.ID, d.Name, d.Added.UnixMilli(), sql.NullInt64{Int64: d.Seen.UnixMilli(), Valid: !d.Seen.IsZero()},
		d.Here.Answers, d.Here.Models, d.Here.Notes, d.There.Answers, d.There.Models, d.There.Notes, addresses)
}

// encodeAddresses drops what stands in the list twice and what is too much.
func encodeAddresses(addresses []string) (string, error) {
	kept := make([]string, 0, addressesMax)
	for _, a := range addresses {
		if len(kept) < addressesMax && !slices.Contains(kept, a) {
			kept = append(kept, a)
		}
	}
	list, err := json.Marshal(kept)
	return string(list), err
}

// RenameDevice gives a device another name here. ErrNotFound.
func (s *Store) RenameDevice(ctx context.Context, id, name string) error {
	return s.set(ctx, "rename device", `UPDATE devices SET name = ? WHERE id = ?`, name, id)
}

// SetDeviceRights says what a device may do on this one. ErrNotFound.
func (s *Store) SetDeviceRights(ctx context.Context, id string, here Rights) error {
	return s.set(ctx, "set rights of device", `UPDATE devices SET here_answers = ?, here_models = ?, here_notes = ? WHERE id = ?`,
		here.Answers, here.Models, here.Notes, id)
}

// SawDevice says that a device answered, at the first of the addresses. Those known before are kept behind them, as far
// as there is room. A moment that is older than the one that is known changes nothing of that. ErrNotFound.
func (s *Store) SawDevice(ctx context.Context, id string, addresses []string, at time.Time) error {
	return s.change(ctx, "save when device was seen", func(tx *sql.Tx) error {
		known, err := scanAll(ctx, tx, scanDevice, selectDevices+`WHERE id = ?`, id)
		if err != nil {
			return err
		}
		if len(known) == 0 {
			return ErrNotFound
		}
		list, err := encodeAddresses(slices.Concat(addresses, known[0].Addresses))
		if err != nil {
			return err
		}
		return execOne(ctx, tx, `UPDATE devices SET seen_ms = max(coalesce(seen_ms, 0), ?), addresses = ? WHERE id = ?`,
			at.UnixMilli(), list, id)
	})
}

// RemoveDevice forgets a device; the ledger keeps what was spoken with it. ErrNotFound.
func (s *Store) RemoveDevice(ctx context.Context, id string) error {
	return s.set(ctx, "remove device", `DELETE FROM devices WHERE id = ?`, id)
}

// Server is a model server that the owner runs, of another program.
type Server struct {
	ID      int64
	Name    string
	Address string // "192.168.1.5:11434"
	Key     string // sent to it as bearer token, "" for none
	Kind    string // which program it is, in the words of the caller
	Added   time.Time
}

// Servers returns the servers, by name.
func (s *Store) Servers(ctx context.Context) ([]Server, error) {
	return collect(ctx, s.read, "read servers", scanServer,
		`SELECT id, name, address, key, kind, added_ms FROM servers ORDER BY name COLLATE NOCASE, id`)
}

func scanServer(rows *sql.Rows) (v Server, err error) {
	var addedMs int64
	err = rows.Scan(&v.ID, &v.Name, &v.Address, &v.Key, &v.Kind, &addedMs)
	v.Added = time.UnixMilli(addedMs)
	return v, err
}

// AddServer saves a server and returns it with its ID. One at the same address is replaced, and keeps ID and Added.
func (s *Store) AddServer(ctx context.Context, v Server) (Server, error) {
	err := s.change(ctx, "save server", func(tx *sql.Tx) error {
		added, err := scanAll(ctx, tx, scanServer, `
			INSERT INTO servers (name, address, key, kind, added_ms) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (address) DO UPDATE SET name = excluded.name, key = excluded.key, kind = excluded.kind
			RETURNING id, name, address, key, kind, added_ms`, v.Name, v.Address, v.Key, v.Kind, v.Added.UnixMilli())
		if err == nil {
			v = added[0]
		}
		return err
	})
	return v, err
}

// SetServerKind notes which program a server is. ErrNotFound.
func (s *Store) SetServerKind(ctx context.Context, id int64, kind string) error {
	return s.set(ctx, "save server", `UPDATE servers SET kind = ? WHERE id = ?`, kind, id)
}

// RemoveServer forgets a server. ErrNotFound.
func (s *Store) RemoveServer(ctx context.Context, id int64) error {
	return s.set(ctx, "remove server", `DELETE FROM servers WHERE id = ?`, id)
}
