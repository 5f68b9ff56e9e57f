package chat

import (
	"encoding/json"
	"errors"

	"croft/app/health"
)

// What callers branch on. Each explains itself to health.Of.
var (
	ErrTooLong error = &refusal{"the chat is longer than the model can read", health.Problem{
		Title: "This chat is too long", Sentence: "The chat is longer than what the model can read at once.",
		Next:     "Start a new chat, shorten your message, or allow a longer context in the settings.",
		Severity: health.Warning,
	}}
	ErrWriting error = &refusal{"a reply is being written", health.Problem{
		Title: "Still writing", Sentence: "A reply is being written in this chat.",
		Next: "Wait for it, or stop it first.", Severity: health.Note,
	}}
	ErrEmpty error = &refusal{"the message is empty", health.Problem{
		Title: "Nothing to send", Sentence: "The message is empty.", Next: "Write something first.", Severity: health.Note,
	}}
	ErrWhole error = &refusal{"there is nothing to carry on", health.Problem{
		Title: "Nothing to continue", Sentence: "Only the last reply can be continued, when it was cut off after it had begun.",
		Next: "Ask for another reply instead.", Severity: health.Note,
	}}
	ErrClosed error = &refusal{"Croft is closing", health.Problem{
		Title: "Closing", Sentence: "Croft is closing.", Next: "Open it again to go on.", Severity: health.Note,
	}}
)

// errNoEnd is a broken promise of a Model.
var errNoEnd = errors.New("chat: the reply ended without an account")

// refusal is an error with words for the person who meets it.
type refusal struct {
	text    string
	problem health.Problem
}

func (r *refusal) Error() string           { return r.text }
func (r *refusal) Problem() health.Problem { return r.problem }

// encodeProblem keeps the words that explain an error, for as long as its message is kept.
func encodeProblem(err error) string {
	encoded, failed := json.Marshal(health.Of(err))
	if failed != nil {
		panic(failed) // strings and a number always have a JSON form
	}
	return string(encoded)
}

// decodeProblem returns an error that health.Of explains as it did the one that was encoded.
func decodeProblem(encoded string) error {
	var p health.Problem
	err := json.Unmarshal([]byte(encoded), &p)
	if err != nil || p.Sentence == "" {
		p = health.Problem{Title: "No reply", Sentence: "The reply failed.", Next: "Ask for it again.", Severity: health.Warning}
	}
	return &refusal{p.Sentence, p}
}
