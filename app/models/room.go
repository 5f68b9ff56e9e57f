package models

// stopBytes stay free on the disk while a copy is made, whatever else is written meanwhile.
const stopBytes = 16 << 20

// reserveLocked keeps room on the disk for bytes that are still to come, if there is enough.
func (c *copying) reserveLocked(bytes int64) error {
	l := c.library
	c.pledgeLocked(bytes) // first, so that of two copies that begin together one sees the other
	free, err := l.space(l.path)
	if err != nil {
		l.log.Warn("free space is not known", "err", err)
		return nil
	}
	if others := l.pledged.Load() - bytes; free < others+bytes+spareBytes {
		c.pledgeLocked(0)
		return noRoom(bytes, max(free-others, 0))
	}
	return nil
}

func (c *copying) pledgeLocked(bytes int64) {
	c.library.pledged.Add(bytes - c.pledged)
	c.pledged = bytes
}

// release gives back the room that the copy did not take.
func (c *copying) release() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pledgeLocked(0)
}

// checkStop tells when the disk is so full that a copy must not go on.
func (l *Library) checkStop() error {
	if free, err := l.space(l.path); err == nil && free < stopBytes {
		return roomGone(free)
	}
	return nil
}
