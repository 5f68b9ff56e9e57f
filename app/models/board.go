package models

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// errStuck says that a chunk is missing that nobody has any more.
var errStuck = errors.New("a chunk is missing")

// copying is one Fetch. One goroutine walks through the file from its beginning and hashes it, while the streams of each
// supplier bring the chunks, the first missing one first. What was there before is checked on that walk.
type copying struct {
	library *Library
	id      string
	file    *os.File
	ended   sync.WaitGroup // of the suppliers' goroutines

	mu        sync.Mutex
	bell      chan struct{} // closed and replaced whenever something below changes
	suppliers []*supplier
	manifest  Manifest // the one that is believed for now; without chunks: none
	chunks    []part
	rechecked bool  // the whole was wrong once, and all chunks were read again
	refusal   error // what was wrong with the last manifest
	fatal     error // the disk failed us
	pledged   int64 // of library.pledged

	received atomic.Int64 // bytes from all sources, damaged ones included
}

// part is a chunk on its way.
type part struct {
	state   partState
	sum     string // of what lies in the file; "" while that is not known
	flights []*flight
	liars   []*supplier // who sent it damaged
}

type partState byte

const (
	absent partState = iota // or being fetched
	unsure                  // the file has something there
	done
)

// flight is a chunk that somebody sends now.
type flight struct {
	from   *supplier
	chunk  int
	began  time.Time
	want   string // its hash
	bytes  int64
	got    atomic.Int64
	cancel context.CancelFunc
}

func newCopying(l *Library, id string, f *os.File, sources []Source) *copying {
	c := &copying{library: l, id: id, file: f, bell: make(chan struct{})}
	for _, s := range sources {
		c.suppliers = append(c.suppliers, &supplier{Source: s, state: asking})
	}
	return c
}

func (c *copying) ringLocked() {
	close(c.bell)
	c.bell = make(chan struct{})
}

// wait calls look, with the lock held, whenever something has changed, until it returns true. When ctx has ended, what
// look found may be a consequence of that, and the error of ctx is returned.
func (c *copying) wait(ctx context.Context, look func() bool) error {
	for {
		c.mu.Lock()
		ok, bell := look(), c.bell
		c.mu.Unlock()
		if ok || ctx.Err() != nil {
			return ctx.Err()
		}
		select {
		case <-bell:
		case <-ctx.Done():
		}
	}
}

// adopt waits for a manifest to go by, the one of the first source that answers, and makes room for its file.
func (c *copying) adopt(ctx context.Context) (Manifest, error) {
	for {
		var s *supplier
		var failure error
		err := c.wait(ctx, func() bool {
			if s = c.firstLocked(serving); s == nil && c.firstLocked(asking) == nil {
				failure = c.failureLocked()
			}
			return s != nil || failure != nil
		})
		if err = cmp.Or(err, failure); err != nil {
			return Manifest{}, err
		}
		err = c.begin(s.manifest)
		if err == nil {
			return s.manifest, nil
		}
		if !errors.Is(err, ErrNoSpace) {
			return Manifest{}, err
		}
		c.dismiss(s.manifest, err) // the size may be a lie
	}
}

func (c *copying) firstLocked(state supplierState) *supplier {
	if i := slices.IndexFunc(c.suppliers, func(s *supplier) bool { return s.state == state }); i >= 0 {
		return c.suppliers[i]
	}
	return nil
}

// begin goes by m. Of what the file has already, chunks that are known to be m's are done.
func (c *copying) begin(m Manifest) error {
	st, err := c.file.Stat()
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.reserveLocked(max(m.SizeBytes-st.Size(), 0)); err != nil {
		return err
	}
	before := c.chunks
	c.chunks = make([]part, len(m.Chunks))
	for n := range c.chunks {
		p := &c.chunks[n]
		if n < len(before) {
			p.sum = before[n].sum
		}
		switch {
		case p.sum == m.Chunks[n]:
			p.state = done
		case p.sum == "" && int64(n)*ChunkBytes+m.bytesOf(n) <= st.Size():
			p.state = unsure
		}
	}
	c.manifest, c.refusal = m, nil
	c.ringLocked()
	return nil
}

