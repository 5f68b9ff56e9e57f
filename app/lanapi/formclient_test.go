package lanapi

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/sashabaranov/go-openai"
)

// person is what a random model is held to.
type person struct {
	Name string `json:"name"`
	Age  *int   `json:"age"`
	Kind string `json:"kind"`
}

func personFormat() *openai.ChatCompletionResponseFormat {
	return &openai.ChatCompletionResponseFormat{Type: "json_schema", JSONSchema: &openai.ChatCompletionResponseFormatJSONSchema{
		Name: "person", Strict: true,
		Schema: json.RawMessage(`{"type": "object", "properties": {"name": {"type": "string", "minLength": 1, "maxLength": 9},
			"age": {"type": "integer", "minimum": 1, "maximum": 99}, "kind": {"enum": ["dog", "fox"]}},
			"required": ["name", "age", "kind"], "additionalProperties": false}`),
	}}
}

func TestGoClientGetsJSONOfASchema(t *testing.T) {
	c := goClient(t, newLibrary(t))
	for seed := range 5 {
		q := ask(thinks, "Who?") // whose prompts end with <think>, but for this
		q.ResponseFormat, q.Seed, q.MaxCompletionTokens = personFormat(), &seed, 0
		choice := answer(t, c, q).Choices[0]
		var p person
		if err := json.Unmarshal([]byte(choice.Message.Content), &p); err != nil || choice.FinishReason != openai.FinishReasonStop {
			t.Fatalf("%q, %s: %v", choice.Message.Content, choice.FinishReason, err)
		}
		if n := len([]rune(p.Name)); n < 1 || n > 9 || p.Age == nil || *p.Age < 1 || *p.Age > 99 || !slices.Contains([]string{"dog", "fox"}, p.Kind) {
			t.Errorf("the person is %+v", p)
		}
		if bits := stream(t, c, q); bits.content != choice.Message.Content {
			t.Errorf("the stream said %q, want %q", bits.content, choice.Message.Content)
		}
	}
}

func TestGoClientGetsJSON(t *testing.T) {
	c := goClient(t, newLibrary(t))
	ended := 0
	for seed := range 40 {
		q := ask(tiny, "Who?")
		q.ResponseFormat = &openai.ChatCompletionResponseFormat{Type: "json_object"}
		q.Seed, q.MaxCompletionTokens = &seed, 200
		choice := answer(t, c, q).Choices[0]
		if choice.FinishReason == openai.FinishReasonLength {
			continue // a random model ends when it happens to
		}
		ended++
		var object map[string]any
		if err := json.Unmarshal([]byte(choice.Message.Content), &object); err != nil {
			t.Errorf("%q: %v", choice.Message.Content, err)
		}
	}
	if ended < 3 {
		t.Errorf("only %d of 40 replies ended", ended)
	}
}

// Whatever a model was trained for, a call that is demanded comes.
func TestGoClientDemandsACall(t *testing.T) {
	c := goClient(t, newLibrary(t))
	tools := append([]openai.Tool{{Type: "function", Function: &openai.FunctionDefinition{
		Name: "clock", Parameters: json.RawMessage(`{"type": "object", "properties": {}, "additionalProperties": false}`),
	}}}, weather...)
	named := openai.ToolChoice{Type: "function", Function: openai.ToolFunction{Name: "weather"}}
	for seed := range 6 {
		for _, choice := range []any{"required", named} {
			q := ask(tooled, "How is the weather?")
			q.Tools, q.ToolChoice, q.Seed, q.MaxCompletionTokens = tools, choice, &seed, 0
			got := answer(t, c, q).Choices[0]
			if len(got.Message.ToolCalls) != 1 || got.FinishReason != openai.FinishReasonToolCalls || got.Message.Content != "" {
				t.Fatalf("the answer is %+v", got)
			}
			call := got.Message.ToolCalls[0].Function
			var arguments struct{ City string }
			if err := json.Unmarshal([]byte(call.Arguments), &arguments); err != nil {
				t.Errorf("%q: %v", call.Arguments, err)
			}
			if known := arguments.City == "Bern" || arguments.City == "Rome"; known != (call.Name == "weather") || choice == named && !known {
				t.Errorf("it calls %s(%s)", call.Name, call.Arguments)
			}
			if bits := stream(t, c, q); len(bits.calls) != 1 || bits.calls[0].Function != call {
				t.Errorf("the stream called %+v, want %+v", bits.calls, call)
			}
		}
	}
}

func TestGoClientAsksForFormsThatCannotBe(t *testing.T) {
	c := goClient(t, newLibrary(t))
	form := func(kind string, schema string) *openai.ChatCompletionResponseFormat {
		f := &openai.ChatCompletionResponseFormat{Type: openai.ChatCompletionResponseFormatType(kind)}
		if schema != "" {
			f.JSONSchema = &openai.ChatCompletionResponseFormatJSONSchema{Name: "x", Schema: json.RawMessage(schema)}
		}
		return f
	}
	for what, r := range map[string]struct {
		change      func(*openai.ChatCompletionRequest)
		code, param string
	}{
		"type":      {func(q *openai.ChatCompletionRequest) { q.ResponseFormat = form("xml", "") }, "bad_request", "response_format"},
		"no schema": {func(q *openai.ChatCompletionRequest) { q.ResponseFormat = form("json_schema", "") }, "bad_request", "response_format"},
		"no such type": {
			func(q *openai.ChatCompletionRequest) { q.ResponseFormat = form("json_schema", `{"type": "color"}`) }, "bad_request", "response_format",
		},
		"keyword": {
			func(q *openai.ChatCompletionRequest) { q.ResponseFormat = form("json_schema", `{"not": {}}`) }, "bad_request", "response_format",
		},
		"form and tools": {func(q *openai.ChatCompletionRequest) {
			q.Model, q.Tools, q.ResponseFormat = tooled, weather, form("json_object", "")
		}, "unsupported_parameter", "response_format"},
		"unknown call": {func(q *openai.ChatCompletionRequest) {
			q.Model, q.Tools = tooled, weather
			q.ToolChoice = openai.ToolChoice{Type: "function", Function: openai.ToolFunction{Name: "clock"}}
		}, "bad_request", "tool_choice"},
	} {
		q := ask(tiny, "hello")
		r.change(&q)
		_, err := c.CreateChatCompletion(t.Context(), q)
		wantRefused(t, what, err, 400, r.code, r.param)
	}
}
