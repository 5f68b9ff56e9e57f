package power

import (
	"context"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// askMax is how long pmset may take.
const askMax = 2 * time.Second

// read asks pmset, which comes with macOS; the frameworks that it asks need C.
func read(ctx context.Context) State {
	ctx, cancel := context.WithTimeout(ctx, askMax)
	defer cancel()
	batteries, err := exec.CommandContext(ctx, "/usr/bin/pmset", "-g", "batt").Output()
	if err != nil {
		return State{}
	}
	limits, _ := exec.CommandContext(ctx, "/usr/bin/pmset", "-g", "therm").Output()
	return understood(string(batteries), string(limits))
}

var (
	percentForm = regexp.MustCompile(`InternalBattery[^\n]*?(\d{1,3})%`)
	limitForm   = regexp.MustCompile(`CPU_Speed_Limit\s*=\s*(\d+)`)
)

// understood reads what pmset prints of batteries and of limits on the processor, in percent of its speed.
func understood(batteries, limits string) (s State) {
	if found := percentForm.FindStringSubmatch(batteries); found != nil {
		percent, err := strconv.Atoi(found[1])
		s.Battery = Battery{Has: err == nil, Percent: min(percent, 100), Charging: strings.Contains(batteries, "AC Power")}
	}
	if found := limitForm.FindStringSubmatch(limits); found != nil {
		limit, err := strconv.Atoi(found[1])
		s.Hot = err == nil && limit < 100
	}
	return s
}
