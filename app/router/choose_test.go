package router

import (
	"errors"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"croft/app/health"
)

// big, small and starter are files that several places have.
var (
	big     = Model{ID: "big", Name: "Big", SizeBytes: 4e9, Loaded: true, TokensPerSecond: 10}
	small   = Model{ID: "small", Name: "Small", SizeBytes: 4e8, Loaded: true, TokensPerSecond: 50}
	starter = Model{ID: "starter", Name: "Starter", SizeBytes: 7e6, Loaded: true, TokensPerSecond: 900, Starter: true}
)

func with(m Model, change func(*Model)) Model {
	change(&m)
	return m
}

func asDefault(m *Model) { m.Default = true }

func speed(s float64) func(*Model) { return func(m *Model) { m.TokensPerSecond = s } }

func here(models ...Model) Place {
	return Place{ID: "here", Name: "This computer", Kind: KindHere, Online: true, Models: models}
}

func pc(models ...Model) Place {
	return Place{ID: "pc", Name: "Studio PC", Kind: KindDevice, Online: true, Models: models, RTT: 5 * time.Millisecond}
}

func phone(models ...Model) Place {
	return Place{ID: "phone", Name: "Pixel", Kind: KindDevice, Online: true, Models: models, RTT: 20 * time.Millisecond}
}

func but(p Place, change func(*Place)) Place {
	change(&p)
	return p
}

func off(p *Place) { p.Online = false }

