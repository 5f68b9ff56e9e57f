package models

import (
	"errors"
	"strings"
	"testing"

	"croft/app/health"
	"croft/engine"
)

// A model for embeddings is kept beside those for chat, and neither does the other's work.
func TestModelsForEmbeddingsDoNotChat(t *testing.T) {
	l, o, list := withModels(t, "Chat 1B", "vectors")
	chat, vectors := list[0], list[1]
	if vectors.Problem != "" || !vectors.Embedding || vectors.CanChat() || vectors.Why != "For embeddings, not for chat." || !chat.CanChat() {
		t.Errorf("added %+v and %+v", chat, vectors)
	}
	// Not even a setting makes it the default, and it is the newest.
	for _, preferred := range []string{"", vectors.ID} {
		l.prefer = func() Preferences { return Preferences{Model: preferred} }
		if m, err := l.Resolve(t.Context(), ""); err != nil || m.ID != chat.ID {
			t.Errorf("preferring %.4q gives %q, %v", preferred, m.Name, err)
		}
	}
	_, err := l.Use(t.Context(), vectors.ID, nil)
	if p := health.Of(err); !errors.Is(err, engine.ErrPurpose) || p.Sentence != "Vectors 1M is for embeddings, not for chat." || p.Next == "" {
		t.Errorf("chatting gives %v, %+v", err, p)
	}
	_, err = l.UseForEmbeddings(t.Context(), chat.ID)
	if p := health.Of(err); !errors.Is(err, engine.ErrPurpose) || p.Sentence != "Chat 1B is for chat, not for embeddings." || p.Next == "" {
		t.Errorf("embedding gives %v, %+v", err, p)
	}
	if n := o.ever.Load(); n != 0 {
		t.Errorf("%d models were loaded for nothing", n)
	}
	r, err := l.UseForEmbeddings(t.Context(), vectors.ID)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Release()
	if !r.Loaded || !strings.HasPrefix(r.Why, vectors.Why) {
		t.Errorf("loaded is %+v", r.Model)
	}
	if err := l.Delete(t.Context(), chat.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Resolve(t.Context(), ""); !errors.Is(err, ErrNoModel) {
		t.Errorf("without a chat model, the default is %v", err)
	}
}
