package ui

import (
	"context"
	"errors"
	"image"
	"io"
	"slices"
	"time"

	"croft/app/models"
	"croft/app/ui/devicespage"
	"croft/discovery/pairing"
)

// scriptedDevices are my devices in memory.
type scriptedDevices struct {
	this      devicespage.Device
	mine      []devicespage.Device
	nearby    []devicespage.Nearby
	servers   []devicespage.Server
	entries   []devicespage.Entry
	totals    []devicespage.Total
	findings  []devicespage.Finding
	watchers  int
	followers []func()

	library *scriptedModels // where copies go
	copied  []string
	copying func(progress func(models.CopyProgress)) // while a copy is made; may be nil

	code    string
	guest   *scriptedGuest // comes by a code; nil: nobody does
	tried   []string       // codes and texts that were typed here
	refuse  error          // of the next thing that is done
	closed  int            // offers
	removed []string
}

func (s *scriptedDevices) This(context.Context) (devicespage.Device, error) { return s.this, nil }

func (s *scriptedDevices) List(context.Context) ([]devicespage.Device, error) {
	return slices.Clone(s.mine), nil
}

func (s *scriptedDevices) Nearby() []devicespage.Nearby { return s.nearby }

func (s *scriptedDevices) Servers(context.Context) ([]devicespage.Server, error) {
	return s.servers, nil
}

func (s *scriptedDevices) Diagnose(context.Context) []devicespage.Finding { return s.findings }

func (s *scriptedDevices) Totals(context.Context, time.Time) ([]devicespage.Total, error) {
	return s.totals, nil
}

func (s *scriptedDevices) Follow(f func()) (cancel func()) {
	s.followers = append(s.followers, f)
	return func() {}
}

func (s *scriptedDevices) Copy(ctx context.Context, id string, progress func(models.CopyProgress)) (models.Model, error) {
	s.copied = append(s.copied, id)
	if s.copying != nil {
		s.copying(progress)
	}
	if s.refuse != nil {
		return models.Model{}, s.refuse
	}
	m := models.Model{ID: id, Name: "Copied", Fit: models.Fits}
	s.library.here = append(s.library.here, m)
	return m, nil
}

func (s *scriptedDevices) Watch(func()) (cancel func()) {
	s.watchers++
	return func() { s.watchers-- }
}

var errNoDevice = errors.New("no such device")

func (s *scriptedDevices) with(id string, f func(*devicespage.Device)) error {
	for i := range s.mine {
		if s.mine[i].ID == id {
			f(&s.mine[i])
			return s.refuse
		}
	}
	return errNoDevice
}

func (s *scriptedDevices) Rename(_ context.Context, id, name string) error {
	return s.with(id, func(d *devicespage.Device) { d.Name = name })
}

func (s *scriptedDevices) SetRights(_ context.Context, id string, r devicespage.Rights) error {
	return s.with(id, func(d *devicespage.Device) { d.Here = r })
}

func (s *scriptedDevices) Remove(_ context.Context, id string) error {
	s.removed = append(s.removed, id)
	var left []devicespage.Device
	for _, d := range s.mine {
		if d.ID != id {
			left = append(left, d)
		}
	}
	s.mine = left
	return s.refuse
}

func (s *scriptedDevices) AddServer(_ context.Context, name, address, _ string) error {
	if s.refuse != nil {
		return s.refuse
	}
	s.servers = append(s.servers, devicespage.Server{ID: int64(len(s.servers) + 1), Name: name, Address: address, Online: true})
	return nil
}

func (s *scriptedDevices) RemoveServer(_ context.Context, id int64) error {
	var left []devicespage.Server
	for _, v := range s.servers {
		if v.ID != id {
			left = append(left, v)
		}
	}
	s.servers = left
	return nil
}