func TestOrder(t *testing.T) {
	fast := with(big, speed(100))
	for name, c := range map[string]struct {
		wish   Wish
		here   Place
		others []Place
		want   string // place/model, the best first
		why    string
	}{
		"alone": {Wish{Model: "big"}, here(big), nil, "here/big", ""},
		"the faster one": {
			Wish{Model: "big", PromptTokens: 60, ReplyTokens: 90},
			here(big),
			[]Place{pc(fast)},
			"pc/big here/big",
			"Studio PC answers in about 1 s, this computer in 10 s.",
		},
		"here when that is faster": {
			Wish{Model: "big", PromptTokens: 60, ReplyTokens: 190},
			here(fast),
			[]Place{pc(big)},
			"here/big pc/big",
			"This computer answers in about 2 s, Studio PC in 20 s.",
		},
		"equal": {
			Wish{Model: "big"}, here(big), []Place{pc(big)}, "here/big pc/big", "This computer answers in about 38 s, no later than Studio PC.",
		},
		"only one has it": {Wish{Model: "big"}, here(small), []Place{pc(big)}, "pc/big here/small", "Only Studio PC can use Big."},
		"a queue": {
			Wish{Model: "big"},
			here(big),
			[]Place{but(pc(with(big, speed(20))), func(p *Place) { p.AtOnce, p.Running, p.Waiting = 1, 1, 1 })},
			"here/big pc/big", "This computer answers in about 38 s, Studio PC in 58 s.",
		},
		"replies beside it": {
			Wish{Model: "big"},
			here(big),
			[]Place{but(pc(with(big, speed(11))), func(p *Place) { p.AtOnce, p.Running = 4, 1 })},
			"here/big pc/big", "This computer answers in about 38 s, Studio PC in 47 s.",
		},
		"loading": {
			Wish{Model: "big"},
			here(big),
			[]Place{pc(with(big, func(m *Model) { m.Loaded = false; m.TokensPerSecond = 11 }))},
			"here/big pc/big", "This computer answers in about 38 s, Studio PC in 43 s.",
		},
		"hot": {
			Wish{Model: "big"},
			here(big),
			[]Place{but(pc(with(big, speed(19))), func(p *Place) { p.Hot = true })},
			"here/big pc/big", "This computer answers in about 38 s, Studio PC in 40 s.",
		},
		"battery": {
			Wish{Model: "big"},
			here(big),
			[]Place{but(phone(fast), func(p *Place) { p.Battery = Battery{Has: true, Percent: 12} })},
			"here/big phone/big", "The battery of Pixel is at 12 %; this computer answers in about 38 s.",
		},
		"a battery that is charged": {
			Wish{Model: "big"},
			here(big),
			[]Place{but(phone(fast), func(p *Place) { p.Battery = Battery{Has: true, Percent: 12, Charging: true} })},
			"phone/big here/big", "Pixel answers in about 4 s, this computer in 38 s.",
		},
		"failed a moment ago": {
			Wish{Model: "big"},
			here(big),
			[]Place{but(pc(fast), func(p *Place) { p.Failed = true })},
			"here/big pc/big", "Studio PC did not answer a moment ago; this computer does in about 38 s.",
		},
		"room for the prompt": {
			Wish{Model: "big", PromptTokens: 3000},
			here(with(fast, func(m *Model) { m.ContextMax = 2048 })),
			[]Place{pc(big)},
			"pc/big here/big", "The chat is too long for this computer; Studio PC answers.",
		},
		"speed by size": { // 4e9 bytes at 10/s: a tenth of the size is ten times as fast
			Wish{Model: "small"},
			here(with(small, speed(30))),
			[]Place{pc(with(small, speed(0)), big)},
			"pc/small here/small",
			"Studio PC answers in about 4 s, this computer in 13 s.",
		},
		"here only": {
			Wish{Model: "big", Policy: OnlyHere}, here(big), []Place{pc(fast)}, "here/big", "Replies stay on this computer, as you chose.",
		},
		"preferred": {
			Wish{Model: "big", Policy: Prefer, Device: "pc"}, here(fast), []Place{phone(fast), pc(big)}, "pc/big here/big phone/big", "You chose Studio PC.",
		},
		"preferred but off": {
			Wish{Model: "big", Policy: Prefer, Device: "pc"},
			here(fast),
			[]Place{phone(big), but(pc(big), off)},
			"here/big phone/big",
			"Studio PC does not answer. This computer answers in about 4 s, Pixel in 38 s.",
		},
		"preferred and removed": {
			Wish{Model: "big", Policy: Prefer, Device: "tv"},
			here(fast),
			[]Place{pc(big)},
			"here/big pc/big",
			"The device you chose is not one of yours any more. This computer answers in about 4 s, Studio PC in 38 s.",
		},
		"preferred without the model": {
			Wish{Model: "big", Policy: Prefer, Device: "pc"}, here(big), []Place{pc(small)}, "here/big pc/small", "Only this computer can use Big.",
		},
		"preferred, any model": {
			Wish{Policy: Prefer, Device: "pc"}, here(with(big, asDefault)), []Place{pc(small)}, "pc/small here/big", "You chose Studio PC.",
		},
		"the default": {
			Wish{}, here(small, with(big, asDefault)), []Place{pc(small)}, "here/big pc/small", "Only this computer can use Big.",
		},
		"the best, since here is none": {
			Wish{}, here(with(starter, asDefault)), []Place{phone(small), pc(big, small)}, "pc/big phone/small here/starter", "Only Studio PC can use Big.",
		},
		"the best that is not too slow": {
			Wish{}, here(with(starter, asDefault)), []Place{pc(with(big, speed(1)), small)}, "pc/small here/starter", "Only Studio PC can use Small.",
		},
		"the starter, since there is no other": {
			Wish{}, here(with(starter, asDefault)), []Place{but(pc(big), off)}, "here/starter", "Only this computer can use Starter.",
		},
		"in its stead": {
			Wish{Model: "big"},
			here(small, with(starter, asDefault)),
			[]Place{but(pc(big), off)},
			"here/starter",
			"No device that is on can use Big; this computer answers with Starter.",
		},
		"broken here": {
			Wish{Model: "big"}, here(with(fast, func(m *Model) { m.Unusable = true }), small), []Place{pc(big)}, "pc/big here/small", "Only Studio PC can use Big.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			choices, err := Order(c.wish, c.here, c.others)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, c := range choices {
				got = append(got, c.Place.ID+"/"+c.Model.ID)
			}
			if strings.Join(got, " ") != c.want || choices[0].Why != c.why {
				t.Errorf("%v %q, want %s %q", got, choices[0].Why, c.want, c.why)
			}
		})
	}
}

func TestNobodyCanAnswer(t *testing.T) {
	broken := func(m *Model) { m.Unusable = true }
	for name, c := range map[string]struct {
		wish   Wish
		here   Place
		others []Place
		want   string
	}{
		"no model":  {Wish{}, here(), nil, "None of your devices has a model that can be used now."},
		"here only": {Wish{Model: "big", Policy: OnlyHere}, here(small), []Place{pc(big)}, "This device cannot use Big."},
		"off":       {Wish{Model: "big"}, here(), []Place{but(pc(big), off)}, "Big is on Studio PC, and nobody that answers can stand in."},
		"gone":      {Wish{Model: "gone", ModelName: "Gone"}, here(small), []Place{pc(big)}, "None of your devices has Gone any more."},
		"broken":    {Wish{Model: "big"}, here(with(big, broken), small), []Place{pc(small)}, "None of your devices has Big any more."},
	} {
		t.Run(name, func(t *testing.T) {
			choices, err := Order(c.wish, c.here, c.others)
			var nowhere *NowhereError
			if !errors.As(err, &nowhere) {
				t.Fatalf("%+v, %v", choices, err)
			}
			if p := health.Of(err); p.Sentence != c.want || p.Next == "" {
				t.Errorf("%+v, want %q", p, c.want)
			}
		})
	}
}

