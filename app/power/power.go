// Package power says how much a device has left to work with: its battery, and whether it is too hot to go on at full speed.
package power

import (
	"context"
	"sync"
	"time"
)

// Battery is the battery of this device.
type Battery struct {
	Has      bool
	Percent  int
	Charging bool // or connected to power
}

// State is what the system tells. Where it tells nothing, it is zero.
type State struct {
	Battery Battery
	Hot     bool // it slows down, or is about to
}

// freshFor is how long a state is believed: both change slowly, and asking may cost a millisecond.
const freshFor = 10 * time.Second

// Sensor remembers for a moment what it was told. The zero value is ready.
type Sensor struct {
	mu    sync.Mutex
	state State
	at    time.Time
}

// Now is the state of this device, at most ten seconds old.
func (s *Sensor) Now(ctx context.Context) State {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.at.IsZero() || time.Since(s.at) > freshFor {
		s.state, s.at = read(ctx), time.Now()
	}
	return s.state
}