func (s *scriptedDevices) Ledger(_ context.Context, q devicespage.Query) ([]devicespage.Entry, error) {
	var list []devicespage.Entry
	for _, e := range s.entries {
		if (q.Device == "" || e.Device == q.Device) && (q.Before == 0 || e.ID < q.Before) && len(list) < q.Limit {
			list = append(list, e)
		}
	}
	return list, nil
}

func (s *scriptedDevices) Offer(context.Context) (devicespage.Offer, error) {
	if s.refuse != nil {
		return nil, s.refuse
	}
	return scriptedOffer{s}, nil
}

func (s *scriptedDevices) Join(_ context.Context, address, code string) (devicespage.Guest, error) {
	return s.prove(address + " " + code)
}

func (s *scriptedDevices) Scan(_ context.Context, text string) (devicespage.Guest, error) {
	return s.prove(text)
}

func (s *scriptedDevices) ScanPhoto(_ context.Context, photo io.Reader) (devicespage.Guest, error) {
	b, err := io.ReadAll(photo)
	if err != nil {
		return nil, err
	}
	return s.prove("photo " + string(b))
}

func (s *scriptedDevices) prove(what string) (devicespage.Guest, error) {
	s.tried = append(s.tried, what)
	if s.refuse != nil {
		return nil, s.refuse
	}
	return s.guest, nil
}

// scriptedOffer is a code to which the scripted guest comes at once. Without one it waits for nobody.
type scriptedOffer struct{ of *scriptedDevices }

func (o scriptedOffer) Shown() devicespage.Invitation {
	text := "CROFT1:AGNZ3LQ7X4TN2VJ5MCK6RWYHDO3PBE2FSU7IAGNZ3LQ7X4TN2VJ5MCK6RWYHDO3PBE2FSU7IAGNZ3LQ7X4TN2VJ5MCK6RWYHD"
	p, err := pairing.Picture(text)
	if err != nil {
		p = image.NewGray(image.Rect(0, 0, 1, 1))
	}
	return devicespage.Invitation{Code: o.of.code, Picture: p, Addresses: []string{"192.168.1.20:47301"}, Expires: now.Add(102 * time.Second)}
}

func (o scriptedOffer) Changed() <-chan struct{} {
	never := make(chan struct{})
	close(never)
	return never
}

func (o scriptedOffer) Wait(context.Context) (devicespage.Guest, error) {
	if o.of.guest == nil {
		return nil, context.Canceled
	}
	return o.of.guest, nil
}

func (o scriptedOffer) Close() { o.of.closed++ }

// scriptedGuest says yes, or fails.
type scriptedGuest struct {
	name    string
	fail    error
	granted []devicespage.Rights
	refused int
}

func (g *scriptedGuest) Name() string { return g.name }

func (g *scriptedGuest) Accept(_ context.Context, r devicespage.Rights) error {
	g.granted = append(g.granted, r)
	return g.fail
}

func (g *scriptedGuest) Refuse(context.Context) error {
	g.refused++
	return nil
}

func fast() devicespage.Model {
	return devicespage.Model{ID: "aa", Name: "Qwen3 4B", Quant: "Q4_K_M", SizeBytes: 2.5e9, NeedsBytes: 3.4e9, TokensPerSecond: 38, Loaded: true}
}

