// Package router chooses where a reply runs, and carries it on elsewhere when that place fails.
//
// The choice is a pure function of what is known: Order. A reply that was begun goes on at the next place. Where that has the
// same model file it gets the tokens written so far, and the words are those that would have come; else it gets the text as
// the beginning of its own reply. No character comes twice and none is left out.
//
// A device that writes a reply sends a line at least every wire.Beat, if only an empty one. One that has been silent for
// three beats is left when somebody else stands ready, and later when nobody does.
package router
