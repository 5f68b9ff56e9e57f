package grammar

// Matcher follows one value, token by token. It is not safe for concurrent use; several of them are.
type Matcher struct {
	automaton *automaton
	at        *config
}

// Allowed is a mask: bit id%64 of word id/64 says whether token id may come next. It must not be changed.
// Tokens that end a text are in it where the value may end.
func (m *Matcher) Allowed() []uint64 {
	m.automaton.mu.Lock()
	defer m.automaton.mu.Unlock()
	m.at = m.automaton.current(m.at)
	return m.automaton.allowed(m.at)
}

// Advance goes on with a token. It returns false, and stays where it is, when the token may not come next.
func (m *Matcher) Advance(id int) bool {
	a := m.automaton
	a.mu.Lock()
	defer a.mu.Unlock()
	at := a.current(m.at)
	piece := a.vocabulary.piece(id)
	for _, b := range piece {
		if at = a.step(at, a.classOf[b]); at.dead() {
			return false
		}
	}
	m.at = at
	return len(piece) > 0
}

// Complete says whether the value may end here.
func (m *Matcher) Complete() bool { return m.at.complete }

// Finished says whether the value has ended: it is complete and nothing can follow.
func (m *Matcher) Finished() bool { return m.at.complete && len(m.at.frames) == 0 }
