package models

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"croft/engine"
)

// inspector reads headers and remembers them until the file changes: a vocabulary of 150,000 tokens takes a while.
type inspector struct {
	read  func(path string) (engine.Info, error)
	mu    sync.Mutex
	known map[string]inspected
}

type inspected struct {
	size     int64
	modified time.Time
	info     engine.Info
	err      error
}

// inspectedMost bounds the memory; beyond it everything is forgotten and read anew.
const inspectedMost = 1024

func newInspector() *inspector {
	return &inspector{read: engine.Inspect, known: map[string]inspected{}}
}

// header returns what a file says of itself.
func (in *inspector) header(path string) (engine.Info, error) {
	st, err := os.Stat(path)
	if err != nil {
		return engine.Info{}, err
	}
	in.mu.Lock()
	old, ok := in.known[path]
	in.mu.Unlock()
	if ok && old.size == st.Size() && old.modified.Equal(st.ModTime()) {
		return old.info, old.err
	}
	info, err := in.read(path)
	if passing(err) {
		return info, err
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	if len(in.known) >= inspectedMost {
		clear(in.known)
	}
	in.known[path] = inspected{st.Size(), st.ModTime(), info, err}
	return info, err
}

// passing tells an error of the moment from one of the file's content.
func passing(err error) bool {
	return errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrNotExist)
}

// regularFile makes path absolute and refuses folders and devices.
func regularFile(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	st, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", refuse(ErrMissing, "No such file", "There is no file "+path+".", "Check the name, and whether its disk is connected.")
	case err != nil:
		return "", err
	case st.IsDir():
		return "", notAModel(path+" is a folder.", "Give the GGUF file inside it.")
	case !st.Mode().IsRegular():
		return "", notAModel(path+" is not a regular file.", "Give a GGUF file.")
	}
	return path, nil
}

// admit reads a file's header and refuses what cannot be run.
func (l *Library) admit(path string) (engine.Info, error) {
	if err := refuseByName(path); err != nil {
		return engine.Info{}, err
	}
	info, err := l.inspect.header(path)
	return info, refuseVocabulary(info, err)
}

// partName is how llama.cpp names the parts of a split file.
var partName = regexp.MustCompile(`(?i)-(\d{5})-of-(\d{5})\.gguf$`)

// refuseByName explains the files that lie beside models and are none.
func refuseByName(path string) error {
	name := strings.ToLower(filepath.Base(path))
	switch {
	case partName.MatchString(name):
		return notAModel("This is one part of a model that is split over several files.",
			"Join the parts with llama-gguf-split --merge, or take a model in one file.")
	case strings.Contains(name, "mmproj"):
		return notAModel("This is the part of a model that looks at pictures; it cannot chat.",
			"Give the model it belongs to.")
	}
	return nil
}

// vocabularyOnly tells a file without weights, such as llama.cpp makes for tests of tokenizers.
func vocabularyOnly(info engine.Info) bool { return info.Vocabulary > 0 && info.Parameters == 0 }

// refuseVocabulary refuses files without weights, given what the engine says of them.
func refuseVocabulary(info engine.Info, err error) error {
	if vocabularyOnly(info) {
		return notAModel("This file holds a vocabulary only; it cannot chat.", "Choose the model itself.")
	}
	return err
}
