package ui

import (
	"errors"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"croft/app/chat"
	"croft/app/models"
	"croft/app/settings"
	"croft/app/ui/devicespage"
)

func TestWithoutDevicesNothingSpeaksOfThem(t *testing.T) {
	s := newStage(t, wide, settings.Values{}, chats)
	s.misses("Devices", "Automatic", "This laptop")
	s.shell.turnTo(pageModels)
	s.misses("other devices")
}

func TestDevicesSayWhatTheyAreAndDo(t *testing.T) {
	for _, size := range []fyne.Size{wide, phone} {
		s := newStage(t, size, settings.Values{}, crowded)
		s.tap("Devices")
		s.sees("Heather’s laptop", "this device", "battery 64\u2009%", "Qwen3 4B · Q4_K_M and 2 more", "38\u2009tok/s", "fastest",
			"writing 4, 2 waiting", "Last seen 09:03", "add this device there again", "Not seen yet", "nothing lent",
			"Says it is ready to be added", "to add it, choose “Add a device” there", "not encrypted", "192.168.1.5:11434 · Ollama", "Refuses", "Does not answer")
	}
}

func TestPagesStandInOneOrder(t *testing.T) {
	for devices, want := range map[bool][]pageName{false: {pageModels, pageSettings}, true: {pageDevices, pageModels, pageSettings}} {
		s := newStage(t, wide, settings.Values{}, func(s *stage) {
			if family(s); !devices {
				s.fleet = nil
			}
		})
		for i, page := range want {
			for _, bar := range []*nav{s.shell.rail, s.shell.tabs} {
				if got := bar.items[i+1].page; got != page {
					t.Errorf("devices %v: page %d is %d, want %d", devices, i+2, got, page)
				}
			}
		}
	}
}

func TestDevicesFitIntoATinyWindow(t *testing.T) {
	for _, size := range []fyne.Size{{Width: 300, Height: 360}, {Width: 761, Height: 360}} {
		s := newStage(t, size, settings.Values{TextScale: 1.6}, crowded)
		s.tap("Devices")
		s.tap("Add a device")
		s.sees("works once")
		panel := test.WidgetRenderer(s.Canvas().Overlays().Top().(fyne.Widget)).Objects()[1]
		if end := panel.Position().Add(panel.Size()); end.X > size.Width || end.Y > size.Height || panel.Position().X < 0 || panel.Position().Y < 0 {
			t.Errorf("%v: the panel is at %v to %v", size, panel.Position(), end)
		}
		s.press(fyne.KeyEscape)
		s.tap("Network activity")
		if s.Canvas().Capture().Bounds().Empty() {
			t.Error("nothing was drawn")
		}
		s.tap("Devices")
		s.sees("Mine")
	}
}

func TestDevicesAreWatchedOnlyWhileTheyAreSeen(t *testing.T) {
	s := newStage(t, wide, settings.Values{}, family)
	for range 2 {
		s.tap("Devices")
		s.tap("Devices")
		if s.fleet.watchers != 1 {
			t.Fatalf("%d watch", s.fleet.watchers)
		}
		s.tap("Chat")
		if s.fleet.watchers != 0 {
			t.Fatalf("%d watch although nobody looks", s.fleet.watchers)
		}
	}
	s.tap("Devices")
	s.window.close()
	if s.fleet.watchers != 0 {
		t.Error("the closed window still watches")
	}
}

func TestADeviceIsAddedByShowingACode(t *testing.T) {
	s := newStage(t, wide, settings.Values{}, family)
	s.tap("Devices")
	s.tap("Add a device")
	s.sees("4 8 3 9 2 0", "works once · 1:42 left", "or scan this", "192.168.1.20:47301")
	s.tap("Cancel")
	if s.fleet.closed != 1 {
		t.Fatalf("%d offers were closed, the code of a panel that is gone must not work", s.fleet.closed)
	}
	s.fleet.guest = &scriptedGuest{name: "Tablet"}
	s.tap("Add a device")
	s.sees("Add Tablet?", "What may it do on this device?")
	s.tap("Copy models")
	s.tap("Add")
	if got := s.fleet.guest.granted; len(got) != 1 || got[0] != (devicespage.Rights{Answers: true}) {
		t.Errorf("granted %+v, want answers alone", got)
	}
	s.sees("Tablet is yours now")
	if s.fleet.guest.refused > 0 || s.Canvas().Overlays().Top() != nil {
		t.Errorf("refused %d times, or the panel stays", s.fleet.guest.refused)
	}
}

