package router

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"croft/app/chat"
	"croft/app/health"
	"croft/app/lanapi/wire"
	"croft/engine"
	"croft/engine/sample"
)

var requests = map[string]engine.Request{
	"greedy": {Conversation: question("Hello"), ReplyMax: 12, IgnoreEnd: true},
	"seeded": {Conversation: question("Tell me a story ✓"), ReplyMax: 24, Sampling: sample.Settings{Temperature: 1.2, TopP: 0.95, RepeatPenalty: 1.1, Seed: 11}},
	"other":  {Conversation: question("And then?"), ReplyMax: 16, Sampling: sample.Settings{Temperature: 2, Seed: 5}, Stop: []string{"zz", "é"}},
	"begun":  {Conversation: question("Once"), ReplyMax: 20, Begin: "upon a ", Sampling: sample.Settings{Temperature: 1, Seed: 3}},
}

// A device that is killed at any token loses no character and doubles none: another one says what it would have said.
func TestKilledAtEveryToken(t *testing.T) {
	f := openTiny(t, "aa", 7)
	first, second := newPeer(t, "Studio PC", f), newPeer(t, "Laptop", f)
	routers := map[string]*Router{"here goes on": routerOf(t, &library{files: []file{f}}, first), "a device goes on": routerOf(t, &library{}, first, second)}
	for name, q := range requests {
		for where, r := range routers {
			t.Run(name+"/"+where, func(t *testing.T) {
				text, tokens := whole(t, f, q)
				if len(tokens) < 3 {
					t.Fatalf("a reply of %d tokens is too short to test with", len(tokens))
				}
				worst := time.Duration(0)
				defer func() { t.Logf("the longest gap in %d kills: %v", len(tokens)+1, worst) }()
				for cut := range len(tokens) + 1 {
					first.gets(killed, cut, 99)
					r.well(first.id)
					got := tell(t, r, chat.Want{Model: "aa", Device: first.id}, q)
					if got.err != nil || got.text != text || !slices.Equal(got.tokens, tokens) {
						t.Fatalf("killed after %d of %d tokens: %q %v, want %q; %v", cut, len(tokens), got.text, got.tokens, text, got.err)
					}
					if worst = max(worst, got.gap); worst > 2*time.Second {
						t.Fatalf("it went on after %v", worst)
					}
					if got.result == nil || got.result.ReplyTokens < len(tokens) || got.where.ID == first.id {
						t.Fatalf("killed after %d tokens: %+v at %+v", cut, got.result, got.where)
					}
					if moved := slices.Contains(got.where.Moved, "Studio PC"); moved != (cut > 0) || !strings.HasPrefix(got.where.Why, "Studio PC stopped answering; ") {
						t.Fatalf("killed after %d tokens: %+v", cut, got.where)
					}
				}
			})
		}
	}
}

func TestNothingHappens(t *testing.T) {
	f := openTiny(t, "aa", 7)
	pc := newPeer(t, "Studio PC", f)
	home := &library{files: []file{f}}
	r := routerOf(t, home, pc)
	text, tokens := whole(t, f, requests["seeded"])
	got := tell(t, r, chat.Want{Model: "aa"}, requests["seeded"])
	if got.text != text || !slices.Equal(got.tokens, tokens) || got.err != nil {
		t.Errorf("%q, want %q; %v", got.text, text, got.err)
	}
	want := chat.Where{Device: "Studio PC", ID: "Studio PC", Why: got.where.Why}
	if !reflect.DeepEqual(got.where, want) || !strings.HasPrefix(want.Why, "Studio PC answers in about ") {
		t.Errorf("%+v", got.where)
	}
	got = tell(t, r, chat.Want{Model: "aa", Device: chat.Here}, requests["seeded"])
	if got.text != text || got.where.ID != chat.Here || home.held.Load() != 0 {
		t.Errorf("here: %q at %+v, %d in use", got.text, got.where, home.held.Load())
	}
	if got = tell(t, routerOf(t, home), chat.Want{}, requests["seeded"]); got.text != text || got.where.Why != "" {
		t.Errorf("with no other device: %q at %+v", got.text, got.where)
	}
	facts, err := r.Facts(t.Context(), chat.Want{Model: "Model aa", Device: "Studio PC"})
	if err != nil || facts != f.facts() {
		t.Errorf("%+v, %v", facts, err)
	}
}

