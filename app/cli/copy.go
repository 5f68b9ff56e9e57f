package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"croft/app/devices"
	"croft/app/health"
	"croft/app/lanapi/wire"
	"croft/app/models"
)

func (c *commands) modelsCopy() *cobra.Command {
	var from []string
	asJSON := false
	cmd := &cobra.Command{
		Use: "copy MODEL", Short: "copy a model from my other devices", Args: oneArgument("a model of another device"),
		Long: "Without --from it is copied from all devices that have it, at once. Every piece is checked. What was copied stays\n" +
			"when it is interrupted: the same command goes on where it stopped.",
		Example: "  croft models copy qwen3 --from \"Studio PC\"",
		RunE: func(cmd *cobra.Command, args []string) error {
			return interruptible(cmd.Context(), func(ctx context.Context) error {
				return c.withDevices(ctx, func(p *Parts) error { return c.copyModel(ctx, p, args[0], from, asJSON) })
			})
		},
	}
	cmd.Flags().StringArrayVar(&from, "from", nil, "copy it from `DEVICE`; may be given several times")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON document")
	return cmd
}

func (c *commands) copyModel(ctx context.Context, p *Parts, name string, from []string, asJSON bool) error {
	sources, err := c.sources(ctx, p.Devices, from)
	if err != nil {
		return err
	}
	m, err := modelOf(sources, name)
	if err != nil {
		return err
	}
	title := strings.TrimSpace(m.Name + " " + m.Quant)
	sources = slices.DeleteFunc(sources, func(d devices.Device) bool { return !has(d, m.ID) })
	added, err := p.Copy(ctx, m.ID, idsOf(sources), func(how models.CopyProgress) { c.err.status("%s", copyLine(title, how)) })
	c.err.clear()
	if ctx.Err() != nil {
		c.err.linef("What was copied stays; the same command goes on there.")
	}
	if err != nil {
		return err
	}
	if asJSON {
		return writeJSON(c.out, added)
	}
	c.out.linef("Copied %s (%s, id %.8s) from %s.", title, models.Bytes(added.SizeBytes), added.ID, namesOf(sources))
	if added.Why != "" {
		c.out.linef("%s", added.Why)
	}
	return nil
}

// sources are the devices from which models may be copied: those named, which must be there, or all that are.
func (c *commands) sources(ctx context.Context, d *devices.Service, from []string) ([]devices.Device, error) {
	wanted := map[string]bool{}
	for _, name := range from {
		one, err := deviceNamed(d.List(), name)
		if err != nil {
			return nil, err
		}
		wanted[one.ID] = true
	}
	list := c.settled(ctx, d, settleMax, func(list []devices.Device) bool {
		return !slices.ContainsFunc(list, func(d devices.Device) bool { return !d.Online && (len(wanted) == 0 || wanted[d.ID]) })
	})
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var all []devices.Device
	for _, one := range list {
		err := lends(one)
		switch {
		case len(wanted) > 0 && !wanted[one.ID]:
		case err == nil:
			all = append(all, one)
		case wanted[one.ID]:
			return nil, err
		}
	}
	if len(all) == 0 {
		return nil, &told{health.Problem{
			Sentence: "No device is there that lets this one copy its models.", Next: "Run croft devices to see which are there and what they allow.",
		}}
	}
	return all, nil
}

// lends says why no model can be copied from a device.
func lends(d devices.Device) error {
	switch {
	case !d.Online && d.Problem != nil:
		return d.Problem
	case !d.Online:
		return &told{health.Problem{Sentence: d.Name + " does not answer.", Next: "See that it is on and that Croft runs on it."}}
	}
	if !d.There.Models {
		return &told{health.Problem{
			Sentence: d.Name + " does not let this device copy its models.", Next: "Allow it there, under Devices or with croft devices rights.",
		}}
	}
	return nil
}

func has(d devices.Device, model string) bool {
	return slices.ContainsFunc(d.Status.Models, func(m wire.Model) bool { return m.ID == model })
}

// modelOf finds a model of other devices by name, the beginning of an id, or a part of a name.
func modelOf(list []devices.Device, name string) (wire.Model, error) {
	lower := strings.ToLower(strings.TrimSpace(name))
	for _, matches := range []func(id, title, short string) bool{
		func(id, title, short string) bool { return id == lower || title == lower || short == lower },
		func(id, _, _ string) bool { return len(lower) >= 4 && strings.HasPrefix(id, lower) },
		func(_, title, _ string) bool { return strings.Contains(title, lower) },
	} {
		found := map[string]wire.Model{}
		var names []string
		for _, d := range list {
			for _, m := range d.Status.Models {
				title := strings.TrimSpace(m.Name + " " + m.Quant)
				if _, twice := found[m.ID]; !twice && matches(m.ID, strings.ToLower(title), strings.ToLower(m.Name)) {
					found[m.ID] = m
					names = append(names, fmt.Sprintf("%s (%.8s)", title, m.ID))
				}
			}
		}
		switch len(found) {
		case 0:
			continue
		case 1:
			for _, m := range found {
				return m, nil
			}
		}
		return wire.Model{}, &told{health.Problem{
			Sentence: fmt.Sprintf("Several models are called %q: %s.", name, strings.Join(names, ", ")), Next: "Give the beginning of its id.",
		}}
	}
	return wire.Model{}, &told{health.Problem{
		Sentence: fmt.Sprintf("%s has no model called %q that this device may copy.", namesOf(list), name),
		Next:     "Run croft devices to see which models are where.",
	}}
}

func namesOf(list []devices.Device) string {
	var names []string
	for _, d := range list {
		names = append(names, d.Name)
	}
	return strings.Join(names, ", ")
}

func idsOf(list []devices.Device) []string {
	ids := make([]string, len(list))
	for i, d := range list {
		ids[i] = d.ID
	}
	return ids
}

// copyLine is how far a copy is.
func copyLine(title string, p models.CopyProgress) string {
	if p.Total == 0 {
		return "Asking for " + title
	}
	line := fmt.Sprintf("Copying %s: %d %%", title, p.Done*100/p.Total)
	if p.BytesPerSecond > 0 {
		line += fmt.Sprintf(", %s/s", models.Bytes(int64(p.BytesPerSecond)))
	}
	if p.Left > 0 {
		line += ", " + p.Left.Round(time.Second).String() + " left"
	}
	return line
}
