package e2e

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// device is a device in croft devices --json.
type device struct {
	ID, Name    string
	Online      bool
	Here, There []string
	Problem     string
}

func (h *host) devices() []device {
	h.lab.t.Helper()
	var report struct{ Devices []device }
	h.json(&report, "devices", "--json")
	return report.Devices
}

func (h *host) json(into any, args ...string) {
	h.lab.t.Helper()
	if err := json.Unmarshal([]byte(h.croft(args...)), into); err != nil {
		h.lab.t.Fatalf("croft %s: %v", strings.Join(args, " "), err)
	}
}

// reply is what croft ask --json prints.
type reply struct {
	Text, Model, Device, Why string
	TokensReply              int     `json:"tokens_reply"`
	TTFTMS                   float64 `json:"ttft_ms"`
	TokensPerSecond          float64 `json:"tokens_per_second"`
	FinishReason             string  `json:"finish_reason"`
}

func (h *host) ask(args ...string) reply {
	h.lab.t.Helper()
	r, err := h.tryAsk(args...)
	if err != nil {
		h.lab.t.Fatal(err)
	}
	return r
}

func (h *host) tryAsk(args ...string) (r reply, err error) {
	h.lab.t.Helper()
	out, err := h.try(append([]string{"ask", "--json"}, args...)...)
	if err == nil {
		err = json.Unmarshal([]byte(out), &r)
	}
	return r, err
}

var (
	codeShown    = regexp.MustCompile(`Code: (\d{3} \d{3})`)
	addressShown = regexp.MustCompile(`Address: ([^,\s]+)`)
)

// shown is the last code that p showed, and where.
func (p *process) shown() (code, address string) {
	p.t.Helper()
	p.says("Type the code")
	codes := codeShown.FindAllStringSubmatch(p.printed(), -1)
	addresses := addressShown.FindAllStringSubmatch(p.printed(), -1)
	if codes == nil || addresses == nil {
		p.t.Fatalf("no code and address in %q", p.printed())
	}
	return codes[len(codes)-1][1], addresses[len(addresses)-1][1]
}

// server is a new host that serves and shows a code.
func (l *lab) server(name, address string) (*host, *process) {
	l.t.Helper()
	h := l.host(name, address)
	return h, h.start("serve", "--add", "--allow", "answers,models")
}

// join adds the device that p runs on.
func (h *host) join(p *process) {
	h.lab.t.Helper()
	code, _ := p.shown()
	h.croft("pair", code, "--allow", "answers,models")
}

// pair is a laptop and a studio that serves, mine both.
func pair(l *lab) (laptop, studio *host, serving *process) {
	l.t.Helper()
	studio, serving = l.server("studio", "192.168.77.2/24")
	laptop = l.host("laptop", "192.168.77.1/24")
	laptop.join(serving)
	return laptop, studio, serving
}

func TestADeviceIsFoundAddedAndAsked(t *testing.T) {
	l := newLab(t)
	studio, serving := l.server("studio", "192.168.77.2/24")
	laptop := l.host("laptop", "192.168.77.1/24")
	code, _ := serving.shown()
	began := time.Now()
	laptop.croft("pair", code, "--allow", "none")
	t.Logf("found and added in %v, the program's start included", time.Since(began))
	mine := laptop.devices()
	if len(mine) != 1 || mine[0].Name != "studio" || !mine[0].Online || !slices.Equal(mine[0].There, []string{"answers", "models"}) || len(mine[0].Here) > 0 {
		t.Fatalf("the laptop has %+v", mine)
	}
	there := studio.devices()
	if len(there) != 1 || there[0].Name != "laptop" || !slices.Equal(there[0].Here, []string{"answers", "models"}) {
		t.Fatalf("the studio has %+v", there)
	}
	here := laptop.ask("--device", "here", "What can you do?")
	away := laptop.ask("--device", "studio", "What can you do?")
	if away.Device != "studio" || away.Text != here.Text || here.Device == "studio" {
		t.Errorf("here %+v\naway %+v", here, away)
	}
}

func TestAWrongCodeIsRefusedAndAnotherShown(t *testing.T) {
	l := newLab(t)
	_, serving := l.server("studio", "192.168.77.2/24")
	laptop := l.host("laptop", "192.168.77.1/24")
	code, address := serving.shown()
	wrong := "000 000"
	if code == wrong {
		wrong = "000 001"
	}
	out, err := laptop.try("pair", wrong, address, "--allow", "answers")
	if err == nil || !strings.Contains(err.Error(), "exit status 1") {
		t.Fatalf("a wrong code gave %q, %v", out, err)
	}
	serving.says("A wrong code was typed")
	if again, _ := serving.shown(); again == code {
		t.Errorf("the code %s is shown again", code)
	}
	if len(laptop.devices()) > 0 {
		t.Error("the laptop has a device")
	}
	laptop.join(serving)
}

