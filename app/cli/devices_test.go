package cli

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"croft/app/devices"
	"croft/app/health"
	"croft/app/lanapi/wire"
)

func TestInvitation(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		want invitation
		bad  string // in the refusal
	}{
		"nothing":       {nil, invitation{}, ""},
		"digits":        {[]string{"483920"}, invitation{code: "483920"}, ""},
		"two groups":    {[]string{"483", "920"}, invitation{code: "483920"}, ""},
		"quoted":        {[]string{"483 920"}, invitation{code: "483920"}, ""},
		"hyphen":        {[]string{"483-920", "192.168.1.20"}, invitation{code: "483920", address: "192.168.1.20"}, ""},
		"port":          {[]string{"483", "920", "192.168.1.20:47301"}, invitation{code: "483920", address: "192.168.1.20:47301"}, ""},
		"IPv6":          {[]string{"483920", "[fd00::1]:47301"}, invitation{code: "483920", address: "[fd00::1]:47301"}, ""},
		"picture":       {[]string{"croft1:ABC"}, invitation{text: "croft1:ABC"}, ""},
		"photo":         {[]string{"Desk/shot.JPG"}, invitation{photo: "Desk/shot.JPG"}, ""},
		"photo, text":   {[]string{"shot.png", "CROFT1:ABC"}, invitation{}, "not both"},
		"photo, code":   {[]string{"483920", "shot.png"}, invitation{}, "says it all"},
		"five digits":   {[]string{"48392"}, invitation{}, "six digits"},
		"letters":       {[]string{"abcdef"}, invitation{}, "six digits"},
		"seven digits":  {[]string{"483", "9201"}, invitation{}, "six digits"},
		"no code":       {[]string{"192.168.1.20"}, invitation{}, "before its address"},
		"two addresses": {[]string{"483920", "192.168.1.20", "192.168.1.21"}, invitation{}, "one address"},
		"both":          {[]string{"483920", "CROFT1:ABC"}, invitation{}, "says it all"},
	} {
		got, err := parseInvitation(&cobra.Command{}, c.args)
		switch {
		case c.bad == "" && (err != nil || got != c.want):
			t.Errorf("%s: %+v, %v", name, got, err)
		case c.bad != "" && (err == nil || !strings.Contains(err.Error(), c.bad)):
			t.Errorf("%s: %v, want %q", name, err, c.bad)
		}
	}
}

func TestRightsAreTyped(t *testing.T) {
	for typed, want := range map[string]decision{
		"":                    {usualRights, true},
		" Yes ":               {usualRights, true},
		"no":                  {},
		"none":                {devices.Rights{}, true},
		"answers":             {devices.Rights{Answers: true}, true},
		"Answers, models":     {devices.Rights{Answers: true, Models: true}, true},
		"models,answers,none": {}, // none is no right among others
	} {
		got, again := understandRights(typed)
		if typed == "models,answers,none" {
			if again == "" {
				t.Errorf("%q was understood as %+v", typed, got)
			}
			continue
		}
		if got != want || again != "" {
			t.Errorf("%q is %+v, %q", typed, got, again)
		}
	}
	for _, r := range []devices.Rights{{}, usualRights, {Models: true}} {
		if back, bad := parseRights(wordsOf(r)); back != r || bad != "" {
			t.Errorf("%+v is written %q and read %+v", r, wordsOf(r), back)
		}
	}
	if r, bad := parseRights("answers,, models"); r != usualRights || bad != "" {
		t.Errorf("commas in a row make it %+v, %q", r, bad)
	}
	for list, want := range map[string]string{"answer": "answer", "answers,none": "none", ",": ","} {
		if r, bad := parseRights(list); bad != want || r != (devices.Rights{}) {
			t.Errorf("%q is %+v, %q", list, r, bad)
		}
	}
}

func TestOneDeviceShowsACode(t *testing.T) {
	if at, err := theOne([]string{"192.168.1.20:47301"}); err != nil || at != "192.168.1.20:47301" {
		t.Error(at, err)
	}
	for shown, want := range map[string]string{"": "No device", "a b": "2 devices show a code: a, b"} {
		if _, err := theOne(strings.Fields(shown)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", shown, err)
		}
	}
}

func mine(id, name string) devices.Device {
	return devices.Device{ID: id + strings.Repeat("0", 64-len(id)), Name: name, Here: usualRights, There: usualRights}
}

func TestDevicesAreNamed(t *testing.T) {
	list := []devices.Device{mine("aaaa1", "Studio PC"), mine("aaaa2", "Studio Mac"), mine("bbbb", "Pi")}
	for name, want := range map[string]string{"pi": "Pi", "PI": "Pi", "studio p": "Studio PC", "aaaa2": "Studio Mac", list[0].ID: "Studio PC"} {
		if d, err := deviceNamed(list, name); err != nil || d.Name != want {
			t.Errorf("%q is %q, %v", name, d.Name, err)
		}
	}
	for name, want := range map[string]string{"studio": "Several", "aaaa": "Several", "aaa": "no device", "": "Several", "x": "no device"} {
		if d, err := deviceNamed(list, name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is %q, %v", name, d.Name, err)
		}
	}
}

