package cli

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"croft/app/devices"
	"croft/app/health"
)

// news are the lines about what is different between two lists of devices.
func news(before, now []devices.Device) (lines []string) {
	was := map[string]devices.Device{}
	for _, d := range before {
		was[d.ID] = d
	}
	for _, d := range now {
		old, known := was[d.ID]
		delete(was, d.ID)
		if !known {
			lines = append(lines, describeAdded(d))
		}
		lines = append(lines, changesOf(old, d, known)...)
	}
	for _, d := range before {
		if _, gone := was[d.ID]; gone {
			lines = append(lines, d.Name+" was removed.")
		}
	}
	return lines
}

func changesOf(old, d devices.Device, known bool) (lines []string) {
	if known && old.Name != d.Name {
		lines = append(lines, fmt.Sprintf("%s is called %s now.", old.Name, d.Name))
	}
	if known && old.Here != d.Here {
		lines = append(lines, fmt.Sprintf("%s may do here now: %s.", d.Name, wordsOf(d.Here)))
	}
	switch {
	case d.Online && !old.Online:
		line := d.Name + " is there"
		if len(d.Addresses) > 0 {
			line += ", at " + d.Addresses[0]
		}
		return append(lines, line+".")
	case !d.Online && old.Online:
		return append(lines, fmt.Sprintf("%s is gone: %s", d.Name, health.Of(d.Problem).Line()))
	}
	// That a device is off is no news to who was told so. What is wrong with it is.
	problem := health.Of(d.Problem)
	if d.Problem != nil && problem.Severity > health.Note && problem.Title != health.Of(old.Problem).Title {
		lines = append(lines, fmt.Sprintf("%s: %s", d.Name, problem.Line()))
	}
	return lines
}

// refusal is a caller that was turned away.
type refusal struct{ host, why string }

// line tells of it, and how often it happened.
func (r refusal) line(times int) string {
	often := ""
	if times > 1 {
		often = fmt.Sprintf(", %d times", times)
	}
	return fmt.Sprintf("Turned away %s%s: %s", r.host, often, health.Sentence(r.why))
}

// refusals counts the callers that were turned away, from entries (the newest first) that came after last. They come in the
// order in which each was first seen.
func refusals(entries []devices.Entry, last int64) (order []refusal, times map[refusal]int) {
	times = map[refusal]int{}
	for _, e := range slices.Backward(entries) {
		if e.ID <= last || e.Out || !strings.HasPrefix(e.Outcome, "refused") {
			continue
		}
		why, _, _ := strings.Cut(strings.TrimSpace(strings.TrimPrefix(e.Outcome, "refused:")), ": ") // what follows is for the caller
		r := refusal{hostOf(e.Address), why}
		if times[r]++; times[r] == 1 {
			order = append(order, r)
		}
	}
	return order, times
}

func hostOf(address string) string {
	if at, err := netip.ParseAddrPort(address); err == nil {
		return at.Addr().String()
	}
	return address
}
