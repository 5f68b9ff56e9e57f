package pairing

import (
	"errors"
	"fmt"
	"time"
)

var (
	// ErrCode: the other device did not prove that it has the same code, or went
	// away when the proof was due. Either way the code has been spent, and must
	// not be tried again: whoever was in between may have guessed at it.
	ErrCode = errors.New("the code did not match: type the new code that the other device shows")
	// ErrSecret: the picture that was scanned does not fit the other device.
	ErrSecret = errors.New("the picture does not belong to the other device: scan the one that it shows now")
	// ErrOther: at the address answers another device than the picture names.
	ErrOther = errors.New("another device answers at this address: scan the picture again")
	// ErrBusy: the other device is at this moment with somebody else.
	ErrBusy = errors.New("the other device is busy adding a device: try again in a few seconds")
	// ErrClosed: the window was closed, by Close or because somebody was let in.
	ErrClosed = errors.New("adding a device was closed: open it again on the device that shows the code")
	// ErrExpired: nobody came, or nobody answered, in time.
	ErrExpired = errors.New("the time to add a device is over: start again")
	// ErrGuesses: too many wrong codes; Offer.Pause says how long to wait.
	ErrGuesses = errors.New("too many wrong codes: adding devices is paused for a while")
	// ErrNetwork: this device lost an address while the window was open.
	ErrNetwork = errors.New("the network changed: start adding the device again")
	// ErrNoNetwork: there is no address at which another device could come.
	ErrNoNetwork = errors.New("this device is on no network of its own: connect it to the same network as the other one")
	// ErrRefused: the person at the other device said no.
	ErrRefused = errors.New("the other device refused")
	// ErrGone: the connection ended before both had agreed.
	ErrGone = errors.New("the other device went away: start adding it again")
	// ErrSelf: this device was about to be added to itself.
	ErrSelf = errors.New("this is the same device: type the code on another one")
	// ErrVersion: the other side speaks no version of this protocol that we know.
	ErrVersion = errors.New("the other device has another version of Croft: update both")
	// ErrProtocol: the other side sent something that an honest device never sends.
	ErrProtocol = errors.New("the other device sent something that makes no sense: start again")
	// ErrDecided: Accept or Refuse was called a second time.
	ErrDecided = errors.New("this was answered already")
	// ErrTypedCode: what was typed is not six digits.
	ErrTypedCode = errors.New("a code has six digits")
	// ErrText: what was scanned is no picture of Croft's, or a damaged one.
	ErrText = errors.New("this is not a picture for adding a device to Croft")
)

var errShare = fmt.Errorf("%w (share refused)", ErrProtocol)

// PausedError says that no window may open before Until.
type PausedError struct{ Until time.Time }

func (e *PausedError) Error() string {
	return "too many wrong codes: a device can be added again at " + e.Until.Format("15:04:05")
}

// refusal is why a device ends the ceremony, as a code on the wire.
type refusal byte

// refusals holds the error of code i+1. A code keeps its place for ever; a new
// one comes last.
var refusals = [...]error{ErrCode, ErrBusy, ErrRefused, ErrProtocol, ErrSecret}

// refusalOf returns the code that tells the other side of err, and false where
// it is told nothing.
func refusalOf(err error) (refusal, bool) {
	for i, e := range refusals {
		if errors.Is(err, e) {
			return refusal(i + 1), true
		}
	}
	return 0, false
}

func (r refusal) err() error {
	if r == 0 || int(r) > len(refusals) {
		return fmt.Errorf("%w (refusal %d)", ErrProtocol, byte(r))
	}
	return refusals[r-1]
}
