package devices

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"croft/discovery/lan"
	"croft/discovery/pairing"
	"croft/storage"
)

// Server is a model server of another program that the owner runs on the local network. What is sent to it is not encrypted.
type Server struct {
	ID      int64
	Name    string
	Address string // "192.168.1.5:11434"
	Key     string // sent to it as bearer token, "" for none
	Kind    string // which program it is, "" while that is not known
	Added   time.Time
}

// Place is what the ledger, and a chat that shall run there, call the server.
func (v Server) Place() string { return serverKey(v.ID) }

// ErrServerAddress says that an address was typed that is none.
var ErrServerAddress = errors.New("a server's address has numbers and a port, as in 192.168.1.5:11434; type it like that")

// Servers returns the servers, by name.
func (s *Service) Servers(ctx context.Context) ([]Server, error) {
	found, err := s.store.Servers(ctx)
	all := make([]Server, len(found))
	for i, v := range found {
		all[i] = Server(v)
	}
	return all, err
}

// AddServer adds a server, or gives the one at the same address another name and key. Its address must be on a network
// that this device is on, or this device's own. Nothing is sent to it yet.
func (s *Service) AddServer(ctx context.Context, name, address, key string) (Server, error) {
	at, err := parseServer(address)
	if err != nil {
		return Server{}, explain(err)
	}
	if err := s.networkTo(at.Addr()).Allowed(at.Addr()); err != nil {
		return Server{}, explain(err)
	}
	if name = pairing.CleanName(name); name == "" {
		name = at.String()
	}
	v, err := s.store.AddServer(ctx, storage.Server{Name: name, Address: at.String(), Key: strings.TrimSpace(key), Added: time.Now()})
	if err == nil {
		signal(s.changed)
	}
	return Server(v), err
}

// networkTo is what a server is reached through. Only one on this same machine has an address of the loopback.
func (s *Service) networkTo(server netip.Addr) *lan.Network {
	if server.IsLoopback() {
		return s.beside
	}
	return s.network
}

// parseServer reads an address as people paste it, a URL included. Nothing is looked up by name.
func parseServer(typed string) (netip.AddrPort, error) {
	typed = strings.TrimPrefix(strings.TrimSpace(typed), "http://")
	typed, _, _ = strings.Cut(typed, "/")
	if port, ok := strings.CutPrefix(typed, "localhost:"); ok {
		typed = "127.0.0.1:" + port
	}
	at, err := netip.ParseAddrPort(typed)
	if err != nil || at.Port() == 0 || at.Addr().Zone() != "" {
		return netip.AddrPort{}, fmt.Errorf("%q: %w", typed, ErrServerAddress)
	}
	return netip.AddrPortFrom(at.Addr().Unmap(), at.Port()), nil
}

// SetServerKind notes which program a server is. ErrNotFound.
func (s *Service) SetServerKind(ctx context.Context, id int64, kind string) error {
	return s.store.SetServerKind(ctx, id, kind)
}

// RemoveServer forgets a server. ErrNotFound.
func (s *Service) RemoveServer(ctx context.Context, id int64) error {
	err := s.store.RemoveServer(ctx, id)
	if err == nil {
		signal(s.changed)
	}
	return err
}

func loadJSON(ctx context.Context, store *storage.Store, key string, v any) error {
	saved, err := store.Setting(ctx, key)
	if err != nil {
		return err
	}
	return json.Unmarshal(saved, v)
}

func saveJSON(ctx context.Context, store *storage.Store, key string, v any) error {
	value, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return store.SaveSetting(ctx, key, value)
}
