package chat

import (
	"context"
	"fmt"
	"strings"
)

// timeFormat is read the same way everywhere.
const timeFormat = "2006-01-02 15:04"

// Export returns the chosen branch as Markdown: title, date, and who said what; thinking is left out.
func (s *Service) Export(ctx context.Context, id ID) (string, error) {
	t, err := s.Load(ctx, id)
	if err != nil {
		return "", err
	}
	title := t.Title
	if title == "" {
		title = "Chat"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n%s\n", title, t.Created.Format(timeFormat))
	for _, m := range t.Messages {
		fmt.Fprintf(&b, "\n## %s\n\n", heading(m))
		if m.Text != "" {
			fmt.Fprintf(&b, "%s\n", m.Text)
		}
		if note := ending(m); note != "" {
			fmt.Fprintf(&b, "\n*%s*\n", note)
		}
	}
	return b.String(), nil
}

func heading(m Message) string {
	switch {
	case m.Role == User:
		return "You"
	case m.Stats != nil && m.Stats.Model != "":
		return m.Stats.Model
	}
	return "Reply"
}

// ending says in what state a reply is that is not complete.
func ending(m Message) string {
	switch m.State {
	case Waiting, Writing:
		return "Still being written."
	case Stopped:
		return "Stopped."
	case Interrupted:
		return "Interrupted."
	case Failed:
		return m.Error.Error()
	}
	return ""
}
