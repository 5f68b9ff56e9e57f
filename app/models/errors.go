package models

import (
	"errors"
	"fmt"
	"io/fs"

	"croft/app/health"
	"croft/engine"
)

// What callers branch on. Every error with one of these behind it explains itself to health.Of.
var (
	ErrNoModel   = errors.New("no model")          // the library is empty, or nothing in it can be used
	ErrNotFound  = errors.New("model not found")   // no model of that name
	ErrAmbiguous = errors.New("name not unique")   // several models of that name
	ErrMissing   = errors.New("file missing")      // the file of a model is gone
	ErrChanged   = errors.New("file changed")      // the file of a model is not what was added
	ErrTooBig    = errors.New("not enough memory") // the model does not fit in memory
	ErrNoSpace   = errors.New("not enough space")  // the copy does not fit on the disk
	ErrNotAModel = errors.New("not a model")       // a file that cannot be run
	ErrContext   = errors.New("context too short") // more tokens than the model was made for
	ErrForbidden = errors.New("not allowed")       // a device does not lend its models to this one
	ErrNoSource  = errors.New("no source")         // no device has the model, or can be reached
	ErrDamaged   = errors.New("source is damaged") // a device sends something else than the model
	ErrInUse     = errors.New("copied already")    // another process is copying the model
	errClosed    = errors.New("models: closed")
)

// refusal is an error with words for the person who meets it.
type refusal struct {
	problem health.Problem
	cause   error
}

func (r *refusal) Error() string           { return r.cause.Error() + ": " + r.problem.Sentence }
func (r *refusal) Unwrap() error           { return r.cause }
func (r *refusal) Problem() health.Problem { return r.problem }

func refuse(cause error, title, sentence, next string) error {
	return &refusal{health.Problem{Title: title, Sentence: sentence, Next: next, Severity: health.Blocking}, cause}
}

// sentenceOf is the one sentence that explains err.
func sentenceOf(err error) string { return health.Of(err).Sentence }

func noModel() error {
	return refuse(ErrNoModel, "No model yet", "There is no model here yet.",
		"Run croft models add starter for the small one that comes with Croft, or croft models suggest for larger ones.")
}

func noneUsable() error {
	return refuse(ErrNoModel, "No usable model", "None of the models here can chat on this device now.",
		"Run croft models list to see why.")
}

func notFound(name string) error {
	return refuse(ErrNotFound, "No such model", fmt.Sprintf("There is no model called %q.", name),
		"Run croft models list to see the names.")
}

func ambiguous(name string, a, b Model) error {
	return refuse(ErrAmbiguous, "Several models match",
		fmt.Sprintf("%q may be %s %s or %s %s.", name, a.Name, a.Quant, b.Name, b.Quant),
		"Say which by the beginning of its id, as croft models list shows it.")
}

// missing explains why the file at path cannot be looked at.
func missing(path string, err error) error {
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return refuse(ErrMissing, "File is gone", fmt.Sprintf("The file is no longer there: %s.", path),
		"Connect its disk or put it back, or remove it with croft models rm.")
}

func changed(name string) error {
	return refuse(ErrChanged, "File has changed", fmt.Sprintf("The file of %s changed since it was added.", name),
		"Run croft models check to compare it with what was added.")
}

func damaged(name string) error {
	return refuse(ErrChanged, "Not the same file", fmt.Sprintf("The file of %s is not the one that was added.", name),
		"Remove it with croft models rm and add it again.")
}

func noSpace(needs, free int64) error {
	return refuse(ErrNoSpace, "Not enough space",
		fmt.Sprintf("The copy needs %s; the disk has %s free.", Bytes(needs), Bytes(free)),
		"Free some space, or use the file where it lies with croft models add --link.")
}

func tooBig(why string) error {
	return refuse(ErrTooBig, "Too big here", why, "Close other programs, or choose a smaller model.")
}

func notAModel(sentence, next string) error {
	return refuse(ErrNotAModel, "Not a model", sentence, next)
}

// wrongPurpose refuses a chat with a model for embeddings, and embeddings by one for chat.
func wrongPurpose(m Model) error {
	if m.Embedding {
		return refuse(engine.ErrPurpose, "Not for chat", m.Name+" is for embeddings, not for chat.",
			"Choose a chat model; croft models list shows what each is for.")
	}
	return refuse(engine.ErrPurpose, "Not for embeddings", m.Name+" is for chat, not for embeddings.",
		"Choose a model for embeddings; croft models list shows what each is for.")
}

func noChunk(name string, n int) error {
	return refuse(ErrNotFound, "No such part", fmt.Sprintf("The file of %s has no part %d.", name, n),
		"Ask for its list of parts first.")
}

// onwards is true of every copy from another device that ended early.
const onwards = "the copy goes on where it stopped"

func beingCopied() error {
	return refuse(ErrInUse, "Being copied", "This model is being copied already.", "Wait until that is done.")
}

func noSource() error {
	return refuse(ErrNoSource, "No device has it", "None of your devices that are on has this model.",
		"Turn on a device that has it and try again.")
}

func lostSources(names string, err error) error {
	return refuse(fmt.Errorf("%w: %w", ErrNoSource, err), "Connection lost", fmt.Sprintf("The connection to %s was lost.", names),
		"Try again when it is back; "+onwards+".")
}

func forbiddenBy(names string) error {
	return refuse(ErrForbidden, "Not allowed", fmt.Sprintf("This device may not copy models from %s.", names),
		"Allow it there, on the page Devices, and try again.")
}

func damagedAt(names string) error {
	return refuse(ErrDamaged, "File is damaged there", fmt.Sprintf("What came from %s is not this model.", names),
		"Run croft models check there, or copy it from another device.")
}

func noRoom(needs, free int64) error {
	return refuse(ErrNoSpace, "Not enough space",
		fmt.Sprintf("The copy needs %s; the disk has %s free.", Bytes(needs), Bytes(free)),
		"Free some space and try again.")
}

func roomGone(free int64) error {
	return refuse(ErrNoSpace, "The disk is nearly full", fmt.Sprintf("The disk has only %s free now.", Bytes(free)),
		"Free some space and try again; "+onwards+".")
}
