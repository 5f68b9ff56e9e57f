// Package chat is a conversation: store, prompt, stream, stop, regenerate, edit, branch.
//
// The person's message is on the disk before anything else happens. A reply is saved as it grows,
// about every 500 ms and when it ends, so that a crash costs half a second of it and no more.
package chat

import "time"

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
	Waiting     State = "waiting" // Message.Progress says for what
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
	Model         string   `json:"-"`                // library id; "" is the default model
	Device        string   `json:"device,omitempty"` // where replies run: "" the soonest, Here, or the id of a device
	System        string   `json:"system,omitempty"`
	Thinking      *bool    `json:"thinking,omitempty"` // for models that can think
	Temperature   *float64 `json:"temperature,omitempty"`
	TopP          *float64 `json:"top_p,omitempty"`
	MinP          *float64 `json:"min_p,omitempty"`
	TopK          *int     `json:"top_k,omitempty"`
	RepeatPenalty *float64 `json:"repeat_penalty,omitempty"`
	ReplyMax      *int     `json:"reply_max,omitempty"` // tokens
	Seed          *uint64  `json:"seed,omitempty"`
}

// Stats tell how a reply came about.
type Stats struct {
	Device          string   // "This laptop"
	Why             string   // why there, a sentence; "" where there was nothing to choose
	Moved           []string // devices that began it and were left
	Model           string   // name
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
	Progress Progress // Waiting only
	Branch   int      // 1-based among its siblings
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
}

// Update tells a watcher what changed. Reply is the reply that is being written, as a whole snapshot.
type Update struct {
	Chat        ID
	Reply       *Message // nil: reload the transcript (a branch, a rename, an edit)
	ContextUsed int
	ContextMax  int
}
