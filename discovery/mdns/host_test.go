package mdns

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// The test binary is also the program that runs on the hosts of
// namespaces_test.go: it does what the environment says, takes commands from
// standard input and tells in lines of JSON what it sees.

const roleVariable = "CROFT_MDNS_ROLE"

func TestMain(m *testing.M) {
	role, isHost := map[string]func(*host){"announce": announceHost, "browse": browseHost, "flood": floodHost}[os.Getenv(roleVariable)]
	if !isHost {
		os.Exit(m.Run())
	}
	h := &host{commands: make(chan string), out: json.NewEncoder(os.Stdout)}
	go h.read()
	h.goroutines, h.sockets = runtime.NumGoroutine(), openSockets()
	role(h)
}

type host struct {
	commands            chan string // closed when the test has ended
	out                 *json.Encoder
	goroutines, sockets int // before anything was started
}

// report is what a host tells.
type report struct {
	Sightings     []Sighting
	Err           string
	Gone          bool // the host has closed what it had, and this is left of it:
	Goroutines    int
	Sockets       int
	HeapPeakBytes uint64
}

func (h *host) read() {
	defer close(h.commands)
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		h.commands <- lines.Text()
	}
}

// gone tells what is left 6 seconds after everything was closed, or earlier
// when nothing is.
func (h *host) gone() {
	var r report
	for range 60 {
		r = report{Gone: true, Goroutines: runtime.NumGoroutine() - h.goroutines, Sockets: openSockets() - h.sockets}
		if r.Goroutines <= 0 && r.Sockets <= 0 {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	h.out.Encode(r)
}

func openSockets() (n int) {
	files, _ := os.ReadDir("/proc/self/fd")
	for _, f := range files {
		if to, _ := os.Readlink("/proc/self/fd/" + f.Name()); strings.HasPrefix(to, "socket:") {
			n++
		}
	}
	return n
}

// hostInterfaces are all but the loopback.
func hostInterfaces() (interfaces []net.Interface, addresses []netip.Addr, err error) {
	all, err := net.Interfaces()
	for _, i := range all {
		if i.Flags&net.FlagLoopback != 0 {
			continue
		}
		interfaces = append(interfaces, i)
		for _, p := range prefixes(i) {
			addresses = append(addresses, p.Addr())
		}
	}
	return interfaces, addresses, err
}

func prefixes(i net.Interface) (out []netip.Prefix) {
	addrs, _ := i.Addrs()
	for _, a := range addrs {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			out = append(out, p)
		}
	}
	return out
}

// onLink refuses what is in no prefix of this host.
func onLink(a netip.Addr) error {
	interfaces, _, _ := hostInterfaces()
	for _, i := range interfaces {
		for _, p := range prefixes(i) {
			if p.Contains(a) {
				return nil
			}
		}
	}
	return fmt.Errorf("%v is not on this link", a)
}

func announceHost(h *host) {
	a := newAnnouncement(hostInterfaces, 4711, false)
	a.poll = 300 * time.Millisecond
	a.start(context.Background())
	for c := range h.commands {
		switch c {
		case "pairing on", "pairing off":
			a.SetPairing(c == "pairing on")
		case "state":
			h.out.Encode(report{Err: fmt.Sprint(a.Err())})
		case "close":
			a.Close()
			h.gone()
		}
	}
}

// quickPace lets a test see eight rounds without waiting for two minutes.
var quickPace = pace{round: 500 * time.Millisecond, slow: 800 * time.Millisecond, fast: 500 * time.Millisecond, retry: 300 * time.Millisecond}

func browseHost(h *host) {
	b := newBrowser(Options{Interfaces: hostInterfaces, Allowed: onLink})
	if os.Getenv("CROFT_MDNS_QUICK") != "" {
		b.pace = quickPace
	}
	b.start(context.Background())
	var peak uint64
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	changes := b.Changes()
	for {
		select {
		case _, open := <-changes:
			if !open {
				changes = nil
			}
		case <-tick.C:
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapAlloc)
			continue
		case c, open := <-h.commands:
			switch {
			case !open:
				return
			case c == "fast":
				b.SetFast(true)
			case c == "close":
				b.Close()
				h.gone()
				continue
			}
		}
		r := report{Sightings: b.Sightings(), HeapPeakBytes: peak}
		if err := b.State().Err; err != nil {
			r.Err = err.Error()
		}
		h.out.Encode(r)
	}
}

// floodHost announces devices that do not exist, 20,000 each time it is told to.
func floodHost(h *host) {
	c, err := net.ListenUDP("udp4", nil)
	if err != nil {
		panic(err)
	}
	defer c.Close()
	n := 0
	for range h.commands {
		var failed error
		for range 400 {
			var m dns.Msg
			m.Response = true
			m.Compress = true
			for range 50 {
				n++
				m.Answer = append(m.Answer, fake(n)...)
			}
			b, err := m.Pack()
			if err == nil {
				_, err = c.WriteTo(b, &net.UDPAddr{IP: net.IPv4(224, 0, 0, 251), Port: 5353})
			}
			failed = errors.Join(failed, err)
			time.Sleep(20 * time.Millisecond) // so that they arrive
		}
		h.out.Encode(report{Err: fmt.Sprint(failed)})
	}
}

func fake(n int) []dns.RR {
	name := fmt.Sprintf("%016x.%s.%s.", n, service, domain)
	target := fmt.Sprintf("%x.%s.", n, domain)
	header := func(name string, kind uint16) dns.RR_Header {
		return dns.RR_Header{Name: name, Rrtype: kind, Class: dns.ClassINET, Ttl: 120}
	}
	return []dns.RR{
		&dns.SRV{Hdr: header(name, dns.TypeSRV), Port: 4711, Target: target},
		&dns.TXT{Hdr: header(name, dns.TypeTXT), Txt: []string{"v=1", "p=1"}},
		&dns.A{Hdr: header(target, dns.TypeA), A: net.IPv4(10, 77, 0, byte(n))},
	}
}
