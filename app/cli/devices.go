package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"croft/app/devices"
	"croft/app/health"
)

// withDevices opens the home folder so that other devices can be called.
func (c *commands) withDevices(ctx context.Context, f func(*Parts) error) error {
	c.setup.Calls = true
	return c.withParts(ctx, func(p *Parts) error {
		if p.Devices == nil {
			return p.NoDevices
		}
		return f(p)
	})
}

// withRecords opens the home folder for what is known of other devices. Nobody is called.
func (c *commands) withRecords(ctx context.Context, f func(*Parts) error) error {
	return c.withParts(ctx, func(p *Parts) error {
		if p.Devices == nil {
			return p.NoDevices
		}
		return f(p)
	})
}

// devices is what is known of other devices.
func (c *commands) devices() *cobra.Command {
	list := c.devicesList()
	cmd := &cobra.Command{
		Use: "devices", Short: "list my devices, and say what each may do here", GroupID: groupDevices, Args: noArguments, RunE: list.RunE,
		Long: "Without a command it lists them. A device is named by its name, the beginning of it, or the beginning of its id.",
	}
	cmd.Flags().AddFlagSet(list.Flags())
	cmd.AddCommand(list, c.devicesRename(), c.devicesRights(), c.devicesRemove(), c.devicesAddServer(), c.devicesRemoveServer())
	return cmd
}

func (c *commands) devicesList() *cobra.Command {
	asJSON := false
	cmd := &cobra.Command{
		Use: "list", Short: "list my devices, and whether they answer", Args: noArguments,
		Long: "Asks each device how it is, for three seconds at most. HERE is what it may do on this device, THERE what this\n" +
			"device may do on it.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return interruptible(cmd.Context(), func(ctx context.Context) error {
				return c.withDevices(ctx, func(p *Parts) error { return c.listDevices(ctx, p, asJSON) })
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON document")
	return cmd
}

// deviceReport is a device in devices list --json.
type deviceReport struct {
	ID        string        `json:"id"`
	Name      string        `json:"name"`
	Online    bool          `json:"online"`
	Added     time.Time     `json:"added"`
	Seen      *time.Time    `json:"seen"` // null: never
	Here      []string      `json:"here"`
	There     []string      `json:"there"`
	Addresses []string      `json:"addresses"`
	RTTMS     float64       `json:"rtt_ms"`
	Running   int           `json:"running"`
	Waiting   int           `json:"waiting"`
	Models    []modelReport `json:"models"`
	Version   string        `json:"version"`
	Problem   string        `json:"problem"`
	Next      string        `json:"next"`
}

// modelReport is a model that another device has.
type modelReport struct {
	ID              string  `json:"id"`
	Name            string  `json:"name"`
	Quant           string  `json:"quant"`
	SizeBytes       int64   `json:"size_bytes"`
	TokensPerSecond float64 `json:"tokens_per_second"`
	Loaded          bool    `json:"loaded"`
	Default         bool    `json:"default"`
	Embedding       bool    `json:"embedding"`
	Problem         string  `json:"problem"`
}

func (c *commands) listDevices(ctx context.Context, p *Parts, asJSON bool) error {
	d := p.Devices
	list := c.settled(ctx, d, settleMax, everybody)
	servers, err := c.servers(ctx, p)
	if err != nil {
		return err
	}
	if asJSON {
		return writeJSON(c.out, struct {
			ID      string         `json:"id"`
			Name    string         `json:"name"`
			Devices []deviceReport `json:"devices"`
			Servers []serverReport `json:"servers"`
		}{d.ID(), d.Name(), reportsOf(list), serverReports(servers)})
	}
	if len(list)+len(servers) == 0 {
		c.err.linef("There is no other device yet. Run croft pair here and on it.")
	}
	return writeDevices(c.out, list, servers, time.Now())
}

func reportsOf(list []devices.Device) []deviceReport {
	all := make([]deviceReport, len(list))
	for i, d := range list {
		problem := health.Of(d.Problem)
		all[i] = deviceReport{
			ID: d.ID, Name: d.Name, Online: d.Online, Added: d.Added, Here: wordList(d.Here), There: wordList(d.There),
			Addresses: nonNil(d.Addresses), RTTMS: float64(d.RTT.Microseconds()) / 1000, Running: d.Status.Running,
			Waiting: d.Status.Waiting, Models: []modelReport{}, Version: d.Status.Version, Problem: problem.Sentence, Next: problem.Next,
		}
		if !d.Seen.IsZero() {
			all[i].Seen = &d.Seen
		}
		for _, m := range d.Status.Models {
			all[i].Models = append(all[i].Models, modelReport{
				m.ID, m.Name, m.Quant, m.SizeBytes, m.TokensPerSecond, m.Loaded, m.Default, m.Embedding, m.Problem,
			})
		}
	}
	return all
}

func writeDevices(out *screen, list []devices.Device, servers []server, now time.Time) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	if len(list) > 0 {
		fmt.Fprintln(w, "NAME\tSTATE\tHERE\tTHERE\tMODELS\tADDRESS\tID")
	}
	for _, d := range list {
		address := "-"
		if len(d.Addresses) > 0 {
			address = d.Addresses[0]
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%.8s\n", printable(d.Name), stateOf(d, now), wordsOf(d.Here), wordsOf(d.There),
			printable(modelNames(d)), address, d.ID)
	}
	if len(servers) > 0 {
		fmt.Fprintln(w, "SERVER\tSTATE\tKIND\tMODELS\tADDRESS\tENCRYPTED")
	}
	for _, s := range servers {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\tno\n", printable(s.Name), s.state(), firstText(s.Kind, "-"),
			printable(fewOf(s.models())), s.Address)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, d := range list {
		if d.Problem != nil {
			out.linef("%s: %s", d.Name, health.Of(d.Problem).Line())
		}
	}
	for _, s := range servers {
		if s.now.Refused != nil {
			out.linef("%s", health.Of(s.now.Refused).Line())
		}
	}
	return nil
}

