package storage

import (
	"bytes"
	"compress/gzip"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

var makeGolden = flag.Bool("make-golden", false, "write the golden database of the newest version, if there is none")

// goldenFile is the database of a released version.
func goldenFile(version int) string { return fmt.Sprintf("testdata/croft-v%d.db.gz", version) }

// What the golden databases hold since version 2.
var (
	goldenWhy    = "It is the fastest."
	goldenDevice = Device{
		ID: deviceID("b"), Name: "Studio", Added: time.UnixMilli(5), Seen: time.UnixMilli(6),
		Here: Rights{Answers: true}, There: Rights{Models: true}, Addresses: []string{"192.168.1.20:47300"},
	}
	goldenServer = Server{ID: 1, Name: "Tower", Address: "192.168.1.5:11434", Key: "k", Kind: "Ollama", Added: time.UnixMilli(7)}
	goldenLedger = []LedgerEntry{
		{ID: 1, Time: time.UnixMilli(8), Out: true, Device: deviceID("b"), Address: "192.168.1.20:47300", Purpose: "device", BytesIn: 9, BytesOut: 10, Outcome: "done"},
		{ID: 2, Time: time.UnixMilli(11), Address: "192.168.1.66:5000", Purpose: "device", BytesIn: 12, Outcome: "refused: not one of my devices"},
	}
)

// fillGolden makes what the golden database holds.
func fillGolden(t *testing.T, s *Store) {
	t.Helper()
	ctx := t.Context()
	chat := addChat(t, s, "Orchard")
	q := say(t, s, chat, 0, "user", "When do quinces ripen?")
	a, err := s.Append(ctx, chat, q.ID, "", Message{Role: "assistant", State: "waiting"})
	if err != nil {
		t.Fatal(err)
	}
	a[0].State, a[0].Text, a[0].Thinking = "complete", "In October, where summers are warm.", "They are late fruit."
	a[0].Reply = Reply{Device: "This laptop", Why: goldenWhy, Model: "Qwen3 0.6B", ModelHash: strings.Repeat("a", 64), ReplyTokens: 9, TokensPerSecond: 20.5, Reason: "stop"}
	steps := []error{
		s.SaveReply(ctx, a[0]),
		s.PinChat(ctx, chat, true),
		s.SetChatSettings(ctx, chat, "m", []byte(`{"top_k":3}`)),
		s.AddModel(ctx, Model{ID: strings.Repeat("a", 64), Name: "Qwen3 0.6B", Source: "Croft", Owned: true, Modified: time.Unix(1, 2), Added: time.Unix(3, 0)}),
		s.RecordSpeed(ctx, strings.Repeat("a", 64), 20.5),
		s.SaveSetting(ctx, "settings", []byte(`{"theme":"dark"}`)),
		s.SaveDevice(ctx, goldenDevice),
		s.AddLedger(ctx, goldenLedger),
	}
	if _, err := s.AddServer(ctx, goldenServer); err != nil {
		t.Fatal(err)
	}
	say(t, s, chat, q.ID, "assistant", "東京では十月です。")
	if err := errors.Join(steps...); err != nil {
		t.Fatal(err)
	}
}

func TestMakeGolden(t *testing.T) {
	if !*makeGolden {
		t.Skip("writes testdata; asked for with -make-golden, once a version")
	}
	dir := t.TempDir()
	s := openDir(t, dir)
	fillGolden(t, s)
	s.Close()
	content, err := os.ReadFile(filepath.Join(dir, fileName))
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(goldenFile(len(migrations)), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	z := gzip.NewWriter(f)
	_, err = z.Write(content)
	if err := errors.Join(err, z.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
}

// goldenDir is a folder with a copy of the golden database of a version.
func goldenDir(t *testing.T, version int) string {
	t.Helper()
	f, err := os.Open(goldenFile(version))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, fileName), content, 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// Each version that has a successor has a golden database.
func TestGoldenDatabasesOpen(t *testing.T) {
	schema := func(s *Store) []string {
		all, err := scanAll(t.Context(), s.read, scanOne[string], `SELECT coalesce(sql, name) FROM sqlite_schema ORDER BY name`)
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	want := schema(openTemp(t))
	for version := 1; version < len(migrations); version++ {
		s := openDir(t, goldenDir(t, version))
		if rebuilt, err := s.Check(t.Context()); err != nil || len(rebuilt) > 0 {
			t.Errorf("version %d: check: rebuilt %v, %v", version, rebuilt, err)
		}
		checkGolden(t, s, version)
		if got := schema(s); !slices.Equal(got, want) {
			t.Errorf("version %d: a released schema was changed instead of migrated:\n%q\nnow\n%q", version, got, want)
		}
	}
}

func checkGolden(t *testing.T, s *Store, version int) {
	t.Helper()
	ctx := t.Context()
	chats, err := s.Chats(ctx)
	if err != nil || len(chats) != 1 || chats[0].Title != "Orchard" || !chats[0].Pinned || string(chats[0].Settings) != `{"top_k":3}` {
		t.Fatalf("chats %+v, %v", chats, err)
	}
	if got, want := branchTexts(t, s, chats[0].ID), []string{"When do quinces ripen?", "東京では十月です。"}; !slices.Equal(got, want) {
		t.Errorf("branch %q, want %q", got, want)
	}
	for _, q := range []string{"quinces", "summer", "東京", "orchard", "uinc"} {
		if len(search(t, s, q)) != 1 {
			t.Errorf("%q is not found", q)
		}
	}
	why := ""
	if version >= 2 {
		why = goldenWhy
		checkGoldenMesh(t, s)
	}
	m, err := s.Message(ctx, 2)
	if err != nil || m.Why != why || m.Thinking != "They are late fruit." || m.TokensPerSecond != 20.5 || m.Reason != "stop" {
		t.Errorf("reply %+v, %v", m, err)
	}
	checkMedian(t, s, strings.Repeat("a", 64), 20.5)
	if v, err := s.Setting(ctx, "settings"); err != nil || string(v) != `{"theme":"dark"}` {
		t.Errorf("setting %s, %v", v, err)
	}
}

func checkGoldenMesh(t *testing.T, s *Store) {
	t.Helper()
	if got := mustDevices(t, s); !reflect.DeepEqual(got, []Device{goldenDevice}) {
		t.Errorf("devices %+v", got)
	}
	if got, err := s.Servers(t.Context()); err != nil || !slices.Equal(got, []Server{goldenServer}) {
		t.Errorf("servers %+v, %v", got, err)
	}
	got, err := s.Ledger(t.Context(), LedgerQuery{})
	slices.Reverse(got)
	if err != nil || !slices.Equal(got, goldenLedger) {
		t.Errorf("ledger %+v, %v", got, err)
	}
}

func TestMigrationBacksUp(t *testing.T) {
	dir := goldenDir(t, 1)
	later := append(slices.Clone(migrations), `ALTER TABLE chats ADD COLUMN colour TEXT; UPDATE chats SET colour = 'red'`)
	s, err := open(t.Context(), dir, later)
	if err != nil {
		t.Fatal(err)
	}
	checkGolden(t, s, 1)
	s.Close()
	backups, err := filepath.Glob(filepath.Join(dir, backupsDir, "croft-v1-*.db"))
	if err != nil || len(backups) != 1 {
		t.Fatalf("backups %v, %v", backups, err)
	}
	checkMode(t, backups[0], 0o600)
	checkMode(t, filepath.Dir(backups[0]), 0o700)
	if _, err = Open(t.Context(), dir); !errors.Is(err, ErrNewer) {
		t.Errorf("a newer version: %v, want ErrNewer", err)
	}
	if err := os.Rename(backups[0], filepath.Join(dir, fileName)); err != nil {
		t.Fatal(err)
	}
	checkGolden(t, openDir(t, dir), 1)
}

func TestFailedMigrationChangesNothing(t *testing.T) {
	dir := goldenDir(t, 1)
	before := digest(t, dir)
	broken := []migration{schema1, `DELETE FROM chats; CREATE TABLE chats (id)`}
	if _, err := open(t.Context(), dir, broken); err == nil {
		t.Fatal("a broken migration succeeded")
	}
	if !bytes.Equal(digest(t, dir), before) {
		t.Error("a failed migration changed the file")
	}
	checkGolden(t, openDir(t, dir), 1)
}

func digest(t *testing.T, dir string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(dir, fileName))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func TestOtherFilesAreLeftAlone(t *testing.T) {
	foreign := filepath.Join(t.TempDir(), "other.db")
	db := connect(foreign, writer, 1)
	if _, err := db.Exec(`CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)`); err != nil {
		t.Fatal(err)
	}
	db.Close()
	content, err := os.ReadFile(foreign)
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		content []byte
		want    error
	}{
		"text":             {bytes.Repeat([]byte("not a database. "), 400), ErrDamaged},
		"another program":  {content, ErrForeign},
		"half a header":    {content[:50], ErrDamaged},
		"header of zeroes": {make([]byte, 4096), ErrDamaged},
	}
	for name, c := range cases {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, fileName), c.content, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(t.Context(), dir); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if after := digest(t, dir); !bytes.Equal(after, c.content) {
			t.Errorf("%s: the file was changed", name)
		}
	}
}

func TestSecondProcessDoesNotRecover(t *testing.T) {
	dir := t.TempDir()
	first := openDir(t, dir)
	chat := addChat(t, first, "")
	reply, err := first.Append(t.Context(), chat, 0, "", Message{Role: "assistant", State: "writing", Text: "so far"})
	if err != nil {
		t.Fatal(err)
	}
	gone := addChat(t, first, "")
	if err := first.DeleteChat(t.Context(), gone); err != nil {
		t.Fatal(err)
	}
	second := openDir(t, dir)
	checkState(t, second, reply[0].ID, "writing")
	if err := second.RestoreChat(t.Context(), gone); err != nil {
		t.Errorf("the second took the deleted chat: %v", err)
	}
	first.Close()
	second.Close()
	third := openDir(t, dir)
	checkState(t, third, reply[0].ID, "interrupted")
	if hits := search(t, third, "so far"); len(hits) != 1 {
		t.Error("an interrupted reply is not found")
	}
}

func checkState(t *testing.T, s *Store, message int64, want string) {
	t.Helper()
	m, err := s.Message(t.Context(), message)
	if err != nil || m.State != want || m.Text != "so far" {
		t.Errorf("state %q, text %q, %v; want %q", m.State, m.Text, err, want)
	}
}

func TestLockedDatabase(t *testing.T) {
	dir := t.TempDir()
	s := openDir(t, dir)
	other := connect(filepath.Join(dir, fileName), writer, 1)
	defer other.Close()
	tx, err := other.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if _, err := s.write.Exec(`PRAGMA busy_timeout = 50`); err != nil {
		t.Fatal(err)
	}
	if _, err = s.AddChat(t.Context(), Chat{}); !errors.Is(err, ErrLocked) {
		t.Errorf("locked by another process: %v, want ErrLocked", err)
	}
	if _, err = s.Chats(t.Context()); err != nil {
		t.Errorf("reading while another writes: %v", err)
	}
}

func TestUpdateNeedsToBeAlone(t *testing.T) {
	dir := t.TempDir()
	openDir(t, dir)
	_, err := open(t.Context(), dir, append(slices.Clone(migrations), `SELECT 1`))
	if !errors.Is(err, ErrLocked) {
		t.Errorf("update while another process has it open: %v, want ErrLocked", err)
	}
}

func TestExplainKeepsTheCause(t *testing.T) {
	err := explain(sql.ErrNoRows)
	if !errors.Is(err, ErrNotFound) || !errors.Is(err, sql.ErrNoRows) {
		t.Errorf("%v", err)
	}
	if plain := errors.New("plain"); explain(plain) != plain || explain(nil) != nil {
		t.Error("an unknown error was changed")
	}
}
