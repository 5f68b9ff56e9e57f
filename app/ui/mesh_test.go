package ui

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"testing"
	"time"

	"croft/app/devices"
	"croft/app/lanapi/wire"
	"croft/app/models"
	"croft/app/router"
	"croft/app/ui/devicespage"
	"croft/discovery/lan"
	"croft/storage"
)

// house is a device on the loopback with real sockets, a real key and a real database.
func house(t *testing.T, name string, status wire.Status) Mesh {
	t.Helper()
	dir := t.TempDir()
	store, err := storage.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	library, err := models.New(t.Context(), dir, store, models.Options{})
	if err != nil {
		t.Fatal(err)
	}
	service, err := devices.New(t.Context(), devices.Options{Dir: dir, Store: store, Name: name, Ports: &devices.Ports{}, Interfaces: lan.Self})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := service.Close(); err != nil {
			t.Error(err)
		}
		_ = library.Close()
		_ = store.Close()
	})
	err = service.Serve(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _ = json.NewEncoder(w).Encode(status) }))
	if err != nil {
		t.Fatal(err)
	}
	return Mesh{Service: service, Router: placed{}, Library: library}
}

// placed is a router with one server.
type placed struct{}

func (placed) Places(context.Context) (here router.Place, others []router.Place) {
	server := router.Place{ID: "server 1", Online: true, Models: []router.Model{{ID: "gemma", Name: "gemma"}, {Name: "broken", Unusable: true}}}
	return router.Place{Name: "This computer", Battery: router.Battery{Has: true, Percent: 64}}, []router.Place{server}
}

func TestRealDevicesAreAddedThroughThePagesEyes(t *testing.T) {
	studio := house(t, "Studio PC", wire.Status{Name: "Studio PC", Models: []wire.Model{
		{ID: "11", Name: "Embedder", Embedding: true}, {ID: "22", Name: "Small"}, {ID: "33", Name: "Large", Quant: "Q4_K_M", Default: true, TokensPerSecond: 38},
	}, Running: 1, Health: wire.Health{Battery: wire.Battery{Has: true, Percent: 81}}})
	laptop := house(t, "Laptop", wire.Status{Name: "Laptop"})
	become(t, studio, laptop)

	changed := make(chan struct{}, 100)
	defer laptop.Watch(func() { changed <- struct{}{} })()
	var d devicespage.Device
	for end := time.Now().Add(20 * time.Second); !d.Online; {
		if time.Now().After(end) {
			t.Fatalf("%+v is not online", d)
		}
		list, err := laptop.List(t.Context())
		if err != nil || len(list) != 1 {
			t.Fatalf("%+v, %v", list, err)
		}
		if d = list[0]; d.Online {
			break
		}
		select {
		case <-changed:
		case <-time.After(time.Second):
		}
	}
	if d.Name != "Studio PC" || d.There != (devicespage.Rights{Answers: true}) || d.Here != (devicespage.Rights{Models: true}) {
		t.Errorf("it is %+v", d)
	}
	if len(d.Models) != 2 || d.Models[0].Name != "Large" || d.Models[0].TokensPerSecond != 38 || d.Battery.Percent != 81 || d.Running != 1 {
		t.Errorf("it has %+v, %+v", d.Models, d)
	}
	this, err := laptop.This(t.Context())
	if err != nil || this.Name != "Laptop" || this.ID == d.ID || this.Battery.Percent != 64 {
		t.Errorf("this is %+v, %v", this, err)
	}
	if err := laptop.AddServer(t.Context(), "Ollama", "127.0.0.1:11434", ""); err != nil {
		t.Fatal(err)
	}
	servers, err := laptop.Servers(t.Context())
	if err != nil || len(servers) != 1 || !servers[0].Online || len(servers[0].Models) != 1 || servers[0].Device != "server 1" {
		t.Errorf("servers are %+v, %v", servers, err)
	}
	spokenOf(t, laptop, d)
	if err := laptop.Remove(t.Context(), d.ID); err != nil {
		t.Fatal(err)
	}
	if list, err := laptop.List(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("%+v, %v is left", list, err)
	}
}

// become makes the devices each other's: the first shows a code, the second types it.
func become(t *testing.T, shower, joiner Mesh) {
	t.Helper()
	offer, err := shower.Offer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer offer.Close()
	shown := offer.Shown()
	if shown.Picture == nil || len(shown.Addresses) == 0 || time.Until(shown.Expires) < time.Minute {
		t.Fatalf("shown is %+v", shown)
	}
	added := make(chan error, 1)
	go func() {
		guest, err := offer.Wait(t.Context())
		if err == nil {
			err = guest.Accept(t.Context(), devicespage.Rights{Answers: true})
		}
		added <- err
	}()
	guest, err := joiner.Join(t.Context(), shown.Addresses[0], shown.Code)
	if err != nil {
		t.Fatal(err)
	}
	if guest.Name() != "Studio PC" {
		t.Errorf("it calls itself %q", guest.Name())
	}
	if err := guest.Accept(t.Context(), devicespage.Rights{Models: true}); err != nil {
		t.Fatal(err)
	}
	if err := <-added; err != nil {
		t.Fatal(err)
	}
}

// spokenOf waits until the ledger has what was said so far.
func spokenOf(t *testing.T, m Mesh, d devicespage.Device) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		entries, err := m.Ledger(t.Context(), devicespage.Query{})
		if err != nil {
			t.Fatal(err)
		}
		if slices.ContainsFunc(entries, func(e devicespage.Entry) bool { return e.Out && e.BytesOut > 0 && e.Device == d.ID && e.Name == d.Name }) {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("the ledger has %+v", entries)
		}
	}
}

func TestAWrongCodeIsExplained(t *testing.T) {
	studio, laptop := house(t, "Studio PC", wire.Status{}), house(t, "Laptop", wire.Status{})
	offer, err := studio.Offer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer offer.Close()
	wrong := "111 111"
	if offer.Shown().Code == wrong {
		wrong = "222 222"
	}
	guest, err := laptop.Join(t.Context(), offer.Shown().Addresses[0], wrong)
	if err == nil || guest != nil {
		t.Fatalf("guest %v, %v", guest, err)
	}
	<-offer.Changed() // the code is another one now
}
