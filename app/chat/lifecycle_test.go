package chat

import (
	"errors"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"croft/storage"
)

func TestWatchersSeeTheReplyGrow(t *testing.T) {
	model := saying(strings.Split(strings.Repeat("word ", 100), " ")...)
	model.pause = 2 * time.Millisecond
	b := open(t, t.TempDir(), model)
	id := b.create(t)
	var mu sync.Mutex
	var seen []Update
	var at []time.Time
	cancel := b.Watch(func(u Update) {
		mu.Lock()
		defer mu.Unlock()
		if u.Reply != nil {
			seen, at = append(seen, u), append(at, time.Now())
		}
	})
	defer cancel()
	b.send(t, id, "hi")
	b.until(t, "the end is told", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(seen) > 0 && seen[len(seen)-1].Reply.State == Complete
	})
	mu.Lock()
	defer mu.Unlock()
	for i := 1; i < len(seen); i++ {
		if !strings.HasPrefix(seen[i].Reply.Text, strings.TrimSpace(seen[i-1].Reply.Text)) {
			t.Errorf("update %d does not go on from the one before", i)
		}
	}
	if span := at[len(at)-1].Sub(at[0]); len(seen) < 3 || time.Duration(len(seen)) > span/joinTime+2 {
		t.Errorf("%d updates in %v", len(seen), span)
	}
	end := seen[len(seen)-1]
	if end.Chat != id || end.Reply.Text != last(b.load(t, id)).Text || end.ContextUsed == 0 || end.Reply.Branches != 1 {
		t.Errorf("the last update %+v", end)
	}
}

func TestGrowingReplyIsSaved(t *testing.T) {
	model := saying(slices.Repeat([]string{"word "}, 10_000)...)
	model.pause = time.Millisecond
	b := open(t, t.TempDir(), model)
	id := b.create(t)
	b.send(t, id, "hi")
	saved := func() string {
		branch, err := b.store.Branch(t.Context(), int64(id))
		if err != nil {
			t.Fatal(err)
		}
		return branch[1].Text
	}
	b.until(t, "the beginning is saved", func() bool { return saved() != "" })
	first := saved()
	b.until(t, "more is saved", func() bool { return len(saved()) > len(first) })
	if got := last(b.load(t, id)); got.State != Writing || !strings.HasPrefix(got.Text, saved()) {
		t.Errorf("state %s; what is saved does not begin what is shown", got.State)
	}
}

func TestHiddenReplyIsNotShown(t *testing.T) {
	model := saying("A")
	b := open(t, t.TempDir(), model)
	id := b.create(t)
	b.send(t, id, "hi")
	first := last(b.settled(t, id))
	model.gate = make(chan struct{})
	if err := b.Regenerate(t.Context(), id, first.ID); err != nil {
		t.Fatal(err)
	}
	if err := b.Choose(t.Context(), id, first.ID, 0); err != nil {
		t.Fatal(err)
	}
	var replies, reloads int
	var mu sync.Mutex
	b.Watch(func(u Update) {
		mu.Lock()
		defer mu.Unlock()
		switch {
		case u.Reply == nil:
			reloads++
		case u.Reply.ID != first.ID: // whose end may be told late
			replies++
		}
	})
	model.gate <- struct{}{}
	if tr := b.settled(t, id); len(tr.Messages) != 2 || last(tr).ID != first.ID {
		t.Errorf("shown %+v", tr.Messages)
	}
	b.until(t, "a reload is told", func() bool { mu.Lock(); defer mu.Unlock(); return reloads > 0 })
	if replies > 0 {
		t.Errorf("%d updates of a reply that is not shown", replies)
	}
}

