package power

import (
	"testing"
	"testing/fstest"
)

func file(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text + "\n")} }

func TestBattery(t *testing.T) {
	for name, c := range map[string]struct {
		files fstest.MapFS
		want  State
	}{
		"none": {fstest.MapFS{"power_supply/AC/type": file("Mains"), "power_supply/AC/online": file("1")}, State{}},
		"a mouse": {fstest.MapFS{
			"power_supply/m/type": file("Battery"), "power_supply/m/scope": file("Device"), "power_supply/m/capacity": file("5"),
		}, State{}},
		"discharging": {fstest.MapFS{
			"power_supply/BAT0/type": file("Battery"), "power_supply/BAT0/capacity": file("42"), "power_supply/BAT0/status": file("Discharging"),
		}, State{Battery: Battery{Has: true, Percent: 42}}},
		"full": {fstest.MapFS{
			"power_supply/BAT0/type": file("Battery"), "power_supply/BAT0/capacity": file("100"), "power_supply/BAT0/status": file("Full"),
		}, State{Battery: Battery{Has: true, Percent: 100, Charging: true}}},
		"the emptiest of two": {fstest.MapFS{
			"power_supply/BAT0/type": file("Battery"), "power_supply/BAT0/capacity": file("80"), "power_supply/BAT0/status": file("Charging"),
			"power_supply/BAT1/type": file("Battery"), "power_supply/BAT1/capacity": file("9"), "power_supply/BAT1/status": file("Discharging"),
		}, State{Battery: Battery{Has: true, Percent: 9}}},
		"cool": {fstest.MapFS{
			"thermal/thermal_zone0/temp": file("61000"), "thermal/thermal_zone0/trip_point_0_type": file("passive"),
			"thermal/thermal_zone0/trip_point_0_temp": file("95000"),
		}, State{}},
		"hot": {fstest.MapFS{
			"thermal/thermal_zone0/temp": file("96000"), "thermal/thermal_zone0/trip_point_0_type": file("passive"),
			"thermal/thermal_zone0/trip_point_0_temp": file("95000"),
		}, State{Hot: true}},
		"a fan runs": {fstest.MapFS{
			"thermal/thermal_zone0/temp": file("60000"), "thermal/thermal_zone0/trip_point_0_type": file("active"),
			"thermal/thermal_zone0/trip_point_0_temp": file("50000"),
		}, State{}},
		"no sensible point": {fstest.MapFS{
			"thermal/thermal_zone0/temp": file("60000"), "thermal/thermal_zone0/trip_point_0_type": file("critical"),
			"thermal/thermal_zone0/trip_point_0_temp": file("-274000"),
		}, State{}},
	} {
		if got := readFrom(c.files); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}