// drop goes by no manifest any more, once nothing is on its way.
func (c *copying) drop(ctx context.Context) {
	c.mu.Lock()
	c.manifest = Manifest{}
	for _, p := range c.chunks {
		for _, f := range p.flights {
			f.cancel()
		}
	}
	c.mu.Unlock()
	c.wait(ctx, func() bool { // when ctx ends, adopt says so
		return !slices.ContainsFunc(c.chunks, func(p part) bool { return len(p.flights) > 0 })
	})
}

// follow hashes the whole file of m while it comes.
func (c *copying) follow(ctx context.Context, m Manifest) (whole string, err error) {
	h := sha256.New()
	buf := make([]byte, min(m.SizeBytes, ChunkBytes))
	for n := range m.Chunks {
		if err := c.step(ctx, h, n, buf[:m.bytesOf(n)]); err != nil {
			return "", err
		}
	}
	if whole = hex.EncodeToString(h.Sum(nil)); whole == c.id || !c.recheck() {
		return whole, nil
	}
	return c.follow(ctx, m)
}

// recheck lets all chunks be read again, once: something else may have written to the file.
func (c *copying) recheck() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.rechecked {
		return false
	}
	c.rechecked = true
	for n := range c.chunks {
		c.chunks[n].state, c.chunks[n].sum = unsure, ""
	}
	return true
}

// step waits for chunk n and adds it to h. Chunks that were there before are compared with the manifest now.
func (c *copying) step(ctx context.Context, h hash.Hash, n int, buf []byte) error {
	for {
		state, err := c.await(ctx, n)
		if err != nil {
			return err
		}
		if _, err := c.file.ReadAt(buf, int64(n)*ChunkBytes); err != nil {
			return err
		}
		if state == done || c.judge(n, sumOf(buf)) {
			h.Write(buf)
			return nil
		}
	}
}

// await returns when there is something of chunk n in the file.
func (c *copying) await(ctx context.Context, n int) (state partState, err error) {
	waited := c.wait(ctx, func() bool {
		state = c.chunks[n].state
		switch {
		case c.fatal != nil:
			err = c.fatal
		case state == absent && c.stuckLocked():
			err = errStuck
		}
		return state != absent || err != nil
	})
	return state, cmp.Or(waited, err)
}

// judge notes the hash of what the file had of chunk n before, and tells whether it is right.
func (c *copying) judge(n int, sum string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := &c.chunks[n]
	p.sum, p.state = sum, absent
	if sum == c.manifest.Chunks[n] {
		p.state = done
	}
	c.ringLocked()
	return p.state == done
}

// stuckLocked tells whether there is a missing chunk that no supplier can bring.
func (c *copying) stuckLocked() bool {
	if c.firstLocked(asking) != nil {
		return false
	}
	for n := range c.chunks {
		if c.chunks[n].state == absent && !slices.ContainsFunc(c.suppliers, func(s *supplier) bool { return c.offersLocked(s, n) }) {
			return true
		}
	}
	return false
}

// look says how far the copy is, and how many bytes have come.
func (c *copying) look() (p CopyProgress, received int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p.Total = c.manifest.SizeBytes
	for n := range c.manifest.Chunks {
		best := int64(0)
		for _, f := range c.chunks[n].flights {
			best = max(best, f.got.Load())
			if name := f.from.Name(); !slices.Contains(p.From, name) {
				p.From = append(p.From, name)
			}
		}
		if c.chunks[n].state == done {
			best = c.manifest.bytesOf(n)
		}
		p.Done += best
	}
	slices.Sort(p.From)
	return p, c.received.Load()
}

func (l *Library) pathOfPart(id string) string { return filepath.Join(l.path, fetchName(id)) }
