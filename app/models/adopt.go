package models

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"croft/storage"
)

// Adopt adds a file where it lies, without copying.
func (l *Library) Adopt(ctx context.Context, path string, progress func(done, total int64)) (Model, error) {
	l.adding.Lock()
	defer l.adding.Unlock()
	source, name, err := l.openSource(path)
	if err != nil {
		return Model{}, err
	}
	defer source.Close()
	st, err := source.Stat()
	if err != nil {
		return Model{}, fmt.Errorf("adopt: %w", err)
	}
	id, err := hashTo(ctx, io.Discard, source, st.Size(), progress)
	if err != nil {
		return Model{}, fmt.Errorf("adopt: %w", err)
	}
	l.changing.Lock()
	defer l.changing.Unlock()
	err = l.add(ctx, storage.Model{
		ID: id, Name: name, Path: source.Name(), Source: l.places.sourceOf(source.Name()),
		SizeBytes: st.Size(), Modified: st.ModTime(), Added: time.Now(),
	})
	if err != nil {
		return Model{}, err
	}
	return l.byID(ctx, id)
}

// Check reads the whole file and compares it with the hash it was added under. A file that was only touched,
// and is the same, is trusted again afterwards.
func (l *Library) Check(ctx context.Context, id string, progress func(done, total int64)) error {
	r, err := l.record(ctx, id)
	if err != nil {
		return err
	}
	f, err := os.Open(l.pathOf(r))
	if err != nil {
		return missing(l.pathOf(r), err)
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return fmt.Errorf("check: %w", err)
	}
	sum, err := hashTo(ctx, io.Discard, f, st.Size(), progress)
	if err != nil {
		return fmt.Errorf("check: %w", err)
	}
	if sum != r.ID {
		return damaged(r.Name)
	}
	if st.ModTime().Equal(r.Modified) {
		return nil
	}
	r.Modified = st.ModTime()
	if err := l.store.AddModel(ctx, r); err != nil {
		return fmt.Errorf("check: %w", err)
	}
	l.watchers.tell()
	return nil
}
