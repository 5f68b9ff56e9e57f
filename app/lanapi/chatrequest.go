package lanapi

import (
	"encoding/json"
	"slices"

	"croft/engine"
	"croft/engine/grammar"
	"croft/engine/template"
)

// chatRequest is the body of chat/completions. What it does not name is not looked at.
type chatRequest struct {
	params
	Messages            []messageIn                `json:"messages"`
	MaxCompletionTokens *int                       `json:"max_completion_tokens"`
	Tools               json.RawMessage            `json:"tools"`
	ToolChoice          toolChoice                 `json:"tool_choice"`
	ParallelToolCalls   *bool                      `json:"parallel_tool_calls"`
	ResponseFormat      *responseFormat            `json:"response_format"`
	TemplateKwargs      map[string]json.RawMessage `json:"chat_template_kwargs"`
	ReasoningEffort     string                     `json:"reasoning_effort"`

	Logprobs     *bool           `json:"logprobs"`
	TopLogprobs  *int            `json:"top_logprobs"`
	Modalities   []string        `json:"modalities"`
	WebSearch    json.RawMessage `json:"web_search_options"`
	Functions    json.RawMessage `json:"functions"`
	FunctionCall json.RawMessage `json:"function_call"`
}

// conversation is a chatRequest that was understood.
type conversation struct {
	request  *chatRequest
	messages []messageOut
	tools    []tool
	format   *grammar.Format // of the reply, nil: any text
	reader   *replyReader    // of the reply; there once the model is
}

func (q *chatRequest) parse() (*conversation, error) {
	if q.MaxCompletionTokens != nil {
		if *q.MaxCompletionTokens < 1 {
			return nil, invalid("max_completion_tokens", "max_completion_tokens is at least 1.")
		}
		q.MaxTokens = q.MaxCompletionTokens
	}
	if err := q.check(); err != nil {
		return nil, err
	}
	if err := q.refuse(); err != nil {
		return nil, err
	}
	messages, err := convert(q.Messages)
	if err != nil {
		return nil, err
	}
	tools, err := parseTools(q.Tools)
	if err != nil {
		return nil, err
	}
	if err := q.checkChoice(tools); err != nil {
		return nil, err
	}
	if q.ToolChoice.mode == "none" {
		tools = nil
	}
	format, err := q.format(tools)
	if err != nil {
		return nil, err
	}
	return &conversation{request: q, messages: messages, tools: tools, format: format}, nil
}

// refuse names what OpenAI has and Croft does not.
func (q *chatRequest) refuse() error {
	switch {
	case or(q.Logprobs, false), or(q.TopLogprobs, 0) > 0:
		return cannot("logprobs", "Probabilities of tokens are not given here. Leave logprobs out.")
	case slices.ContainsFunc(q.Modalities, func(m string) bool { return m != "text" }):
		return cannot("modalities", "Models here write text only.")
	case isGiven(q.WebSearch):
		return cannot("web_search_options", "Models here have no access to the web.")
	case isGiven(q.Functions), isGiven(q.FunctionCall):
		return cannot("functions", "functions and function_call were replaced by tools and tool_choice. Use these.")
	}
	return nil
}

func isGiven(raw json.RawMessage) bool { return len(raw) > 0 && string(raw) != "null" }

func (q *chatRequest) checkChoice(tools []tool) error {
	c := q.ToolChoice
	if c.mode == "required" && len(tools) == 0 {
		return invalid("tool_choice", "tool_choice wants a call, but there are no tools.")
	}
	if c.name != "" && !toolNames(tools)[c.name] {
		return invalid("tool_choice", "tool_choice wants a call of %q, which is not among the tools.", c.name)
	}
	return nil
}

// build makes the request for a model, and the reader of its reply.
func (c *conversation) build(t *chatTemplate, running Running) (engine.Request, error) {
	q := c.request
	if len(c.tools) > 0 && !t.traits.Tools {
		return engine.Request{}, cannot("tools", "The model %s was not made for tools. Choose another one, or leave them out.", running.Model().Name)
	}
	rendered, err := c.render(t)
	if err != nil {
		return engine.Request{}, err
	}
	c.reader = &replyReader{}
	if c.format == nil { // a reply with a form has no thinking in it
		c.reader.think = newThinker(t.opensThinking(rendered))
	}
	if len(c.tools) > 0 {
		c.reader.readCalls(c, running)
	}
	return engine.Request{
		Conversation: &rendered, Sampling: q.sampling(running.Model().Advice), ReplyMax: or(q.MaxTokens, 0), Stop: q.Stop,
		Format: c.format,
	}, nil
}

// render is the conversation in the form of apply_chat_template.
func (c *conversation) render(t *chatTemplate) (template.Conversation, error) {
	messages := c.messages
	if !t.traits.System {
		messages = mergeSystem(slices.Clone(messages))
	}
	encoded, err := json.Marshal(messages)
	if err != nil {
		return template.Conversation{}, err
	}
	kwargs, err := json.Marshal(c.request.kwargs())
	out := template.Conversation{Messages: encoded, Kwargs: kwargs}
	if len(c.tools) > 0 {
		out.Tools = c.request.Tools
	}
	return out, err
}

// kwargs are the variables of the template. A reply in a certain form leaves no room for thinking.
func (q *chatRequest) kwargs() map[string]json.RawMessage {
	all := map[string]json.RawMessage{"add_generation_prompt": json.RawMessage("true")}
	think := ""
	switch {
	case q.ReasoningEffort == "none" || q.ReasoningEffort == "minimal" || q.formats():
		think = "false"
	case q.ReasoningEffort != "":
		think = "true"
	}
	if think != "" {
		// Families differ in the name of the switch; a template takes no notice of the other one.
		all["enable_thinking"], all["thinking"] = json.RawMessage(think), json.RawMessage(think)
	}
	for name, value := range q.TemplateKwargs {
		all[name] = value
	}
	return all
}
