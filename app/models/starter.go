package models

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"croft/app/health"
	"croft/storage"
)

// Starter is a model file that comes with the program, so that there is one from the first start on.
type Starter struct {
	ID   string // SHA-256 of File, 64 hex digits; "": there is none
	File string // its bytes
}

const (
	starterName   = "Starter"
	starterSource = "comes with Croft" // tells its record from all others
	starterKey    = "starter"          // of its fate among the settings
)

// starterTime is the age of every copy, so that of two programs that place one at the same moment each records what
// the other one did. It is also the time of adding: whatever a person adds is newer.
var starterTime = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// starter is what the library knows of its starter.
type starter struct {
	Starter
	replaced func(ctx context.Context, before, now string) error
	problem  error // why it could not be placed
}

// fate is what became of the starter, remembered between starts.
type fate struct {
	ID      string `json:"id"`      // of the one that was placed last; "": none ever was
	Removed bool   `json:"removed"` // by the person: no program brings it back by itself
}

func isStarter(r storage.Model) bool { return r.Owned && r.Source == starterSource }

// HasStarter tells whether the program has a starter that can be brought back.
func (l *Library) HasStarter() bool { return l.starter.ID != "" }

// StarterProblem tells why the starter could not be brought in when the library was opened; nil when nothing was wrong.
func (l *Library) StarterProblem() error { return l.starter.problem }

// BringBack puts the starter into the library again after it was removed.
func (l *Library) BringBack(ctx context.Context) (Model, error) {
	if !l.HasStarter() {
		return Model{}, notFound(starterName)
	}
	before, err := l.fateOfStarter(ctx)
	if err == nil {
		err = l.keepStarter(ctx, before)
	}
	if err != nil {
		return Model{}, fmt.Errorf("bring back the starter: %w", err)
	}
	return l.byID(ctx, l.starter.ID)
}

// placeStarter brings the starter in where none ever was, where an older program's lies, and where its file is gone
// or changed; not where it was removed. When there is nothing to do it reads none of the file.
func (l *Library) placeStarter(ctx context.Context) error {
	if !l.HasStarter() {
		return nil
	}
	before, err := l.fateOfStarter(ctx)
	if err != nil || before.Removed {
		return err
	}
	if r, err := l.record(ctx, l.starter.ID); err == nil && before.ID == r.ID && isStarter(r) && l.verify(r) == nil {
		return nil
	}
	if err := l.keepStarter(ctx, before); err != nil {
		return missingStarter(err)
	}
	return nil
}

// keepStarter copies the starter into the library and then lets those before it go. Its fate is saved last: whatever
// a crash leaves undone the next start does again.
func (l *Library) keepStarter(ctx context.Context, before fate) error {
	l.adding.Lock()
	defer l.adding.Unlock()
	_, err := l.take(ctx, strings.NewReader(l.starter.File), storage.Model{
		ID: l.starter.ID, Name: starterName, Source: starterSource, SizeBytes: int64(len(l.starter.File)),
		Modified: starterTime, Added: starterTime,
	}, nil)
	if err != nil {
		return err
	}
	l.changing.Lock()
	defer l.changing.Unlock()
	if err := l.retireStarters(ctx, before); err != nil {
		return err
	}
	return l.remember(ctx, fate{ID: l.starter.ID})
}

// retireStarters removes the starters of older programs once everything that named them names the new one.
func (l *Library) retireStarters(ctx context.Context, before fate) error {
	records, err := l.store.Models(ctx)
	if err != nil {
		return err
	}
	old := slices.DeleteFunc(records, func(r storage.Model) bool { return r.ID == l.starter.ID || !isStarter(r) })
	if before.ID != "" && before.ID != l.starter.ID {
		err = l.replaced(ctx, before.ID)
	}
	for _, r := range old {
		err = errors.Join(err, l.replaced(ctx, r.ID))
	}
	if err != nil {
		return err
	}
	for _, r := range old {
		// Another program that started at the same moment may have removed it.
		if err := l.remove(ctx, r); err != nil && !errors.Is(err, storage.ErrNotFound) {
			return err
		}
	}
	return nil
}

func (l *Library) replaced(ctx context.Context, before string) error {
	if l.starter.replaced == nil {
		return nil
	}
	return l.starter.replaced(ctx, before, l.starter.ID)
}

func (l *Library) fateOfStarter(ctx context.Context) (f fate, err error) {
	saved, err := l.store.Setting(ctx, starterKey)
	if errors.Is(err, storage.ErrNotFound) {
		return fate{}, nil
	}
	if err == nil {
		err = json.Unmarshal(saved, &f)
	}
	return f, err
}

func (l *Library) remember(ctx context.Context, f fate) error {
	saved, err := json.Marshal(f)
	if err != nil {
		return err
	}
	return l.store.SaveSetting(ctx, starterKey, saved)
}

func missingStarter(err error) error {
	return refuse(err, "Starter is missing", "The starter could not be brought in. "+health.Of(err).Sentence, "The next start tries it again.")
}
