package ui

import (
	"context"
	"io"
	"slices"
	"time"

	"croft/app/devices"
	"croft/app/health"
	"croft/app/lanapi/wire"
	"croft/app/models"
	"croft/app/router"
	"croft/app/ui/devicespage"
)

// Router knows what servers have, and how this device is.
type Router interface {
	Places(ctx context.Context) (here router.Place, others []router.Place)
}

var _ Router = (*router.Router)(nil)

// Mesh is what my devices are made of in the program; it shows them as the window sees them.
type Mesh struct {
	Service *devices.Service
	Router  Router
	Library *models.Library // of this device
	Fetch   func(ctx context.Context, model string, progress func(models.CopyProgress)) (models.Model, error)
}

var _ Devices = Mesh{}

// This is the device in front of me.
func (m Mesh) This(ctx context.Context) (devicespage.Device, error) {
	library, err := m.Library.List(ctx)
	d := devicespage.Device{ID: m.Service.ID(), Name: m.Service.Name(), Online: true}
	here, _ := m.Router.Places(ctx)
	d.Battery, d.Hot, d.Running = devicespage.Battery{Has: here.Battery.Has, Percent: here.Battery.Percent, Charging: here.Battery.Charging}, here.Hot, here.Running
	slices.SortStableFunc(library, func(a, b models.Model) int { return first(a.Default, b.Default) })
	for _, l := range library {
		if l.CanChat() {
			d.Models = append(d.Models, devicespage.Model{
				ID: l.ID, Name: l.Name, Quant: l.Quant, SizeBytes: l.SizeBytes, NeedsBytes: l.NeedsBytes,
				TokensPerSecond: l.MeasuredTPS, Loaded: l.Loaded, CanThink: l.CanThink, Starter: l.Starter,
			})
		}
	}
	return d, err
}

