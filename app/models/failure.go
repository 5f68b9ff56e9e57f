package models

import (
	"errors"
	"slices"
	"strings"
)

// dismiss asks those who described the file as m does for nothing more. Without an err, the whole was not what they said.
func (c *copying) dismiss(m Manifest, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var names []string
	for _, s := range c.suppliers {
		if s.state == serving && s.manifest.same(m) {
			s.state, s.err = gone, errDamaged
			names = append(names, s.Name())
		}
	}
	if c.refusal = err; err == nil {
		c.refusal = damagedAt(join(names))
	}
	c.ringLocked()
}

// failureLocked says why the copy cannot go on, once no supplier is left: what a person can change comes first.
func (c *copying) failureLocked() error {
	if c.refusal != nil {
		return c.refusal
	}
	lost, passing := c.namesLocked(func(err error) bool { return !errors.Is(err, errDamaged) && !final(err) })
	liars, _ := c.namesLocked(func(err error) bool { return errors.Is(err, errDamaged) })
	closed, _ := c.namesLocked(func(err error) bool { return errors.Is(err, ErrForbidden) })
	switch {
	case lost != "":
		return lostSources(lost, passing)
	case closed != "":
		return forbiddenBy(closed)
	case liars != "":
		return damagedAt(liars)
	}
	return noSource()
}

// namesLocked lists the suppliers that failed in a certain way, and one of the errors.
func (c *copying) namesLocked(failed func(error) bool) (list string, last error) {
	var names []string
	for _, s := range c.suppliers {
		if s.err != nil && failed(s.err) {
			names, last = append(names, s.Name()), s.err
		}
	}
	return join(names), last
}

func join(names []string) string {
	slices.Sort(names)
	names = slices.Compact(names)
	if n := len(names); n > 1 {
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
	return strings.Join(names, "")
}
