package router

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"

	"croft/app/chat"
	"croft/app/lanapi/wire"
	"croft/engine"
)

// use is a model in use: now at one place, and at the next when that fails.
type use struct {
	router *Router
	want   chat.Want
	tell   func(chat.Progress)
	left   map[string]bool // places that failed
	failed *failure        // the last of them
	again  bool            // it was tried a second time, since nobody else was there,
	told   int             // after so many tokens

	mu      sync.Mutex
	choice  Choice
	others  int // that stand ready
	writer  Writer
	release func()
	where   chat.Where
}

// failure is how a place failed.
type failure struct {
	place Place
	err   error
}

// Facts are those of the model that writes now.
func (u *use) Facts() chat.Facts {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.writer.Facts()
}

// Where is where it writes now.
func (u *use) Where() chat.Where {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.where
}

func (u *use) close() {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.release != nil {
		u.release()
	}
	u.release = nil
}

// open readies the best place that is not left yet. The error is the first that a place gave.
func (u *use) open(ctx context.Context) error {
	var first error
	for {
		f := u.router.look(ctx, true).without(u.left)
		choices, err := u.router.choose(ctx, f, u.want)
		if err == nil && u.left[choices[0].Place.ID] {
			err = errNobody
		}
		if err == nil {
			err = u.ready(ctx, f, choices)
			if err == nil {
				return nil
			}
			u.left[choices[0].Place.ID] = true
			u.failed = &failure{choices[0].Place, err}
		} else {
			return firstOf(first, err)
		}
		first = firstOf(first, err)
		if ctx.Err() != nil {
			return err
		}
	}
}

func firstOf(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// ready makes the first choice the place that writes.
func (u *use) ready(ctx context.Context, f fleet, choices []Choice) error {
	c := choices[0]
	writer, release, err := u.at(ctx, f, c)
	if err != nil {
		return err
	}
	u.close()
	u.mu.Lock()
	defer u.mu.Unlock()
	u.choice, u.others, u.writer, u.release = c, len(choices)-1, writer, release
	u.where = chat.Where{Device: c.Place.Name, ID: c.Place.ID, Why: c.Why, Moved: u.where.Moved}
	if u.failed != nil && u.failed.place.ID != c.Place.ID {
		u.where.Why = fmt.Sprintf("%s; %s writes instead.", u.failed.words(), inside(c.Place))
	}
	return nil
}

// at is the writer of a choice.
func (u *use) at(ctx context.Context, f fleet, c Choice) (Writer, func(), error) {
	nothing := func() {}
	switch c.Place.Kind {
	case KindDevice:
		for _, d := range f.devices {
			if d.ID == c.Place.ID {
				return &remote{device: d, model: c.Model.facts(), tell: u.tell, alone: u.alone}, nothing, nil
			}
		}
	case KindServer:
		for _, s := range f.servers {
			if s.ID == c.Place.ID {
				return &served{router: u.router, server: s, kind: u.router.kindOf(s.ID), model: c.Model, alone: u.alone}, nothing, nil
			}
		}
	}
	return u.router.options.Here.Use(ctx, c.Model.ID, func(share float64) { u.tell(chat.Progress{Loading: share}) })
}

// alone says that nobody stands ready to go on.
func (u *use) alone() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.others == 0
}

// Generate streams a reply, from wherever it can be written. r.Written must be empty: the router keeps account of tokens.
func (u *use) Generate(ctx context.Context, r engine.Request) iter.Seq2[engine.Piece, error] {
	return func(yield func(engine.Piece, error) bool) {
		s := &story{request: r, begin: r.Begin}
		for {
			err := u.write(ctx, s, yield)
			if err == nil || errors.Is(err, errLeft) {
				return
			}
			if ctx.Err() == nil {
				if err = u.moveOn(ctx, s, err); err == nil {
					continue
				}
			}
			yield(engine.Piece{}, err)
			return
		}
	}
}

// errLeft says that the caller left the loop, so that nothing may be yielded any more.
var errLeft = errors.New("left")

// errNobody says that every place was tried.
var errNobody = errors.New("nobody else can go on")

// write streams what this place adds to the story.
func (u *use) write(ctx context.Context, s *story, yield func(engine.Piece, error) bool) error {
	request, preface, err := s.next(u.writer.Facts())
	if err != nil {
		return err
	}
	if preface != "" && !yield(engine.Piece{Token: -1, Text: preface}, nil) {
		return errLeft
	}
	for piece, err := range u.writer.Generate(ctx, request) {
		if err != nil {
			return err
		}
		s.take(piece)
		if piece.Result != nil {
			u.router.well(u.choice.Place.ID)
		}
		if !yield(piece, nil) {
			return errLeft
		}
		if piece.Result != nil {
			return nil
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return errCut
}

// moveOn leaves a place that failed with err and readies the next. Where nobody can go on, the error is the one of the
// place, and a *LostError when the place is not this device.
func (u *use) moveOn(ctx context.Context, s *story, err error) error {
	from := u.choice.Place
	u.left[from.ID] = true
	u.failed = &failure{from, err}
	if gone(err) {
		u.router.fail(from.ID)
	}
	u.mu.Lock()
	where := u.where
	if s.begun {
		u.where.Moved = append(where.Moved[:len(where.Moved):len(where.Moved)], from.Name)
	}
	u.mu.Unlock()
	if u.open(ctx) == nil {
		return nil
	}
	u.mu.Lock()
	u.where = where // it stays where it was lost
	u.mu.Unlock()
	if u.retry(ctx, s, from, err) {
		return nil
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case from.Kind == KindHere && len(where.Moved) == 0:
		return err
	}
	return &LostError{Device: from.Name, Err: err}
}

// againAfter is how long a place that is the only one is given before it is asked again.
const againAfter = time.Second

// retry readies the place that failed once more, where nobody else is left: a connection that was cut may be back. Without
// a new token since the last time it does not.
func (u *use) retry(ctx context.Context, s *story, from Place, err error) bool {
	if from.Kind == KindHere || !gone(err) || u.again && len(s.written) == u.told || ctx.Err() != nil {
		return false
	}
	u.again, u.told = true, len(s.written)
	pause := time.NewTimer(againAfter)
	defer pause.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-pause.C:
	}
	delete(u.left, from.ID)
	return u.open(ctx) == nil
}

// gone says that a place does not answer any more, rather than that it answered with a refusal.
func gone(err error) bool {
	var refused *wire.Error
	return !errors.As(err, &refused) || refused.Code == wire.Closing
}
