package template

import "strings"

// builtin is a filter, a test, a method or a global function written in Go.
type builtin struct {
	spec spec
	fn   func(s *state, a []value) value   // gets one value for each parameter, nil where none was given
	open func(s *state, a arguments) value // takes whatever comes
}

// spec names the parameters of a builtin.
type spec struct {
	names    []string
	required int
}

// takes reads a spec such as "value width? fill?", where the marked ones may be left out.
func takes(params string) spec {
	var sp spec
	for _, name := range strings.Fields(params) {
		if !strings.HasSuffix(name, "?") {
			sp.required++
		}
		sp.names = append(sp.names, strings.TrimSuffix(name, "?"))
	}
	return sp
}

func def(params string, fn func(s *state, a []value) value) builtin {
	return builtin{spec: takes(params), fn: fn}
}

func variadic(fn func(s *state, a arguments) value) builtin { return builtin{open: fn} }

// run calls the builtin. Reading its first text and making its result are paid for by their length.
func (b builtin) run(s *state, name string, a arguments) value {
	s.spend(1)
	if len(a.pos) > 0 {
		if t, ok := asText(a.pos[0]); ok {
			s.spend(len(t) / 64)
		}
	}
	var v value
	if b.open != nil {
		v = b.open(s, a)
	} else {
		v = b.fn(s, s.bind(name, b.spec, a))
	}
	if t, ok := asText(v); ok {
		s.charge(len(t))
	}
	return v
}

// bind puts arguments in the order of the parameters.
func (s *state) bind(name string, sp spec, a arguments) []value {
	if len(a.pos) > len(sp.names) {
		s.fail("%s takes at most %d arguments (%d given)", name, len(sp.names), len(a.pos))
	}
	bound := make([]value, len(sp.names))
	copy(bound, a.pos)
	used := 0
	for i, param := range sp.names {
		v, ok := a.find(param)
		if !ok {
			continue
		}
		if bound[i] != nil {
			s.fail("%s got two values for %s", name, quote(param))
		}
		bound[i] = v
		used++
	}
	if a.named != nil && used < len(a.named.keys) {
		s.fail("%s got an unknown keyword argument", name)
	}
	for i := range sp.required {
		if bound[i] == nil {
			s.fail("%s is missing the argument %s", name, quote(sp.names[i]))
		}
	}
	return bound
}

// want returns the text of v, or fails as Python does on another type.
func (s *state) want(v value) string {
	t, ok := asText(v)
	if !ok {
		s.failType(v, "a text")
	}
	return t
}

func (s *state) failType(v value, wanted string) {
	if u, ok := v.(*undefined); ok {
		s.fail("%s", u.message())
	}
	s.fail("expected %s, got %s", wanted, quote(v.typeName()))
}

// wantOr is want with a value for what was left out.
func (s *state) wantOr(v value, other string) string {
	if v == nil {
		return other
	}
	return s.want(v)
}

// intOr returns a whole number, bounded so that sums of it stay in range.
func (s *state) intOr(v value, other int) int {
	if v == nil {
		return other
	}
	if b, ok := v.(bigInteger); ok {
		return b.Sign() * (1 << 53)
	}
	i, ok := asInt(v)
	if !ok {
		s.failType(v, "a whole number")
	}
	return int(max(min(i, 1<<53), -1<<53))
}

func boolOr(v value, other bool) bool {
	if v == nil {
		return other
	}
	return truth(v)
}

// optional returns nil for None too.
func optional(v value) value {
	if v == nil || isNone(v) {
		return nil
	}
	return v
}

// sized checks that a text of n characters may be made.
func (s *state) sized(n int) int {
	if n > outputMax {
		s.limit("it makes a text of more than 16 MiB")
	}
	return n
}
