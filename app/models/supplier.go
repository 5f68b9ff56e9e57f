package models

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"
)

const (
	streams  = 2 // chunks that one source sends at once: while one is checked and written, the other comes
	tries    = 6 // of one stream, in a row, before its source counts as gone
	liesMost = 2 // damaged chunks, and a source is not asked any more
)

var (
	errDamaged = errors.New("damaged chunk")
	errStalled = errors.New("nothing came for a while")
)

// supplier is a source and what is known of it. All but the source is guarded by copying.mu.
type supplier struct {
	Source
	state    supplierState
	manifest Manifest // once it serves
	streams  int      // that have not given up
	lies     int
	err      error // what went wrong last
}

type supplierState byte

const (
	asking  supplierState = iota // for its manifest
	serving                      // chunks of it
	gone
)

// supply asks a source for its manifest and then for chunks, until it is of no use any more or ctx ends.
func (c *copying) supply(ctx context.Context, s *supplier) {
	if !c.introduce(ctx, s) {
		return
	}
	var all sync.WaitGroup
	defer all.Wait()
	for range streams {
		all.Go(func() { c.stream(ctx, s) })
	}
}

// introduce gets the manifest of s. It may take long: s reads the whole file for it.
func (c *copying) introduce(ctx context.Context, s *supplier) bool {
	m, err := c.askManifest(ctx, s)
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.ringLocked()
	s.manifest, s.err, s.state, s.streams = m, err, serving, streams
	if err != nil {
		s.state = gone
	}
	return err == nil
}

func (c *copying) askManifest(ctx context.Context, s *supplier) (m Manifest, err error) {
	for try := range tries {
		if try > 0 && !c.rest(ctx, try) {
			break
		}
		if m, err = s.Manifest(ctx, c.id); err == nil {
			if err = m.check(c.id); err != nil {
				return m, fmt.Errorf("%w: %w", errDamaged, err)
			}
			return m, nil
		}
		if final(err) {
			break
		}
	}
	return m, err
}

// final tells an answer from a failure that may pass.
func final(err error) bool {
	return errors.Is(err, ErrNotFound) || errors.Is(err, ErrForbidden)
}

// rest waits before another try, each time twice as long. False: ctx ended.
func (c *copying) rest(ctx context.Context, try int) bool {
	select {
	case <-time.After(c.library.times.pause << (try - 1)):
		return true
	case <-ctx.Done():
		return false
	}
}

