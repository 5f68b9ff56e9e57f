package mdns

import (
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"
)

const (
	instancesMax       = 64
	addressesMax       = 4 // of one instance
	answerAddressesMax = 16
	lifetime           = 120 * time.Second
	roundsMissedMax    = 8
	staleRoundsMissed  = 3
)

// Sighting is somebody who says that it is a device of this kind. Nothing in it
// is verified.
type Sighting struct {
	Instance string // 16 hex digits, another after each start
	Addrs    []netip.AddrPort
	Pairing  bool // it says that a device can be added there
	Seen     time.Time
}

// table holds what was heard. An address lives for lifetime, or until
// roundsMissedMax rounds in a row were held without it; an instance lives as
// long as one of its addresses.
type table struct {
	rows    map[string]*row
	allowed func(netip.AddrPort) bool
	round   int // rounds that were held to their end
}

type row struct {
	pairing bool
	addrs   map[netip.AddrPort]mark
}

// mark is when something was last heard.
type mark struct {
	seen  time.Time
	round int
}

func newTable(allowed func(netip.AddrPort) bool) *table {
	return &table{rows: map[string]*row{}, allowed: allowed}
}

// missed is how many rounds were held since m.
func (t *table) missed(m mark) int { return max(0, t.round-m.round-1) }

func (t *table) alive(m mark, now time.Time) bool {
	return now.Sub(m.seen) < lifetime && t.missed(m) < roundsMissedMax
}

// stale means that something newer may take the place.
func (t *table) stale(m mark) bool { return t.missed(m) >= staleRoundsMissed }

// hear notes that instance was heard with addrs and reports whether that
// changes more than the time.
func (t *table) hear(instance string, pairing bool, addrs []netip.AddrPort, now time.Time) (changed bool) {
	r, victim := t.rows[instance], ""
	if r == nil {
		if victim = t.oldest(); len(t.rows) >= instancesMax && !t.stale(t.rows[victim].latest()) {
			return false
		}
		r = &row{addrs: map[netip.AddrPort]mark{}}
	}
	noted := false
	for _, a := range addrs {
		switch t.note(r, a, now) {
		case noteNew:
			noted, changed = true, true
		case noteAgain:
			noted = true
		}
	}
	if !noted {
		return false
	}
	if t.rows[instance] == nil {
		if len(t.rows) >= instancesMax {
			delete(t.rows, victim)
		}
		t.rows[instance] = r
	}
	changed = changed || r.pairing != pairing
	r.pairing = pairing
	return changed
}

type noteResult int

const (
	noteNot noteResult = iota
	noteAgain
	noteNew
)

// note keeps address a in r if it is there already or there is room.
func (t *table) note(r *row, a netip.AddrPort, now time.Time) noteResult {
	m := mark{seen: now, round: t.round}
	if _, again := r.addrs[a]; again {
		r.addrs[a] = m
		return noteAgain
	}
	full, oldest := len(r.addrs) >= addressesMax, r.oldest()
	if full && !t.stale(r.addrs[oldest]) || !t.allowed(a) {
		return noteNot
	}
	if full {
		delete(r.addrs, oldest)
	}
	r.addrs[a] = m
	return noteNew
}

// latest is when anything of r was last heard.
func (r *row) latest() mark {
	var latest mark
	for _, m := range r.addrs {
		if m.seen.After(latest.seen) {
			latest = m
		}
	}
	return latest
}

// oldest is the address that has not been heard for longest, the zero one if
// there is none.
func (r *row) oldest() netip.AddrPort {
	var oldest netip.AddrPort
	for a, m := range r.addrs {
		if !oldest.IsValid() || m.seen.Before(r.addrs[oldest].seen) {
			oldest = a
		}
	}
	return oldest
}

// oldest is the instance that has not been heard for longest, "" if there is none.
func (t *table) oldest() string {
	oldest := ""
	for name, r := range t.rows {
		if oldest == "" || r.latest().seen.Before(t.rows[oldest].latest().seen) {
			oldest = name
		}
	}
	return oldest
}

// endRound counts a round that was held to its end.
func (t *table) endRound() { t.round++ }

// expire forgets what has not been heard for too long and reports whether
// there was any.
func (t *table) expire(now time.Time) (changed bool) {
	for name, r := range t.rows {
		before := len(r.addrs)
		maps.DeleteFunc(r.addrs, func(_ netip.AddrPort, m mark) bool { return !t.alive(m, now) })
		changed = changed || len(r.addrs) != before
		if len(r.addrs) == 0 {
			delete(t.rows, name)
		}
	}
	return changed
}

// sightings are ordered by instance, their addresses with IPv4 first.
func (t *table) sightings(now time.Time) []Sighting {
	var all []Sighting
	for name, r := range t.rows {
		s := Sighting{Instance: name, Pairing: r.pairing, Seen: r.latest().seen}
		for a, m := range r.addrs {
			if t.alive(m, now) {
				s.Addrs = append(s.Addrs, a)
			}
		}
		if len(s.Addrs) > 0 {
			slices.SortFunc(s.Addrs, netip.AddrPort.Compare)
			all = append(all, s)
		}
	}
	slices.SortFunc(all, func(a, b Sighting) int { return strings.Compare(a.Instance, b.Instance) })
	return all
}
