// Package settings holds what a person chose for the whole program, and remembers it.
package settings

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"croft/storage"
)

// Theme is the look of the window.
type Theme string

// The themes. System follows the desktop.
const (
	System Theme = "system"
	Light  Theme = "light"
	Dark   Theme = "dark"
)

// Values are all settings. The zero value of each field means "as Croft thinks best".
type Values struct {
	Theme        Theme   `json:"theme"`
	TextScale    float32 `json:"text_scale"` // 1 is the normal size; 0.8 to 1.6
	Language     string  `json:"language"`   // BCP 47; "" follows the system
	DefaultModel string  `json:"default_model"`
	Threads      int     `json:"threads"`       // 0: physical cores
	ContextMax   int     `json:"context_max"`   // tokens; 0: what the model and the memory allow
	SystemPrompt string  `json:"system_prompt"` // for new chats
	VPN          bool    `json:"vpn"`           // the person's own VPN counts as a local network
}

// Service reads and writes the settings. Its methods may be called from several goroutines.
type Service struct {
	store    *storage.Store
	changing sync.Mutex // held while a change is made and saved

	mu       sync.Mutex // guards what follows
	values   Values
	watchers map[int]func(Values)
	next     int
}

// key is where the settings lie in storage.
const key = "settings"

// New reads the settings from storage.
func New(ctx context.Context, store *storage.Store) (*Service, error) {
	s := &Service{store: store, watchers: map[int]func(Values){}}
	saved, err := store.Setting(ctx, key)
	if errors.Is(err, storage.ErrNotFound) {
		saved = json.RawMessage("{}")
	} else if err != nil {
		return nil, fmt.Errorf("settings: %w", err)
	}
	err = json.Unmarshal(saved, &s.values)
	if err != nil {
		return nil, fmt.Errorf("settings: %w", err)
	}
	s.values.clamp()
	return s, nil
}

// Get returns the settings as they are now, every value in its range.
func (s *Service) Get() Values {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.values
}

// Change applies f to the settings and saves them before it returns; watchers are told. A value out
// of its range becomes the nearest that is in it. When saving fails, the settings stay as they were.
func (s *Service) Change(ctx context.Context, f func(*Values)) error {
	changed, err := s.change(ctx, f)
	if err != nil || !changed {
		return err
	}
	for _, tell := range s.watching() {
		tell(s.Get())
	}
	return nil
}

func (s *Service) change(ctx context.Context, f func(*Values)) (changed bool, err error) {
	s.changing.Lock()
	defer s.changing.Unlock()
	before := s.Get()
	after := before
	f(&after)
	after.clamp()
	if after == before {
		return false, nil
	}
	value, err := json.Marshal(after)
	if err != nil {
		return false, fmt.Errorf("settings: %w", err)
	}
	err = s.store.SaveSetting(ctx, key, value)
	if err != nil {
		return false, fmt.Errorf("settings: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.values = after
	return true, nil
}

// Watch calls f after each change, from the goroutine that made it, until cancel is called. f gets
// the newest settings, so that of two changes at once none leaves an old value behind.
func (s *Service) Watch(f func(Values)) (cancel func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := s.next
	s.next++
	s.watchers[id] = f
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.watchers, id)
	}
}

// watching returns the watchers in the order in which they came.
func (s *Service) watching() []func(Values) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]func(Values), 0, len(s.watchers))
	for id := range s.next {
		if f, ok := s.watchers[id]; ok {
			all = append(all, f)
		}
	}
	return all
}
