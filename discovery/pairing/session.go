package pairing

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"time"

	"croft/discovery/identity"
)

const (
	alpn          = "croft-pairing/1"
	exporterLabel = "EXPORTER-croft-pairing-1"
	exporterBytes = 32

	handshakeMax = 5 * time.Second // until the first message is here
	proofMax     = 5 * time.Second // from there until both have said hello
)

// tlsConfig lets anybody in who has one Ed25519 key other than ours and passes
// check. Who it is, is proved afterwards.
func tlsConfig(me *identity.Private, check func(identity.ID) error) *tls.Config {
	return &tls.Config{
		Certificates:           []tls.Certificate{me.Certificate()},
		MinVersion:             tls.VersionTLS13,
		NextProtos:             []string{alpn},
		ServerName:             "croft",
		ClientAuth:             tls.RequireAnyClientCert,
		InsecureSkipVerify:     true, // no authority knows these keys: VerifyConnection looks at them
		SessionTicketsDisabled: true,
		VerifyConnection: func(state tls.ConnectionState) error {
			if state.NegotiatedProtocol != alpn {
				return ErrVersion
			}
			id, _, err := identity.Peer(state)
			switch {
			case err != nil:
				return err
			case id == me.ID():
				return ErrSelf
			}
			return check(id)
		},
	}
}

func anybody(identity.ID) error { return nil }

// session is a connection whose two keys are known and not yet trusted.
type session struct {
	conn *tls.Conn
	raw  net.Conn
	mine identity.ID
	peer identity.ID
	spki []byte // the other side's
	ch   channel
}

// entry is what the ledger can be told of a connection.
type entry interface {
	SetDevice(id string)
	SetOutcome(outcome string)
}

// newSession does the handshake of conn, which runs over raw, and closes raw
// where that fails.
func newSession(ctx context.Context, raw net.Conn, conn *tls.Conn, me *identity.Private, shower bool) (s *session, err error) {
	defer func() {
		if err != nil {
			raw.Close()
		}
	}()
	if err := raw.SetDeadline(time.Now().Add(handshakeMax)); err != nil {
		return nil, err
	}
	if err := conn.HandshakeContext(ctx); err != nil {
		return nil, versionError(err)
	}
	state := conn.ConnectionState()
	id, spki, err := identity.Peer(state)
	if err != nil {
		return nil, err
	}
	exporter, err := state.ExportKeyingMaterial(exporterLabel, nil, exporterBytes)
	if err != nil {
		return nil, err
	}
	s = &session{conn: conn, raw: raw, mine: me.ID(), peer: id, spki: spki, ch: channel{exporter, me.SPKI(), spki}}
	if shower {
		s.ch.joiner, s.ch.shower = spki, me.SPKI()
	} else {
		s.tellDevice()
	}
	return s, nil
}

// tellDevice names the other side in the ledger. Of those who come to a shower, only who guessed or is let in is named:
// anybody makes any number of keys, and the ledger joins the entries of callers without a name.
func (s *session) tellDevice() {
	if e, ok := s.raw.(entry); ok {
		e.SetDevice(s.peer.String())
	}
}

// versionError finds out that the other side speaks another protocol. The alert
// has no type of its own that could be asked for.
func versionError(err error) error {
	var remote *net.OpError
	if errors.As(err, &remote) && remote.Op == "remote error" && remote.Err.Error() == "tls: no application protocol" {
		return ErrVersion
	}
	return err
}

// refuse tells the other side why, where there is a code for it.
func (s *session) refuse(err error) {
	if errors.Is(err, ErrCode) {
		s.tellDevice()
	}
	if e, ok := s.raw.(entry); ok {
		e.SetOutcome("refused: " + err.Error())
	}
	if code, ok := refusalOf(err); ok {
		_ = writeMessage(s.conn, kindRefuse, []byte{byte(code)}) // it is being left anyway
	}
}

func (s *session) sayHello(my About) error {
	if my.Name = CleanName(my.Name); my.Name == "" {
		my.Name = s.mine.Short()
	}
	return writeMessage(s.conn, kindHello, my.encode())
}

func (s *session) hearHello() (About, error) {
	body, err := expect(s.conn, kindHello)
	if err != nil {
		return About{}, err
	}
	return parseAbout(body)
}

// address is where the other side answers, with the port that it told us.
func (s *session) address(port uint16) netip.AddrPort {
	tcp, ok := s.raw.RemoteAddr().(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(tcp.AddrPort().Addr().Unmap(), port)
}

// reason turns what a broken connection says into what happened.
func reason(err error) error {
	switch {
	case err == nil, errors.Is(err, ErrCode):
		return err
	case errors.Is(err, os.ErrDeadlineExceeded):
		return ErrExpired
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed), errors.Is(err, io.ErrClosedPipe):
		return ErrGone
	}
	var lost *net.OpError
	if errors.As(err, &lost) {
		return fmt.Errorf("%w (%w)", ErrGone, err)
	}
	return err
}