// family has devices in every state.
func family(s *stage) {
	chats(s)
	all := devicespage.Rights{Answers: true, Models: true}
	small := devicespage.Model{ID: "bb", Name: "Qwen3 0.6B", Quant: "Q8_0", SizeBytes: 639e6, TokensPerSecond: 21}
	big := devicespage.Model{ID: "ff", Name: "Qwen3 30B A3B", Quant: "Q4_K_M", SizeBytes: 18.6e9, NeedsBytes: 21e9, TokensPerSecond: 19}
	s.fleet = &scriptedDevices{
		code: "483 920", library: s.models,
		this: devicespage.Device{
			Name: "Heather’s laptop", Online: true, Models: []devicespage.Model{small},
			Battery: devicespage.Battery{Has: true, Percent: 64},
		},
		mine: []devicespage.Device{
			{
				ID: "c0ffee00aa11", Name: "Studio PC", Online: true, Here: all, There: all, Models: []devicespage.Model{fast(), big, small},
				Addresses: []string{"192.168.1.21:47300"},
			},
			{
				ID: "c0ffee00aa22", Name: "Pixel 9", Online: true, Here: all, There: devicespage.Rights{Answers: true},
				Models:  []devicespage.Model{{ID: "ee", Name: "Starter", Quant: "Q8_0", TokensPerSecond: 24, Starter: true}},
				Battery: devicespage.Battery{Has: true, Percent: 81, Charging: true}, Running: 1,
			},
			{
				ID: "c0ffee00aa33", Name: "Cupboard box", Seen: now.Add(-26 * time.Hour), There: all,
				Models: []devicespage.Model{{Name: "Qwen3 1.7B", Quant: "Q4_K_M", TokensPerSecond: 9}},
			},
		},
		nearby: []devicespage.Nearby{{Address: "192.168.1.30:47301", Adding: true}},
		findings: []devicespage.Finding{
			{Title: "A VPN is in between", Sentence: "Addresses of this network go through the interface wg0.", Next: "Turn the VPN off, or let it pass the local network."},
			{Title: "No announcements come in", Sentence: "Nothing was heard on this network for two minutes; some routers do not pass announcements on.", Next: "Type the other device's address instead."},
		},
	}
}

// crowded has what is long, wrong or many.
func crowded(s *stage) {
	family(s)
	f := s.fleet
	f.mine[0].Name = "The very old grey computer in the cupboard under the stairs, second shelf"
	f.mine[0].Running, f.mine[0].Waiting, f.mine[0].Hot = 4, 2, true
	f.mine[1].Online, f.mine[1].Seen = false, now.Add(-5*time.Hour)
	f.mine[1].Problem = errors.New("the other device does not know this one; add this device there again")
	f.mine[2].Models, f.mine[2].There, f.mine[2].Seen = nil, devicespage.Rights{}, time.Time{}
	f.nearby = append(f.nearby, devicespage.Nearby{Address: "192.168.1.44:47300"})
	f.servers = []devicespage.Server{
		{ID: 1, Name: "Ollama in the study", Address: "192.168.1.5:11434", Kind: "Ollama", Online: true, Models: []devicespage.Model{{Name: "gemma3:27b", TokensPerSecond: 12}, {Name: "x"}}},
		{ID: 2, Name: "192.168.1.6", Address: "192.168.1.6:8080", Problem: errors.New("192.168.1.6 does not accept its key; add the server again with its key")},
		{ID: 3, Name: "Attic", Address: "192.168.1.7:8080"},
	}
}

// spoken has a ledger.
func spoken(s *stage) {
	crowded(s)
	f := s.fleet
	purposes := []string{"reply", "status", "model copy", "adding a device"}
	for i := range 130 {
		e := devicespage.Entry{
			ID: int64(1000 - i), Time: now.Add(-time.Duration(i*i) * time.Minute), Out: i%3 > 0, Device: f.mine[i%3].ID, Name: f.mine[i%3].Name,
			Address: "192.168.1.21:47300", Purpose: purposes[i%3], BytesIn: int64(900 + i*i*977), BytesOut: int64(700 + i*31), Outcome: "done",
		}
		if i == 4 {
			e.Device, e.Name, e.Purpose, e.Outcome, e.BytesIn, e.BytesOut, e.Out = "", "", purposes[3], "refused: a device that is not mine", 517, 0, false
		}
		f.entries = append(f.entries, e)
	}
	f.totals = []devicespage.Total{{Device: f.mine[0].ID, Name: f.mine[0].Name, In: 2.5e9, Out: 12e6, Connections: 40}, {Device: f.mine[1].ID, Name: f.mine[1].Name, In: 1.4e6, Out: 380e3, Connections: 12}, {In: 517, Connections: 1}}
}
