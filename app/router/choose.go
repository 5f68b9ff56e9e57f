package router

import (
	"cmp"
	"slices"
	"time"

	"croft/engine/sample"
)

// Kind says what a place is. Of two that are equal otherwise the smaller kind comes first.
type Kind int

// A reply runs on this device, on another one of mine, or on a server of the owner's, which hears it unencrypted.
const (
	KindHere Kind = iota
	KindDevice
	KindServer
)

// Place is where a reply could run, as it is known to be now.
type Place struct {
	ID      string // of the device or server; chat.Here
	Name    string // "This computer", "Studio PC"
	Kind    Kind
	Online  bool
	Off     string // why it is not, as the beginning of a sentence; "": it does not answer
	Refused error  // the same with what to do about it; nil where it does not answer
	Failed  bool   // it gave up on a reply a moment ago
	Models  []Model
	Running int // replies that are being written
	Waiting int // for their turn
	AtOnce  int // how many are written at once; 0: no bound is known
	Battery Battery
	Hot     bool // it slows down, or is about to
	RTT     time.Duration
}

// Battery is the battery of a place.
type Battery struct {
	Has, Charging bool
	Percent       int
}

// Model is a model of a place.
type Model struct {
	ID              string // SHA-256 of the file; a server's own name for it
	Name            string
	SizeBytes       int64
	ContextMax      int     // tokens that a conversation may have there; 0: not known
	TokensPerSecond float64 // measured there; 0: not
	PromptPerSecond float64 // measured there; 0: not
	Loaded          bool
	Default         bool
	Starter         bool
	Unusable        bool // broken there, too big, or it makes no text
	Template        string
	Advice          sample.Advice
}

// Policy says who chooses the place.
type Policy int

// Automatic takes the soonest. OnlyHere never leaves this device. Prefer takes one device while that is possible.
const (
	Automatic Policy = iota
	OnlyHere
	Prefer
)

// Wish is what is asked of the places.
type Wish struct {
	Model        string // ID; "" leaves it to this device's default, or to the best of all where it has none but the starter
	ModelName    string // for words, where no place knows the model
	Policy       Policy
	Device       string // with Prefer
	PromptTokens int    // about; 0: not known
	ReplyTokens  int    // about; 0: as usual
}

// Choice is a place with the model that would write there.
type Choice struct {
	Place   Place
	Model   Model
	Same    bool    // it is the wished model, not one in its stead
	Seconds float64 // until the reply is whole, about
	Why     string  // one sentence; "" when there was nothing to choose

	short, spared bool
}

// Order returns the places that can answer, the best first. It depends on its arguments alone, and no two choices rank the
// same: first come those with room for the prompt, then those with the wished model, the preferred device, those that did
// not fail a moment ago, those whose battery need not be spared, and then the soonest. So among places that are equally fit
// the first is the soonest that the facts allow. A *NowhereError says that there is none.
func Order(w Wish, here Place, others []Place) ([]Choice, error) {
	w = w.filled()
	all := append([]Place{here}, others...)
	target := w.target(all)
	var choices []Choice
	for _, p := range all {
		if !p.Online || w.Policy == OnlyHere && p.Kind != KindHere {
			continue
		}
		if m, ok := p.pick(target); ok {
			choices = append(choices, w.weigh(p, m, target))
		}
	}
	if w.strict(all, target) {
		choices = slices.DeleteFunc(choices, func(c Choice) bool { return !c.Same })
	}
	if len(choices) == 0 {
		return nil, w.nowhere(all, target)
	}
	slices.SortFunc(choices, w.compare)
	w.explain(choices, all, target)
	return choices, nil
}

// What is taken for a conversation where nothing is known of it.
const (
	promptUsual = 500
	replyUsual  = 300
)

func (w Wish) filled() Wish {
	w.PromptTokens, w.ReplyTokens = cmp.Or(w.PromptTokens, promptUsual), cmp.Or(w.ReplyTokens, replyUsual)
	return w
}

