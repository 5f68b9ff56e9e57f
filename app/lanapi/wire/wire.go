// Package wire has what Croft devices say to each other over HTTP, so that both ends use the same types.
//
//	GET  /croft/v1/status                  Status
//	POST /croft/v1/replies                 ReplyRequest -> lines of JSON, each a Line, flushed one by one
//	GET  /croft/v1/models/{id}             Manifest
//	GET  /croft/v1/models/{id}/chunks/{n}  bytes; all chunks but the last have Manifest.ChunkBytes
//
// An answer other than 200 has the body {"error": Error}. A stream of lines says first what the reply waits for, then its
// tokens, and ends with a Result or an Error; one that ends with neither was cut.
package wire

import (
	"encoding/json"
	"strconv"
	"time"

	"croft/engine/sample"
)

// Where a device is asked, and the form of the answer to a ReplyRequest.
const (
	StatusPath  = "/croft/v1/status"
	RepliesPath = "/croft/v1/replies"
	modelsPath  = "/croft/v1/models/"
	Lines       = "application/x-ndjson"
)

// Beat is the longest that a device is silent while it owes a reply: the first line comes at once, and when there is nothing
// to say, an empty one. Who hears nothing for a few beats turns to another device.
const Beat = 500 * time.Millisecond

// ManifestPath is where the Manifest of a model file is.
func ManifestPath(id string) string { return modelsPath + id }

// ChunkPath is where chunk n of a model file is; the first is 0.
func ChunkPath(id string, n int) string { return modelsPath + id + "/chunks/" + strconv.Itoa(n) }

// Status is how a device is at the moment.
type Status struct {
	Version string  `json:"version"`
	Name    string  `json:"name"`
	Models  []Model `json:"models"` // empty for who has no right to answers or models
	AtOnce  int     `json:"at_once"`
	Running int     `json:"running"` // replies that are being written
	Waiting int     `json:"waiting"` // for their turn
	Health  Health  `json:"health"`
	Rights  *Rights `json:"rights,omitempty"` // of who asks; nil: not told
}

// Rights are what a device may do on the one that it asks.
type Rights struct {
	Answers bool `json:"answers"`
	Models  bool `json:"models"`
	Notes   bool `json:"notes"`
}

// Model is a model that a device has.
type Model struct {
	ID              string        `json:"id"` // SHA-256 of the file, 64 hex digits
	Name            string        `json:"name"`
	Family          string        `json:"family"`
	Quant           string        `json:"quant"`
	SizeBytes       int64         `json:"size_bytes"`
	Parameters      int64         `json:"parameters"`
	ContextMax      int           `json:"context_max"` // tokens that a conversation may have there
	Template        string        `json:"template"`    // source of its chat template
	Advice          sample.Advice `json:"-"`           // how its maker wants words to be chosen; "advice"
	CanThink        bool          `json:"can_think"`
	Embedding       bool          `json:"embedding"`         // makes vectors, not text
	TokensPerSecond float64       `json:"tokens_per_second"` // measured there; 0: not
	NeedsBytes      int64         `json:"needs_bytes"`       // of memory
	Loaded          bool          `json:"loaded"`
	Default         bool          `json:"default"`
	Starter         bool          `json:"starter"`
	Problem         string        `json:"problem"` // why it cannot be used there, ""
	Added           time.Time     `json:"added"`
}

// Health is what speaks against giving a device work.
type Health struct {
	Battery     Battery `json:"battery"`
	Hot         bool    `json:"hot"` // it slows down, or is about to
	MemoryBytes int64   `json:"memory_bytes"`
	FreeBytes   int64   `json:"free_bytes"` // of memory
}

// Battery is the battery of a device.
type Battery struct {
	Has      bool `json:"has"`
	Percent  int  `json:"percent"`
	Charging bool `json:"charging"`
}

// Manifest says what a model file consists of.
type Manifest struct {
	ID         string   `json:"id"` // SHA-256 of the whole, 64 hex digits
	Name       string   `json:"name"`
	SizeBytes  int64    `json:"size_bytes"`
	ChunkBytes int64    `json:"chunk_bytes"`
	Chunks     []string `json:"chunks"` // SHA-256 of each, 64 hex digits
}

// advice is sample.Advice with the names that it has in JSON.
type advice struct {
	Temperature   *float64 `json:"temperature,omitempty"`
	TopK          *int     `json:"top_k,omitempty"`
	TopP          *float64 `json:"top_p,omitempty"`
	MinP          *float64 `json:"min_p,omitempty"`
	RepeatPenalty *float64 `json:"repeat_penalty,omitempty"`
}

type plainModel Model

type modelJSON struct {
	plainModel
	Advice advice `json:"advice"`
}

func (m Model) MarshalJSON() ([]byte, error) {
	return json.Marshal(modelJSON{plainModel(m), advice(m.Advice)})
}

func (m *Model) UnmarshalJSON(b []byte) error {
	var j modelJSON
	if err := json.Unmarshal(b, &j); err != nil {
		return err
	}
	*m = Model(j.plainModel)
	m.Advice = sample.Advice(j.Advice)
	return nil
}
