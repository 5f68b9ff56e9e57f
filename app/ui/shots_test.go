package ui

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"croft/app/chat"
	"croft/app/models"
	"croft/app/settings"
)

// TestShots draws every state. The pictures go into the folder that CROFT_SHOTS names, in both sizes and themes;
// without one, each state is drawn once and looked at by the test alone.
func TestShots(t *testing.T) {
	dir := os.Getenv("CROFT_SHOTS")
	themes, sizes := []settings.Theme{settings.Light, settings.Dark}, map[string]fyne.Size{"wide": wide, "phone": phone}
	if dir == "" {
		dir = t.TempDir()
		themes, sizes = themes[:1], map[string]fyne.Size{"phone": phone}
	}
	only := os.Getenv("CROFT_SCENES") // names, separated by commas; all when empty
	for _, s := range append(scenes(), deviceScenes()...) {
		if only != "" && !slices.Contains(strings.Split(only, ","), s.name) {
			continue
		}
		for _, theme := range themes {
			for name, size := range sizes {
				path := filepath.Join(dir, fmt.Sprintf("%s-%s-%s.png", s.name, name, theme))
				shoot(t, path, s, size, settings.Values{Theme: theme, TextScale: s.scale})
			}
		}
	}
}

type scene struct {
	name    string
	scale   float32
	prepare func(*stage)
	act     func(*stage)
}

func shoot(t *testing.T, path string, s scene, size fyne.Size, v settings.Values) {
	t.Helper()
	st := newStage(t, size, v, s.prepare)
	if s.act != nil {
		s.act(st)
	}
	picture := st.frozen
	if picture == nil {
		picture = st.picture()
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, picture); err != nil {
		t.Fatal(err)
	}
	if fi, _ := f.Stat(); fi.Size() < 5000 {
		t.Errorf("%s: the picture is almost empty", path)
	}
}

// picture draws the window finely.
func (s *stage) picture() image.Image {
	type scaled interface{ SetScale(float32) }
	if c, ok := s.Canvas().(scaled); ok {
		c.SetScale(1.5)
	}
	s.redrawIcons()
	return s.Canvas().Capture()
}

const photos = "A short shell loop does it. It reads the date from each photo and keeps the ending; nothing is overwritten.\n\n" +
	"```sh\nfor f in *.jpg; do\n  d=$(exiftool -d %Y-%m-%d_%H-%M-%S \\\n      -DateTimeOriginal -s3 \"$f\")\n  mv -n \"$f\" \"$d.jpg\"\ndone\n```\n\n" +
	"Try it on a copy of the folder first: **mv -n** skips a file whose new name exists."

const rich = `## What to plant after the last frost

Beans like warm soil. *Wait* until nights stay above **10 °C**, then sow in rows. Use ` + "`" + `bed.plan` + "`" + ` from [the plan](https://example.org/plan), or the one below.

1. Loosen the soil, a spade deep.
2. Sow every 15 cm:
   - bush beans in front
   - climbing beans at the poles
3. Water gently.

> A late frost takes everything. Keep a fleece at hand.

| Plant | Sow | Distance | Days |
|---|---|---:|---:|
| Bush bean | mid May | 15 cm | 60 |
| Climbing bean | late May | 30 cm | 75 |
| Courgette | under glass in April, outside from mid May | 90 cm | 55 |

- [x] order seeds
- [ ] mend the water butt

---

More: https://example.org/beans and ~~last year's notes~~.`

