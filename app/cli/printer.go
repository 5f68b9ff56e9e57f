package cli

import (
	"fmt"
	"strings"

	"croft/app/chat"
	"croft/app/models"
)

// printer writes a growing reply: each time what is new of it.
type printer struct {
	out, err *screen

	thinking, text string // what stands there already
}

func newPrinter(out, err *screen) *printer { return &printer{out: out, err: err} }

// show writes what came since the last snapshot. Thinking is for a person who looks on, not for a file.
func (p *printer) show(m chat.Message) {
	if m.State == chat.Waiting {
		p.err.status("%s", waitingFor(m.Progress))
		return
	}
	if p.thinking == "" && p.text == "" {
		p.err.clear()
	}
	if more := fresh(p.thinking, m.Thinking); more != "" && p.out.terminal && p.text == "" {
		fmt.Fprint(p.out, p.out.dim(printable(more)))
		p.thinking += more
	}
	more := fresh(p.text, m.Text)
	if more == "" {
		return
	}
	if p.text == "" && p.thinking != "" {
		fmt.Fprint(p.out, "\n\n")
	}
	_ = p.out.text(more) // The reply is kept all the same.
	p.text += more
}

// waitingFor says what a reply waits for.
func waitingFor(p chat.Progress) string {
	at := ""
	if p.Device != "" {
		at = p.Device + ": "
	}
	switch {
	case p.Place > 0:
		return fmt.Sprintf("%swaiting, number %d in turn", at, p.Place)
	case p.Loading > 0 && p.Loading < 1:
		return fmt.Sprintf("%sloading %.0f %%", at, p.Loading*100)
	}
	return at + "Reading"
}

// fresh is what now has more than before; nothing when it is another text.
func fresh(before, now string) string {
	more, ok := strings.CutPrefix(now, before)
	if !ok {
		return ""
	}
	return more
}

// end writes how the reply ended.
func (p *printer) end(m chat.Message, u chat.Update) error {
	p.err.clear()
	if p.text != "" && !strings.HasSuffix(p.text, "\n") {
		_ = p.out.text("\n")
	}
	switch m.State {
	case chat.Failed:
		return m.Error
	case chat.Stopped:
		p.err.linef("Stopped.")
	}
	if p.out.terminal && m.Stats != nil && m.Stats.ReplyTokens > 0 {
		fmt.Fprintln(p.out, p.out.dim(statsLine(*m.Stats, u)))
		fmt.Fprintln(p.out)
	}
	return nil
}

// statsLine is the small print under a reply.
func statsLine(s chat.Stats, u chat.Update) string {
	line := fmt.Sprintf("%s%s tokens, %.1f a second, first after %.1f s", placeOf(s), models.Count(s.ReplyTokens), s.TokensPerSecond, s.FirstToken.Seconds())
	if len(s.Moved) > 0 {
		line += ", begun on " + strings.Join(s.Moved, ", ")
	}
	if u.ContextMax > 0 && u.ContextUsed > 0 {
		line += fmt.Sprintf(", context %s of %s", models.Count(u.ContextUsed), models.Count(u.ContextMax))
	}
	if s.Reason == "context" {
		line += ": full, so the reply ends here"
	}
	return line
}

// placeOf names the device where there was a choice.
func placeOf(s chat.Stats) string {
	if s.Why == "" || s.Device == "" {
		return ""
	}
	return s.Device + ": "
}
