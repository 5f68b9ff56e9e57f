package lan

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// The tests between hosts run this program once more in each host's network
// namespace, as a node: it does what it reads, a line each, and answers in JSON.

const (
	nodeVariable = "CROFT_LAN_NODE"
	nodePoll     = pollDefault / 6 // so that the tests take less long
)

func TestMain(m *testing.M) {
	if os.Getenv(nodeVariable) == "" {
		os.Exit(m.Run())
	}
	if err := runNode(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

type answer struct {
	Error   string         `json:",omitempty"`
	Refused bool           `json:",omitempty"` // by the rule
	Addrs   []string       `json:",omitempty"`
	Entries []Entry        `json:",omitempty"`
	Sent    map[string]int `json:",omitempty"` // IP packets that left, by where they went
}

type node struct {
	network *Network
	book    book
	l       *Listener
	sniffer sniffer
	kept    []io.Closer
}

func runNode() error {
	n := &node{}
	n.network = New(Options{Record: n.book.record, Poll: nodePoll})
	if err := n.sniffer.start(); err != nil {
		return err
	}
	commands := bufio.NewScanner(os.Stdin)
	for commands.Scan() {
		verb, rest, _ := strings.Cut(commands.Text(), " ")
		var a answer
		if err := n.do(verb, rest, &a); err != nil {
			a.Error = err.Error()
			_, a.Refused = err.(*AddressError)
		}
		if err := json.NewEncoder(os.Stdout).Encode(a); err != nil {
			return err
		}
	}
	return commands.Err()
}

func (n *node) do(verb, rest string, a *answer) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	switch verb {
	case "listen":
		n.l, err = n.network.Listen(context.Background(), 4242, "test")
		if err == nil {
			go echoAll(n.l)
		}
	case "addrs":
		for _, at := range n.l.Addrs() {
			a.Addrs = append(a.Addrs, at.String())
		}
	case "dial":
		var c *Conn
		if c, err = n.network.Dial(ctx, netip.MustParseAddrPort(rest), "test"); err == nil {
			err = greet(c)
		}
	case "plain": // without any rule
		var c net.Conn
		if c, err = new(net.Dialer).DialContext(ctx, "tcp", rest); err == nil {
			err = greet(c)
		}
	case "plainlisten":
		var l net.Listener
		if l, err = net.Listen("tcp", rest); err == nil {
			go echoAll(l)
		}
	case "hold": // a connection that stays
		_, err = n.network.Dial(ctx, netip.MustParseAddrPort(rest), "hold")
	case "vpn":
		n.network.SetVPN(rest == "on")
	case "tun":
		err = n.openTun(rest)
	case "ledger":
		a.Entries = n.book.all()
	case "sent":
		a.Sent = n.sniffer.sent()
	default:
		err = fmt.Errorf("cannot %q", verb)
	}
	return err
}

func greet(c net.Conn) error {
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(2 * time.Second)); err != nil {
		return err
	}
	if _, err := c.Write(make([]byte, 1000)); err != nil {
		return err
	}
	_, err := io.ReadFull(c, make([]byte, 1000))
	return err
}

func echoAll(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			_, _ = io.Copy(c, c)
		}()
	}
}

// openTun makes name a point-to-point interface with a carrier, as VPNs do.
func (n *node) openTun(name string) error {
	f, err := os.OpenFile("/dev/net/tun", os.O_RDWR, 0)
	if err != nil {
		return err
	}
	n.kept = append(n.kept, f)
	request, err := unix.NewIfreq(name)
	if err != nil {
		return err
	}
	request.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
	return unix.IoctlIfreq(int(f.Fd()), unix.TUNSETIFF, request)
}

// sniffer counts the IP packets that leave by any interface.
type sniffer struct {
	mu     sync.Mutex
	counts map[string]int
}

func (s *sniffer) start() error {
	s.counts = map[string]int{}
	all := uint16(unix.ETH_P_ALL)<<8 | unix.ETH_P_ALL>>8 // in network order
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM, int(all))
	if err != nil {
		return err
	}
	go func() {
		b := make([]byte, 2048)
		for {
			n, from, err := unix.Recvfrom(fd, b, 0)
			if err != nil {
				return
			}
			if at, ok := from.(*unix.SockaddrLinklayer); ok && at.Pkttype == unix.PACKET_OUTGOING {
				s.count(b[:n])
			}
		}
	}()
	return nil
}

func (s *sniffer) count(packet []byte) {
	var to netip.Addr
	switch {
	case len(packet) >= 20 && packet[0]>>4 == 4:
		to = netip.AddrFrom4([4]byte(packet[16:20]))
	case len(packet) >= 40 && packet[0]>>4 == 6:
		to = netip.AddrFrom16([16]byte(packet[24:40]))
	default:
		return // ARP
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counts[to.String()]++
}

func (s *sniffer) sent() map[string]int {
	time.Sleep(100 * time.Millisecond) // what was sent a moment ago is seen
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]int{}
	for to, n := range s.counts {
		out[to] = n
	}
	return out
}

