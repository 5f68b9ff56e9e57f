package devices

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"net/netip"
	"strings"
	"sync"
	"time"

	"croft/discovery/mdns"
	"croft/discovery/pairing"
	"croft/storage"
)

// Adding is an open window: this device shows a code, and another one can be added until it closes.
type Adding struct {
	offer        *pairing.Offer
	announcement *mdns.Announcement // nil where nothing can be announced
	ended        chan struct{}      // closed when guest or err is here

	mu    sync.Mutex
	guest *pairing.Candidate // until Wait hands it out
	taken bool
	err   error

	service *Service
}

// Offer opens a window for two minutes, or until ctx ends. It closes one that is open. The caller waits for the guest and
// closes the window. After too many wrong codes in earlier windows there is a pause, which outlives the program: the error
// says until when.
func (s *Service) Offer(ctx context.Context) (*Adding, error) {
	s.offering.Lock()
	defer s.offering.Unlock()
	s.mu.Lock()
	open, closed := s.adding, s.closed
	s.mu.Unlock()
	if closed {
		return nil, errServiceClosed
	}
	if open != nil {
		open.Close()
	}
	pause, err := s.pauseOfGuessing(ctx)
	if err != nil {
		return nil, err
	}
	offer, err := s.openWindow(ctx, pairing.Options{About: s.about(ctx), Port: s.ports.Adding, Pause: pause})
	if err != nil {
		return nil, explain(err)
	}
	return s.attendWindow(offer)
}

// openWindow takes another port when ours is not free.
func (s *Service) openWindow(ctx context.Context, o pairing.Options) (*pairing.Offer, error) {
	offer, err := pairing.Open(ctx, s.me, s.network, o)
	var paused *pairing.PausedError
	if err == nil || o.Port == 0 || errors.As(err, &paused) || errors.Is(err, pairing.ErrNoNetwork) {
		return offer, err
	}
	o.Port = 0
	return pairing.Open(ctx, s.me, s.network, o)
}

func (s *Service) attendWindow(offer *pairing.Offer) (*Adding, error) {
	a := &Adding{offer: offer, ended: make(chan struct{}), service: s}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		offer.Close()
		return nil, errServiceClosed
	}
	// Without an announcement the address can still be typed, and the picture be scanned.
	a.announcement, _ = mdns.Announce(s.ctx, s.links, int(offer.Addrs()[0].Port()), true)
	s.adding = a
	s.running.Go(a.run)
	s.mu.Unlock()
	return a, nil
}

// run waits for the guest, whether or not somebody calls Wait, and keeps the pause that wrong codes cost.
func (a *Adding) run() {
	candidate, err := a.offer.Wait(context.WithoutCancel(a.service.ctx))
	saved := a.service.savePause(a.offer.Pause())
	a.mu.Lock()
	a.guest, a.err = candidate, err
	if err == nil && saved != nil {
		a.err = saved
	}
	a.mu.Unlock()
	close(a.ended)
	if a.announcement != nil {
		a.announcement.Close()
	}
}

// Code is what to type on the other device: "483 920".
func (a *Adding) Code() string {
	code := a.offer.Code()
	return code[:len(code)/2] + " " + code[len(code)/2:]
}

// QR is the text of the picture to scan.
func (a *Adding) QR() string { return a.offer.QR() }

// Picture is the picture to scan, one pixel a module: scale it up without smoothing.
func (a *Adding) Picture() image.Image {
	picture, err := pairing.Picture(a.QR())
	if err != nil {
		panic(fmt.Sprintf("devices: the picture holds too much: %v", err)) // it has at most four addresses
	}
	return picture
}

// Blocks is the picture for a terminal.
func (a *Adding) Blocks() string {
	blocks, err := pairing.Blocks(a.QR())
	if err != nil {
		panic(fmt.Sprintf("devices: the picture holds too much: %v", err)) // it has at most four addresses
	}
	return blocks
}

// Expires is when the window closes by itself.
func (a *Adding) Expires() time.Time { return a.offer.Expires() }

// Changed gets a value when the code and the picture have become others, after a wrong code.
func (a *Adding) Changed() <-chan struct{} { return a.offer.Changed() }

// Addresses is where the other device may be told to come.
func (a *Adding) Addresses() []netip.AddrPort { return a.offer.Addrs() }

