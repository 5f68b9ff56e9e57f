package template

import (
	"errors"
	"fmt"
)

// ErrLimit is wrapped by the error of a template that asks for more than it may have: steps, output, memory or nesting.
var ErrLimit = errors.New("the chat template is too demanding")

// Error is a fault of a template, found while reading it or while rendering.
type Error struct {
	Line int // of the template, from 1
	Err  error
}

func (e *Error) Error() string { return fmt.Sprintf("chat template, line %d: %v", e.Line, e.Err) }

// Unwrap returns what went wrong at the line.
func (e *Error) Unwrap() error { return e.Err }

// RaiseError is a refusal by the template itself, through raise_exception: the model does not take such a conversation.
type RaiseError struct {
	Line    int
	Message string // the template's own words
}

func (e *RaiseError) Error() string { return e.Message }

// thrown carries an error from deep in the parser or the interpreter to Parse or Render, which are the only places that recover it.
type thrown struct{ err error }

// catch turns a thrown error into a returned one. Any other panic is our own mistake and goes on.
func catch(err *error) {
	switch r := recover().(type) {
	case nil:
	case thrown:
		*err = r.err
	default:
		panic(r)
	}
}

func throw(line int, err error) { panic(thrown{&Error{line, err}}) }
