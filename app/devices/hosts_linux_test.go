package devices

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"croft/app/lanapi/wire"
	"croft/storage"
)

// Real hosts: one network namespace each, joined by a bridge in another one. On each runs this test binary once more, as a
// node: it does what it reads, a line each, and answers in JSON.

const nodeVariable = "CROFT_DEVICES_NODE"

// nodeAnswer is what a node tells.
type nodeAnswer struct {
	Error     string   `json:",omitempty"`
	Code      string   `json:",omitempty"`
	Addresses []string `json:",omitempty"`
	Nearby    []Nearby `json:",omitempty"`
	Online    []string `json:",omitempty"` // names
	Findings  []Cause  `json:",omitempty"`
}

type node struct {
	s      *Service
	adding *Adding
}

func runNode(dir string) error {
	ctx := context.Background()
	store, err := storage.Open(ctx, dir)
	if err != nil {
		return err
	}
	name, _, _ := strings.Cut(os.Getenv(nodeVariable), ",")
	s, err := New(ctx, Options{Dir: dir, Store: store, Name: name})
	if err != nil {
		return err
	}
	err = s.Serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		json.NewEncoder(w).Encode(wire.Status{Name: name})
	}))
	if err != nil {
		return err
	}
	n := &node{s: s}
	commands := bufio.NewScanner(os.Stdin)
	for commands.Scan() {
		var a nodeAnswer
		if err := n.do(ctx, strings.Fields(commands.Text()), &a); err != nil {
			a.Error = err.Error()
		}
		if err := json.NewEncoder(os.Stdout).Encode(a); err != nil {
			return err
		}
	}
	begin := time.Now()
	err = s.Close()
	if took := time.Since(begin); took > 2*time.Second {
		return fmt.Errorf("closing took %v", took)
	}
	return err
}

func (n *node) do(ctx context.Context, command []string, a *nodeAnswer) (err error) {
	switch command[0] {
	case "watch":
		n.s.Watch(func() {})
	case "nearby":
		a.Nearby = n.s.Nearby()
	case "list":
		for _, d := range n.s.List() {
			if d.Online {
				a.Online = append(a.Online, d.Name)
			}
		}
	case "diagnose":
		for _, f := range n.s.Diagnose(ctx) {
			a.Findings = append(a.Findings, f.Cause)
		}
	case "offer":
		if n.adding, err = n.s.Offer(ctx); err != nil {
			return err
		}
		a.Code = strings.ReplaceAll(n.adding.Code(), " ", "")
		for _, at := range n.adding.Addresses() {
			a.Addresses = append(a.Addresses, at.String())
		}
		go n.welcome(ctx)
	case "join": // CODE [ADDRESS]
		g, err := n.s.Join(ctx, strings.Join(command[2:], ""), command[1])
		if err != nil {
			return err
		}
		_, err = g.Accept(ctx, Rights{Answers: true})
		return err
	default:
		return fmt.Errorf("%q is no command", command)
	}
	return err
}

func (n *node) welcome(ctx context.Context) {
	if g, err := n.adding.Wait(ctx); err == nil {
		g.Accept(ctx, Rights{Answers: true})
	}
}

type lab struct {
	t      *testing.T
	prefix string
}

func newLab(t *testing.T) *lab {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("network namespaces need root")
	}
	if _, err := exec.LookPath("ip"); err != nil {
		t.Skip("network namespaces need iproute2")
	}
	t.Parallel()
	var id [4]byte
	rand.Read(id[:])
	l := &lab{t: t, prefix: "devs-" + hex.EncodeToString(id[:]) + "-"}
	if out, err := l.namespace("switch"); err != nil {
		t.Skipf("no network namespace can be made here: %s", out)
	}
	l.ip("switch", "link add br0 type bridge forward_delay 0 mcast_snooping 0")
	l.ip("switch", "link set br0 up")
	return l
}

func (l *lab) namespace(name string) ([]byte, error) {
	out, err := exec.Command("ip", "netns", "add", l.prefix+name).CombinedOutput()
	if err == nil {
		l.t.Cleanup(func() { exec.Command("ip", "netns", "del", l.prefix+name).Run() })
	}
	return out, err
}

// ip runs a command of iproute2 on a host.
func (l *lab) ip(host, command string) {
	l.t.Helper()
	out, err := exec.Command("ip", append([]string{"-n", l.prefix + host}, strings.Fields(command)...)...).CombinedOutput()
	if err != nil {
		l.t.Fatalf("ip %s on %s: %v\n%s", command, host, err, out)
	}
}

// host is a node on a host of its own.
type host struct {
	lab  *lab
	name string
	in   io.Writer
	out  *json.Decoder
}

func (l *lab) host(name, address string) *host {
	l.t.Helper()
	if out, err := l.namespace(name); err != nil {
		l.t.Fatalf("%v\n%s", err, out)
	}
	l.ip("switch", fmt.Sprintf("link add p%s type veth peer name eth0 netns %s", name, l.prefix+name))
	l.ip("switch", fmt.Sprintf("link set p%s master br0 up", name))
	l.ip(name, "addr add "+address+" dev eth0")
	l.ip(name, "link set eth0 up")
	return l.run(name)
}

