package e2e

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"croft/engine/gguf"
	"croft/engine/tinymodel"
)

// question is answered at length by slowModel, always with the same words.
var question = []string{"ask", "--raw", "--temperature", "0.8", "--seed", "7", "--max", "160", "Once upon a time"}

// slowModel writes a model that takes a second or so for an answer, gives it to the hosts, and returns its name.
func slowModel(t *testing.T, hosts ...*host) (name string) {
	t.Helper()
	return give(t, tinymodel.Options{
		Type: gguf.Q8_0, Layers: 12, Embd: 512, Heads: 8, HeadsKV: 2, FF: 2048, Context: 1024, Seed: 3,
	}, hosts...)
}

// give writes a model file, puts it into the libraries of the hosts, and returns its name.
func give(t *testing.T, o tinymodel.Options, hosts ...*host) (name string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "model.gguf")
	if err := tinymodel.Write(file, o); err != nil {
		t.Fatal(err)
	}
	for _, h := range hosts {
		var added struct{ Name string }
		h.json(&added, "models", "add", "--link", "--json", file)
		name = added.Name
	}
	return name
}

func elsewhere(device string) []string { return append(slices.Clone(question), "--device", device) }

// killsWanted is how often a device is killed in mid-reply.
func killsWanted(t *testing.T) int {
	t.Helper()
	n, err := strconv.Atoi(os.Getenv("CROFT_E2E_KILLS"))
	if err != nil {
		return 4
	}
	return n
}

func TestAReplySurvivesTheDeviceThatWritesIt(t *testing.T) {
	l := newLab(t)
	laptop, studio, serving := pair(l)
	slowModel(t, laptop, studio)
	want := studio.croft(elsewhere("here")...)
	gaps := []time.Duration{}
	for range killsWanted(t) {
		asking := laptop.start(elsewhere("studio")...)
		at := 1 + rand.IntN(len(want)*9/10)
		within(t, 30*time.Second, "the reply grows", func() bool { return len(asking.answered()) >= at })
		serving.kill()
		asking.ends()
		if got := asking.answered(); got != want {
			t.Fatalf("killed after %d bytes, the reply became\n%q, want\n%q", at, got, want)
		}
		gaps = append(gaps, asking.gap)
		serving = studio.start("serve")
		serving.says("answers as")
	}
	slices.Sort(gaps)
	t.Logf("%d kills: the longest silence of a reply was %v in the middle, %v at worst", len(gaps), gaps[len(gaps)/2], gaps[len(gaps)-1])
}

func TestAReplySurvivesALineThatLosesPackets(t *testing.T) {
	l := newLab(t)
	laptop, studio, serving := pair(l)
	slowModel(t, laptop, studio)
	want := studio.croft(elsewhere("here")...)
	studio.loses(5)
	for _, killed := range []bool{false, true} {
		asking := laptop.start(elsewhere("studio")...)
		within(t, 30*time.Second, "the reply grows", func() bool { return len(asking.answered()) >= len(want)/2 })
		if killed {
			serving.kill()
		}
		asking.ends()
		if got := asking.answered(); got != want {
			t.Fatalf("with loss, killed: %v, the reply became\n%q, want\n%q", killed, got, want)
		}
		t.Logf("killed: %v: the longest silence was %v, %d packets were lost so far", killed, asking.gap, studio.lost())
	}
	if studio.lost() == 0 {
		t.Error("not one packet was lost")
	}
}

func TestTheCableIsPulledInMidReply(t *testing.T) {
	l := newLab(t)
	laptop, studio, _ := pair(l)
	slowModel(t, laptop, studio)
	want := studio.croft(elsewhere("here")...)
	asking := laptop.start(elsewhere("studio")...)
	within(t, 30*time.Second, "the reply grows", func() bool { return len(asking.answered()) >= len(want)/4 })
	studio.ip("link", "set", "eth0", "down")
	asking.ends()
	if got := asking.answered(); got != want {
		t.Fatalf("the reply became\n%q, want\n%q", got, want)
	}
	t.Logf("the longest silence was %v", asking.gap)
	studio.ip("link", "set", "eth0", "up")
	studio.ip("route", "add", "default", "via", gateway)
	within(t, 30*time.Second, "the studio is back", func() bool { return laptop.devices()[0].Online })
	if r := laptop.ask("--device", "studio", "Hello"); r.Device != "studio" {
		t.Errorf("asked %+v", r)
	}
}

func TestARemovedDeviceIsCutOffInMidReply(t *testing.T) {
	l := newLab(t)
	laptop, studio, _ := pair(l)
	slowModel(t, laptop, studio)
	want := studio.croft(elsewhere("here")...)
	asking := laptop.start(elsewhere("studio")...)
	within(t, 30*time.Second, "the reply grows", func() bool { return len(asking.answered()) > 0 })
	studio.croft("devices", "rm", "laptop")
	took := within(t, time.Second, "the laptop is cut off", func() bool {
		return !strings.Contains(studio.prints("ss", "-Htn", "state", "established"), "192.168.77.1")
	})
	t.Logf("cut off within %v", took)
	asking.ends()
	if got := asking.answered(); got != want {
		t.Errorf("the reply became\n%q, want\n%q", got, want)
	}
	if d := laptop.devices(); d[0].Online || d[0].Problem == "" {
		t.Errorf("the laptop still has %+v", d)
	}
	if n := len(studio.devices()); n > 0 {
		t.Errorf("the studio still has %d devices", n)
	}
}

