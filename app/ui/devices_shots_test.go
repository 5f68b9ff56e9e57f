package ui

import (
	"context"
	"errors"
	"time"

	"croft/app/chat"
	"croft/app/models"
)

// deviceScenes are the states of the page of devices, and what devices bring to the other pages.
func deviceScenes() []scene {
	turn := func(s *stage) { s.shell.turnTo(pageDevices) }
	then := func(names ...string) func(*stage) {
		return func(s *stage) {
			turn(s)
			for _, name := range names {
				s.tap(name)
			}
		}
	}
	alone := func(s *stage) { family(s); s.fleet.mine, s.fleet.nearby = nil, nil }
	return []scene{
		{name: "devices", prepare: family, act: turn},
		{name: "devices-empty", prepare: alone, act: turn},
		{name: "devices-crowded", prepare: crowded, act: turn},
		{name: "devices-large", scale: 1.6, prepare: crowded, act: turn},
		{name: "devices-code", prepare: family, act: then("Add a device")},
		{name: "devices-no-code", prepare: func(s *stage) {
			family(s)
			s.fleet.refuse = errors.New("this device is on no network of its own: connect it to the same network as the other one")
		}, act: then("Add a device")},
		{name: "devices-join", prepare: family, act: then("Add")},
		{name: "devices-join-failed", prepare: func(s *stage) {
			family(s)
			s.fleet.refuse = errors.New("the code did not match: type the new code that the other device shows")
		}, act: func(s *stage) { then("Add")(s); s.typeIn("483 921"); s.tap("Add") }},
		{name: "devices-ask", prepare: func(s *stage) {
			family(s)
			s.fleet.guest = &scriptedGuest{name: "Heather’s tablet"}
		}, act: then("Add a device")},
		{name: "devices-details", prepare: family, act: func(s *stage) { turn(s); s.menuOf("Studio PC"); s.tap("Details and rights") }},
		{name: "devices-menu", prepare: family, act: func(s *stage) { turn(s); s.menuOf("Studio PC") }},
		{name: "devices-remove", prepare: family, act: func(s *stage) { turn(s); s.menuOf("Studio PC"); s.tap("Remove") }},
		{name: "devices-server", prepare: family, act: then("Add a server")},
		{name: "devices-missing", prepare: family, act: then("A device is missing?")},
		{name: "devices-activity", prepare: spoken, act: then("Network activity")},
		{name: "chat-where", prepare: travelled, act: func(s *stage) { s.ShowConversation(true) }},
		{name: "chat-chooser", prepare: travelled, act: func(s *stage) { s.ShowConversation(true); s.tap("Model") }},
		{name: "chat-queue", prepare: travelled, act: func(s *stage) {
			s.ShowConversation(true)
			s.begin(func(m *chat.Message) {
				m.State, m.Progress = chat.Waiting, chat.Progress{Device: "Studio PC", Place: 3}
			})
		}},
		{name: "chat-loading", prepare: travelled, act: func(s *stage) {
			s.ShowConversation(true)
			s.begin(func(m *chat.Message) {
				m.State, m.Progress = chat.Waiting, chat.Progress{Device: "Studio PC", Loading: 0.4}
			})
		}},
		{name: "chat-elsewhere", prepare: travelled, act: func(s *stage) {
			s.ShowConversation(true)
			s.begin(func(m *chat.Message) {
				m.State, m.Text, m.Stats = chat.Writing, "Then the second would overwrite the first, if -n did not", &chat.Stats{Device: "Studio PC", Model: "Qwen3 4B"}
			})
		}},
		{name: "chat-cut", prepare: func(s *stage) {
			family(s)
			m := reply("It starts well, and then the")
			m.State, m.Error = chat.Failed, errors.New("Studio PC went away and no other device can go on")
			m.Stats.Device = "Studio PC"
			s.chats.add("Broken off", 0, false, user("Tell me of crofts."), m)
		}, act: func(s *stage) { s.ShowConversation(true) }},
		{name: "new-devices", prepare: family, act: func(s *stage) { s.window.chats.NewChat() }},
		{name: "models-devices", prepare: family, act: func(s *stage) { s.shell.turnTo(pageModels) }},
		{name: "models-copy", prepare: func(s *stage) {
			family(s)
			s.models.here = s.models.here[1:]
			s.fleet.copying = func(progress func(models.CopyProgress)) {
				progress(models.CopyProgress{Done: 1.4e9, Total: 2.5e9, BytesPerSecond: 86e6, Left: 12 * time.Second, From: []string{"Studio PC"}})
				s.frozen = s.picture()
			}
		}, act: func(s *stage) { s.shell.turnTo(pageModels); s.tap("Copy to this computer") }},
		{name: "devices-silent", prepare: family, act: then("Network activity")},
	}
}

// menuOf opens the menu of a device.
func (s *stage) menuOf(name string) {
	s.t.Helper()
	for i, d := range s.fleet.mine {
		if d.Name == name {
			s.tapNth("Device menu", i)
			return
		}
	}
	s.t.Fatalf("no device is called %q", name)
}

// travelled has a reply that ran elsewhere and moved.
func travelled(s *stage) {
	family(s)
	moved := reply("Keep a list of the old names while you rename: write both names to **renamed.txt**, then walk the list backwards.")
	moved.Stats.Device, moved.Stats.Moved = "Heather’s laptop", []string{"Studio PC"}
	moved.Stats.TokensPerSecond, moved.Stats.Total = 21, 4*time.Second
	elsewhere := reply("A short loop does it; it reads the date from each photo.")
	elsewhere.Stats.Device, elsewhere.Stats.Why = "Studio PC", "Studio PC answers in about 2 s, this computer in 9 s."
	s.chats.add("Rename photos", 0, false, user("How do I rename photos?"), elsewhere, user("And how do I undo it?"), moved)
	for _, c := range s.chats.chats {
		c.ContextMax, c.ContextUsed = 32768, 11141
	}
}

// begin sends a message and makes the reply look like this.
func (s *stage) begin(f func(*chat.Message)) {
	id := s.newest()
	_ = s.chats.Send(context.Background(), id, "And if two photos were taken in the same second?")
	s.chats.write(id, f)
}
