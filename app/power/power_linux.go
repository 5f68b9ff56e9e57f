package power

import (
	"context"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
)

// read asks the kernel: Documentation/ABI/testing/sysfs-class-power and sysfs-class-thermal.
func read(context.Context) State { return readFrom(os.DirFS("/sys/class")) }

func readFrom(class fs.FS) State {
	return State{Battery: batteryOf(class), Hot: isHot(class)}
}

// batteryOf reads the batteries of the device itself. Of several the emptiest counts; those of mice and the like do not.
func batteryOf(class fs.FS) (b Battery) {
	supplies, _ := fs.Glob(class, "power_supply/*")
	for _, dir := range supplies {
		percent, err := strconv.Atoi(text(class, dir, "capacity"))
		if text(class, dir, "type") != "Battery" || text(class, dir, "scope") == "Device" || err != nil {
			continue
		}
		charging := text(class, dir, "status") != "Discharging"
		if !b.Has || percent < b.Percent {
			b.Percent = min(max(percent, 0), 100)
		}
		b.Charging = charging && (!b.Has || b.Charging)
		b.Has = true
	}
	return b
}

// isHot tells whether a sensor has passed the point from which the kernel slows the processor down.
func isHot(class fs.FS) bool {
	zones, _ := fs.Glob(class, "thermal/thermal_zone*")
	for _, zone := range zones {
		now, err := strconv.Atoi(text(class, zone, "temp"))
		if err != nil {
			continue
		}
		trips, _ := fs.Glob(class, zone+"/trip_point_*_type")
		for _, trip := range trips {
			kind := text(class, trip)
			if kind != "passive" && kind != "hot" && kind != "critical" {
				continue
			}
			at, err := strconv.Atoi(text(class, strings.TrimSuffix(trip, "type")+"temp"))
			if err == nil && at > 0 && now >= at {
				return true
			}
		}
	}
	return false
}

// text is the content of a file in one line, "" where there is none.
func text(class fs.FS, elements ...string) string {
	b, err := fs.ReadFile(class, path.Join(elements...))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}