// Whoever goes silent is left within two seconds, be it at the beginning or in mid-reply, with the connection standing.
func TestSilence(t *testing.T) {
	f := openTiny(t, "aa", 7)
	pc := newPeer(t, "Studio PC", f)
	for name, c := range map[string]struct {
		what  trouble
		after int
	}{"after the headers": {silent, 0}, "in mid-reply": {silent, 5}, "from the beginning": {mute, 0}} {
		t.Run(name, func(t *testing.T) {
			r := routerOf(t, &library{files: []file{f}}, pc)
			pc.gets(c.what, c.after, 1)
			text, _ := whole(t, f, requests["greedy"])
			got := tell(t, r, chat.Want{Model: "aa"}, requests["greedy"])
			if got.text != text || got.where.ID != chat.Here {
				t.Errorf("%q at %+v, want %q; %v", got.text, got.where, text, got.err)
			}
			if got.gap < wire.Beat || got.gap > 2*time.Second {
				t.Errorf("it went on after %v", got.gap)
			}
			// The next reply does not wait for it again.
			pc.gets(mute, 0, 1)
			if got = tell(t, r, chat.Want{Model: "aa"}, requests["greedy"]); got.gap > time.Second || !strings.Contains(got.where.Why, "did not answer a moment ago") {
				t.Errorf("the next one after %v, %q", got.gap, got.where.Why)
			}
		})
	}
}

// A slow model is not silent: the device's signs of life keep the router with it.
func TestSlowIsNotSilent(t *testing.T) {
	f := openTiny(t, "aa", 7)
	pc := newPeer(t, "Studio PC", f)
	pc.slow = silenceMax + wire.Beat
	q := requests["greedy"]
	q.ReplyMax = 1
	got := tell(t, routerOf(t, &library{files: []file{f}}, pc), chat.Want{Model: "aa"}, q)
	if got.where.ID != pc.id || got.err != nil || got.gap < silenceMax {
		t.Errorf("%+v after %v; %v", got.where, got.gap, got.err)
	}
}

func TestQueueAndLoadingAreTold(t *testing.T) {
	lines := []string{`{"place":3}`, `{}`, `{"place":1}`, `{"loading":0.5}`, `{}`, `{"token":4,"text":"Hi"}`, `{"text":"!","result":{"reason":"stop","reply_tokens":1}}`}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, strings.Join(lines, "\n"))
	}))
	defer server.Close()
	d := Device{ID: "pc", Name: "Studio PC", Online: true, Client: server.Client(), Origin: server.URL}
	d.Status.Models = []wire.Model{{ID: "aa", Name: "A"}}
	r := newRouter(t, Options{Here: &library{}, Devices: func() []Device { return []Device{d} }})
	var got []chat.Progress
	m, release, err := r.Use(t.Context(), chat.Want{Model: "aa"}, func(p chat.Progress) { got = append(got, p) })
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	text := ""
	for p, err := range m.Generate(t.Context(), engine.Request{Text: "x"}) {
		if err != nil {
			t.Fatal(err)
		}
		text += p.Text
	}
	want := []chat.Progress{{Device: "Studio PC", Place: 3}, {Device: "Studio PC", Place: 1}, {Device: "Studio PC", Loading: 0.5}}
	if !slices.Equal(got, want) || text != "Hi!" {
		t.Errorf("%+v %q", got, text)
	}
}

// Whoever ends the context or leaves the loop leaves nothing behind, here or there.
func TestCancelLeavesNothing(t *testing.T) {
	f := openTiny(t, "aa", 7)
	pc := newPeer(t, "Studio PC", f)
	home := &library{files: []file{f}}
	r := routerOf(t, home, pc)
	tell(t, r, chat.Want{Model: "aa"}, requests["greedy"])
	pc.server.Client().CloseIdleConnections()
	before := runtime.NumGoroutine()
	for name, leave := range map[string]bool{"the context ends": false, "the loop is left": true} {
		t.Run(name, func(t *testing.T) {
			for _, what := range []trouble{none, silent} {
				pc.gets(what, 3, 1)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				m, release, err := r.Use(ctx, chat.Want{Model: "aa"}, nil)
				if err != nil {
					t.Fatal(err)
				}
				n := 0
				for _, err := range m.Generate(ctx, requests["greedy"]) {
					if err != nil && !errors.Is(err, context.Canceled) {
						t.Errorf("%v", err)
					}
					if n++; n == 3 && leave {
						break
					}
					if n == 3 {
						cancel()
					}
				}
				release()
				if where := m.Where(); where.ID != pc.id || home.held.Load() != 0 {
					t.Errorf("it moved to %+v", where)
				}
			}
		})
	}
	pc.server.Client().CloseIdleConnections()
	until(t, "goroutines end", func() bool { return runtime.NumGoroutine() <= before })
	until(t, "the device stops", func() bool { return pc.held.Load() == 0 })
}

func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			stacks := make([]byte, 1<<16)
			t.Fatalf("waited and still not: %s\n%s", what, stacks[:runtime.Stack(stacks, true)])
		}
	}
}

