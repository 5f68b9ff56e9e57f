// Package app puts Croft together: it opens what the use cases stand on and gives it to them.
package app

import (
	"context"
	"errors"
	"iter"
	"runtime"

	"croft/app/chat"
	"croft/app/models"
	"croft/app/settings"
	"croft/assets"
	"croft/engine"
	"croft/storage"
)

// Options say how to run. The zero value leaves everything to the settings and the device.
type Options struct {
	Threads int    // 0: as the settings say
	Kernels string // "": the best of this processor
}

// App is a running Croft on one home folder.
type App struct {
	Chats    *chat.Service
	Models   *models.Library
	Settings *settings.Service

	store *storage.Store
}

// New opens the home folder dir, which is made when it is not there. The caller closes the App.
func New(ctx context.Context, dir string, o Options) (*App, error) {
	store, err := storage.Open(ctx, dir)
	if err != nil {
		return nil, err
	}
	a := &App{store: store}
	if err := a.start(ctx, dir, o); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

func (a *App) start(ctx context.Context, dir string, o Options) (err error) {
	if a.Settings, err = settings.New(ctx, a.store); err != nil {
		return err
	}
	prefer := func() models.Preferences { return preferences(a.Settings.Get(), o) }
	a.Models, err = models.New(ctx, dir, a.store, models.Options{
		Preferences: prefer, Replaced: a.replaced,
		Starter: models.Starter{ID: assets.StarterID(), File: assets.Starter},
	})
	if err != nil {
		return err
	}
	a.Chats = chat.New(a.store, lender{a.Models}, a.Settings, thisDevice())
	return nil
}

// replaced lets chats and settings that named a model name the one that took its place.
func (a *App) replaced(ctx context.Context, before, now string) error {
	if err := a.store.MoveChats(ctx, before, now); err != nil {
		return err
	}
	return a.Settings.Change(ctx, func(v *settings.Values) {
		if v.DefaultModel == before {
			v.DefaultModel = now
		}
	})
}

func preferences(set settings.Values, o Options) models.Preferences {
	p := models.Preferences{Model: set.DefaultModel, Threads: set.Threads, ContextMax: set.ContextMax, Kernels: o.Kernels}
	if o.Threads > 0 {
		p.Threads = o.Threads
	}
	return p
}

func thisDevice() string {
	switch runtime.GOOS {
	case "android", "ios":
		return "This phone"
	}
	return "This computer"
}

// Check reads the whole database, mends what can be made anew, and says what else is wrong with it.
func (a *App) Check(ctx context.Context) error {
	_, err := a.store.Check(ctx)
	return err
}

// Close ends replies, saves what was written, and closes everything in reverse.
func (a *App) Close() error {
	var errs []error
	if a.Chats != nil {
		errs = append(errs, a.Chats.Close())
	}
	if a.Models != nil {
		errs = append(errs, a.Models.Close())
	}
	return errors.Join(append(errs, a.store.Close())...)
}

// lender gives the chats the models of the library.
type lender struct{ library *models.Library }

// Facts tells what is known of a model without loading it.
func (l lender) Facts(ctx context.Context, id string) (chat.Facts, error) {
	m, err := l.library.Resolve(ctx, id)
	if err != nil {
		return chat.Facts{}, err
	}
	info, err := l.library.Info(m)
	if err != nil {
		return chat.Facts{}, err
	}
	return facts(m, info, m.ContextHere), nil
}

// Use loads a model and keeps it until release.
func (l lender) Use(ctx context.Context, id string, progress func(float64)) (chat.Model, func(), error) {
	r, err := l.library.Use(ctx, id, progress)
	if err != nil {
		return nil, nil, err
	}
	return lent{r}, r.Release, nil
}

type lent struct{ running *models.Running }

func (l lent) Facts() chat.Facts {
	return facts(l.running.Model, l.running.Info(), l.running.ContextMax())
}

func (l lent) Generate(ctx context.Context, r engine.Request) iter.Seq2[engine.Piece, error] {
	return l.running.Generate(ctx, r)
}

func facts(m models.Model, info models.Info, contextMax int) chat.Facts {
	return chat.Facts{ID: m.ID, Name: m.Name, ContextMax: contextMax, Template: info.Template, Advice: info.Advice}
}