// Wait returns the device that had the code, which is to be accepted or refused; or why the window closed. When ctx ends,
// it returns and the window stays open.
func (a *Adding) Wait(ctx context.Context) (*Guest, error) {
	select {
	case <-a.ended:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.err != nil {
		return nil, explain(a.err)
	}
	if a.taken {
		return nil, explain(pairing.ErrClosed)
	}
	a.taken = true
	return newGuest(a.service, a.guest), nil
}

// Close closes the window. A guest that Wait returned stays, one that it did not is refused.
func (a *Adding) Close() {
	a.offer.Close()
	<-a.ended
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.guest != nil && !a.taken {
		a.taken = true
		_ = a.guest.Refuse(context.WithoutCancel(a.service.ctx)) // it is answered or gone, which is as good
	}
}

// about is what this device says of itself to a guest.
func (s *Service) about(ctx context.Context) pairing.About {
	return pairing.About{Name: s.name, Port: s.port(ctx)}
}

// pauseKey is where pairing.Pause lies in the settings.
const pauseKey = "devices.pause"

func (s *Service) pauseOfGuessing(ctx context.Context) (p pairing.Pause, err error) {
	err = loadJSON(ctx, s.store, pauseKey, &p)
	if errors.Is(err, storage.ErrNotFound) {
		err = nil
	}
	return p, err
}

// savePause is not held up by a program that is closing.
func (s *Service) savePause(p pairing.Pause) error {
	ctx := context.WithoutCancel(s.ctx)
	before, err := s.pauseOfGuessing(ctx)
	if err == nil && before == p {
		return nil
	}
	return saveJSON(ctx, s.store, pauseKey, p)
}

// Guest is a device that has proved the code or the picture. Nothing is allowed to it yet: it is to be accepted or refused
// within two minutes.
type Guest struct {
	ID, Name string

	service   *Service
	candidate *pairing.Candidate
}

func newGuest(s *Service, c *pairing.Candidate) *Guest {
	g := &Guest{ID: c.ID.String(), Name: pairing.CleanName(c.Name), service: s, candidate: c}
	if g.Name == "" {
		g.Name = "Device " + c.ID.Short()[:4]
	}
	return g
}

// Ended is closed when there is nothing left to answer: the other side refused or went away, or time is up.
func (g *Guest) Ended() <-chan struct{} { return g.candidate.Ended() }

// Accept says yes for this side, with what the other device may do here, waits for the other side's yes, and then makes it
// one of my devices. One that was mine before keeps the name that it has here.
func (g *Guest) Accept(ctx context.Context, here Rights) (Device, error) {
	theirs, err := g.candidate.Accept(ctx, pairing.Rights(here))
	if err != nil {
		return Device{}, explain(err)
	}
	return g.service.add(context.WithoutCancel(ctx), g, here, Rights(theirs))
}

// Refuse says no for this side.
func (g *Guest) Refuse(ctx context.Context) error { return explain(g.candidate.Refuse(ctx)) }

func (s *Service) add(ctx context.Context, g *Guest, here, there Rights) (Device, error) {
	now := time.Now()
	d := storage.Device{ID: g.ID, Name: g.Name, Added: now, Seen: now, Here: storage.Rights(here), There: storage.Rights(there)}
	if at := g.candidate.Address; at.Port() != 0 {
		d.Addresses = []string{at.String()}
	}
	s.mu.Lock()
	if known := s.mine[g.candidate.ID]; known != nil {
		d.Name = known.saved.Name
		d.Addresses = append(d.Addresses, known.saved.Addresses...)
		known.saved.Added = now // it may need a moment to store us, as a new one does; load puts it right
		signal(known.wake)
	}
	s.mu.Unlock()
	if err := s.store.SaveDevice(ctx, d); err != nil {
		return Device{}, err
	}
	if err := s.load(ctx); err != nil {
		return Device{}, err
	}
	for _, known := range s.List() {
		if known.ID == g.ID {
			return known, nil
		}
	}
	return Device{}, ErrRemoved
}

// Join adds the device that shows a code. address is where it shows it; the port may be left out, and all of it when
// exactly one device nearby shows a code.
func (s *Service) Join(ctx context.Context, address, code string) (*Guest, error) {
	code, err := pairing.ParseCode(code)
	if err != nil {
		return nil, explain(err)
	}
	at, err := s.parseAdding(address)
	if err != nil {
		return nil, explain(err)
	}
	c, err := pairing.Join(ctx, s.me, s.network, at, code, s.about(ctx))
	if err != nil {
		return nil, explain(err)
	}
	return newGuest(s, c), nil
}

// Scan adds the device whose picture says text.
func (s *Service) Scan(ctx context.Context, text string) (*Guest, error) {
	c, err := pairing.Scan(ctx, s.me, s.network, strings.TrimSpace(text), s.about(ctx))
	if err != nil {
		return nil, explain(err)
	}
	return newGuest(s, c), nil
}

// ScanPhoto is Scan for a photo of the picture, a PNG, JPEG or GIF file.
func (s *Service) ScanPhoto(ctx context.Context, photo io.Reader) (*Guest, error) {
	text, err := pairing.ReadPhoto(photo)
	if err != nil {
		return nil, explain(err)
	}
	return s.Scan(ctx, text)
}

// ErrAddress says that an address was typed that is none.
var ErrAddress = errors.New("this is not an address of a device: type it as the other device shows it, like 192.168.1.20:47301")

func (s *Service) parseAdding(typed string) (netip.AddrPort, error) {
	typed = strings.TrimSpace(typed)
	if at, err := netip.ParseAddrPort(typed); err == nil && at.Port() != 0 {
		return at, nil
	}
	var shown []netip.AddrPort
	for _, n := range s.Nearby() {
		if n.Adding {
			shown = append(shown, n.Address)
		}
	}
	if typed == "" && len(shown) == 1 {
		return shown[0], nil
	}
	host, err := netip.ParseAddr(strings.Trim(typed, "[]"))
	if err != nil {
		return netip.AddrPort{}, ErrAddress
	}
	for _, at := range shown {
		if at.Addr() == host {
			return at, nil
		}
	}
	return netip.AddrPortFrom(host, AddingPort), nil
}
