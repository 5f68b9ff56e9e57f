package mdns

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"testing"
	"time"
)

var (
	start  = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	laptop = "0000000000000001"
	studio = "0000000000000002"
)

func all(netip.AddrPort) bool { return true }

func addrs(s ...string) (out []netip.AddrPort) {
	for _, a := range s {
		out = append(out, netip.MustParseAddrPort(a))
	}
	return out
}

// wantTable compares what is sighted with lines of instance, pairing, addresses.
func wantTable(t *testing.T, table *table, now time.Time, want ...string) {
	t.Helper()
	var got []string
	for _, s := range table.sightings(now) {
		got = append(got, fmt.Sprint(s.Instance, " ", s.Pairing, " ", s.Addrs))
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("sighted %q, want %q", got, want)
	}
}

func TestTableTellsChanges(t *testing.T) {
	table := newTable(all)
	one, two := addrs("10.0.0.1:7"), addrs("10.0.0.1:7", "[fd00::1]:7")
	for i, c := range []struct {
		instance string
		pairing  bool
		addrs    []netip.AddrPort
		changed  bool
	}{
		{laptop, false, nil, false}, // without an address it is not there
		{laptop, false, one, true},
		{laptop, false, one, false},
		{laptop, true, one, true},
		{laptop, true, two, true},
		{laptop, false, nil, false}, // nor does it change anything
		{studio, false, addrs("10.0.0.2:7"), true},
		{studio, false, addrs("10.0.0.2:8"), true},
	} {
		if got := table.hear(c.instance, c.pairing, c.addrs, start); got != c.changed {
			t.Errorf("step %d: changed is %v", i, got)
		}
	}
	wantTable(t, table, start,
		laptop+" true [10.0.0.1:7 [fd00::1]:7]", studio+" false [10.0.0.2:7 10.0.0.2:8]")
}

func TestTableExpiresByTime(t *testing.T) {
	table := newTable(all)
	table.hear(laptop, false, addrs("10.0.0.1:7", "10.0.0.2:7"), start)
	later := start.Add(time.Minute)
	table.hear(laptop, false, addrs("10.0.0.2:7"), later)
	wantTable(t, table, start.Add(lifetime-1), laptop+" false [10.0.0.1:7 10.0.0.2:7]")
	wantTable(t, table, start.Add(lifetime), laptop+" false [10.0.0.2:7]")
	if !table.expire(start.Add(lifetime)) || table.expire(start.Add(lifetime)) {
		t.Error("the first address is to expire once")
	}
	wantTable(t, table, later.Add(lifetime))
	if !table.expire(later.Add(lifetime)) || len(table.rows) != 0 {
		t.Error("an instance is kept without an address")
	}
}

func TestTableExpiresByRounds(t *testing.T) {
	table := newTable(all)
	table.hear(laptop, false, addrs("10.0.0.1:7"), start)
	table.endRound() // it was heard in this one
	for range roundsMissedMax - 1 {
		table.endRound()
		wantTable(t, table, start, laptop+" false [10.0.0.1:7]")
	}
	table.endRound()
	wantTable(t, table, start)
	if !table.expire(start) {
		t.Error("it did not expire")
	}
}

func TestTableBoundsAddresses(t *testing.T) {
	table := newTable(all)
	first := addrs("10.0.0.1:7", "10.0.0.2:7", "10.0.0.3:7", "10.0.0.4:7")
	table.hear(laptop, false, first, start)
	if table.hear(laptop, false, addrs("10.0.0.5:7"), start.Add(time.Second)) {
		t.Error("a fifth address was taken")
	}
	for range staleRoundsMissed {
		table.endRound()
		table.hear(laptop, false, first[1:], start.Add(2*time.Second))
	}
	if table.hear(laptop, false, addrs("10.0.0.5:7"), start.Add(time.Second)) {
		t.Error("an address that was heard two rounds ago was displaced")
	}
	table.endRound()
	if !table.hear(laptop, false, addrs("10.0.0.5:7", "10.0.0.6:7"), start.Add(3*time.Second)) {
		t.Error("a stale address was not displaced")
	}
	wantTable(t, table, start.Add(3*time.Second), laptop+" false [10.0.0.2:7 10.0.0.3:7 10.0.0.4:7 10.0.0.5:7]")
}

func TestTableTakesOnlyAllowedAddresses(t *testing.T) {
	table := newTable(func(a netip.AddrPort) bool { return a.Addr().Is6() })
	if table.hear(laptop, false, addrs("10.0.0.1:7"), start) {
		t.Error("a refused address makes a sighting")
	}
	table.hear(studio, false, addrs("10.0.0.1:7", "[fd00::1]:7"), start)
	wantTable(t, table, start, studio+" false [[fd00::1]:7]")
}