// Where nobody has the same file, another model goes on from the text.
func TestAnotherModelGoesOnFromTheText(t *testing.T) {
	a, b := openTiny(t, "aa", 7), openTiny(t, "bb", 8)
	pc, laptop := newPeer(t, "Studio PC", a), newPeer(t, "Laptop", b)
	q := requests["seeded"]
	_, tokens := whole(t, a, q)
	for where, r := range map[string]*Router{"here": routerOf(t, &library{files: []file{b}}, pc), "a device": routerOf(t, &library{}, pc, laptop)} {
		t.Run(where, func(t *testing.T) {
			for cut := range len(tokens) {
				pc.gets(killed, cut, 99)
				r.well(pc.id)
				got := tell(t, r, chat.Want{Model: "aa"}, q)
				begun := ""
				for p, err := range a.model.Generate(t.Context(), q) {
					if err != nil {
						t.Fatal(err)
					}
					if cut--; cut < 0 {
						break
					}
					begun += p.Text
				}
				rest := q
				rest.Begin = begun
				more, _ := whole(t, b, rest)
				if got.err != nil || got.text != begun+more || got.facts.ID != "bb" {
					t.Fatalf("%q by %s, want %q and %q; %v", got.text, got.facts.ID, begun, more, got.err)
				}
			}
		})
	}
}

// With nobody else, the device is asked once more, and then the reply is lost; what was written stays.
func TestLost(t *testing.T) {
	f := openTiny(t, "aa", 7)
	pc := newPeer(t, "Studio PC", f)
	r := routerOf(t, &library{}, pc)
	text, _ := whole(t, f, requests["greedy"])
	pc.gets(killed, 5, 1)
	if got := tell(t, r, chat.Want{Model: "aa"}, requests["greedy"]); got.text != text || got.err != nil {
		t.Errorf("a connection that comes back: %q, want %q; %v", got.text, text, got.err)
	}
	pc.gets(killed, 0, 99)
	got := tell(t, r, chat.Want{Model: "aa"}, requests["greedy"])
	var lost *LostError
	if !errors.As(got.err, &lost) || lost.Device != "Studio PC" || got.where.ID != pc.id {
		t.Fatalf("%v at %+v", got.err, got.where)
	}
	want := health.Problem{
		Title: "Studio PC is gone", Sentence: "Studio PC stopped answering, and no other device can go on.", Severity: health.Warning,
		Next: "What was written stays. Continue the reply when the device is back, or choose another model.",
	}
	if p := health.Of(got.err); p != want {
		t.Errorf("%+v", p)
	}
	pc.gets(closing, 4, 99)
	pc.later = 0
	if got = tell(t, r, chat.Want{Model: "aa"}, requests["greedy"]); got.text == "" || !strings.HasPrefix(text, got.text) || !errors.As(got.err, &lost) {
		t.Errorf("%q of %q, %v", got.text, text, got.err)
	}
}

// A refusal is no silence: the next place is asked, and the words say why.
func TestRefused(t *testing.T) {
	f := openTiny(t, "aa", 7)
	home := &library{files: []file{f}}
	for code, words := range map[wire.Code]string{
		wire.NoRight: "Studio PC does not let this device use its models; this computer writes instead.", wire.UnknownModel: "Studio PC does not have the model any more; this computer writes instead.",
		wire.Busy: "Studio PC has too much to do; this computer writes instead.", wire.Failed: "Studio PC could not write the reply; this computer writes instead.",
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusTeapot)
			fmt.Fprintf(w, `{"error":{"code":%q,"message":"no"}}`, code)
		}))
		d := Device{ID: "pc", Name: "Studio PC", Online: true, Client: server.Client(), Origin: server.URL}
		d.Status.Models = []wire.Model{f.wire()}
		r := newRouter(t, Options{Here: home, Devices: func() []Device { return []Device{d} }})
		if got := tell(t, r, chat.Want{Model: "aa"}, requests["greedy"]); got.err != nil || got.where.Why != words {
			t.Errorf("%s: %q, %v", code, got.where.Why, got.err)
		}
		server.Close()
	}
	home.err = errors.New("broken")
	if got := tell(t, routerOf(t, home), chat.Want{Model: "aa"}, requests["greedy"]); !errors.Is(got.err, home.err) {
		t.Errorf("with no other device: %v", got.err)
	}
	pc := newPeer(t, "Studio PC", f)
	if got := tell(t, routerOf(t, home, pc), chat.Want{Model: "aa"}, requests["greedy"]); got.err != nil || got.where.ID != pc.id {
		t.Errorf("broken here: %+v, %v", got.where, got.err)
	}
}
