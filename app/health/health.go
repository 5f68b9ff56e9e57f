// Package health turns errors into what a person can act on.
package health

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"croft/engine"
)

// Severity says how bad a problem is.
type Severity int

// From "good to know" to "nothing works".
const (
	Note Severity = iota
	Warning
	Blocking
)

// Problem is a state a person should know of: what, how bad, and what to do next.
type Problem struct {
	Title    string // three or four words
	Sentence string // one sentence: what happened
	Next     string // one sentence: what to do
	Severity Severity
}

// Line is the problem in one line, for a terminal.
func (p Problem) Line() string { return strings.TrimSpace(p.Sentence + " " + p.Next) }

// Explainer is an error that knows its own problem. Of asks the outermost one.
type Explainer interface {
	error
	Problem() Problem
}

// Of explains an error of any part of Croft. The zero Problem stands for no error.
func Of(err error) Problem {
	if err == nil {
		return Problem{}
	}
	var known Explainer
	if errors.As(err, &known) {
		return known.Problem()
	}
	var long *engine.PromptTooLongError
	if errors.As(err, &long) {
		return Problem{
			Title: "Too long", Sentence: Sentence(long.Error()), Severity: Warning,
			Next: "Shorten it, start a new chat, or allow a longer context in the settings.",
		}
	}
	for _, e := range explanations {
		if errors.Is(err, e.target) {
			return e.explain(e.target, err)
		}
	}
	return Problem{
		Title:    "Something went wrong",
		Sentence: Sentence(err.Error()),
		Next:     "Run croft doctor to look for a cause.",
		Severity: Warning,
	}
}

// Sentence makes one sentence of an error's text: a capital at its beginning, a full stop at its end.
func Sentence(text string) string {
	text = strings.TrimSpace(strings.ReplaceAll(text, "\n", " "))
	r, size := utf8.DecodeRuneInString(text)
	if size == 0 {
		return ""
	}
	if !strings.HasSuffix(text, ".") && !strings.HasSuffix(text, "?") {
		text += "."
	}
	return string(unicode.ToUpper(r)) + text[size:]
}
