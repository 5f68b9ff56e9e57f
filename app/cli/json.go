package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"croft/app/health"
)

// inputMax bounds what is read from files and pipes that people give to commands, in bytes.
const inputMax = 64 << 20

// writeJSON prints one JSON document, text as it is.
func writeJSON(out *screen, v any) error {
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// nonNil makes an empty list print as [] and not as null.
func nonNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// readJSON reads a JSON file, "-" for standard input, into v.
func (c *commands) readJSON(name string, v any) error {
	b, err := c.readInput(name)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, v); err != nil {
		return &told{health.Problem{
			Sentence: fmt.Sprintf("%s is not the JSON that is expected here: %v.", nameOfInput(name), err),
			Next:     "Run croft help inspect to see its form.",
		}}
	}
	return nil
}

func nameOfInput(name string) string {
	if name == "-" {
		return "Standard input"
	}
	return name
}

func (c *commands) readInput(name string) ([]byte, error) {
	if name == "-" {
		return readBounded(c.in)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readBounded(f)
}

func readBounded(r io.Reader) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, inputMax+1))
	if err == nil && len(b) > inputMax {
		err = errors.New("the input is larger than 64 MiB")
	}
	return b, err
}
