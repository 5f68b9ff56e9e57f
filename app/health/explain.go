package health

import (
	"context"
	"errors"
	"io/fs"
	"syscall"

	"croft/engine"
	"croft/engine/arch"
	"croft/engine/gguf"
	"croft/engine/template"
	"croft/engine/tokenizer"
	"croft/storage"
)

// explanation gives the problem behind an error that is target.
type explanation struct {
	target  error
	explain func(target, err error) Problem
}

// always explains each error of a kind in the same words.
func always(title, sentence, next string, s Severity) func(target, err error) Problem {
	return func(_, _ error) Problem { return Problem{title, sentence, next, s} }
}

// inItsWords takes the sentence from the error, whose package writes it for people.
func inItsWords(title, next string) func(target, err error) Problem {
	return func(target, err error) Problem {
		return Problem{title, Sentence(wordsOf(err, target)), next, Blocking}
	}
}

// atPath completes the sentence with the path that the error is about, where it names one.
func atPath(title, sentence, next string, s Severity) func(target, err error) Problem {
	return func(_, err error) Problem {
		var at *fs.PathError
		if errors.As(err, &at) && at.Path != "" {
			return Problem{title, sentence + ": " + at.Path + ".", next, s}
		}
		return Problem{title, sentence + ".", next, s}
	}
}

const (
	another = "Take another file, for example one made for Qwen3 or Llama 3."
	again   = "Download the file again."
	inDisk  = "Free some space and try again; what was saved before is safe."
	home    = "Choose another folder with --home, or change the permissions of this one."
)

// explanations are asked in order; the narrower cause stands first.
var explanations = []explanation{
	{gguf.ErrNotGGUF, inItsWords("Not a model file", "Choose a file that ends in .gguf and was downloaded whole.")},
	{gguf.ErrTruncated, inItsWords("File is not complete", again)},
	{gguf.ErrCorrupt, inItsWords("File is damaged", again)},
	{gguf.ErrSplit, inItsWords("Split model", "Only models in one file can be used.")},
	{gguf.ErrUnsupported, inItsWords("Not supported", another)},
	{arch.ErrUnsupported, inItsWords("Not supported", another)},
	{arch.ErrInvalid, inItsWords("File is not usable", again)},
	{tokenizer.ErrUnsupported, inItsWords("Not supported", another)},
	{template.ErrLimit, inItsWords("Chat template fails", another)},
	{engine.ErrMemory, always("Too big here", "The model does not fit in the memory that is free.", "Close other programs, or choose a smaller model.", Blocking)},
	{engine.ErrPurpose, inItsWords("Made for something else", "Choose another model.")},
	{engine.ErrClosed, always("Model is gone", "The model was unloaded meanwhile.", "Try again.", Warning)},

	{storage.ErrFull, always("The disk is full", "There is no space left on the disk.", inDisk, Blocking)},
	{storage.ErrReadOnly, always("No permission", "Croft may not write here.", home, Blocking)},
	{storage.ErrLocked, always("Database is in use", "Another program is using Croft's database.", "Close it and try again.", Blocking)},
	{storage.ErrDamaged, always("Database is damaged", "The database is damaged and was left as it is.",
		"Make a copy of it, then put a file of the folder backups in its place, or move it away to start with an empty one.", Blocking)},
	{storage.ErrForeign, always("Not Croft's database", "There is a database here that is not one of Croft's; it was left as it is.",
		"Move it away, or choose another folder with --home.", Blocking)},
	{storage.ErrNewer, always("Newer database", "A newer version of Croft wrote this database.",
		"Install that version again, or choose another folder with --home.", Blocking)},
	{storage.ErrDisk, always("Disk trouble", "The disk could not be read or written.", "See that it is still connected and healthy.", Blocking)},
	{storage.ErrNotFound, always("Not there", "What was asked for is not there any more.", "Look at the list again.", Warning)},

	{context.Canceled, always("Stopped", "It was stopped before it was done.", "Start it again when you like.", Note)},
	{context.DeadlineExceeded, always("Took too long", "It took too long and was given up.", "Try again when the device is less busy.", Warning)},
	{syscall.ENOSPC, always("The disk is full", "There is no space left on the disk.", inDisk, Blocking)},
	{syscall.EROFS, always("Read-only disk", "The disk can only be read, not written.", home, Blocking)},
	{syscall.EIO, always("Disk trouble", "The disk could not be read or written.", "See that it is still connected and healthy.", Blocking)},
	{syscall.EMFILE, always("Too many open files", "Too many files are open at once.", "Close other programs and try again.", Warning)},
	{syscall.ENOMEM, always("Out of memory", "The device has not enough free memory.", "Close other programs, or use a smaller model.", Blocking)},
	{syscall.EISDIR, atPath("A folder", "This is a folder and not a file", "Give the file inside it.", Warning)},
	{syscall.ENOTDIR, atPath("Not a folder", "A part of this path is a file and not a folder", "Choose another folder.", Blocking)},
	{fs.ErrPermission, atPath("No permission", "Croft may not open this file or folder", "Change its permissions, or choose another one.", Blocking)},
	{fs.ErrNotExist, atPath("Not found", "There is no such file or folder", "Check the name, and whether its disk is connected.", Warning)},
}

// wordsOf is the text of the error that directly wraps target: the one written for people, without what was put
// before it on the way.
func wordsOf(err, target error) string {
	for e := err; e != nil; {
		switch u := e.(type) {
		case interface{ Unwrap() error }:
			next := u.Unwrap()
			if next == target {
				return e.Error()
			}
			e = next
		case interface{ Unwrap() []error }:
			e = carrier(u.Unwrap(), target)
		default:
			e = nil
		}
	}
	return err.Error()
}

// carrier is the one of several joined errors that has target behind it.
func carrier(errs []error, target error) error {
	for _, e := range errs {
		if errors.Is(e, target) && e != target {
			return e
		}
	}
	return nil
}
