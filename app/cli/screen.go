package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"

	"golang.org/x/term"
)

// screen is a writer that knows whether a person looks at it.
type screen struct {
	io.Writer
	terminal bool
	colours  bool
}

func newScreen(w io.Writer) *screen {
	s := &screen{Writer: w, terminal: isTerminal(w)}
	s.colours = s.terminal && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	return s
}

// isTerminal tells whether x is a file that is a terminal.
func isTerminal(x any) bool {
	f, ok := x.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// linef writes a line.
func (s *screen) linef(format string, args ...any) {
	fmt.Fprintln(s, printable(fmt.Sprintf(format, args...)))
}

// text writes what a model wrote: as it is into files and pipes, without control characters to a terminal.
func (s *screen) text(t string) error {
	if s.terminal {
		t = printable(t)
	}
	_, err := io.WriteString(s, t)
	return err
}

func (s *screen) dim(t string) string  { return s.styled("2", t) }
func (s *screen) bold(t string) string { return s.styled("1", t) }

func (s *screen) styled(style, t string) string {
	if !s.colours || t == "" {
		return t
	}
	return "\x1b[" + style + "m" + t + "\x1b[0m"
}

// status shows a passing line, which clear takes away; only where a person looks.
func (s *screen) status(format string, args ...any) {
	if s.terminal {
		fmt.Fprint(s, "\r\x1b[K", s.dim(printable(fmt.Sprintf(format, args...))))
	}
}

func (s *screen) clear() {
	if s.terminal {
		fmt.Fprint(s, "\r\x1b[K")
	}
}

// printable leaves out control characters but line ends and tabs: text from a model or a file shall not steer a terminal.
func printable(t string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, t)
}

// progress returns a reporter of bytes done for a passing line.
func (s *screen) progress(what string) func(done, total int64) {
	shown := int64(-1)
	return func(done, total int64) {
		if percent := done * 100 / max(total, 1); percent != shown {
			shown = percent
			s.status("%s %d %%", what, percent)
		}
	}
}

// loadingThen returns a reporter of how far a model is loaded, 0 to 1; next is what comes then.
func (s *screen) loadingThen(next string) func(float64) {
	return func(done float64) {
		if done < 1 {
			s.status("Loading %.0f %%", done*100)
			return
		}
		s.status("%s", next)
	}
}
