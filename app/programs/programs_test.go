package programs

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"croft/app/health"
	"croft/storage"
)

// token answers who shows it, with itself.
func token(want string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+want {
			w.WriteHeader(http.StatusUnauthorized)
		}
		_, _ = io.WriteString(w, want)
	})
}

func open(t *testing.T) *storage.Store {
	t.Helper()
	store, err := storage.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	return store
}

func door(t *testing.T, store *storage.Store) *Door {
	t.Helper()
	d := New(store, token)
	t.Cleanup(func() { d.Close() })
	return d
}

// freePort is a port that nobody had a moment ago.
func freePort(t *testing.T) uint16 {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return uint16(l.Addr().(*net.TCPAddr).Port)
}

// ask returns the status that a program gets, 0 for none.
func ask(t *testing.T, s State, token string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.Address()+"/models", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(r)
	if err != nil {
		return 0
	}
	defer answer.Body.Close()
	return answer.StatusCode
}

func change(t *testing.T, d *Door, f func(*State)) State {
	t.Helper()
	s, err := d.Change(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTheDoorIsClosedUntilItIsOpened(t *testing.T) {
	store := open(t)
	d := door(t, store)
	port := freePort(t)
	s := change(t, d, func(s *State) { s.Port = port })
	if err := d.Guard(t.Context(), false); err != nil || d.Open() || s.On || ask(t, s, s.Token) != 0 {
		t.Fatalf("a new home answers programs: %+v, %v", s, err)
	}
	// Another Croft on this home opens it, gives it a new token, and closes it.
	other := door(t, store)
	s = change(t, other, func(s *State) { s.On = true })
	if len(s.Token) < 20 {
		t.Errorf("the token is %q", s.Token)
	}
	soon(t, func() bool { return ask(t, s, s.Token) == http.StatusOK })
	if got := ask(t, s, "guess"); got != http.StatusUnauthorized {
		t.Errorf("a guess is answered with %d", got)
	}
	before := s.Token
	s = change(t, other, func(s *State) { s.Token = NewToken() })
	if ask(t, s, before) != http.StatusUnauthorized || ask(t, s, s.Token) != http.StatusOK {
		t.Error("the new token does not count at once")
	}
	change(t, other, func(s *State) { s.On = false })
	soon(t, func() bool { return ask(t, s, s.Token) == 0 && !d.Open() })
}

func soon(t *testing.T, done func() bool) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); !done(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it did not happen")
		}
	}
}

func TestForceOpensForOneRun(t *testing.T) {
	store := open(t)
	d := door(t, store)
	port := freePort(t)
	change(t, d, func(s *State) { s.Port = port })
	if err := d.Guard(t.Context(), true); err != nil || !d.Open() {
		t.Fatal("it did not open", err)
	}
	s, err := d.State(t.Context())
	if err != nil || s.On || ask(t, s, s.Token) != http.StatusOK {
		t.Errorf("%+v, %v", s, err)
	}
	if d.Close(); ask(t, s, s.Token) != 0 {
		t.Error("it is open after Close")
	}
}

func TestATakenPortIsTold(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := door(t, open(t))
	port := uint16(taken.Addr().(*net.TCPAddr).Port)
	s := change(t, d, func(s *State) { s.On, s.Port = true, port })
	err = d.Guard(t.Context(), false)
	if p := health.Of(err); d.Open() || !strings.Contains(p.Sentence, "is used by another program") {
		t.Errorf("%+v", p)
	}
	taken.Close()
	soon(t, func() bool { return ask(t, s, s.Token) == http.StatusOK })
	if err := d.Problem(); err != nil {
		t.Error(err)
	}
}

func TestAnEndedContextDoesNotCloseIt(t *testing.T) {
	d := door(t, open(t))
	port := freePort(t)
	s := change(t, d, func(s *State) { s.On, s.Port = true, port })
	ctx, cancel := context.WithCancel(t.Context())
	if err := d.Guard(ctx, false); err != nil {
		t.Fatal(err)
	}
	cancel()
	if !errors.Is(ctx.Err(), context.Canceled) || ask(t, s, s.Token) != http.StatusOK {
		t.Error("it closed with the context of Guard")
	}
}
