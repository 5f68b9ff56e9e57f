package pairing

import "time"

const (
	pauseMin    = time.Minute
	pauseMax    = time.Hour
	pauseForget = 24 * time.Hour
)

// Pause is what must be remembered of windows that wrong codes closed, so that
// guessing does not get cheaper by asking for a new window. The zero Pause is
// none. A device added, or a day without a guess too many, ends it.
type Pause struct {
	Closings int       // windows that wrong codes closed in a row
	Since    time.Time // the last of them
}

// Left is how long no window may open. A clock that was set back ends the pause:
// who can do that can do worse.
func (p Pause) Left(now time.Time) time.Duration {
	if p.Closings <= 0 || now.Before(p.Since) {
		return 0
	}
	return max(0, p.Since.Add(p.length()).Sub(now))
}

// length doubles from a minute to an hour.
func (p Pause) length() time.Duration {
	d := pauseMin
	for range p.Closings - 1 {
		if d = 2 * d; d >= pauseMax {
			return pauseMax
		}
	}
	return d
}

func (p Pause) after(now time.Time) Pause {
	if now.Sub(p.Since) > pauseForget {
		p.Closings = 0
	}
	return Pause{Closings: max(0, p.Closings) + 1, Since: now}
}
