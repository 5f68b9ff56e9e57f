package devices

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"image"
	"image/png"
	"io"
	"log"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"croft/app/health"
	"croft/app/lanapi/wire"
	"croft/discovery/lan"
	"croft/discovery/trust"
	"croft/storage"
)

// TestMain fails when tests left goroutines behind; those of closed connections get a moment to end.
func TestMain(m *testing.M) {
	if _, dir, isNode := strings.Cut(os.Getenv("CROFT_DEVICES_NODE"), ","); isNode {
		if err := runNode(dir); err != nil {
			log.Fatal(err)
		}
		return
	}
	before := runtime.NumGoroutine()
	code := m.Run()
	if flag.Lookup("test.fuzz").Value.String() != "" {
		os.Exit(code)
	}
	for end := time.Now().Add(8 * time.Second); runtime.NumGoroutine() > before && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
	}
	if n := runtime.NumGoroutine(); n > before && code == 0 {
		stacks := make([]byte, 1<<20)
		os.Stderr.Write(stacks[:runtime.Stack(stacks, true)])
		log.Printf("%d goroutines were left behind", n-before)
		code = 1
	}
	os.Exit(code)
}

// house is a device on the loopback: its sockets, its key and its database are real.
type house struct {
	*Service
	dir   string
	name  string
	store *storage.Store
	ended chan string // who asked for words, when the request has ended
}

func newHouse(t testing.TB, name string) *house {
	t.Helper()
	h := &house{dir: t.TempDir(), name: name, ended: make(chan string, 16)}
	h.start(t)
	t.Cleanup(func() { h.stop(t) })
	return h
}

func (h *house) start(t testing.TB) {
	t.Helper()
	var err error
	h.store, err = storage.Open(t.Context(), h.dir)
	if err != nil {
		t.Fatal(err)
	}
	h.Service, err = New(t.Context(), Options{Dir: h.dir, Store: h.store, Name: h.name, Ports: &Ports{}, Interfaces: lan.Self})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Serve(h.handler()); err != nil {
		t.Fatal(err)
	}
}

func (h *house) stop(t testing.TB) {
	t.Helper()
	if err := errors.Join(h.Close(), h.store.Close()); err != nil {
		t.Error(err)
	}
}

// handler answers as app/lanapi does, as far as these tests ask.
func (h *house) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+wire.StatusPath, func(w http.ResponseWriter, r *http.Request) {
		json.NewEncoder(w).Encode(wire.Status{Version: "1", Name: h.name})
	})
	mux.HandleFunc("GET /rights", func(w http.ResponseWriter, r *http.Request) {
		who, rights, ok := h.Caller(r.Context())
		fmt.Fprint(w, who, rights, ok)
	})
	mux.HandleFunc("GET /words", func(w http.ResponseWriter, r *http.Request) {
		who, _, _ := h.Caller(r.Context())
		defer func() { h.ended <- who }()
		for r.Context().Err() == nil {
			fmt.Fprintln(w, "word")
			w.(http.Flusher).Flush()
			time.Sleep(5 * time.Millisecond)
		}
	})
	mux.HandleFunc("POST /bytes", func(w http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		fmt.Fprint(w, n)
	})
	return mux
}

func (h *house) get(t testing.TB, device, path string) (string, error) {
	t.Helper()
	r, err := h.Client(device).Get(trust.Origin + path)
	if err != nil {
		return "", err
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	return string(b), err
}

// words begins a stream that has begun to arrive.
func (h *house) words(t testing.TB, device string) io.ReadCloser {
	t.Helper()
	r, err := h.Client(device).Get(trust.Origin + "/words")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Body.Close() })
	if _, err := io.ReadFull(r.Body, make([]byte, 5)); err != nil {
		t.Fatal(err)
	}
	return r.Body
}

func (h *house) device(id string) (d Device, found bool) {
	for _, d := range h.List() {
		if d.ID == id {
			return d, true
		}
	}
	return d, false
}

func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

func offer(t testing.TB, h *house) *Adding {
	t.Helper()
	a, err := h.Offer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Close)
	return a
}

