package chat

import (
	"context"
	"errors"
	"sync"
	"time"

	"croft/app/settings"
	"croft/storage"
)

// Service is the use case. Its methods may be called from several goroutines.
type Service struct {
	store    *storage.Store
	models   Models
	settings *settings.Service
	device   string
	updates  *updates
	undoTime time.Duration // how long Restore works
	closing  chan struct{}
	work     sync.WaitGroup // replies and erasures

	mu      sync.Mutex
	closed  bool
	running map[ID]*reply // by chat
	unsaved map[ID]*reply // by message: ended, but the disk refused the end
}

// undoTime is how long a deleted chat can be restored.
const undoTime = time.Minute

// New makes the service. deviceName says where replies are written: "This laptop".
func New(store *storage.Store, models Models, set *settings.Service, deviceName string) *Service {
	return &Service{
		store: store, models: models, settings: set, device: deviceName,
		updates: newUpdates(), undoTime: undoTime, closing: make(chan struct{}),
		running: map[ID]*reply{}, unsaved: map[ID]*reply{},
	}
}

// Close ends every reply that is being written, as Interrupted, and returns when all is saved and
// every goroutine has ended.
func (s *Service) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	for _, r := range s.running {
		r.cancel(errClosing)
	}
	s.mu.Unlock()
	close(s.closing)
	s.work.Wait()
	s.updates.close()
	return nil
}

// List returns all chats: pinned first, then the newest change first.
func (s *Service) List(ctx context.Context) ([]Summary, error) {
	chats, err := s.store.Chats(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]Summary, len(chats))
	for i, c := range chats {
		list[i] = summary(c)
	}
	return list, nil
}

func summary(c storage.Chat) Summary {
	return Summary{
		ID: ID(c.ID), Title: c.Title, Snippet: c.Snippet, Pinned: c.Pinned,
		Created: c.Created, Changed: c.Changed, Writing: c.Writing,
	}
}

// Search finds chats by title and text.
func (s *Service) Search(ctx context.Context, query string) ([]Hit, error) {
	found, err := s.store.Search(ctx, query)
	if err != nil {
		return nil, err
	}
	hits := make([]Hit, len(found))
	for i, h := range found {
		hits[i] = Hit{Summary: summary(h.Chat), Message: ID(h.Message), Excerpt: h.Excerpt, Marks: h.Marks}
	}
	return hits, nil
}

// Create makes an empty chat. Without a system prompt of its own it gets the one for new chats.
func (s *Service) Create(ctx context.Context, set Settings) (ID, error) {
	if set.System == "" {
		set.System = s.settings.Get().SystemPrompt
	}
	encoded, err := set.encode()
	if err != nil {
		return 0, err
	}
	id, err := s.store.AddChat(ctx, storage.Chat{Model: set.Model, Settings: encoded})
	if err != nil {
		return 0, err
	}
	s.updates.reload(ID(id))
	return ID(id), nil
}

// Rename sets the title; "" goes back to the one Croft made from the first message.
func (s *Service) Rename(ctx context.Context, id ID, title string) error {
	return s.tell(id, s.store.RenameChat(ctx, int64(id), oneLine(title, titleMax)))
}

// SetPinned pins or unpins.
func (s *Service) SetPinned(ctx context.Context, id ID, pinned bool) error {
	return s.tell(id, s.store.PinChat(ctx, int64(id), pinned))
}

// SetSettings replaces the chat's settings; they count from the next reply on.
func (s *Service) SetSettings(ctx context.Context, id ID, set Settings) error {
	encoded, err := set.encode()
	if err != nil {
		return err
	}
	return s.tell(id, s.store.SetChatSettings(ctx, int64(id), set.Model, encoded))
}

// tell has watchers reload a chat if what was done to it succeeded.
func (s *Service) tell(id ID, err error) error {
	if err == nil {
		s.updates.reload(id)
	}
	return err
}

// Delete hides a chat at once and erases it for good at the next start, or a minute later; Restore
// undoes it until then. A reply that is being written is stopped.
func (s *Service) Delete(ctx context.Context, id ID) error {
	s.Stop(id)
	err := s.store.DeleteChat(ctx, int64(id))
	if err != nil {
		return err
	}
	s.eraseLater(context.WithoutCancel(ctx))
	return s.tell(id, nil)
}

