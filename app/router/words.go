package router

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"croft/app/health"
)

// explain gives each choice its reason: the first against the next best, the others for when they are turned to.
func (w Wish) explain(choices []Choice, all []Place, target string) {
	for i := range choices {
		c := &choices[i]
		c.Why = fmt.Sprintf("%s answers in about %s.", c.Place.Name, about(c.Seconds))
	}
	if len(all) > 1 {
		choices[0].Why = w.absent(all) + w.reason(choices, all, target)
	} else {
		choices[0].Why = ""
	}
}

// absent says that the preferred device is not there, as the beginning of a sentence.
func (w Wish) absent(all []Place) string {
	if w.Policy != Prefer {
		return ""
	}
	i := slices.IndexFunc(all, func(p Place) bool { return p.ID == w.Device })
	switch {
	case i < 0:
		return "The device you chose is not one of yours any more. "
	case !all[i].Online:
		return cmp.Or(all[i].Off, all[i].Name+" does not answer") + ". "
	}
	return ""
}

// reason is why the first of choices is the first.
func (w Wish) reason(choices []Choice, all []Place, target string) string {
	first := choices[0]
	name := first.Place.Name
	preferred := w.Policy == Prefer && first.Place.ID == w.Device
	switch {
	case w.Policy == OnlyHere:
		return "Replies stay on this computer, as you chose."
	case !first.Same:
		return fmt.Sprintf("No device that is on can use %s; %s answers with %s.", w.modelName(all, target), inside(first.Place), first.Model.Name)
	case preferred:
		return fmt.Sprintf("You chose %s.", inside(first.Place))
	}
	next := rival(choices)
	switch {
	case next == nil:
		return fmt.Sprintf("Only %s can use %s.", inside(first.Place), first.Model.Name)
	case next.short && !first.short:
		return fmt.Sprintf("The chat is too long for %s; %s answers.", inside(next.Place), inside(first.Place))
	case w.Policy == Prefer && next.Place.ID == w.Device:
		return fmt.Sprintf("%s cannot take it now; %s answers in about %s.", next.Place.Name, inside(first.Place), about(first.Seconds))
	case next.Place.Failed && !first.Place.Failed:
		return fmt.Sprintf("%s did not answer a moment ago; %s does in about %s.", next.Place.Name, inside(first.Place), about(first.Seconds))
	case next.spared && !first.spared:
		return fmt.Sprintf("The battery of %s is at %d %%; %s answers in about %s.", inside(next.Place), next.Place.Battery.Percent, inside(first.Place), about(first.Seconds))
	}
	mine, other := about(first.Seconds), about(next.Seconds)
	if mine == other {
		return fmt.Sprintf("%s answers in about %s, no later than %s.", name, mine, inside(next.Place))
	}
	return fmt.Sprintf("%s answers in about %s, %s in %s.", name, mine, inside(next.Place), other)
}

// rival is the choice that the first is compared with: this device where it is one of them, or else the second. Another
// model is no rival.
func rival(choices []Choice) *Choice {
	var next *Choice
	for i := len(choices) - 1; i > 0; i-- {
		c := &choices[i]
		if c.Same && (next == nil || next.Place.Kind != KindHere) {
			next = c
		}
	}
	return next
}

// modelName is what people call a model, wherever somebody knows.
func (w Wish) modelName(all []Place, id string) string {
	for _, p := range all {
		for _, m := range p.Models {
			if m.ID == id {
				return m.Name
			}
		}
	}
	if w.ModelName != "" {
		return w.ModelName
	}
	return "the model"
}

// inside is the name of a place within a sentence. Only this device's is no name.
func inside(p Place) string {
	if p.Kind != KindHere {
		return p.Name
	}
	r, size := utf8.DecodeRuneInString(p.Name)
	return string(unicode.ToLower(r)) + p.Name[size:]
}

// about is a time for people.
func about(seconds float64) string {
	switch {
	case seconds < 99.5:
		return fmt.Sprintf("%.0f s", math.Round(max(seconds, 1)))
	case seconds < 90*60:
		return fmt.Sprintf("%.0f min", math.Round(seconds/60))
	}
	return "hours"
}

// NowhereError says that no place can answer.
type NowhereError struct {
	Model string   // name; "" when there is none at all
	Off   []string // devices that have it and do not answer
	Here  bool     // the person wants replies on this device only
}

func (w Wish) nowhere(all []Place, target string) error {
	e := &NowhereError{Here: w.Policy == OnlyHere}
	if target != "" {
		e.Model = w.modelName(all, target)
	}
	for _, p := range all {
		if p.Kind != KindHere && p.has(target) {
			e.Off = append(e.Off, p.Name)
		}
	}
	return e
}

func (e *NowhereError) Error() string { return e.Problem().Sentence }

// Problem explains e to health.Of.
func (e *NowhereError) Problem() health.Problem {
	p := health.Problem{Title: "Nobody can answer", Severity: health.Blocking}
	switch {
	case e.Model == "":
		p.Sentence, p.Next = "None of your devices has a model that can be used now.", "Add a model, or turn on a device that has one."
	case e.Here:
		p.Sentence, p.Next = fmt.Sprintf("This device cannot use %s.", e.Model), "Choose another model, or let replies run on your other devices."
	case len(e.Off) > 0:
		p.Sentence = fmt.Sprintf("%s is on %s, and nobody that answers can stand in.", e.Model, strings.Join(e.Off, " and "))
		p.Next = "Turn that device on, or choose another model."
	default:
		p.Sentence, p.Next = fmt.Sprintf("None of your devices has %s any more.", e.Model), "Choose another model."
	}
	return p
}
