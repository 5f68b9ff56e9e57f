package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// lab is a switch with hosts around it.
type lab struct {
	t      *testing.T
	prefix string
	hub    *host
	ports  int
}

var labs atomic.Int32

// newLab needs root, for network namespaces.
func newLab(t *testing.T) *lab {
	t.Helper()
	if testing.Short() {
		t.Skip("real hosts take seconds")
	}
	if os.Geteuid() != 0 {
		t.Skip("network namespaces need root")
	}
	if _, err := exec.LookPath("ip"); err != nil {
		t.Skip("network namespaces need iproute2")
	}
	l := &lab{t: t, prefix: fmt.Sprintf("crofte2e%d-%d-", os.Getpid(), labs.Add(1))}
	l.hub = l.namespace("hub")
	l.hub.ip("link", "add", "br0", "type", "bridge", "mcast_snooping", "0")
	l.hub.address("br0", gateway+"/24")
	l.hub.ip("link", "set", "br0", "up")
	return l
}

// gateway is the switch's own address, through which hosts send what is for elsewhere.
const gateway = "192.168.77.254"

// host is one computer: a network namespace with a home folder.
type host struct {
	lab  *lab
	name string
	ns   string
	home string
}

func (l *lab) namespace(name string) *host {
	l.t.Helper()
	h := &host{lab: l, name: name, ns: l.prefix + name, home: filepath.Join(l.t.TempDir(), name)}
	l.run("ip", "netns", "add", h.ns)
	l.t.Cleanup(func() { l.run("ip", "netns", "del", h.ns) })
	// Addresses are used at once, without a look for doubles.
	h.lab.run("ip", "netns", "exec", h.ns, "sh", "-ec", "echo 0 > /proc/sys/net/ipv6/conf/default/dad_transmits; echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad")
	h.ip("link", "set", "lo", "up")
	return h
}

// host adds a computer whose eth0 has the addresses, with a route to elsewhere through the switch.
func (l *lab) host(name string, addresses ...string) *host {
	l.t.Helper()
	h := l.namespace(name)
	h.cable("eth0", addresses...)
	h.ip("route", "add", "default", "via", gateway)
	return h
}

// cable joins dev of h to the switch.
func (h *host) cable(dev string, addresses ...string) {
	h.lab.t.Helper()
	h.lab.ports++
	port := fmt.Sprintf("port%d", h.lab.ports)
	h.lab.hub.ip("link", "add", port, "type", "veth", "peer", "name", dev, "netns", h.ns)
	h.lab.hub.ip("link", "set", port, "master", "br0", "up")
	for _, a := range addresses {
		h.address(dev, a)
	}
	h.ip("link", "set", dev, "up")
}

func (h *host) address(dev, a string) {
	h.lab.t.Helper()
	args := []string{"addr", "add", a, "dev", dev}
	if strings.Contains(a, ":") {
		args = append(args, "nodad")
	}
	h.ip(args...)
}

func (h *host) ip(args ...string) {
	h.lab.t.Helper()
	h.lab.run(append([]string{"ip", "-n", h.ns}, args...)...)
}

// loses has percent of the packets that reach eth0, and of those that leave it, get lost.
func (h *host) loses(percent uint64) {
	h.lab.t.Helper()
	h.run("tc", "qdisc", "add", "dev", "eth0", "clsact")
	// A random number, for each packet: at or above the limit it passes (0), below it is dropped (2). The kernel's own
	// module for this, netem, is often left out.
	const random = 1<<32 - 0x1000 + 56 // SKF_AD_OFF + SKF_AD_RANDOM of linux/filter.h
	program := fmt.Sprintf("4,32 0 0 %d,53 1 0 %d,6 0 0 2,6 0 0 0", uint32(random), percent<<32/100)
	for _, way := range []string{"ingress", "egress"} {
		command := append(h.inside(), "tc", "filter", "add", "dev", "eth0", way, "bpf", "direct-action", "bytecode", program)
		if out, err := exec.Command(command[0], command[1:]...).CombinedOutput(); err != nil {
			h.lab.t.Skipf("this kernel loses no packets on purpose, for lack of CONFIG_NET_CLS_BPF: %v: %s", err, out)
		}
	}
}

var droppedShown = regexp.MustCompile(`clsact [^q]*dropped (\d+)`)

// lost is how many packets got lost since loses.
func (h *host) lost() int {
	h.lab.t.Helper()
	shown := h.prints("tc", "-s", "qdisc", "show", "dev", "eth0")
	found := droppedShown.FindStringSubmatch(shown)
	if found == nil {
		h.lab.t.Fatalf("no count of lost packets in %q", shown)
	}
	n, err := strconv.Atoi(found[1])
	if err != nil {
		h.lab.t.Fatal(err)
	}
	return n
}

// run runs a command of the system on the host.
func (h *host) run(command ...string) {
	h.lab.t.Helper()
	h.lab.run(append(h.inside(), command...)...)
}

// prints is what a command of the system says on the host.
func (h *host) prints(command ...string) string {
	h.lab.t.Helper()
	whole := append(h.inside(), command...)
	out, err := exec.Command(whole[0], whole[1:]...).Output()
	if err != nil {
		h.lab.t.Fatalf("%s: %v", strings.Join(command, " "), err)
	}
	return string(out)
}

// inside is what a command begins with that runs on the host, which has a name of its own.
func (h *host) inside() []string {
	script := "echo " + h.name + " > /proc/sys/kernel/hostname; exec \"$@\""
	return []string{"ip", "netns", "exec", h.ns, "unshare", "--uts", "sh", "-ec", script, "sh"}
}

func (l *lab) run(command ...string) {
	l.t.Helper()
	if out, err := exec.Command(command[0], command[1:]...).CombinedOutput(); err != nil {
		l.t.Fatalf("%s: %v: %s", strings.Join(command, " "), err, out)
	}
}

// within fails when cond does not hold in time; otherwise it says how long that took.
func within(t *testing.T, limit time.Duration, what string, cond func() bool) time.Duration {
	t.Helper()
	for began := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		if cond() {
			return time.Since(began)
		}
		if time.Since(began) > limit {
			t.Fatalf("not within %v: %s", limit, what)
		}
	}
}
