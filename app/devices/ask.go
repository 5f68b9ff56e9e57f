package devices

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"reflect"
	"sync/atomic"
	"time"

	"croft/app/lanapi/wire"
	"croft/discovery/identity"
	"croft/discovery/trust"
)

const (
	askEvery    = 15 * time.Second
	askFast     = 2 * time.Second // while somebody watches
	askRarely   = 5 * time.Minute // somebody who has been away for long; a sighting or a call comes before
	justAdded   = time.Minute     // the other side may need a moment longer to store us
	askAgain    = 50 * time.Millisecond
	askMax      = 6 * time.Second
	statusMax   = 8 << 20 // bytes
	refreshMax  = time.Second
	freshFor    = 500 * time.Millisecond
	saveSeenMin = 10 * time.Minute // so that the disk is not written at each answer
)

// ErrVersion says that a device does not understand what it is asked.
var ErrVersion = errors.New("the device has another version of Croft: update both")

// errElsewhere ends an attempt at addresses where a device is not any more.
var errElsewhere = errors.New("the device was met at another address")

// attendTo asks a device how it is, again and again, until it is removed.
func (s *Service) attendTo(m *mine) {
	defer part(m.client, m.asking)
	for {
		s.ask(m)
		select {
		case <-m.ctx.Done():
			return
		case <-m.wake:
		case <-time.After(s.pause(m)):
		}
	}
}

// pause is how long a device is left alone.
func (s *Service) pause(m *mine) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case !m.online && time.Since(m.saved.Added) < justAdded:
		return min(askAgain<<min(m.failed, 10), askFast)
	case s.attentive > 0:
		return askFast
	case m.online:
		return askEvery
	}
	return min(askEvery<<min(m.failed, 10), askRarely)
}

func (s *Service) ask(m *mine) {
	ctx, cancel := context.WithTimeout(m.ctx, askMax)
	defer cancel()
	ctx, elsewhere := context.WithCancelCause(ctx)
	defer elsewhere(nil)
	s.mu.Lock()
	m.elsewhere = elsewhere
	s.mu.Unlock()
	a, err := askStatus(ctx, m.asking)
	if m.ctx.Err() != nil || err != nil && errors.Is(context.Cause(ctx), errElsewhere) {
		return
	}
	if s.note(m, a, err) {
		signal(s.changed)
	}
	if err == nil {
		s.saveGood(m)
	}
}

// answer is what a device said of itself.
type answer struct {
	status wire.Status
	rtt    time.Duration
}

func askStatus(ctx context.Context, c *http.Client) (a answer, err error) {
	var sent, came atomic.Int64 // nanoseconds; the hooks may be called after a failure
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		WroteHeaders:         func() { sent.Store(time.Now().UnixNano()) },
		GotFirstResponseByte: func() { came.Store(time.Now().UnixNano()) },
	})
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, trust.Origin+wire.StatusPath, nil)
	if err != nil {
		return a, err
	}
	response, err := c.Do(r)
	if err != nil {
		return a, err
	}
	defer response.Body.Close()
	a.rtt = time.Duration(came.Load() - sent.Load())
	switch response.StatusCode {
	case http.StatusOK:
	case http.StatusNotFound:
		return a, ErrVersion
	default:
		return a, fmt.Errorf("the device answered %q; see what is wrong there", response.Status)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, statusMax))
	if err != nil {
		return a, err
	}
	if err := json.Unmarshal(body, &a.status); err != nil {
		return a, fmt.Errorf("%w (%w)", ErrVersion, err)
	}
	return a, nil
}

// note takes over an answer, or that there was none. It reports whether anything is different now.
func (s *Service) note(m *mine, a answer, err error) (changed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	was := m.device()
	m.asked = time.Now()
	close(m.answer)
	m.answer = make(chan struct{})
	if m.online, m.problem = err == nil, err; err != nil {
		m.failed++
		m.rtt = 0
		return was.Online || was.Problem == nil || was.Problem.Error() != explain(err).Error()
	}
	m.failed, m.seen, m.status, m.rtt = 0, m.asked, a.status, a.rtt
	return !was.Online || !reflect.DeepEqual(was.Status, m.status)
}

// reached notes where a device let us in.
func (s *Service) reached(m *mine, at net.Addr) {
	tcp, ok := at.(*net.TCPAddr)
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	m.good = netip.AddrPortFrom(tcp.AddrPort().Addr().Unmap(), tcp.AddrPort().Port())
}

// saveGood saves where and when a device was reached, when that is news.
func (s *Service) saveGood(m *mine) {
	s.mu.Lock()
	old, good := m.saved, m.good
	s.mu.Unlock()
	known := len(old.Addresses) > 0 && old.Addresses[0] == good.String()
	if known && time.Since(old.Seen) < saveSeenMin || !good.IsValid() {
		return
	}
	if s.store.SawDevice(m.ctx, old.ID, []string{good.String()}, time.Now()) == nil {
		_ = s.load(m.ctx) // what could not be read now is at the next tick
	}
}

// saveSeen saves when each device was last seen.
func (s *Service) saveSeen(ctx context.Context) (err error) {
	if s.quiet {
		return nil
	}
	for _, d := range s.List() {
		if d.Seen.IsZero() {
			continue
		}
		if saved := s.store.SawDevice(ctx, d.ID, nil, d.Seen); !errors.Is(saved, ErrNotFound) {
			err = errors.Join(err, saved)
		}
	}
	return err
}

// heard notes that a device called. One that was not online is asked at once.
func (s *Service) heard(id identity.ID, from string) {
	at, err := netip.ParseAddrPort(from)
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.mine[id]
	if m == nil || err != nil {
		return
	}
	m.called, m.seen = at.Addr().Unmap(), time.Now()
	if !m.online && time.Since(m.asked) > freshFor {
		signal(m.wake)
	}
}

// doubt asks a device that seems to be online how it is, after a request to it failed.
func (s *Service) doubt(m *mine) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m.online {
		signal(m.wake)
	}
}

// askNow returns when a device has been asked, or ctx ends.
func (s *Service) askNow(ctx context.Context, m *mine) {
	s.mu.Lock()
	answered := m.answer
	s.mu.Unlock()
	signal(m.wake)
	select {
	case <-answered:
	case <-m.ctx.Done():
	case <-ctx.Done():
	}
}

// Refresh asks all devices that have not just been asked how they are, and returns when all have said so, or after a second:
// before a reply is placed.
func (s *Service) Refresh(ctx context.Context) []Device {
	ctx, cancel := context.WithTimeout(ctx, refreshMax)
	defer cancel()
	for _, answered := range s.wakeAll() {
		select {
		case <-answered:
		case <-ctx.Done():
		}
	}
	return s.List()
}

func (s *Service) wakeAll() (answered []<-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.mine {
		if time.Since(m.asked) >= freshFor {
			signal(m.wake)
			answered = append(answered, m.answer)
		}
	}
	return answered
}
