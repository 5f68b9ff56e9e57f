package chat

import (
	"context"
	"errors"
	"strings"
	"time"

	"croft/engine"
	"croft/storage"
)

// saveTime is how often a growing reply is saved.
const saveTime = 500 * time.Millisecond

// Send saves the person's message, returns, and writes the reply in the background; watch it with
// Watch. When it returns nil the message is on the disk. ErrWriting while a reply is being written.
func (s *Service) Send(ctx context.Context, id ID, text string) error {
	text, err := clean(text)
	if err != nil {
		return err
	}
	return s.answer(ctx, id, func() (*turn, error) {
		branch, err := s.store.Branch(ctx, int64(id))
		if err != nil {
			return nil, err
		}
		t := turn{text: text}
		if len(branch) > 0 {
			t.parent = branch[len(branch)-1].ID
		} else {
			t.title = titleOf(text)
		}
		return &t, nil
	})
}

// Regenerate writes another reply beside the given one.
func (s *Service) Regenerate(ctx context.Context, id, reply ID) error {
	return s.answer(ctx, id, func() (*turn, error) {
		m, err := s.find(ctx, id, reply, Assistant)
		return &turn{parent: m.Parent}, err
	})
}

// Edit writes the person's message anew beside the given one, and a reply to it.
func (s *Service) Edit(ctx context.Context, id, message ID, text string) error {
	text, err := clean(text)
	if err != nil {
		return err
	}
	return s.answer(ctx, id, func() (*turn, error) {
		m, err := s.find(ctx, id, message, User)
		return &turn{parent: m.Parent, text: text}, err
	})
}

// clean refuses an empty message.
func clean(text string) (string, error) {
	text = strings.TrimSpace(strings.ToValidUTF8(text, "\uFFFD"))
	if text == "" {
		return "", ErrEmpty
	}
	return text, nil
}

// find returns a message of a chat that has the given role. storage.ErrNotFound.
func (s *Service) find(ctx context.Context, id, message ID, role Role) (storage.Message, error) {
	m, err := s.store.Message(ctx, int64(message))
	if err == nil && (ID(m.Chat) != id || Role(m.Role) != role) {
		err = storage.ErrNotFound
	}
	return m, err
}

// turn is what is to be saved before a reply is written.
type turn struct {
	parent int64  // the message it follows
	text   string // of the person's message; "" for a reply only
	title  string // for a chat without one
}

// answer saves a turn and starts the writing of its reply.
func (s *Service) answer(ctx context.Context, id ID, plan func() (*turn, error)) error {
	return s.reply(ctx, id, func(r *reply) error { return s.save(ctx, id, r, plan) })
}

// reply starts the writing of what prepare has made ready. The chat is taken from before that, so that there is never a
// second reply.
func (s *Service) reply(ctx context.Context, id ID, prepare func(*reply) error) error {
	// The reply outlives the call that asks for it; Stop, Delete and Close end it.
	working, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	r := &reply{cancel: cancel, sent: time.Now()}
	err := s.take(id, r)
	if err != nil {
		cancel(err)
		return err
	}
	err = prepare(r)
	if err == nil {
		s.updates.reload(id)
		if !s.start(func() { s.write(working, id, r) }) {
			err = ErrClosed
		}
	}
	if err != nil {
		cancel(err)
		s.release(id)
	}
	return err
}

// take makes r the one reply of its chat.
func (s *Service) take(id ID, r *reply) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return ErrClosed
	case s.running[id] != nil:
		return ErrWriting
	}
	s.running[id] = r
	return nil
}

func (s *Service) release(id ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.running, id)
}

// save commits the person's message together with its reply, which waits.
func (s *Service) save(ctx context.Context, id ID, r *reply, plan func() (*turn, error)) error {
	t, err := plan()
	if err != nil {
		return err
	}
	messages := []storage.Message{{Role: string(Assistant), State: string(Waiting), Reply: storage.Reply{Device: s.device}}}
	if t.text != "" {
		messages = append([]storage.Message{{Role: string(User), State: string(Complete), Text: t.text}}, messages...)
	}
	saved, err := s.store.Append(ctx, int64(id), t.parent, t.title, messages...)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.message = saved[len(saved)-1]
	return nil
}

// write owns a reply from its first wait to its last save.
func (s *Service) write(ctx context.Context, id ID, r *reply) {
	defer r.cancel(nil)
	saving := context.WithoutCancel(ctx)
	done, saved := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(saved)
		s.saveWhile(saving, r, done)
	}()
	err := s.generate(ctx, id, r)
	close(done)
	<-saved
	r.end(err, context.Cause(ctx))
	s.finish(saving, id, r)
}

