package lanapi

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"

	"croft/engine/sample"
)

// params are what chat/completions and completions have in common.
type params struct {
	Model            string          `json:"model"`
	Stream           bool            `json:"stream"`
	StreamOptions    *streamOptions  `json:"stream_options"`
	Stop             stopList        `json:"stop"`
	Seed             *int64          `json:"seed"`
	N                *int            `json:"n"`
	MaxTokens        *int            `json:"max_tokens"`
	Temperature      *float64        `json:"temperature"`
	TopP             *float64        `json:"top_p"`
	TopK             *int            `json:"top_k"`
	MinP             *float64        `json:"min_p"`
	RepeatPenalty    *float64        `json:"repeat_penalty"`
	RepeatLast       *int            `json:"repeat_last_n"`
	PresencePenalty  *float64        `json:"presence_penalty"`
	FrequencyPenalty *float64        `json:"frequency_penalty"`
	LogitBias        map[int]float64 `json:"logit_bias"`
}

type streamOptions struct {
	IncludeUsage bool `json:"include_usage"`
}

// stopList is one string or several.
type stopList []string

const stopsMax = 16

func (s *stopList) UnmarshalJSON(b []byte) error {
	var one *string
	if json.Unmarshal(b, &one) == nil {
		if *s = nil; one != nil {
			*s = stopList{*one}
		}
	} else if json.Unmarshal(b, (*[]string)(s)) != nil {
		return invalid("stop", "stop is a string or a list of strings.")
	}
	if len(*s) > stopsMax || slices.Contains(*s, "") {
		return invalid("stop", "stop has at most %d strings, and none of them is empty.", stopsMax)
	}
	return nil
}

// Ranges that OpenAI gives. What is beyond them is refused, since it is a mistake more often than a wish.
func (p *params) check() error {
	if p.N != nil && *p.N != 1 {
		return invalid("n", "n can only be 1: ask once for each reply.")
	}
	if p.StreamOptions != nil && !p.Stream {
		return invalid("stream_options", "stream_options goes with stream: true only.")
	}
	for _, c := range []struct {
		name      string
		value     *float64
		low, high float64
	}{
		{"temperature", p.Temperature, 0, 2},
		{"top_p", p.TopP, 0, 1},
		{"min_p", p.MinP, 0, 1},
		{"repeat_penalty", p.RepeatPenalty, 0, 5},
		{"presence_penalty", p.PresencePenalty, -2, 2},
		{"frequency_penalty", p.FrequencyPenalty, -2, 2},
	} {
		if c.value != nil && !(c.low <= *c.value && *c.value <= c.high) {
			return invalid(c.name, "%s is between %g and %g.", c.name, c.low, c.high)
		}
	}
	for id, b := range p.LogitBias {
		if id < 0 || !(-100 <= b && b <= 100) {
			return invalid("logit_bias", "logit_bias gives tokens of the model a number between -100 and 100.")
		}
	}
	return checkCounts(p)
}

func checkCounts(p *params) error {
	for _, c := range []struct {
		name  string
		value *int
		low   int
	}{{"max_tokens", p.MaxTokens, 1}, {"top_k", p.TopK, 0}, {"repeat_last_n", p.RepeatLast, 0}} {
		if c.value != nil && (*c.value < c.low || *c.value > math.MaxInt32) {
			return invalid(c.name, "%s is at least %d.", c.name, c.low)
		}
	}
	return nil
}

// What Croft chooses where neither the caller nor the model does, as in a chat.
const (
	temperatureDefault = 0.7
	topPDefault        = 0.95
	topKDefault        = 40
	minPDefault        = 0.05
)

func (p *params) sampling(a sample.Advice) sample.Settings {
	s := sample.Settings{
		Temperature:      float32(or(p.Temperature, or(a.Temperature, temperatureDefault))),
		TopP:             float32(max(or(p.TopP, or(a.TopP, topPDefault)), topPLeast)),
		TopK:             or(p.TopK, or(a.TopK, topKDefault)),
		MinP:             float32(or(p.MinP, or(a.MinP, minPDefault))),
		RepeatPenalty:    float32(or(p.RepeatPenalty, or(a.RepeatPenalty, 1))),
		PresencePenalty:  float32(or(p.PresencePenalty, 0)),
		FrequencyPenalty: float32(or(p.FrequencyPenalty, 0)),
		RepeatLast:       or(p.RepeatLast, 0),
	}
	if p.Seed != nil {
		s.Seed = uint64(*p.Seed)
	} else {
		s.Seed = rand.Uint64()
	}
	if len(p.LogitBias) > 0 {
		s.LogitBias = make(map[int]float32, len(p.LogitBias))
		for id, b := range p.LogitBias {
			s.LogitBias[id] = float32(b)
		}
	}
	return s
}

// topPLeast leaves the most likely token only, as OpenAI's 0 does; the engine's 0 leaves all.
const topPLeast = 1e-9

func or[T any](choice *T, otherwise T) T {
	if choice == nil {
		return otherwise
	}
	return *choice
}
