package devices

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"croft/discovery/identity"
	"croft/discovery/mdns"
	"croft/storage"
)

func at(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }

// street is a Service that has met whom a test says, without a network.
func street(t *testing.T) (s *Service, mineID, me identity.ID) {
	t.Helper()
	open := func() *identity.Private {
		p, err := identity.Open(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	key, other := open(), open()
	s = &Service{me: key, mine: map[identity.ID]*mine{}, met: map[place]meeting{}}
	s.mine[other.ID()] = &mine{id: other.ID(), wake: make(chan struct{}, 1)}
	return s, other.ID(), key.ID()
}

func TestNearby(t *testing.T) {
	s, mineID, me := street(t)
	now := time.Now()
	sightings := []mdns.Sighting{
		{Instance: "mine", Addrs: []netip.AddrPort{at("192.168.1.2:47300")}, Seen: now},
		{Instance: "own", Addrs: []netip.AddrPort{at("192.168.1.1:47300")}, Seen: now},
		{Instance: "twin", Addrs: []netip.AddrPort{at("192.168.1.7:47300")}, Seen: now},
		{Instance: "stranger", Addrs: []netip.AddrPort{at("[fd00::3]:47300"), at("192.168.1.3:47300")}, Seen: now},
		{Instance: "adding", Addrs: []netip.AddrPort{at("[fd00::3]:47301"), at("192.168.1.3:47301")}, Pairing: true, Seen: now},
		{Instance: "silent", Addrs: []netip.AddrPort{at("192.168.1.4:47300")}, Seen: now},
		{Instance: "pending", Addrs: []netip.AddrPort{at("192.168.1.5:47300")}, Seen: now},
		{Instance: "quiet", Addrs: []netip.AddrPort{at("192.168.1.6:47300")}, Seen: now},
		{Instance: "nowhere", Pairing: true, Seen: now},
	}
	s.met[place{"mine", at("192.168.1.2:47300")}] = meeting{id: mineID}
	s.met[place{"twin", at("192.168.1.7:47300")}] = meeting{id: me}
	s.met[place{"stranger", at("[fd00::3]:47300")}] = meeting{id: identity.Of([]byte("s"))}
	s.met[place{"silent", at("192.168.1.4:47300")}] = meeting{err: identity.ErrNoDevice}
	s.met[place{"pending", at("192.168.1.5:47300")}] = meeting{pending: true}
	s.met[place{"quiet", at("192.168.1.6:47300")}] = meeting{id: identity.Of([]byte("q"))}
	own := []netip.Addr{netip.MustParseAddr("192.168.1.1")}
	want := []Nearby{
		{Address: at("192.168.1.3:47301"), Adding: true, Seen: now},
		{Address: at("192.168.1.6:47300"), Seen: now},
	}
	if got := s.nearby(sightings, own); !slices.Equal(got, want) {
		t.Errorf("nearby %+v, want %+v", got, want)
	}
	// A device of mine that answers is not shown because it adds a third one.
	s.mine[mineID].online, s.mine[mineID].good = true, at("192.168.1.3:47300")
	if got := s.nearby(sightings, own); !slices.Equal(got, want[1:]) {
		t.Errorf("nearby %+v, want %+v", got, want[1:])
	}
}

func TestUnmet(t *testing.T) {
	s, mineID, _ := street(t)
	sightings := []mdns.Sighting{
		{Instance: "new", Addrs: []netip.AddrPort{at("192.168.1.2:47300"), at("[fd00::2]:47300")}},
		{Instance: "adding", Addrs: []netip.AddrPort{at("192.168.1.2:47301")}, Pairing: true},
	}
	got := s.unmet(sightings)
	if len(got) != 2 || len(s.met) != 2 {
		t.Fatalf("to be met at %v", got)
	}
	if got := s.unmet(sightings); len(got) > 0 {
		t.Errorf("met again while it is going on: %v", got)
	}
	v4, v6 := place{"new", at("192.168.1.2:47300")}, place{"new", at("[fd00::2]:47300")}
	old := time.Now().Add(-strangerAgain - time.Second)
	for _, c := range []struct {
		v4, v6 meeting
		want   []place
	}{
		{meeting{id: mineID, when: old}, meeting{id: identity.Of(nil), when: time.Now()}, nil},
		{meeting{id: identity.Of(nil), when: old}, meeting{err: identity.ErrNoDevice, when: time.Now()}, []place{v4}},
		{meeting{id: identity.Of(nil), when: time.Now()}, meeting{err: identity.ErrNoDevice, when: time.Now().Add(-meetAgain)}, []place{v6}},
	} {
		s.met[v4], s.met[v6] = c.v4, c.v6
		if got := s.unmet(sightings); !slices.Equal(got, c.want) {
			t.Errorf("met before %+v and %+v: to be met at %v, want %v", c.v4, c.v6, got, c.want)
		}
	}
	s.unmet(nil)
	if len(s.met) > 0 {
		t.Errorf("still known: %v", s.met)
	}
}

func TestAddressesHaveTheLikeliestFirst(t *testing.T) {
	s, mineID, _ := street(t)
	m := s.mine[mineID]
	m.saved = storage.Device{Addresses: []string{"192.168.1.2:4000", "10.0.0.2:4000", "nonsense"}}
	m.called = netip.MustParseAddr("192.168.1.9")
	s.met[place{"a", at("10.0.0.2:4000")}] = meeting{id: mineID}
	s.met[place{"a", at("10.0.0.3:4001")}] = meeting{id: mineID}
	s.met[place{"b", at("10.0.0.4:4001")}] = meeting{id: identity.Of(nil)}
	s.met[place{"b", at("10.0.0.5:4001")}] = meeting{id: mineID, err: identity.ErrNoDevice}
	want := []netip.AddrPort{at("10.0.0.2:4000"), at("10.0.0.3:4001"), at("192.168.1.9:4000"), at("192.168.1.2:4000")}
	if got := s.addresses(m); !slices.Equal(got, want) {
		t.Errorf("addresses %v, want %v", got, want)
	}
	m.good = at("192.168.1.7:4002")
	want = []netip.AddrPort{at("10.0.0.2:4000"), at("10.0.0.3:4001"), at("192.168.1.9:4002"), at("192.168.1.7:4002"), at("192.168.1.2:4000")}
	if got := s.addresses(m); !slices.Equal(got, want) {
		t.Errorf("addresses %v, want %v", got, want)
	}
}
