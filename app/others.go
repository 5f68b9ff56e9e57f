package app

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"croft/app/devices"
	"croft/app/lanapi"
	"croft/app/lanapi/wire"
	"croft/app/models"
	"croft/app/router"
	"croft/discovery/trust"
)

// answers is what others are answered with.
type answers struct {
	mu  sync.Mutex
	on  bool
	err error
	log func(format string, args ...any)
}

// Answer lets the devices that are mine in, announces this one on the local network and looks for others. Calling it again
// does nothing. log is told what others ask for; it may be nil.
func (a *App) Answer(log func(format string, args ...any)) error {
	if a.Devices == nil {
		return a.NoDevices
	}
	a.answers.mu.Lock()
	defer a.answers.mu.Unlock()
	if !a.answers.on {
		a.answers.on = true
		if a.answers.log = log; log == nil {
			a.answers.log = func(string, ...any) {}
		}
		a.answers.err = a.Devices.Serve(a.told(a.API.Handler()))
	}
	return a.answers.err
}

// AnswerMine answers from the moment when another device is mine, until cancel.
func (a *App) AnswerMine() (cancel func()) {
	look := func() {
		if len(a.Devices.List()) > 0 {
			_ = a.Answer(nil) // Diagnose says why others cannot reach this device
		}
	}
	look()
	return a.Devices.Follow(look)
}

// told tells the log who asks for what.
func (a *App) told(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if what := asked(r); what != "" {
			if who, _, ok := a.Devices.Caller(r.Context()); ok {
				a.answers.log("%s %s.", a.nameOf(who), what)
			}
		}
		handler.ServeHTTP(w, r)
	})
}

// asked says in words what a request is for, "" for what is of no interest.
func asked(r *http.Request) string {
	switch {
	case r.URL.Path == wire.RepliesPath, r.Method == http.MethodPost && strings.HasPrefix(r.URL.Path, "/v1/"):
		return "asks for a reply"
	case r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, wire.ManifestPath("")) && !strings.Contains(r.URL.Path, "/chunks/"):
		return "asks for a model's file"
	}
	return ""
}

func (a *App) nameOf(id string) string {
	for _, d := range a.Devices.List() {
		if d.ID == id {
			return d.Name
		}
	}
	return fmt.Sprintf("%.8s", id)
}

// caller says who makes a request, and what it may do.
func (a *App) caller(ctx context.Context) (who string, r lanapi.Rights, ok bool) {
	if a.Devices == nil {
		return "", r, false
	}
	who, rights, ok := a.Devices.Caller(ctx)
	return who, lanapi.Rights(rights), ok
}

func (a *App) name() string {
	if a.Devices == nil {
		return ""
	}
	return a.Devices.Name()
}

// lenders are the devices whose models may be asked.
func (a *App) lenders() []router.Device {
	var all []router.Device
	for _, d := range a.Devices.List() {
		if d.There.Answers {
			all = append(all, router.Device{
				ID: d.ID, Name: d.Name, Online: d.Online, RTT: d.RTT, Status: d.Status, Client: a.Devices.Client(d.ID), Origin: trust.Origin,
			})
		}
	}
	return all
}

// servers are the model servers that the owner added. One that cannot be read now is not asked now.
func (a *App) servers() []router.Server {
	list, err := a.Devices.Servers(a.ctx)
	if err != nil {
		return nil
	}
	all := make([]router.Server, len(list))
	for i, v := range list {
		all[i] = router.Server{ID: v.Place(), Name: v.Name, Address: v.Address, Key: v.Key, Client: a.clientOf(v), Found: func(kind string) {
			if kind != v.Kind {
				_ = a.Devices.SetServerKind(a.ctx, v.ID, kind) // ErrNotFound: it was removed meanwhile
			}
		}}
	}
	return all
}

// Elsewhere are the devices and servers where replies could run, as they answer now.
func (a *App) Elsewhere(ctx context.Context) []router.Place {
	_, others := a.Router.Places(ctx)
	return others
}

// clientOf returns the one client of a server, so that its connections are used again.
func (a *App) clientOf(v devices.Server) *http.Client {
	a.clients.mu.Lock()
	defer a.clients.mu.Unlock()
	if a.clients.of == nil {
		a.clients.of = map[devices.Server]*http.Client{}
	}
	v.Kind = "" // how it is reached does not depend on it
	if a.clients.of[v] == nil {
		a.clients.of[v] = a.Devices.ServerClient(v)
	}
	return a.clients.of[v]
}

// clients are those of servers.
type clients struct {
	mu sync.Mutex
	of map[devices.Server]*http.Client
}

// Copy fetches a model from the devices with these ids, all at once; without any, from all that are there and lend it.
func (a *App) Copy(ctx context.Context, model string, from []string, progress func(models.CopyProgress)) (models.Model, error) {
	if a.Devices == nil {
		return models.Model{}, a.NoDevices
	}
	var sources []models.Source
	for _, d := range a.Devices.List() {
		if slices.Contains(from, d.ID) || len(from) == 0 && lends(d, model) {
			sources = append(sources, source{d.Name, a.Devices.Client(d.ID)})
		}
	}
	return a.Models.Fetch(ctx, model, sources, progress)
}

// CopyFromAll fetches a model from all devices that are there and lend it.
func (a *App) CopyFromAll(ctx context.Context, model string, progress func(models.CopyProgress)) (models.Model, error) {
	return a.Copy(ctx, model, nil, progress)
}

func lends(d devices.Device, model string) bool {
	return d.Online && d.There.Models && slices.ContainsFunc(d.Status.Models, func(m wire.Model) bool { return m.ID == model })
}
