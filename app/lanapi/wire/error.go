package wire

import "croft/engine"

// Code says what kind of failure an Error is.
type Code string

const (
	BadRequest   Code = "bad_request"             // it cannot be understood
	TooLong      Code = "context_length_exceeded" // the prompt leaves no room for a reply; Tokens and Max say by how much
	NoRight      Code = "no_right"                // the device may not do this
	UnknownModel Code = "model_not_found"
	Unusable     Code = "model_unusable" // the model is there and cannot run, or not do this; another may
	TooLarge     Code = "too_large"      // the body
	Busy         Code = "busy"           // too many wait already; try later
	Closing      Code = "closing"        // the device stops answering
	Failed       Code = "failed"         // anything else
)

// Error is why there is no reply, or no more of it.
type Error struct {
	Code    Code   `json:"code"`
	Message string `json:"message"`
	Tokens  int    `json:"tokens,omitempty"`
	Max     int    `json:"max,omitempty"`
}

// ErrorBody is the body of an answer other than 200.
type ErrorBody struct {
	Error *Error `json:"error"`
}

func (e *Error) Error() string { return e.Message }

// Unwrap returns the engine's own error where the failure is one that callers of the engine tell apart.
func (e *Error) Unwrap() error {
	switch e.Code {
	case TooLong:
		return &engine.PromptTooLongError{Tokens: e.Tokens, Max: e.Max}
	case Closing:
		return engine.ErrClosed
	}
	return nil
}