func library(s *stage) {
	small := qwen()
	small.ID, small.Name, small.Quant, small.SizeBytes, small.Default, small.Loaded = "bb", "Qwen3 0.6B", "Q8_0", 639e6, false, false
	small.NeedsBytes, small.MeasuredTPS = 0.9e9, 121
	big := models.Model{
		ID: "cc", Name: "Mistral Small 24B Instruct 2506", Source: "LM Studio", Quant: "Q4_K_M", SizeBytes: 14.3e9, NeedsBytes: 15.8e9,
		ContextHere: 4096, Fit: models.TooBig, Why: "It needs 15.8 GB of memory and 9.1 GB are free.", Path: "/home/me/.lmstudio/models/mistral.gguf",
	}
	broken := models.Model{ID: "dd", Name: "notes-backup", Owned: true, SizeBytes: 21e6, Problem: "The file ends in the middle of its header; it was probably not downloaded to its end."}
	s.models.here = []models.Model{qwen(), small, big, broken}
	s.models.found = []models.Model{
		{Name: "Llama 3.2 1B Instruct", Source: "Ollama", Quant: "Q4_0", SizeBytes: 770e6, ContextHere: 16384, NeedsBytes: 1.2e9, Fit: models.Fits, Path: "/x/llama"},
		{Name: "Gemma 3 27B", Source: "Jan", Quant: "Q4_K_M", SizeBytes: 16.5e9, Fit: models.TooBig, Why: "It needs 18 GB of memory and 9.1 GB are free.", Path: "/x/gemma"},
	}
}

// starter is the model that comes with Croft, as it is before there is another one.
func starter() models.Model {
	return models.Model{
		ID: "ee", Name: "Starter", Path: "/home/me/.local/share/croft/models/ee", Source: "comes with Croft", Owned: true, Starter: true,
		Quant: "Q8_0", SizeBytes: 16.9e6, ContextHere: 2048, NeedsBytes: 60e6, Fit: models.Fits, Default: true,
	}
}

// fresh is a device on which Croft was started for the first time.
func fresh(s *stage) {
	m := starter()
	s.models.starter, s.models.here = &m, []models.Model{m}
	s.models.suggested = models.Catalogue()[:4]
	for i := range s.models.suggested {
		s.models.suggested[i].NeedsBytes = s.models.suggested[i].SizeBytes + 1.1e9
	}
}

// furnished has a starter beside other models.
func furnished(s *stage) {
	fresh(s)
	m := starter()
	m.Default = false
	library(s)
	s.models.here = append(s.models.here, m)
	s.models.suggested = s.models.suggested[:1]
}

func chats(s *stage) {
	library(s)
	day := 24 * time.Hour
	s.chats.add("Garden plan", 2*day, true, user("Beans?"), reply("Beans after the last frost, then courgettes beside the shed."))
	thought := reply(photos)
	thought.Thinking, thought.Thought = "The person wants a loop.\nexiftool can read the date.", 4*time.Second
	thought.Branch, thought.Branches = 2, 2
	s.chats.add("Rename photos by date", time.Minute, false, user("How do I rename all photos in a folder to the date they were taken?"), thought,
		user("And how do I undo it?"), reply("Keep a list of the old names while you rename: write both names to **renamed.txt**, then walk the list backwards."))
	s.chats.add("What did the plumber say?", 3*time.Hour, false, user("x"), reply("The valve is worn but holds until March."))
	s.chats.add("Train times, Saturday", 30*time.Hour, false, user("x"), reply("The 9:14 is direct, the 9:32 is not."))
	s.chats.add("Letter to the landlord", 5*day, false, user("x"), reply("Dear Mr Hill, the heating in the bathroom has been cold since Monday."))
	s.chats.add("", 40*day, false)
	for _, c := range s.chats.chats {
		c.ContextMax, c.ContextUsed = 32768, 11141
	}
}

// streaming leaves the newest chat in the middle of a reply.
func streaming(thinking, text string, state chat.State) func(*stage) {
	return func(s *stage) {
		id := s.newest()
		_ = s.chats.Send(context.Background(), id, "And if two photos were taken in the same second?")
		s.chats.write(id, func(m *chat.Message) { m.State, m.Thinking, m.Text = state, thinking, text })
	}
}

