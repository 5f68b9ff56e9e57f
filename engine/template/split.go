package template

import "strings"

// texts makes a list of parts of self.
func (s *state) texts(self value, parts []string) value {
	s.spend(len(parts))
	items := make([]value, len(parts))
	for i, part := range parts {
		items[i] = like(self, part)
	}
	return newList(items)
}

func split(s *state, a []value) value {
	t, most := s.want(a[0]), s.intOr(a[2], -1)
	sep := optional(a[1])
	if sep == nil {
		return s.texts(a[0], fields(t, most))
	}
	return s.texts(a[0], strings.SplitN(t, s.separator(sep), splits(most)))
}

// separator is the text to split at.
func (s *state) separator(v value) string {
	sep := s.want(v)
	if sep == "" {
		s.fail("empty separator")
	}
	return sep
}

// splits turns Python's largest number of cuts into Go's largest number of parts.
func splits(most int) int {
	if most < 0 {
		return -1
	}
	return most + 1
}

// fields splits at white space, at most times from the left.
func fields(t string, most int) []string {
	var parts []string
	for t = strings.TrimLeftFunc(t, isSpace); t != ""; {
		i := strings.IndexFunc(t, isSpace)
		if i < 0 || most == len(parts) {
			return append(parts, t)
		}
		parts = append(parts, t[:i])
		t = strings.TrimLeftFunc(t[i:], isSpace)
	}
	return parts
}

func rsplit(s *state, a []value) value {
	t, most := s.want(a[0]), s.intOr(a[2], -1)
	sep := optional(a[1])
	if sep == nil {
		return s.texts(a[0], lastFields(t, most))
	}
	mark := s.separator(sep)
	var parts []string
	for most < 0 || len(parts) < most {
		i := strings.LastIndex(t, mark)
		if i < 0 {
			break
		}
		parts = append(parts, t[i+len(mark):])
		t = t[:i]
	}
	return s.texts(a[0], reversed(append(parts, t)))
}

// lastFields splits at white space, at most times from the right.
func lastFields(t string, most int) []string {
	var parts []string
	for t = strings.TrimRightFunc(t, isSpace); t != ""; {
		i := strings.LastIndexFunc(t, isSpace)
		if i < 0 || most == len(parts) {
			parts = append(parts, t)
			break
		}
		word := strings.TrimLeftFunc(t[i:], isSpace)
		parts = append(parts, word)
		t = strings.TrimRightFunc(t[:i], isSpace)
	}
	return reversed(parts)
}

func reversed[T any](list []T) []T {
	back := make([]T, 0, len(list))
	for i := len(list) - 1; i >= 0; i-- {
		back = append(back, list[i])
	}
	return back
}

func partition(s *state, a []value) value {
	before, after, found := strings.Cut(s.want(a[0]), s.separator(a[1]))
	sep := s.want(a[1])
	if !found {
		sep = ""
	}
	return newTuple(like(a[0], before), like(a[0], sep), like(a[0], after))
}

func rpartition(s *state, a []value) value {
	t, sep := s.want(a[0]), s.separator(a[1])
	i := strings.LastIndex(t, sep)
	if i < 0 {
		return newTuple(like(a[0], ""), like(a[0], ""), a[0])
	}
	return newTuple(like(a[0], t[:i]), like(a[0], sep), like(a[0], t[i+len(sep):]))
}

func joinMethod(s *state, a []value) value {
	var parts []string
	for i, item := range s.collect(a[1]) {
		if _, ok := asText(item); !ok {
			s.fail("sequence item %d: expected str instance, %s found", i, item.typeName())
		}
		parts = append(parts, s.operand(a[0], item))
	}
	return like(a[0], s.joinAll(parts, s.want(a[0])))
}

// joinAll joins texts after checking how long that gets.
func (s *state) joinAll(parts []string, sep string) string {
	n := s.product(int64(max(0, len(parts)-1)), len(sep))
	for _, part := range parts {
		n = s.sized(n + len(part))
	}
	s.charge(n)
	return strings.Join(parts, sep)
}
