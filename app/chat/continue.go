package chat

import (
	"context"
	"errors"
	"slices"

	"croft/storage"
)

// Continue carries on a reply that was stopped, cut off or failed after it had begun: it goes on in the same message, as
// Send's reply does. What was written stays whatever happens. ErrWhole when there is nothing to carry on, ErrWriting.
func (s *Service) Continue(ctx context.Context, id, message ID) error {
	return s.reply(ctx, id, func(r *reply) error { return s.resume(ctx, id, message, r) })
}

// resume makes the saved reply r's.
func (s *Service) resume(ctx context.Context, id, message ID, r *reply) error {
	m, err := s.find(ctx, id, message, Assistant)
	if err != nil {
		return err
	}
	branch, err := s.store.Branch(ctx, int64(id))
	if err != nil {
		return err
	}
	cutOff := slices.Contains([]State{Stopped, Interrupted, Failed}, State(m.State)) && m.Text+m.Thinking != ""
	if !cutOff || len(branch) == 0 || branch[len(branch)-1].ID != m.ID {
		return ErrWhole
	}
	err = s.store.ResumeReply(ctx, m.ID)
	if errors.Is(err, storage.ErrNotFound) {
		return ErrWhole
	}
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.before = &m
	r.message = m
	r.message.State, r.message.Reason, r.message.Problem = string(Waiting), "", ""
	return nil
}
