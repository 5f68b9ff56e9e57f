package devices

import (
	"errors"
	"fmt"
	"strings"

	"croft/app/health"
	"croft/discovery/identity"
	"croft/discovery/lan"
	"croft/discovery/pairing"
	"croft/discovery/trust"
)

// What callers tell apart. The errors of this package know their own health.Problem.
var (
	ErrCode      = pairing.ErrCode    // it was spent; the other device shows a new one
	ErrClosed    = pairing.ErrClosed  // the window
	ErrExpired   = pairing.ErrExpired // nobody came or answered in time
	ErrRefused   = pairing.ErrRefused // the person at the other device said no
	ErrGuesses   = pairing.ErrGuesses // wrong codes closed the window
	ErrNoNetwork = pairing.ErrNoNetwork
	ErrNetwork   = pairing.ErrNetwork // it changed
	ErrNotKnown  = trust.ErrRefused   // the other device does not count this one among its own
	ErrNoAddress = trust.ErrNoAddress // nobody knows where the device is

)

// explained is an error with what a person can do about it.
type explained struct {
	problem health.Problem
	err     error
}

func (e *explained) Error() string           { return e.err.Error() }
func (e *explained) Unwrap() error           { return e.err }
func (e *explained) Problem() health.Problem { return e.problem }

// titles are of errors that say what happened and what to do next.
var titles = []struct {
	is       error
	title    string
	severity health.Severity
}{
	{pairing.ErrCode, "Wrong code", health.Warning},
	{pairing.ErrTypedCode, "Not a code", health.Warning},
	{pairing.ErrSecret, "Picture does not fit", health.Warning},
	{pairing.ErrPhoto, "No code in the photo", health.Warning},
	{pairing.ErrText, "Not a picture of Croft's", health.Warning},
	{pairing.ErrOther, "Another device answered", health.Warning},
	{pairing.ErrBusy, "Device is busy", health.Note},
	{pairing.ErrClosed, "Adding was closed", health.Note},
	{pairing.ErrExpired, "Time is over", health.Note},
	{pairing.ErrGuesses, "Too many wrong codes", health.Warning},
	{pairing.ErrNetwork, "Network changed", health.Warning},
	{pairing.ErrNoNetwork, "No network", health.Warning},
	{pairing.ErrRefused, "Refused there", health.Note},
	{pairing.ErrGone, "Device went away", health.Warning},
	{pairing.ErrSelf, "This same device", health.Note},
	{pairing.ErrVersion, "Other version", health.Warning},
	{pairing.ErrProtocol, "Not understood", health.Warning},
	{pairing.ErrDecided, "Answered already", health.Note},
	{ErrVersion, "Other version", health.Warning},
	{ErrAddress, "Not an address", health.Warning},
	{ErrServerAddress, "Not an address", health.Warning},
	{trust.ErrRefused, "Not known there", health.Warning},
	{trust.ErrNoAddress, "Not seen here", health.Note},
	{identity.ErrNoDevice, "Something else answers", health.Warning},
	{lan.ErrVPN, "VPN in between", health.Warning},
	{lan.ErrOffLink, "Another network", health.Warning},
	{lan.ErrPublic, "Not a local address", health.Warning},
	{lan.ErrUnusable, "Not a usable address", health.Warning},
}

// explain gives an error its problem; nil stays nil.
func explain(err error) error {
	if err == nil {
		return nil
	}
	var known health.Explainer
	if errors.As(err, &known) {
		return err
	}
	var paused *pairing.PausedError
	if errors.As(err, &paused) {
		return &explained{health.Problem{
			Title:    "Adding is paused",
			Sentence: "Too many wrong codes were typed, so no device can be added for a while.",
			Next:     fmt.Sprintf("Try again at %s.", paused.Until.Format("15:04")), Severity: health.Warning,
		}, err}
	}
	for _, t := range titles {
		if errors.Is(err, t.is) {
			sentence, next := split(t.is.Error())
			return &explained{health.Problem{Title: t.title, Sentence: sentence, Next: next, Severity: t.severity}, err}
		}
	}
	return &explained{ofCause(causeOf(err)), err}
}

// split parts what happened from what to do next.
func split(text string) (sentence, next string) {
	for _, mark := range []string{": ", "; "} {
		if before, after, found := strings.Cut(text, mark); found {
			return health.Sentence(before), health.Sentence(after)
		}
	}
	return health.Sentence(text), ""
}

// ofCause is the problem of a device that cannot be reached, whichever it is.
func ofCause(c Cause) health.Problem {
	switch c {
	case NotRunning:
		return health.Problem{
			Title: "Croft is not running there", Sentence: "The device is on, but Croft does not answer on it.",
			Next: "Start Croft there.", Severity: health.Note,
		}
	case Firewall:
		return health.Problem{
			Title: "No answer", Sentence: "Something swallows what is sent to the device, a firewall perhaps.",
			Next: "Run croft doctor, or look at Devices, to find the cause.", Severity: health.Warning,
		}
	case OtherDevice:
		return health.Problem{
			Title: "Another device answered", Sentence: "Something else answers at the device's address.",
			Next: "See that the device is on; it is found by itself once it is announced.", Severity: health.Warning,
		}
	}
	return health.Problem{
		Title: "Not reachable", Sentence: "The device did not answer.",
		Next: "See that it is on, awake and on the same network.", Severity: health.Note,
	}
}
