package devices

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"croft/discovery/lan"
	"croft/storage"
)

// Entry is one connection, or one attempt at it, as the ledger has it.
type Entry struct {
	ID                int64     // in the order in which they ended
	Time              time.Time // when it began
	Out               bool      // begun by this device
	Device            string    // ID of the other one, "" when it has shown none
	Name              string    // of the device or server, as it is now; "" for others
	Address           string
	Purpose           string
	BytesIn, BytesOut int64
	Outcome           string
}

// LedgerQuery says which entries are asked for.
type LedgerQuery struct {
	Device string // only with this one; "" for all
	Before int64  // only those with a smaller ID: the next page; 0 from the newest
	Limit  int    // 0: 100
}

// Total is what was spoken with one device.
type Total struct {
	Device      string // "" for all that have shown no key
	Name        string
	In, Out     int64 // bytes
	Connections int
}

// Ledger returns entries, the newest first. A connection is entered when it ends.
func (s *Service) Ledger(ctx context.Context, q LedgerQuery) ([]Entry, error) {
	if err := s.ledger.flush(ctx); err != nil {
		return nil, err
	}
	found, err := s.store.Ledger(ctx, storage.LedgerQuery(q))
	if err != nil {
		return nil, err
	}
	names, err := s.names(ctx)
	if err != nil {
		return nil, err
	}
	all := make([]Entry, len(found))
	for i, e := range found {
		all[i] = Entry{
			ID: e.ID, Time: e.Time, Out: e.Out, Device: e.Device, Name: names[e.Device], Address: e.Address, Purpose: e.Purpose,
			BytesIn: e.BytesIn, BytesOut: e.BytesOut, Outcome: e.Outcome,
		}
	}
	return all, nil
}

// Totals adds up what began at since or later, for each device.
func (s *Service) Totals(ctx context.Context, since time.Time) ([]Total, error) {
	if err := s.ledger.flush(ctx); err != nil {
		return nil, err
	}
	found, err := s.store.LedgerTotals(ctx, since)
	if err != nil {
		return nil, err
	}
	names, err := s.names(ctx)
	if err != nil {
		return nil, err
	}
	all := make([]Total, len(found))
	for i, t := range found {
		all[i] = Total{Device: t.Device, Name: names[t.Device], In: t.In, Out: t.Out, Connections: t.Connections}
	}
	return all, nil
}

// names are those of devices and servers, by what the ledger calls them.
func (s *Service) names(ctx context.Context) (map[string]string, error) {
	names := map[string]string{}
	for _, d := range s.List() {
		names[d.ID] = d.Name
	}
	servers, err := s.Servers(ctx)
	for _, v := range servers {
		names[serverKey(v.ID)] = v.Name
	}
	return names, err
}

// serverKey is what the ledger calls a server.
func serverKey(id int64) string { return "server " + strconv.FormatInt(id, 10) }

const (
	flushEvery = time.Second
	bufferMax  = 10000 // entries that wait for a disk that takes none
)

// ledger takes entries from the network and writes them in batches. What is in a batch when the program is killed is lost;
// close loses nothing.
type ledger struct {
	store *storage.Store
	wake  chan struct{} // holds at most one

	writing sync.Mutex // held while a batch is written, so that the order stays

	mu     sync.Mutex
	buffer []storage.LedgerEntry
	lost   int // entries for which there was no room
}

func newLedger(store *storage.Store) *ledger {
	return &ledger{store: store, wake: make(chan struct{}, 1)}
}

func (l *ledger) record(e lan.Entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.buffer) >= bufferMax {
		l.lost++
		return
	}
	l.buffer = append(l.buffer, storage.LedgerEntry{
		Time: e.Time, Out: e.Direction == lan.Out, Device: e.Device, Address: e.Address.String(), Purpose: e.Purpose,
		BytesIn: e.BytesIn, BytesOut: e.BytesOut, Outcome: plain(e.Outcome),
	})
	signal(l.wake)
}

// plain makes one line of an outcome, which holds words of the system and of the other side.
func plain(outcome string) string { return strings.Join(strings.Fields(outcome), " ") }

func (l *ledger) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.wake:
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(flushEvery):
		}
		if l.flush(ctx) != nil {
			signal(l.wake) // it stays in the buffer; the disk may be free again in a moment
		}
	}
}

// flush writes what is there.
func (l *ledger) flush(ctx context.Context) error {
	l.writing.Lock()
	defer l.writing.Unlock()
	l.mu.Lock()
	batch := l.buffer
	if l.lost > 0 {
		batch = append(batch, storage.LedgerEntry{
			Time: time.Now(), Purpose: "ledger", Outcome: fmt.Sprintf("failed: %d entries could not be written", l.lost),
		})
	}
	l.buffer, l.lost = nil, 0
	l.mu.Unlock()
	err := l.store.AddLedger(ctx, batch)
	if err != nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.buffer = append(batch, l.buffer...)
	}
	return err
}

// close writes what is left.
func (l *ledger) close(ctx context.Context) error {
	err := l.flush(ctx)
	if err != nil {
		return errors.Join(errors.New("the ledger of connections could not be written to its end"), err)
	}
	return nil
}
