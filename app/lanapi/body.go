package lanapi

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
)

// Bounds on bodies, in bytes.
const (
	chatBytesMax       = 4 << 20
	embeddingsBytesMax = 1 << 20
)

// readJSON reads a body of at most bytesMax into v.
func readJSON(w http.ResponseWriter, r *http.Request, bytesMax int64, v any) error {
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bytesMax))
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return &fault{
			status: http.StatusRequestEntityTooLarge, code: tooLarge,
			message: "The request is larger than is read here. Shorten it.",
		}
	}
	if err != nil {
		return invalid("", "The request could not be read: %v", err)
	}
	return bodyFault(json.Unmarshal(b, v))
}

// bodyFault says which parameter is at fault.
func bodyFault(err error) error {
	var f *fault
	var wrong *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &f):
		return f
	case errors.As(err, &wrong) && wrong.Field != "":
		field := strings.TrimPrefix(wrong.Field, "params.") // the name of the embedded struct is nobody's business
		return invalid(field, "%s cannot be a %s.", field, wrong.Value)
	}
	return invalid("", "The body is not JSON of the right form: %v", err)
}
