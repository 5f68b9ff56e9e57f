package mdns

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// Real hosts: one network namespace each, joined by a bridge in another one.

const soon = 3 * time.Second

type lab struct {
	t      *testing.T
	prefix string
}

func newLab(t *testing.T) *lab {
	t.Helper()
	if runtime.GOOS != "linux" || os.Geteuid() != 0 {
		t.Skip("network namespaces need Linux and root")
	}
	if _, err := exec.LookPath("ip"); err != nil {
		t.Skip("network namespaces need iproute2")
	}
	t.Parallel()
	var id [4]byte
	rand.Read(id[:])
	l := &lab{t: t, prefix: "mdns-" + hex.EncodeToString(id[:]) + "-"}
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
	args := append([]string{"-n", l.prefix + host}, strings.Fields(command)...)
	if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
		l.t.Fatalf("ip %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// plug makes a host and joins its eth0 to port pNAME of the bridge.
func (l *lab) plug(host string, addrs ...string) {
	l.t.Helper()
	if out, err := l.namespace(host); err != nil {
		l.t.Fatalf("%v\n%s", err, out)
	}
	l.ip("switch", fmt.Sprintf("link add p%s type veth peer name eth0 netns %s", host, l.prefix+host))
	l.ip("switch", fmt.Sprintf("link set p%s master br0 up", host))
	for _, a := range addrs {
		l.address(host, "add", a)
	}
	l.ip(host, "link set eth0 up")
}

func (l *lab) address(host, what, a string) {
	l.t.Helper()
	if strings.Contains(a, ":") {
		a += " nodad"
	}
	l.ip(host, fmt.Sprintf("addr %s %s dev eth0", what, strings.TrimSuffix(a, map[string]string{"del": " nodad"}[what])))
}

// running is a role that runs on a host.
type running struct {
	t       *testing.T
	name    string
	in      io.Writer
	reports chan report
	last    report
	kill    func()
	mu      sync.Mutex
	errors  bytes.Buffer
}

func (l *lab) run(host, role string, env ...string) *running {
	l.t.Helper()
	self, err := os.Executable()
	if err != nil {
		l.t.Fatal(err)
	}
	cmd := exec.Command("ip", "netns", "exec", l.prefix+host, self)
	cmd.Env = append(append(os.Environ(), roleVariable+"="+role), env...)
	r := &running{t: l.t, name: host, reports: make(chan report, 1000)}
	cmd.Stderr = r
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
	r.in, r.kill = in, sync.OnceFunc(func() {
		cmd.Process.Kill()
		for range r.reports { // until it has ended
		}
		cmd.Wait()
	})
	go r.read(out)
	l.t.Cleanup(r.end)
	return r
}

func (r *running) read(out io.Reader) {
	defer close(r.reports)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var got report
		if json.Unmarshal(lines.Bytes(), &got) == nil {
			r.reports <- got
		}
	}
}

// Write takes what the host writes to standard error.
func (r *running) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.errors.Write(b)
}

func (r *running) complaints() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.errors.String()
}

func (r *running) end() {
	r.kill()
	if s := r.complaints(); strings.Contains(s, "DATA RACE") || strings.Contains(s, "panic") {
		r.t.Errorf("%s wrote %s", r.name, s)
	}
}

func (r *running) tell(command string) {
	r.t.Helper()
	if _, err := fmt.Fprintln(r.in, command); err != nil {
		r.t.Fatalf("%s does not listen: %v\n%s", r.name, err, r.complaints())
	}
}

// wait returns how long it took until the host reported what is wanted.
func (r *running) wait(most time.Duration, what string, wanted func(report) bool) time.Duration {
	r.t.Helper()
	began, timeout := time.Now(), time.After(most)
	for {
		select {
		case got, open := <-r.reports:
			if !open {
				r.t.Fatalf("%s ended: %s", r.name, r.complaints())
			}
			if r.last = got; wanted(got) {
				return time.Since(began)
			}
		case <-timeout:
			r.t.Fatalf("%s: no %s within %v, but %+v\n%s", r.name, what, most, r.last, r.complaints())
		}
	}
}

// ask makes the host report now and returns that.
func (r *running) ask(command string) report {
	r.t.Helper()
	for len(r.reports) > 0 {
		<-r.reports
	}
	r.tell(command)
	r.wait(10*time.Second, "answer", func(report) bool { return true })
	return r.last
}

// sees wants that exactly these devices are sighted, each given by its
// addresses, without ports, or with "p" after them.
func sees(want ...string) func(report) bool {
	return func(r report) bool {
		var got []string
		for _, s := range r.Sightings {
			var one []string
			for _, a := range s.Addrs {
				one = append(one, a.Addr().String())
			}
			if s.Pairing {
				one = append(one, "p")
			}
			got = append(got, strings.Join(one, " "))
		}
		return len(got) == len(want) && strings.Join(got, ",") == strings.Join(want, ",")
	}
}

// closes wants that nothing is left after the host closed what it had.
func (r *running) closes() {
	r.t.Helper()
	r.tell("close")
	r.wait(10*time.Second, "end", func(got report) bool { return got.Gone })
	if r.last.Goroutines > 0 || r.last.Sockets > 0 {
		r.t.Errorf("%s: %d goroutines and %d sockets are left", r.name, r.last.Goroutines, r.last.Sockets)
	}
}

// sysctl sets a value of the host's kernel.
func (l *lab) sysctl(host, path, value string) {
	l.t.Helper()
	cmd := exec.Command("ip", "netns", "exec", l.prefix+host, "tee", "/proc/sys/"+path)
	cmd.Stdin = strings.NewReader(value)
	if out, err := cmd.CombinedOutput(); err != nil {
		l.t.Fatalf("%s: %v\n%s", path, err, out)
	}
}
