package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"croft/app/devices"
	"croft/app/health"
)

// serveFlags are the flags of serve.
type serveFlags struct {
	add, api bool
	allow    allowFlags
}

// serve answers other devices until it is told to stop.
func (c *commands) serve() *cobra.Command {
	f := serveFlags{}
	cmd := &cobra.Command{
		Use: "serve", Short: "answer my other devices, without a window, until Ctrl-C", GroupID: groupDevices, Args: noArguments,
		Long: "Makes a device without a screen one of my devices. As long as it has no other, it prints the code to type on one,\n" +
			"and asks here what that may do; --allow says so beforehand, for a service that nobody looks at. croft pair on the\n" +
			"same device adds more. What happens is told on standard error, a line each. scripts/service has what systemd and\n" +
			"launchd need to run it.",
		Example: "  croft serve\n  croft serve --add --allow answers,models",
		RunE: func(cmd *cobra.Command, _ []string) error {
			allow, err := f.allow.read(cmd)
			switch {
			case err != nil:
				return err
			case f.add && allow.asked && !isTerminal(c.in):
				return wrongUse(cmd, "nobody can be asked here, so say with --allow what the other device may do")
			}
			if err := c.checkEngineFlags(cmd); err != nil {
				return err
			}
			return interruptible(cmd.Context(), func(ctx context.Context) error {
				return c.withDevices(ctx, func(p *Parts) error { return c.runServe(ctx, p, f, allow) })
			})
		},
	}
	cmd.Flags().BoolVar(&f.add, "add", false, "show a code to add a device, also when there are some already")
	cmd.Flags().BoolVar(&f.api, "api", false, "answer programs on this machine too, as croft api on does, until this ends")
	f.allow.add(cmd)
	c.engineFlags(cmd)
	return cmd
}

// serving is a Croft that answers.
type serving struct {
	*commands
	parts *Parts
	log   *journal
	allow allowing

	turned map[refusal]time.Time // who was turned away, and when last
}

func (c *commands) runServe(ctx context.Context, p *Parts, f serveFlags, allow allowing) error {
	s := &serving{commands: c, parts: p, log: newJournal(c.err), allow: allow, turned: map[refusal]time.Time{}}
	if err := p.Answer(s.log.linef); err != nil {
		return err
	}
	s.log.linef("Croft %s answers as %q%s.", c.Version, p.Devices.Name(), at(p.Devices))
	s.openDoor(ctx, f.api)
	var running sync.WaitGroup
	running.Go(func() { s.report(ctx) })
	alone := len(p.Devices.List()) == 0
	switch {
	case !f.add && !alone:
	case allow.asked && !isTerminal(c.in):
		s.log.linef("There is no other device yet. Run croft pair here, or start this with --allow answers,models, to add one.")
	default:
		running.Go(func() { s.letIn(ctx, f.add) })
	}
	<-ctx.Done()
	s.log.linef("Stopping.")
	running.Wait()
	return nil
}

// at says where this device answers.
func at(d *devices.Service) string {
	var all []string
	for _, a := range d.Addresses() {
		all = append(all, a.String())
	}
	if len(all) == 0 {
		return ", as soon as it is on a network"
	}
	return " at " + strings.Join(all, " and ")
}

func (s *serving) openDoor(ctx context.Context, force bool) {
	if err := s.parts.Door.Guard(ctx, force); err != nil {
		s.log.linef("%s", health.Of(err).Line())
		return
	}
	if state, err := s.parts.Door.State(ctx); err == nil && s.parts.Door.Open() {
		s.log.linef("Programs on this machine are answered at %s, with the token that croft api token prints.", state.Address())
	}
}

const (
	letInFor   = 15 * time.Minute // codes follow each other when nobody comes
	letInPause = 5 * time.Second  // while there is no network
)

// letIn shows codes until a device was added. Unless it was asked for, it ends when one was added by another command.
func (s *serving) letIn(ctx context.Context, wanted bool) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if !wanted {
		defer s.parts.Devices.Follow(func() {
			if len(s.parts.Devices.List()) > 0 {
				cancel()
			}
		})()
	}
	until := time.Now().Add(letInFor)
	for ctx.Err() == nil {
		again, wait := s.letOneIn(ctx)
		switch {
		case !again:
			return
		case wait: // there is nobody who could have come
			until = time.Now().Add(letInFor)
			sleep(ctx, letInPause)
		case time.Now().After(until):
			s.log.linef("Nobody came. Run croft pair here to show a code again.")
			return
		}
	}
}

func (s *serving) letOneIn(ctx context.Context) (again, wait bool) {
	guest, err := s.invite(ctx, s.parts.Devices, s.err)
	if err == nil {
		if !s.allow.asked {
			s.log.linef("%s has the right code.", guest.Name)
		}
		_, err = s.answerGuest(ctx, guest, s.allow)
	}
	switch {
	case err == nil, ctx.Err() != nil:
		return false, false // report says who was added
	case errors.Is(err, errSaid), windowClosed(err):
		return true, false
	case errors.Is(err, devices.ErrNoNetwork), errors.Is(err, devices.ErrNetwork):
		s.log.linef("%s", health.Of(err).Line())
		return true, true
	}
	s.log.linef("%s", health.Of(err).Line())
	return errors.Is(err, devices.ErrRefused) || errors.Is(err, errWentAway), false
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

const (
	refusedEvery = 5 * time.Second  // the ledger is looked at for strangers
	againAfter   = 10 * time.Minute // without a call, one who calls again is news
	turnedMax    = 1000
)

// report tells what happens with other devices.
func (s *serving) report(ctx context.Context) {
	changed := make(chan struct{}, 1)
	defer s.parts.Devices.Follow(func() {
		select {
		case changed <- struct{}{}:
		default:
		}
	})()
	tick := time.NewTicker(refusedEvery)
	defer tick.Stop()
	before := s.parts.Devices.List()
	last := s.newest(ctx)
	for {
		select {
		case <-ctx.Done():
			return
		case <-changed:
			now := s.parts.Devices.List()
			for _, line := range news(before, now) {
				s.log.linef("%s", line)
			}
			before = now
		case <-tick.C:
			last = s.strangers(ctx, last)
		}
	}
}

func (s *serving) newest(ctx context.Context) int64 {
	entries, err := s.parts.Devices.Ledger(ctx, devices.LedgerQuery{Limit: 1})
	if err != nil || len(entries) == 0 {
		return 0
	}
	return entries[0].ID
}

// strangers tells who was refused since the entry last, and returns the newest.
func (s *serving) strangers(ctx context.Context, last int64) int64 {
	entries, err := s.parts.Devices.Ledger(ctx, devices.LedgerQuery{})
	if err != nil || len(entries) == 0 {
		return last
	}
	order, times := refusals(entries, last)
	for _, r := range order {
		if time.Since(s.turned[r]) > againAfter {
			s.log.linef("%s", r.line(times[r]))
		}
		s.turned[r] = time.Now()
	}
	if len(s.turned) > turnedMax {
		clear(s.turned)
	}
	return entries[0].ID
}

// journal writes lines with their time. What keeps the time itself, as systemd's journal does, gets them without.
type journal struct {
	on      *screen
	stamped bool
	mu      sync.Mutex
}

func newJournal(on *screen) *journal {
	return &journal{on: on, stamped: os.Getenv("JOURNAL_STREAM") == ""}
}

func (j *journal) linef(format string, args ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	line := strings.ReplaceAll(fmt.Sprintf(format, args...), "\n", " ")
	if j.stamped {
		line = time.Now().Format(time.DateTime) + " " + line
	}
	j.on.linef("%s", line)
}
