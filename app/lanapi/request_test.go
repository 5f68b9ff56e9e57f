package lanapi

import (
	"encoding/json"
	"strings"
	"testing"

	"croft/engine/sample"
)

// Bodies that are refused, and the parameter that is named.
func TestBadParametersAreNamed(t *testing.T) {
	const head = `{"messages": [{"role": "user", "content": "a"}], `
	for body, param := range map[string]string{
		head + `"temperature": "warm"}`:                                        "temperature",
		head + `"max_tokens": 0}`:                                              "max_tokens",
		head + `"max_tokens": 1.5}`:                                            "max_tokens",
		head + `"max_completion_tokens": -3}`:                                  "max_completion_tokens",
		head + `"top_k": -1}`:                                                  "top_k",
		head + `"seed": "x"}`:                                                  "seed",
		head + `"logit_bias": {"a": 1}}`:                                       "logit_bias",
		head + `"logit_bias": {"-1": 1}}`:                                      "logit_bias",
		head + `"stop": ["a", 5]}`:                                             "stop",
		head + `"stop": ["` + strings.Repeat(`a", "`, 16) + `a"]}`:             "stop",
		head + `"stream_options": {"include_usage": true}}`:                    "stream_options",
		head + `"tools": {}}`:                                                  "tools",
		head + `"tools": [{"type": "browser"}]}`:                               "tools",
		head + `"tools": [{"type": "function", "function": {"name": "a b"}}]}`: "tools",
		head + `"tool_choice": "never"}`:                                       "tool_choice",
		head + `"functions": [{"name": "f"}]}`:                                 "functions",
		head + `"modalities": ["text", "audio"]}`:                              "modalities",
		head + `"web_search_options": {}}`:                                     "web_search_options",
		`{"messages": 5}`:                                                      "messages",
		`{"messages": [{"role": "user", "content": 5}]}`:                       "messages",
		`{"messages": [{"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": "["}}]}]}`: "messages",
		`{"model": "x"}`: "messages",
		`[1]`:            "",
		`{"messages": `:  "",
	} {
		var q chatRequest
		err := bodyFault(json.Unmarshal([]byte(body), &q))
		if err == nil {
			_, err = q.parse()
		}
		if err == nil {
			t.Errorf("%s: is not refused", body)
			continue
		}
		if f := faultOf(err); f.status != 400 || f.param != param || f.message == "" {
			t.Errorf("%s: %d, %q, %q; want %q", body, f.status, f.param, f.message, param)
		}
	}
}

// What is null is not given.
func TestNullsAreNotGiven(t *testing.T) {
	var q chatRequest
	body := `{"messages": [{"role": "user", "content": "a", "tool_calls": null, "name": null}], "stop": null, "tools": null, "tool_choice": null,
		"n": null, "seed": null, "max_tokens": null, "logit_bias": null, "stream_options": null, "response_format": null, "functions": null,
		"modalities": null, "logprobs": null, "top_p": null, "stream": null, "chat_template_kwargs": null}`
	if err := json.Unmarshal([]byte(body), &q); err != nil {
		t.Fatal(err)
	}
	if c, err := q.parse(); err != nil || c.format != nil || len(c.tools) > 0 || len(q.Stop) > 0 {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestSamplingIsTheCallersThenTheMakersThenCrofts(t *testing.T) {
	var p params
	body := `{"top_p": 0, "seed": -1, "frequency_penalty": 0.5, "logit_bias": {"7": -100}, "repeat_last_n": 9, "top_k": 0}`
	if err := json.Unmarshal([]byte(body), &p); err != nil {
		t.Fatal(err)
	}
	hot := 1.5
	got := p.sampling(sample.Advice{Temperature: &hot, TopP: &hot})
	want := sample.Settings{
		Temperature: 1.5, TopP: topPLeast, TopK: 0, MinP: minPDefault, RepeatPenalty: 1, FrequencyPenalty: 0.5, RepeatLast: 9,
		Seed: 1<<64 - 1, LogitBias: map[int]float32{7: -100},
	}
	if got.LogitBias[7] != -100 || len(got.LogitBias) != 1 {
		t.Errorf("the bias is %v", got.LogitBias)
	}
	got.LogitBias, want.LogitBias = nil, nil
	a, _ := json.Marshal(got)
	if b, _ := json.Marshal(want); string(a) != string(b) {
		t.Errorf("the settings are %s, want %s", a, b)
	}
}

// No body brings the program down, and each is refused with a status of the caller's own or accepted.
func FuzzChatRequest(f *testing.F) {
	f.Add(`{"messages": [{"role": "user", "content": [{"type": "text", "text": "a"}]}], "stop": "x", "n": 1}`)
	f.Add(`{"messages": [{"role": "assistant", "tool_calls": [{"function": {"arguments": "{}"}}]}], "tool_choice": {"type": "function", "function": {"name": "f"}}}`)
	f.Add(`{"tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "string"}}}], "tool_choice": "required", "messages": [{"role": "user"}]}`)
	f.Add(`{"response_format": {"type": "json_schema", "json_schema": {"schema": {"$ref": "#"}}}, "messages": [{"role": "user"}]}`)
	f.Fuzz(func(t *testing.T, body string) {
		var q chatRequest
		err := bodyFault(json.Unmarshal([]byte(body), &q))
		if err == nil {
			_, err = q.parse()
		}
		if err != nil && faultOf(err).status != 400 {
			t.Errorf("%q: %v", body, err)
		}
	})
}
