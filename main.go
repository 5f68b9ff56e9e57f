// Croft runs a language model on your own device.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"

	fyneapp "fyne.io/fyne/v2/app"

	"croft/app"
	"croft/app/cli"
	"croft/app/ui"
)

// version is set by the linker.
var version = "development"

func main() {
	// Weights and caches lie outside Go's heap, which is small: a tighter one is cheap and saves memory for them.
	debug.SetGCPercent(40)
	program := cli.Program{Version: version, Open: open, Window: window}
	os.Exit(cli.Main(context.Background(), arguments(), os.Stdin, os.Stdout, os.Stderr, program))
}

// arguments are those of the command line. A phone has none, and gives the program those of its own launcher.
func arguments() []string {
	if runtime.GOOS == "android" || runtime.GOOS == "ios" {
		return nil
	}
	return os.Args[1:]
}

func open(ctx context.Context, s cli.Setup) (*cli.Parts, error) {
	a, err := app.New(ctx, s.Home, options(s))
	if err != nil {
		return nil, err
	}
	return &cli.Parts{
		Chat: a.Chats, Models: a.Models, Settings: a.Settings, Devices: a.Devices, Door: a.Door, NoDevices: a.NoDevices,
		Answer: a.Answer, Copy: a.Copy, Elsewhere: a.Elsewhere, Check: a.Check, Close: a.Close,
	}, nil
}

func options(s cli.Setup) app.Options {
	return app.Options{Threads: s.Threads, Kernels: s.Kernels, Version: version, Calls: s.Calls}
}

func window(ctx context.Context, s cli.Setup) error {
	s.Calls = true
	a, err := app.New(ctx, s.Home, options(s))
	if err != nil {
		return err
	}
	_ = a.Door.Guard(ctx, false) // the window is there without it
	return errors.Join(show(a, s.Home), a.Close())
}

func show(a *app.App, home string) (err error) {
	defer func() {
		// GLFW panics where a display is named that cannot be opened.
		if p := recover(); p != nil {
			if !strings.Contains(fmt.Sprint(p), "GLFW") {
				panic(p)
			}
			err = cli.ErrNoDisplay
		}
	}()
	parts := ui.Parts{Chats: a.Chats, Models: a.Models, Settings: a.Settings, Version: version, DataDir: home}
	if a.Devices != nil {
		defer a.AnswerMine()()
		parts.Devices = mesh{ui.Mesh{Service: a.Devices, Router: a.Router, Library: a.Models, Fetch: a.CopyFromAll}, a}
	}
	ui.Run(fyneapp.NewWithID("io.github.croft"), parts)
	return nil
}

// mesh is seen by others as soon as somebody looks at my devices, so that the first one can be added.
type mesh struct {
	ui.Mesh
	app *app.App
}

func (m mesh) Watch(f func()) (cancel func()) {
	_ = m.app.Answer(nil) // the page says why others cannot reach this device
	return m.Mesh.Watch(f)
}
