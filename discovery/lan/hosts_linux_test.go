package lan

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"
)

// followMax is how soon a change of addresses is followed, and cutMax how soon a
// connection that went astray is cut, with two seconds to do it.
const (
	followMax = nodePoll + 2*time.Second
	cutMax    = pollsAstrayMax*nodePoll + 2*time.Second
)

// within fails when cond does not hold in time.
func within(t *testing.T, limit time.Duration, what string, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(limit); !cond(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within %v: %s", limit, what)
		}
	}
}

func (h *host) listensOn(want ...string) bool {
	return slices.Equal(h.works("addrs").Addrs, want)
}

// twoAtHome are two hosts on one switch, a and b, with b listening.
func twoAtHome(l *lab) (hub, a, b *host) {
	hub, a, b = l.host("hub"), l.host("a"), l.host("b")
	hub.bridge("br0")
	a.cable("eth0", hub, "br0", "192.168.77.1/24", "fd77::1/64")
	b.cable("eth0", hub, "br0", "192.168.77.2/24", "fd77::2/64")
	b.works("listen")
	within(l.t, followMax, "b listens on both addresses", func() bool {
		return b.listensOn("192.168.77.2:4242", "[fd77::2]:4242")
	})
	return hub, a, b
}

func TestHostsOnOneNetwork(t *testing.T) {
	l := newLab(t)
	_, a, b := twoAtHome(l)
	a.works("dial 192.168.77.2:4242")
	a.works("dial [fd77::2]:4242")
	b.works("dial 192.168.77.2:4242") // itself
	for _, h := range []*host{a, b} {
		for _, e := range h.works("ledger").Entries {
			if e.BytesIn != 1000 || e.BytesOut != 1000 || e.Outcome != Done {
				t.Errorf("%s recorded %+v", h.ns, e)
			}
		}
	}
	if n := len(a.works("ledger").Entries); n != 2 {
		t.Errorf("a recorded %d connections, want 2", n)
	}
}

// farAway adds a router at .254 and a host behind it, with routes to and fro.
func farAway(l *lab, hub, a, b *host) (far *host) {
	router, far := l.host("router"), l.host("far")
	router.bridge("br1")
	router.forward()
	router.address("br1", "10.9.0.1/24")
	router.address("br1", "fd99::1/64")
	router.address("br1", "8.8.8.1/24")
	router.address("br1", "2620:fe::1/64")
	router.cable("eth0", hub, "br0", "192.168.77.254/24", "fd77::fe/64")
	far.cable("eth0", router, "br1", "10.9.0.2/24", "fd99::2/64", "8.8.8.8/24", "2620:fe::fe/64")
	for _, h := range []*host{a, b} {
		h.ip("route", "add", "default", "via", "192.168.77.254")
		h.ip("-6", "route", "add", "default", "via", "fd77::fe")
	}
	far.ip("route", "add", "default", "via", "10.9.0.1")
	far.ip("-6", "route", "add", "default", "via", "fd99::1")
	return far
}

var farAddresses = []string{"10.9.0.2", "fd99::2", "8.8.8.8", "2620:fe::fe"}

func at4242(a string) string { return netip.AddrPortFrom(netip.MustParseAddr(a), 4242).String() }

func TestNotOnePacketGoesToOtherNetworks(t *testing.T) {
	l := newLab(t)
	hub, a, b := twoAtHome(l)
	far := farAway(l, hub, a, b)
	far.works("plainlisten :4242")
	for to, why := range map[string]error{"10.9.0.2": ErrOffLink, "fd99::2": ErrOffLink, "8.8.8.8": ErrPublic, "2620:fe::fe": ErrPublic} {
		a.refused("dial "+at4242(to), why)
	}
	sent := a.works("sent").Sent
	for _, to := range farAddresses {
		if sent[to] > 0 {
			t.Errorf("%d packets to %s", sent[to], to)
		}
	}
	// The same without the rule arrives and is counted, so the counting works.
	for _, to := range farAddresses {
		a.works("plain " + at4242(to))
	}
	sent = a.works("sent").Sent
	for _, to := range farAddresses {
		if sent[to] == 0 {
			t.Errorf("no packets to %s were counted, though they were sent", to)
		}
	}
}

