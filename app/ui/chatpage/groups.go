package chatpage

import (
	"time"

	"fyne.io/fyne/v2/lang"

	"croft/app/chat"
)

// entry is a line of the list: a heading, a chat, or a hit of a search.
type entry struct {
	heading string
	chat    chat.Summary
	hit     *chat.Hit
}

// group puts headings between chats that are already in order: pinned first, then the newest.
func group(list []chat.Summary, now time.Time) []entry {
	var entries []entry
	last := ""
	for _, c := range list {
		h := heading(c, now)
		if h != last {
			entries = append(entries, entry{heading: h})
			last = h
		}
		entries = append(entries, entry{chat: c})
	}
	return entries
}

func heading(c chat.Summary, now time.Time) string {
	if c.Pinned {
		return lang.L("Pinned")
	}
	today := startOfDay(now)
	switch changed := c.Changed.In(now.Location()); {
	case !changed.Before(today):
		return lang.L("Today")
	case !changed.Before(today.AddDate(0, 0, -1)):
		return lang.L("Yesterday")
	case !changed.Before(today.AddDate(0, 0, -7)):
		return lang.L("Last week")
	}
	return lang.L("Older")
}

func startOfDay(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, t.Location())
}
