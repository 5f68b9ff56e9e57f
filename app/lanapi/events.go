package lanapi

import (
	"encoding/json"
	"net/http"
	"time"
)

// stall is how long a reader may take nothing.
const stall = 30 * time.Second

// flusher sends what was written at once. Its deadline moves on with each write: one for the whole answer would cut a long
// reply.
type flusher struct {
	w http.ResponseWriter
	c *http.ResponseController
}

func newFlusher(w http.ResponseWriter) flusher { return flusher{w, http.NewResponseController(w)} }

func (f flusher) write(b []byte) error {
	// A server that has no deadlines to set sees to stalled readers itself.
	_ = f.c.SetWriteDeadline(time.Now().Add(stall))
	if _, err := f.w.Write(b); err != nil {
		return err
	}
	return f.c.Flush()
}

// done lets the connection be used for other requests.
func (f flusher) done() { _ = f.c.SetWriteDeadline(time.Time{}) }

// events sends server-sent events, as OpenAI's streams are made of.
type events struct {
	flusher
	started bool
	err     error // the first
}

func newEvents(w http.ResponseWriter) *events { return &events{flusher: newFlusher(w)} }

func (s *events) send(v any) {
	b, err := json.Marshal(v)
	if err != nil {
		s.err = err
		return
	}
	s.line(string(b))
}

func (s *events) line(data string) {
	if s.err != nil {
		return
	}
	if !s.started {
		s.started = true
		s.w.Header().Set("Content-Type", "text/event-stream")
		s.w.Header().Set("Cache-Control", "no-cache")
	}
	s.err = s.write([]byte("data: " + data + "\n\n"))
}

// fail ends a stream with an error. One that has not begun yet can be an answer of its own.
func (s *events) fail(err error) error {
	if !s.started {
		return err
	}
	s.send(faultOf(err).openAI())
	s.done()
	return begun(err)
}

func (s *events) end() error {
	s.line("[DONE]")
	s.done()
	return begun(s.err)
}