func TestAPersonMayRefuse(t *testing.T) {
	l := newLab(t)
	studio, serving := l.server("studio", "192.168.77.2/24")
	laptop := l.host("laptop", "192.168.77.1/24")
	code, _ := serving.shown()
	joining := laptop.terminal("pair", code)
	joining.says("no does not add it")
	joining.types("no\n")
	<-joining.done
	if joining.err == nil {
		t.Errorf("refusing ended without an error:\n%s", joining.printed())
	}
	if n := len(laptop.devices()) + len(studio.devices()); n > 0 {
		t.Errorf("%d devices were stored", n)
	}
}

func TestAddingByAddressWhereMulticastIsBlocked(t *testing.T) {
	l := newLab(t)
	studio := l.host("studio", "192.168.77.2/24")
	studio.ip("link", "set", "eth0", "multicast", "off")
	serving := studio.start("serve", "--add", "--allow", "answers")
	laptop := l.host("laptop", "192.168.77.1/24")
	laptop.ip("link", "set", "eth0", "multicast", "off")
	code, address := serving.shown()
	if out, err := laptop.try("pair", code, "--allow", "none"); err == nil {
		t.Fatalf("found without multicast: %s", out)
	}
	laptop.croft("pair", code, address, "--allow", "none")
	if r := laptop.ask("--device", "studio", "Hello"); r.Device != "studio" {
		t.Errorf("asked %+v", r)
	}
	if out := laptop.croft("doctor"); !strings.Contains(out, "ulticast") {
		t.Errorf("doctor does not name the cause:\n%s", out)
	}
}

func TestTwoInterfacesAndABridgeOfContainers(t *testing.T) {
	l := newLab(t)
	var hosts []*host
	for i, name := range []string{"studio", "laptop"} {
		h := l.host(name, []string{"192.168.77.2/24", "192.168.77.1/24"}[i])
		// Both have the same network inside, as two machines with Docker do.
		h.ip("link", "add", "docker0", "type", "bridge")
		h.address("docker0", "172.17.0.1/16")
		h.ip("link", "set", "docker0", "up")
		h.ip("link", "add", "veth0", "type", "veth", "peer", "name", "veth1")
		h.ip("link", "set", "veth0", "master", "docker0", "up")
		h.ip("link", "set", "veth1", "up")
		h.cable("eth1")
		h.address("eth1", []string{"10.44.0.2/24", "10.44.0.1/24"}[i])
		hosts = append(hosts, h)
	}
	studio, laptop := hosts[0], hosts[1]
	serving := studio.start("serve", "--add", "--allow", "answers,models")
	laptop.join(serving)
	if r := laptop.ask("--device", "studio", "Hello"); r.Device != "studio" {
		t.Errorf("asked %+v", r)
	}
}

func TestAnAddressChanges(t *testing.T) {
	l := newLab(t)
	laptop, studio, _ := pair(l)
	studio.ip("addr", "del", "192.168.77.2/24", "dev", "eth0")
	studio.address("eth0", "192.168.77.22/24")
	studio.ip("route", "add", "default", "via", gateway)
	within(t, 30*time.Second, "the studio is reached at its new address", func() bool {
		d := laptop.devices()
		return len(d) == 1 && d[0].Online
	})
	if r := laptop.ask("--device", "studio", "Hello"); r.Device != "studio" {
		t.Errorf("asked %+v", r)
	}
}

func TestThreeDevicesAskOneAtOnce(t *testing.T) {
	l := newLab(t)
	studio, serving := l.server("studio", "192.168.77.2/24")
	var asking []*host
	for i, name := range []string{"laptop", "desk", "kitchen"} {
		h := l.host(name, []string{"192.168.77.1/24", "192.168.77.3/24", "192.168.77.4/24"}[i])
		if i > 0 {
			serving.stop()
			serving = studio.start("serve", "--add", "--allow", "answers,models")
		}
		h.join(serving)
		asking = append(asking, h)
	}
	want := studio.ask("--device", "here", "What can you do?")
	replies := make(chan reply)
	for _, h := range asking {
		go func() {
			r, err := h.tryAsk("--device", "studio", "What can you do?")
			if err != nil {
				t.Error(err)
			}
			replies <- r
		}()
	}
	for range asking {
		if r := <-replies; r.Text != want.Text || r.Device != "studio" {
			t.Errorf("got %+v, want %q", r, want.Text)
		}
	}
}