// eraseLater erases what has been deleted until now when Restore no longer works.
func (s *Service) eraseLater(ctx context.Context) {
	deleted := time.Now()
	s.start(func() {
		wait := time.NewTimer(s.undoTime)
		defer wait.Stop()
		select {
		case <-s.closing: // the next start erases them
		case <-wait.C:
			// An error leaves them hidden, and to the next start.
			_ = s.store.PurgeChats(ctx, deleted)
		}
	})
}

// start runs f in a goroutine that Close waits for. It reports false, and does not, after Close.
func (s *Service) start(f func()) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.work.Go(f)
	}
	return !s.closed
}

// Restore undoes Delete.
func (s *Service) Restore(ctx context.Context, id ID) error {
	return s.tell(id, s.store.RestoreChat(ctx, int64(id)))
}

// Watch calls f for each change of any chat until cancel is called: at most every 33 ms for a
// growing reply, from one goroutine, never concurrently. A reply on a branch that is not shown is
// told of only when it ends, by a reload.
func (s *Service) Watch(f func(Update)) (cancel func()) { return s.updates.watch(f) }

// Load returns a chat on its chosen branch.
func (s *Service) Load(ctx context.Context, id ID) (Transcript, error) {
	c, err := s.store.Chat(ctx, int64(id))
	if err != nil {
		return Transcript{}, err
	}
	t := Transcript{Summary: summary(c)}
	t.Settings, err = decodeSettings(c)
	if err != nil {
		return Transcript{}, err
	}
	branch, err := s.store.Branch(ctx, int64(id))
	if err != nil {
		return Transcript{}, err
	}
	t.Messages = make([]Message, len(branch))
	for i, m := range branch {
		m, progress := s.newest(m)
		t.Messages[i] = message(m)
		t.Messages[i].Progress = progress
		if m.ContextUsed > 0 {
			t.ContextUsed, t.ContextMax = m.ContextUsed, m.ContextMax
		}
	}
	// Without a model a chat can still be read.
	if facts, err := s.models.Facts(ctx, t.Settings.want()); err == nil {
		if facts.ContextMax > 0 {
			t.ContextMax = facts.ContextMax
		}
	}
	return t, ctx.Err()
}

// newest returns a message as it is in memory if that is newer than what is saved, and what it waits for.
func (s *Service) newest(saved storage.Message) (storage.Message, Progress) {
	s.mu.Lock()
	r := s.unsaved[ID(saved.ID)]
	if of := s.running[ID(saved.Chat)]; of != nil && of.id() == ID(saved.ID) {
		r = of
	}
	s.mu.Unlock()
	if r == nil {
		return saved, Progress{}
	}
	m := r.snapshot()
	m.Branch, m.Branches = saved.Branch, saved.Branches
	return m, r.waiting(m)
}

// Choose makes the sibling of message that lies delta branches away the shown one; with delta 0 the
// message itself, wherever it stands.
func (s *Service) Choose(ctx context.Context, id, message ID, delta int) error {
	m, err := s.store.Message(ctx, int64(message))
	if err != nil {
		return err
	}
	if ID(m.Chat) != id {
		return storage.ErrNotFound
	}
	_, err = s.store.Show(ctx, int64(message), delta)
	if err != nil {
		return err
	}
	return s.tell(id, s.hideOrShow(ctx, id))
}

// hideOrShow notes whether the reply that is being written is on the shown branch.
func (s *Service) hideOrShow(ctx context.Context, id ID) error {
	s.mu.Lock()
	r := s.running[id]
	s.mu.Unlock()
	if r == nil {
		return nil
	}
	branch, err := s.store.Branch(ctx, int64(id))
	if err == nil {
		r.hidden.Store(len(branch) == 0 || ID(branch[len(branch)-1].ID) != r.id())
	}
	return err
}

var (
	errStopped = errors.New("stopped")
	errClosing = errors.New("closing")
)

// Stop ends the reply that is being written; what was written stays.
func (s *Service) Stop(id ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.running[id]; r != nil {
		r.cancel(errStopped)
	}
}
