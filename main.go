// Croft runs a language model on your own device.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
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
	os.Exit(cli.Main(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr, program))
}

func open(ctx context.Context, s cli.Setup) (*cli.Parts, error) {
	a, err := app.New(ctx, s.Home, app.Options{Threads: s.Threads, Kernels: s.Kernels})
	if err != nil {
		return nil, err
	}
	return &cli.Parts{Chat: a.Chats, Models: a.Models, Settings: a.Settings, Check: a.Check, Close: a.Close}, nil
}

func window(ctx context.Context, s cli.Setup) error {
	a, err := app.New(ctx, s.Home, app.Options{Threads: s.Threads, Kernels: s.Kernels})
	if err != nil {
		return err
	}
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
	ui.Run(fyneapp.NewWithID("io.github.croft"), ui.Parts{
		Chats: a.Chats, Models: a.Models, Settings: a.Settings, Version: version, DataDir: home,
	})
	return nil
}
