// Package android is what Croft asks of Android through Java.
package android

// #include "multicast_android.h"
import "C"

import "errors"

// HoldMulticast has Wi-Fi pass on packets that are for all, by which devices find each other, or stop that again: it costs
// power. env and context are those of fyne's driver.AndroidContext.
func HoldMulticast(env, context uintptr, hold bool) error {
	flag := C.int(0)
	if hold {
		flag = 1
	}
	if C.croft_hold_multicast(C.uintptr_t(env), C.uintptr_t(context), flag) != 0 {
		return errors.New("android: Wi-Fi gives no multicast lock")
	}
	return nil
}
