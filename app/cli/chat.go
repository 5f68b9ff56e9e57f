package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"croft/app/chat"
	"croft/app/health"
	"croft/app/models"
)

// chatFlags are the flags of chat.
type chatFlags struct {
	model, system, device string
	resume                bool
}

// chat is the conversation in the terminal.
func (c *commands) chat() *cobra.Command {
	f := chatFlags{}
	cmd := &cobra.Command{
		Use:     "chat",
		Short:   "chat in the terminal",
		GroupID: groupTalk,
		Args:    noArguments,
		Long: "Chats are kept, and are the same as in the window. /help lists what can be typed besides messages.\n" +
			"Ctrl-C stops a reply, and a second one leaves. A message of several lines stands between two lines of \"\"\".",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := c.checkEngineFlags(cmd); err != nil {
				return err
			}
			return c.runChat(cmd.Context(), f)
		},
	}
	cmd.Flags().StringVarP(&f.model, "model", "m", "", "chat with `MODEL`: a name or the beginning of an id")
	cmd.Flags().StringVarP(&f.system, "system", "s", "", "tell the model `TEXT` first")
	deviceFlag(cmd, &f.device)
	cmd.Flags().BoolVarP(&f.resume, "continue", "c", false, "go on with the latest chat")
	c.engineFlags(cmd)
	return cmd
}

func (c *commands) runChat(ctx context.Context, f chatFlags) error {
	f.device = cmp.Or(f.device, automatic)
	return c.withOthers(ctx, f.device, func(p *Parts, device string) error {
		if p.Devices != nil && len(p.Devices.List()) > 0 {
			if err := p.Answer(nil); err != nil {
				c.err.linef("%s", health.Of(err).Line()) // what can be done from here can be done all the same
			}
		}
		if err := p.Door.Guard(ctx, false); err != nil {
			c.err.linef("%s", health.Of(err).Line())
		}
		t, err := c.newTalk(ctx, p, f, device)
		if err != nil {
			return err
		}
		return errors.Join(t.run(ctx), t.keys.Close())
	})
}

// talk is a conversation in the terminal.
type talk struct {
	commands *commands
	parts    *Parts
	out, err *screen
	keys     keyboard
	signals  <-chan os.Signal

	chat     chat.ID // 0: made with the first message
	settings chat.Settings
	seen     chat.ID // the reply that was shown last; what is told of it later is old
	warned   bool    // that another Ctrl-C leaves
}

// newTalk finds the model first: without one there is nothing to talk to.
func (c *commands) newTalk(ctx context.Context, p *Parts, f chatFlags, device string) (*talk, error) {
	m, err := modelAnywhere(ctx, p, f.model)
	if err != nil {
		return nil, err
	}
	t := &talk{commands: c, parts: p, out: c.out, err: c.err, settings: chat.Settings{System: f.system, Device: device}}
	if f.model != "" {
		t.settings.Model = m.ID
		if m.ID == "" {
			t.settings.Model = m.Path
		}
	}
	if t.keys, err = newKeyboard(c.in, c.out, c.err); err != nil {
		return nil, err
	}
	if f.resume {
		if err = t.openLatest(ctx); err == nil && f.device != automatic {
			t.settings.Device = device
			err = t.saveSettings(ctx)
		}
	} else {
		t.greet(m)
	}
	return t, err
}

func (t *talk) greet(m models.Model) {
	with := strings.TrimSpace(m.Name + " " + m.Quant)
	if m.Starter {
		with = "the small starter that comes with Croft; croft models suggest lists larger models"
	}
	if t.out.terminal {
		t.out.linef("Chatting with %s. /help shows what you can type.", with)
	}
}

var errLeave = errors.New("leave")

// run reads and answers until the person leaves.
func (t *talk) run(ctx context.Context) error {
	var stop func()
	t.signals, stop = onTerminate()
	defer stop()
	for {
		text, err := t.read(ctx)
		if err == nil {
			t.warned = false
			err = t.take(ctx, text)
		}
		switch {
		case errors.Is(err, errLeave):
			return nil
		case errors.Is(err, errInterrupted) && t.warned, ctx.Err() != nil:
			return errInterrupted
		case errors.Is(err, errInterrupted):
			t.warned = true
			t.err.linef("Press Ctrl-C again, or type /quit, to leave.")
		case err != nil && !t.keys.Interactive():
			return err // A script is told by the exit code.
		case err != nil:
			t.err.linef("%s", health.Of(err).Line())
		}
	}
}

