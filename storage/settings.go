package storage

import (
	"context"
	"encoding/json"
)

// Setting returns the value saved under key, ErrNotFound when there is none.
func (s *Store) Setting(ctx context.Context, key string) (json.RawMessage, error) {
	value, err := one(ctx, s.read, "read setting", scanOne[string], `SELECT value FROM settings WHERE key = ?`, key)
	return json.RawMessage(value), err
}

// SaveSetting saves a value, which must be valid JSON.
func (s *Store) SaveSetting(ctx context.Context, key string, value json.RawMessage) error {
	return s.set(ctx, "save setting",
		`INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
		key, string(value))
}
