// Package cli is the commands of Croft.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/spf13/cobra"

	"croft/app/chat"
	"croft/app/devices"
	"croft/app/health"
	"croft/app/models"
	"croft/app/programs"
	"croft/app/router"
	"croft/app/settings"
)

// Exit codes of Main.
const (
	exitDone        = 0
	exitFailed      = 1
	exitWrongUse    = 2
	exitInterrupted = 130 // 128 and SIGINT, as shells count
)

// Setup is what the flags of a command say about all of Croft.
type Setup struct {
	Home    string // folder of all data; made when it is not there
	Threads int    // 0: as the settings say
	Kernels string // "": the best of this processor
	Calls   bool   // other devices may be called, where there are any; else no socket is opened
}

// Parts are the use cases on one home folder.
type Parts struct {
	Chat     *chat.Service
	Models   *models.Library
	Settings *settings.Service
	Devices  *devices.Service // nil when NoDevices says why
	Door     *programs.Door

	NoDevices error
	// Answer lets other devices of mine in; log is told what they ask for.
	Answer func(log func(format string, args ...any)) error
	// Copy fetches a model from the devices with these ids.
	Copy func(ctx context.Context, model string, from []string, progress func(models.CopyProgress)) (models.Model, error)
	// Elsewhere are the devices and servers where replies could run, as they answer now.
	Elsewhere func(ctx context.Context) []router.Place
	Check     func(ctx context.Context) error // reads the whole database
	Close     func() error
}

// Program is what main gives the commands.
type Program struct {
	Version string
	Open    func(ctx context.Context, s Setup) (*Parts, error)
	Window  func(ctx context.Context, s Setup) error // returns when the window is closed; nil: there is none
}

// Main runs the command that args (without the program's name) name, and returns the exit code of the process.
// Errors go to stderr: what happened in one sentence, and what to do next in another.
func Main(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer, p Program) int {
	c := &commands{Program: p, in: stdin, out: newScreen(stdout), err: newScreen(stderr)}
	root := c.root()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	return c.report(root.ExecuteContext(ctx))
}

// commands is what every command shares.
type commands struct {
	Program
	in       io.Reader
	out, err *screen
	setup    Setup

	typing sync.Once
	lines  <-chan string // see keys
}

// report says what went wrong, if anything did, and returns the exit code.
func (c *commands) report(err error) int {
	var wrong *usageError
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errInterrupted):
		return exitInterrupted
	case errors.As(err, &wrong):
		c.err.linef("croft: %s %s", wrong.sentence, wrong.next)
		return exitWrongUse
	case errors.Is(err, errSaid):
		return exitFailed
	}
	c.err.linef("croft: %s", health.Of(err).Line())
	return exitFailed
}

var (
	errInterrupted = errors.New("interrupted")  // by Ctrl-C
	errSaid        = errors.New("already said") // the command failed and has printed why
)

// usageError is a command that was given wrongly.
type usageError struct{ sentence, next string }

func (e *usageError) Error() string { return e.sentence }

// wrongUse makes a usage error about cmd.
func wrongUse(cmd *cobra.Command, format string, args ...any) error {
	next := "Run croft help to see all commands."
	if cmd.HasParent() {
		next = fmt.Sprintf("Run croft help%s to see how it is used.", cmd.CommandPath()[len(cmd.Root().Name()):])
	}
	return &usageError{health.Sentence(fmt.Sprintf(format, args...)), next}
}

// withParts opens the home folder for f and closes it afterwards.
func (c *commands) withParts(ctx context.Context, f func(*Parts) error) error {
	home, err := homeDir(c.setup.Home, os.Getenv)
	if err != nil {
		return err
	}
	c.setup.Home = home
	p, err := c.Open(ctx, c.setup)
	if err != nil {
		return err
	}
	return errors.Join(f(p), p.Close())
}
