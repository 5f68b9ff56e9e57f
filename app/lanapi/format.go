package lanapi

import (
	"encoding/json"

	"croft/engine/grammar"
)

// responseFormat says what form a reply must have.
type responseFormat struct {
	Type       string       `json:"type"`
	JSONSchema *namedSchema `json:"json_schema"`
}

type namedSchema struct {
	Name   string          `json:"name"`
	Schema json.RawMessage `json:"schema"`
}

// formats says whether the reply has a form that thinking has no room in.
func (q *chatRequest) formats() bool {
	f := q.ResponseFormat
	return f != nil && f.Type != "" && f.Type != "text" || q.ToolChoice.mode == "required"
}

// format is what the reply must be, nil when it may be any text.
func (q *chatRequest) format(tools []tool) (*grammar.Format, error) {
	f := q.ResponseFormat
	if !q.formats() {
		return nil, nil
	}
	if f != nil && f.Type != "" && f.Type != "text" && len(tools) > 0 && q.ToolChoice.mode != "none" {
		return nil, cannot("response_format", "A reply cannot be both a call and of a certain form. Leave tools or response_format out.")
	}
	if q.ToolChoice.mode == "required" {
		return callFormat(tools, q.ToolChoice.name)
	}
	return f.format()
}

func (f *responseFormat) format() (*grammar.Format, error) {
	switch {
	case f.Type == "json_object":
		return grammar.JSON(), nil
	case f.Type != "json_schema":
		return nil, invalid("response_format", "response_format has the type text, json_object or json_schema.")
	case f.JSONSchema == nil || len(f.JSONSchema.Schema) == 0:
		return nil, invalid("response_format", "response_format of the type json_schema has a json_schema with a schema in it.")
	}
	format, err := grammar.Schema(f.JSONSchema.Schema)
	if err != nil {
		return nil, invalid("response_format", "%v.", err)
	}
	return format, nil
}

// callSchema is a call in jsonForm, which every family can be held to.
type callSchema struct {
	Type       string                     `json:"type"`
	Properties map[string]json.RawMessage `json:"properties"`
	Required   []string                   `json:"required"`
}

// callFormat is a call of one of the tools, or of the one that is named.
func callFormat(tools []tool, name string) (*grammar.Format, error) {
	var all []callSchema
	for _, t := range tools {
		if name != "" && name != t.Function.Name {
			continue
		}
		constant, err := json.Marshal(map[string]string{"const": t.Function.Name})
		if err != nil {
			return nil, err
		}
		arguments := t.Function.Parameters
		if len(arguments) == 0 || string(arguments) == "null" {
			arguments = json.RawMessage(`{"type":"object"}`)
		}
		properties := map[string]json.RawMessage{"name": constant, "parameters": arguments}
		all = append(all, callSchema{"object", properties, []string{"name", "parameters"}})
	}
	schema, err := json.Marshal(map[string]any{"anyOf": all})
	if err != nil {
		return nil, err
	}
	format, err := grammar.Schema(schema)
	if err != nil {
		return nil, invalid("tools", "A call cannot be demanded: %v.", err)
	}
	return format, nil
}
