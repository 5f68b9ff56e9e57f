// Package settings holds what a person chose for the whole program, and remembers it.
package settings

import (
	"context"
	"errors"
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
}

// Service reads and writes the settings.
type Service struct{}

// Get returns the settings as they are now.
func (s *Service) Get() Values { return Values{} }

// Change applies f to the settings and saves them before it returns; watchers are told.
func (s *Service) Change(ctx context.Context, f func(*Values)) error {
	return errors.New("settings: unwritten")
}

// Watch calls f after each change, from the goroutine that made it, until cancel is called.
func (s *Service) Watch(f func(Values)) (cancel func()) { return func() {} }
