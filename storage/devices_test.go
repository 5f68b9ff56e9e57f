package storage

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

func deviceID(c string) string { return strings.Repeat(c, 64) }

func mustDevices(t *testing.T, s *Store) []Device {
	t.Helper()
	all, err := s.Devices(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestDevices(t *testing.T) {
	s := openDir(t, goldenDir(t, 1)) // the tables are those of the migration
	ctx := t.Context()
	studio := Device{
		ID: deviceID("a"), Name: "studio PC", Added: time.UnixMilli(1700000000123), Seen: time.UnixMilli(1700000000456),
		Here: Rights{Answers: true}, There: Rights{Models: true, Notes: true}, Addresses: []string{"192.168.1.20:47300"},
	}
	phone := Device{ID: deviceID("0"), Name: "Phone", Added: time.UnixMilli(1), Addresses: []string{}}
	err := errors.Join(s.SaveDevice(ctx, studio), s.SaveDevice(ctx, phone))
	if err != nil {
		t.Fatal(err)
	}
	if got := mustDevices(t, s); !reflect.DeepEqual(got, []Device{phone, studio}) {
		t.Errorf("got %+v", got)
	}

	again := studio
	again.Name, again.Added, again.Seen, again.Here = "Studio", time.UnixMilli(9), time.Time{}, Rights{Notes: true}
	err = errors.Join(s.SaveDevice(ctx, again), s.RemoveDevice(ctx, phone.ID))
	again.Added, again.Seen = studio.Added, studio.Seen
	if got := mustDevices(t, s); err != nil || !reflect.DeepEqual(got, []Device{again}) {
		t.Errorf("saved again: %+v, %v; want %+v", got, err, again)
	}

	err = errors.Join(s.RenameDevice(ctx, studio.ID, "Workshop"), s.SetDeviceRights(ctx, studio.ID, Rights{true, true, false}))
	got := mustDevices(t, s)[0]
	if err != nil || got.Name != "Workshop" || got.Here != (Rights{true, true, false}) || got.There != studio.There {
		t.Errorf("changed: %+v, %v", got, err)
	}
	for what, err := range map[string]error{
		"rename": s.RenameDevice(ctx, phone.ID, "x"), "rights": s.SetDeviceRights(ctx, phone.ID, Rights{}),
		"seen": s.SawDevice(ctx, phone.ID, nil, time.Now()), "remove": s.RemoveDevice(ctx, phone.ID),
	} {
		if !errors.Is(err, ErrNotFound) {
			t.Errorf("%s of a device that is not there: %v, want ErrNotFound", what, err)
		}
	}
	for _, id := range []string{"", deviceID("g"), deviceID("A"), "aa"} {
		if err := s.SaveDevice(ctx, Device{ID: id}); err == nil {
			t.Errorf("the ID %q was saved", id)
		}
	}
}

func TestSawDeviceKeepsAddressesInOrder(t *testing.T) {
	s := openTemp(t)
	id := deviceID("b")
	if err := s.SaveDevice(t.Context(), Device{ID: id, Addresses: []string{"a", "b", "a", "c"}}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ seen, want []string }{
		{nil, []string{"a", "b", "c"}},
		{[]string{"c"}, []string{"c", "a", "b"}},
		{[]string{"d", "e"}, []string{"d", "e", "c", "a"}},
	} {
		at := time.UnixMilli(time.Now().UnixMilli())
		err := s.SawDevice(t.Context(), id, c.seen, at)
		got := mustDevices(t, s)[0]
		if err != nil || !slices.Equal(got.Addresses, c.want) || !got.Seen.Equal(at) {
			t.Errorf("seen at %v: %v at %v, %v; want %v at %v", c.seen, got.Addresses, got.Seen, err, c.want, at)
		}
		err = s.SawDevice(t.Context(), id, nil, at.Add(-time.Hour))
		if got := mustDevices(t, s)[0]; err != nil || !got.Seen.Equal(at) {
			t.Errorf("seen an hour before: %v, %v; want %v", got.Seen, err, at)
		}
	}
}

func TestServers(t *testing.T) {
	s := openTemp(t)
	ctx := t.Context()
	tower, err := s.AddServer(ctx, Server{Name: "Tower", Address: "192.168.1.5:11434", Key: "k", Kind: "Ollama", Added: time.UnixMilli(5)})
	if err != nil || tower.ID == 0 {
		t.Fatalf("%+v, %v", tower, err)
	}
	attic, err := s.AddServer(ctx, Server{Name: "attic", Address: "192.168.1.6:8080", Added: time.UnixMilli(6)})
	if err != nil {
		t.Fatal(err)
	}
	again, err := s.AddServer(ctx, Server{Name: "The tower", Address: tower.Address, Added: time.UnixMilli(7)})
	want := Server{ID: tower.ID, Name: "The tower", Address: tower.Address, Added: time.UnixMilli(5)}
	if err != nil || again != want {
		t.Errorf("at the same address: %+v, %v; want %+v", again, err, want)
	}
	if all, err := s.Servers(ctx); err != nil || !slices.Equal(all, []Server{attic, want}) {
		t.Errorf("got %+v, %v", all, err)
	}
	if err := s.RemoveServer(ctx, tower.ID); err != nil {
		t.Fatal(err)
	}
	if err := s.RemoveServer(ctx, tower.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("removed twice: %v, want ErrNotFound", err)
	}
}

func TestLedger(t *testing.T) {
	dir := t.TempDir()
	s := openDir(t, dir)
	ctx := t.Context()
	a, b := deviceID("a"), deviceID("b")
	entries := []LedgerEntry{
		{Time: time.UnixMilli(1000), Out: true, Device: a, Address: "10.0.0.2:1", Purpose: "devices", BytesIn: 10, BytesOut: 1 << 40, Outcome: "done"},
		{Time: time.UnixMilli(2000), Device: b, Address: "10.0.0.3:1", Purpose: "devices", BytesIn: 7, BytesOut: 5, Outcome: "done"},
		{Time: time.UnixMilli(3000), Address: "10.0.0.4:1", Purpose: "devices", BytesIn: 1, Outcome: "refused: not one of my devices"},
		{Time: time.UnixMilli(4000), Out: true, Device: a, Address: "10.0.0.2:1", Purpose: "devices", BytesIn: 1, BytesOut: 2, Outcome: "cut: gone"},
	}
	if err := errors.Join(s.AddLedger(ctx, entries[:3]), s.AddLedger(ctx, nil), s.AddLedger(ctx, entries[3:])); err != nil {
		t.Fatal(err)
	}
	for i := range entries {
		entries[i].ID = int64(i + 1)
	}
	s.Close()
	s = openDir(t, dir)
	for _, c := range []struct {
		query LedgerQuery
		want  []int // of entries
	}{
		{LedgerQuery{}, []int{3, 2, 1, 0}},
		{LedgerQuery{Device: a}, []int{3, 0}},
		{LedgerQuery{Limit: 2}, []int{3, 2}},
		{LedgerQuery{Before: entries[2].ID, Limit: 2}, []int{1, 0}},
		{LedgerQuery{Device: a, Before: entries[3].ID}, []int{0}},
		{LedgerQuery{Device: deviceID("c")}, nil},
	} {
		var want []LedgerEntry
		for _, i := range c.want {
			want = append(want, entries[i])
		}
		if got, err := s.Ledger(ctx, c.query); err != nil || !slices.Equal(got, want) {
			t.Errorf("%+v: %+v, %v; want %+v", c.query, got, err, want)
		}
	}
	got, err := s.LedgerTotals(ctx, time.UnixMilli(2000))
	want := []LedgerTotal{{"", 1, 0, 1}, {a, 1, 2, 1}, {b, 7, 5, 1}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("totals %+v, %v; want %+v", got, err, want)
	}
	for _, bad := range []string{`DELETE FROM ledger`, `UPDATE ledger SET bytes_in = 0`} {
		if _, err := s.write.ExecContext(ctx, bad); err == nil {
			t.Errorf("%s went through", bad)
		}
	}
}

func TestTheNewestOfTheLedgerAreKept(t *testing.T) {
	s := openTemp(t)
	ctx := t.Context()
	// One more than fits at once, as the program would enter them over months.
	_, err := s.write.ExecContext(ctx, `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
		INSERT INTO ledger (time_ms, outgoing, device, address, purpose, bytes_in, bytes_out, outcome)
		SELECT 0, 0, ?, '10.0.0.2:47300', 'device', 1, 1, 'done' FROM n`, ledgerMax, deviceID("a"))
	if err != nil {
		t.Fatal(err)
	}
	count := func() (n, oldest int) {
		if err := s.read.QueryRowContext(ctx, `SELECT count(*), min(id) FROM ledger`).Scan(&n, &oldest); err != nil {
			t.Fatal(err)
		}
		return n, oldest
	}
	if n, oldest := count(); n != ledgerMax || oldest != 1 {
		t.Fatalf("%d entries from %d on, want all", n, oldest)
	}
	for i, batch := range []int{1, 3} {
		if err := s.AddLedger(ctx, make([]LedgerEntry, batch)); err != nil {
			t.Fatal(err)
		}
		if n, oldest := count(); n != ledgerMax || oldest != []int{2, 5}[i] {
			t.Errorf("%d entries from %d on", n, oldest)
		}
	}
	if _, err := s.write.ExecContext(ctx, `DELETE FROM ledger WHERE id = 5`); err == nil {
		t.Error("the oldest of those that are kept could be removed")
	}
}

func TestResumeReply(t *testing.T) {
	s := openTemp(t)
	chat := addChat(t, s, "")
	question := say(t, s, chat, 0, "user", "what?")
	for _, c := range []struct {
		state string
		want  error
	}{{"stopped", nil}, {"interrupted", nil}, {"failed", nil}, {"complete", ErrNotFound}} {
		made, err := s.Append(t.Context(), chat, question.ID, "", Message{Role: "assistant", State: "writing"})
		if err != nil {
			t.Fatal(err)
		}
		m := made[0]
		m.State, m.Text, m.Reason, m.Problem, m.Why = c.state, "so far", "stop", "gone", "it is the fastest"
		if err := s.SaveReply(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		if err := s.ResumeReply(t.Context(), m.ID); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.state, err, c.want)
		}
		if c.want != nil {
			continue
		}
		got, err := s.Message(t.Context(), m.ID)
		if err != nil || got.State != "writing" || got.Text != "so far" || got.Reason+got.Problem != "" || got.Why != m.Why {
			t.Errorf("%s: %+v, %v", c.state, got, err)
		}
		m.State, m.Text = "complete", "so far, so pomegranate"
		if err := s.SaveReply(t.Context(), m); err != nil {
			t.Errorf("%s: it cannot be carried on: %v", c.state, err)
		}
	}
	if hits := search(t, s, "pomegranate"); len(hits) != 1 {
		t.Errorf("what was carried on is found in %d chats, want 1", len(hits))
	}
	if err := s.ResumeReply(t.Context(), question.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("a question: %v, want ErrNotFound", err)
	}
	if rebuilt, err := s.Check(t.Context()); err != nil || len(rebuilt) > 0 {
		t.Errorf("check: rebuilt %v, %v", rebuilt, err)
	}
}