// anyPlace is a place with measured facts, so that what it takes can be worked out another way.
func anyPlace(r *rand.Rand, id string, kind Kind) Place {
	p := Place{
		ID: id, Name: id, Kind: kind, Online: r.IntN(5) > 0, AtOnce: r.IntN(5), Running: r.IntN(6), Waiting: r.IntN(3), Hot: r.IntN(4) == 0,
		RTT: time.Duration(r.IntN(300)) * time.Millisecond, Battery: Battery{Has: r.IntN(2) == 0, Percent: r.IntN(100), Charging: r.IntN(2) == 0},
		Failed: kind != KindHere && r.IntN(6) == 0,
	}
	for _, m := range []Model{big, small, starter} {
		if r.IntN(3) > 0 {
			m.TokensPerSecond, m.PromptPerSecond = 1+100*r.Float64(), 10+1000*r.Float64()
			m.Loaded, m.Unusable = r.IntN(2) == 0, r.IntN(6) == 0
			p.Models = append(p.Models, m)
		}
	}
	return p
}

// simulated is how long a reply takes at p, worked out by letting replies of the same length run in turn, second after second of
// work: what the estimate promises.
func simulated(w Wish, p Place, m Model) float64 {
	work := float64(w.PromptTokens)/m.PromptPerSecond + float64(w.ReplyTokens)/m.TokensPerSecond
	beside := p.Running
	for p.AtOnce > 0 && beside >= p.AtOnce {
		beside--
	}
	work += work * 0.35 * float64(beside)
	if p.Hot {
		work += work
	}
	before := 0
	if p.AtOnce > 0 && p.Running+p.Waiting >= p.AtOnce {
		before = p.Waiting + 1
	}
	at := 0.0
	for range before {
		at += work / float64(p.AtOnce)
	}
	if !m.Loaded && p.Kind != KindServer {
		at += float64(m.SizeBytes) / 5e8
	}
	return at + work + p.RTT.Seconds()
}

// The first choice is never slower than the best single device by more than a round trip, among those that may be asked at
// all; the same facts give the same order, in whatever order they come; and no two choices rank the same.
func TestOrderIsNeverSlowerThanTheBestDevice(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	compared := 0
	for range 20_000 {
		w := Wish{Model: "big", PromptTokens: 1 + r.IntN(4000), ReplyTokens: 1 + r.IntN(1000)}
		home := anyPlace(r, "here", KindHere)
		others := []Place{anyPlace(r, "a", KindDevice), anyPlace(r, "b", KindDevice), anyPlace(r, "c", KindServer), anyPlace(r, "d", KindDevice)}
		choices, err := Order(w, home, others)
		if err != nil {
			continue
		}
		shuffled := slices.Clone(others)
		r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		if again, _ := Order(w, home, shuffled); !reflect.DeepEqual(again, choices) {
			t.Fatalf("other order of the same facts: %v and %v", choices, again)
		}
		for i := range choices {
			for j := range choices {
				if rank := w.filled().compare(choices[i], choices[j]); (rank < 0) != (i < j) || (rank == 0) != (i == j) {
					t.Fatalf("choices %d and %d rank %d", i, j, rank)
				}
			}
		}
		if !choices[0].Same {
			continue
		}
		compared += compareWithBest(t, w, choices[0], append(others, home))
	}
	if compared < 10_000 {
		t.Errorf("only %d places were compared", compared)
	}
}

func compareWithBest(t *testing.T, w Wish, first Choice, all []Place) (compared int) {
	t.Helper()
	took := simulated(w, first.Place, first.Model)
	for _, p := range all {
		low := p.Battery.Has && !p.Battery.Charging && p.Battery.Percent <= 20
		for _, m := range p.Models {
			if m.ID != "big" || m.Unusable || !p.Online || p.Failed || low {
				continue
			}
			compared++
			if best := simulated(w, p, m); took > best+first.Place.RTT.Seconds()+1e-9 {
				t.Fatalf("%s takes %.2f s, %s would take %.2f s", first.Place.ID, took, p.ID, best)
			}
		}
	}
	return compared
}