func TestModelsOfOthersAreNamed(t *testing.T) {
	a, b := mine("a", "A"), mine("b", "B")
	a.Status.Models = []wire.Model{{ID: "11112222", Name: "Qwen3 0.6B", Quant: "Q4_0"}, {ID: "33334444", Name: "Qwen3 0.6B", Quant: "Q8_0"}}
	b.Status.Models = []wire.Model{{ID: "11112222", Name: "Qwen3 0.6B", Quant: "Q4_0"}, {ID: "55556666", Name: "Llama", Quant: "Q8_0"}}
	list := []devices.Device{a, b}
	for name, want := range map[string]string{"llama": "55556666", "3333": "33334444", "qwen3 0.6b q4_0": "11112222", "q4_0": "11112222"} {
		if m, err := modelOf(list, name); err != nil || m.ID != want {
			t.Errorf("%q is %q, %v", name, m.ID, err)
		}
	}
	for name, want := range map[string]string{"qwen3": "Several models", "gpt": "A, B has no model"} {
		if m, err := modelOf(list, name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is %q, %v", name, m.ID, err)
		}
	}
}

func TestNews(t *testing.T) {
	off, on := mine("a", "Laptop"), mine("a", "Laptop")
	on.Online, on.Addresses = true, []string{"192.168.1.5:47300"}
	renamed, limited, unknown, asleep := on, on, off, off
	renamed.Name = "Old laptop"
	limited.Here = devices.Rights{}
	unknown.Problem = &told{health.Problem{Title: "Not known there", Sentence: "It does not know this device.", Severity: health.Warning}}
	asleep.Problem = &told{health.Problem{Title: "Off", Sentence: "Nobody answers.", Severity: health.Note}}
	list := func(d ...devices.Device) []devices.Device { return d }
	for name, c := range map[string]struct {
		before, now []devices.Device
		want        []string
	}{
		"nothing":  {list(on), list(on), nil},
		"added":    {nil, list(off), []string{"Laptop is one of my devices now. It may do here: answers,models. This device may do there: answers,models."}},
		"removed":  {list(on), nil, []string{"Laptop was removed."}},
		"there":    {list(off), list(on), []string{"Laptop is there, at 192.168.1.5:47300."}},
		"gone":     {list(on), list(asleep), []string{"Laptop is gone: Nobody answers."}},
		"stays so": {list(off), list(asleep), nil},
		"renamed":  {list(on), list(renamed), []string{"Laptop is called Old laptop now."}},
		"limited":  {list(on), list(limited), []string{"Laptop may do here now: none."}},
		"problem":  {list(off), list(unknown), []string{"Laptop: It does not know this device."}},
		"again":    {list(unknown), list(unknown), nil},
	} {
		if got := news(c.before, c.now); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestRefusalsAreJoined(t *testing.T) {
	entries := []devices.Entry{ // the newest first, as the ledger has them
		{ID: 9, Address: "192.168.1.9:1003", Outcome: "refused: a device that is not known"},
		{ID: 8, Address: "192.168.1.7:555", Outcome: "done"},
		{ID: 7, Address: "192.168.1.9:1002", Outcome: "refused: a device that is not known"},
		{ID: 6, Address: "192.168.1.8:1001", Outcome: "refused: the code did not match: type the new code"},
		{ID: 5, Address: "192.168.1.8:47300", Out: true, Outcome: "refused: this device is not known there"},
		{ID: 4, Address: "192.168.1.4:1", Outcome: "refused: told before"},
	}
	want := []string{
		"Turned away 192.168.1.8: The code did not match.",
		"Turned away 192.168.1.9, 2 times: A device that is not known.",
	}
	var got []string
	order, times := refusals(entries, 4)
	for _, r := range order {
		got = append(got, r.line(times[r]))
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestDoctorOnDevices(t *testing.T) {
	found := []devices.Finding{
		{Problem: health.Problem{Sentence: "No multicast.", Next: "Type the address.", Severity: health.Warning}},
		{Device: "Pi", Problem: health.Problem{Sentence: "It is off.", Severity: health.Note}},
	}
	got := deviceReports(found, true)
	if got[0].OK || !got[1].OK || got[1].Found != "Pi: It is off." || got[0].Next != "Type the address." {
		t.Errorf("%+v", got)
	}
	if got := deviceReports(found, false); !got[0].OK {
		t.Errorf("nobody is missed, and %+v", got)
	}
}

func TestStates(t *testing.T) {
	now := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	d := mine("a", "A")
	if got := stateOf(d, now); got != "never seen" {
		t.Error(got)
	}
	for before, want := range map[time.Duration]string{3 * time.Second: "3 s", 5 * time.Minute: "5 min", 30 * time.Hour: "30 h", 72 * time.Hour: "3 days"} {
		if d.Seen = now.Add(-before); stateOf(d, now) != "seen "+want+" ago" {
			t.Errorf("%v: %q", before, stateOf(d, now))
		}
	}
	if d.Online = true; stateOf(d, now) != "online" {
		t.Error(stateOf(d, now))
	}
	if d.Status.Running = 2; stateOf(d, now) != "writing" {
		t.Error(stateOf(d, now))
	}
}

func TestClosedWindowsAreNoTrouble(t *testing.T) {
	if !windowClosed(devices.ErrExpired) || windowClosed(devices.ErrCode) || windowClosed(errors.New("x")) {
		t.Error("a window that closed by itself is not told from trouble")
	}
}
