package health

import (
	"context"
	"errors"
	"io/fs"
	"syscall"
)

// explanation gives the problem behind an error that is target.
type explanation struct {
	target  error
	explain func(error) Problem
}

// always explains each error of a kind in the same words.
func always(p Problem) func(error) Problem { return func(error) Problem { return p } }

// explanations are asked in order; the narrower cause stands first.
var explanations = []explanation{
	{context.Canceled, always(Problem{"Stopped", "It was stopped before it was done.", "Start it again when you like.", Note})},
	{context.DeadlineExceeded, always(Problem{"Took too long", "It took too long and was given up.", "Try again when the device is less busy.", Warning})},
	{syscall.ENOSPC, always(Problem{"The disk is full", "There is no space left on the disk.", "Free some space and try again; what was saved before is safe.", Blocking})},
	{syscall.EROFS, always(Problem{"Read-only disk", "The disk can only be read, not written.", "Choose another folder with --home.", Blocking})},
	{syscall.EMFILE, always(Problem{"Too many open files", "Too many files are open at once.", "Close other programs and try again.", Warning})},
	{syscall.ENOMEM, always(Problem{"Out of memory", "The device has not enough free memory.", "Close other programs, or use a smaller model.", Blocking})},
	{fs.ErrPermission, atPath(Problem{"No permission", "Croft may not open this file or folder", "Change its permissions, or choose another one.", Blocking})},
	{fs.ErrNotExist, atPath(Problem{"Not found", "There is no such file or folder", "Check the name, and whether its disk is connected.", Warning})},
}

// atPath completes the sentence of p with the path the error is about, where it names one.
func atPath(p Problem) func(error) Problem {
	return func(err error) Problem {
		q := p
		var at *fs.PathError
		if errors.As(err, &at) && at.Path != "" {
			q.Sentence += ": " + at.Path
		}
		q.Sentence += "."
		return q
	}
}
