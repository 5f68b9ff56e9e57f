package cli

import (
	"context"
	"fmt"
	"strings"

	"croft/app/devices"
	"croft/app/health"
)

// deviceFindings look why other devices are not found or not reached. What would be in the way of others is told too, and is
// no problem while all of mine answer.
func (c *commands) deviceFindings(ctx context.Context, p *Parts) []finding {
	if p.Devices == nil {
		return []finding{ill("devices", p.NoDevices)}
	}
	c.err.status("Looking for other devices")
	found := p.Devices.Diagnose(ctx)
	c.err.clear()
	list := p.Devices.List()
	all := deviceReports(found, !everybody(list))
	if !everybody(list) {
		return all
	}
	f := finding{What: "devices", OK: true, Found: fmt.Sprintf("All %d answer.", len(list))}
	switch len(list) {
	case 0:
		f.Found = "There is no other device yet; croft pair adds one."
	case 1:
		f.Found = list[0].Name + " answers."
	}
	return append(all, f)
}

// deviceReports are findings as doctor prints them; missing says that a device is not reached.
func deviceReports(found []devices.Finding, missing bool) []finding {
	all := make([]finding, len(found))
	for i, f := range found {
		all[i] = finding{What: "devices", OK: !missing || f.Severity <= health.Note, Found: strings.TrimSpace(named(f) + f.Sentence), Next: f.Next}
	}
	return all
}

func named(f devices.Finding) string {
	if f.Device == "" {
		return ""
	}
	return f.Device + ": "
}