func TestAGuestWhoIsNotAnsweredIsRefused(t *testing.T) {
	for name, leave := range map[string]func(*stage){
		"no":     func(s *stage) { s.tap("Do not add") },
		"escape": func(s *stage) { s.press(fyne.KeyEscape) },
	} {
		s := newStage(t, phone, settings.Values{}, family)
		s.fleet.guest = &scriptedGuest{name: "Stranger"}
		s.tap("Devices")
		s.tap("Add a device")
		leave(s)
		if s.fleet.guest.refused != 1 || len(s.fleet.guest.granted) != 0 {
			t.Errorf("%s: refused %d times, granted %v", name, s.fleet.guest.refused, s.fleet.guest.granted)
		}
	}
}

func TestADeviceIsAddedByTypingACode(t *testing.T) {
	s := newStage(t, wide, settings.Values{}, family)
	s.tap("Devices")
	s.fleet.refuse = errors.New("the code did not match: type the new code that the other device shows")
	s.tap("Add") // of the device nearby: its address is known
	s.typeIn("111 222")
	s.press(fyne.KeyReturn)
	s.sees("The code did not match")
	s.misses("111 222") // it is spent
	s.fleet.refuse, s.fleet.guest = nil, &scriptedGuest{name: "Studio"}
	s.typeIn("483920")
	s.press(fyne.KeyReturn)
	s.sees("Add Studio?")
	s.tap("Do not add")
	s.tap("Add")
	s.typeIn("croft1:abc")
	s.press(fyne.KeyReturn)
	if got := strings.Join(s.fleet.tried, "; "); got != "192.168.1.30:47301 111 222; 192.168.1.30:47301 483920; croft1:abc" {
		t.Errorf("tried %q", got)
	}
}

func TestAPhotoIsAskedFor(t *testing.T) {
	s := newStage(t, phone, settings.Values{}, family)
	s.tap("Devices")
	s.tap("Add a device")
	s.tap("Type a code")
	s.tap("Scan a photo of the picture")
	s.sees("Choose a photo of the picture")
}

func TestTheOtherSideMayRefuse(t *testing.T) {
	s := newStage(t, wide, settings.Values{}, family)
	s.fleet.guest = &scriptedGuest{name: "Tablet", fail: errors.New("the other device refused")}
	s.tap("Devices")
	s.tap("Add a device")
	s.tap("Add")
	s.sees("Tablet was not added", "The other device refused")
	s.tap("Close")
	if s.fleet.guest.refused != 0 {
		t.Error("it was answered twice")
	}
}

func TestRenameRightsAndRemove(t *testing.T) {
	s := newStage(t, wide, settings.Values{}, family)
	s.tap("Devices")
	s.menuOf("Studio PC")
	s.tap("Rename")
	s.typeIn("Attic")
	s.press(fyne.KeyReturn)
	s.sees("Attic")
	s.menuOf("Attic")
	s.tap("Details and rights")
	s.sees("Qwen3 30B A3B", "19\u2009tok/s", "192.168.1.21:47300", "c0ffee00")
	s.tap("Ask this device")
	s.tap("Close")
	if got := s.fleet.mine[0].Here; got != (devicespage.Rights{Models: true}) {
		t.Errorf("it may %+v", got)
	}
	s.menuOf("Attic")
	s.tap("Remove")
	s.sees("Remove Attic?", "What was copied to it stays there.")
	s.tap("Cancel")
	if len(s.fleet.removed) != 0 {
		t.Fatal("removed although it was cancelled")
	}
	s.menuOf("Attic")
	s.tap("Remove")
	s.tap("Remove")
	s.sees("Attic removed")
	if s.fleet.removed[0] != "c0ffee00aa11" || s.fleet.mine[0].Name == "Attic" {
		t.Errorf("removed %v", s.fleet.removed)
	}
}

func TestWhoHasNoOtherDeviceIsToldWhatOneIsGoodFor(t *testing.T) {
	s := newStage(t, phone, settings.Values{}, func(s *stage) { family(s); s.fleet.mine, s.fleet.nearby = nil, nil })
	s.tap("Devices")
	s.sees("No other device yet", "this device")
	s.misses("fastest", "Nearby")
	s.tap("Add a device")
	s.sees("works once")
}

