package cli

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"croft/app/chat"
	"croft/app/devices"
	"croft/app/models"
)

// automatic and onlyHere are what --device takes besides names.
const (
	automatic = "auto"
	onlyHere  = chat.Here
)

func deviceFlag(cmd *cobra.Command, device *string) {
	cmd.Flags().StringVar(device, "device", automatic, "where the reply is written: the name of a `DEVICE`, here, or auto for the soonest")
}

const (
	lookQuick = 400 * time.Millisecond // for devices of which none was asked for
)

// withOthers opens the home folder for replies that other devices may write; device is where. Who has no other device, or
// wants none, opens no socket.
func (c *commands) withOthers(ctx context.Context, name string, f func(p *Parts, device string) error) error {
	c.setup.Calls = name != onlyHere
	return c.withParts(ctx, func(p *Parts) error {
		switch {
		case name == onlyHere:
			return f(p, chat.Here)
		case p.Devices == nil && name == automatic:
			return f(p, "")
		case p.Devices == nil:
			return p.NoDevices
		case name == automatic:
			c.settled(ctx, p.Devices, lookQuick, everybody)
			return f(p, "")
		}
		id, err := c.placeNamed(ctx, p.Devices, name)
		if err != nil {
			return err
		}
		return f(p, id)
	})
}

// placeNamed finds the device or server by its name, and waits for a device until it answers, for a while. One that does
// not is chosen all the same: the reply says who wrote it in its stead.
func (c *commands) placeNamed(ctx context.Context, d *devices.Service, name string) (id string, err error) {
	servers, err := d.Servers(ctx)
	if err != nil {
		return "", err
	}
	for _, s := range servers {
		if strings.EqualFold(s.Name, name) {
			return s.Place(), nil
		}
	}
	found, err := deviceNamed(d.List(), name)
	if err != nil {
		return "", err
	}
	for _, one := range c.settled(ctx, d, settleMax, func(list []devices.Device) bool {
		return !slices.ContainsFunc(list, func(d devices.Device) bool { return d.ID == found.ID && !d.Online })
	}) {
		if one.ID == found.ID && one.Online && !one.There.Answers {
			c.err.linef("%s does not let this device ask its models, so the reply is written elsewhere.", one.Name)
		}
	}
	return found.ID, ctx.Err()
}

// inSentence is the name of a place inside a sentence.
func inSentence(name string) string {
	if strings.HasPrefix(name, "This ") {
		return "t" + name[1:]
	}
	return name
}

// modelAnywhere finds a model to chat with, here or on a device that is there.
func modelAnywhere(ctx context.Context, p *Parts, name string) (models.Model, error) {
	m, err := p.Models.Resolve(ctx, name)
	if err == nil {
		err = m.CheckChat()
	}
	if err == nil || p.Devices == nil {
		return m, err
	}
	var list []devices.Device
	for _, d := range p.Devices.List() {
		if d.Online && d.There.Answers {
			list = append(list, d)
		}
	}
	if name == "" && len(list) > 0 {
		return models.Model{Name: "the models of " + namesOf(list)}, nil
	}
	if found, missing := modelOf(list, name); missing == nil {
		far := models.Model{ID: found.ID, Name: found.Name, Quant: found.Quant, Embedding: found.Embedding}
		return far, far.CheckChat()
	}
	return m, err
}
