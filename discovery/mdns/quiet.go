package mdns

import (
	"bytes"
	"io"
)

// Quiet is w without what zeroconf writes to the standard log, which a person who runs Croft in a terminal would see.
// Announcement.Err and Browser.State tell what matters of it. It is meant for log.SetOutput.
func Quiet(w io.Writer) io.Writer {
	if _, is := w.(quiet); is {
		return w
	}
	return quiet{w}
}

type quiet struct{ w io.Writer }

// Write takes one line, as package log gives it.
func (q quiet) Write(line []byte) (int, error) {
	if bytes.Contains(line, []byte("[zeroconf]")) || bytes.Contains(line, []byte("[ERR] zeroconf:")) {
		return len(line), nil
	}
	return q.w.Write(line)
}
