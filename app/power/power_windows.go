package power

import (
	"context"
	"unsafe"

	"golang.org/x/sys/windows"
)

// systemPowerStatus is SYSTEM_POWER_STATUS of winbase.h.
type systemPowerStatus struct {
	acLine, flags, percent, saver  uint8
	secondsLeft, secondsWhenFilled uint32
}

const (
	noBattery = 128 // in flags
	unknown   = 255 // flags and percent
	acOnline  = 1
)

var getSystemPowerStatus = windows.NewLazySystemDLL("kernel32.dll").NewProc("GetSystemPowerStatus")

// read asks Windows, which does not tell programs whether the processor is too hot.
func read(context.Context) (s State) {
	var p systemPowerStatus
	ok, _, _ := getSystemPowerStatus.Call(uintptr(unsafe.Pointer(&p)))
	if ok == 0 || p.flags == unknown || p.flags&noBattery != 0 || p.percent > 100 {
		return s
	}
	s.Battery = Battery{Has: true, Percent: int(p.percent), Charging: p.acLine == acOnline}
	return s
}