// flood hears n instances that do not exist.
func flood(table *table, seed uint64, n int, now time.Time) {
	r := rand.New(rand.NewPCG(seed, 0))
	for range n {
		a := netip.AddrFrom4([4]byte{10, byte(r.Uint32()), byte(r.Uint32()), byte(r.Uint32())})
		table.hear(fmt.Sprintf("%016x", r.Uint64()), true, []netip.AddrPort{netip.AddrPortFrom(a, 7)}, now)
	}
}

func has(table *table, instance string, now time.Time) bool {
	for _, s := range table.sightings(now) {
		if s.Instance == instance {
			return true
		}
	}
	return false
}

func TestTableUnderAFlood(t *testing.T) {
	const fakes = 20_000
	table, now := newTable(all), start
	table.hear(laptop, false, addrs("10.0.0.1:7"), now)
	for round := range uint64(20) { // the laptop is heard in every third of them, after the flood
		now = now.Add(15 * time.Second)
		flood(table, round, fakes/20, now)
		if round%3 == 2 {
			table.hear(laptop, false, addrs("10.0.0.1:7"), now)
		}
		table.endRound()
		table.expire(now)
		if n := len(table.sightings(now)); n != instancesMax || len(table.rows) != instancesMax {
			t.Fatalf("%d instances are kept, %d shown", len(table.rows), n)
		}
		if !has(table, laptop, now) {
			t.Fatalf("round %d displaced one that was there before", round)
		}
	}
	flood(table, 20, instancesMax, now)
	if table.hear(studio, false, addrs("10.0.0.2:7"), now) {
		t.Error("a newcomer displaced one that was heard in the last round")
	}
	for range staleRoundsMissed + 1 {
		table.endRound()
	}
	if !table.hear(studio, false, addrs("10.0.0.2:7"), now) || len(table.rows) != instancesMax {
		t.Error("a newcomer found no room after the flood")
	}
}

// One that repeats the name of another with addresses of its own, before the
// other is heard, in three rounds of four.
func TestTableKeepsTheAddressThatIsHeard(t *testing.T) {
	table, now := newTable(all), start
	table.hear(laptop, false, addrs("10.0.0.1:7"), now)
	for round := range 40 {
		table.endRound()
		now = now.Add(15 * time.Second)
		if round%4 == 3 {
			table.hear(laptop, false, addrs("10.0.0.1:7"), now)
		} else {
			var fake []netip.AddrPort
			for i := range answerAddressesMax {
				fake = append(fake, netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 9, byte(round), byte(i)}), 7))
			}
			table.hear(laptop, true, fake, now)
		}
		table.expire(now)
		s := table.sightings(now)
		if len(s) != 1 || len(s[0].Addrs) > addressesMax || s[0].Addrs[0] != addrs("10.0.0.1:7")[0] {
			t.Fatalf("round %d: sighted %v", round, s)
		}
	}
}

// Whatever is answered, the bounds hold and only what is allowed is shown.
func FuzzHear(f *testing.F) {
	f.Add(uint8(3), "0123456789abcdef", 7, "v=1", []byte{10, 0, 0, 1})
	f.Add(uint8(90), "\x00", -1, "", []byte{})
	f.Add(uint8(0), "fedcba9876543210", 65536, "p=1", []byte{0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1})
	f.Fuzz(func(t *testing.T, n uint8, instance string, port int, txt string, ip []byte) {
		b := newBrowser(Options{})
		for i := range int(n) {
			a := answer{instance: instance, port: port, text: []string{txt, "v=1"}, ips: []net.IP{ip, {10, 0, 0, n}}}
			if i > 0 {
				a.instance, a.text = fmt.Sprintf("%016x", i), []string{"v=1"}
			}
			b.hear(a)
			if i%7 == 0 {
				b.table.endRound()
			}
		}
		all := b.Sightings()
		if len(all) > instancesMax {
			t.Fatalf("%d instances", len(all))
		}
		for _, s := range all {
			if !isName(s.Instance) || len(s.Addrs) == 0 || len(s.Addrs) > addressesMax {
				t.Fatalf("sighted %+v", s)
			}
			for _, a := range s.Addrs {
				if !near(a.Addr()) || a.Addr().Is4In6() || a.Addr().Zone() != "" || int(a.Port()) != port {
					t.Fatalf("sighted %+v", s)
				}
			}
		}
	})
}
