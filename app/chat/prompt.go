package chat

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"croft/engine"
	"croft/engine/sample"
	"croft/engine/template"
	"croft/storage"
)

// What Croft chooses where neither the person nor the model does.
const (
	temperature = 0.7
	topP        = 0.95
	topK        = 40
	minP        = 0.05
)

// newRequest asks a model for a reply to the messages of a branch. parsed is the model's template, nil when
// it is not known.
func newRequest(set Settings, branch []storage.Message, f Facts, parsed *template.Template) (engine.Request, error) {
	conversation, err := newConversation(set, branch, parsed)
	if err != nil {
		return engine.Request{}, err
	}
	return engine.Request{Conversation: &conversation, Sampling: set.sampling(f.Advice), ReplyMax: or(set.ReplyMax, 0)}, nil
}

// turnJSON is a message in the form of Hugging Face's apply_chat_template.
type turnJSON struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

func newConversation(set Settings, branch []storage.Message, parsed *template.Template) (template.Conversation, error) {
	messages, err := json.Marshal(turns(set.System, branch))
	if err != nil {
		return template.Conversation{}, fmt.Errorf("prompt: %w", err)
	}
	kwargs := map[string]bool{"add_generation_prompt": true}
	if set.Thinking != nil {
		// Families differ in the name of the switch; a template takes no notice of the other one.
		kwargs["enable_thinking"], kwargs["thinking"] = *set.Thinking, *set.Thinking
	}
	variables, err := json.Marshal(kwargs)
	if err != nil {
		return template.Conversation{}, fmt.Errorf("prompt: %w", err)
	}
	return suit(template.Conversation{Messages: messages, Kwargs: variables}, parsed), nil
}

// Suit makes the conversation one that the model's template takes: some know no system prompt.
func Suit(c template.Conversation, f Facts) template.Conversation {
	return suit(c, parseTemplate(f.Template))
}

func suit(c template.Conversation, parsed *template.Template) template.Conversation {
	var all []turnJSON
	if parsed == nil || template.Detect(parsed).System || json.Unmarshal(c.Messages, &all) != nil {
		return c
	}
	merged, err := json.Marshal(mergeSystem(all))
	if err != nil {
		return c
	}
	c.Messages = merged
	return c
}

// turns are the messages as the model reads them: thinking is left out. Where a reply has no text
// (it was stopped or failed early) the person's messages around it become one, since many templates
// insist that the roles take turns.
func turns(system string, branch []storage.Message) []turnJSON {
	var all []turnJSON
	if system = strings.TrimSpace(system); system != "" {
		all = append(all, turnJSON{"system", system})
	}
	for _, m := range branch {
		last := len(all) - 1
		switch {
		case m.Text == "":
		case last >= 0 && all[last].Role == m.Role:
			all[last].Content += "\n\n" + m.Text
		default:
			all = append(all, turnJSON{m.Role, m.Text})
		}
	}
	return all
}

// mergeSystem puts the system prompt before the person's first message, for templates that would
// leave it out or refuse it.
func mergeSystem(all []turnJSON) []turnJSON {
	if len(all) < 2 || all[0].Role != "system" || all[1].Role != string(User) {
		return all
	}
	all[1].Content = all[0].Content + "\n\n" + all[1].Content
	return all[1:]
}

// parseTemplate returns nil for a template that is not known or not understood.
func parseTemplate(source string) *template.Template {
	if source == "" {
		return nil
	}
	parsed, err := template.Parse(source)
	if err != nil {
		return nil
	}
	return parsed
}

// OpensThinking says whether the prompt of a model ends with <think>, so that the reply begins inside it. known is false when
// its template cannot tell.
func OpensThinking(f Facts, c template.Conversation) (opened, known bool) {
	return opensThinking(parseTemplate(f.Template), c)
}

func opensThinking(parsed *template.Template, c template.Conversation) (opened, known bool) {
	if parsed == nil {
		return false, false
	}
	prompt, err := parsed.Render(c)
	if err != nil {
		return false, false
	}
	return strings.HasSuffix(strings.TrimSpace(prompt), thinkBegin), true
}

// want is the model and the place that were chosen.
func (set Settings) want() Want { return Want{Model: set.Model, Device: set.Device} }

// wantFor is want with how much there is to read.
func (set Settings) wantFor(branch []storage.Message) Want {
	want := set.want()
	want.Prompt = tokensOf(set.System)
	for _, m := range branch {
		want.Prompt += tokensOf(m.Text)
	}
	return want
}

// tokensOf is about how many tokens a text has: four bytes are one, as a rule, and each message brings a few.
func tokensOf(text string) int { return len(text)/4 + 4 }

// sampling fills in what was left to Croft: first as the maker of the model advises.
func (set Settings) sampling(a sample.Advice) sample.Settings {
	return sample.Settings{
		Temperature:   float32(or(set.Temperature, or(a.Temperature, temperature))),
		TopP:          float32(or(set.TopP, or(a.TopP, topP))),
		TopK:          or(set.TopK, or(a.TopK, topK)),
		MinP:          float32(or(set.MinP, or(a.MinP, minP))),
		RepeatPenalty: float32(or(set.RepeatPenalty, or(a.RepeatPenalty, 1))),
		Seed:          or(set.Seed, rand.Uint64()),
	}
}

func or[T any](choice *T, otherwise T) T {
	if choice == nil {
		return otherwise
	}
	return *choice
}

// encode brings every value into its range and makes JSON of all but the model.
func (set Settings) encode() (json.RawMessage, error) {
	set.System = strings.ToValidUTF8(set.System, "\uFFFD")
	set.Temperature = within(set.Temperature, 0, 5)
	set.TopP = within(set.TopP, 0, 1)
	set.MinP = within(set.MinP, 0, 1)
	set.RepeatPenalty = within(set.RepeatPenalty, 0, 5)
	set.TopK = within(set.TopK, 0, math.MaxInt32)
	set.ReplyMax = within(set.ReplyMax, 0, math.MaxInt32)
	encoded, err := json.Marshal(set)
	if err != nil {
		return nil, fmt.Errorf("settings of the chat: %w", err)
	}
	return encoded, nil
}

// within returns the nearest value of the range; what is not a number counts as no choice.
func within[T int | float64](v *T, low, high T) *T {
	if v == nil || *v != *v {
		return nil
	}
	near := min(max(*v, low), high)
	return &near
}

func decodeSettings(c storage.Chat) (Settings, error) {
	var set Settings
	err := json.Unmarshal(c.Settings, &set)
	if err != nil {
		return Settings{}, fmt.Errorf("settings of the chat: %w", err)
	}
	set.Model = c.Model
	return set, nil
}
