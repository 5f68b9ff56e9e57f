package e2e

import (
	"strings"
	"testing"
	"time"

	"croft/engine/gguf"
	"croft/engine/tinymodel"
)

// Who relays between two devices while one is added has two TLS connections, and what is typed proves neither.
func TestNobodyInBetweenIsAdded(t *testing.T) {
	l := newLab(t)
	studio, serving, between := l.studioBehind()
	laptop := l.host("laptop", "192.168.77.1/24")
	between.begin(posing)
	code, _ := serving.shown()
	for i, address := range [][]string{nil, {relayAddress}} { // found by mDNS, and typed
		out, err := laptop.try(append([]string{"pair", code, "--allow", "answers"}, address...)...)
		if err == nil || !strings.Contains(err.Error(), "exit status 1: croft: The code did not match. Type the new code that the other device shows.") {
			t.Fatalf("through somebody in between: %q, %v", out, err)
		}
		again := code
		within(t, 5*time.Second, "another code is shown", func() bool { again, _ = serving.shown(); return again != code })
		code = again
		serving.says("A wrong code was typed")
		// A share and a tag came through, and a share and a refusal went back.
		if s := between.order("see"); s.Connections != i+1 || s.Forth != (i+1)*(3+32+3+64) || s.Back != (i+1)*(3+32+3+1) {
			t.Errorf("the relay has seen %+v", s)
		}
	}
	if n := len(laptop.devices()) + len(studio.devices()); n > 0 {
		t.Errorf("%d devices were stored", n)
	}
}

func TestNobodyInBetweenReadsOrChangesAReply(t *testing.T) {
	l := newLab(t)
	studio, serving, between := l.studioBehind()
	laptop := l.host("laptop", "192.168.77.1/24")
	between.begin(passing)
	code, _ := serving.shown()
	laptop.croft("pair", code, relayAddress, "--allow", "answers")
	give(t, tinymodel.Options{Type: gguf.Q8_0, Layers: 4, Embd: 512, Heads: 8, HeadsKV: 2, FF: 2048, Context: 1024, Seed: 3}, laptop, studio)
	want := studio.croft(elsewhere("here")...)
	if r := laptop.ask("--device", "studio", "Where is the marmalade?"); r.Device != "studio" {
		t.Errorf("through a relay, asked %+v", r)
	}
	if got := laptop.croft(elsewhere("studio")...); got != want {
		t.Errorf("through a relay, the reply is\n%q, want\n%q", got, want)
	}
	for text, found := range map[string]bool{
		"croft":     true, // the server's name is the same for all, and in the clear
		"marmalade": false,
		`"token":`:  false, // of each line of a reply
	} {
		if s := between.order("find " + text); s.Found != found || s.Forth == 0 || s.Back == 0 {
			t.Errorf("looking for %q: %+v, want %v", text, s, found)
		}
	}
	for _, order := range []string{"flip", "cut"} {
		asking := laptop.start(elsewhere("studio")...)
		within(t, 10*time.Second, "the reply grows", func() bool { return len(asking.answered()) > len(want)/4 })
		between.order(order)
		asking.ends()
		if got := asking.answered(); got != want {
			t.Errorf("%s: the reply became\n%q, want\n%q", order, got, want)
		}
		if !strings.Contains(asking.printed(), "studio stopped answering; this computer writes instead.") {
			t.Errorf("%s: nobody noticed:\n%s", order, asking.printed())
		}
		t.Logf("%s: the longest silence was %v", order, asking.gap)
	}
	between.begin(posing)
	d := laptop.devices()[0]
	if d.Online || !strings.HasPrefix(d.Problem, "Something else answers at the device's address.") {
		t.Errorf("through somebody with a key of his own, the studio is %+v", d)
	}
	if out := laptop.croft("ledger", "-n", "3"); !strings.Contains(out, "refused: another device") {
		t.Errorf("the ledger does not tell of it:\n%s", out)
	}
	if s := between.order("see"); s.Connections == 0 || s.Forth+s.Back != 0 {
		t.Errorf("the relay with a key of its own has seen %+v", s)
	}
}