func TestServersAreAddedByAddressAndMarked(t *testing.T) {
	s := newStage(t, wide, settings.Values{}, family)
	s.tap("Devices")
	s.tap("Add a server")
	s.sees("not encrypted: others on the network can read")
	s.fleet.refuse = errors.New("it is not a private address, and only devices on the same network are spoken to")
	s.typeIn("8.8.8.8:80")
	s.press(fyne.KeyReturn)
	s.sees("It is not a private address")
	s.fleet.refuse = nil
	s.press(fyne.KeyReturn)
	if len(s.fleet.servers) != 1 || s.fleet.servers[0].Name != "8.8.8.8" {
		t.Fatalf("servers are %+v", s.fleet.servers)
	}
	s.sees("8.8.8.8 added", "not encrypted")
	s.tap("Server menu")
	s.tap("Remove")
	s.tap("Remove")
	if len(s.fleet.servers) != 0 {
		t.Error("the server is still there")
	}
}

func TestNetworkActivityIsShown(t *testing.T) {
	s := newStage(t, phone, settings.Values{}, spoken)
	s.tap("Devices")
	s.tap("Network activity")
	s.sees("2.5\u2009GB in, 12\u2009MB out", "Today", "Unknown device", "refused: a device that is not mine", "14:03 · reply")
	before := strings.Count(s.seen(), " in, ")
	s.tap("Show older")
	if after := strings.Count(s.seen(), " in, "); after != before+30 {
		t.Errorf("%d lines, then %d", before, after)
	}
	if s.find("Show older") != nil {
		t.Error("there is nothing older")
	}
	s.tap("Device")
	s.tap("Pixel 9")
	s.misses("Unknown device")
	s.back()
	s.sees("Mine")
	s.back()
	if s.shell.page != pageChat {
		t.Error("the second step back does not lead to the chats")
	}
}

func TestAMissingDeviceIsExplained(t *testing.T) {
	s := newStage(t, wide, settings.Values{}, family)
	s.tap("Devices")
	s.tap("A device is missing?")
	s.sees("A VPN is in between", "Turn the VPN off", "Type the other device's address")
	s.tap("Close")
	s.fleet.findings = nil
	s.tap("A device is missing?")
	s.sees("Nothing stands in the way")
}

