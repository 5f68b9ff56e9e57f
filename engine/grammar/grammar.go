// Package grammar holds a model to JSON: after each token it says which tokens may come next, so that what is written
// is always a value of the wanted schema.
//
// A schema becomes an automaton over bytes with a stack. What a token may be at a state is found by walking all tokens'
// bytes at once, and remembered. Properties come in the order of the schema; white space is bounded.
package grammar

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// ErrSchema is for a schema that cannot be followed. Its text says where and why.
var ErrSchema = errors.New("the JSON schema cannot be used")

// Format is what a value has to be. It may be used by several goroutines and for several models.
type Format struct {
	source string
	states *builder
}

const anyObject = `{"type":"object"}`

// JSON is any JSON object.
func JSON() *Format {
	f, err := Schema([]byte(anyObject))
	if err != nil {
		panic(err) // the schema is ours
	}
	return f
}

// schemaMax bounds the bytes of a schema.
const schemaMax = 256 << 10

// Schema is the values of a JSON Schema (draft 2020-12). A keyword that would have to be checked and cannot be is an
// error that names it. The values are some of those that the schema allows: an object has the properties that are named,
// in this order, and others only where additionalProperties asks for them.
func Schema(source []byte) (*Format, error) {
	if len(source) > schemaMax {
		return nil, fmt.Errorf("%w: it has %d bytes, at most %d are read", ErrSchema, len(source), schemaMax)
	}
	root, err := parse(source)
	if err != nil {
		return nil, err
	}
	states, err := compile(root)
	if err != nil {
		return nil, err
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, source); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSchema, err)
	}
	return &Format{source: compact.String(), states: states}, nil
}

// MarshalJSON returns the schema.
func (f *Format) MarshalJSON() ([]byte, error) { return []byte(f.source), nil }

// UnmarshalJSON reads a schema.
func (f *Format) UnmarshalJSON(b []byte) error {
	read, err := Schema(b)
	if err == nil {
		*f = *read
	}
	return err
}
