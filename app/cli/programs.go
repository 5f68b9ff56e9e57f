package cli

import (
	"context"

	"github.com/spf13/cobra"

	"croft/app/programs"
)

// api is the door for programs on this machine.
func (c *commands) api() *cobra.Command {
	asJSON := false
	cmd := &cobra.Command{
		Use: "api", Short: "let programs on this machine use the models, as OpenAI's API: on, off, token", GroupID: groupDevices,
		Args: noArguments,
		Long: "Programs on this machine reach the models by OpenAI's API, with a token, while Croft is open or croft serve runs.\n" +
			"It is off until you switch it on, and no other device and no page in a browser gets in.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withDoor(cmd.Context(), func(ctx context.Context, d *programs.Door) error {
				s, err := d.State(ctx)
				if err != nil {
					return err
				}
				if asJSON {
					return writeJSON(c.out, apiReport{s.On, s.Address(), s.Token})
				}
				c.showDoor(s)
				return nil
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON document, the token included")
	cmd.AddCommand(c.apiOn(), c.apiOff(), c.apiToken())
	return cmd
}

// apiReport is what api --json prints.
type apiReport struct {
	On      bool   `json:"on"`
	Address string `json:"address"`
	Token   string `json:"token"`
}

func (c *commands) withDoor(ctx context.Context, f func(context.Context, *programs.Door) error) error {
	return c.withParts(ctx, func(p *Parts) error { return f(ctx, p.Door) })
}

func (c *commands) showDoor(s programs.State) {
	if !s.On {
		c.out.linef("Programs on this machine are not answered. croft api on lets them in.")
		return
	}
	c.out.linef("Programs on this machine are answered at %s while Croft is open or croft serve runs.", s.Address())
	c.out.linef("They need the token that croft api token prints.")
}

func (c *commands) apiOn() *cobra.Command {
	port := 0
	cmd := &cobra.Command{
		Use: "on", Short: "let programs on this machine in", Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("port") && (port < 1024 || port > 65535) {
				return wrongUse(cmd, "--port is a number from 1024 to 65535")
			}
			return c.withDoor(cmd.Context(), func(ctx context.Context, d *programs.Door) error {
				s, err := d.Change(ctx, func(s *programs.State) {
					s.On = true
					if port != 0 {
						s.Port = uint16(port)
					}
				})
				if err == nil {
					c.showDoor(s)
				}
				return err
			})
		},
	}
	cmd.Flags().IntVar(&port, "port", 0, "answer at port `N` (else 47310)")
	return cmd
}

func (c *commands) apiOff() *cobra.Command {
	return &cobra.Command{
		Use: "off", Short: "answer no program any more", Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withDoor(cmd.Context(), func(ctx context.Context, d *programs.Door) error {
				s, err := d.Change(ctx, func(s *programs.State) { s.On = false })
				if err == nil {
					c.showDoor(s)
				}
				return err
			})
		},
	}
}

func (c *commands) apiToken() *cobra.Command {
	renew := false
	cmd := &cobra.Command{
		Use: "token", Short: "print the token that programs need", Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withDoor(cmd.Context(), func(ctx context.Context, d *programs.Door) error {
				s, err := d.Change(ctx, func(s *programs.State) {
					if renew || s.Token == "" {
						s.Token = programs.NewToken()
					}
				})
				if err != nil {
					return err
				}
				return c.out.text(s.Token + "\n")
			})
		},
	}
	cmd.Flags().BoolVar(&renew, "new", false, "make another one; the old one opens nothing from now on")
	return cmd
}
