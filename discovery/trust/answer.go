package trust

import (
	"io"
	"net/http"
	"time"
)

// pieceBytes is how much is written under one deadline: a slow reader is not one that has stopped.
const pieceBytes = 64 << 10

// answer lets the handler answer a request, if the device is still mine.
func (s *serving) answer(w http.ResponseWriter, r *http.Request) {
	l := r.Context().Value(linkKey{}).(*link)
	if !s.start() {
		panic(http.ErrAbortHandler)
	}
	defer s.requests.Done()
	if !s.host.known.Knows(l.device) {
		l.cut(outcomeOf(&UnknownDeviceError{l.device}))
		panic(http.ErrAbortHandler)
	}
	l.count(1)
	defer l.count(-1)
	control := http.NewResponseController(w)
	stall := s.host.limits.stall
	r.Body = &body{http.MaxBytesReader(w, r.Body, s.host.limits.bodyBytes), control, stall}
	out := &response{w, control, stall}
	defer out.deadline() // for what the server sends after the handler
	s.host.handler.ServeHTTP(out, r)
	if s.ctx.Err() != nil { // the handler may have stopped for that, and half an answer must not seem whole
		panic(http.ErrAbortHandler)
	}
}

// start reports whether a request may still begin.
func (s *serving) start() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.finished {
		s.requests.Add(1)
	}
	return !s.finished
}

// finish waits for the requests that have begun.
func (s *serving) finish() {
	s.mu.Lock()
	s.finished = true
	s.mu.Unlock()
	s.requests.Wait()
}

// response has a deadline while something is being written, and none while the handler thinks. http.Server.WriteTimeout
// would cut every answer that takes longer in all.
type response struct {
	http.ResponseWriter
	control *http.ResponseController
	stall   time.Duration
}

func (r *response) deadline()   { r.control.SetWriteDeadline(time.Now().Add(r.stall)) }
func (r *response) noDeadline() { r.control.SetWriteDeadline(time.Time{}) }

func (r *response) Write(p []byte) (written int, err error) {
	defer r.noDeadline()
	for {
		piece := p[written:min(len(p), written+pieceBytes)]
		r.deadline()
		n, err := r.ResponseWriter.Write(piece)
		if written += n; err != nil || written == len(p) {
			return written, err
		}
	}
}

// FlushError is what http.ResponseController calls.
func (r *response) FlushError() error {
	r.deadline()
	defer r.noDeadline()
	return r.control.Flush()
}

// Flush is for handlers that ask for an http.Flusher.
func (r *response) Flush() { r.FlushError() }

// Unwrap leads http.ResponseController to what is not here.
func (r *response) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// body has a deadline while it is being read.
type body struct {
	io.ReadCloser
	control *http.ResponseController
	stall   time.Duration
}

func (b *body) Read(p []byte) (int, error) {
	b.control.SetReadDeadline(time.Now().Add(b.stall))
	defer b.control.SetReadDeadline(time.Time{})
	return b.ReadCloser.Read(p)
}
