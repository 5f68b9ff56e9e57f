package models

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"croft/storage"
)

// Source is a device of mine that may have a model's file. What it answers is checked, never believed; it bounds by
// itself how much it reads of a manifest. An error that is ErrNotFound or ErrForbidden is final, others are tried again.
// Both methods return when ctx ends, and so does a Read of a chunk.
type Source interface {
	Name() string
	Manifest(ctx context.Context, id string) (Manifest, error)
	Chunk(ctx context.Context, id string, n int) (io.ReadCloser, error)
}

// CopyProgress says how far a copy is.
type CopyProgress struct {
	Done, Total    int64         // bytes; Total is 0 until a source has told it, and may change when that source lied
	BytesPerSecond float64       // over the last seconds; 0: not known
	Left           time.Duration // at this rate; 0: not known
	From           []string      // names of the sources in use
}

// copyTimes are how long a copy waits for what.
type copyTimes struct {
	report   time.Duration // between two reports
	stall    time.Duration // for the next bytes of a source, before it is asked again
	pause    time.Duration // before the first of several tries; each next one waits twice as long
	patience time.Duration // for a chunk at the end, before somebody else is asked for it as well
}

var usualTimes = copyTimes{report: 100 * time.Millisecond, stall: 15 * time.Second, pause: 250 * time.Millisecond, patience: 2 * time.Second}

// Fetch copies a model into the library from other devices, from all that have it at once, and returns it. progress is
// called now and then, from the goroutine of Fetch; it may be nil.
//
// Every chunk is checked before it is written. A damaged one is fetched again, and who sends two is not asked any more.
// The model is added only when the hash of the whole file is id, whatever the sources said of it. When Fetch ends early,
// be it by ctx, an error or a crash, what was copied stays for the next Fetch of this id, which checks it again; after
// 7 days it is removed. One process copies a model at a time.
func (l *Library) Fetch(ctx context.Context, id string, sources []Source, progress func(CopyProgress)) (Model, error) {
	if !idForm.MatchString(id) {
		return Model{}, notFound(id)
	}
	if !l.has(ctx, id) {
		if err := l.fetch(ctx, id, sources, progress); err != nil {
			return Model{}, fmt.Errorf("copy model: %w", err)
		}
	}
	return l.byID(ctx, id)
}

// has tells whether a model is here, and whole as far as can be told without reading it.
func (l *Library) has(ctx context.Context, id string) bool {
	r, err := l.record(ctx, id)
	return err == nil && l.verify(r) == nil
}

func (l *Library) fetch(ctx context.Context, id string, sources []Source, progress func(CopyProgress)) (err error) {
	f, err := l.openPart(ctx, id)
	if err != nil {
		return err
	}
	// It stays open, and with that claimed, until it has its name or is gone.
	defer func() {
		if st, failed := f.Stat(); err != nil && failed == nil && st.Size() == 0 {
			err = errors.Join(err, ignoreMissing(l.dir.Remove(fetchName(id)))) // there is nothing to go on with
		}
		err = errors.Join(err, f.Close())
	}()
	if l.has(ctx, id) { // another process has just completed it
		return ignoreMissing(l.dir.Remove(fetchName(id)))
	}
	c := newCopying(l, id, f, sources)
	done := make(chan error, 1)
	go func() { done <- c.run(ctx) }()
	report := c.reporter(progress)
	tick := time.NewTicker(l.times.report)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			report()
			return err
		case <-tick.C:
			report()
		}
	}
}

// run fetches until the file is whole and has its place.
func (c *copying) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer c.ended.Wait()
	defer cancel()
	defer c.release()
	for _, s := range c.suppliers {
		c.ended.Go(func() { c.supply(ctx, s) })
	}
	for {
		m, err := c.adopt(ctx)
		if err != nil {
			return err
		}
		whole, err := c.follow(ctx, m)
		switch {
		case errors.Is(err, errStuck): // for want of m's sources; others may describe the file differently
			c.drop(ctx)
		case err != nil:
			return err
		case whole != c.id:
			c.dismiss(m, nil)
			c.drop(ctx)
		default:
			return c.place(ctx, m)
		}
	}
}

// place gives the file, whose hash is right, its place in the library.
func (c *copying) place(ctx context.Context, m Manifest) error {
	l, part := c.library, fetchName(c.id)
	if err := c.file.Truncate(m.SizeBytes); err != nil { // a lie may have been longer
		return err
	}
	info, err := l.admit(l.pathOfPart(c.id))
	if err != nil {
		return errors.Join(err, ignoreMissing(l.dir.Remove(part))) // no source has a better one
	}
	name := tidy(m.Name)
	if !telling(name) {
		name = nameOf(info.Name, "", info.Parameters)
	}
	r, err := l.keep(ctx, c.file, part, c.id, storage.Model{
		ID: c.id, Name: name, Source: "Croft", SizeBytes: m.SizeBytes, Added: time.Now(),
	})
	if err == nil {
		l.saveSums(r, m.Chunks) // it can be lent at once
	}
	return err
}

// reporter returns what tells the progress. Bytes that had to be fetched again are not taken back from it.
func (c *copying) reporter(progress func(CopyProgress)) func() {
	if progress == nil {
		return func() {}
	}
	var speed pace
	var shown CopyProgress
	return func() {
		p, received := c.look()
		if p.Total == shown.Total {
			p.Done = max(p.Done, shown.Done)
		}
		speed.add(time.Now(), received)
		if p.BytesPerSecond = speed.perSecond(); p.BytesPerSecond > 0 {
			p.Left = time.Duration(float64(p.Total-p.Done) / p.BytesPerSecond * float64(time.Second))
		}
		shown = p
		progress(p)
	}
}
