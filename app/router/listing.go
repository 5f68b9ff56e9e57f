package router

import (
	"cmp"
	"context"
	"time"
)

// listing is what a server said last of its models, and what was measured of them.
type listing struct {
	models []listed
	at     time.Time // when it was asked
	rtt    time.Duration
	err    error              // why it did not say it the last time
	key    string             // that it was asked with
	kind   string             // which program it is, "" while that is not known
	asking chan struct{}      // closed when it has answered; nil when it is not being asked
	speeds map[string]float64 // model -> tokens a second
}

const (
	listedFor = 15 * time.Second        // a listing is believed
	listMax   = 1500 * time.Millisecond // to give one
	listWait  = 200 * time.Millisecond  // that a reply waits for a server that has given one before
	modelsMax = 200
)

func (r *Router) listingOfLocked(id string) *listing {
	l := r.listings[id]
	if l == nil {
		l = &listing{speeds: map[string]float64{}}
		r.listings[id] = l
	}
	return l
}

// askServers renews old listings, of all servers at once. It does not wait for long: what comes later is for the next reply.
func (r *Router) askServers(ctx context.Context, servers []Server) {
	most := time.Duration(0)
	var waits []chan struct{}
	for _, s := range servers {
		asking, isNew := r.askServer(ctx, s)
		if asking == nil {
			continue
		}
		waits = append(waits, asking)
		most = max(most, listWait)
		if isNew {
			most = listMax
		}
	}
	timer := time.NewTimer(most)
	defer timer.Stop()
	for _, asking := range waits {
		select {
		case <-asking:
		case <-timer.C:
			return
		case <-ctx.Done():
			return
		}
	}
}

// askServer starts to ask a server whose listing is old; nil when it is not.
func (r *Router) askServer(ctx context.Context, s Server) (asking chan struct{}, isNew bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	l := r.listingOfLocked(s.ID)
	isNew = l.at.IsZero() || l.key != s.Key
	if l.asking == nil && (isNew || time.Since(l.at) > listedFor) && !r.closed {
		l.asking, l.key = make(chan struct{}), s.Key
		r.asking.Go(func() { r.list(context.WithoutCancel(ctx), s, l) })
	}
	return l.asking, isNew
}

// list outlives the reply that asks for it, by listMax at most.
func (r *Router) list(ctx context.Context, s Server, l *listing) {
	ctx, cancel := context.WithTimeout(ctx, listMax)
	defer cancel()
	begun := time.Now()
	models, err := s.list(ctx)
	kind := kindOf(models)
	if kind != "" && s.Found != nil {
		s.Found(kind)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	close(l.asking)
	l.asking = nil
	l.at, l.err, l.rtt = time.Now(), err, time.Since(begun)
	if err == nil {
		l.models, l.kind = models, kind
	}
}

// placeOf is a server with what is known of it.
func (r *Router) placeOf(s Server) Place {
	r.mu.Lock()
	defer r.mu.Unlock()
	l := r.listingOfLocked(s.ID)
	p := Place{ID: s.ID, Name: cmp.Or(s.Name, s.Address), Kind: KindServer, Online: !l.at.IsZero() && l.err == nil, RTT: l.rtt}
	if l.err != nil && !gone(l.err) {
		p.Off, p.Refused = failed(p.Name, l.err), &refusedError{p.Name, l.err}
	}
	for _, m := range l.models {
		p.Models = append(p.Models, Model{
			ID: m.ID, Name: m.name(), SizeBytes: m.size(), ContextMax: m.contextMax(), TokensPerSecond: l.speeds[m.ID], Unusable: m.unusable(),
		})
	}
	return p
}

func (r *Router) kindOf(server string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.listingOfLocked(server).kind
}

func (r *Router) measured(server, model string, speed float64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.listingOfLocked(server).speeds[model] = speed
}
