package models

import "time"

// paceTime is the past that a rate is taken from: long enough to be calm, short enough to follow a changing link.
const paceTime = 5 * time.Second

// pace works out how fast a count grows.
type pace struct{ samples []sample }

type sample struct {
	at    time.Time
	count int64
}

// add notes the count now.
func (p *pace) add(at time.Time, count int64) {
	p.samples = append(p.samples, sample{at, count})
	for len(p.samples) > 2 && at.Sub(p.samples[1].at) >= paceTime {
		p.samples = p.samples[1:]
	}
}

// perSecond is 0 while there is nothing to go by.
func (p *pace) perSecond() float64 {
	if len(p.samples) < 2 {
		return 0
	}
	first, last := p.samples[0], p.samples[len(p.samples)-1]
	seconds := last.at.Sub(first.at).Seconds()
	if seconds <= 0 || last.count <= first.count {
		return 0
	}
	return float64(last.count-first.count) / seconds
}
