package settings

import (
	"runtime"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/language"
)

const (
	textScaleMin    = 0.8
	textScaleMax    = 1.6
	contextMin      = 256
	contextMax      = 1 << 20
	systemPromptMax = 64 << 10 // bytes
)

// clamp brings every value into its range.
func (v *Values) clamp() {
	if v.Theme != Light && v.Theme != Dark {
		v.Theme = System
	}
	switch {
	case v.TextScale > 0:
		v.TextScale = min(max(v.TextScale, textScaleMin), textScaleMax)
	default: // unset, below zero, or not a number
		v.TextScale = 1
	}
	v.Language = strings.TrimSpace(v.Language)
	if _, err := language.Parse(v.Language); err != nil {
		v.Language = ""
	}
	v.Threads = min(max(v.Threads, 0), runtime.NumCPU())
	if v.ContextMax > 0 {
		v.ContextMax = min(max(v.ContextMax, contextMin), contextMax)
	} else {
		v.ContextMax = 0
	}
	v.SystemPrompt = cut(strings.ToValidUTF8(v.SystemPrompt, "\uFFFD"), systemPromptMax)
}

// cut returns the longest beginning of s that has at most n bytes and ends with a whole character.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
