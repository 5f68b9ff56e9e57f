package engine

import (
	"encoding/json"
	"errors"
	"sync"
	"testing"

	"croft/engine/grammar"
	"croft/engine/sample"
	"croft/engine/tinymodel"
)

const personSchema = `{"type":"object","properties":{
	"name":{"type":"string","minLength":1,"maxLength":12},
	"age":{"type":"integer","minimum":0,"maximum":150},
	"kind":{"enum":["the quick fox","dog",null]},
	"tags":{"type":"array","items":{"type":"string","maxLength":5},"maxItems":3}},"required":["name","age","kind"]}`

func formatOf(t *testing.T, schema string) *grammar.Format {
	t.Helper()
	f, err := grammar.Schema([]byte(schema))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func samplings() map[string]sample.Settings {
	return map[string]sample.Settings{
		"greedy": {},
		"seeded": {Temperature: 1.5, Seed: 11},
		"all":    {Temperature: 1, TopP: 0.9, MinP: 0.02, RepeatPenalty: 1.3, Seed: 4, LogitBias: map[int]float32{2: 50, 5: 9}},
	}
}

// A model of random weights writes noise. Held to a format it writes a value of it.
func TestFormatHolds(t *testing.T) {
	m := openTiny(t, Options{})
	f := formatOf(t, personSchema)
	for name, s := range samplings() {
		for prompt := range 5 {
			got := collect(t, m, Request{Tokens: ids(10, prompt), Sampling: s, Format: f})
			var v struct {
				Name *string
				Age  *int
				Kind *string
				Tags []string
			}
			if err := json.Unmarshal([]byte(got.text), &v); err != nil || got.Reason != Stop {
				t.Fatalf("%s: %q ended by %s: %v", name, got.text, got.Reason, err)
			}
			if v.Name == nil || *v.Name == "" || len([]rune(*v.Name)) > 12 || v.Age == nil || *v.Age < 0 || *v.Age > 150 || len(v.Tags) > 3 {
				t.Errorf("%s: %q does not fit", name, got.text)
			}
		}
	}
}

// What is held to a format and cut goes on with the same words too.
func TestWrittenInAFormat(t *testing.T) {
	path := tinyFile(t, tinymodel.Options{Family: "qwen3", Seed: 7})
	here, there := openFile(t, path, Options{}), openFile(t, path, Options{Threads: 1, Kernels: "reference"})
	for _, s := range samplings() {
		carryOn(t, here, there, Request{Tokens: ids(10, 1), Sampling: s, Format: formatOf(t, personSchema), ReplyMax: 40})
		carryOn(t, here, there, Request{Tokens: ids(10, 2), Sampling: s, Format: grammar.JSON(), ReplyMax: 20})
		carryOn(t, here, there, Request{Tokens: ids(10, 2), Sampling: s, Format: formatOf(t, `{"type":"number","minimum":1000}`), ReplyMax: 20, IgnoreEnd: true})
	}
	wrong := here.Tokenize("hello", false, false)
	if _, err := gather(here, Request{Tokens: ids(5, 1), Written: wrong, Format: grammar.JSON()}); !errors.Is(err, ErrFormat) {
		t.Errorf("what does not fit was carried on: %v", err)
	}
}

func TestFormatsAtTheSameTime(t *testing.T) {
	m := openTiny(t, Options{})
	f := formatOf(t, personSchema)
	var wg sync.WaitGroup
	for i := range 6 {
		r := Request{Tokens: ids(20, i), Sampling: sample.Settings{Temperature: 1.2, Seed: uint64(i)}, Format: f}
		want := collect(t, openTiny(t, Options{}), r)
		wg.Go(func() {
			if got, err := gather(m, r); err != nil || got.text != want.text {
				t.Errorf("reply %d: %q, %v, want %q", i, got.text, err, want.text)
			}
		})
	}
	wg.Wait()
}
