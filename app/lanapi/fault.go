package lanapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"croft/app/lanapi/wire"
	"croft/engine"
	"croft/engine/template"
)

// Codes of faults. Those of package wire are the same in both forms.
const (
	badRequest   = wire.BadRequest
	tooLong      = wire.TooLong
	noRight      = wire.NoRight
	unknownModel = wire.UnknownModel
	unusable     = wire.Unusable
	tooLarge     = wire.TooLarge
	busy         = wire.Busy
	closing      = wire.Closing
	failed       = wire.Failed
	unknownRoute = wire.Code("unknown_url")
	wrongKey     = wire.Code("invalid_api_key")
	unsupported  = wire.Code("unsupported_parameter")
)

// fault is why a request is not answered.
type fault struct {
	status  int
	code    wire.Code
	message string
	param   string // which is at fault, ""
	tokens  int    // of a prompt that is too long
	max     int
}

func (f *fault) Error() string { return f.message }

// invalid is the fault of a parameter.
func invalid(param, format string, values ...any) *fault {
	return &fault{status: http.StatusBadRequest, code: badRequest, param: param, message: fmt.Sprintf(format, values...)}
}

// cannot is the fault of a parameter that OpenAI has and Croft does not.
func cannot(param, format string, values ...any) *fault {
	f := invalid(param, format, values...)
	f.code = unsupported
	return f
}

// faultOf finds out what went wrong.
func faultOf(err error) *fault {
	var f *fault
	var long *engine.PromptTooLongError
	var refused *template.RaiseError
	switch {
	case errors.As(err, &f):
		return f
	case errors.As(err, &long):
		f = invalid("", "The prompt has %d tokens, but a conversation with this model may have %d here. Shorten it.", long.Tokens, long.Max)
		f.code, f.tokens, f.max = tooLong, long.Tokens, long.Max
		return f
	case errors.As(err, &refused):
		return invalid("messages", "The model does not take such a conversation: %s", refused.Message)
	case errors.Is(err, engine.ErrFormat):
		return &fault{status: http.StatusBadRequest, code: unusable, param: "response_format", message: "The model cannot write this form: " + err.Error()}
	case errors.Is(err, engine.ErrPurpose):
		return &fault{status: http.StatusBadRequest, code: unusable, param: "model", message: "This model is for embeddings, not for chat. Choose another one."}
	case errors.Is(err, ErrNotFound):
		return &fault{status: http.StatusNotFound, code: unknownModel, param: "model", message: "There is no such model here. GET /v1/models lists those that are."}
	case errors.Is(err, ErrUnusable), errors.Is(err, engine.ErrMemory):
		return &fault{status: http.StatusServiceUnavailable, code: unusable, param: "model", message: "The model cannot be used here at the moment: " + err.Error()}
	case errors.Is(err, engine.ErrClosed):
		return &fault{status: http.StatusServiceUnavailable, code: closing, message: "Croft is closing here. Ask another device, or later."}
	}
	return &fault{status: http.StatusInternalServerError, code: failed, message: "The reply failed: " + err.Error()}
}

// openAIError is OpenAI's form of an error.
type openAIError struct {
	Message string  `json:"message"`
	Type    string  `json:"type"`
	Param   *string `json:"param"`
	Code    string  `json:"code"`
}

type openAIErrorBody struct {
	Error openAIError `json:"error"`
}

func (f *fault) openAI() openAIErrorBody {
	e := openAIError{Message: f.message, Type: "invalid_request_error", Code: string(f.code)}
	switch {
	case f.code == noRight && f.status == http.StatusForbidden:
		e.Type = "permission_error"
	case f.code == noRight, f.code == wrongKey:
		e.Type = "authentication_error"
	case f.status >= http.StatusInternalServerError:
		e.Type = "server_error"
	}
	if f.param != "" {
		e.Param = &f.param
	}
	return openAIErrorBody{e}
}

func (f *fault) wire() *wire.Error {
	return &wire.Error{Code: f.code, Message: f.message, Tokens: f.tokens, Max: f.max}
}

func writeOpenAIError(w http.ResponseWriter, f *fault) { writeFault(w, f, f.openAI()) }

func writeWireError(w http.ResponseWriter, f *fault) {
	writeFault(w, f, wire.ErrorBody{Error: f.wire()})
}

func writeFault(w http.ResponseWriter, f *fault, body any) {
	if f.status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	if f.code == busy {
		w.Header().Set("Retry-After", "5")
	}
	_ = writeJSON(w, f.status, body) // who cannot be told is gone
}

func writeJSON(w http.ResponseWriter, status int, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, err = w.Write(append(b, '\n'))
	return begun(err)
}

// begunError is an error after the answer has begun.
type begunError struct{ err error }

func (e *begunError) Error() string { return e.err.Error() }
func (e *begunError) Unwrap() error { return e.err }

func begun(err error) error {
	if err == nil {
		return nil
	}
	return &begunError{err}
}

func isBegun(err error) bool {
	var b *begunError
	return errors.As(err, &b)
}
