package cli_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"croft/app"
	"croft/app/cli"
	"croft/app/devices"
	"croft/discovery/lan"
)

// The scripts run the test binary itself under the name croft, so that exit codes and signals are real.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"croft":     func() { os.Exit(cli.Main(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr, program)) },
		"tinymodel": makeModel,
	})
}

var program = cli.Program{Version: "test", Open: open}

func open(ctx context.Context, s cli.Setup) (*cli.Parts, error) {
	o := app.Options{Threads: s.Threads, Kernels: s.Kernels, Version: "test", Calls: s.Calls}
	if os.Getenv("CROFT_TEST_NETWORK") == "self" {
		o.Interfaces, o.Ports = lan.Self, &devices.Ports{} // two homes on this machine are two devices
	}
	a, err := app.New(ctx, s.Home, o)
	if err != nil {
		return nil, err
	}
	return &cli.Parts{
		Chat: a.Chats, Models: a.Models, Settings: a.Settings, Devices: a.Devices, Door: a.Door, NoDevices: a.NoDevices,
		Answer: a.Answer, Copy: a.Copy, Elsewhere: a.Elsewhere, Check: a.Check, Close: a.Close,
	}, nil
}

// condition is what scripts may ask of the machine.
func condition(what string) (bool, error) {
	if what == "root" {
		return os.Getuid() == 0, nil
	}
	return false, fmt.Errorf("no condition %q", what)
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata", Condition: condition, Setup: func(e *testscript.Env) error {
		e.Setenv("CROFT_HOME", e.WorkDir+"/home")
		e.Setenv("HOME", e.WorkDir+"/person")
		return nil
	}})
}
