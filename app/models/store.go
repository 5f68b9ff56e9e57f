package models

import (
	"context"
	"encoding/json"

	"croft/storage"
)

// Store keeps what must be known of models between starts; storage.Store is one.
type Store interface {
	Records
	Settings
}

// Settings keep a value under a name.
type Settings interface {
	// Setting returns a value, storage.ErrNotFound when there is none.
	Setting(ctx context.Context, key string) (json.RawMessage, error)
	// SaveSetting saves a value.
	SaveSetting(ctx context.Context, key string, value json.RawMessage) error
}

// Records keep what is known of each model. The path of an owned model is "": its file is named after its ID.
type Records interface {
	// Models returns the records, the last added first.
	Models(ctx context.Context) ([]storage.Model, error)
	// AddModel adds a record or replaces the one with the same ID.
	AddModel(ctx context.Context, m storage.Model) error
	// RemoveModel removes a record.
	RemoveModel(ctx context.Context, id string) error
	// MedianSpeeds returns the median of the last measured tokens a second by ID.
	MedianSpeeds(ctx context.Context) (map[string]float64, error)
}

// record finds the record of a model. ErrNotFound.
func (l *Library) record(ctx context.Context, id string) (storage.Model, error) {
	all, err := l.store.Models(ctx)
	if err != nil {
		return storage.Model{}, err
	}
	for _, r := range all {
		if r.ID == id {
			return r, nil
		}
	}
	return storage.Model{}, notFound(id)
}
