package chat

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"croft/app/health"
	"croft/engine"
	"croft/engine/sample"
	"croft/storage"
)

func TestReplyIsWrittenAndKept(t *testing.T) {
	model := saying("<think>", "hm", "</think>", "Good ", "morning")
	b := open(t, t.TempDir(), model)
	id := b.create(t)
	b.send(t, id, "Hello there, how are you?\nSecond line")
	got := b.settled(t, id)
	if len(got.Messages) != 2 {
		t.Fatalf("%d messages, want 2", len(got.Messages))
	}
	if got.Title != "Hello there, how are you?" {
		t.Errorf("title %q", got.Title)
	}
	m := last(got)
	if m.Role != Assistant || m.State != Complete || m.Text != "Good morning" || m.Thinking != "hm" {
		t.Errorf("reply %+v", m)
	}
	want := Stats{
		Device: "This laptop", Model: "Scripted", ModelHash: model.facts.ID, PromptTokens: 12, ReusedTokens: 5, ReplyTokens: 5,
		FirstToken: m.Stats.FirstToken, Total: m.Stats.Total, TokensPerSecond: 42, Reason: "stop",
	}
	if !reflect.DeepEqual(*m.Stats, want) || m.Stats.FirstToken <= 0 || m.Stats.Total < m.Stats.FirstToken {
		t.Errorf("stats %+v", *m.Stats)
	}
	if got.ContextUsed != 17 || got.ContextMax != 4096 || got.Writing {
		t.Errorf("context %d of %d, writing %v", got.ContextUsed, got.ContextMax, got.Writing)
	}
	if model.held != 0 {
		t.Error("the model was not released")
	}
}

func TestConversationLeavesThinkingOut(t *testing.T) {
	model := saying("<think>secret</think>", "First answer")
	b := open(t, t.TempDir(), model)
	id, err := b.Create(t.Context(), Settings{System: "Be kind."})
	if err != nil {
		t.Fatal(err)
	}
	b.send(t, id, "one")
	b.settled(t, id)
	b.send(t, id, "two")
	b.settled(t, id)
	want := []turnJSON{{"system", "Be kind."}, {"user", "one"}, {"assistant", "First answer"}, {"user", "two"}}
	if got := model.asked(t); !slices.Equal(got, want) {
		t.Errorf("asked %v, want %v", got, want)
	}
}

func TestAdviceOfTheModelIsFollowedWhereNothingWasChosen(t *testing.T) {
	model := saying("ok")
	cold, few := 0.0, 3
	model.facts.Advice = sample.Advice{Temperature: &cold, TopK: &few}
	b := open(t, t.TempDir(), model)
	id := b.create(t)
	chosen := 5
	if err := b.SetSettings(t.Context(), id, Settings{TopK: &chosen}); err != nil {
		t.Fatal(err)
	}
	b.send(t, id, "one")
	b.settled(t, id)
	if s := model.requests[0].Sampling; s.Temperature != 0 || s.TopK != 5 || s.TopP != topP {
		t.Errorf("sampling %+v: the advice was a temperature of 0, and 5 candidates were chosen", s)
	}
}

func TestSettingsReachTheModel(t *testing.T) {
	model := saying("ok")
	b := open(t, t.TempDir(), model)
	no, warm, far, many, seed := false, 1.5, 7.0, 9, uint64(11)
	id := b.create(t)
	err := b.SetSettings(t.Context(), id, Settings{Thinking: &no, Temperature: &warm, TopP: &far, ReplyMax: &many, Seed: &seed})
	if err != nil {
		t.Fatal(err)
	}
	b.send(t, id, "one")
	tr := b.settled(t, id)
	r := model.requests[0]
	if r.Sampling.Temperature != 1.5 || r.Sampling.TopP != 1 || r.Sampling.TopK != topK || r.ReplyMax != 9 || r.Sampling.Seed != 11 {
		t.Errorf("request %+v", r)
	}
	if got := string(r.Conversation.Kwargs); got != `{"add_generation_prompt":true,"enable_thinking":false,"thinking":false}` {
		t.Errorf("variables %s", got)
	}
	if *tr.Settings.TopP != 1 || *tr.Settings.Seed != 11 || tr.Settings.MinP != nil {
		t.Errorf("settings %+v", tr.Settings)
	}
}

