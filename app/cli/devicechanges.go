package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"croft/app/devices"
)

func (c *commands) devicesRename() *cobra.Command {
	return &cobra.Command{
		Use: "rename DEVICE NAME", Short: "give a device another name on this one", Args: exactly(2, "a device and its new name"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.onDevice(cmd.Context(), args[0], func(p *Parts, d devices.Device) error {
				if err := p.Devices.Rename(cmd.Context(), d.ID, args[1]); err != nil {
					return err
				}
				c.out.linef("%s is called %s now.", d.Name, args[1])
				return nil
			})
		},
	}
}

// onDevice finds a device for f.
func (c *commands) onDevice(ctx context.Context, name string, f func(*Parts, devices.Device) error) error {
	return c.withRecords(ctx, func(p *Parts) error {
		d, err := deviceNamed(p.Devices.List(), name)
		if err != nil {
			return err
		}
		return f(p, d)
	})
}

func (c *commands) devicesRights() *cobra.Command {
	return &cobra.Command{
		Use: "rights DEVICE RIGHTS", Short: "say what a device may do here: answers, models, or none",
		Args: exactly(2, "a device and what it may do: answers,models for example"),
		Long: "answers: ask the models of this device. models: copy its model files.\n" +
			"It counts from the device's next request on.",
		RunE: func(cmd *cobra.Command, args []string) error {
			rights, err := rightsOf(cmd, args[1])
			if err != nil {
				return err
			}
			return c.onDevice(cmd.Context(), args[0], func(p *Parts, d devices.Device) error {
				if err := p.Devices.SetRights(cmd.Context(), d.ID, rights); err != nil {
					return err
				}
				c.out.linef("%s may do here now: %s.", d.Name, wordsOf(rights))
				return nil
			})
		},
	}
}

func (c *commands) devicesRemove() *cobra.Command {
	yes := false
	cmd := &cobra.Command{
		Use: "rm DEVICE", Short: "remove a device", Args: oneArgument("a device"),
		Long: "It is cut off at once, also from a Croft that runs on this home folder, and this device calls it no more. To have it\n" +
			"back, add it again. What was copied to it stays there.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.onDevice(cmd.Context(), args[0], func(p *Parts, d devices.Device) error {
				if !yes && !c.confirmed(fmt.Sprintf("Remove %s?", printable(labelOf(d)))) {
					c.err.linef("Nothing was removed.")
					return errSaid
				}
				if err := p.Devices.Remove(cmd.Context(), d.ID); err != nil {
					return err
				}
				c.out.linef("Removed %s.", d.Name)
				return nil
			})
		},
	}
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return cmd
}
