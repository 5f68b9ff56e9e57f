package models

import (
	"fmt"
	"strconv"

	"croft/engine"
)

const (
	contextLeast       = 1024 // tokens; below this a chat is no use
	contextComfortable = 4096 // tokens; from here on the context is not called short
	contextStep        = 256  // tokens; contexts are rounded down to these
	contextUnstated    = 4096 // tokens; for files that do not say
)

// Memory is this device's memory in bytes.
type Memory struct {
	Total    int64 `json:"total"`
	Free     int64 `json:"free"`
	ModelMax int64 `json:"model_max"` // the largest model file that fits
}

// Memory returns what this device has, what is free, and the largest model file that fits.
func (l *Library) Memory() Memory {
	total, free := l.memory()
	const beside = 256 << 20 // cache and work space of a small context
	return Memory{Total: total, Free: free, ModelMax: max(0, l.budget()-beside)}
}

// budget is how many bytes a model may take: what is free and what idle models would give back, less a reserve
// for everything else on the device.
func (l *Library) budget() int64 {
	total, free := l.memory()
	reserve := max(256<<20, total/20)
	return max(0, min(free+l.slots.regainable(), total)-reserve)
}

// fit says whether a model runs in budget bytes, and with how long a context; contextMax limits that, 0 does not.
func fit(info engine.Info, budget int64, contextMax int) (f Fit, context int, why string) {
	full := info.ContextMax
	if full <= 0 {
		full = contextUnstated
	}
	if contextMax > 0 {
		full = min(full, contextMax)
	}
	context = longest(info, budget, full)
	switch {
	case context < min(full, contextLeast):
		context = min(full, contextLeast)
		why = fmt.Sprintf("Needs %s; this device has %s free.", Bytes(info.Needs(context)), Bytes(budget))
		return TooBig, context, why
	case context < min(full, contextComfortable):
		return Tight, context, fmt.Sprintf("Runs with a shorter context here: %s of %s tokens.", Count(context), Count(full))
	}
	return Fits, context, ""
}

// longest is the longest context, up to full tokens, that fits in budget bytes together with the weights.
func longest(info engine.Info, budget int64, full int) int {
	room := budget - info.Needs(0)
	if room < 0 {
		return 0
	}
	if info.CacheBytesPerToken <= 0 || room/info.CacheBytesPerToken >= int64(full) {
		return full
	}
	return int(room/info.CacheBytesPerToken) / contextStep * contextStep
}

// Bytes writes a size as people read it: "15.8 GB".
func Bytes(n int64) string {
	units := []string{"B", "kB", "MB", "GB", "TB"}
	x, i := float64(n), 0
	for x >= 999.5 && i < len(units)-1 {
		x /= 1000
		i++
	}
	if i < 3 {
		return fmt.Sprintf("%.0f %s", x, units[i])
	}
	return fmt.Sprintf("%.1f %s", x, units[i])
}

// Count writes a number with commas between thousands.
func Count(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