// A line that fails again and again, and a program that is killed, lose nothing of what was copied.
func TestAModelIsCopiedOverABadLine(t *testing.T) {
	l := newLab(t)
	laptop, studio, _ := pair(l)
	large := give(t, tinymodel.Options{Type: gguf.Q8_0, Layers: 16, Embd: 1024, Heads: 8, HeadsKV: 2, FF: 4096, Seed: 4}, studio)
	kept := int64(0)
	back := func() bool { return laptop.devices()[0].Online } // it listens anew a moment after its address is back
	for range 3 {
		within(t, 10*time.Second, "the studio answers again", back)
		copying := laptop.start("models", "copy", large, "--from", "studio")
		within(t, 20*time.Second, "the copy goes on", func() bool { return laptop.partial() > kept })
		studio.ip("link", "set", "eth0", "down")
		time.Sleep(time.Duration(rand.IntN(500)) * time.Millisecond)
		studio.ip("link", "set", "eth0", "up")
		time.Sleep(time.Duration(rand.IntN(500)) * time.Millisecond)
		copying.kill()
		if kept = laptop.partial(); kept == 0 {
			t.Fatal("nothing is left of the copy that was killed, or it was done")
		}
	}
	within(t, 10*time.Second, "the studio answers again", back)
	laptop.croft("models", "copy", large, "--from", "studio")
	laptop.croft("models", "check", large)
}

func TestNotOnePacketLeavesTheNetworkAndTheLedgerIsTrue(t *testing.T) {
	l := newLab(t)
	studio := l.host("studio", "192.168.77.2/24")
	laptop := l.host("laptop", "192.168.77.1/24")
	sent := map[*host]func() counts{studio: studio.watch(), laptop: laptop.watch()}
	serving := studio.start("serve", "--add", "--allow", "answers,models")
	laptop.join(serving)
	slow := slowModel(t, studio)
	laptop.ask("--device", "studio", "What can you do?")
	laptop.croft("models", "copy", slow, "--from", "studio")
	laptop.croft("doctor")
	serving.stop()
	for h, counted := range sent {
		for to, n := range counted().Packets {
			if !isLocal(to) {
				t.Errorf("%s sent %d packets to %s", h.name, n, to)
			}
		}
		// The kernel counts headers too, and the questions and answers of mDNS.
		entered, counted := h.entered(), h.counter("rx_bytes")+h.counter("tx_bytes")
		t.Logf("%s entered %d bytes, the kernel counted %d", h.name, entered, counted)
		if entered > counted || float64(entered) < 0.97*float64(counted) {
			t.Errorf("%s entered %d bytes, the kernel counted %d", h.name, entered, counted)
		}
	}
	// What does leave is seen.
	laptop.run("bash", "-c", "echo x > /dev/udp/8.8.8.8/53")
	if sent[laptop]().Packets["8.8.8.8"] == 0 {
		t.Error("a packet to 8.8.8.8 was not counted, though it was sent")
	}
}

func isLocal(to string) bool {
	return strings.HasPrefix(to, "192.168.77.") || to == "224.0.0.251" || to == "224.0.0.22" || strings.HasPrefix(to, "ff02:") || strings.HasPrefix(to, "fe80:")
}

// entered are all bytes in h's ledger, in and out.
func (h *host) entered() (sum int64) {
	h.lab.t.Helper()
	var entries []struct {
		In  int64 `json:"bytes_in"`
		Out int64 `json:"bytes_out"`
	}
	h.json(&entries, "ledger", "--json", "-n", "100000")
	for _, e := range entries {
		sum += e.In + e.Out
	}
	return sum
}

// counter is what the kernel has counted at eth0.
func (h *host) counter(name string) int64 {
	h.lab.t.Helper()
	text := strings.TrimSpace(h.prints("cat", "/sys/class/net/eth0/statistics/"+name))
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		h.lab.t.Fatal(err)
	}
	return n
}

func TestAStrangerGetsNothingAtAnyPort(t *testing.T) {
	l := newLab(t)
	laptop, studio, _ := pair(l)
	stranger := l.host("stranger", "192.168.77.9/24")
	adding := studio.start("pair", "--allow", "answers")
	adding.says("Type the code")
	var ports []string
	for line := range strings.Lines(studio.prints("ss", "-Htln")) {
		ports = append(ports, strings.Fields(line)[3])
	}
	if len(ports) < 2 {
		t.Fatalf("the studio listens at %q only", ports)
	}
	if said := stranger.knock(ports...); said != "" {
		t.Errorf("a stranger was told:\n%s", said)
	}
	if r := laptop.ask("--device", "studio", "Hello"); r.Device != "studio" {
		t.Errorf("afterwards, the laptop was answered %+v", r)
	}
	within(t, 10*time.Second, "the attempts are in the ledger", func() bool {
		var entries []struct{ Way, Address, Outcome string }
		studio.json(&entries, "ledger", "--json", "-n", "1000")
		return slices.ContainsFunc(entries, func(e struct{ Way, Address, Outcome string }) bool {
			return e.Way == "in" && strings.HasPrefix(e.Address, "192.168.77.9") && strings.HasPrefix(e.Outcome, "refused")
		})
	})
}

// partial is how many bytes of a model that is being copied lie on h.
func (h *host) partial() (size int64) {
	h.lab.t.Helper()
	for _, file := range globs(h.lab.t, filepath.Join(h.home, "models", ".fetch-*")) {
		if info, err := os.Stat(file); err == nil {
			size += info.Size()
		}
	}
	return size
}

func globs(t *testing.T, pattern string) []string {
	t.Helper()
	found, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	return found
}