func (l *lab) run(name string) *host {
	l.t.Helper()
	self, err := os.Executable()
	if err != nil {
		l.t.Fatal(err)
	}
	cmd := exec.Command("ip", "netns", "exec", l.prefix+name, self)
	cmd.Env = append(os.Environ(), nodeVariable+"="+name+","+l.t.TempDir())
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		l.t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		l.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			l.t.Errorf("%s: %v", name, err)
		}
	})
	return &host{l, name, in, json.NewDecoder(out)}
}

func (h *host) do(command string) (a nodeAnswer) {
	h.lab.t.Helper()
	fmt.Fprintln(h.in, command)
	if err := h.out.Decode(&a); err != nil {
		h.lab.t.Fatalf("%s: %s: %v", h.name, command, err)
	}
	if a.Error != "" {
		h.lab.t.Fatalf("%s: %s: %s", h.name, command, a.Error)
	}
	return a
}

// within fails when cond does not hold in time, and tells how long it took.
func within(t *testing.T, limit time.Duration, what string, cond func() bool) {
	t.Helper()
	begin := time.Now()
	for !cond() {
		if time.Since(begin) > limit {
			t.Fatalf("not within %v: %s", limit, what)
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Logf("%v: %s", time.Since(begin).Round(time.Millisecond), what)
}

func (h *host) sees(name string) func() bool {
	return func() bool { return slices.Contains(h.do("list").Online, name) }
}

func (h *host) finds(want Cause) {
	h.lab.t.Helper()
	if got := h.do("diagnose").Findings; !slices.Contains(got, want) {
		h.lab.t.Errorf("%s finds %q, want %q", h.name, got, want)
	}
}

func TestOnOneNetwork(t *testing.T) {
	l := newLab(t)
	a, b := l.host("a", "192.168.77.1/24"), l.host("b", "192.168.77.2/24")
	a.do("watch")
	within(t, 3*time.Second, "a sees a stranger", func() bool { return len(a.do("nearby").Nearby) == 1 })
	shown := b.do("offer")
	within(t, 4*time.Second, "a sees where a device can be added", func() bool {
		n := a.do("nearby").Nearby
		return len(n) == 1 && n[0].Adding && n[0].Address.String() == shown.Addresses[0]
	})
	a.do("join " + shown.Code) // without an address
	within(t, time.Second, "a reaches b", a.sees("b"))
	within(t, time.Second, "b reaches a", b.sees("a"))
	within(t, time.Second, "nobody else is nearby", func() bool { return len(a.do("nearby").Nearby) == 0 })
	if got := a.do("diagnose").Findings; len(got) > 0 {
		t.Errorf("all is well, and a finds %q", got)
	}

	l.ip("b", "addr flush dev eth0")
	l.ip("b", "addr add 192.168.77.9/24 dev eth0")
	within(t, 10*time.Second, "a notices that b is gone", func() bool { return !a.sees("b")() })
	within(t, 20*time.Second, "a reaches b at its new address", a.sees("b"))

	l.ip("b", "link set eth0 down")
	within(t, 10*time.Second, "a notices that b is off", func() bool { return !a.sees("b")() })
	a.finds(Asleep)
	l.ip("b", "link set eth0 up")
	within(t, 15*time.Second, "a reaches b again", a.sees("b"))

	l.ip("a", "addr flush dev eth0")
	a.finds(NoNetwork)
	l.ip("a", "addr add 10.20.0.1/24 dev eth0")
	within(t, 10*time.Second, "a notices that it is elsewhere", func() bool { return !a.sees("b")() })
	a.finds(OtherSubnet)
}

func TestWithoutMulticast(t *testing.T) {
	l := newLab(t)
	a, b := l.host("a", "192.168.77.1/24"), l.host("b", "192.168.77.2/24")
	l.ip("a", "link set eth0 multicast off")
	a.do("watch")
	shown := b.do("offer")
	a.do("join " + shown.Code + " 192.168.77.2")
	within(t, time.Second, "a reaches b", a.sees("b"))
	within(t, time.Second, "b reaches a", b.sees("a"))
	a.finds(NoMulticast)
}

// What a firewall does is done by routes here, which every kernel has: b hears and answers announcements, and whatever TCP
// it would answer vanishes. The scope is that of sockets which use no router.
func TestBehindAFirewall(t *testing.T) {
	l := newLab(t)
	a, b := l.host("a", "192.168.77.1/24"), l.host("b", "192.168.77.2/24")
	a.do("watch")
	a.do("join " + b.do("offer").Code + " 192.168.77.2")
	within(t, time.Second, "a reaches b", a.sees("b"))
	l.ip("b", "route add blackhole 192.168.77.1 scope link table 100")
	l.ip("b", "rule add ipproto tcp to 192.168.77.1 lookup 100 pref 1")
	within(t, 10*time.Second, "a notices that b is gone", func() bool { return !a.sees("b")() })
	a.finds(Firewall)
	l.ip("b", "rule del pref 1")
	within(t, 15*time.Second, "a reaches b again", a.sees("b"))
}
