package models

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"unicode"
)

// prefixMin is how many hex digits of an id must be given.
const prefixMin = 4

// Resolve finds a model by id, by the beginning of an id, by name, or by path; "" is the default model.
// A file that is not in the library is examined and returned without an ID.
func (l *Library) Resolve(ctx context.Context, name string) (Model, error) {
	if IsPath(name) {
		return l.byPath(ctx, name)
	}
	list, err := l.List(ctx)
	if err != nil {
		return Model{}, err
	}
	if name == "" {
		return defaultOf(list)
	}
	for _, matches := range []func(Model) bool{byStart(name), byName(name), byPart(name)} {
		if m, n := first(list, matches); n == 1 {
			return m, nil
		} else if n > 1 {
			return Model{}, ambiguous(name, m, last(list, matches))
		}
	}
	return Model{}, notFound(name)
}

func defaultOf(list []Model) (Model, error) {
	if len(list) == 0 {
		return Model{}, noModel()
	}
	for _, m := range list {
		if m.Default {
			return m, nil
		}
	}
	return Model{}, noneUsable()
}

// IsPath tells a path from a name: it has a separator or ends in .gguf, or it is there.
func IsPath(name string) bool {
	if name == "" {
		return false
	}
	if strings.ContainsRune(name, '/') || strings.ContainsRune(name, filepath.Separator) || strings.EqualFold(filepath.Ext(name), ".gguf") {
		return true
	}
	st, err := os.Stat(name)
	return err == nil && st.Mode().IsRegular()
}

func (l *Library) byPath(ctx context.Context, path string) (Model, error) {
	path, err := regularFile(path)
	if err != nil {
		return Model{}, err
	}
	list, err := l.List(ctx)
	if err != nil {
		return Model{}, err
	}
	for _, m := range list {
		if m.Path == path {
			return m, nil
		}
	}
	return l.Examine(ctx, path)
}

func byStart(name string) func(Model) bool {
	start := strings.ToLower(name)
	return func(m Model) bool { return len(start) >= prefixMin && strings.HasPrefix(m.ID, start) }
}

func byName(name string) func(Model) bool {
	key := plain(name)
	return func(m Model) bool { return key != "" && (plain(m.Name) == key || plain(m.Name+m.Quant) == key) }
}

func byPart(name string) func(Model) bool {
	key := plain(name)
	return func(m Model) bool { return key != "" && strings.Contains(plain(m.Name+m.Quant), key) }
}

// plain leaves letters and digits only, in lower case: "Qwen3-0.6B" and "qwen3 0.6b" are the same name.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// first returns the first match and how many there are.
func first(list []Model, matches func(Model) bool) (found Model, n int) {
	for _, m := range list {
		if matches(m) {
			if n == 0 {
				found = m
			}
			n++
		}
	}
	return found, n
}

func last(list []Model, matches func(Model) bool) (found Model) {
	for _, m := range list {
		if matches(m) {
			found = m
		}
	}
	return found
}
