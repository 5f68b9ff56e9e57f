package cli

import (
	"bufio"
	"errors"
	"io"
	"strings"

	"github.com/chzyer/readline"
)

// keyboard is where messages come from.
type keyboard interface {
	// Line reads a line. io.EOF: there are no more. errInterrupted: Ctrl-C.
	Line(more bool) (string, error)
	// Edit lets the person change text.
	Edit(text string) (string, error)
	// Remember puts text into the history.
	Remember(text string)
	// Interactive tells whether a person types.
	Interactive() bool
	Close() error
}

// newKeyboard edits lines on a terminal, and reads them as they come elsewhere.
func newKeyboard(in io.Reader, out, stderr *screen) (keyboard, error) {
	if !isTerminal(in) || !out.terminal {
		return &pipe{bufio.NewReader(in)}, nil
	}
	var completions []readline.PrefixCompleterInterface
	for _, name := range slashNames() {
		completions = append(completions, readline.PcItem(name))
	}
	// The history is made of the chat's own messages: a file of it would outlive deleted chats.
	r, err := readline.NewEx(&readline.Config{
		Prompt:                 out.bold("> "),
		AutoComplete:           readline.NewPrefixCompleter(completions...),
		DisableAutoSaveHistory: true,
		HistoryLimit:           1000,
		Stdout:                 out.Writer,
		Stderr:                 stderr.Writer,
	})
	if err != nil {
		return nil, err
	}
	return &terminal{r, out}, nil
}

// terminal edits lines.
type terminal struct {
	*readline.Instance
	out *screen
}

func (t *terminal) Line(more bool) (string, error) {
	t.SetPrompt(t.out.bold("> "))
	if more {
		t.SetPrompt(t.out.dim(". "))
	}
	return understood(t.Readline())
}

func (t *terminal) Edit(text string) (string, error) {
	t.SetPrompt(t.out.bold("> "))
	return understood(t.ReadlineWithDefault(strings.Join(strings.Fields(text), " ")))
}

func understood(line string, err error) (string, error) {
	if errors.Is(err, readline.ErrInterrupt) {
		return line, errInterrupted
	}
	return line, err
}

func (t *terminal) Remember(text string) {
	if !strings.Contains(text, "\n") {
		_ = t.SaveHistory(text) // In memory only, so it cannot fail.
	}
}

func (t *terminal) Interactive() bool { return true }

// pipe reads lines of a file or a program.
type pipe struct{ in *bufio.Reader }

func (p *pipe) Line(bool) (string, error) {
	line, err := p.in.ReadString('\n')
	if line != "" && errors.Is(err, io.EOF) {
		err = nil // The last line has no end.
	}
	return strings.TrimRight(line, "\r\n"), err
}

func (p *pipe) Edit(string) (string, error) {
	return "", say("Give the new text, as in /edit What is bread?", "")
}

func (p *pipe) Remember(string) {}

func (p *pipe) Interactive() bool { return false }

func (p *pipe) Close() error { return nil }
