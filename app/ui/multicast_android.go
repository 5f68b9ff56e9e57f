package ui

import (
	"fyne.io/fyne/v2/driver"

	"croft/android"
)

// hearMulticast lets other devices be found, or saves power again.
func hearMulticast(on bool) {
	_ = driver.RunNative(func(context any) error { // without it, addresses can still be typed
		c, ok := context.(*driver.AndroidContext)
		if !ok {
			return nil
		}
		return android.HoldMulticast(c.Env, c.Ctx, on)
	})
}
