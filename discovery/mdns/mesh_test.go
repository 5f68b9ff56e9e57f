package mdns

import (
	"strings"
	"testing"
	"time"
)

func TestFoundWhereItIs(t *testing.T) {
	l := newLab(t)
	l.plug("a", "10.77.0.1/24", "fd77::1/64")
	l.plug("b", "10.77.0.2/24", "fd77::2/64")
	a := l.run("a", "announce")
	time.Sleep(5 * time.Second) // it has said that it is there, and is quiet
	b := l.run("b", "browse")
	t.Logf("found after %v", b.wait(soon, "sighting", sees("10.77.0.1 fd77::1")))
	a.closes()
	b.closes()
}

func TestFoundWhenItComes(t *testing.T) {
	l := newLab(t)
	l.plug("a", "10.77.0.1/24")
	l.plug("b", "10.77.0.2/24")
	b := l.run("b", "browse")
	b.tell("fast")
	time.Sleep(5 * time.Second)
	a := l.run("a", "announce")
	t.Logf("found after %v", b.wait(soon, "sighting", sees("10.77.0.1")))
	a.tell("pairing on")
	t.Logf("pairing after %v", b.wait(soon, "pairing", sees("10.77.0.1 p")))
	a.tell("pairing off")
	b.wait(soon, "end of pairing", sees("10.77.0.1"))
}

func TestGoneAfterGoodbyeAndAfterKill(t *testing.T) {
	l := newLab(t)
	l.plug("a", "10.77.0.1/24")
	l.plug("b", "10.77.0.2/24")
	l.plug("c", "10.77.0.3/24")
	c := l.run("c", "browse", "CROFT_MDNS_QUICK=1")
	a := l.run("a", "announce")
	c.wait(soon, "sighting", sees("10.77.0.1"))
	a.closes()
	c.wait(20*time.Second, "end", sees())
	b := l.run("b", "announce")
	c.wait(soon, "sighting", sees("10.77.0.2"))
	b.kill()
	c.wait(20*time.Second, "end", sees())
	c.closes()
}

func TestInterfaceComesLate(t *testing.T) {
	l := newLab(t)
	l.plug("a")
	l.plug("b", "10.77.0.2/24")
	l.ip("a", "link set eth0 down")
	a := l.run("a", "announce")
	b := l.run("b", "browse", "CROFT_MDNS_QUICK=1")
	time.Sleep(2 * time.Second)
	if got := a.ask("state"); got.Err != ErrNoNetwork.Error() {
		t.Errorf("without a network it says %q", got.Err)
	}
	l.ip("a", "link set eth0 up")
	l.address("a", "add", "10.77.0.1/24")
	t.Logf("found after %v", b.wait(soon, "sighting", sees("10.77.0.1")))

	l.ip("b", "link set eth0 down") // and the one that looks
	b.wait(20*time.Second, "end", sees())
	if got := b.ask("state"); got.Err != ErrNoNetwork.Error() {
		t.Errorf("without a network it says %q", got.Err)
	}
	l.ip("b", "link set eth0 up")
	b.wait(soon, "sighting", sees("10.77.0.1"))
	a.closes()
	b.closes()
}

func TestAddressChanges(t *testing.T) {
	l := newLab(t)
	l.plug("a", "10.77.0.1/24")
	l.plug("b", "10.77.0.2/24")
	a := l.run("a", "announce")
	b := l.run("b", "browse", "CROFT_MDNS_QUICK=1")
	b.wait(soon, "sighting", sees("10.77.0.1"))
	l.address("a", "del", "10.77.0.1/24")
	l.address("a", "add", "10.77.0.9/24")
	b.wait(soon, "new address", sees("10.77.0.1 10.77.0.9"))
	b.wait(20*time.Second, "end of the old address", sees("10.77.0.9"))
	a.closes()
}

