package router

import (
	"errors"
	"fmt"

	"croft/app/health"
	"croft/app/lanapi/wire"
	"croft/engine"
)

var (
	errSilent = errors.New("it went silent")
	errCut    = errors.New("the connection was cut")
)

// LostError says that a device was lost while it wrote a reply, or before, and that nobody else can go on. What was written
// stays.
type LostError struct {
	Device string // name
	Err    error  // what was seen of it
}

func (e *LostError) Error() string { return fmt.Sprintf("%s: %v", e.Device, e.Err) }
func (e *LostError) Unwrap() error { return e.Err }

// Problem explains e to health.Of.
func (e *LostError) Problem() health.Problem {
	var long *engine.PromptTooLongError
	if errors.As(e.Err, &long) && long.Max > 0 {
		return health.Of(long)
	}
	p := health.Problem{
		Title: e.Device + " is gone", Sentence: failed(e.Device, e.Err) + ", and no other device can go on.",
		Next: "What was written stays. Continue the reply when the device is back, or choose another model.", Severity: health.Warning,
	}
	if !gone(e.Err) {
		p.Title = e.Device + " refused"
	}
	if errors.Is(e.Err, errNoKey) || errors.Is(e.Err, errWrongKey) {
		p.Next = addAgain
	}
	return p
}

const addAgain = "Add the server again with its key."

// refusedError is why a server that answers does not say what it has.
type refusedError struct {
	name string
	err  error
}

func (e *refusedError) Error() string { return failed(e.name, e.err) + "." }
func (e *refusedError) Unwrap() error { return e.err }

// Problem explains e to health.Of.
func (e *refusedError) Problem() health.Problem {
	p := health.Problem{Title: "Server refused", Sentence: e.Error(), Next: "See what runs at its address.", Severity: health.Warning}
	if errors.Is(e.err, errNoKey) || errors.Is(e.err, errWrongKey) {
		p.Next = addAgain
	}
	return p
}

// words say what a failure was, as the beginning of a sentence.
func (f *failure) words() string {
	if f.place.Kind == KindHere {
		return f.place.Name + " could not write"
	}
	return failed(f.place.Name, f.err)
}

func failed(name string, err error) string {
	var refused *wire.Error
	if !errors.As(err, &refused) {
		return name + " stopped answering"
	}
	switch refused {
	case errNoKey:
		return name + " asks for a key"
	case errWrongKey:
		return name + " does not accept its key"
	case errNoServer:
		return name + " does not answer as a model server does"
	case errNoConversation:
		return name + " takes conversations only"
	}
	switch refused.Code {
	case wire.NoRight:
		return name + " does not let this device use its models"
	case wire.UnknownModel:
		return name + " does not have the model any more"
	case wire.Unusable:
		return name + " cannot use the model now"
	case wire.Busy:
		return name + " has too much to do"
	case wire.Closing:
		return name + " was closed"
	case wire.TooLong:
		return "The chat is too long for " + name
	}
	return name + " could not write the reply"
}
