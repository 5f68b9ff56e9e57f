package devices

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"croft/app/health"
	"croft/discovery/lan"
	"croft/discovery/trust"
	"croft/storage"
)

func TestRename(t *testing.T) {
	studio, laptop := newHouse(t, "Studio PC"), newHouse(t, "Laptop")
	pair(t, studio, laptop)
	var told atomic.Int32
	defer studio.Follow(func() { told.Add(1) })()
	if err := studio.Rename(t.Context(), laptop.ID(), "  My \n laptop "); err != nil {
		t.Fatal(err)
	}
	if d, _ := studio.device(laptop.ID()); d.Name != "My laptop" {
		t.Errorf("it is called %q", d.Name)
	}
	eventually(t, "somebody to be told", func() bool { return told.Load() > 0 })
	if err := studio.Rename(t.Context(), laptop.ID(), " \n"); err == nil {
		t.Error("an empty name was taken")
	}
	if err := studio.Rename(t.Context(), studio.ID(), "x"); !errors.Is(err, ErrNotFound) {
		t.Errorf("renamed a stranger: %v", err)
	}
	// Added again, it keeps the name that it was given here.
	atStudio, atLaptop := meet(t, studio, laptop)
	accept(t, atStudio, atLaptop, Rights{Answers: true}, Rights{})
	if d, _ := studio.device(laptop.ID()); d.Name != "My laptop" || d.Here != (Rights{Answers: true}) {
		t.Errorf("added again: %+v", d)
	}
}

func TestRightsAreLookedUpAnewForEachRequest(t *testing.T) {
	studio, laptop := newHouse(t, "Studio PC"), newHouse(t, "Laptop")
	pair(t, studio, laptop)
	stream := laptop.words(t, studio.ID()) // so that the connection stays the same
	for _, want := range []Rights{{}, {Answers: true}, {Models: true, Notes: true}} {
		if err := studio.SetRights(t.Context(), laptop.ID(), want); err != nil {
			t.Fatal(err)
		}
		if got, err := laptop.get(t, studio.ID(), "/rights"); err != nil || got != fmt.Sprint(laptop.ID(), want, true) {
			t.Errorf("it has %q, %v; want %+v", got, err, want)
		}
	}
	if _, err := io.ReadFull(stream, make([]byte, 50)); err != nil {
		t.Errorf("the stream of before: %v", err)
	}
	if _, _, ok := studio.Caller(t.Context()); ok {
		t.Error("a call of this device's own has rights")
	}
}

// checkCut fails unless the stream ends soon, and the request at the other end too.
func checkCut(t *testing.T, begin time.Time, stream io.Reader, ended chan string, who string) error {
	t.Helper()
	_, err := io.Copy(io.Discard, stream)
	if err == nil {
		t.Error("a stream that was cut seems whole")
	}
	select {
	case got := <-ended:
		if got != who {
			t.Errorf("the request of %q ended", got)
		}
	case <-time.After(5 * time.Second):
		t.Error("the request goes on")
	}
	if took := time.Since(begin); took > time.Second {
		t.Errorf("cut off after %v", took)
	}
	return err
}

func TestRemovalCutsALiveStream(t *testing.T) {
	studio, laptop, tablet := newHouse(t, "Studio PC"), newHouse(t, "Laptop"), newHouse(t, "Tablet")
	pair(t, studio, laptop)
	pair(t, studio, tablet)
	stream, kept := laptop.words(t, studio.ID()), tablet.words(t, studio.ID())

	begin := time.Now()
	if err := studio.Remove(t.Context(), laptop.ID()); err != nil {
		t.Fatal(err)
	}
	checkCut(t, begin, stream, studio.ended, laptop.ID())
	if _, err := laptop.get(t, studio.ID(), "/rights"); !errors.Is(err, ErrNotKnown) {
		t.Errorf("called again: %v", err)
	}
	eventually(t, "the laptop to see why", func() bool {
		d, _ := laptop.device(studio.ID())
		return !d.Online && health.Of(d.Problem).Title == "Not known there"
	})
	if _, err := io.ReadFull(kept, make([]byte, 50)); err != nil {
		t.Errorf("the stream of another: %v", err)
	}
	if _, found := studio.device(laptop.ID()); found {
		t.Error("it is still listed")
	}
	if err := studio.Remove(t.Context(), laptop.ID()); !errors.Is(err, ErrNotFound) {
		t.Errorf("removed twice: %v", err)
	}
}

func TestRemovalCutsWhatWasAsked(t *testing.T) {
	studio, laptop := newHouse(t, "Studio PC"), newHouse(t, "Laptop")
	pair(t, studio, laptop)
	stream := laptop.words(t, studio.ID())
	begin := time.Now()
	if err := laptop.Remove(t.Context(), studio.ID()); err != nil {
		t.Fatal(err)
	}
	if err := checkCut(t, begin, stream, studio.ended, laptop.ID()); !errors.Is(err, ErrRemoved) {
		t.Errorf("the stream ended with %v", err)
	}
}

