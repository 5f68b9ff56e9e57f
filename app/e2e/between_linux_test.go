package e2e

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"sync"

	"croft/app/devices"
	"croft/discovery/mdns"
)

// betweenVariable makes this program relay all that comes to the device at the address in it, in one of two ways.
const betweenVariable = "CROFT_E2E_BETWEEN"

const (
	passing = "passing" // bytes as they are
	posing  = "posing"  // ends TLS at both sides with a key of its own
)

// seen is what went through the relay.
type seen struct {
	Connections, Forth, Back int // bytes to the device and from it; when posing, those inside TLS
	Found                    bool
}

// relay stands between the devices of one network and a device of another.
type relay struct {
	to  string // the device
	own []tls.Certificate

	mu    sync.Mutex
	seen  seen
	spied bytes.Buffer
	flip  bool
	conns []net.Conn
}

// runRelay relays until its input ends. It answers each line: "find TEXT" says whether TEXT has come by, "flip" has a bit
// of the next bytes from the device changed, "cut" cuts all connections.
func runRelay(orders string) error {
	way, to, _ := strings.Cut(orders, " ")
	r := &relay{to: to}
	var err error
	if way == posing {
		if r.own, err = strangersKey(); err != nil {
			return err
		}
	}
	for _, port := range []int{devices.DevicesPort, devices.AddingPort} {
		door, err := net.Listen("tcp", fmt.Sprintf("%s:%d", relayAddress, port))
		if err != nil {
			return err
		}
		go r.answer(door, port)
	}
	announcement, err := mdns.Announce(context.Background(), onTheSwitch, devices.AddingPort, true)
	if err != nil {
		return err
	}
	defer announcement.Close()
	fmt.Println("{}")
	for asked := bufio.NewScanner(os.Stdin); asked.Scan(); {
		if err := json.NewEncoder(os.Stdout).Encode(r.do(asked.Text())); err != nil {
			return err
		}
	}
	return nil
}

// onTheSwitch are the links where the relay says that it is the device.
func onTheSwitch() ([]net.Interface, []netip.Addr, error) {
	eth0, err := net.InterfaceByName("eth0")
	if err != nil {
		return nil, nil, err
	}
	return []net.Interface{*eth0}, []netip.Addr{netip.MustParseAddr(relayAddress)}, nil
}

func (r *relay) do(order string) seen {
	r.mu.Lock()
	defer r.mu.Unlock()
	what, text, _ := strings.Cut(order, " ")
	s := r.seen
	switch what {
	case "find":
		s.Found = bytes.Contains(r.spied.Bytes(), []byte(text))
	case "flip":
		r.flip = true
	case "cut":
		for _, c := range r.conns {
			c.Close()
		}
	}
	return s
}

func (r *relay) answer(door net.Listener, port int) {
	for {
		victim, err := door.Accept()
		if err != nil {
			return
		}
		go r.relay(victim, port)
	}
}

func (r *relay) relay(victim net.Conn, port int) {
	defer victim.Close()
	target, err := net.Dial("tcp", net.JoinHostPort(r.to, fmt.Sprint(port)))
	if err != nil {
		return
	}
	defer target.Close()
	r.mu.Lock()
	r.seen.Connections++
	r.conns = append(r.conns, victim, target)
	r.mu.Unlock()
	if r.own != nil {
		if victim, target, err = r.pose(victim, target); err != nil {
			return
		}
	}
	go func() {
		defer victim.Close()
		r.pump(victim, target, &r.seen.Back)
	}()
	r.pump(target, victim, &r.seen.Forth)
}

// pose ends TLS here, and speaks to the device of what the victim wants to speak.
func (r *relay) pose(victim, target net.Conn) (net.Conn, net.Conn, error) {
	config := &tls.Config{Certificates: r.own, ClientAuth: tls.RequireAnyClientCert, InsecureSkipVerify: true, ServerName: "croft"}
	inside := tls.Server(victim, &tls.Config{GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		config.NextProtos = hello.SupportedProtos
		return config, nil
	}})
	if err := inside.Handshake(); err != nil {
		return nil, nil, err
	}
	return inside, tls.Client(target, config), nil
}

func (r *relay) pump(to io.Writer, from io.Reader, count *int) {
	b := make([]byte, 16<<10)
	for {
		n, err := from.Read(b)
		r.mu.Lock()
		*count += n
		r.spied.Write(b[:n])
		if r.flip && n > 0 && count == &r.seen.Back {
			b[n-1] ^= 1
			r.flip = false
		}
		r.mu.Unlock()
		if _, wrong := to.Write(b[:n]); err != nil || wrong != nil {
			return
		}
	}
}

// between is the relay's host, with the process on it.
type between struct {
	host    *host
	process *exec.Cmd
	in      io.WriteCloser
	answers *json.Decoder
}

const (
	relayAddress  = "192.168.77.9" // on the switch
	studioAddress = "10.44.0.2"    // behind the relay
)

// studioBehind is a studio whose only cable leads to a relay that is on the switch.
func (l *lab) studioBehind() (studio *host, serving *process, b *between) {
	l.t.Helper()
	b = &between{host: l.host("relay", relayAddress+"/24")}
	studio = l.namespace("studio")
	b.host.ip("link", "add", "eth1", "type", "veth", "peer", "name", "eth0", "netns", studio.ns)
	b.host.address("eth1", "10.44.0.1/24")
	b.host.ip("link", "set", "eth1", "up")
	studio.address("eth0", studioAddress+"/24")
	studio.ip("link", "set", "eth0", "up")
	l.t.Cleanup(b.stop)
	return studio, studio.start("serve", "--add", "--allow", "answers,models"), b
}

// begin relays in one way from now on.
func (b *between) begin(way string) {
	t := b.host.lab.t
	t.Helper()
	b.stop()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := append(b.host.inside(), self)
	b.process = exec.Command(command[0], command[1:]...)
	b.process.Env = append(os.Environ(), betweenVariable+"="+way+" "+studioAddress)
	b.process.Stderr = os.Stderr
	if b.in, err = b.process.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := b.process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := b.process.Start(); err != nil {
		t.Fatal(err)
	}
	b.answers = json.NewDecoder(out)
	b.answer()
}

func (b *between) answer() (s seen) {
	b.host.lab.t.Helper()
	if err := b.answers.Decode(&s); err != nil {
		b.host.lab.t.Fatalf("relay: %v", err)
	}
	return s
}

// order is answered with what went through until then.
func (b *between) order(line string) seen {
	b.host.lab.t.Helper()
	fmt.Fprintln(b.in, line)
	return b.answer()
}

func (b *between) stop() {
	if b.process != nil {
		b.in.Close()
		_ = b.process.Wait() // its end is the test's doing
	}
	b.process = nil
}
