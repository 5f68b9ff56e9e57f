package chat

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"croft/engine"
	"croft/storage"
)

// cutOff sends a message whose reply ends as state after pieces, and returns the chat and the reply.
func cutOff(t *testing.T, b *bench, state State, pieces ...string) (ID, Message) {
	t.Helper()
	id := b.create(t)
	b.model.pieces = pieces
	switch state {
	case Failed:
		b.model.err = errors.New("the cable was pulled")
	case Stopped:
		b.model.gate = make(chan struct{}, len(pieces))
		b.model.pieces = append(slices.Clone(pieces), "more")
		for range pieces {
			b.model.gate <- struct{}{}
		}
	}
	b.send(t, id, "hi")
	if state == Stopped {
		b.until(t, "it is written so far", func() bool {
			m := last(b.load(t, id))
			return strings.HasSuffix(strings.Join(pieces, ""), m.Text) && m.Text != ""
		})
		b.Stop(id)
	}
	m := last(b.settled(t, id))
	b.model.err, b.model.gate = nil, nil
	if m.State != state {
		t.Fatalf("it ended as %s, want %s", m.State, state)
	}
	return id, m
}

func TestContinueGoesOnInPlace(t *testing.T) {
	for _, state := range []State{Stopped, Failed} {
		t.Run(string(state), func(t *testing.T) {
			b := open(t, t.TempDir(), saying())
			id, before := cutOff(t, b, state, "Half a ", "sentence")
			b.model.pieces = []string{", and the ", "rest."}
			if err := b.Continue(t.Context(), id, before.ID); err != nil {
				t.Fatal(err)
			}
			doc := b.settled(t, id)
			m := last(doc)
			if m.ID != before.ID || m.State != Complete || m.Text != "Half a sentence, and the rest." || m.Branches != 1 || len(doc.Messages) != 2 || m.Error != nil {
				t.Errorf("%+v", m)
			}
			if r := b.model.requests[1]; r.Begin != "Half a sentence" || len(b.model.asked(t)) != 1 {
				t.Errorf("asked for %q after %q", b.model.asked(t), r.Begin)
			}
			if m.Stats.Total <= before.Stats.Total || m.Stats.FirstToken != before.Stats.FirstToken {
				t.Errorf("%+v after %+v", m.Stats, before.Stats)
			}
		})
	}
}

// A reply that is carried on and fails again has lost nothing, and can be carried on again.
func TestContinueLosesNothing(t *testing.T) {
	b := open(t, t.TempDir(), saying())
	id, m := cutOff(t, b, Failed, "<think>so</think>", "One, ")
	for _, next := range []string{"two, ", "three."} {
		b.model.useErr = errors.New("nobody is there")
		if err := b.Continue(t.Context(), id, m.ID); err != nil {
			t.Fatal(err)
		}
		if now := last(b.settled(t, id)); now.State != Failed || now.Text != m.Text || now.Thinking != "so" || now.Stats.ReplyTokens < m.Stats.ReplyTokens {
			t.Fatalf("%+v, want %q", now, m.Text)
		}
		b.model.useErr, b.model.pieces, b.model.err = nil, []string{" " + next}, errors.New("cut")
		if err := b.Continue(t.Context(), id, m.ID); err != nil {
			t.Fatal(err)
		}
		m = last(b.settled(t, id))
	}
	if m.Text != "One, two, three." || m.State != Failed || m.Thinking != "so" {
		t.Errorf("%q %q %s", m.Thinking, m.Text, m.State)
	}
	if begin := b.model.requests[2].Begin; begin != "<think>\nso\n</think>\n\nOne, two," {
		t.Errorf("it began with %q", begin)
	}
}

func TestContinueInMidThought(t *testing.T) {
	b := open(t, t.TempDir(), saying())
	b.model.facts.Template = loop + "assistant: <think>\n"
	id, m := cutOff(t, b, Failed, "I wonder")
	if m.Thinking != "I wonder" || m.Text != "" {
		t.Fatalf("%+v", m)
	}
	b.model.pieces = []string{" why</think>", "Because."}
	if err := b.Continue(t.Context(), id, m.ID); err != nil {
		t.Fatal(err)
	}
	if m = last(b.settled(t, id)); m.Thinking != "I wonder why" || m.Text != "Because." || b.model.requests[1].Begin != "I wonder" {
		t.Errorf("%q %q after %q", m.Thinking, m.Text, b.model.requests[1].Begin)
	}
}

