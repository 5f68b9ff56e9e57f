// Package chat is a conversation: store, prompt, stream, stop, regenerate, edit, branch.
package chat

import (
	"context"
	"errors"
	"time"
)

var errUnwritten = errors.New("chat: unwritten")

// ID names a chat or a message.
type ID int64

// Role is who wrote a message.
type Role string

// The roles.
const (
	User      Role = "user"
	Assistant Role = "assistant"
)

// State is how far a message got.
type State string

// Only replies are ever anything but Complete. Interrupted: Croft ended while it was written.
const (
	Complete    State = "complete"
	Waiting     State = "waiting" // the model is being loaded or reads the prompt
	Writing     State = "writing"
	Stopped     State = "stopped"
	Interrupted State = "interrupted"
	Failed      State = "failed"
)

// Summary is a chat in the list.
type Summary struct {
	ID      ID
	Title   string
	Snippet string // the beginning of the last message
	Pinned  bool
	Created time.Time
	Changed time.Time
	Writing bool
}

// Hit is a chat that matches a search.
type Hit struct {
	Summary
	Message ID       // the message that matches; 0 when the title does
	Excerpt string   // around the match
	Marks   [][2]int // half-open byte ranges of Excerpt that match
}

// Settings are a chat's own. Nil pointers leave the choice to the model file or to Croft.
type Settings struct {
	Model         string // library id; "" is the default model
	System        string
	Thinking      *bool // for models that can think
	Temperature   *float64
	TopP          *float64
	MinP          *float64
	TopK          *int
	RepeatPenalty *float64
	ReplyMax      *int // tokens
	Seed          *uint64
}

// Stats tell how a reply came about.
type Stats struct {
	Device          string // "This laptop"
	Model           string // name
	ModelHash       string
	PromptTokens    int
	ReusedTokens    int // of the prompt, those that had been read before
	ReplyTokens     int
	FirstToken      time.Duration // from sending to the first token
	Total           time.Duration
	TokensPerSecond float64
	Reason          string // "stop", "length", "context", "cancelled", "error"
}

// Message is one turn as it stands on the chosen branch.
type Message struct {
	ID       ID
	Role     Role
	Text     string // without the thinking
	Thinking string
	Thought  time.Duration
	State    State
	Branch   int // 1-based among its siblings
	Branches int
	Created  time.Time
	Stats    *Stats // replies only
	Error    error  // Failed only; explain with health.Of
}

// Transcript is a whole chat on its chosen branch.
type Transcript struct {
	Summary
	Settings    Settings
	Messages    []Message
	ContextUsed int // tokens, after the last reply
	ContextMax  int // 0 while unknown
	CanThink    bool
}

// Update tells a watcher what changed. Reply is the reply that is being written, as a whole snapshot.
type Update struct {
	Chat        ID
	Reply       *Message // nil: reload the transcript (a branch, a rename, an edit)
	ContextUsed int
	ContextMax  int
}

// Service is the use case.
type Service struct{}

// List returns all chats: pinned first, then the newest change first.
func (s *Service) List(ctx context.Context) ([]Summary, error) { return nil, errUnwritten }

// Search finds chats by title and text.
func (s *Service) Search(ctx context.Context, query string) ([]Hit, error) { return nil, errUnwritten }

// Create makes an empty chat.
func (s *Service) Create(ctx context.Context, set Settings) (ID, error) { return 0, errUnwritten }

// Rename sets the title; "" goes back to the one Croft made from the first message.
func (s *Service) Rename(ctx context.Context, id ID, title string) error { return errUnwritten }

// SetPinned pins or unpins.
func (s *Service) SetPinned(ctx context.Context, id ID, pinned bool) error { return errUnwritten }

// SetSettings replaces the chat's settings; they count from the next reply on.
func (s *Service) SetSettings(ctx context.Context, id ID, set Settings) error { return errUnwritten }

// Delete hides a chat at once and erases it for good at the next start, or a minute later; Restore undoes it until then.
func (s *Service) Delete(ctx context.Context, id ID) error { return errUnwritten }

// Restore undoes Delete.
func (s *Service) Restore(ctx context.Context, id ID) error { return errUnwritten }

// Load returns a chat on its chosen branch.
func (s *Service) Load(ctx context.Context, id ID) (Transcript, error) {
	return Transcript{}, errUnwritten
}

// Send saves the person's message, returns, and writes the reply in the background; watch it with Watch.
func (s *Service) Send(ctx context.Context, id ID, text string) error { return errUnwritten }

// Regenerate writes another reply beside the given one.
func (s *Service) Regenerate(ctx context.Context, id, reply ID) error { return errUnwritten }

// Edit writes the person's message anew beside the given one, and a reply to it.
func (s *Service) Edit(ctx context.Context, id, message ID, text string) error { return errUnwritten }

// Choose makes the sibling of message that lies delta branches away the shown one.
func (s *Service) Choose(ctx context.Context, id, message ID, delta int) error { return errUnwritten }

// Stop ends the reply that is being written; what was written stays.
func (s *Service) Stop(id ID) {}

// Watch calls f for each change of any chat until cancel is called: at most every 33 ms for a growing reply,
// from one goroutine, never concurrently.
func (s *Service) Watch(f func(Update)) (cancel func()) { return func() {} }

// Export returns the chosen branch as Markdown.
func (s *Service) Export(ctx context.Context, id ID) (string, error) { return "", errUnwritten }
