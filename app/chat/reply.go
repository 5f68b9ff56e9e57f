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

	mu      sync.Mutex
	message storage.Message // all but the text, which is in split
	split   *splitter
	pieces  int
	first   time.Time // when the first piece came
	last    time.Time
}

// id is the message's.
func (r *reply) id() ID {
	r.mu.Lock()
	defer r.mu.Unlock()
	return ID(r.message.ID)
}

// begin notes which model writes, and how it begins.
func (r *reply) begin(f Facts, opened, guess bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.message.Model, r.message.ModelHash, r.message.ContextMax = f.Name, f.ID, f.ContextMax
	r.split = newSplitter(opened, guess, time.Now())
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
	return Update{Chat: ID(m.Chat), Reply: &shown, ContextUsed: m.ContextUsed, ContextMax: m.ContextMax}
}

// message is a message as callers see it.
func message(m storage.Message) Message {
	shown := Message{
		ID: ID(m.ID), Role: Role(m.Role), Text: m.Text, Thinking: m.Thinking, Thought: m.Thought,
		State: State(m.State), Branch: m.Branch, Branches: m.Branches, Created: m.Created,
	}
	if shown.Role == Assistant {
		shown.Stats = &Stats{
			Device: m.Device, Model: m.Model, ModelHash: m.ModelHash,
			PromptTokens: m.PromptTokens, ReusedTokens: m.ReusedTokens, ReplyTokens: m.ReplyTokens,
			FirstToken: m.FirstToken, Total: m.Total, TokensPerSecond: m.TokensPerSecond, Reason: m.Reason,
		}
	}
	if shown.State == Failed {
		shown.Error = decodeProblem(m.Problem)
	}
	return shown
}