func TestCallersFromOtherNetworksAreNotLetIn(t *testing.T) {
	l := newLab(t)
	hub, a, b := twoAtHome(l)
	far := farAway(l, hub, a, b)
	far.fails("plain 192.168.77.2:4242")
	far.fails("plain [fd77::2]:4242")
	for _, e := range b.works("ledger").Entries {
		if !strings.HasPrefix(e.Outcome, "refused: ") || e.BytesIn+e.BytesOut > 0 {
			t.Errorf("recorded %+v", e)
		}
	}
	// Over IPv4 the kernel does not even answer. Over IPv6 it does, and then resets.
	if n := b.works("sent").Sent["10.9.0.2"]; n > 0 {
		t.Errorf("b sent %d packets to the caller", n)
	}
	a.works("dial 192.168.77.2:4242")
	// A listener without the rule can be called, so the routes are right.
	a.works("plainlisten :4243")
	far.works("plain 192.168.77.1:4243")
	far.works("plain [fd77::1]:4243")
	if a.works("sent").Sent["10.9.0.2"] == 0 {
		t.Error("no packets to the caller were counted, though they were sent")
	}
}

// The network around an address may be wide and part of it behind a router. The
// rule lets that pass; the kernel is told to use no router.
func TestNoRouterIsUsedInsideAWideNetwork(t *testing.T) {
	l := newLab(t)
	hub, a, b := twoAtHome(l)
	far := farAway(l, hub, a, b)
	far.works("plainlisten :4242")
	a.address("eth0", "10.1.0.1/8")
	a.ip("route", "add", "10.9.0.0/24", "via", "192.168.77.254")
	a.works("plain 10.9.0.2:4242")
	before := a.works("sent").Sent["10.9.0.2"]
	if a.fails("dial 10.9.0.2:4242").Refused {
		t.Error("the rule does not let it pass: the test shows nothing")
	}
	if after := a.works("sent").Sent["10.9.0.2"]; after != before || before == 0 {
		t.Errorf("%d packets went to the router, %d before", after, before)
	}
}

func TestAddressChange(t *testing.T) {
	l := newLab(t)
	_, a, b := twoAtHome(l)
	a.works("hold 192.168.77.2:4242")
	b.ip("addr", "del", "192.168.77.2/24", "dev", "eth0")
	b.address("eth0", "192.168.88.2/24")
	within(t, followMax, "b listens on the new address", func() bool {
		return b.listensOn("192.168.88.2:4242", "[fd77::2]:4242")
	})
	a.refused("dial 192.168.88.2:4242", ErrOffLink)
	a.works("dial [fd77::2]:4242")
	within(t, cutMax, "the old connection is cut", func() bool {
		return slices.ContainsFunc(b.works("ledger").Entries, func(e Entry) bool {
			return e.Outcome == "cut: "+ErrOffLink.Error() && e.Address.Addr().String() == "192.168.77.1"
		})
	})
	a.ip("addr", "del", "192.168.77.1/24", "dev", "eth0")
	a.address("eth0", "192.168.88.1/24")
	a.works("dial 192.168.88.2:4242")
}

func TestInterfaceDownAndUp(t *testing.T) {
	l := newLab(t)
	hub, a, b := twoAtHome(l)
	for name, pull := range map[string][2][]string{
		"interface": {{"-n", b.ns, "link", "set", "eth0", "down"}, {"-n", b.ns, "link", "set", "eth0", "up"}},
		"cable":     {{"-n", hub.ns, "link", "set", "port2", "down"}, {"-n", hub.ns, "link", "set", "port2", "up"}},
	} {
		l.ip(pull[0]...)
		within(t, followMax, name+" down: b listens nowhere", func() bool { return b.listensOn() })
		b.refused("dial 192.168.77.1:4242", ErrOffLink)
		l.ip(pull[1]...)
		within(t, followMax, name+" up: b listens again", func() bool {
			return slices.Contains(b.works("addrs").Addrs, "192.168.77.2:4242")
		})
		a.works("dial 192.168.77.2:4242")
	}
}

func TestNetworkThatComesLate(t *testing.T) {
	l := newLab(t)
	hub, a, b := l.host("hub"), l.host("a"), l.host("b")
	hub.bridge("br0")
	a.cable("eth0", hub, "br0", "192.168.77.1/24")
	b.works("listen")
	a.refused("dial 10.0.0.1:4242", ErrOffLink)
	b.refused("dial 192.168.77.1:4242", ErrOffLink)
	b.cable("eth0", hub, "br0", "192.168.77.2/24")
	within(t, followMax, "b listens", func() bool { return b.listensOn("192.168.77.2:4242") })
	a.works("dial 192.168.77.2:4242")
}

