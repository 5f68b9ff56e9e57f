package chat

import (
	"context"
	"iter"

	"croft/engine"
	"croft/engine/sample"
)

// Models lends models, of this device and of others.
type Models interface {
	// Facts tells what is known of a model without loading it or asking another device.
	Facts(ctx context.Context, want Want) (Facts, error)
	// Use readies a model and keeps it until release is called. progress may be nil; it is told what is waited for, also
	// while a reply is generated, until release is called.
	Use(ctx context.Context, want Want, progress func(Progress)) (m Model, release func(), err error)
}

// Want says what shall write, and where.
type Want struct {
	Model  string // library id; "" is the default model
	Device string // "": the soonest; Here; or the id of a device
	Prompt int    // tokens that there are to read, about; 0: not known
}

// Here is this device, as the Device of a Want and the ID of a Where.
const Here = "here"

// Model is a model that is ready. Facts and Where may change while it generates, when a device fails and another goes on.
type Model interface {
	Facts() Facts
	Where() Where
	Generate(ctx context.Context, r engine.Request) iter.Seq2[engine.Piece, error]
}

// Where says where a reply is written.
type Where struct {
	Device string   // "Studio PC"
	ID     string   // of the device; Here
	Why    string   // a sentence; "" where there was nothing to choose
	Moved  []string // devices that began it and were left
}

// Progress says what a reply waits for. The zero value is the reading of the prompt.
type Progress struct {
	Device  string  // that is waited for; "" for this one
	Place   int     // in its queue; the next in turn is 1, 0 is not in a queue
	Loading float64 // how much of the model is loaded, 0 to 1; 0 also when nothing is loaded
}

// Facts are what a conversation needs to know of a model.
type Facts struct {
	ID         string // SHA-256 of the file; "" for a file outside the library
	Name       string
	ContextMax int           // tokens that a conversation may have here; 0 while unknown
	Template   string        // Jinja source of the chat template; "" when unknown
	Advice     sample.Advice // how words are chosen where the person leaves it open
}
