package lan

import (
	"fmt"
	"net/netip"
	"sync"
	"time"
)

// Direction says who began a connection.
type Direction string

const (
	In  Direction = "in"
	Out Direction = "out"
)

// Entry is what the ledger keeps of one connection, or of one attempt. Bytes are
// those that went through the socket, encryption included.
type Entry struct {
	Time      time.Time // when it began
	Direction Direction
	Device    string // the other device's id, "" while it has not shown one
	Address   netip.AddrPort
	Purpose   string
	BytesIn   int64
	BytesOut  int64
	Outcome   string // "done", or "refused: …", "failed: …", "cut: …"
}

// Done is the outcome of a connection that neither side had reason to refuse.
const Done = "done"

// Strangers can knock faster than anybody reads. Of theirs, foldAfter entries are
// recorded in each window, the rest are joined into one with the sum of bytes.
const (
	foldAfter  = 10
	foldWindow = 10 * time.Second
)

type ledger struct {
	record func(Entry)

	mu      sync.Mutex
	window  time.Time // when the current one began
	written int       // in it
	folded  Entry     // the last of those joined, with the bytes of all
	count   int
	timer   *time.Timer // writes what was joined
}

func (l *ledger) write(e Entry) {
	if l.record != nil && (e.Direction == Out || e.Device != "" || !l.fold(e)) {
		l.record(e)
	}
}

// fold reports whether e was joined with others, to be written later.
func (l *ledger) fold(e Entry) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if now.Sub(l.window) >= foldWindow {
		l.window, l.written = now, 0
	}
	if l.written < foldAfter {
		l.written++
		return false
	}
	e.BytesIn += l.folded.BytesIn
	e.BytesOut += l.folded.BytesOut
	l.folded = e
	l.count++
	if l.timer == nil {
		l.timer = time.AfterFunc(foldWindow, l.flush)
	}
	return true
}

// flush writes what was joined so far.
func (l *ledger) flush() {
	l.mu.Lock()
	e, count := l.folded, l.count
	l.folded, l.count = Entry{}, 0
	if l.timer != nil {
		l.timer.Stop()
		l.timer = nil
	}
	l.mu.Unlock()
	if count > 1 {
		e.Outcome = fmt.Sprintf("%s (the last of %d connections)", e.Outcome, count)
	}
	if count > 0 {
		l.record(e)
	}
}
