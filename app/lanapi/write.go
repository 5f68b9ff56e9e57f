package lanapi

import (
	"context"
	"errors"
	"iter"
	"time"

	"croft/app/lanapi/wire"
	"croft/engine"
)

// bufferPieces is how far a reply may be ahead of its reader: longer than most replies are.
const bufferPieces = 4096

// errNoEnd is what a reply ends with that has no end.
var errNoEnd = errors.New("it ended without a result")

// want is a reply that somebody asks for.
type want struct {
	model string
	build func(Running) (engine.Request, error)
}

// event is what happens to a reply on its way: one of these, or nothing for a while.
type event struct {
	place   int      // in the queue
	loading *float64 // how much of the model is loaded
	piece   *engine.Piece
	err     error // the last event
}

// write writes a reply. The work is done, and its place in the queue free, as soon as the buffer has taken the reply; leaving
// the loop ends the work and waits for its end.
func (a *API) write(ctx context.Context, w want) iter.Seq[event] {
	return func(yield func(event) bool) {
		ctx, cancel := context.WithCancel(ctx)
		// Nobody closes out, since a late report of loading may still come.
		out, done := make(chan event, bufferPieces), make(chan struct{})
		go func() {
			defer close(done)
			if err := a.fill(ctx, w, out); err != nil {
				send(ctx, out, event{err: err})
			}
		}()
		defer func() { cancel(); <-done }()
		quiet := time.NewTicker(wire.Beat)
		defer quiet.Stop()
		for {
			var e event
			select {
			case e = <-out:
				quiet.Reset(wire.Beat)
			case <-quiet.C:
			case <-done:
				yieldRest(out, yield)
				return
			}
			if !yield(e) {
				return
			}
		}
	}
}

func yieldRest(out <-chan event, yield func(event) bool) {
	for len(out) > 0 {
		if !yield(<-out) {
			return
		}
	}
}

// fill owns a reply from its wait to its last piece.
func (a *API) fill(ctx context.Context, w want, out chan<- event) error {
	leave, err := a.queue.enter(ctx, callerOf(ctx).who, func(place int) { offer(out, event{place: place}) })
	if err != nil {
		return err
	}
	defer leave()
	running, release, err := a.options.Models.Use(ctx, w.model, func(done float64) { offer(out, event{loading: &done}) })
	if err != nil {
		return err
	}
	defer release()
	request, err := w.build(running)
	if err != nil {
		return err
	}
	for piece, err := range running.Generate(ctx, request) {
		if err != nil {
			return err
		}
		if !send(ctx, out, event{piece: &piece}) || piece.Result != nil {
			return ctx.Err()
		}
	}
	return errNoEnd
}

// offer drops what the reader has no room for: a later report says more.
func offer(out chan<- event, e event) {
	select {
	case out <- e:
	default:
	}
}

func send(ctx context.Context, out chan<- event, e event) bool {
	select {
	case out <- e:
		return true
	case <-ctx.Done():
		return false
	}
}