func TestTheChooserOffersDevices(t *testing.T) {
	s := newStage(t, wide, settings.Values{}, family)
	id := s.newest()
	set := func() chat.Settings {
		doc, err := s.chats.Load(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		return doc.Settings
	}
	s.sees("Qwen3 4B · Automatic")
	s.tap("Model")
	s.sees("where the answer comes soonest", "Q4_K_M · on Studio PC · 19\u2009tok/s", "does not answer now")
	s.tap("Studio PC")
	s.sees("Qwen3 4B · Studio PC")
	if set().Device != "c0ffee00aa11" {
		t.Errorf("settings are %+v", set())
	}
	s.tap("Model")
	s.tap("Qwen3 30B A3B") // only there
	s.sees("Qwen3 30B A3B · Studio PC")
	s.tap("Model")
	s.tap("This computer") // which does not have it
	s.sees("Qwen3 4B · This computer")
	if got := set(); got.Model != "" || got.Device != chat.Here {
		t.Errorf("settings are %+v", got)
	}
	s.tap("Model")
	s.tap("Qwen3 30B A3B")
	if got := set(); got.Model != "ff" || got.Device != "" {
		t.Errorf("settings are %+v, want the device left open", got)
	}
	s.fleet.mine = nil
	for _, f := range s.fleet.followers {
		f()
	}
	s.sees("Qwen3 4B")
	s.misses("Automatic")
}

func TestRepliesSayWhereTheyRan(t *testing.T) {
	s := newStage(t, wide, settings.Values{}, travelled)
	s.sees("Studio PC · Qwen3 4B · 38\u2009tok/s", "Studio PC answers in about 2 s, this computer in 9 s.",
		"It began on Studio PC and was carried on by Heather’s laptop.")
	s.begin(func(m *chat.Message) { m.Progress = chat.Progress{Device: "Studio PC", Place: 3} })
	s.sees("Studio PC is busy; 2 replies come before yours")
	for _, c := range []struct {
		progress chat.Progress
		want     string
	}{
		{chat.Progress{Device: "Studio PC", Place: 1}, "yours is next"},
		{chat.Progress{Device: "Studio PC", Place: 2}, "one reply comes before yours"},
		{chat.Progress{Device: "Studio PC", Loading: 0.4}, "Studio PC is loading Qwen3 4B"},
		{chat.Progress{Device: "Studio PC"}, "Studio PC is reading your message"},
		{chat.Progress{Place: 1}, "This computer is busy"},
		{chat.Progress{Loading: 0.4}, "Loading Qwen3 4B"},
		{chat.Progress{}, "Reading your message"},
	} {
		s.chats.write(s.newest(), func(m *chat.Message) { m.Progress = c.progress })
		s.sees(c.want)
	}
	where := func(device string) func(*chat.Message) {
		return func(m *chat.Message) {
			m.State, m.Text, m.Stats = chat.Writing, m.Text+"more ", &chat.Stats{Device: device}
		}
	}
	s.chats.write(s.newest(), where("Cupboard"))
	s.sees("Cupboard")
	s.chats.write(s.newest(), where("Attic")) // it moves
	s.sees("Attic", "more more")
	s.misses("Cupboard")
}

func TestACutReplyIsContinued(t *testing.T) {
	for state, name := range map[chat.State]string{chat.Failed: "failed", chat.Interrupted: "interrupted", chat.Stopped: "stopped"} {
		m := reply("Half a sentence")
		m.State, m.Error = state, errors.New("it went away")
		s := newStage(t, wide, settings.Values{}, func(s *stage) {
			library(s)
			s.chats.add("x", 0, false, user("Why?"), m)
		})
		s.sees("Half a sentence")
		s.tap("Continue")
		if len(s.chats.continued) != 1 {
			t.Errorf("%s: continued %v", name, s.chats.continued)
		}
		s.sees("Half a sentence")
		if s.find("Continue") != nil {
			t.Errorf("%s: it is being continued and can be once more", name)
		}
	}
	m := reply("")
	m.State, m.Error = chat.Failed, errors.New("it went away")
	s := newStage(t, wide, settings.Values{}, func(s *stage) { library(s); s.chats.add("x", 0, false, user("Why?"), m) })
	if s.find("Continue") != nil {
		t.Error("nothing was written that could be continued")
	}
}

func TestAModelIsCopiedFromADevice(t *testing.T) {
	s := newStage(t, wide, settings.Values{}, func(s *stage) { family(s); s.models.here = s.models.here[1:] })
	s.tap("Models")
	s.sees("On your other devices", "Q4_K_M · 2.5\u2009GB · on Studio PC", "too big here", "a chat can use it where it is")
	s.fleet.copying = func(progress func(models.CopyProgress)) {
		progress(models.CopyProgress{Done: 1.4e9, Total: 2.5e9, BytesPerSecond: 86e6, Left: 12 * time.Second})
		s.sees("1.4\u2009GB of 2.5\u2009GB", "86\u2009MB/s", "12\u2009s left")
		if s.find("Copy to this computer") != nil {
			t.Error("it is being copied and can be once more")
		}
	}
	s.fleet.refuse = errors.New("the device went away")
	s.tap("Copy to this computer")
	s.sees("The device went away")
	s.fleet.refuse = nil
	s.tap("Copy to this computer")
	s.sees("Copied is ready")
	s.misses("The device went away")
	if got := strings.Join(s.fleet.copied, " "); got != "aa aa" {
		t.Errorf("copied %q", got)
	}
	s.fleet.mine[0].There.Models = false
	for _, f := range s.fleet.followers {
		f()
	}
	s.misses("On your other devices")
}

func TestADeviceStandsInForALibraryThatIsEmpty(t *testing.T) {
	s := newStage(t, wide, settings.Values{}, func(s *stage) { family(s); s.models.here, s.chats.chats = nil, map[chat.ID]*chat.Transcript{} })
	s.sees("Best model · Automatic", "What you write stays on your devices")
	s.typeIn("Hello")
	s.press(fyne.KeyReturn)
	s.sees("Hello", "Reading your message")
}

func TestTheStarterGivesWayToALargerModelElsewhere(t *testing.T) {
	s := newStage(t, wide, settings.Values{}, func(s *stage) { family(s); fresh(s) })
	s.window.chats.NewChat()
	s.sees("Best model · Automatic")
	s.misses("The small starter")
	s.tap("Model")
	s.tap("This computer")
	s.sees("Starter · This computer", "The small starter")
	s.tap("Model")
	s.tap("Automatic")
	s.tap("Model")
	s.tap("Starter")
	s.sees("Starter · Automatic")
	s.tap("Model")
	s.tap("Best model")
	s.sees("Best model · Automatic")
	s.fleet.mine = s.fleet.mine[1:2] // which has nothing but its own starter
	for _, f := range s.fleet.followers {
		f()
	}
	s.sees("Starter · Automatic")
}
