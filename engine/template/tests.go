package template

import "unicode"

// allTests are Jinja's own.
func allTests() map[string]builtin {
	is := func(f func(value) bool) builtin {
		return def("value", func(_ *state, a []value) value { return boolean(f(a[0])) })
	}
	compared := func(op string) builtin {
		return def("a b", func(s *state, a []value) value { return boolean(s.compare(op, a[0], a[1])) })
	}
	all := map[string]builtin{
		"defined":   is(func(v value) bool { return !isUndefined(v) }),
		"undefined": is(isUndefined),
		"none":      is(isNone),
		"boolean":   is(func(v value) bool { _, ok := v.(boolean); return ok }),
		"true":      is(func(v value) bool { return v == boolean(true) }),
		"false":     is(func(v value) bool { return v == boolean(false) }),
		"integer":   is(func(v value) bool { _, isBool := v.(boolean); _, ok := asBig(v); return ok && !isBool }),
		"float":     is(func(v value) bool { _, ok := v.(float); return ok }),
		"number":    is(func(v value) bool { _, ok := asFloat(v); return ok }),
		"string":    is(func(v value) bool { _, ok := asText(v); return ok }),
		"mapping":   is(func(v value) bool { _, ok := v.(*dict); return ok }),
		"sequence":  is(sequence),
		"iterable":  is(iterable),
		"callable":  is(callable),
		"escaped":   is(func(v value) bool { _, ok := v.(markup); return ok }),
		"sameas":    def("value other", func(_ *state, a []value) value { return boolean(same(a[0], a[1])) }),
		"in":        compared("in"),

		"odd":         def("value", func(s *state, a []value) value { return s.remainder(a[0], integer(2), 1) }),
		"even":        def("value", func(s *state, a []value) value { return s.remainder(a[0], integer(2), 0) }),
		"divisibleby": def("value num", func(s *state, a []value) value { return s.remainder(a[0], a[1], 0) }),
		"lower":       def("value", func(s *state, a []value) value { return boolean(allCased(s.display(a[0]), unicode.IsLower)) }),
		"upper":       def("value", func(s *state, a []value) value { return boolean(allCased(s.display(a[0]), unicode.IsUpper)) }),
		"filter":      def("value", func(s *state, a []value) value { _, ok := s.library.filters[s.nameOf(a[0])]; return boolean(ok) }),
		"test":        def("value", func(s *state, a []value) value { _, ok := s.library.tests[s.nameOf(a[0])]; return boolean(ok) }),
	}
	for op, names := range map[string][]string{
		"==": {"==", "eq", "equalto"}, "!=": {"!=", "ne"}, "<": {"<", "lt", "lessthan"},
		"<=": {"<=", "le"}, ">": {">", "gt", "greaterthan"}, ">=": {">=", "ge"},
	} {
		for _, name := range names {
			all[name] = compared(op)
		}
	}
	return all
}

// sequence says whether v has a length and can be indexed.
func sequence(v value) bool {
	switch v.(type) {
	case str, markup, *list, *tuple, *dict, *span, *undefined:
		return true
	}
	return false
}

func callable(v value) bool {
	switch v.(type) {
	case *function, *macro, *loop, *joiner, *undefined:
		return true
	}
	return false
}

// same is Python's is. Two equal numbers or texts count as the same, which for long ones Python leaves open.
func same(a, b value) bool {
	if a.typeName() != b.typeName() {
		return false
	}
	if x, ok := asText(a); ok {
		y, _ := asText(b)
		return x == y
	}
	return a == b
}

func (s *state) remainder(v, by value, want int64) value {
	return boolean(s.equal(s.binary("%", v, by), integer(want)))
}

func (s *state) nameOf(v value) string {
	s.mustHash(v)
	name, _ := asText(v)
	return name
}
