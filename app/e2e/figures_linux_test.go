package e2e

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestFigures measures what README.md says of devices: make mesh-figures.
func TestFigures(t *testing.T) {
	if os.Getenv("CROFT_E2E_FIGURES") == "" {
		t.Skip("measures for minutes: make mesh-figures")
	}
	const rounds = 10
	var found, added spread
	for range rounds {
		l := newLab(t)
		studio, serving := l.server("studio", "192.168.77.2/24")
		laptop := l.host("laptop", "192.168.77.1/24")
		code, address := serving.shown()
		began := time.Now()
		laptop.croft("pair", code, address, "--allow", "answers")
		added = append(added, time.Since(began))
		laptop.croft("devices", "rm", "studio")
		serving.stop()
		serving = studio.start("serve", "--add", "--allow", "answers")
		code, _ = serving.shown()
		began = time.Now()
		laptop.croft("pair", code, "--allow", "answers")
		found = append(found, time.Since(began))
		serving.stop()
	}
	t.Logf("add a device by its address, program's start included: %v", added)
	t.Logf("find and add a device, program's start included:       %v", found)
	l := newLab(t)
	laptop, studio, _ := pair(l)
	slowModel(t, laptop, studio)
	here, there := measure(laptop, rounds, "here"), measure(studio, rounds, "here")
	away := measure(laptop, rounds, "studio")
	t.Logf("first token of a reply here:                           %v", here.first)
	t.Logf("first token of a reply on the studio itself:           %v", there.first)
	t.Logf("first token of a reply by the paired studio:           %v", away.first)
	t.Logf("tokens a second on the studio itself and through it:   %.0f and %.0f", there.speed(), away.speed())
}

// spread is what was measured several times.
type spread []time.Duration

func (s spread) String() string {
	if len(s) == 0 {
		return "nothing"
	}
	s = slices.Sorted(slices.Values(s))
	round := func(d time.Duration) time.Duration { return d.Round(100 * time.Microsecond) }
	return fmt.Sprintf("%v (%v to %v, %d times)", round(s[len(s)/2]), round(s[0]), round(s[len(s)-1]), len(s))
}

type speeds struct {
	first spread
	rates []float64
}

func (s speeds) speed() float64 { return slices.Sorted(slices.Values(s.rates))[len(s.rates)/2] }

func measure(h *host, rounds int, device string) (s speeds) {
	h.lab.t.Helper()
	for range rounds {
		r := h.ask(append(elsewhere(device)[1:], fmt.Sprint(rand.IntN(1000)))...)
		s.first = append(s.first, time.Duration(r.TTFTMS*float64(time.Millisecond)))
		s.rates = append(s.rates, r.TokensPerSecond)
	}
	return s
}

// TestDemo shows a reply that survives the device which writes it, for people to watch: make mesh-demo.
func TestDemo(t *testing.T) {
	if os.Getenv("CROFT_E2E_DEMO") == "" {
		t.Skip("is for people to watch: make mesh-demo")
	}
	say := func(format string, args ...any) { fmt.Printf("\n-- "+format+"\n", args...) }
	l := newLab(t)
	say("Three computers on one switch: laptop, studio and attic. Studio and attic run croft serve; laptop adds both.")
	laptop := l.host("laptop", "192.168.77.1/24")
	serving := map[string]*process{}
	for i, name := range []string{"studio", "attic"} {
		h, p := l.server(name, fmt.Sprintf("192.168.77.%d/24", 2+i))
		laptop.join(p)
		slowModel(t, h)
		serving[name] = p
	}
	fmt.Print(laptop.croft("devices"))
	say("The laptop asks the studio for a reply. Its model has random weights, so the words mean nothing.")
	asking := laptop.start(append(elsewhere("studio"), "--model", "tiny")...)
	shown := 0
	within(t, 30*time.Second, "the reply has grown", func() bool {
		shown += show(os.Stdout, asking.answered()[shown:])
		return shown > 150
	})
	serving["studio"].kill()
	say("The studio was killed, as by a power cut, after %d bytes. The reply goes on:", shown)
	fmt.Print("…")
	asking.ends()
	show(os.Stdout, asking.answered()[shown:])
	whole := laptop.croft(append(elsewhere("attic"), "--model", "tiny")...)
	say("Longest silence: %v. The same question, not interrupted, gives the same words: %v.", asking.gap.Round(time.Millisecond), whole == asking.answered())
	fmt.Println(strings.TrimSpace(laptop.croft("ledger", "-n", "8")))
}

func show(w io.Writer, text string) int {
	n, _ := io.WriteString(w, text)
	return n
}
