package trust

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"croft/discovery/lan"
)

const (
	recordHeaderBytes = 5          // type, version, length of the rest: RFC 8446 section 5.1
	alertBytesMax     = 2 + 1 + 16 // level and description, the real type, the seal of an AEAD

	// badCertificate is the alert by which the other end's VerifyConnection says no, RFC 8446 section 6.2.
	badCertificate tls.AlertError = 42
)

// greeted is the client's connection below TLS. In TLS 1.3 the client's handshake is over before the server has looked at
// its certificate. A request sent then would fail, if it is refused, in one of many ways. So the client waits for the
// server's first word, which costs a round trip on each new connection and makes a refusal plain.
type greeted struct {
	*lan.Conn
	ahead []byte // read by welcome, not yet by TLS
}

func (g *greeted) Read(p []byte) (int, error) {
	if len(g.ahead) > 0 {
		n := copy(p, g.ahead)
		g.ahead = g.ahead[n:]
		return n, nil
	}
	return g.Conn.Read(p)
}

// welcome waits for the first record after the handshake. The server's settings are longer than any alert, so TLS opens it
// here only if it is one: else its content would be missing from HTTP/2.
func (g *greeted) welcome(ctx context.Context, conn *tls.Conn) error {
	stop := context.AfterFunc(ctx, func() { g.SetReadDeadline(time.Unix(1, 0)) })
	head := make([]byte, recordHeaderBytes)
	_, err := io.ReadFull(g.Conn, head)
	g.ahead = head
	if err == nil && binary.BigEndian.Uint16(head[3:]) <= alertBytesMax {
		if _, err = conn.Read(make([]byte, 1)); err == nil {
			err = errors.New("it does not speak as Croft does")
		}
	}
	if !stop() {
		return ctx.Err()
	}
	if isRefusal(err) {
		return fmt.Errorf("%w (%w)", ErrRefused, err)
	}
	return err
}

func isRefusal(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "remote error" && op.Err.Error() == badCertificate.Error()
}
