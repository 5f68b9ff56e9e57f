package cli

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// interruptible runs f with a context that Ctrl-C ends; a second Ctrl-C ends the process as usual.
// When f came back because of that, the error is errInterrupted.
func interruptible(ctx context.Context, f func(context.Context) error) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	defer context.AfterFunc(ctx, stop)()
	err := f(ctx)
	if err != nil && ctx.Err() != nil {
		return errInterrupted
	}
	return err
}

// onTerminate delivers the signals that ask a program to stop.
func onTerminate() (signals <-chan os.Signal, stop func()) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt, syscall.SIGTERM)
	return c, func() { signal.Stop(c) }
}
