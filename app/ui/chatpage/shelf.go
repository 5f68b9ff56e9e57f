package chatpage

import (
	"context"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"

	"croft/app/chat"
	"croft/app/ui/box"
	"croft/app/ui/control"
	"croft/app/ui/look"
	"croft/app/ui/prose"
	"croft/app/ui/virtual"
)

// shelf is the list of chats with its search.
type shelf struct {
	page    *Page
	view    fyne.CanvasObject
	search  *control.Field
	rows    *virtual.List
	nothing *fyne.Container
	all     []chat.Summary
	entries []entry
	query   string
	turn    int
}

func newShelf(p *Page) *shelf {
	s := &shelf{page: p, search: control.NewSearch(lang.L("Search chats")), nothing: container.NewStack()}
	s.rows = virtual.NewList(s)
	s.rows.Pad = box.Insets{Top: 2, Right: 12, Bottom: 16, Left: 12}
	s.rows.Gap = 2
	s.search.OnChanged = s.typed
	s.search.OnKey = s.key
	title := control.NewBold(lang.L("Chats"), look.TextHead)
	plus := control.NewIconButton(lang.L("New chat"), "plus", p.NewChat)
	plus.Set("plus", look.OnAccent)
	plus.Paint(look.Accent, look.None)
	head := box.NewRow(8, title, plus).Growing(title).Padded(box.Insets{Left: 6, Right: 6})
	top := box.NewColumn(10, head, control.Boxed(s.search)).Padded(box.Insets{Top: 14, Right: 12, Bottom: 8, Left: 12})
	s.view = container.NewBorder(top, nil, nil, nil, container.NewStack(s.rows, s.nothing))
	return s
}

// set takes over the list of chats.
func (s *shelf) set(list []chat.Summary) {
	s.all = list
	if s.query == "" {
		s.show(group(list, s.page.now()))
	}
}

func (s *shelf) show(entries []entry) {
	s.entries = entries
	s.rows.Renew()
	s.nothing.Objects = nil
	if len(entries) == 0 {
		s.nothing.Objects = []fyne.CanvasObject{s.empty()}
	}
	s.nothing.Refresh()
}

// empty says in one sentence why there is nothing.
func (s *shelf) empty() fyne.CanvasObject {
	text := lang.L("Your chats will stand here. They stay on this device.")
	if s.query != "" {
		text = lang.L("No chat has these words.")
	}
	note := prose.NewSentence(text, look.TextSmall, look.Soft).Centred()
	return box.NewColumn(0, note).Padded(box.Sides(40, 24))
}

func (s *shelf) newest() (chat.Summary, bool) {
	best, found := chat.Summary{}, false
	for _, c := range s.all {
		if !found || c.Changed.After(best.Changed) {
			best, found = c, true
		}
	}
	return best, found
}

func (s *shelf) focusSearch() {
	s.page.win.Canvas().Focus(s.search)
}

// pause is how long a person may type before the search begins.
const pause = 120 * time.Millisecond

func (s *shelf) typed(text string) {
	s.turn++
	turn := s.turn
	s.query = strings.TrimSpace(text)
	if s.query == "" {
		s.show(group(s.all, s.page.now()))
		return
	}
	s.page.bridge.Work(func(ctx context.Context) func() {
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil
		}
		return func() { s.find(turn) }
	})
}

// find asks for the hits, unless something else was typed meanwhile.
func (s *shelf) find(turn int) {
	query := s.query
	if turn != s.turn {
		return
	}
	s.page.bridge.Work(func(ctx context.Context) func() {
		hits, err := s.page.chats.Search(ctx, query)
		return func() {
			if turn != s.turn || s.page.failed(err) {
				return
			}
			entries := make([]entry, len(hits))
			for i := range hits {
				entries[i] = entry{chat: hits[i].Summary, hit: &hits[i]}
			}
			s.show(entries)
		}
	})
}

// key opens the first hit on Enter and leaves the search on Escape.
func (s *shelf) key(e *fyne.KeyEvent) bool {
	switch e.Name {
	case fyne.KeyEscape:
		s.search.SetText("")
		s.page.Focus()
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeyDown:
		for _, x := range s.entries {
			if x.heading == "" {
				s.open(x)
				return true
			}
		}
	default:
		return false
	}
	return true
}

func (s *shelf) open(x entry) {
	s.page.Open(x.chat.ID)
	if x.hit != nil && x.hit.Message != 0 {
		s.page.talk.find(x.hit.Message)
	}
}

// chosen marks the open chat.
func (s *shelf) chosen() {
	for _, x := range s.entries {
		if t, ok := s.rows.Made(keyOf(x)).(*control.Tile); ok {
			choose(t, s.isOpen(x))
		}
	}
}

// isOpen tells whether a line is the chat that is shown; the hits of a search are places in chats and none of them is.
func (s *shelf) isOpen(x entry) bool { return x.hit == nil && x.chat.ID == s.page.talk.id }

// Len is the number of lines.
func (s *shelf) Len() int { return len(s.entries) }

func keyOf(x entry) any {
	if x.heading != "" {
		return x.heading
	}
	if x.hit != nil {
		return [2]chat.ID{x.chat.ID, x.hit.Message}
	}
	return x.chat.ID
}

// Key names a line.
func (s *shelf) Key(i int) any { return keyOf(s.entries[i]) }

// Guess is nearly right: rows are equally high.
func (s *shelf) Guess(i int, _ float32) float32 {
	if s.entries[i].heading != "" {
		return look.Pt(34)
	}
	return look.Pt(64)
}

// Make returns a line.
func (s *shelf) Make(i int) virtual.Row {
	x := s.entries[i]
	if x.heading != "" {
		w := control.NewWords(x.heading, look.TextSmall, look.Soft)
		return box.NewColumn(0, w).Padded(box.Insets{Top: 12, Right: 8, Bottom: 4, Left: 8})
	}
	return newShelfRow(s, x)
}
