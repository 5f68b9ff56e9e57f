package ui

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"strings"
	"sync"
	"time"

	"croft/app/chat"
	"croft/app/models"
	"croft/app/settings"
)

// scriptedChats is the chat use case in memory. A test writes the replies.
type scriptedChats struct {
	mu        sync.Mutex
	chats     map[chat.ID]*chat.Transcript
	deleted   map[chat.ID]*chat.Transcript
	next      chat.ID
	now       time.Time
	watchers  []func(chat.Update)
	stopped   []chat.ID
	continued []chat.ID // replies
	fail      error     // of the next Send
}

func newScriptedChats(now time.Time) *scriptedChats {
	return &scriptedChats{chats: map[chat.ID]*chat.Transcript{}, deleted: map[chat.ID]*chat.Transcript{}, next: 1, now: now}
}

var errNoChat = errors.New("no such chat")

func (s *scriptedChats) id() chat.ID {
	s.next++
	return s.next
}

func (s *scriptedChats) tell(u chat.Update) {
	s.mu.Lock()
	watchers := s.watchers
	s.mu.Unlock()
	for _, w := range watchers {
		w(u)
	}
}

// add puts a whole chat in.
func (s *scriptedChats) add(title string, age time.Duration, pinned bool, messages ...chat.Message) chat.ID {
	id := s.id()
	t := &chat.Transcript{Summary: chat.Summary{ID: id, Title: title, Pinned: pinned, Changed: s.now.Add(-age), Created: s.now.Add(-age)}}
	for i := range messages {
		if messages[i].ID == 0 {
			messages[i].ID = s.id()
		}
		if messages[i].Branches == 0 {
			messages[i].Branch, messages[i].Branches = 1, 1
		}
		if messages[i].State == "" {
			messages[i].State = chat.Complete
		}
		t.Snippet = strings.SplitN(messages[i].Text, "\n", 2)[0]
	}
	t.Messages = messages
	s.chats[id] = t
	return id
}

func (s *scriptedChats) List(context.Context) ([]chat.Summary, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []chat.Summary
	for _, c := range s.chats {
		list = append(list, c.Summary)
	}
	sort.Slice(list, func(i, j int) bool {
		if list[i].Pinned != list[j].Pinned {
			return list[i].Pinned
		}
		return list[i].Changed.After(list[j].Changed)
	})
	return list, nil
}

func (s *scriptedChats) Search(_ context.Context, query string) ([]chat.Hit, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var hits []chat.Hit
	for _, c := range s.chats {
		for _, m := range c.Messages {
			at := strings.Index(strings.ToLower(m.Text), strings.ToLower(query))
			if at < 0 {
				continue
			}
			begin, end := wordsAround(m.Text, at, at+len(query))
			hits = append(hits, chat.Hit{
				Summary: c.Summary, Message: m.ID, Excerpt: m.Text[begin:end],
				Marks: [][2]int{{at - begin, at - begin + len(query)}},
			})
		}
	}
	sort.Slice(hits, func(i, j int) bool { return hits[i].Changed.After(hits[j].Changed) })
	return hits, nil
}

// wordsAround returns whole words before and after a stretch of text.
func wordsAround(text string, from, to int) (begin, end int) {
	for begin = from; begin > 0 && (from-begin < 18 || text[begin-1] != ' '); begin-- {
	}
	for end = to; end < len(text) && text[end] != '\n' && (end-to < 26 || text[end] != ' '); end++ {
	}
	return begin, end
}

func (s *scriptedChats) Create(_ context.Context, set chat.Settings) (chat.ID, error) {
	id := s.add("", 0, false)
	s.chats[id].Settings = set
	return id, nil
}

func (s *scriptedChats) with(id chat.ID, f func(*chat.Transcript)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.chats[id]
	if !ok {
		return errNoChat
	}
	f(c)
	return nil
}

func (s *scriptedChats) Rename(_ context.Context, id chat.ID, title string) error {
	return s.with(id, func(c *chat.Transcript) { c.Title = title })
}

func (s *scriptedChats) SetPinned(_ context.Context, id chat.ID, pinned bool) error {
	return s.with(id, func(c *chat.Transcript) { c.Pinned = pinned })
}

func (s *scriptedChats) SetSettings(_ context.Context, id chat.ID, set chat.Settings) error {
	return s.with(id, func(c *chat.Transcript) { c.Settings = set })
}

func (s *scriptedChats) Delete(_ context.Context, id chat.ID) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deleted[id] = s.chats[id]
	delete(s.chats, id)
	return nil
}

func (s *scriptedChats) Restore(_ context.Context, id chat.ID) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.chats[id] = s.deleted[id]
	return nil
}

func (s *scriptedChats) Load(_ context.Context, id chat.ID) (chat.Transcript, error) {
	var t chat.Transcript
	err := s.with(id, func(c *chat.Transcript) {
		t = *c
		t.Messages = append([]chat.Message(nil), c.Messages...)
	})
	return t, err
}

func (s *scriptedChats) Send(_ context.Context, id chat.ID, text string) error {
	if s.fail != nil {
		return s.fail
	}
	err := s.with(id, func(c *chat.Transcript) {
		if c.Title == "" {
			c.Title = text
		}
		c.Snippet, c.Changed = text, s.now
		c.Messages = append(c.Messages,
			chat.Message{ID: s.id(), Role: chat.User, Text: text, State: chat.Complete, Branch: 1, Branches: 1},
			chat.Message{ID: s.id(), Role: chat.Assistant, State: chat.Waiting, Branch: 1, Branches: 1})
	})
	s.tell(chat.Update{Chat: id})
	return err
}

