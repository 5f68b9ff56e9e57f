package storage

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"
)

func TestTreeKeepsEveryBranch(t *testing.T) {
	s := openTemp(t)
	chat := addChat(t, s, "")
	q1 := say(t, s, chat, 0, "user", "q1")
	a1 := say(t, s, chat, q1.ID, "assistant", "a1")
	a2 := say(t, s, chat, q1.ID, "assistant", "a2")
	q2 := say(t, s, chat, a2.ID, "user", "q2")
	b1 := say(t, s, chat, 0, "user", "b1")
	check := func(want ...string) {
		t.Helper()
		if got := branchTexts(t, s, chat); !slices.Equal(got, want) {
			t.Errorf("shown %q, want %q", got, want)
		}
	}
	show := func(m Message, delta int, want Message) {
		t.Helper()
		if got, err := s.Show(t.Context(), m.ID, delta); err != nil || got != want.ID {
			t.Errorf("show %q %+d: %d, %v; want %d", m.Text, delta, got, err, want.ID)
		}
	}
	check("b1")
	show(b1, -1, q1)
	check("q1", "a2", "q2")
	show(a2, -1, a1)
	check("q1", "a1")
	show(a1, 1, a2)
	check("q1", "a2", "q2")
	show(b1, 0, b1)
	show(q2, 0, q2)
	check("q1", "a2", "q2")
	for _, delta := range []int{-2, 1} {
		if _, err := s.Show(t.Context(), a2.ID, delta); !errors.Is(err, ErrNotFound) {
			t.Errorf("%+d branches away: %v, want ErrNotFound", delta, err)
		}
	}
	messages, err := s.Branch(t.Context(), chat)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range [][3]int{{1, 1, 2}, {3, 2, 2}, {4, 1, 1}} {
		if m := messages[i]; [3]int{m.Seq, m.Branch, m.Branches} != want {
			t.Errorf("%q: seq %d, branch %d of %d, want %v", m.Text, m.Seq, m.Branch, m.Branches, want)
		}
	}
}

func TestParentMustBeInTheChat(t *testing.T) {
	s := openTemp(t)
	one, two := addChat(t, s, ""), addChat(t, s, "")
	m := say(t, s, one, 0, "user", "hello")
	_, err := s.Append(t.Context(), two, m.ID, "", Message{Role: "user", State: "complete"})
	if !errors.Is(err, ErrNotFound) {
		t.Errorf("a parent in another chat: %v, want ErrNotFound", err)
	}
	if got := branchTexts(t, s, two); len(got) != 0 {
		t.Errorf("left behind %q", got)
	}
}

func TestReplyKeepsItsAccount(t *testing.T) {
	s := openTemp(t)
	chat := addChat(t, s, "")
	added, err := s.Append(t.Context(), chat, 0, "A title",
		Message{Role: "user", State: "complete", Text: "q"}, Message{Role: "assistant", State: "waiting", Reply: Reply{Device: "This laptop"}})
	if err != nil {
		t.Fatal(err)
	}
	want := added[1]
	want.State, want.Text, want.Thinking, want.Thought = "complete", "answer", "hm", 1500*time.Microsecond
	want.Reply = Reply{
		Device: "This laptop", Model: "M", ModelHash: "ff", PromptTokens: 1, ReusedTokens: 2, ReplyTokens: 3, ContextUsed: 4,
		ContextMax: 5, FirstToken: 6 * time.Microsecond, Total: 7 * time.Hour, TokensPerSecond: 8.5, Reason: "stop", Problem: "{}",
	}
	if err := s.SaveReply(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	got, err := s.Message(t.Context(), want.ID)
	if err != nil || got != want {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
	want.Text = "another end"
	if err := s.SaveReply(t.Context(), want); !errors.Is(err, ErrNotFound) {
		t.Errorf("a reply that had ended was written again: %v", err)
	}
}

func TestChatsAreListed(t *testing.T) {
	s := openTemp(t)
	var ids []int64
	for range 3 {
		ids = append(ids, addChat(t, s, ""))
		time.Sleep(2 * time.Millisecond)
	}
	if _, err := s.Append(t.Context(), ids[0], 0, "made", Message{Role: "user", State: "complete", Text: "  hello\n there "}, Message{Role: "assistant", State: "writing"}); err != nil {
		t.Fatal(err)
	}
	if err := s.PinChat(t.Context(), ids[1], true); err != nil {
		t.Fatal(err)
	}
	chats, err := s.Chats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var order []int64
	for _, c := range chats {
		order = append(order, c.ID)
	}
	if want := []int64{ids[1], ids[0], ids[2]}; !slices.Equal(order, want) {
		t.Errorf("order %v, want %v", order, want)
	}
	c := chats[1]
	if c.Title != "made" || c.Snippet != "hello there" || !c.Writing || c.Changed.Before(c.Created) || time.Since(c.Created) > time.Minute {
		t.Errorf("listed as %+v", c)
	}
	if err := s.RenameChat(t.Context(), ids[0], "mine"); err != nil {
		t.Fatal(err)
	}
	if c, err = s.Chat(t.Context(), ids[0]); err != nil || c.Title != "mine" {
		t.Errorf("renamed to %q, %v", c.Title, err)
	}
}

func TestDeepChatIsErased(t *testing.T) {
	s := openTemp(t)
	fill(t, s, 2, 200)
	if err := s.DeleteChat(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	if err := s.PurgeChats(t.Context(), time.Now().Add(-time.Minute)); err != nil {
		t.Fatal(err)
	}
	if err := s.RestoreChat(t.Context(), 1); err != nil {
		t.Errorf("a chat deleted just now was erased: %v", err)
	}
	if err := s.DeleteChat(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := s.PurgeChats(ctx, time.Now()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("interrupted: %v", err)
	}
	if err := s.PurgeChats(t.Context(), time.UnixMilli(0)); err != nil {
		t.Fatal(err)
	}
	if err := s.RestoreChat(t.Context(), 1); !errors.Is(err, ErrNotFound) {
		t.Errorf("restored after it was erased: %v", err)
	}
	left, err := scanAll(t.Context(), s.read, scanOne[int], `SELECT count(*) FROM messages`)
	if err != nil || left[0] != 200 {
		t.Errorf("%d messages left, %v; want the 200 of the other chat", left[0], err)
	}
	if rebuilt, err := s.Check(t.Context()); err != nil || len(rebuilt) > 0 {
		t.Errorf("check: rebuilt %v, %v", rebuilt, err)
	}
}