// Another Croft on this machine, such as a command, has the same records.
func TestRemovalByAnotherProgram(t *testing.T) {
	studio, laptop := newHouse(t, "Studio PC"), newHouse(t, "Laptop")
	pair(t, studio, laptop)
	stream := laptop.words(t, studio.ID())
	other, err := storage.Open(t.Context(), studio.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	begin := time.Now()
	if err := other.RemoveDevice(t.Context(), laptop.ID()); err != nil {
		t.Fatal(err)
	}
	checkCut(t, begin, stream, studio.ended, laptop.ID())
}

// A command that runs beside a Croft that serves lets nobody in and adds devices all the same.
func TestAddByAnotherProgram(t *testing.T) {
	studio, laptop := newHouse(t, "Studio PC"), newHouse(t, "Laptop")
	eventually(t, "the port to be saved", func() bool { return studio.savedPort(t.Context()) != 0 })
	store, err := storage.Open(t.Context(), studio.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	s, err := New(t.Context(), Options{Dir: studio.dir, Store: store, Name: "Studio PC", Ports: &Ports{}, Interfaces: lan.Self})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	atStudio, atLaptop := meet(t, &house{Service: s}, laptop)
	accept(t, atStudio, atLaptop, Rights{Answers: true}, Rights{})
	eventually(t, "the laptop to reach the Croft that serves", func() bool {
		d, _ := laptop.device(studio.ID())
		return d.Online
	})
}

func TestDevicesAreThereAfterARestart(t *testing.T) {
	studio, laptop := newHouse(t, "Studio PC"), newHouse(t, "Laptop")
	pair(t, studio, laptop)
	id := studio.ID()
	studio.stop(t)
	eventually(t, "the laptop to notice", func() bool {
		for _, d := range laptop.Refresh(t.Context()) {
			if !d.Online && health.Of(d.Problem).Title == "Croft is not running there" {
				return true
			}
		}
		return false
	})
	studio.start(t) // on another port; it calls the laptop, whose address is as it was
	if studio.ID() != id {
		t.Error("it is another device now")
	}
	eventually(t, "the studio to reach the laptop", func() bool { d, _ := studio.device(laptop.ID()); return d.Online })
	d, _ := studio.device(laptop.ID())
	if d.Here != (Rights{true, true, true}) || d.There != (Rights{true, true, true}) || d.Name != "Laptop" {
		t.Errorf("after the restart: %+v", d)
	}
}

func TestRefreshAsksNow(t *testing.T) {
	studio, laptop := newHouse(t, "Studio PC"), newHouse(t, "Laptop")
	pair(t, studio, laptop)
	time.Sleep(freshFor)
	before, _ := laptop.device(studio.ID())
	begin := time.Now()
	after := laptop.Refresh(t.Context())[0]
	if !after.Seen.After(before.Seen) || time.Since(begin) > refreshMax {
		t.Errorf("seen %v, before %v, after %v", after.Seen, before.Seen, time.Since(begin))
	}
}

func TestWatchAsksOften(t *testing.T) {
	studio, laptop := newHouse(t, "Studio PC"), newHouse(t, "Laptop")
	pair(t, studio, laptop)
	m := laptop.all()[0]
	if p := laptop.pause(m); p != askEvery {
		t.Errorf("asked every %v", p)
	}
	stop := laptop.Watch(func() {})
	if p := laptop.pause(m); p != askFast {
		t.Errorf("watched, it is asked every %v", p)
	}
	stop()
	if p := laptop.pause(m); p != askEvery {
		t.Errorf("afterwards it is asked every %v", p)
	}
	laptop.mu.Lock()
	m.online, m.saved.Added = false, time.Now().Add(-time.Hour)
	var got []time.Duration
	for m.failed = 1; m.failed < 8; m.failed++ {
		laptop.mu.Unlock()
		got = append(got, laptop.pause(m))
		laptop.mu.Lock()
	}
	laptop.mu.Unlock()
	if got[0] != 2*askEvery || got[1] != 4*askEvery || got[6] != askRarely {
		t.Errorf("one that is away is asked after %v", got)
	}
}

func TestTheLedgerIsCompleteAfterClose(t *testing.T) {
	studio, laptop := newHouse(t, "Studio PC"), newHouse(t, "Laptop")
	pair(t, studio, laptop)
	const sent = 1 << 20
	r, err := laptop.Client(studio.ID()).Post(trust.Origin+"/bytes", "text/plain", bytes.NewReader(make([]byte, sent)))
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	unfinished := laptop.words(t, studio.ID())
	defer unfinished.Close()
	ids := map[*house]string{studio: studio.ID(), laptop: laptop.ID()}
	laptop.stop(t)
	studio.stop(t)
	entries := map[*house][]storage.LedgerEntry{}
	for h := range ids {
		store, err := storage.Open(t.Context(), h.dir)
		if err != nil {
			t.Fatal(err)
		}
		entries[h], err = store.Ledger(t.Context(), storage.LedgerQuery{Limit: 1000})
		if err := errors.Join(err, store.Close()); err != nil {
			t.Fatal(err)
		}
		h.start(t)
	}
	count := func(h *house, out bool) (n int, in, sent int64) {
		for _, e := range entries[h] {
			if e.Out == out {
				n, in, sent = n+1, in+e.BytesIn, sent+e.BytesOut
			}
		}
		return n, in, sent
	}
	calls, _, written := count(laptop, true)
	answered, read, _ := count(studio, false)
	if calls != answered || calls < 2 || written < sent || read < sent {
		t.Errorf("the laptop called %d times and sent %d bytes, the studio was called %d times and read %d", calls, written, answered, read)
	}
	calls, _, _ = count(studio, true)
	answered, _, _ = count(laptop, false)
	if calls != answered || calls < 1 {
		t.Errorf("the studio called %d times, the laptop was called %d times", calls, answered)
	}
	got, err := studio.Totals(t.Context(), time.Now().Add(-time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, total := range got {
		found = found || total.Device == ids[laptop] && total.Name == "Laptop" && total.In > sent
	}
	if !found {
		t.Errorf("totals %+v", got)
	}
	page, err := studio.Ledger(t.Context(), LedgerQuery{Device: ids[laptop], Limit: 1})
	if err != nil || len(page) != 1 || page[0].Name != "Laptop" || !strings.HasPrefix(page[0].Address, "127.0.0.1:") {
		t.Errorf("the newest entry: %+v, %v", page, err)
	}
}

func TestServers(t *testing.T) {
	h := newHouse(t, "Studio PC")
	ollama, err := lan.Loopback(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/away" {
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
		}
		fmt.Fprint(w, "Ollama is running")
	})}
	go server.Serve(ollama)
	defer server.Close()

	v, err := h.AddServer(t.Context(), "Ollama", " http://"+ollama.Addr().String()+"/v1 ", " key ")
	if err != nil || v.Address != ollama.Addr().String() || v.Key != "key" {
		t.Fatalf("%+v, %v", v, err)
	}
	c := h.ServerClient(v)
	for path, want := range map[string]int{"/": http.StatusOK, "/away": http.StatusFound} {
		r, err := c.Get("http://somewhere.example" + path) // whatever the address says
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		if r.StatusCode != want {
			t.Errorf("%s: %s", path, r.Status)
		}
	}
	c.CloseIdleConnections()
	eventually(t, "the ledger to name the server", func() bool {
		all, err := h.Ledger(t.Context(), LedgerQuery{})
		return err == nil && len(all) > 0 && all[0].Name == "Ollama" && all[0].BytesIn > 0
	})
	if err := h.SetServerKind(t.Context(), v.ID, "Ollama"); err != nil {
		t.Error(err)
	}
	if all, err := h.Servers(t.Context()); err != nil || len(all) != 1 || all[0].Kind != "Ollama" || all[0].Key != "key" {
		t.Errorf("servers %+v, %v", all, err)
	}
	for typed, title := range map[string]string{
		"8.8.8.8:11434": "Not a local address", "192.168.99.5:11434": "Another network",
		"tower.local:11434": "Not an address", "127.0.0.1": "Not an address",
	} {
		if _, err := h.AddServer(t.Context(), "", typed, ""); health.Of(err).Title != title {
			t.Errorf("%s: %v, want %q", typed, err, title)
		}
	}
	if err := errors.Join(h.RemoveServer(t.Context(), v.ID)); err != nil {
		t.Error(err)
	}
	if err := h.RemoveServer(t.Context(), v.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("removed twice: %v", err)
	}
}

// A server on this same machine has an address that no device is reached at.
func TestServerBesideCroft(t *testing.T) {
	dir := t.TempDir()
	store, err := storage.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	h, err := New(t.Context(), Options{Dir: dir, Store: store, Interfaces: func() ([]lan.Interface, error) { return nil, nil }})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	ollama, err := lan.Loopback(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "Ollama is running") })}
	go server.Serve(ollama)
	defer server.Close()
	_, port, _ := strings.Cut(ollama.Addr().String(), ":")
	v, err := h.AddServer(t.Context(), "Ollama", "http://localhost:"+port+"/v1", "")
	if err != nil || v.Address != "127.0.0.1:"+port {
		t.Fatalf("%+v, %v", v, err)
	}
	r, err := h.ServerClient(v).Get("http://" + v.Address)
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if err := h.network.Allowed(netip.MustParseAddr("127.0.0.1")); !errors.Is(err, lan.ErrOffLink) {
		t.Errorf("a device at 127.0.0.1: %v", err)
	}
	if _, err := h.AddServer(t.Context(), "", "localhost.example:80", ""); !errors.Is(err, ErrServerAddress) {
		t.Errorf("a name: %v", err)
	}
}
