package models

import (
	"context"
	"crypto/rand"
	"fmt"

	"croft/storage"
)

// Delete takes a model out of the library; the file goes too when it is Croft's own copy. Replies that the model is
// writing are finished first; nobody can ask it for another one. The starter stays away until BringBack.
func (l *Library) Delete(ctx context.Context, id string) error {
	l.changing.Lock()
	defer l.changing.Unlock()
	r, err := l.record(ctx, id)
	if err != nil {
		return err
	}
	if isStarter(r) {
		if err := l.remember(ctx, fate{ID: id, Removed: true}); err != nil {
			return fmt.Errorf("delete model: %w", err)
		}
	}
	return l.remove(ctx, r)
}

// remove forgets a model and takes its file away when it is Croft's own copy.
func (l *Library) remove(ctx context.Context, r storage.Model) error {
	if err := l.removeSums(r.ID); err != nil { // first: without the record nobody would look for them
		return fmt.Errorf("delete model: %w", err)
	}
	if err := l.store.RemoveModel(ctx, r.ID); err != nil {
		return fmt.Errorf("delete model: %w", err)
	}
	defer l.watchers.tell()
	if !r.Owned {
		l.slots.forget(r.ID, func() {})
		return nil
	}
	return l.deleteFile(r.ID)
}

// deleteFile takes the file's name away at once, so that the same model can be added again, and the file itself when
// nobody reads from it any more. A program that ends before that does it at its next start.
func (l *Library) deleteFile(id string) error {
	name := deletedPrefix + rand.Text()
	if err := l.dir.Rename(fileName(id), name); err != nil {
		l.slots.forget(id, func() {})
		return ignoreMissing(err)
	}
	l.slots.forget(id, func() {
		if err := ignoreMissing(l.dir.Remove(name)); err != nil {
			l.log.Warn("a deleted model is removed at the next start", "err", err)
		}
	})
	return nil
}
