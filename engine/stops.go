package engine

import "strings"

// stops holds back text that may be the beginning of a stop string.
type stops struct {
	strings []string
	held    string
	ended   bool
}

// next takes the next text and returns what can be shown, and whether a stop string came.
func (s *stops) next(text string) (shown string, ended bool) {
	if len(s.strings) == 0 || s.ended {
		return text, s.ended
	}
	text = s.held + text
	if at := s.first(text); at >= 0 {
		s.held, s.ended = "", true
		return text[:at], true
	}
	keep := s.beginning(text)
	s.held = text[len(text)-keep:]
	return text[:len(text)-keep], false
}

// first is where the earliest stop string begins, or -1.
func (s *stops) first(text string) int {
	at := -1
	for _, stop := range s.strings {
		if i := strings.Index(text, stop); stop != "" && i >= 0 && (at < 0 || i < at) {
			at = i
		}
	}
	return at
}

// beginning is the length of the longest end of text that begins a stop string.
func (s *stops) beginning(text string) int {
	longest := 0
	for _, stop := range s.strings {
		for n := min(len(stop)-1, len(text)); n > longest; n-- {
			if strings.HasSuffix(text, stop[:n]) {
				longest = n
			}
		}
	}
	return longest
}

// rest returns what is still held back, with the last text, once the reply has ended.
func (s *stops) rest(text string) string {
	if s.ended {
		return ""
	}
	shown, _ := s.next(text)
	defer func() { s.held = "" }()
	return shown + s.held
}