func (s *scriptedChats) Regenerate(_ context.Context, id, reply chat.ID) error {
	return s.branch(id, reply, chat.Message{Role: chat.Assistant, State: chat.Waiting})
}

func (s *scriptedChats) Edit(_ context.Context, id, message chat.ID, text string) error {
	return s.branch(id, message, chat.Message{Role: chat.User, Text: text, State: chat.Complete})
}

// branch puts a message in the place of another one and cuts off what follows.
func (s *scriptedChats) branch(id, old chat.ID, m chat.Message) error {
	return s.with(id, func(c *chat.Transcript) {
		for i := range c.Messages {
			if c.Messages[i].ID == old {
				m.ID, m.Branches = s.id(), c.Messages[i].Branches+1
				m.Branch = m.Branches
				c.Messages = append(c.Messages[:i:i], m)
				return
			}
		}
	})
}

func (s *scriptedChats) Choose(_ context.Context, id, message chat.ID, delta int) error {
	return s.with(id, func(c *chat.Transcript) {
		for i := range c.Messages {
			if c.Messages[i].ID == message {
				c.Messages[i].Branch += delta
				c.Messages[i].Text = fmt.Sprintf("version %d", c.Messages[i].Branch)
			}
		}
	})
}

func (s *scriptedChats) Continue(_ context.Context, id, reply chat.ID) error {
	s.continued = append(s.continued, reply)
	return s.with(id, func(c *chat.Transcript) {
		m := &c.Messages[len(c.Messages)-1]
		m.State, m.Error = chat.Writing, nil
	})
}

func (s *scriptedChats) Stop(id chat.ID) { s.stopped = append(s.stopped, id) }

func (s *scriptedChats) Export(_ context.Context, id chat.ID) (string, error) {
	t, err := s.Load(context.Background(), id)
	return "# " + t.Title, err
}

func (s *scriptedChats) Watch(f func(chat.Update)) (cancel func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watchers = append(s.watchers, f)
	return func() {}
}

// write makes the last message of a chat look like this, and tells it.
func (s *scriptedChats) write(id chat.ID, f func(*chat.Message)) {
	var m chat.Message
	used, most := 0, 0
	_ = s.with(id, func(c *chat.Transcript) {
		last := &c.Messages[len(c.Messages)-1]
		f(last)
		m, used, most = *last, c.ContextUsed, c.ContextMax
	})
	s.tell(chat.Update{Chat: id, Reply: &m, ContextUsed: used, ContextMax: most})
}

// scriptedModels is a library in memory.
type scriptedModels struct {
	here, found []models.Model
	suggested   []models.Suggestion
	starter     *models.Model // comes with the program; nil: none does
	watchers    []func()
	refuse      error
	deleted     []string
}

func (s *scriptedModels) HasStarter() bool { return s.starter != nil }

func (s *scriptedModels) BringBack(context.Context) (models.Model, error) {
	if s.refuse != nil {
		return models.Model{}, s.refuse
	}
	s.here = append(s.here, *s.starter)
	return *s.starter, nil
}

func (s *scriptedModels) Suggest(context.Context) ([]models.Suggestion, error) {
	return s.suggested, nil
}

func (s *scriptedModels) List(context.Context) ([]models.Model, error)  { return s.here, nil }
func (s *scriptedModels) Found(context.Context) ([]models.Model, error) { return s.found, nil }

func (s *scriptedModels) Import(_ context.Context, path string, progress func(done, total int64)) (models.Model, error) {
	if s.refuse != nil {
		return models.Model{}, s.refuse
	}
	progress(5e8, 1e9)
	m := models.Model{ID: path, Name: "Imported", Path: path, Owned: true, Fit: models.Fits, Default: len(s.here) == 0}
	if strings.Contains(path, "vectors") {
		m.Embedding, m.Default = true, false
	}
	s.here = append(s.here, m)
	return m, nil
}

func (s *scriptedModels) Adopt(ctx context.Context, path string, progress func(done, total int64)) (models.Model, error) {
	m, err := s.Import(ctx, path, progress)
	for i := range s.found {
		if s.found[i].Path == path {
			m.Name = s.found[i].Name
			s.here[len(s.here)-1].Name = m.Name
			s.found = append(s.found[:i:i], s.found[i+1:]...)
			break
		}
	}
	return m, err
}

func (s *scriptedModels) Delete(_ context.Context, id string) error {
	s.deleted = append(s.deleted, id)
	for i := range s.here {
		if s.here[i].ID == id {
			s.here = append(s.here[:i:i], s.here[i+1:]...)
			break
		}
	}
	return nil
}

func (s *scriptedModels) Memory() models.Memory {
	return models.Memory{Total: 16e9, Free: 9.1e9, ModelMax: 7e9}
}

func (s *scriptedModels) Use(_ context.Context, id string, progress func(float64)) (*models.Running, error) {
	progress(1)
	for i := range s.here {
		s.here[i].Loaded = s.here[i].ID == id
	}
	return &models.Running{Release: func() {}}, nil
}

func (s *scriptedModels) Watch(f func()) (cancel func()) {
	s.watchers = append(s.watchers, f)
	return func() {}
}

// scriptedSettings are settings in memory.
type scriptedSettings struct {
	values   settings.Values
	watchers []func(settings.Values)
}

func (s *scriptedSettings) Get() settings.Values { return s.values }

func (s *scriptedSettings) Change(_ context.Context, f func(*settings.Values)) error {
	f(&s.values)
	for _, w := range s.watchers {
		w(s.values)
	}
	return nil
}

func (s *scriptedSettings) Watch(f func(settings.Values)) (cancel func()) {
	s.watchers = append(s.watchers, f)
	return func() {}
}