func TestBranches(t *testing.T) {
	model := saying("A")
	b := open(t, t.TempDir(), model)
	id := b.create(t)
	b.send(t, id, "question")
	first := last(b.settled(t, id))
	model.pieces = []string{"B"}
	if err := b.Regenerate(t.Context(), id, first.ID); err != nil {
		t.Fatal(err)
	}
	second := last(b.settled(t, id))
	if second.Text != "B" || second.Branch != 2 || second.Branches != 2 {
		t.Errorf("after regenerate %+v", second)
	}
	if err := b.Choose(t.Context(), id, second.ID, -1); err != nil {
		t.Fatal(err)
	}
	if m := last(b.load(t, id)); m.Text != "A" || m.Branch != 1 || m.Branches != 2 {
		t.Errorf("after going back %+v", m)
	}
	if err := b.Choose(t.Context(), id, first.ID, -1); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("before the first: %v, want ErrNotFound", err)
	}
	model.pieces = []string{"C"}
	question := b.load(t, id).Messages[0]
	if err := b.Edit(t.Context(), id, question.ID, "better question"); err != nil {
		t.Fatal(err)
	}
	tr := b.settled(t, id)
	if tr.Messages[0].Text != "better question" || tr.Messages[0].Branch != 2 || last(tr).Text != "C" || last(tr).Branches != 1 {
		t.Errorf("after edit %+v", tr.Messages)
	}
	if err := b.Choose(t.Context(), id, second.ID, 0); err != nil {
		t.Fatal(err)
	}
	if tr = b.load(t, id); tr.Messages[0].Text != "question" || last(tr).Text != "B" {
		t.Errorf("a hit on a hidden branch shows %+v", tr.Messages)
	}
}

func TestStopKeepsWhatWasWritten(t *testing.T) {
	model := saying("Hello", " never")
	model.gate = make(chan struct{})
	b := open(t, t.TempDir(), model)
	id := b.create(t)
	b.send(t, id, "hi")
	model.gate <- struct{}{}
	b.until(t, "Hello is there", func() bool { return last(b.load(t, id)).Text == "Hello" })
	if err := b.Send(t.Context(), id, "too early"); !errors.Is(err, ErrWriting) {
		t.Errorf("a second message: %v, want ErrWriting", err)
	}
	b.Stop(id)
	m := last(b.settled(t, id))
	if m.State != Stopped || m.Text != "Hello" || m.Stats.Reason != "cancelled" || m.Stats.ReplyTokens != 1 {
		t.Errorf("stopped reply %+v %+v", m, m.Stats)
	}
}

func TestFailureIsKeptInWords(t *testing.T) {
	dir := t.TempDir()
	model := saying("Half")
	model.err = errors.New("the model burnt down")
	b := open(t, dir, model)
	id := b.create(t)
	b.send(t, id, "my words")
	before := last(b.settled(t, id))
	b.close()
	b = open(t, dir, saying("fine"))
	tr := b.load(t, id)
	m := last(tr)
	if m.State != Failed || m.Text != "Half" || tr.Messages[0].Text != "my words" {
		t.Errorf("after a restart %+v", tr.Messages)
	}
	if got, want := health.Of(m.Error), health.Of(before.Error); got != want || !strings.Contains(got.Sentence, "burnt down") {
		t.Errorf("explained as %+v, before the restart %+v", got, want)
	}
	b.send(t, id, "again")
	b.settled(t, id)
	want := []turnJSON{{"user", "my words"}, {"assistant", "Half"}, {"user", "again"}}
	if got := b.model.asked(t); !slices.Equal(got, want) {
		t.Errorf("asked %v, want %v", got, want)
	}
}

func TestEmptyRepliesAreLeftOut(t *testing.T) {
	model := saying()
	model.useErr = errors.New("no model")
	b := open(t, t.TempDir(), model)
	id := b.create(t)
	b.send(t, id, "one")
	if m := last(b.settled(t, id)); m.State != Failed || m.Text != "" {
		t.Fatalf("reply %+v", m)
	}
	model.useErr = nil
	b.send(t, id, "two")
	b.settled(t, id)
	if got, want := model.asked(t), []turnJSON{{"user", "one\n\ntwo"}}; !slices.Equal(got, want) {
		t.Errorf("asked %v, want %v", got, want)
	}
}

