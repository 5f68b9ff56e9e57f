package app

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"croft/app/chat"
	"croft/app/devices"
	"croft/app/lanapi"
	"croft/app/lanapi/wire"
	"croft/discovery/lan"
)

// watched is an App on the loopback, with how often it asked for the network's interfaces: before each socket it does.
func watched(t *testing.T, o Options) (*App, *atomic.Int32) {
	t.Helper()
	asked := &atomic.Int32{}
	o.Ports = &devices.Ports{}
	o.Interfaces = func() ([]lan.Interface, error) {
		asked.Add(1)
		return lan.Self()
	}
	a, err := New(t.Context(), t.TempDir(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return a, asked
}

func TestWhoHasNoOtherDeviceOpensNoSocket(t *testing.T) {
	a, asked := watched(t, Options{Calls: true})
	most := 3
	for _, err := range a.Chats.Ask(t.Context(), chat.Question{Settings: chat.Settings{ReplyMax: &most}, Text: "Hello"}, nil) {
		if err != nil {
			t.Fatal(err)
		}
	}
	if n := asked.Load(); n > 0 || len(a.Devices.Addresses()) > 0 {
		t.Errorf("the network was looked at %d times, and %v is listened on", n, a.Devices.Addresses())
	}
	// The same counter sees it when this device answers.
	if err := a.Answer(nil); err != nil || asked.Load() == 0 || len(a.Devices.Addresses()) == 0 {
		t.Errorf("%v: nothing was seen of %v", err, a.Devices.Addresses())
	}
	if err := a.Answer(nil); err != nil {
		t.Error("the second time:", err)
	}
}

func TestADamagedKeyLeavesTheRest(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "device.key"), []byte("no key"), 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := New(t.Context(), dir, Options{Calls: true})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if a.Devices != nil || a.NoDevices == nil || !errors.Is(a.Answer(nil), a.NoDevices) {
		t.Errorf("%v, %v", a.Devices, a.NoDevices)
	}
	if _, err := a.CopyFromAll(t.Context(), strings.Repeat("0", 64), nil); !errors.Is(err, a.NoDevices) {
		t.Error(err)
	}
	most := 3
	for _, err := range a.Chats.Ask(t.Context(), chat.Question{Settings: chat.Settings{ReplyMax: &most}, Text: "Hello"}, nil) {
		if err != nil {
			t.Error(err)
		}
	}
}

func TestModelsAreLentByNameAndNotByPath(t *testing.T) {
	a, _ := watched(t, Options{})
	list, err := a.Models.List(t.Context())
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	lend := lending{a.Models, a.here}
	for _, id := range []string{"", list[0].ID, list[0].Name, strings.ToUpper(list[0].Name), list[0].Name + " " + list[0].Quant} {
		r, release, err := lend.Use(t.Context(), id, nil)
		if err != nil {
			t.Errorf("%q: %v", id, err)
			continue
		}
		if m := r.Model(); m.ID != list[0].ID || !m.Loaded || m.ContextMax == 0 || m.Template == "" {
			t.Errorf("%q: %+v", id, m)
		}
		if len(r.Tokenize("Hello", false, false)) == 0 {
			t.Error("it has no tokens")
		}
		release()
	}
	for _, id := range []string{list[0].Path, "./" + filepath.Base(list[0].Path), "nothing", list[0].ID[:8]} {
		if _, _, err := lend.Use(t.Context(), id, nil); !errors.Is(err, lanapi.ErrNotFound) {
			t.Errorf("%q: %v", id, err)
		}
	}
	if _, err := lend.Manifest(t.Context(), strings.Repeat("0", 64)); !errors.Is(err, lanapi.ErrNotFound) {
		t.Error(err)
	}
}

func TestWhatIsAskedIsTold(t *testing.T) {
	for path, want := range map[string]string{
		"GET " + wire.StatusPath:                  "",
		"POST " + wire.RepliesPath:                "asks for a reply",
		"POST /v1/chat/completions":               "asks for a reply",
		"GET /v1/models":                          "",
		"GET " + wire.ManifestPath("00aa"):        "asks for a model's file",
		"GET " + wire.ChunkPath("00aa", 3):        "",
		"POST " + wire.ManifestPath("00aa") + "/": "",
	} {
		method, where, _ := strings.Cut(path, " ")
		if got := asked(httptest.NewRequest(method, where, http.NoBody)); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}

func TestAServerSaysWhichProgramItIs(t *testing.T) {
	a, _ := watched(t, Options{Calls: true})
	listener, err := lan.Loopback(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"object":"list","data":[{"id":"starter","owned_by":"llamacpp"}]}`)
	})}
	go server.Serve(listener)
	defer server.Close()
	if _, err := a.Devices.AddServer(t.Context(), "desk", listener.Addr().String(), ""); err != nil {
		t.Fatal(err)
	}
	if _, others := a.Router.Places(t.Context()); len(others) != 1 || !others[0].Online {
		t.Fatalf("%+v", others)
	}
	if all, err := a.Devices.Servers(t.Context()); err != nil || len(all) != 1 || all[0].Kind != "llama.cpp" || all[0].Name != "desk" {
		t.Errorf("%+v, %v", all, err)
	}
}