func scenes() []scene {
	open := func(s *stage) { s.ShowConversation(true) }
	openThen := func(f func(*stage)) func(*stage) {
		return func(s *stage) { open(s); f(s) }
	}
	return []scene{
		{name: "chat", prepare: chats, act: open},
		{name: "list", prepare: chats},
		{name: "streaming", prepare: chats, act: openThen(streaming("", "Then the second would overwrite the first, if -n did not prevent it. Add a counter to the", chat.Writing))},
		{name: "thinking", prepare: chats, act: openThen(streaming("Two photos in one second would get the same name, so", "", chat.Writing))},
		{name: "waiting", prepare: chats, act: openThen(streaming("", "", chat.Waiting))},
		{name: "markdown", prepare: func(s *stage) { chats(s); s.chats.add("Beans", 0, false, user("What now?"), reply(rich)) }, act: open},
		{name: "failed", prepare: func(s *stage) {
			chats(s)
			m := reply("It starts well, and")
			m.State, m.Error = chat.Failed, errors.New("the model file cannot be read any more")
			s.chats.add("Broken off", 0, false, user("Tell me of crofts."), m)
		}, act: open},
		{name: "context-full", prepare: func(s *stage) {
			chats(s)
			m := reply("The last thing that fits is this sentence, and then the")
			m.Stats.Reason = "context"
			id := s.chats.add("A very long chat", 0, false, user("Go on."), m)
			s.chats.chats[id].ContextUsed, s.chats.chats[id].ContextMax = 4090, 4096
		}, act: open},
		{name: "new", prepare: library, act: func(s *stage) { s.window.chats.NewChat() }},
		{name: "search", prepare: chats, act: func(s *stage) { s.window.chats.Search(); s.typeIn("the") }},
		{name: "starter", prepare: fresh},
		{name: "starter-models", prepare: fresh, act: func(s *stage) { s.shell.turnTo(pageModels) }},
		{name: "starter-gone", prepare: func(s *stage) { furnished(s); s.models.here = []models.Model{qwen()} }, act: func(s *stage) { s.shell.turnTo(pageModels) }},
		{name: "models", prepare: furnished, act: func(s *stage) { s.shell.turnTo(pageModels) }},
		{name: "first-start", prepare: func(s *stage) { furnished(s); s.models.here = nil }},
		{name: "first-start-bare", prepare: func(s *stage) { fresh(s); s.models.here = nil }},
		{name: "settings", prepare: chats, act: func(s *stage) { s.shell.turnTo(pageSettings) }},
		{name: "large-text", scale: 1.6, prepare: chats, act: open},
		{name: "large-starter", scale: 1.6, prepare: fresh},
		{name: "large-models", scale: 1.6, prepare: furnished, act: func(s *stage) { s.shell.turnTo(pageModels) }},
		{name: "scripts", prepare: scripts, act: open},
		{name: "menu", prepare: chats, act: func(s *stage) { open(s); s.tap("Model") }},
		{name: "tune", prepare: chats, act: func(s *stage) { open(s); s.tap("Chat menu"); s.tap("Chat settings") }},
		{name: "delete", prepare: chats, act: func(s *stage) { s.shell.turnTo(pageModels); s.tap("Model menu"); s.tap("Delete") }},
	}
}

// scripts has text that is hard to set.
func scripts(s *stage) {
	library(s)
	s.chats.add("東京の天気と、とても長い題名がここに入ると省略されるはずです", 0, false,
		user("東京の天気はどうですか。明日は雨が降るかもしれないので、傘を持って行ったほうがいいでしょうか。"),
		reply("明日の東京は**雨のち曇り**です。傘をお持ちください。\n\nمرحبا بالعالم، هذا نص عربي يُكتب من اليمين إلى اليسار.\n\nשלום עולם, זה טקסט בעברית.\n\nEmoji: 🌱🏡 and "+strings.Repeat("Donaudampfschifffahrtsgesellschaft", 6)+" ends.\n\n`"+strings.Repeat("a_long_identifier_", 9)+"`"))
	for _, c := range s.chats.chats {
		c.ContextMax, c.ContextUsed = 4096, 300
	}
}
