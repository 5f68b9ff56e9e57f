package template

import "encoding/json"

// ChatML is the template for a model file that has none of its own. Most models that were tuned without saying how follow it.
const ChatML = `{%- for message in messages -%}
{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}
{%- endfor -%}
{%- if add_generation_prompt -%}
{{ '<|im_start|>assistant\n' }}
{%- endif -%}
`

// Message is one turn of a conversation in plain text. Role is system, user, assistant or what else the template knows.
type Message struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

// Plain writes messages as a Conversation has them.
func Plain(messages []Message) json.RawMessage {
	if messages == nil {
		messages = []Message{}
	}
	raw, err := json.Marshal(messages)
	if err != nil {
		panic("template: messages are not JSON: " + err.Error()) // two texts always are
	}
	return raw
}