// lab makes hosts out of network namespaces.
type lab struct {
	t      *testing.T
	prefix string
	ports  int
}

var labs struct {
	sync.Mutex
	count int
}

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
	t.Parallel()
	labs.Lock()
	defer labs.Unlock()
	labs.count++
	return &lab{t: t, prefix: fmt.Sprintf("croftlan%d-%d-", os.Getpid(), labs.count)}
}

func (l *lab) ip(args ...string) {
	l.t.Helper()
	if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
		l.t.Fatalf("ip %s: %v: %s", strings.Join(args, " "), err, out)
	}
}

// host is one of the lab's, with a node in it.
type host struct {
	lab      *lab
	ns       string
	mu       sync.Mutex
	commands io.WriteCloser
	answers  *json.Decoder
}

func (l *lab) host(name string) *host {
	l.t.Helper()
	h := &host{lab: l, ns: l.prefix + name}
	l.ip("netns", "add", h.ns)
	l.t.Cleanup(func() { l.ip("netns", "del", h.ns) })
	// Addresses are used at once, without a look for doubles.
	h.sh("echo 0 > /proc/sys/net/ipv6/conf/default/dad_transmits; echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad")
	h.ip("link", "set", "lo", "up")
	cmd := exec.Command("ip", "netns", "exec", h.ns, must(os.Executable()))
	cmd.Env = append(os.Environ(), nodeVariable+"=1")
	cmd.Stderr = os.Stderr
	h.commands = must(cmd.StdinPipe())
	h.answers = json.NewDecoder(must(cmd.StdoutPipe()))
	if err := cmd.Start(); err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() {
		h.commands.Close()
		if err := cmd.Wait(); err != nil {
			l.t.Errorf("the node in %s: %v", name, err)
		}
	})
	return h
}

func (h *host) ip(args ...string) {
	h.lab.t.Helper()
	h.lab.ip(append([]string{"-n", h.ns}, args...)...)
}

func (h *host) address(dev, a string) {
	h.lab.t.Helper()
	args := []string{"addr", "add", a, "dev", dev}
	if strings.Contains(a, ":") {
		args = append(args, "nodad")
	}
	h.ip(args...)
}

// bridge makes a switch inside the host.
func (h *host) bridge(name string) {
	h.lab.t.Helper()
	h.ip("link", "add", name, "type", "bridge")
	h.ip("link", "set", name, "up")
}

// cable joins dev of h to a port of the bridge that stands in hub.
func (h *host) cable(dev string, hub *host, bridge string, addresses ...string) {
	h.lab.t.Helper()
	h.lab.ports++
	port := fmt.Sprintf("port%d", h.lab.ports)
	hub.ip("link", "add", port, "type", "veth", "peer", "name", dev, "netns", h.ns)
	hub.ip("link", "set", port, "master", bridge, "up")
	for _, a := range addresses {
		h.address(dev, a)
	}
	h.ip("link", "set", dev, "up")
}

func (h *host) sh(script string) {
	h.lab.t.Helper()
	if out, err := exec.Command("ip", "netns", "exec", h.ns, "sh", "-ec", script).CombinedOutput(); err != nil {
		h.lab.t.Fatalf("%s: %v: %s", script, err, out)
	}
}

// forward makes h a router.
func (h *host) forward() {
	h.lab.t.Helper()
	h.sh("echo 1 > /proc/sys/net/ipv4/ip_forward; echo 1 > /proc/sys/net/ipv6/conf/all/forwarding")
}

// ask has the node do something.
func (h *host) ask(command string) answer {
	h.lab.t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, err := fmt.Fprintln(h.commands, command); err != nil {
		h.lab.t.Fatal(err)
	}
	var a answer
	if err := h.answers.Decode(&a); err != nil {
		h.lab.t.Fatalf("%s: %v", command, err)
	}
	return a
}

// works fails when the command does.
func (h *host) works(command string) answer {
	h.lab.t.Helper()
	a := h.ask(command)
	if a.Error != "" {
		h.lab.t.Fatalf("%s: %s", command, a.Error)
	}
	return a
}

// fails fails when the command works.
func (h *host) fails(command string) answer {
	h.lab.t.Helper()
	a := h.ask(command)
	if a.Error == "" {
		h.lab.t.Fatalf("%s worked", command)
	}
	return a
}

// refused fails unless the command is refused by the rule for why.
func (h *host) refused(command string, why error) {
	h.lab.t.Helper()
	if a := h.fails(command); !a.Refused || !strings.Contains(a.Error, why.Error()) {
		h.lab.t.Fatalf("%s: got %q, want %q", command, a.Error, why)
	}
}
