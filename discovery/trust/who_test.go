package trust

import (
	"errors"
	"net/http"
	"net/netip"
	"testing"

	"croft/discovery/identity"
	"croft/discovery/lan"
)

func TestWho(t *testing.T) {
	h := newHouse(t, func(http.ResponseWriter, *http.Request) { t.Error("a request came through") }, pin())
	got, err := Who(t.Context(), newDevice(t), h.network, h.at)
	if err != nil || got != h.me.ID() {
		t.Errorf("met %v, %v; want %v", got, err, h.me.ID())
	}
	e := h.ledger.wait(t, lan.Out)
	if e.Device != h.me.ID().String() || e.Outcome != lan.Done || e.Purpose != askingWho {
		t.Errorf("the ledger holds %+v", e)
	}
	if e := h.ledger.wait(t, lan.In); e.Device != "" {
		t.Errorf("it learned who asked: %+v", e)
	}
}

func TestWhoIsNoDevice(t *testing.T) {
	h := newHouse(t, nil, pin())
	other, err := lan.Loopback(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	go func() {
		for {
			c, err := other.Accept()
			if err != nil {
				return
			}
			c.Write([]byte("220 mail.example ESMTP\r\n"))
			c.Close()
		}
	}()
	at := netip.MustParseAddrPort(other.Addr().String())
	if got, err := Who(t.Context(), newDevice(t), h.network, at); err == nil || got != (identity.ID{}) {
		t.Errorf("met %v, %v; want an error", got, err)
	}
	other.Close()
	if _, err := Who(t.Context(), newDevice(t), h.network, at); err == nil || errors.Is(err, identity.ErrNoDevice) {
		t.Errorf("nobody there: %v", err)
	}
}