// generate loads the model and streams its reply into r.
func (s *Service) generate(ctx context.Context, id ID, r *reply) error {
	chat, err := s.store.Chat(ctx, int64(id))
	if err != nil {
		return err
	}
	set, err := decodeSettings(chat)
	if err != nil {
		return err
	}
	before, err := s.before(ctx, r)
	if err != nil {
		return err
	}
	model, release, err := s.models.Use(ctx, set.wantFor(before), func(p Progress) {
		r.wait(p)
		s.grown(r)
	})
	if err != nil {
		return err
	}
	defer release()
	facts := model.Facts()
	parsed := parseTemplate(facts.Template)
	request, err := newRequest(set, before, facts, parsed)
	if err != nil {
		return err
	}
	opened, known := opensThinking(parsed, *request.Conversation)
	request.Begin = r.begin(model, opened, !known)
	return s.stream(ctx, r, model, request)
}

// before returns the messages that a reply follows.
func (s *Service) before(ctx context.Context, r *reply) ([]storage.Message, error) {
	path, err := s.store.Path(ctx, int64(r.id()))
	if err != nil {
		return nil, err
	}
	for i := range path {
		path[i], _ = s.newest(path[i])
	}
	return path[:max(len(path)-1, 0)], nil
}

// stream adds the pieces of the model to r. ErrTooLong when the context has no room for a reply.
func (s *Service) stream(ctx context.Context, r *reply, model Model, request engine.Request) error {
	for piece, err := range model.Generate(ctx, request) {
		var long *engine.PromptTooLongError
		if errors.As(err, &long) {
			return ErrTooLong
		}
		if err != nil {
			return err
		}
		r.follow(model)
		r.add(piece)
		s.grown(r)
		if a := piece.Result; a != nil {
			if a.Reason == engine.Context && a.ReplyTokens == 0 {
				return ErrTooLong
			}
			return nil
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return errNoEnd
}

// grown tells of a reply that has a newer snapshot, if it is shown.
func (s *Service) grown(r *reply) {
	if !r.hidden.Load() {
		s.updates.grown(r)
	}
}

// saveWhile saves r every now and then until done.
func (s *Service) saveWhile(ctx context.Context, r *reply, done <-chan struct{}) {
	tick := time.NewTicker(saveTime)
	defer tick.Stop()
	var before storage.Message
	for {
		select {
		case <-done:
			return
		case <-tick.C:
		}
		m := r.snapshot()
		if m == before {
			continue
		}
		// What the disk refuses now, finish tries again.
		if err := s.store.SaveReply(ctx, m); err == nil {
			before = m
		}
	}
}

// finish saves how a reply ended and lets the next one begin.
func (s *Service) finish(ctx context.Context, id ID, r *reply) {
	m := r.snapshot()
	err := s.store.SaveReply(ctx, m)
	refused := isRefused(err)
	if refused {
		r.fail(err)
	} else if r.measured() && m.ReplyTokens >= speedTokensMin {
		// A model outside the library has no place for it.
		_ = s.store.RecordSpeed(ctx, m.ModelHash, m.TokensPerSecond)
	}
	s.settle(id, r, refused)
	if refused {
		s.saveUntil(ctx, m, r)
	}
}

// settle makes r no longer the one being written, and tells of it.
func (s *Service) settle(id ID, r *reply, refused bool) {
	s.mu.Lock()
	delete(s.running, id)
	if refused {
		s.unsaved[r.id()] = r
	}
	s.mu.Unlock()
	s.updates.grown(r)
}

// saveUntil saves a reply whose end the disk refused, as soon as the disk lets it: m is the reply as
// it ended. Until then it is in memory only and says so. Close has the last try.
func (s *Service) saveUntil(ctx context.Context, m storage.Message, r *reply) {
	tick := time.NewTicker(retryTime)
	defer tick.Stop()
	for closing := false; !closing; {
		select {
		case <-s.closing:
			closing = true
		case <-tick.C:
		}
		if isRefused(s.store.SaveReply(ctx, m)) {
			continue
		}
		r.restore(m)
		s.mu.Lock()
		delete(s.unsaved, ID(m.ID))
		s.mu.Unlock()
		s.updates.grown(r)
		return
	}
}

// isRefused says whether saving failed. A reply that is not found belongs to a chat that was erased.
func isRefused(err error) bool { return err != nil && !errors.Is(err, storage.ErrNotFound) }

// retryTime is how long to wait before the disk is asked again.
const retryTime = 2 * time.Second

// speedTokensMin is how long a reply must be for its speed to mean something.
const speedTokensMin = 16
