package storage

import (
	"context"
	"database/sql"
	"time"
)

// Model is a model file of the library.
type Model struct {
	ID        string // SHA-256 of the file, 64 hex digits
	Name      string
	Path      string
	Owned     bool   // Croft's own copy
	Source    string // whose folder it lies in
	SizeBytes int64
	Modified  time.Time // of the file, when it was hashed; to the nanosecond
	Added     time.Time
}

// speedsMax is how many measurements of a model are kept; the oldest go first.
const speedsMax = 25

// AddModel saves a model, or saves it anew when a model of this ID is there: its speeds stay.
func (s *Store) AddModel(ctx context.Context, m Model) error {
	return s.set(ctx, "save model", `
		INSERT INTO models (id, name, path, owned, source, size_bytes, mtime_ns, added_ms)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET name = excluded.name, path = excluded.path, owned = excluded.owned,
			source = excluded.source, size_bytes = excluded.size_bytes, mtime_ns = excluded.mtime_ns`,
		m.ID, m.Name, m.Path, m.Owned, m.Source, m.SizeBytes, m.Modified.UnixNano(), m.Added.UnixMilli())
}

// Models returns the models, the last added first.
func (s *Store) Models(ctx context.Context) ([]Model, error) {
	return collect(ctx, s.read, "read models", scanModel, `
		SELECT id, name, path, owned, source, size_bytes, mtime_ns, added_ms
		FROM models ORDER BY added_ms DESC, rowid DESC`)
}

func scanModel(rows *sql.Rows) (m Model, err error) {
	var mtimeNs, addedMs int64
	err = rows.Scan(&m.ID, &m.Name, &m.Path, &m.Owned, &m.Source, &m.SizeBytes, &mtimeNs, &addedMs)
	m.Modified, m.Added = time.Unix(0, mtimeNs), time.UnixMilli(addedMs)
	return m, err
}

// RemoveModel forgets a model and its speeds. The file is the caller's affair. ErrNotFound.
func (s *Store) RemoveModel(ctx context.Context, id string) error {
	return s.set(ctx, "remove model", `DELETE FROM models WHERE id = ?`, id)
}

// RecordSpeed adds a measurement of a model. ErrNotFound when the library does not know it.
func (s *Store) RecordSpeed(ctx context.Context, id string, tokensPerSecond float64) error {
	return s.change(ctx, "record speed", func(tx *sql.Tx) error {
		err := execOne(ctx, tx, `INSERT INTO speeds (model_id, at_ms, tokens_per_second)
			SELECT id, ?, ? FROM models WHERE id = ?`, time.Now().UnixMilli(), tokensPerSecond, id)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `DELETE FROM speeds WHERE model_id = ?1 AND id NOT IN
			(SELECT id FROM speeds WHERE model_id = ?1 ORDER BY id DESC LIMIT ?2)`, id, speedsMax)
		return err
	})
}

// MedianSpeed returns the median of a model's last measurements in tokens a second, 0 without any.
func (s *Store) MedianSpeed(ctx context.Context, id string) (float64, error) {
	all, err := s.MedianSpeeds(ctx)
	return all[id], err
}

// MedianSpeeds returns MedianSpeed for every model that has measurements.
func (s *Store) MedianSpeeds(ctx context.Context) (map[string]float64, error) {
	rows, err := collect(ctx, s.read, "read speeds", scanSpeed,
		`SELECT model_id, tokens_per_second FROM speeds ORDER BY tokens_per_second`)
	if err != nil {
		return nil, err
	}
	ascending := map[string][]float64{}
	for _, r := range rows {
		ascending[r.model] = append(ascending[r.model], r.tokensPerSecond)
	}
	medians := make(map[string]float64, len(ascending))
	for model, v := range ascending {
		medians[model] = (v[(len(v)-1)/2] + v[len(v)/2]) / 2
	}
	return medians, nil
}

type speed struct {
	model           string
	tokensPerSecond float64
}

func scanSpeed(rows *sql.Rows) (v speed, err error) {
	err = rows.Scan(&v.model, &v.tokensPerSecond)
	return v, err
}
