package ui

import (
	"context"
	"errors"
	"slices"

	"croft/app/ui/chatpage"
	"croft/app/ui/devicespage"
	"croft/app/ui/modelspage"
)

// places shows the chats my devices and servers as what they are there: places in which replies can be written.
type places struct{ of Devices }

// placesOf returns nil for no devices.
func placesOf(d Devices) chatpage.Places {
	if d == nil {
		return nil
	}
	return places{d}
}

// Places lists the devices, then the servers.
func (p places) Places(ctx context.Context) ([]chatpage.Place, error) {
	devices, unknown := p.of.List(ctx)
	servers, err := p.of.Servers(ctx)
	var list []chatpage.Place
	for _, d := range devices {
		list = append(list, chatpage.Place{ID: d.ID, Name: d.Name, Online: d.Online, Answers: d.There.Answers, Models: placeModels(d.Models)})
	}
	for _, s := range servers {
		list = append(list, chatpage.Place{ID: s.Device, Name: s.Name, Online: s.Online, Answers: true, Plain: true, Models: placeModels(s.Models)})
	}
	return list, errors.Join(unknown, err)
}

func placeModels(all []devicespage.Model) []chatpage.PlaceModel {
	list := make([]chatpage.PlaceModel, len(all))
	for i, m := range all {
		list[i] = chatpage.PlaceModel{
			ID: m.ID, Name: m.Name, Quant: m.Quant, SizeBytes: m.SizeBytes, TokensPerSecond: m.TokensPerSecond, CanThink: m.CanThink, Starter: m.Starter,
		}
	}
	return list
}

// lender shows the models what my devices lend.
type lender struct{ Devices }

// lenderOf returns nil for no devices.
func lenderOf(d Devices) modelspage.Lender {
	if d == nil {
		return nil
	}
	return lender{d}
}

// Elsewhere lists the models of devices that are on and let this one copy them.
func (l lender) Elsewhere(ctx context.Context) ([]modelspage.Elsewhere, error) {
	devices, err := l.List(ctx)
	var list []modelspage.Elsewhere
	for _, d := range devices {
		if !d.Online || !d.There.Models {
			continue
		}
		for _, m := range d.Models {
			if m.Starter {
				continue // each device has its own
			}
			i := slices.IndexFunc(list, func(e modelspage.Elsewhere) bool { return e.ID == m.ID })
			if i < 0 {
				i, list = len(list), append(list, modelspage.Elsewhere{
					ID: m.ID, Name: m.Name, Quant: m.Quant, SizeBytes: m.SizeBytes, NeedsBytes: m.NeedsBytes, TokensPerSecond: m.TokensPerSecond,
				})
			}
			list[i].Devices = append(list[i].Devices, d.Name)
		}
	}
	return list, err
}
