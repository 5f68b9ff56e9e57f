// Package app puts Croft together: it opens what the use cases stand on and gives it to them.
package app

import (
	"context"
	"errors"
	"runtime"

	"croft/app/chat"
	"croft/app/devices"
	"croft/app/lanapi"
	"croft/app/models"
	"croft/app/programs"
	"croft/app/router"
	"croft/app/settings"
	"croft/assets"
	"croft/discovery/lan"
	"croft/storage"
)

// Options say how to run. The zero value leaves everything to the settings and the device, and calls nobody.
type Options struct {
	Threads int    // 0: as the settings say
	Kernels string // "": the best of this processor
	Version string // as other devices read it
	Calls   bool   // other devices of mine may be called, if there are any; else no socket is opened
	// Interfaces and Ports are for tests; nil: those of the system, and the usual ones.
	Interfaces func() ([]lan.Interface, error)
	Ports      *devices.Ports
}

// App is a running Croft on one home folder.
type App struct {
	Chats    *chat.Service
	Models   *models.Library
	Settings *settings.Service
	Devices  *devices.Service // nil when NoDevices says why
	Router   *router.Router
	API      *lanapi.API
	Door     *programs.Door

	NoDevices error // why this device has nothing to do with others, nil when it has

	ctx     context.Context // never ends; for what is asked without one
	options Options
	store   *storage.Store
	here    *here
	answers answers
	clients clients
}

// New opens the home folder dir, which is made when it is not there. The caller closes the App. Nobody is let in before
// Answer.
func New(ctx context.Context, dir string, o Options) (*App, error) {
	store, err := storage.Open(ctx, dir)
	if err != nil {
		return nil, err
	}
	a := &App{ctx: context.WithoutCancel(ctx), store: store, options: o}
	if err := a.start(ctx, dir); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

func (a *App) start(ctx context.Context, dir string) (err error) {
	if a.Settings, err = settings.New(ctx, a.store); err != nil {
		return err
	}
	prefer := func() models.Preferences { return preferences(a.Settings.Get(), a.options) }
	a.Models, err = models.New(ctx, dir, a.store, models.Options{
		Preferences: prefer, Replaced: a.replaced,
		Starter: models.Starter{ID: assets.StarterID(), File: assets.Starter},
	})
	if err != nil {
		return err
	}
	// Without a usable key there are no other devices, and Croft works on this one.
	a.Devices, a.NoDevices = devices.New(ctx, devices.Options{
		Dir: dir, Store: a.store, Quiet: !a.options.Calls, Interfaces: a.options.Interfaces, Ports: a.options.Ports,
		VPN: a.Settings.Get().VPN,
	})
	if a.Devices != nil {
		a.Settings.Watch(func(v settings.Values) { a.Devices.SetVPN(v.VPN) })
	}
	a.here = &here{library: a.Models}
	a.join()
	a.Chats = chat.New(a.store, a.Router, a.Settings, thisDevice())
	return nil
}

// join puts the parts together that others are answered with, and that ask them.
func (a *App) join() {
	lend := lending{a.Models, a.here}
	a.API = lanapi.New(lanapi.Options{
		Models: lend, Files: lend, Caller: a.caller, Health: a.health, Name: a.name, Version: a.options.Version, AtOnce: atOnce,
	})
	a.Door = programs.New(a.store, a.API.Programs)
	o := router.Options{Here: a.here}
	if a.Devices != nil && a.options.Calls {
		o.Devices, o.Servers = a.lenders, a.servers
	}
	a.Router = router.New(o)
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
	if a.Door != nil {
		errs = append(errs, a.Door.Close())
	}
	if a.Router != nil {
		errs = append(errs, a.Router.Close())
	}
	if a.Devices != nil {
		errs = append(errs, a.Devices.Close())
	}
	if a.Models != nil {
		errs = append(errs, a.Models.Close())
	}
	return errors.Join(append(errs, a.store.Close())...)
}