// first sorts what is so before what is not.
func first(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

// List are my other devices, by name.
func (m Mesh) List(context.Context) ([]devicespage.Device, error) {
	var list []devicespage.Device
	for _, d := range m.Service.List() {
		list = append(list, devicespage.Device{
			ID: d.ID, Name: d.Name, Online: d.Online, Seen: d.Seen, Here: devicespage.Rights(d.Here), There: devicespage.Rights(d.There),
			Models: writers(d.Status.Models), Battery: devicespage.Battery(d.Status.Health.Battery), Hot: d.Status.Health.Hot,
			Running: d.Status.Running, Waiting: d.Status.Waiting, Addresses: d.Addresses, Problem: grave(d.Problem),
		})
	}
	return list, nil
}

// grave leaves out what only says that a device is off, asleep or elsewhere.
func grave(problem error) error {
	if problem != nil && health.Of(problem).Severity == health.Note {
		return nil
	}
	return problem
}

// writers are the models of a device that can write there, the one that it would use first.
func writers(all []wire.Model) []devicespage.Model {
	all = slices.DeleteFunc(slices.Clone(all), func(w wire.Model) bool { return w.Problem != "" || w.Embedding })
	slices.SortStableFunc(all, func(a, b wire.Model) int { return first(a.Default, b.Default) })
	var list []devicespage.Model
	for _, w := range all {
		list = append(list, devicespage.Model{
			ID: w.ID, Name: w.Name, Quant: w.Quant, SizeBytes: w.SizeBytes, NeedsBytes: w.NeedsBytes,
			TokensPerSecond: w.TokensPerSecond, Loaded: w.Loaded, CanThink: w.CanThink, Starter: w.Starter,
		})
	}
	return list
}

// Nearby are those on this network who are not mine.
func (m Mesh) Nearby() []devicespage.Nearby {
	var list []devicespage.Nearby
	for _, n := range m.Service.Nearby() {
		list = append(list, devicespage.Nearby{Address: n.Address.String(), Adding: n.Adding})
	}
	return list
}

// Servers are those that were added, with what the router knows of them.
func (m Mesh) Servers(ctx context.Context) ([]devicespage.Server, error) {
	added, err := m.Service.Servers(ctx)
	if err != nil || len(added) == 0 {
		return nil, err
	}
	_, places := m.Router.Places(ctx)
	var list []devicespage.Server
	for _, s := range added {
		server := devicespage.Server{ID: s.ID, Device: s.Place(), Name: s.Name, Address: s.Address, Kind: s.Kind}
		for _, p := range places {
			if p.ID == server.Device {
				server.Online, server.Models, server.Problem = p.Online, served(p.Models), p.Refused
			}
		}
		list = append(list, server)
	}
	return list, nil
}

func served(all []router.Model) []devicespage.Model {
	var list []devicespage.Model
	for _, r := range all {
		if !r.Unusable {
			list = append(list, devicespage.Model{
				ID: r.ID, Name: r.Name, SizeBytes: r.SizeBytes, TokensPerSecond: r.TokensPerSecond, Loaded: r.Loaded, Starter: r.Starter,
			})
		}
	}
	return list
}

// Watch and Follow are told of changes.
func (m Mesh) Watch(f func()) (cancel func())  { return m.Service.Watch(f) }
func (m Mesh) Follow(f func()) (cancel func()) { return m.Service.Follow(f) }

// Rename gives a device another name here.
func (m Mesh) Rename(ctx context.Context, id, name string) error {
	return m.Service.Rename(ctx, id, name)
}

// SetRights says what a device may do here.
func (m Mesh) SetRights(ctx context.Context, id string, r devicespage.Rights) error {
	return m.Service.SetRights(ctx, id, devices.Rights(r))
}

// Remove makes a device a stranger.
func (m Mesh) Remove(ctx context.Context, id string) error { return m.Service.Remove(ctx, id) }

// AddServer adds a server by its address.
func (m Mesh) AddServer(ctx context.Context, name, address, key string) error {
	_, err := m.Service.AddServer(ctx, name, address, key)
	return err
}

// RemoveServer forgets a server.
func (m Mesh) RemoveServer(ctx context.Context, id int64) error {
	return m.Service.RemoveServer(ctx, id)
}

// Copy fetches a model from the devices that have it.
func (m Mesh) Copy(ctx context.Context, model string, progress func(models.CopyProgress)) (models.Model, error) {
	return m.Fetch(ctx, model, progress)
}

// Ledger has what went over the network.
func (m Mesh) Ledger(ctx context.Context, q devicespage.Query) ([]devicespage.Entry, error) {
	entries, err := m.Service.Ledger(ctx, devices.LedgerQuery(q))
	list := make([]devicespage.Entry, len(entries))
	for i, e := range entries {
		list[i] = devicespage.Entry(e)
	}
	return list, err
}

// Totals adds it up.
func (m Mesh) Totals(ctx context.Context, since time.Time) ([]devicespage.Total, error) {
	totals, err := m.Service.Totals(ctx, since)
	list := make([]devicespage.Total, len(totals))
	for i, t := range totals {
		list[i] = devicespage.Total(t)
	}
	return list, err
}

// Diagnose says why a device is not found.
func (m Mesh) Diagnose(ctx context.Context) []devicespage.Finding {
	var list []devicespage.Finding
	for _, f := range m.Service.Diagnose(ctx) {
		list = append(list, devicespage.Finding{Title: f.Title, Sentence: f.Sentence, Next: f.Next})
	}
	return list
}

// Offer shows a code here.
func (m Mesh) Offer(ctx context.Context) (devicespage.Offer, error) {
	a, err := m.Service.Offer(ctx)
	if err != nil {
		return nil, err
	}
	return offer{a}, nil
}

type offer struct{ *devices.Adding }

// Shown is what the other device needs.
func (o offer) Shown() devicespage.Invitation {
	i := devicespage.Invitation{Code: o.Code(), Picture: o.Picture(), Expires: o.Expires()}
	for _, a := range o.Addresses() {
		i.Addresses = append(i.Addresses, a.String())
	}
	return i
}

// Wait returns who had the code.
func (o offer) Wait(ctx context.Context) (devicespage.Guest, error) {
	return hosted(o.Adding.Wait(ctx))
}

// Join proves a code that another device shows.
func (m Mesh) Join(ctx context.Context, address, code string) (devicespage.Guest, error) {
	return hosted(m.Service.Join(ctx, address, code))
}

// Scan proves the picture that another device shows.
func (m Mesh) Scan(ctx context.Context, text string) (devicespage.Guest, error) {
	return hosted(m.Service.Scan(ctx, text))
}

// ScanPhoto proves the picture that another device shows, from a photo of it.
func (m Mesh) ScanPhoto(ctx context.Context, photo io.Reader) (devicespage.Guest, error) {
	return hosted(m.Service.ScanPhoto(ctx, photo))
}

// hosted keeps a missing guest nil.
func hosted(g *devices.Guest, err error) (devicespage.Guest, error) {
	if err != nil {
		return nil, err
	}
	return guest{g}, nil
}

type guest struct{ of *devices.Guest }

func (g guest) Name() string { return g.of.Name }

func (g guest) Accept(ctx context.Context, r devicespage.Rights) error {
	_, err := g.of.Accept(ctx, devices.Rights(r))
	return err
}

func (g guest) Refuse(ctx context.Context) error { return g.of.Refuse(ctx) }