// stream fetches one chunk after the other from s.
func (c *copying) stream(ctx context.Context, s *supplier) {
	buf := make([]byte, ChunkBytes)
	failures := 0
	for failures < tries {
		if failures > 0 && !c.rest(ctx, failures) {
			break
		}
		f, flying := c.next(ctx, s)
		if f == nil {
			break
		}
		b := buf[:f.bytes]
		err := c.receive(flying, f, b)
		left := flying.Err() != nil // it was not needed any more
		if c.land(f, left, err); err != nil && !left {
			failures++
		} else {
			failures = 0
		}
		f.cancel()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if s.streams--; s.streams == 0 {
		s.state = gone
	}
	c.ringLocked()
}

// next waits for a chunk that s shall send. None: s is not needed any more.
func (c *copying) next(ctx context.Context, s *supplier) (*flight, context.Context) {
	for {
		c.mu.Lock()
		if s.state == gone || c.fatal != nil || ctx.Err() != nil {
			c.mu.Unlock()
			return nil, nil
		}
		if n := c.pickLocked(s); n >= 0 {
			f, flying := c.takeOffLocked(ctx, s, n)
			c.mu.Unlock()
			return f, flying
		}
		bell := c.bell
		c.mu.Unlock()
		select {
		case <-bell:
		case <-time.After(c.library.times.patience / 2): // somebody may have become too slow
		case <-ctx.Done():
		}
	}
}

// pickLocked returns the first chunk that nobody sends yet, or else one that somebody has been sending for too long, or -1.
func (c *copying) pickLocked(s *supplier) int {
	late := -1
	for n := range c.manifest.Chunks {
		p := &c.chunks[n]
		if p.state != absent || !c.mayLocked(s, n) {
			continue
		}
		if len(p.flights) == 0 {
			return n
		}
		f := p.flights[0]
		if late < 0 && len(p.flights) == 1 && f.from != s && time.Since(f.began) > c.library.times.patience {
			late = n
		}
	}
	return late
}

// mayLocked tells whether s may send chunk n. Who sent it damaged may try again only when nobody else has it.
func (c *copying) mayLocked(s *supplier, n int) bool {
	liars := c.chunks[n].liars
	return c.offersLocked(s, n) && (!slices.Contains(liars, s) || !slices.ContainsFunc(c.suppliers, func(o *supplier) bool {
		return c.offersLocked(o, n) && !slices.Contains(liars, o)
	}))
}

// offersLocked tells whether s has the chunk n that is wanted. It may have another file around it.
func (c *copying) offersLocked(s *supplier, n int) bool {
	return s.state == serving && s.manifest.SizeBytes == c.manifest.SizeBytes && s.manifest.Chunks[n] == c.manifest.Chunks[n]
}

func (c *copying) takeOffLocked(ctx context.Context, s *supplier, n int) (*flight, context.Context) {
	flying, cancel := context.WithCancel(ctx)
	f := &flight{from: s, chunk: n, began: time.Now(), want: c.manifest.Chunks[n], bytes: c.manifest.bytesOf(n), cancel: cancel}
	c.chunks[n].flights = append(c.chunks[n].flights, f)
	return f, flying
}

// receive reads a chunk into b and writes it to the file when it is what was wanted.
func (c *copying) receive(ctx context.Context, f *flight, b []byte) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watch := time.AfterFunc(c.library.times.stall, func() { cancel(errStalled) })
	defer watch.Stop()
	body, err := f.from.Chunk(ctx, c.id, f.chunk)
	if err == nil {
		err = c.readChunk(body, f, b, func() { watch.Reset(c.library.times.stall) })
		body.Close()
	}
	if err != nil {
		if context.Cause(ctx) == errStalled {
			err = errStalled
		}
		return err
	}
	return c.write(f, b)
}

// readChunk reads exactly len(b) bytes and checks their hash.
func (c *copying) readChunk(r io.Reader, f *flight, b []byte, alive func()) error {
	h := sha256.New()
	for got := 0; got < len(b); {
		n, err := r.Read(b[got:])
		h.Write(b[got : got+n])
		got += n
		f.got.Add(int64(n))
		c.received.Add(int64(n))
		if n > 0 {
			alive()
		}
		if err != nil && got < len(b) {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return err
		}
	}
	if n, _ := io.ReadFull(r, make([]byte, 1)); n > 0 || hex.EncodeToString(h.Sum(nil)) != f.want {
		return errDamaged
	}
	return nil
}

// diskError is a failure that no source is to blame for.
type diskError struct{ error }

func (e diskError) Unwrap() error { return e.error }

func (c *copying) write(f *flight, b []byte) error {
	c.mu.Lock()
	late := c.chunks[f.chunk].state == done
	c.mu.Unlock()
	if late {
		return nil
	}
	err := c.library.checkStop()
	if err == nil {
		_, err = c.file.WriteAt(b, int64(f.chunk)*ChunkBytes)
	}
	if err != nil {
		return diskError{err}
	}
	return nil
}

// land notes how a flight ended.
func (c *copying) land(f *flight, left bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.ringLocked()
	p := &c.chunks[f.chunk]
	p.flights = slices.DeleteFunc(p.flights, func(o *flight) bool { return o == f })
	var disk diskError
	switch {
	case p.state == done: // somebody else was faster
	case err == nil:
		p.state, p.sum = done, f.want
		c.pledgeLocked(max(c.pledged-f.bytes, 0))
		for _, o := range p.flights {
			o.cancel()
		}
	case errors.As(err, &disk):
		c.fatal = disk.error
	case left:
	case errors.Is(err, errDamaged):
		p.liars = append(p.liars, f.from)
		f.from.lies++
		c.blameLocked(f.from, err, f.from.lies >= liesMost)
	default:
		c.blameLocked(f.from, err, final(err))
	}
}

// blameLocked notes what went wrong with s, and whether that was the last of it.
func (c *copying) blameLocked(s *supplier, err error, last bool) {
	s.err = err
	if last {
		s.state = gone
	}
}