func TestDeletedChatComesBackForAWhile(t *testing.T) {
	b := open(t, t.TempDir(), saying("ok"))
	b.undoTime = 50 * time.Millisecond
	id := b.create(t)
	b.send(t, id, "hi")
	b.settled(t, id)
	if err := b.Delete(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Load(t.Context(), id); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("a deleted chat loads: %v", err)
	}
	if err := b.Restore(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	time.Sleep(2 * b.undoTime)
	if tr := b.load(t, id); len(tr.Messages) != 2 {
		t.Errorf("restored with %d messages", len(tr.Messages))
	}
	if err := b.Delete(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	b.until(t, "the chat is erased", func() bool {
		_, err := b.store.Message(t.Context(), 1)
		return errors.Is(err, storage.ErrNotFound)
	})
	if err := b.Restore(t.Context(), id); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("restored after it was erased: %v", err)
	}
}

func TestDeletedChatIsErasedAtTheNextStart(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir, saying("ok"))
	id := b.create(t)
	b.send(t, id, "hi")
	b.settled(t, id)
	if err := b.Delete(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	b.close()
	b = open(t, dir, saying("ok"))
	b.until(t, "the chat is erased", func() bool {
		_, err := b.store.Message(t.Context(), 1)
		return errors.Is(err, storage.ErrNotFound)
	})
}

func TestCloseInterruptsAndLeavesNothingRunning(t *testing.T) {
	before := runtime.NumGoroutine()
	dir := t.TempDir()
	model := saying(slices.Repeat([]string{"Hello "}, 10_000)...)
	model.pause = time.Millisecond
	b := open(t, dir, model)
	id, other := b.create(t), b.create(t)
	b.send(t, id, "hi")
	b.send(t, other, "hi")
	b.until(t, "both are there", func() bool {
		return last(b.load(t, id)).State == Writing && last(b.load(t, other)).State == Writing
	})
	if err := b.Delete(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	b.close()
	if err := b.Send(t.Context(), id, "late"); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: %v, want ErrClosed", err)
	}
	for end := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	if n := runtime.NumGoroutine(); n > before {
		buf := make([]byte, 1<<16)
		t.Errorf("%d goroutines, %d before\n%s", n, before, buf[:runtime.Stack(buf, true)])
	}
	b = open(t, dir, saying())
	if m := last(b.load(t, id)); m.State != Interrupted || !strings.HasPrefix(m.Text, "Hello") {
		t.Errorf("after a restart %+v", m)
	}
}

func TestConcurrentUse(t *testing.T) {
	model := saying("a ", "b ", "c")
	b := open(t, t.TempDir(), model)
	b.Watch(func(u Update) {
		if u.Reply == nil {
			_, _ = b.Load(t.Context(), u.Chat)
		}
	})
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			id := b.create(t)
			for range 5 {
				if err := b.Send(t.Context(), id, "hi"); err != nil && !errors.Is(err, ErrWriting) {
					t.Error(err)
				}
				b.Stop(id)
				if _, err := b.List(t.Context()); err != nil {
					t.Error(err)
				}
				b.settled(t, id)
			}
		})
	}
	wg.Wait()
}

func TestExport(t *testing.T) {
	b := open(t, t.TempDir(), saying("<think>no</think>", "# Bread\n\nFlour and water."))
	id := b.create(t)
	b.send(t, id, "How is bread made?")
	b.settled(t, id)
	b.model.err = errors.New("no more flour")
	b.model.pieces = []string{"Half"}
	b.send(t, id, "And cake?")
	tr := b.settled(t, id)
	got, err := b.Export(t.Context(), id)
	want := "# How is bread made?\n\n" + tr.Created.Format(timeFormat) +
		"\n\n## You\n\nHow is bread made?\n\n## Scripted\n\n# Bread\n\nFlour and water.\n" +
		"\n## You\n\nAnd cake?\n\n## Scripted\n\nHalf\n\n*No more flour.*\n"
	if err != nil || got != want {
		t.Errorf("got %q, %v\nwant %q", got, err, want)
	}
}

func TestTitles(t *testing.T) {
	cases := map[string]string{
		"Hello":                     "Hello",
		"## A heading\ntext":        "A heading",
		"\n\n  - one\n":             "one",
		"***":                       "***",
		"```go\nfunc main() {}":     "go",
		strings.Repeat("word ", 30): "word word word word word word word word word…",
		strings.Repeat("東", 60):     strings.Repeat("東", 16) + "…",
		"Please write a letter, to the mayor of our town": "Please write a letter, to the mayor of our town",
		"Tabs\tand  spaces \x00\xff":                      "Tabs and spaces \uFFFD",
	}
	for text, want := range cases {
		if got := titleOf(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestSearchAndList(t *testing.T) {
	b := open(t, t.TempDir(), saying("Quinces ripen in October"))
	id := b.create(t)
	b.send(t, id, "When?")
	reply := last(b.settled(t, id))
	hits, err := b.Search(t.Context(), "octob")
	if err != nil || len(hits) != 1 || hits[0].ID != id || hits[0].Message != reply.ID {
		t.Fatalf("hits %+v, %v", hits, err)
	}
	if m := hits[0].Marks[0]; hits[0].Excerpt[m[0]:m[1]] != "Octob" {
		t.Errorf("marked %q in %q", hits[0].Excerpt[m[0]:m[1]], hits[0].Excerpt)
	}
	if err := b.Rename(t.Context(), id, " Fruit\n trees "); err != nil {
		t.Fatal(err)
	}
	if err := b.SetPinned(t.Context(), id, true); err != nil {
		t.Fatal(err)
	}
	list, err := b.List(t.Context())
	if err != nil || len(list) != 1 || list[0].Title != "Fruit trees" || !list[0].Pinned || list[0].Snippet != "Quinces ripen in October" {
		t.Errorf("list %+v, %v", list, err)
	}
	if err := b.Rename(t.Context(), id, ""); err != nil {
		t.Fatal(err)
	}
	if tr := b.load(t, id); tr.Title != "When?" || !slices.ContainsFunc(tr.Messages, func(m Message) bool { return m.ID == reply.ID }) {
		t.Errorf("transcript %+v", tr)
	}
}