func stateOf(d devices.Device, now time.Time) string {
	switch {
	case d.Online && d.Status.Running > 0:
		return "writing"
	case d.Online:
		return "online"
	case d.Seen.IsZero():
		return "never seen"
	}
	return "seen " + ago(now.Sub(d.Seen)) + " ago"
}

// ago is a duration as people say it.
func ago(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", max(int(d.Seconds()), 0))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}

func modelNames(d devices.Device) string {
	var names []string
	for _, m := range d.Status.Models {
		name := strings.TrimSpace(m.Name + " " + m.Quant)
		if m.Embedding {
			name += " (for embeddings)"
		}
		if m.Problem == "" {
			names = append(names, name)
		}
	}
	return fewOf(names)
}

// fewOf lists names, not all of very many.
func fewOf(names []string) string {
	const most = 4
	switch n := len(names); {
	case n == 0:
		return "-"
	case n > most:
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most-1], ", "), n-most+1)
	}
	return strings.Join(names, ", ")
}

// settleMax is how long devices are waited for.
const settleMax = 3 * time.Second

// settled waits until enough is known of the devices, for a while at most.
func (c *commands) settled(ctx context.Context, d *devices.Service, most time.Duration, enough func([]devices.Device) bool) []devices.Device {
	if list := d.List(); enough(list) {
		return list
	}
	changed := make(chan struct{}, 1)
	defer d.Watch(func() {
		select {
		case changed <- struct{}{}:
		default:
		}
	})()
	c.err.status("Asking the other devices")
	defer c.err.clear()
	for late := time.After(most); ; {
		list := d.List()
		if enough(list) {
			return list
		}
		select {
		case <-changed:
		case <-late:
			return d.List()
		case <-ctx.Done():
			return d.List()
		}
	}
}

// everybody tells whether each device has answered.
func everybody(list []devices.Device) bool {
	return !slices.ContainsFunc(list, func(d devices.Device) bool { return !d.Online })
}

// deviceNamed finds a device by name, the beginning of its name, or the beginning of its id.
func deviceNamed(list []devices.Device, name string) (devices.Device, error) {
	lower := strings.ToLower(strings.TrimSpace(name))
	for _, matches := range []func(devices.Device) bool{
		func(d devices.Device) bool { return d.ID == lower || strings.ToLower(d.Name) == lower },
		func(d devices.Device) bool {
			return strings.HasPrefix(strings.ToLower(d.Name), lower) || len(lower) >= 4 && strings.HasPrefix(d.ID, lower)
		},
	} {
		var found []devices.Device
		for _, d := range list {
			if matches(d) {
				found = append(found, d)
			}
		}
		switch {
		case len(found) == 1:
			return found[0], nil
		case len(found) > 1:
			return devices.Device{}, &told{health.Problem{
				Sentence: fmt.Sprintf("Several devices are called %q: %s and %s.", name, labelOf(found[0]), labelOf(found[1])),
				Next:     "Give more of the name, or the beginning of the id that croft devices shows.",
			}}
		}
	}
	return devices.Device{}, &told{health.Problem{
		Sentence: fmt.Sprintf("There is no device called %q.", name), Next: "Run croft devices to see my devices.",
	}}
}

func labelOf(d devices.Device) string { return fmt.Sprintf("%s (%.8s)", d.Name, d.ID) }
