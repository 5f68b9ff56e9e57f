package cli

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"croft/app/devices"
	"croft/app/models"
)

// ledgerFlags are the flags of ledger.
type ledgerFlags struct {
	device       string
	json, totals bool
	most         int
}

// ledger shows the connections that there were.
func (c *commands) ledger() *cobra.Command {
	f := ledgerFlags{}
	cmd := &cobra.Command{
		Use: "ledger", Short: "list every connection with other devices, and its bytes", GroupID: groupDevices, Args: noArguments,
		Long: "The newest comes first; a connection is entered when it ends. Refused ones are listed too. Bytes are those on the\n" +
			"wire, encryption included. What was said is not kept. The newest 100,000 connections are kept.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := positive(cmd, "most", f.most); err != nil {
				return err
			}
			return c.withRecords(cmd.Context(), func(p *Parts) error { return c.showLedger(cmd.Context(), p.Devices, f) })
		},
	}
	cmd.Flags().StringVar(&f.device, "device", "", "only those with `DEVICE`: its name, or its id, also of one that was removed")
	cmd.Flags().BoolVar(&f.totals, "totals", false, "add up the bytes for each device")
	cmd.Flags().IntVarP(&f.most, "most", "n", 50, "show at most `N`")
	cmd.Flags().BoolVar(&f.json, "json", false, "print one JSON document")
	return cmd
}

func (c *commands) showLedger(ctx context.Context, d *devices.Service, f ledgerFlags) error {
	id, err := ledgerDevice(d, f.device)
	if err != nil {
		return err
	}
	if f.totals {
		return c.showTotals(ctx, d, id, f.json)
	}
	entries, err := d.Ledger(ctx, devices.LedgerQuery{Device: id, Limit: f.most})
	if err != nil {
		return err
	}
	if f.json {
		return writeJSON(c.out, ledgerReports(entries))
	}
	if len(entries) == 0 {
		c.err.linef("There was no connection yet.")
		return nil
	}
	w := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "TIME\tWAY\tDEVICE\tADDRESS\tFOR\tIN\tOUT\tOUTCOME")
	for _, e := range entries {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", e.Time.Local().Format(time.DateTime), wayOf(e.Out), printable(who(d, e.Name, e.Device)),
			e.Address, e.Purpose, models.Bytes(e.BytesIn), models.Bytes(e.BytesOut), printable(e.Outcome))
	}
	return w.Flush()
}

const fullID = 64 // hex digits

// ledgerDevice is the id of a device of mine, or one that was: then it is given whole.
func ledgerDevice(d *devices.Service, name string) (string, error) {
	if name == "" || len(name) == fullID {
		return name, nil
	}
	found, err := deviceNamed(d.List(), name)
	return found.ID, err
}

func wayOf(out bool) string {
	if out {
		return "out"
	}
	return "in"
}

// who names the other end of a connection.
func who(d *devices.Service, name, id string) string {
	switch {
	case name != "":
		return name
	case id == d.ID():
		return "this device"
	case id == "":
		return "unknown"
	}
	return fmt.Sprintf("%.8s", id)
}

// ledgerReport is an entry in ledger --json.
type ledgerReport struct {
	ID       int64     `json:"id"`
	Time     time.Time `json:"time"`
	Way      string    `json:"way"` // in, out: who began it
	Device   string    `json:"device"`
	Name     string    `json:"name"`
	Address  string    `json:"address"`
	Purpose  string    `json:"purpose"`
	BytesIn  int64     `json:"bytes_in"`
	BytesOut int64     `json:"bytes_out"`
	Outcome  string    `json:"outcome"`
}

func ledgerReports(entries []devices.Entry) []ledgerReport {
	all := make([]ledgerReport, len(entries))
	for i, e := range entries {
		all[i] = ledgerReport{e.ID, e.Time, wayOf(e.Out), e.Device, e.Name, e.Address, e.Purpose, e.BytesIn, e.BytesOut, e.Outcome}
	}
	return all
}

// totalReport is what was spoken with one device, in ledger --totals --json.
type totalReport struct {
	Device      string `json:"device"`
	Name        string `json:"name"`
	BytesIn     int64  `json:"bytes_in"`
	BytesOut    int64  `json:"bytes_out"`
	Connections int    `json:"connections"`
}

func (c *commands) showTotals(ctx context.Context, d *devices.Service, id string, asJSON bool) error {
	totals, err := d.Totals(ctx, time.Time{})
	if err != nil {
		return err
	}
	reports := []totalReport{}
	for _, t := range totals {
		if id == "" || t.Device == id {
			reports = append(reports, totalReport{t.Device, t.Name, t.In, t.Out, t.Connections})
		}
	}
	if asJSON {
		return writeJSON(c.out, reports)
	}
	if len(reports) == 0 {
		c.err.linef("There was no connection yet.")
		return nil
	}
	w := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "DEVICE\tCONNECTIONS\tIN\tOUT")
	for _, t := range reports {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", printable(who(d, t.Name, t.Device)), models.Count(t.Connections), models.Bytes(t.BytesIn), models.Bytes(t.BytesOut))
	}
	return w.Flush()
}
