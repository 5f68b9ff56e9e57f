package assets

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"
)

//go:generate sh -c "sha256sum starter/starter.gguf | cut -c 1-64 >starter/starter.sha256"

// Starter is the model file that comes with the program. A string stays in the program's file until it is read.
//
//go:embed starter/starter.gguf
var Starter string

//go:embed starter/starter.sha256
var starterSum string

// StarterID is the SHA-256 of Starter, 64 hex digits. It is written down when the file changes, by go generate, so
// that no start of the program has to read it all.
func StarterID() string { return strings.TrimSpace(starterSum) }

// Card says what the starter is for and how well it does it.
type Card struct {
	Purpose       string   `json:"purpose"`        // two or three sentences
	Languages     []string `json:"languages"`      // BCP 47
	Parameters    *int64   `json:"parameters"`     // nil: not known yet
	TokensTrained *int64   `json:"tokens_trained"` // nil: not known yet
	Figures       []Figure `json:"figures"`
}

// Figure is one result of the starter's evaluation, on cases that it was not trained on.
type Figure struct {
	What    string   `json:"what"`
	Reached *float64 `json:"reached"` // percent of the cases; nil: not measured yet
	Goal    float64  `json:"goal"`    // percent
	Cases   *int     `json:"cases"`   // nil: not measured yet
}

// Measured tells whether the figure says anything yet.
func (f Figure) Measured() bool { return f.Reached != nil && f.Cases != nil }

//go:embed starter/card.json
var starterCard []byte

// StarterCard returns the card that was written when the starter was evaluated last.
func StarterCard() Card {
	var c Card
	if err := json.Unmarshal(starterCard, &c); err != nil {
		panic(fmt.Errorf("assets: starter/card.json: %w", err)) // a test reads it
	}
	return c
}