// take answers a message or does what a line that begins with / says.
func (t *talk) take(ctx context.Context, text string) error {
	trimmed := strings.TrimSpace(text)
	switch {
	case trimmed == "":
		return nil
	case strings.HasPrefix(trimmed, "/") && !strings.Contains(trimmed, "\n"):
		return t.command(ctx, trimmed)
	}
	if err := t.ensure(ctx); err != nil {
		return err
	}
	return t.reply(ctx, func() error { return t.parts.Chat.Send(ctx, t.chat, text) })
}

// ensure makes the chat that is talked in.
func (t *talk) ensure(ctx context.Context) (err error) {
	if t.chat == 0 {
		t.chat, err = t.parts.Chat.Create(ctx, t.settings)
	}
	return err
}

// reply starts a reply with begin and shows it until it ends.
func (t *talk) reply(ctx context.Context, begin func() error) error {
	return t.replyOn(ctx, newPrinter(t.out, t.err), begin)
}

func (t *talk) replyOn(ctx context.Context, p *printer, begin func() error) error {
	newest := make(chan chat.Update, 1)
	cancel := t.parts.Chat.Watch(func(u chat.Update) {
		if u.Chat == t.chat {
			replace(newest, u)
		}
	})
	defer cancel()
	if err := patiently(ctx, begin); err != nil {
		return err
	}
	return t.follow(ctx, newest, p)
}

// patiently tries again while the reply before is still being saved: it is shown as ended a moment earlier.
func patiently(ctx context.Context, begin func() error) error {
	for range 100 {
		err := begin()
		if !errors.Is(err, chat.ErrWriting) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
	return chat.ErrWriting
}

// replace puts u into c, in place of one that nobody took yet. Only one goroutine sends.
func replace(c chan chat.Update, u chat.Update) {
	select {
	case <-c:
	default:
	}
	c <- u
}

// follow prints the reply as it grows. The first Ctrl-C stops it; what was written stays.
func (t *talk) follow(ctx context.Context, newest <-chan chat.Update, p *printer) error {
	for {
		var u chat.Update
		select {
		case u = <-newest:
		case s := <-t.signals:
			t.parts.Chat.Stop(t.chat)
			if t.warned || s != os.Interrupt {
				return errLeave
			}
			t.warned = true
			continue
		case <-ctx.Done():
			t.parts.Chat.Stop(t.chat)
			return ctx.Err()
		}
		m, err := t.replyOf(ctx, u)
		if err != nil {
			return err
		}
		if m == nil || m.ID <= t.seen {
			continue
		}
		p.show(*m)
		if ended(m.State) {
			t.seen = m.ID
			return p.end(*m, u)
		}
	}
}

// replyOf is the reply that an update is about, nil when the chat has none yet.
func (t *talk) replyOf(ctx context.Context, u chat.Update) (*chat.Message, error) {
	if u.Reply != nil {
		return u.Reply, nil
	}
	s, err := t.parts.Chat.Load(ctx, t.chat)
	if err != nil {
		return nil, err
	}
	if last := len(s.Messages) - 1; last >= 0 && s.Messages[last].Role == chat.Assistant {
		return &s.Messages[last], nil
	}
	return nil, nil
}

func ended(s chat.State) bool { return s != chat.Waiting && s != chat.Writing }

// openLatest goes on with the chat that changed last.
func (t *talk) openLatest(ctx context.Context) error {
	list, err := t.parts.Chat.List(ctx)
	if err != nil {
		return err
	}
	var latest chat.Summary
	for _, s := range list {
		if s.Changed.After(latest.Changed) {
			latest = s
		}
	}
	if latest.ID == 0 {
		t.err.linef("There is no chat yet, so this is a new one.")
		return nil
	}
	return t.open(ctx, latest.ID)
}

// open shows a chat and goes on with it.
func (t *talk) open(ctx context.Context, id chat.ID) error {
	s, err := t.parts.Chat.Load(ctx, id)
	if err != nil {
		return err
	}
	t.chat, t.settings = id, s.Settings
	fmt.Fprintln(t.out, t.out.bold(printable(s.Title)))
	for _, m := range s.Messages {
		t.seen = max(t.seen, m.ID)
		if m.Role == chat.User {
			t.keys.Remember(m.Text)
			fmt.Fprintf(t.out, "\n%s %s\n", t.out.bold(">"), printable(m.Text))
			continue
		}
		fmt.Fprintf(t.out, "\n%s\n", printable(m.Text))
	}
	fmt.Fprintln(t.out)
	return nil
}
