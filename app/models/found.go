package models

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// What a look through other programs' folders is limited to, so that a huge or a looping folder cannot hold it up.
const (
	walkDepthMax   = 8
	walkEntriesMax = 50_000 // of all folders together
	foundMax       = 500    // files
)

// found is a file that may be a model.
type found struct {
	program string
	path    string // as the person knows it, symbolic links and all
	name    string // what it is called, as a path or as Ollama names it
}

// Found returns model files in the folders of other programs that are not in the library.
// Parts of split models, picture parts and vocabularies are left out; broken and unsupported files say so.
func (l *Library) Found(ctx context.Context) ([]Model, error) {
	records, err := l.store.Models(ctx)
	if err != nil {
		return nil, fmt.Errorf("look for models: %w", err)
	}
	w := walk{ctx: ctx, seen: map[string]bool{}}
	for _, r := range records {
		w.seen[realPath(l.pathOf(r))] = true
		w.seen[blobPrefix+r.ID] = true
	}
	for _, p := range l.places {
		if p.program == ollama {
			w.ollama(p.dir)
		} else {
			w.folder(p.program, p.dir, 0)
		}
	}
	list, budget := make([]Model, 0, len(w.files)), l.budget()
	for _, f := range w.files {
		if m, ok := l.foundModel(f, budget); ok && ctx.Err() == nil {
			list = append(list, m)
		}
	}
	return list, ctx.Err()
}

// foundModel describes a found file. False: it is no model.
func (l *Library) foundModel(f found, budget int64) (Model, bool) {
	info, err := l.inspect.header(f.path)
	if errors.Is(refuseVocabulary(info, err), ErrNotAModel) {
		return Model{}, false
	}
	m := Model{Name: nameOf(info.Name, f.name, info.Parameters), Path: f.path, Source: f.program, SizeBytes: info.SizeBytes}
	if st, err := os.Stat(f.path); err == nil {
		m.SizeBytes = st.Size()
	}
	l.fill(&m, budget)
	return m, true
}

// walk gathers files. It ends early when ctx does.
type walk struct {
	ctx     context.Context
	seen    map[string]bool // real paths of files and folders, and names of blobs
	entries int
	files   []found
}

// done tells whether a limit is reached.
func (w *walk) done() bool {
	return w.ctx.Err() != nil || w.entries >= walkEntriesMax || len(w.files) >= foundMax
}

// folder looks through dir and what is below it. Symbolic links are followed, each target once.
func (w *walk) folder(program, dir string, depth int) {
	if real := realPath(dir); depth > walkDepthMax || w.done() || w.seen[real] {
		return
	} else {
		w.seen[real] = true
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return // Not there or not ours to read: nothing to offer.
	}
	for _, e := range entries {
		if w.entries++; w.done() {
			return
		}
		path := filepath.Join(dir, e.Name())
		st, err := os.Stat(path)
		switch {
		case err != nil:
		case st.IsDir():
			w.folder(program, path, depth+1)
		case st.Mode().IsRegular() && strings.EqualFold(filepath.Ext(path), ".gguf") && refuseByName(path) == nil:
			w.add(found{program, path, path})
		}
	}
}

func (w *walk) add(f found) {
	if real := realPath(f.path); !w.seen[real] && !w.done() {
		w.seen[real] = true
		w.files = append(w.files, f)
	}
}

// realPath is path with symbolic links resolved, as far as they can be.
func realPath(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return path
}