// meet joins by the code that is shown, as a person types it.
func meet(t testing.TB, shower, joiner *house) (atShower, atJoiner *Guest) {
	t.Helper()
	a := offer(t, shower)
	atJoiner, err := joiner.Join(t.Context(), a.Addresses()[0].String(), a.Code())
	if err != nil {
		t.Fatal(err)
	}
	atShower, err = a.Wait(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return atShower, atJoiner
}

func accept(t testing.TB, atShower, atJoiner *Guest, byShower, byJoiner Rights) {
	t.Helper()
	var both sync.WaitGroup
	for _, side := range []struct {
		g           *Guest
		gives, gets Rights
	}{{atShower, byShower, byJoiner}, {atJoiner, byJoiner, byShower}} {
		both.Go(func() {
			d, err := side.g.Accept(t.Context(), side.gives)
			if err != nil || d.ID != side.g.ID || d.Here != side.gives || d.There != side.gets {
				t.Errorf("accepted %+v, %v; want %+v here and %+v there", d, err, side.gives, side.gets)
			}
		})
	}
	both.Wait()
}

// pair makes two devices each other's, with all rights.
func pair(t testing.TB, a, b *house) {
	t.Helper()
	atA, atB := meet(t, a, b)
	accept(t, atA, atB, Rights{true, true, true}, Rights{true, true, true})
	for _, side := range []struct{ h, other *house }{{a, b}, {b, a}} {
		eventually(t, "the other to be online", func() bool { d, _ := side.h.device(side.other.ID()); return d.Online })
	}
}

func TestAddByCode(t *testing.T) {
	studio, laptop := newHouse(t, "Studio PC"), newHouse(t, "Laptop")
	atStudio, atLaptop := meet(t, studio, laptop)
	if atStudio.Name != "Laptop" || atStudio.ID != laptop.ID() || atLaptop.Name != "Studio PC" || atLaptop.ID != studio.ID() {
		t.Errorf("guests %+v and %+v", atStudio, atLaptop)
	}
	if len(studio.List())+len(laptop.List()) > 0 {
		t.Error("a device is mine before anybody agreed")
	}
	accept(t, atStudio, atLaptop, Rights{Answers: true}, Rights{Models: true, Notes: true})
	eventually(t, "both to be online", func() bool {
		a, _ := studio.device(laptop.ID())
		b, _ := laptop.device(studio.ID())
		return a.Online && b.Online
	})
	d, _ := laptop.device(studio.ID())
	if d.Name != "Studio PC" || d.Status.Name != "Studio PC" || d.RTT <= 0 || d.Problem != nil || d.Seen.IsZero() || len(d.Addresses) != 1 {
		t.Errorf("the laptop has %+v", d)
	}
	for _, c := range []struct {
		asks, answers *house
		rights        Rights
	}{{laptop, studio, Rights{Answers: true}}, {studio, laptop, Rights{Models: true, Notes: true}}} {
		want := fmt.Sprint(c.asks.ID(), c.rights, true)
		if got, err := c.asks.get(t, c.answers.ID(), "/rights"); err != nil || got != want {
			t.Errorf("%s is told %q, %v; want %q", c.asks.name, got, err, want)
		}
	}
}

func TestAddByPicture(t *testing.T) {
	studio, laptop := newHouse(t, "Studio PC"), newHouse(t, "Laptop")
	a := offer(t, studio)
	atLaptop, err := laptop.Scan(t.Context(), a.QR()+"\n")
	if err != nil {
		t.Fatal(err)
	}
	atStudio, err := a.Wait(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	accept(t, atStudio, atLaptop, Rights{Notes: true}, Rights{})
	if side := a.Picture().Bounds().Dx(); side < 29 || !strings.Contains(a.Blocks(), "█") {
		t.Errorf("a picture of %d modules", side)
	}
}

func TestAddByPhoto(t *testing.T) {
	studio, laptop := newHouse(t, "Studio PC"), newHouse(t, "Laptop")
	if _, err := laptop.ScanPhoto(t.Context(), strings.NewReader("no photo")); health.Of(err).Title != "No code in the photo" {
		t.Errorf("%+v", health.Of(err))
	}
	a := offer(t, studio)
	exact := a.Picture()
	shown := image.NewGray(image.Rect(0, 0, 4*exact.Bounds().Dx(), 4*exact.Bounds().Dy()))
	for i := range shown.Pix {
		x, y := i%shown.Stride, i/shown.Stride
		shown.Set(x, y, exact.At(x/4, y/4))
	}
	var photo bytes.Buffer
	if err := png.Encode(&photo, shown); err != nil {
		t.Fatal(err)
	}
	atLaptop, err := laptop.ScanPhoto(t.Context(), &photo)
	if err != nil {
		t.Fatal(err)
	}
	atStudio, err := a.Wait(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	accept(t, atStudio, atLaptop, Rights{Answers: true}, Rights{})
}

func TestRefusedPairing(t *testing.T) {
	studio, laptop := newHouse(t, "Studio PC"), newHouse(t, "Laptop")
	for name, refuse := range map[string]func(atStudio, atLaptop *Guest) (refused, accepted *Guest){
		"here":  func(s, l *Guest) (*Guest, *Guest) { return s, l },
		"there": func(s, l *Guest) (*Guest, *Guest) { return l, s },
	} {
		no, yes := refuse(meet(t, studio, laptop))
		if err := no.Refuse(t.Context()); err != nil {
			t.Error(err)
		}
		_, err := yes.Accept(t.Context(), Rights{Answers: true})
		if !errors.Is(err, ErrRefused) || health.Of(err).Title != "Refused there" {
			t.Errorf("%s: %v", name, err)
		}
		select {
		case <-no.Ended():
		case <-time.After(5 * time.Second):
			t.Errorf("%s: it did not end", name)
		}
	}
	if len(studio.List())+len(laptop.List()) > 0 {
		t.Error("a device that was refused is mine")
	}
	if _, err := laptop.get(t, studio.ID(), "/rights"); !errors.Is(err, ErrNotFound) {
		t.Errorf("called nevertheless: %v", err)
	}
}

// wrong is a code that is not shown.
func wrong(code string) string {
	digits := []byte(strings.ReplaceAll(code, " ", ""))
	digits[0] = '0' + (digits[0]-'0'+1)%10
	return string(digits)
}

func TestWrongCodesCostAPauseThatOutlivesTheProgram(t *testing.T) {
	studio, laptop := newHouse(t, "Studio PC"), newHouse(t, "Laptop")
	a := offer(t, studio)
	for i := range 3 {
		before := a.Code()
		_, err := laptop.Join(t.Context(), a.Addresses()[0].String(), wrong(before))
		if !errors.Is(err, ErrCode) || health.Of(err).Title != "Wrong code" {
			t.Errorf("guess %d: %v", i, err)
		}
		if a.Code() == before {
			t.Error("a code that was guessed at is still shown")
		}
	}
	if _, err := a.Wait(t.Context()); !errors.Is(err, ErrGuesses) {
		t.Errorf("after three wrong codes: %v", err)
	}
	for range 2 {
		_, err := studio.Offer(t.Context())
		if problem := health.Of(err); problem.Title != "Adding is paused" || !strings.HasPrefix(problem.Next, "Try again at ") {
			t.Errorf("opened again: %v, %+v", err, problem)
		}
		studio.stop(t)
		studio.start(t)
	}
	if len(studio.List()) > 0 {
		t.Error("somebody was let in")
	}
	if _, err := laptop.Join(t.Context(), "127.0.0.1", "12345"); health.Of(err).Title != "Not a code" {
		t.Errorf("five digits: %v", err)
	}
	if _, err := laptop.Join(t.Context(), "studio.local", "123456"); !errors.Is(err, ErrAddress) {
		t.Errorf("a name as address: %v", err)
	}
	if _, err := laptop.Join(t.Context(), "8.8.8.8:47301", "123456"); health.Of(err).Title != "Not a local address" {
		t.Errorf("a public address: %v", err)
	}
}

func TestAWindowIsReplaced(t *testing.T) {
	studio := newHouse(t, "Studio PC")
	first := offer(t, studio)
	second := offer(t, studio)
	if _, err := first.Wait(t.Context()); !errors.Is(err, ErrClosed) {
		t.Errorf("the first window: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := second.Wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the second window: %v", err)
	}
	if left := time.Until(second.Expires()); left < 100*time.Second || len(second.Code()) != len("483 920") {
		t.Errorf("code %q for %v", second.Code(), left)
	}
}

func TestAGuestThatNobodyAwaitsIsRefused(t *testing.T) {
	studio, laptop := newHouse(t, "Studio PC"), newHouse(t, "Laptop")
	a := offer(t, studio)
	g, err := laptop.Join(t.Context(), a.Addresses()[0].String(), a.Code())
	if err != nil {
		t.Fatal(err)
	}
	<-a.ended
	a.Close()
	if _, err := g.Accept(t.Context(), Rights{}); err == nil || len(laptop.List()) > 0 {
		t.Errorf("accepted by nobody: %v", err)
	}
}

func TestQuietLog(t *testing.T) {
	var b bytes.Buffer
	old := log.Writer()
	log.SetOutput(&b)
	defer log.SetOutput(old)
	newHouse(t, "Studio PC")
	log.Print("[zeroconf] no suitable IPv6 interface: udp6: no such device")
	log.Print("other")
	if got := b.String(); strings.Contains(got, "zeroconf") || !strings.Contains(got, "other") {
		t.Errorf("the log holds %q", got)
	}
}
