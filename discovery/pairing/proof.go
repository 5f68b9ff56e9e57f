package pairing

import (
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
)

const (
	labelCode  = "croft pairing 1 code"
	labelScan  = "croft pairing 1 scan"
	labelShown = "croft pairing 1 shown"
)

// The roles are the associated data of CPace: a tag that comes back to its
// sender is not the one that the sender waits for.
var (
	roleJoiner = []byte("joiner")
	roleShower = []byte("shower")
)

// channel is what names one TLS connection between two keys. The exporter of
// TLS 1.3 says nothing of the client's certificate, so both keys stand beside it.
type channel struct{ exporter, joiner, shower []byte }

func (c channel) id(label string) []byte {
	return lvCat([]byte(label), c.exporter, c.joiner, c.shower)
}

// proveCode is the typer's side: it confirms first, so that a stranger who is
// asked for a tag cannot learn one here without having made a guess.
func proveCode(conn io.ReadWriter, id []byte, code string) error {
	mine := newShare(generator([]byte(code), id, nil))
	if err := writeMessage(conn, kindShare, mine.public); err != nil {
		return err
	}
	theirs, err := expect(conn, kindShare)
	if err != nil {
		return err
	}
	k, err := mine.shared(theirs)
	if err != nil {
		return err
	}
	a, b := contribution{mine.public, roleJoiner}, contribution{theirs, roleShower}
	isk := sessionKey(nil, k, a, b)
	if err := writeMessage(conn, kindTag, tag(nil, isk, a)); err != nil {
		return err
	}
	// From here on the code is spent, whatever happens.
	got, err := expect(conn, kindTag)
	switch {
	case errors.Is(err, ErrCode):
		return err
	case err != nil:
		return fmt.Errorf("%w (%w)", ErrCode, err)
	case !hmac.Equal(got, tag(nil, isk, b)):
		return ErrCode
	}
	return nil
}

// checkCode is the shower's side, after the typer's share. Of a right code it
// does not send its own tag: that is up to the caller, with the tag returned.
// ErrCode means that a guess was made and was wrong.
func checkCode(conn io.ReadWriter, id []byte, code string, theirs []byte) (reply []byte, err error) {
	mine := newShare(generator([]byte(code), id, nil))
	k, err := mine.shared(theirs)
	if err != nil {
		return nil, err
	}
	if err := writeMessage(conn, kindShare, mine.public); err != nil {
		return nil, err
	}
	a, b := contribution{theirs, roleJoiner}, contribution{mine.public, roleShower}
	isk := sessionKey(nil, k, a, b)
	got, err := expect(conn, kindTag)
	switch {
	case err != nil:
		return nil, err
	case !hmac.Equal(got, tag(nil, isk, a)):
		return nil, ErrCode
	}
	return tag(nil, isk, b), nil
}

// scanProof proves the secret of the picture for one channel and direction.
func scanProof(secret []byte, ch channel, label string) []byte {
	mac := hmac.New(sha256.New, secret)
	mac.Write(ch.id(label))
	return mac.Sum(nil)
}

// proveScan is the scanner's side.
func proveScan(conn io.ReadWriter, ch channel, secret []byte) error {
	if err := writeMessage(conn, kindScan, scanProof(secret, ch, labelScan)); err != nil {
		return err
	}
	got, err := expect(conn, kindShown)
	switch {
	case err != nil:
		return err
	case !hmac.Equal(got, scanProof(secret, ch, labelShown)):
		return ErrSecret
	}
	return nil
}

// checkScan is the shower's side, after the scanner's proof; like checkCode it
// returns the reply.
func checkScan(ch channel, secret, theirs []byte) (reply []byte, err error) {
	if !hmac.Equal(theirs, scanProof(secret, ch, labelScan)) {
		return nil, ErrSecret
	}
	return scanProof(secret, ch, labelShown), nil
}
