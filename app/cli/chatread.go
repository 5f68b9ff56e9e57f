package cli

import (
	"context"
	"errors"
	"io"
	"strings"
)

// fence begins and ends a message of several lines.
const fence = `"""`

// read returns the next message: a line, lines that end with a backslash, or lines between fences.
func (t *talk) read(ctx context.Context) (string, error) {
	line, err := t.line(ctx, false)
	if err != nil {
		return "", err
	}
	opened := strings.HasPrefix(strings.TrimSpace(line), fence)
	if opened {
		line = strings.TrimPrefix(strings.TrimSpace(line), fence)
	}
	lines := []string{line}
	for unfinished(lines[len(lines)-1], opened) {
		last := len(lines) - 1
		if !opened {
			lines[last] = strings.TrimSuffix(lines[last], `\`)
		}
		next, err := t.line(ctx, true)
		if errors.Is(err, errLeave) {
			break // The input ended inside the message: that is the message.
		}
		if err != nil {
			return "", err
		}
		lines = append(lines, next)
	}
	text := strings.TrimSpace(strings.Join(lines, "\n"))
	if opened {
		text = strings.TrimSpace(strings.TrimSuffix(text, fence))
	}
	t.keys.Remember(text)
	return text, nil
}

func unfinished(line string, opened bool) bool {
	if opened {
		return !strings.HasSuffix(strings.TrimSpace(line), fence)
	}
	return strings.HasSuffix(line, `\`)
}

// line reads one line, and looks at signals meanwhile. The goroutine ends with its line; one that waits when the
// person leaves ends with the process.
func (t *talk) line(ctx context.Context, more bool) (string, error) {
	type result struct {
		text string
		err  error
	}
	read := make(chan result, 1)
	go func() {
		text, err := t.keys.Line(more)
		read <- result{text, err}
	}()
	select {
	case r := <-read:
		if errors.Is(r.err, io.EOF) {
			r.err = errLeave
		}
		return r.text, r.err
	case <-t.signals:
		t.warned = true // No keyboard is asked, so this signal is meant for the program.
		return "", errInterrupted
	case <-ctx.Done():
		return "", ctx.Err()
	}
}
