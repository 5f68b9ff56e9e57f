package health

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"unicode"
	"unicode/utf8"

	"croft/engine/gguf"
	"croft/storage"
)

func TestEveryExplanationIsWhole(t *testing.T) {
	for _, e := range explanations {
		p := Of(fmt.Errorf("somewhere: %w", e.target))
		if p.Title == "" || p.Sentence == "" || p.Next == "" {
			t.Errorf("%v: %+v lacks a part", e.target, p)
		}
		for _, s := range []string{p.Sentence, p.Next} {
			if r, _ := utf8.DecodeRuneInString(s); !unicode.IsUpper(r) || !strings.HasSuffix(s, ".") || strings.Contains(s, "!") {
				t.Errorf("%v: %q is no sentence", e.target, s)
			}
		}
	}
}

func TestCausesAreTold(t *testing.T) {
	_, missing := os.Open(filepath.Join(t.TempDir(), "gone"))
	page := filepath.Join(t.TempDir(), "page.gguf")
	if err := os.WriteFile(page, []byte("<!doctype html>"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, html := gguf.Open(page)
	for name, c := range map[string]struct {
		err  error
		want string // in the line
	}{
		"disk":          {&fs.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}, "There is no space left on the disk. Free some space"},
		"database full": {fmt.Errorf("save: %w", storage.ErrFull), "There is no space left"},
		"missing":       {missing, "There is no such file or folder: " + missing.(*fs.PathError).Path + ". Check"},
		"web page":      {fmt.Errorf("load Tiny: %w", html), "This is not a GGUF file: it is a web page"},
		"joined":        {errors.Join(errors.New("first"), html), "This is not a GGUF file: it is a web page"},
		"stopped":       {fmt.Errorf("import: %w", context.Canceled), "It was stopped"},
		"unknown":       {errors.New("the sky fell"), "The sky fell. Run croft doctor"},
	} {
		if got := Of(c.err).Line(); !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// known explains itself.
type known struct{}

func (known) Error() string    { return "known" }
func (known) Problem() Problem { return Problem{Sentence: "I know.", Next: "Ask."} }

func TestAnErrorThatExplainsItselfIsBelieved(t *testing.T) {
	if got := Of(fmt.Errorf("wrapped: %w", known{})).Line(); got != "I know. Ask." {
		t.Errorf("got %q", got)
	}
	if got := Of(nil); got != (Problem{}) {
		t.Errorf("no error gives %+v", got)
	}
}

func TestSentence(t *testing.T) {
	for in, want := range map[string]string{
		"":                  "",
		"über alles":        "Über alles.",
		"is it?":            "Is it?",
		"one\ntwo":          "One two.",
		" already a line. ": "Already a line.",
	} {
		if got := Sentence(in); got != want {
			t.Errorf("%q gives %q, want %q", in, got, want)
		}
	}
}