func TestContinueRefuses(t *testing.T) {
	b := open(t, t.TempDir(), saying("whole"))
	id := b.create(t)
	b.send(t, id, "hi")
	doc := b.settled(t, id)
	other, cut := cutOff(t, b, Failed, "half")
	b.send(t, other, "and then?")
	b.settled(t, other)
	empty, nothing := cutOff(t, b, Failed)
	for name, c := range map[string]struct {
		chat, reply ID
		want        error
	}{
		"a whole one":       {id, doc.Messages[1].ID, ErrWhole},
		"a person's":        {id, doc.Messages[0].ID, storage.ErrNotFound},
		"of another chat":   {id, cut.ID, storage.ErrNotFound},
		"not the last":      {other, cut.ID, ErrWhole},
		"not begun":         {empty, nothing.ID, ErrWhole},
		"that is not there": {id, 999, storage.ErrNotFound},
	} {
		if err := b.Continue(t.Context(), c.chat, c.reply); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	if now := b.load(t, other); now.Messages[1].Text != "half" || now.Writing {
		t.Errorf("%+v", now.Messages[1])
	}
}

// Where a reply is written, why there, and who was left on the way is seen while it grows, and kept.
func TestWhereIsKept(t *testing.T) {
	model := saying(slices.Repeat([]string{"word "}, 20)...)
	model.where = Where{Device: "Laptop", ID: "cd", Why: "Studio PC stopped answering; Laptop writes instead.", Moved: []string{"Studio PC", "Pixel"}}
	dir := t.TempDir()
	b := open(t, dir, model)
	if err := b.store.AddModel(t.Context(), storage.Model{ID: model.facts.ID, Name: "Scripted", Path: "x"}); err != nil {
		t.Fatal(err)
	}
	id, err := b.Create(t.Context(), Settings{Model: "m", Device: "cd"})
	if err != nil {
		t.Fatal(err)
	}
	b.send(t, id, strings.Repeat("four", 100))
	want := last(b.settled(t, id)).Stats
	if want.Device != "Laptop" || want.Why != model.where.Why || !slices.Equal(want.Moved, model.where.Moved) {
		t.Errorf("%+v", want)
	}
	if w := model.wants[0]; w.Model != "m" || w.Device != "cd" || w.Prompt < 100 || w.Prompt > 120 {
		t.Errorf("wanted %+v", w)
	}
	if speeds, err := b.store.MedianSpeeds(t.Context()); err != nil || len(speeds) != 0 {
		t.Errorf("the speed of another device was taken for this one's: %v %v", speeds, err)
	}
	b.close()
	b = open(t, dir, model)
	doc := b.load(t, id)
	if got := last(doc).Stats; !reflect.DeepEqual(got, want) || doc.Settings.Device != "cd" {
		t.Errorf("after a restart %+v, want %+v; %q", got, want, doc.Settings.Device)
	}
	model.where = Where{}
	b.send(t, id, "here now")
	if got := last(b.settled(t, id)).Stats; got.Device != "This laptop" || got.Why != "" || got.Moved != nil {
		t.Errorf("%+v", got)
	}
	if speeds, err := b.store.MedianSpeeds(t.Context()); err != nil || len(speeds) != 1 {
		t.Errorf("the speed here: %v %v", speeds, err)
	}
}

func TestProgressIsShownWhileWaiting(t *testing.T) {
	model := saying("Hi")
	model.waits = []Progress{{Device: "Studio PC", Place: 3}, {Device: "Studio PC", Loading: 0.5}}
	model.gate = make(chan struct{})
	b := open(t, t.TempDir(), model)
	var mu sync.Mutex
	var seen []Progress
	defer b.Watch(func(u Update) {
		mu.Lock()
		defer mu.Unlock()
		if u.Reply != nil {
			seen = append(seen, u.Reply.Progress)
		}
	})()
	id := b.create(t)
	b.send(t, id, "hi")
	b.until(t, "the wait is shown", func() bool { return last(b.load(t, id)).Progress == model.waits[1] })
	b.until(t, "the wait is told", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return slices.Contains(seen, model.waits[1])
	})
	close(model.gate)
	if m := last(b.settled(t, id)); m.Progress != (Progress{}) || m.State != Complete {
		t.Errorf("%+v", m)
	}
	b.close()
	mu.Lock()
	defer mu.Unlock()
	if seen[len(seen)-1] != (Progress{}) {
		t.Errorf("told %+v", seen)
	}
}

// The question of a Want is answered with where it ran.
func TestAskSaysWhere(t *testing.T) {
	model := saying("Hi")
	model.where = Where{Device: "Studio PC", ID: "ab", Why: "Only Studio PC can use it."}
	model.waits = []Progress{{Device: "Studio PC", Loading: 0.5}}
	b := open(t, t.TempDir(), model)
	var loads []float64
	var stats *Stats
	for a, err := range b.Ask(t.Context(), Question{Settings: Settings{Device: "ab"}, Text: "hi"}, func(share float64) { loads = append(loads, share) }) {
		if err != nil {
			t.Fatal(err)
		}
		stats = a.Stats
	}
	if stats == nil || stats.Device != "Studio PC" || stats.Why != model.where.Why || !slices.Equal(loads, []float64{0.5}) || model.wants[0].Device != "ab" {
		t.Errorf("%+v, loading %v, wanted %+v", stats, loads, model.wants)
	}
	if stats.Reason != string(engine.Stop) {
		t.Errorf("%+v", stats)
	}
}
