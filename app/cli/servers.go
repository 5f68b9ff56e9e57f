package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"croft/app/devices"
	"croft/app/health"
	"croft/app/router"
)

// serverReport is a server in devices list --json.
type serverReport struct {
	Name    string    `json:"name"`
	Address string    `json:"address"`
	Kind    string    `json:"kind"`
	HasKey  bool      `json:"has_key"`
	Added   time.Time `json:"added"`
	Online  bool      `json:"online"`
	Models  []string  `json:"models"`
	Problem string    `json:"problem"`
	Next    string    `json:"next"`
}

// server is one of the owner's with how it answers now.
type server struct {
	devices.Server
	now router.Place
}

// servers asks the servers what they have.
func (c *commands) servers(ctx context.Context, p *Parts) ([]server, error) {
	places := map[string]router.Place{}
	for _, place := range p.Elsewhere(ctx) {
		places[place.ID] = place
	}
	list, err := p.Devices.Servers(ctx) // now each says which program it is
	all := make([]server, len(list))
	for i, s := range list {
		all[i] = server{s, places[s.Place()]}
	}
	return all, err
}

func (s server) state() string {
	switch {
	case s.now.Online:
		return "online"
	case s.now.Refused != nil:
		return "refuses"
	}
	return "no answer"
}

func (s server) models() []string {
	all := []string{}
	for _, m := range s.now.Models {
		if !m.Unusable {
			all = append(all, m.Name)
		}
	}
	return all
}

func serverReports(servers []server) []serverReport {
	all := make([]serverReport, len(servers))
	for i, s := range servers {
		problem := health.Of(s.now.Refused)
		all[i] = serverReport{
			s.Name, s.Address, s.Kind, s.Key != "", s.Added, s.now.Online, s.models(), problem.Sentence, problem.Next,
		}
	}
	return all
}

func (c *commands) devicesAddServer() *cobra.Command {
	key := ""
	cmd := &cobra.Command{
		Use: "add-server NAME ADDRESS", Short: "use a model server on this network: Ollama, llama.cpp, vLLM, LM Studio, exo",
		Args: exactly(2, "a name and an address, as in desk 192.168.1.5:11434"),
		Long: "It must be on a network that this device is on, or on this device itself, as in ollama localhost:11434. What is sent to\n" +
			"it is not encrypted: whoever listens on that network can read it. Replies run there as on a device.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if key == "-" {
				b, err := io.ReadAll(io.LimitReader(c.in, keyMax))
				if err != nil {
					return err
				}
				key = strings.TrimSpace(string(b))
			}
			return c.withDevices(cmd.Context(), func(p *Parts) error { return c.addServer(cmd.Context(), p, args[0], args[1], key) })
		},
	}
	cmd.Flags().StringVar(&key, "key", "", "the `KEY` that the server asks for; - reads it from standard input, so that no other program sees it")
	return cmd
}

// addServer adds a server and says how it answers. One that is off now may be added all the same.
func (c *commands) addServer(ctx context.Context, p *Parts, name, address, key string) error {
	added, err := p.Devices.AddServer(ctx, name, address, key)
	if err != nil {
		return err
	}
	c.out.linef("Added %s at %s. What is sent to it is not encrypted.", added.Name, added.Address)
	all, err := c.servers(ctx, p)
	if err != nil {
		return err
	}
	s := all[slices.IndexFunc(all, func(s server) bool { return s.ID == added.ID })]
	switch {
	case s.now.Refused != nil:
		c.err.linef("%s", health.Of(s.now.Refused).Line())
	case !s.now.Online:
		c.err.linef("It does not answer now.")
	default:
		c.out.linef("It has %s.", fewOf(s.models()))
	}
	return nil
}

// keyMax bounds a key, in bytes.
const keyMax = 4 << 10

func (c *commands) devicesRemoveServer() *cobra.Command {
	return &cobra.Command{
		Use: "rm-server NAME", Short: "forget a model server", Args: oneArgument("a server"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.withRecords(cmd.Context(), func(p *Parts) error {
				servers, err := p.Devices.Servers(cmd.Context())
				if err != nil {
					return err
				}
				i := slices.IndexFunc(servers, func(s devices.Server) bool { return strings.EqualFold(s.Name, args[0]) || s.Address == args[0] })
				if i < 0 {
					return &told{health.Problem{
						Sentence: fmt.Sprintf("There is no server called %q.", args[0]), Next: "Run croft devices to see the servers.",
					}}
				}
				if err := p.Devices.RemoveServer(cmd.Context(), servers[i].ID); err != nil {
					return err
				}
				c.out.linef("Removed %s.", servers[i].Name)
				return nil
			})
		},
	}
}
