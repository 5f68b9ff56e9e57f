package devices

import (
	"context"
	"net/netip"
	"strings"
	"testing"
	"time"

	"croft/discovery/lan"
	"croft/storage"
)

// What a disk does not take stays until it does; beyond a bound the number of entries is kept, if not the entries.
func TestTheLedgerWaitsForTheDisk(t *testing.T) {
	dir := t.TempDir()
	closed, err := storage.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	l := newLedger(closed)
	entry := lan.Entry{Time: time.Now(), Direction: lan.Out, Address: netip.MustParseAddrPort("192.168.1.2:1"), Outcome: "failed:\n a\x00b"}
	for range bufferMax {
		l.record(entry)
	}
	if l.flush(t.Context()) == nil {
		t.Fatal("a closed store took entries")
	}
	for range 3 {
		l.record(entry)
	}
	if l.store, err = storage.Open(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	defer l.store.Close()
	if err := l.close(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
	all, err := l.store.Ledger(t.Context(), storage.LedgerQuery{Limit: 2 * bufferMax})
	if err != nil || len(all) != bufferMax+1 {
		t.Fatalf("%d entries, %v", len(all), err)
	}
	if !strings.Contains(all[0].Outcome, "3 entries") || strings.ContainsAny(all[1].Outcome, "\n") {
		t.Errorf("the newest are %+v", all[:2])
	}
}
