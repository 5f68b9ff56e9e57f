package chat

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	titleMax    = 200 // bytes, of a title a person gives
	titleLength = 48  // bytes, of one made from a message, about
)

// titleOf makes a title of the first words of a message.
func titleOf(text string) string {
	for line := range strings.Lines(text) {
		line = strings.TrimLeftFunc(line, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("#>*-`", r) })
		if line = oneLine(line, titleMax); line != "" {
			return shorten(line, titleLength)
		}
	}
	return shorten(oneLine(text, titleLength), titleLength)
}

// shorten ends after a whole word, or after a whole character where there are no words.
func shorten(line string, n int) string {
	if len(line) <= n {
		return line
	}
	cut := oneLine(line, n)
	if space := strings.LastIndexByte(cut, ' '); space > n/2 {
		cut = cut[:space]
	}
	return strings.TrimRightFunc(cut, unicode.IsPunct) + "…"
}

// oneLine joins the words of s by single spaces, up to n bytes and a whole character.
func oneLine(s string, n int) string {
	words := strings.FieldsFunc(strings.ToValidUTF8(s, "\uFFFD"), func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) })
	s = strings.Join(words, " ")
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
