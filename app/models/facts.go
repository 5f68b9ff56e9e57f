package models

// CheckChat says why m is not for chat; nil when it is.
func (m Model) CheckChat() error {
	if m.Embedding {
		return wrongPurpose(m)
	}
	return nil
}

// Info is what the file of m says of itself.
func (l *Library) Info(m Model) (Info, error) { return l.inspect.header(m.Path) }

// Info is what the file of the loaded model says of itself.
func (r *Running) Info() Info { return r.model.Info() }

// ContextMax is the number of tokens that a conversation may have with the loaded model.
func (r *Running) ContextMax() int { return r.model.ContextMax() }
