package tokenizer

import (
	"slices"
	"strings"

	"croft/engine/gguf"
)

// marker is a token that is looked for in a text before anything else.
type marker struct {
	id    int
	text  string
	attrs attr
}

// part is a stretch of text, or a token when id is not negative.
type part struct {
	id   int
	text string
}

// findMarkers lists the tokens with a name to look for, the longest first.
func findMarkers(f *gguf.File, words *vocabulary) []marker {
	var ids []int
	for id, a := range words.attrs {
		if a&(control|userDefined|unknown) != 0 && len(words.text(id)) > 0 {
			ids = append(ids, id)
		}
	}
	setStrips(f, words, ids)
	list := make([]marker, len(ids))
	for i, id := range ids {
		list[i] = marker{id, string(words.text(id)), words.attrs[id]}
	}
	slices.SortStableFunc(list, func(a, b marker) int { return len(b.text) - len(a.text) })
	return list
}

// partition cuts a text at its special tokens: all occurrences of the longest name first, then the next.
// Tokens that users of the model defined are always found, control tokens only when asked for.
func (t *Tokenizer) partition(text string, parseSpecial bool) []part {
	if text == "" {
		return nil
	}
	parts := []part{{-1, text}}
	for _, m := range t.present(text, parseSpecial) {
		var cut []part
		for _, p := range parts {
			if p.id >= 0 {
				cut = append(cut, p)
			} else {
				cut = m.cut(cut, p.text)
			}
		}
		parts = cut
	}
	return parts
}

// present lists the markers that occur in the text at all, so that a vocabulary with hundreds of them
// costs one walk over the text and not hundreds.
func (t *Tokenizer) present(text string, parseSpecial bool) []marker {
	var byFirst [256][]int
	for i, m := range t.markers {
		if parseSpecial || m.attrs&(control|unknown) == 0 {
			byFirst[m.text[0]] = append(byFirst[m.text[0]], i)
		}
	}
	var found []int
	for at := range len(text) {
		first := text[at]
		if len(byFirst[first]) == 0 {
			continue
		}
		byFirst[first] = slices.DeleteFunc(byFirst[first], func(i int) bool {
			if !strings.HasPrefix(text[at:], t.markers[i].text) {
				return false
			}
			found = append(found, i)
			return true
		})
	}
	slices.Sort(found)
	list := make([]marker, len(found))
	for i, k := range found {
		list[i] = t.markers[k]
	}
	return list
}

// cut appends the parts of a text around each occurrence of the marker.
func (m marker) cut(parts []part, text string) []part {
	for text != "" {
		at := strings.Index(text, m.text)
		if at < 0 {
			return append(parts, part{-1, text})
		}
		before, after := text[:at], text[at+len(m.text):]
		if m.attrs&stripLeft != 0 {
			before = strings.TrimRight(before, asciiSpace)
		}
		if m.attrs&stripRight != 0 {
			after = strings.TrimLeft(after, asciiSpace)
		}
		if before != "" {
			parts = append(parts, part{-1, before})
		}
		parts = append(parts, part{m.id, ""})
		text = after
	}
	return parts
}

const asciiSpace = " \t\n\v\f\r"