// strict says that no other model may write in the wished one's stead. One may where the wished one can be used, or is on a
// device that does not answer: then it may go on, or be there later. A model that is gone is not replaced behind its owner's
// back.
func (w Wish) strict(all []Place, target string) bool {
	if w.Policy == OnlyHere {
		return true
	}
	return !slices.ContainsFunc(all, func(p Place) bool { return p.usable(target) || !p.Online && p.has(target) })
}

func (p Place) has(id string) bool {
	return slices.ContainsFunc(p.Models, func(m Model) bool { return m.ID == id })
}

// target is the ID of the model that is to write.
func (w Wish) target(all []Place) string {
	if w.Model != "" {
		return w.Model
	}
	here, _ := all[0].standIn()
	if w.Policy == OnlyHere {
		return here.ID
	}
	if w.Policy == Prefer {
		if i := slices.IndexFunc(all, func(p Place) bool { return p.ID == w.Device }); i >= 0 && all[i].Online {
			if m, ok := all[i].standIn(); ok && !all[i].usable(here.ID) {
				return m.ID
			}
		}
	}
	if here.ID != "" && !here.Starter {
		return here.ID
	}
	return w.best(all, here).ID
}

// best is the largest model of all places that writes as fast as people read, or else the largest: here stands in where
// there is none.
func (w Wish) best(all []Place, here Model) Model {
	best, readable := here, false
	for _, p := range all {
		for _, m := range p.Models {
			if !p.Online || m.Unusable || m.Starter {
				continue
			}
			fast := p.speed(m) >= readingSpeed
			better := cmp.Or(compareBool(fast, readable), compareBool(!m.Starter, !best.Starter), cmp.Compare(m.SizeBytes, best.SizeBytes), cmp.Compare(best.ID, m.ID))
			if best.ID == "" || better > 0 {
				best, readable = m, fast
			}
		}
	}
	return best
}

// readingSpeed is how many tokens a second people read, about.
const readingSpeed = 6

// pick is the target where the place can use it, or else what stands in for it there.
func (p Place) pick(target string) (Model, bool) {
	for _, m := range p.Models {
		if m.ID == target && !m.Unusable {
			return m, true
		}
	}
	return p.standIn()
}

func (p Place) usable(id string) bool {
	return slices.ContainsFunc(p.Models, func(m Model) bool { return m.ID == id && !m.Unusable })
}

// standIn is the default model of the place, or else its largest, the starter only where there is no other.
func (p Place) standIn() (Model, bool) {
	usable := slices.DeleteFunc(slices.Clone(p.Models), func(m Model) bool { return m.Unusable })
	if len(usable) == 0 {
		return Model{}, false
	}
	return slices.MinFunc(usable, func(a, b Model) int {
		return cmp.Or(compareBool(b.Default, a.Default), compareBool(a.Starter, b.Starter), cmp.Compare(b.SizeBytes, a.SizeBytes), cmp.Compare(a.ID, b.ID))
	}), true
}

// batteryLow is where a device that is not charging keeps what it has for its owner.
const batteryLow = 20

func (w Wish) weigh(p Place, m Model, target string) Choice {
	return Choice{
		Place: p, Model: m, Same: m.ID == target, Seconds: w.seconds(p, m),
		short:  m.ContextMax > 0 && w.PromptTokens >= m.ContextMax,
		spared: p.Battery.Has && !p.Battery.Charging && p.Battery.Percent <= batteryLow,
	}
}

// compare ranks choices; places have different IDs, so that it never returns 0 for two of them.
func (w Wish) compare(a, b Choice) int {
	preferred := func(c Choice) bool { return w.Policy == Prefer && c.Place.ID == w.Device }
	return cmp.Or(
		compareBool(a.short, b.short),
		compareBool(b.Same, a.Same),
		compareBool(a.Model.Starter, b.Model.Starter),
		compareBool(preferred(b), preferred(a)),
		compareBool(a.Place.Failed, b.Place.Failed),
		compareBool(a.spared, b.spared),
		cmp.Compare(a.Seconds, b.Seconds),
		cmp.Compare(a.Place.Kind, b.Place.Kind),
		cmp.Compare(a.Place.ID, b.Place.ID),
	)
}

// compareBool puts false first.
func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}
