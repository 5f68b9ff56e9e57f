// Package health turns errors into what a person can act on.
package health

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

// Of explains an error of any part of Croft.
func Of(err error) Problem { return Problem{Title: "Something went wrong", Sentence: err.Error()} }

// Line is the problem in one line, for a terminal.
func (p Problem) Line() string { return p.Sentence + " " + p.Next }