func TestFullContext(t *testing.T) {
	model := saying("as far as it fits")
	model.result.Reason = engine.Context
	b := open(t, t.TempDir(), model)
	id := b.create(t)
	b.send(t, id, "long")
	if m := last(b.settled(t, id)); m.State != Complete || m.Stats.Reason != "context" || m.Text != "as far as it fits" {
		t.Errorf("full while writing: %+v", m)
	}
	model.pieces, model.result.ReplyTokens = nil, 0
	b.send(t, id, "longer")
	checkTooLong(t, last(b.settled(t, id)))
	model.err = fmt.Errorf("read: %w", &engine.PromptTooLongError{Tokens: 9, Max: 8})
	b.send(t, id, "longest")
	checkTooLong(t, last(b.settled(t, id)))
}

func checkTooLong(t *testing.T, m Message) {
	t.Helper()
	if m.State != Failed || health.Of(m.Error) != health.Of(ErrTooLong) {
		t.Errorf("full before writing: %+v", m)
	}
}

// loop is what the templates of the tests have in common.
const loop = `{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}`

func TestTemplateOpensThinking(t *testing.T) {
	model := saying("hm", "</think>Hello")
	model.facts.Template = loop + "assistant: <think>\n"
	b := open(t, t.TempDir(), model)
	id := b.create(t)
	b.send(t, id, "hi")
	if m := last(b.settled(t, id)); m.Text != "Hello" || m.Thinking != "hm" {
		t.Errorf("thinking %q, text %q", m.Thinking, m.Text)
	}
}

func TestSystemPromptReachesEveryTemplate(t *testing.T) {
	for source, want := range map[string][]turnJSON{
		loop: {{"system", "Be kind."}, {"user", "hi"}},
		"{% for m in messages if m.role != 'system' %}{{ m.content }}{% endfor %}":                              {{"user", "Be kind.\n\nhi"}},
		"{% if messages[0].role == 'system' %}{{ raise_exception('no system role') }}{% endif %}{{ messages }}": {{"user", "Be kind.\n\nhi"}},
		"": {{"system", "Be kind."}, {"user", "hi"}},
	} {
		model := saying("ok")
		model.facts.Template = source
		b := open(t, t.TempDir(), model)
		id, err := b.Create(t.Context(), Settings{System: "Be kind."})
		if err != nil {
			t.Fatal(err)
		}
		b.send(t, id, "hi")
		b.settled(t, id)
		if got := model.asked(t); !slices.Equal(got, want) {
			t.Errorf("%q: asked %v, want %v", source, got, want)
		}
	}
}

func TestOpenedThinking(t *testing.T) {
	model := saying("hm</think>", "Hello")
	model.facts.Template = ""
	b := open(t, t.TempDir(), model)
	id := b.create(t)
	b.send(t, id, "hi")
	if m := last(b.settled(t, id)); m.Text != "hm</think>Hello" {
		t.Errorf("a tag inside a line was taken for the end of thinking: %+v", m)
	}
	model.pieces = []string{"hm\n", "</think>", "Hello"}
	b.send(t, id, "hi")
	if m := last(b.settled(t, id)); m.Text != "Hello" || m.Thinking != "hm" {
		t.Errorf("thinking %q, text %q", m.Thinking, m.Text)
	}
}

func TestRefusals(t *testing.T) {
	b := open(t, t.TempDir(), saying("ok"))
	id := b.create(t)
	other := b.create(t)
	b.send(t, id, "hi")
	tr := b.settled(t, id)
	cases := map[string]struct {
		err  error
		want error
	}{
		"empty message":           {b.Send(t.Context(), id, " \n"), ErrEmpty},
		"unknown chat":            {b.Send(t.Context(), 999, "hi"), storage.ErrNotFound},
		"regenerate a question":   {b.Regenerate(t.Context(), id, tr.Messages[0].ID), storage.ErrNotFound},
		"edit a reply":            {b.Edit(t.Context(), id, tr.Messages[1].ID, "x"), storage.ErrNotFound},
		"message of another chat": {b.Edit(t.Context(), other, tr.Messages[0].ID, "x"), storage.ErrNotFound},
		"choose in another chat":  {b.Choose(t.Context(), other, tr.Messages[0].ID, 0), storage.ErrNotFound},
		"rename an unknown chat":  {b.Rename(t.Context(), 999, "x"), storage.ErrNotFound},
	}
	for name, c := range cases {
		if !errors.Is(c.err, c.want) {
			t.Errorf("%s: %v, want %v", name, c.err, c.want)
		}
	}
	b.send(t, id, "the refusals took nothing from the chat")
	b.settled(t, id)
}