func TestTwoInterfaces(t *testing.T) {
	l := newLab(t)
	l.plug("a", "10.77.0.1/24")
	l.plug("b", "10.77.0.2/24")
	l.ip("a", "link add docker0 type bridge")
	l.ip("a", "addr add 172.17.0.1/16 dev docker0")
	l.ip("a", "link set docker0 up")
	l.run("a", "announce")
	b := l.run("b", "browse")
	b.wait(soon, "sighting", sees("10.77.0.1"))
}

// The bridge passes everything but what is sent to many, as some access points do.
func TestMulticastBlocked(t *testing.T) {
	l := newLab(t)
	l.plug("a", "10.77.0.1/24", "fd77::1/64")
	l.plug("b", "10.77.0.2/24", "fd77::2/64")
	l.ip("switch", "link set pa type bridge_slave mcast_flood off")
	l.ip("switch", "link set pb type bridge_slave mcast_flood off")
	a := l.run("a", "announce")
	b := l.run("b", "browse", "CROFT_MDNS_QUICK=1")
	time.Sleep(8 * time.Second)
	if got := b.ask("state"); len(got.Sightings) != 0 || got.Err != "" {
		t.Errorf("where multicast is blocked it sees %+v", got)
	}
	for _, h := range []*running{a, b} {
		if n := strings.Count(h.complaints(), "\n"); n > 2 {
			t.Errorf("%s wrote %d lines:\n%s", h.name, n, h.complaints())
		}
	}
	l.ip("switch", "link set pa type bridge_slave mcast_flood on") // nothing else was in the way
	l.ip("switch", "link set pb type bridge_slave mcast_flood on")
	b.wait(soon, "sighting", sees("10.77.0.1 fd77::1"))
	a.closes()
	b.closes()
}

func TestWithoutIPv6(t *testing.T) {
	l := newLab(t)
	l.plug("a", "10.77.0.1/24")
	l.plug("b", "10.77.0.2/24")
	l.sysctl("a", "net/ipv6/conf/all/disable_ipv6", "1")
	l.sysctl("b", "net/ipv6/conf/all/disable_ipv6", "1")
	a := l.run("a", "announce")
	b := l.run("b", "browse", "CROFT_MDNS_QUICK=1")
	b.wait(soon, "sighting", sees("10.77.0.1"))
	time.Sleep(5 * time.Second) // rounds enough for a leak to show
	a.closes()
	b.closes()
}

func TestFloodOnTheWire(t *testing.T) {
	l := newLab(t)
	l.plug("a", "10.77.0.1/24")
	l.plug("b", "10.77.0.2/24")
	l.plug("c", "10.77.0.3/24")
	l.plug("d", "10.77.0.254/24")
	l.ip("d", "route add 224.0.0.0/4 dev eth0")
	l.run("a", "announce")
	b := l.run("b", "browse", "CROFT_MDNS_QUICK=1")
	b.wait(soon, "sighting", sees("10.77.0.1"))
	real := b.last.Sightings[0].Instance
	d := l.run("d", "flood")
	d.tell("20,000 fakes")
	d.wait(time.Minute, "end of the flood", func(r report) bool { return r.Err == "<nil>" })
	got := b.ask("state")
	if len(got.Sightings) != instancesMax {
		t.Errorf("%d of 20,000 fakes are kept", len(got.Sightings))
	}
	if !got.sees(real) {
		t.Error("the flood displaced the device that was there before")
	}
	if got.HeapPeakBytes > 64<<20 {
		t.Errorf("the heap grew to %d MiB", got.HeapPeakBytes>>20)
	}
	t.Logf("heap at most %.1f MiB", float64(got.HeapPeakBytes)/(1<<20))
	l.run("c", "announce")
	b.wait(20*time.Second, "end of the fakes", seesBoth("10.77.0.1", "10.77.0.3"))
}

func (r report) sees(instance string) bool {
	for _, s := range r.Sightings {
		if s.Instance == instance {
			return true
		}
	}
	return false
}

// seesBoth wants two in any order: instances are random.
func seesBoth(one, other string) func(report) bool {
	return func(r report) bool { return sees(one, other)(r) || sees(other, one)(r) }
}
