package template

import "unicode/utf8"

// iterable says whether a for could run over v.
func iterable(v value) bool {
	switch v.(type) {
	case str, markup, *list, *tuple, *dict, *view, *span, *generator, *undefined, *loop:
		return true
	}
	return false
}

// iterate returns a function that gives the next item. Each costs a step.
func (s *state) iterate(v value) func() (value, bool) {
	next := s.source(v)
	return func() (value, bool) {
		s.spend(1)
		return next()
	}
}

func (s *state) source(v value) func() (value, bool) {
	if t, ok := asText(v); ok {
		return characters(t)
	}
	switch v := v.(type) {
	case *list:
		return counted(func() int { return len(v.items) }, func(i int) value { return v.items[i] })
	case *tuple:
		return counted(func() int { return len(v.items) }, func(i int) value { return v.items[i] })
	case *dict:
		return counted(func() int { return len(v.keys) }, func(i int) value { return v.keys[i] })
	case *view:
		return counted(func() int { return len(v.d.keys) }, v.at)
	case *span:
		return counted(func() int { return int(v.length()) }, func(i int) value { return v.at(int64(i)) })
	case *generator:
		return v.next
	case *undefined:
		return func() (value, bool) { return nil, false }
	case *loop:
		return v.pairs
	}
	s.fail("%s object is not iterable", quote(v.typeName()))
	return nil
}

func counted(n func() int, at func(i int) value) func() (value, bool) {
	i := 0
	return func() (value, bool) {
		if i >= n() {
			return nil, false
		}
		i++
		return at(i - 1), true
	}
}

func characters(t string) func() (value, bool) {
	return func() (value, bool) {
		if t == "" {
			return nil, false
		}
		_, n := utf8.DecodeRuneInString(t)
		c := t[:n]
		t = t[n:]
		return str(c), true
	}
}

// pairs lets a template run over the loop variable itself, which takes the items from the loop.
func (l *loop) pairs() (value, bool) {
	item, ok := l.advance()
	return newTuple(item, l), ok
}

// collect is Python's list(v).
func (s *state) collect(v value) []value {
	var all []value
	next := s.iterate(v)
	for item, ok := next(); ok; item, ok = next() {
		all = append(all, item)
	}
	return all
}
