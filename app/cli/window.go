package cli

import (
	"context"
	"errors"
	"os"
	"runtime"
)

// ErrNoDisplay says that a window could not be shown, so that the terminal is used.
var ErrNoDisplay = errors.New("there is no display")

// window opens the window, or the chat in the terminal where there is no display.
func (c *commands) window(ctx context.Context) error {
	if c.Window == nil || !hasDisplay(runtime.GOOS, os.Getenv) {
		c.err.linef("There is no display here, so this is the chat in the terminal.")
		return c.runChat(ctx, chatFlags{})
	}
	home, err := homeDir(c.setup.Home, os.Getenv)
	if err != nil {
		return err
	}
	c.setup.Home = home
	err = c.Window(ctx, c.setup)
	if !errors.Is(err, ErrNoDisplay) {
		return err
	}
	c.err.linef("The display cannot be opened, so this is the chat in the terminal.")
	return c.runChat(ctx, chatFlags{})
}

// hasDisplay tells whether a window could be shown.
func hasDisplay(goos string, getenv func(string) string) bool {
	switch goos {
	case "linux", "freebsd", "netbsd", "openbsd", "dragonfly":
		return getenv("DISPLAY") != "" || getenv("WAYLAND_DISPLAY") != ""
	}
	return true
}
