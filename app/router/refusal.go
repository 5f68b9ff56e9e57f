package router

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"croft/app/lanapi/wire"
)

// Refusals that only servers know.
var (
	errNoKey          = &wire.Error{Code: wire.NoRight, Message: "it asks for a key"}
	errWrongKey       = &wire.Error{Code: wire.NoRight, Message: "it does not accept the key"}
	errNoServer       = &wire.Error{Code: wire.BadRequest, Message: "what answers is no model server"}
	errNoConversation = &wire.Error{Code: wire.BadRequest, Message: "a server takes conversations only"}
)

// refusal is the error of a server's answer: with a status other than 200, or in the middle of a stream.
func (s Server) refusal(status int, body []byte) error {
	said := messageOf(body)
	switch {
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		if s.Key == "" {
			return errNoKey
		}
		return errWrongKey
	case status == http.StatusBadGateway || status == http.StatusGatewayTimeout: // what stands before it answers
		return fmt.Errorf("it is gone, status %d", status)
	case isTooLong(string(body)):
		tokens, most := contextOf(said)
		return &wire.Error{Code: wire.TooLong, Message: said, Tokens: tokens, Max: most}
	}
	code := wire.Failed
	switch status {
	case http.StatusNotFound:
		code = wire.UnknownModel
	case http.StatusTooManyRequests:
		code = wire.Busy
	case http.StatusServiceUnavailable: // llama.cpp while it loads
		code = wire.Unusable
	}
	return &wire.Error{Code: code, Message: said}
}

// messageOf finds the words in an error's body, which servers put into different places.
func messageOf(body []byte) string {
	var outer struct {
		Error   json.RawMessage `json:"error"`
		Message string          `json:"message"`
	}
	var inner struct {
		Message string `json:"message"`
	}
	var text string
	switch {
	case json.Unmarshal(body, &outer) != nil:
	case outer.Message != "": // older vLLMs
		return outer.Message
	case json.Unmarshal(outer.Error, &inner) == nil && inner.Message != "":
		return inner.Message
	case json.Unmarshal(outer.Error, &text) == nil && text != "": // LM Studio
		return text
	}
	return "it gave no reason"
}

// isTooLong says whether an error is about the length of the conversation. Each server has its own words.
func isTooLong(body string) bool {
	for _, mark := range []string{"exceed_context_size_error", "context_length_exceeded", "maximum context length", "context length of", "context size"} {
		if strings.Contains(body, mark) {
			return true
		}
	}
	return false
}

var tokensSaid = regexp.MustCompile(`(\d{1,9}) (?:input )?tokens`)

// contextOf are the two numbers of tokens that servers name when a conversation is too long; 0 where they do not.
func contextOf(said string) (tokens, most int) {
	found := tokensSaid.FindAllStringSubmatch(said, 2)
	if len(found) < 2 {
		return 0, 0
	}
	a, _ := strconv.Atoi(found[0][1])
	b, _ := strconv.Atoi(found[1][1])
	return max(a, b), min(a, b)
}