func TestContainersAsASecondNetwork(t *testing.T) {
	l := newLab(t)
	_, a, b := twoAtHome(l)
	b.bridge("docker0")
	b.address("docker0", "172.17.0.1/16")
	b.forward()
	container := l.host("c")
	container.cable("eth0", b, "docker0", "172.17.0.2/16")
	container.ip("route", "add", "default", "via", "172.17.0.1")
	a.ip("route", "add", "172.17.0.0/16", "via", "192.168.77.2")
	container.works("plainlisten :4243")
	within(t, followMax, "b listens there too", func() bool {
		return slices.Contains(b.works("addrs").Addrs, "172.17.0.1:4242")
	})
	a.works("dial 192.168.77.2:4242")
	a.works("plain 172.17.0.2:4243") // reachable through b, but not on a's network
	a.refused("dial 172.17.0.2:4243", ErrOffLink)
	b.works("dial 172.17.0.2:4243")
	container.works("dial 172.17.0.1:4242")
	container.refused("dial 192.168.77.2:4242", ErrOffLink)
}

// Wi-Fi and cable in the same network: the system chooses by which to go.
func TestTwoInterfacesOnOneNetwork(t *testing.T) {
	l := newLab(t)
	hub, a, b := twoAtHome(l)
	a.cable("wlan0", hub, "br0", "192.168.77.11/24", "fd77::11/64")
	b.cable("wlan0", hub, "br0", "192.168.77.12/24", "fd77::12/64")
	within(t, followMax, "b listens on four addresses", func() bool { return len(b.works("addrs").Addrs) == 4 })
	for _, to := range b.works("addrs").Addrs {
		a.works("dial " + to)
	}
	a.ip("link", "set", "eth0", "down")
	for _, to := range b.works("addrs").Addrs {
		a.works("dial " + to)
	}
}

// A VPN that routes the home network into its tunnel gets no packet of ours.
func TestVPNThatTakesOverTheNetwork(t *testing.T) {
	l := newLab(t)
	_, a, _ := twoAtHome(l)
	a.works("tun tun0")
	a.address("tun0", "10.8.0.2/8")
	a.ip("link", "set", "tun0", "up")
	a.works("dial 192.168.77.2:4242")
	a.ip("route", "add", "192.168.77.2/32", "dev", "tun0")
	before := a.works("sent").Sent["192.168.77.2"]
	a.refused("dial 192.168.77.2:4242", ErrVPN)
	a.refused("dial 10.0.0.9:4242", ErrVPN)
	sent := a.works("sent").Sent
	if sent["192.168.77.2"] != before || sent["10.0.0.9"] > 0 {
		t.Errorf("packets went into the tunnel: %v", sent)
	}
	a.fails("plain 192.168.77.2:4242")
	if a.works("sent").Sent["192.168.77.2"] == before {
		t.Error("no packets into the tunnel were counted, though they were sent")
	}
	a.works("vpn on")
	if a.fails("dial 10.0.0.9:4242").Refused {
		t.Error("the owner's VPN is still refused")
	}
	if a.works("sent").Sent["10.0.0.9"] == 0 {
		t.Error("nothing went into the owner's VPN")
	}
}

// A machine that sends everything to nowhere, so that the packets of any attempt
// can be counted.
func TestPublicAddressesGetNoPacket(t *testing.T) {
	l := newLab(t)
	h := l.host("alone")
	h.ip("route", "add", "default", "dev", "lo")
	// For IPv6 a default route to the loopback is one that rejects.
	h.ip("link", "add", "eth0", "type", "veth", "peer", "name", "eth1")
	h.address("eth0", "fd55::1/64")
	h.ip("link", "set", "eth0", "arp", "off", "up")
	h.ip("link", "set", "eth1", "up")
	h.ip("-6", "route", "add", "default", "dev", "eth0")
	public := []string{"1.1.1.1", "8.8.8.8", "169.254.169.254", "100.64.0.1", "192.168.1.1", "2606:4700::1111", "64:ff9b::1"}
	for _, to := range public {
		if !h.fails("dial " + at4242(to)).Refused {
			t.Errorf("%s failed, but not by the rule", to)
		}
	}
	sent := h.works("sent").Sent
	for _, to := range public {
		if sent[to] > 0 {
			t.Errorf("%d packets were sent to %s", sent[to], to)
		}
	}
	for _, to := range public {
		h.ask("plain " + at4242(to))
	}
	sent = h.works("sent").Sent
	for _, to := range public {
		if sent[to] == 0 {
			t.Errorf("no packets to %s were counted, though they were sent: %v", to, sent)
		}
	}
}
