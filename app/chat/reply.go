package chat

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"croft/engine"
	"croft/storage"
)

// reply is a reply that is being written. One goroutine adds to it; others take snapshots.
type reply struct {
	cancel context.CancelCauseFunc
	sent   time.Time
	hidden atomic.Bool // on a branch that is not shown

	mu       sync.Mutex
	message  storage.Message // all but the text, which is in split
	split    *splitter
	progress Progress
	where    Where
	before   *storage.Message // as it was when it was left: it is carried on
	pieces   int
	first    time.Time // when the first piece came
	last     time.Time
}

// id is the message's.
func (r *reply) id() ID {
	r.mu.Lock()
	defer r.mu.Unlock()
	return ID(r.message.ID)
}

// wait notes what there is to wait for.
func (r *reply) wait(p Progress) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.progress = p
}

// begin notes which model writes where, and how its reply begins: what is returned was written before.
func (r *reply) begin(model Model, opened, guess bool) (text string) {
	r.follow(model)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.before == nil {
		r.split = newSplitter(opened, guess, time.Now())
		return ""
	}
	r.split = resumeSplitter(*r.before, time.Now())
	return begun(*r.before, opened)
}

// follow notes where the reply is written now, and by what.
func (r *reply) follow(model Model) {
	where := model.Where()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.split != nil && where.ID == r.where.ID && len(where.Moved) == len(r.where.Moved) {
		return
	}
	f := model.Facts()
	r.where = where
	r.message.Device, r.message.Why = where.Device, encodeWhy(where)
	r.message.Model, r.message.ModelHash, r.message.ContextMax = f.Name, f.ID, f.ContextMax
}

// measured says whether the speed is that of the model on this device.
func (r *reply) measured() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.where.ID == Here && len(r.where.Moved) == 0 && r.message.State == string(Complete)
}

func (r *reply) add(p engine.Piece) {
	now := time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	if p.Result != nil {
		r.take(*p.Result)
	} else {
		r.count(now)
	}
	r.message.State = string(Writing)
	r.split.add(p.Text, now)
}

func (r *reply) count(now time.Time) {
	r.pieces++
	r.last = now
	if r.pieces == 1 {
		r.first = now
	}
	if r.pieces == 1 && r.before == nil {
		r.message.FirstToken = now.Sub(r.sent)
	}
}

// take notes the engine's account. Times are our own: they count from the sending.
func (r *reply) take(a engine.Result) {
	r.message.Reason = string(a.Reason)
	r.message.PromptTokens, r.message.ReusedTokens, r.message.ReplyTokens = a.PromptTokens, a.ReusedTokens, a.ReplyTokens
	r.message.ContextUsed = a.ContextUsed
	r.message.TokensPerSecond = a.TokensPerSecond
}

// end settles the state, given why the writing ended.
func (r *reply) end(err, cause error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.message.Total = time.Since(r.sent)
	if r.before != nil {
		r.message.Total += r.before.Total
	}
	if r.split != nil {
		r.split.end()
	}
	if err == nil {
		r.message.State = string(Complete)
		return
	}
	r.estimate()
	switch {
	case errors.Is(cause, errStopped):
		r.message.State, r.message.Reason = string(Stopped), "cancelled"
	case errors.Is(cause, errClosing):
		r.message.State, r.message.Reason = string(Interrupted), "cancelled"
	default:
		r.failLocked(err)
	}
}

// estimate fills in what the engine's account would have said: a piece is a token.
func (r *reply) estimate() {
	r.message.ReplyTokens = r.pieces
	if r.before != nil {
		r.message.ReplyTokens += r.before.ReplyTokens
	}
	if took := r.last.Sub(r.first).Seconds(); took > 0 && r.pieces > 1 {
		r.message.TokensPerSecond = float64(r.pieces-1) / took
	}
}

func (r *reply) failLocked(err error) {
	r.message.State, r.message.Reason, r.message.Problem = string(Failed), "error", encodeProblem(err)
}

func (r *reply) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failLocked(err)
}

// encodeWhy puts the devices that were left on lines of their own below the reason.
func encodeWhy(w Where) string {
	lines := []string{oneLine(w.Why, whyMax)}
	for _, name := range w.Moved {
		lines = append(lines, oneLine(name, titleMax))
	}
	return strings.Join(lines, "\n")
}

const whyMax = 400 // bytes

func decodeWhy(encoded string) (why string, moved []string) {
	why, rest, several := strings.Cut(encoded, "\n")
	if several {
		moved = strings.Split(rest, "\n")
	}
	return why, moved
}

// restore undoes fail.
func (r *reply) restore(m storage.Message) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.message.State, r.message.Reason, r.message.Problem = m.State, m.Reason, m.Problem
}

// snapshot returns the reply as it is now.
func (r *reply) snapshot() storage.Message {
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.message
	if r.split != nil {
		m.Text, m.Thinking, m.Thought = r.split.text.String(), r.split.thinking.String(), r.split.thought
	}
	if m.State != string(Waiting) && m.State != string(Writing) {
		m.Text, m.Thinking = strings.TrimSpace(m.Text), strings.TrimSpace(m.Thinking)
	}
	return m
}

// update is what watchers are told.
func (r *reply) update() Update {
	m := r.snapshot()
	if r.hidden.Load() {
		return Update{Chat: ID(m.Chat)}
	}
	shown := message(m)
	shown.Progress = r.waiting(m)
	return Update{Chat: ID(m.Chat), Reply: &shown, ContextUsed: m.ContextUsed, ContextMax: m.ContextMax}
}

// waiting is what a reply that waits is waiting for; m is its snapshot.
func (r *reply) waiting(m storage.Message) Progress {
	r.mu.Lock()
	defer r.mu.Unlock()
	if State(m.State) != Waiting {
		return Progress{}
	}
	return r.progress
}

// message is a message as callers see it.
func message(m storage.Message) Message {
	shown := Message{
		ID: ID(m.ID), Role: Role(m.Role), Text: m.Text, Thinking: m.Thinking, Thought: m.Thought,
		State: State(m.State), Branch: m.Branch, Branches: m.Branches, Created: m.Created,
	}
	if shown.Role == Assistant {
		why, moved := decodeWhy(m.Why)
		shown.Stats = &Stats{
			Device: m.Device, Why: why, Moved: moved, Model: m.Model, ModelHash: m.ModelHash,
			PromptTokens: m.PromptTokens, ReusedTokens: m.ReusedTokens, ReplyTokens: m.ReplyTokens,
			FirstToken: m.FirstToken, Total: m.Total, TokensPerSecond: m.TokensPerSecond, Reason: m.Reason,
		}
	}
	if shown.State == Failed {
		shown.Error = decodeProblem(m.Problem)
	}
	return shown
}
