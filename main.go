// Croft runs a language model on your own device.
package main

import (
	"context"
	"os"
	"runtime/debug"

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

func window(ctx context.Context, s cli.Setup) (err error) {
	a, err := app.New(ctx, s.Home, app.Options{Threads: s.Threads, Kernels: s.Kernels})
	if err != nil {
		return err
	}
	ui.Run(fyneapp.NewWithID("io.github.croft"), ui.Parts{
		Chats: a.Chats, Models: a.Models, Settings: a.Settings, Version: version, DataDir: s.Home,
	})
	return a.Close()
}
