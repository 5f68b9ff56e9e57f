package template

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// allMethods are Python's, by type. The first argument is the value itself.
func allMethods() map[string]map[string]builtin {
	return map[string]map[string]builtin{
		"str": strMethods,
		"dict": {
			"get":    def("self key default?", dictGet),
			"items":  def("self", func(_ *state, a []value) value { return &view{a[0].(*dict), itemView} }),
			"keys":   def("self", func(_ *state, a []value) value { return &view{a[0].(*dict), keyView} }),
			"values": def("self", func(_ *state, a []value) value { return &view{a[0].(*dict), valueView} }),
			"copy":   def("self", func(s *state, a []value) value { s.spend(len(a[0].(*dict).keys)); return a[0].(*dict).clone() }),
		},
		"list": {
			"index": def("self value start? stop?", indexOf),
			"count": def("self value", countOf),
			"copy":  def("self", func(s *state, a []value) value { return newList(s.collect(a[0])) }),
			"pop":   def("self index?", listPop),
			"clear": def("self", func(_ *state, a []value) value { a[0].(*list).items = nil; return none{} }),
		},
		"tuple": {
			"index": def("self value start? stop?", indexOf),
			"count": def("self value", countOf),
		},
		"range": {
			"index": def("self value", indexOf),
			"count": def("self value", countOf),
		},
		"float": {
			"is_integer": def("self", func(_ *state, a []value) value { f := float64(a[0].(float)); return boolean(f == float64(int64(f))) }),
		},
	}
}

var strMethods = map[string]builtin{
	"capitalize": textMethod(capitalize),
	"casefold":   textMethod(func(t string) string { return lower(strings.ReplaceAll(t, "ß", "ss")) }),
	"lower":      textMethod(lower),
	"upper":      textMethod(upper),
	"title":      textMethod(title),
	"swapcase":   textMethod(swapCase),

	"strip":        def("self chars?", stripMethod(strings.Trim, strings.TrimFunc)),
	"lstrip":       def("self chars?", stripMethod(strings.TrimLeft, strings.TrimLeftFunc)),
	"rstrip":       def("self chars?", stripMethod(strings.TrimRight, strings.TrimRightFunc)),
	"removeprefix": def("self prefix", func(s *state, a []value) value { return like(a[0], strings.TrimPrefix(s.want(a[0]), s.want(a[1]))) }),
	"removesuffix": def("self suffix", func(s *state, a []value) value { return like(a[0], strings.TrimSuffix(s.want(a[0]), s.want(a[1]))) }),

	"center":     def("self width fill?", padMethod(func(n int, width int) int { return n/2 + (n & width & 1) })),
	"ljust":      def("self width fill?", padMethod(func(int, int) int { return 0 })),
	"rjust":      def("self width fill?", padMethod(func(n, _ int) int { return n })),
	"zfill":      def("self width", zfill),
	"expandtabs": def("self tabsize?", expandTabs),

	"split":      def("self sep? maxsplit?", split),
	"rsplit":     def("self sep? maxsplit?", rsplit),
	"splitlines": def("self keepends?", func(s *state, a []value) value { return s.texts(a[0], splitLines(s.want(a[0]), boolOr(a[1], false))) }),
	"partition":  def("self sep", partition),
	"rpartition": def("self sep", rpartition),
	"join":       def("self iterable", joinMethod),
	"replace":    def("self old new count?", replaceMethod),

	"find":       def("self sub start? end?", func(s *state, a []value) value { return integer(s.find(a, strings.Index)) }),
	"rfind":      def("self sub start? end?", func(s *state, a []value) value { return integer(s.find(a, strings.LastIndex)) }),
	"index":      def("self sub start? end?", func(s *state, a []value) value { return s.mustFind(a, strings.Index) }),
	"rindex":     def("self sub start? end?", func(s *state, a []value) value { return s.mustFind(a, strings.LastIndex) }),
	"count":      def("self sub start? end?", countMethod),
	"startswith": def("self prefix start? end?", affixMethod(strings.HasPrefix)),
	"endswith":   def("self suffix start? end?", affixMethod(strings.HasSuffix)),

	"isalnum":   every(func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }),
	"isalpha":   every(unicode.IsLetter),
	"isdecimal": every(unicode.IsDigit),
	"isdigit": every(func(r rune) bool {
		return unicode.IsDigit(r) || strings.ContainsRune("²³¹⁰⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉", r)
	}),
	"isnumeric": every(unicode.IsNumber),
	"isspace":   every(isSpace),
	"isascii": whole(func(t string) bool {
		return len(t) == runeCount(t) && strings.IndexFunc(t, func(r rune) bool { return r > 127 }) < 0
	}),
	"islower":      whole(func(t string) bool { return allCased(t, unicode.IsLower) }),
	"isupper":      whole(func(t string) bool { return allCased(t, unicode.IsUpper) }),
	"istitle":      whole(func(t string) bool { return strings.IndexFunc(t, isCased) >= 0 && title(t) == t }),
	"isprintable":  whole(func(t string) bool { return strings.IndexFunc(t, func(r rune) bool { return !unicode.IsPrint(r) }) < 0 }),
	"isidentifier": whole(isIdentifier),

	"format": variadic(func(s *state, a arguments) value {
		self := a.pos[0]
		return like(self, s.formatText(s.want(self), arguments{a.pos[1:], a.named}, self))
	}),
}

func textMethod(f func(string) string) builtin {
	return def("self", func(s *state, a []value) value { return like(a[0], f(s.want(a[0]))) })
}

func whole(f func(string) bool) builtin {
	return def("self", func(s *state, a []value) value { return boolean(f(s.want(a[0]))) })
}

// every holds for texts of at least one character that all pass.
func every(f func(rune) bool) builtin {
	return whole(func(t string) bool {
		return t != "" && strings.IndexFunc(t, func(r rune) bool { return !f(r) }) < 0
	})
}

func allCased(t string, want func(rune) bool) bool {
	return strings.IndexFunc(t, isCased) >= 0 && strings.IndexFunc(t, func(r rune) bool { return isCased(r) && !want(r) }) < 0
}

func isIdentifier(t string) bool {
	for i, r := range t {
		if r != '_' && !unicode.IsLetter(r) && (i == 0 || !unicode.IsDigit(r) && !unicode.IsMark(r)) {
			return false
		}
	}
	return t != ""
}

func swapCase(t string) string {
	var b strings.Builder
	for _, r := range t {
		if unicode.IsUpper(r) {
			b.WriteString(lower(string(r)))
		} else {
			b.WriteString(upper(string(r)))
		}
	}
	return b.String()
}

func stripMethod(set func(string, string) string, space func(string, func(rune) bool) string) func(*state, []value) value {
	return func(s *state, a []value) value {
		if chars := optional(a[1]); chars != nil {
			return like(a[0], set(s.want(a[0]), s.want(chars)))
		}
		return like(a[0], space(s.want(a[0]), isSpace))
	}
}

// operand is the text of an argument, escaped where the method belongs to markup.
func (s *state) operand(self, arg value) string {
	t := s.want(arg)
	if _, safe := self.(markup); !safe {
		return t
	}
	if _, safe := arg.(markup); safe {
		return t
	}
	return escape(t)
}

// padMethod fills a text up to a width; left says how much of the filling goes before it.
func padMethod(left func(n, width int) int) func(*state, []value) value {
	return func(s *state, a []value) value {
		t, width := s.want(a[0]), s.sized(s.intOr(a[1], 0))
		fill := s.wantOr(a[2], " ")
		if runeCount(fill) != 1 {
			s.fail("the fill character must be exactly one character long")
		}
		n := max(0, width-runeCount(t))
		s.charge(n*len(fill) + len(t))
		before := left(n, width)
		return like(a[0], strings.Repeat(fill, before)+t+strings.Repeat(fill, n-before))
	}
}

func zfill(s *state, a []value) value {
	t, sign := s.want(a[0]), ""
	n := max(0, s.sized(s.intOr(a[1], 0))-runeCount(t))
	if t != "" && (t[0] == '+' || t[0] == '-') {
		sign, t = t[:1], t[1:]
	}
	return like(a[0], sign+strings.Repeat("0", n)+t)
}

func expandTabs(s *state, a []value) value {
	size := min(s.intOr(a[1], 8), 1<<16)
	var b strings.Builder
	column := 0
	for _, r := range s.want(a[0]) {
		switch {
		case r == '\t' && size > 0:
			n := size - column%size
			s.sized(b.Len() + n)
			b.WriteString(strings.Repeat(" ", n))
			column += n
		case r == '\t':
		default:
			b.WriteRune(r)
			column++
			if r == '\n' || r == '\r' {
				column = 0
			}
		}
	}
	return like(a[0], b.String())
}

func replaceMethod(s *state, a []value) value {
	old, with := s.operand(a[0], a[1]), s.operand(a[0], a[2])
	return like(a[0], s.replace(s.want(a[0]), old, with, s.intOr(a[3], -1)))
}

// replace checks the size of the result before it makes it.
func (s *state) replace(t, old, with string, n int) string {
	found := strings.Count(t, old)
	if n >= 0 {
		found = min(found, n)
	}
	s.charge(len(t) + s.product(int64(found), len(with)))
	return strings.Replace(t, old, with, n)
}

// window cuts a text to the start and end that find, count and their like take, and says how many characters come before.
// ok is false if it starts after the text, where not even nothing is found.
func (s *state) window(a []value) (t string, before int, ok bool) {
	t = s.want(a[0])
	bounds := [3]value{none{}, none{}, none{}}
	for i, v := range a[2:] {
		if v != nil {
			bounds[i] = v
		}
	}
	n := runeCount(t)
	start, _, count, ok := s.cut(bounds, n)
	if !ok {
		s.fail("slice indices must be integers or None")
	}
	from, _ := asInt(bounds[0])
	return runeSlice(t, start, start+count), start, from <= int64(n)
}

func countMethod(s *state, a []value) value {
	t, _, ok := s.window(a)
	if !ok {
		return integer(0)
	}
	return integer(strings.Count(t, s.want(a[1])))
}

// find returns the place of a part in characters, or -1.
func (s *state) find(a []value, index func(t, part string) int) int {
	t, before, ok := s.window(a)
	i := index(t, s.want(a[1]))
	if i < 0 || !ok {
		return -1
	}
	return before + utf8.RuneCountInString(t[:i])
}

func (s *state) mustFind(a []value, index func(t, part string) int) value {
	i := s.find(a, index)
	if i < 0 {
		s.fail("substring not found")
	}
	return integer(i)
}

func affixMethod(has func(t, part string) bool) func(*state, []value) value {
	return func(s *state, a []value) value {
		t, _, ok := s.window(a)
		parts := []value{a[1]}
		if choice, ok := a[1].(*tuple); ok {
			parts = choice.items
		}
		for _, part := range parts {
			if has(t, s.want(part)) && ok {
				return boolean(true)
			}
		}
		return boolean(false)
	}
}

func dictGet(s *state, a []value) value {
	if v, ok := a[0].(*dict).find(s.mustHash(a[1])); ok {
		return v
	}
	if a[2] == nil {
		return none{}
	}
	return a[2]
}

func indexOf(s *state, a []value) value {
	list := s.collect(a[0])
	begin, end := 0, len(list)
	if len(a) > 2 {
		bounds := [3]value{none{}, none{}, none{}}
		for i, v := range a[2:] {
			if v != nil {
				bounds[i] = v
			}
		}
		start, _, count, _ := s.cut(bounds, len(list))
		begin, end = start, start+count
	}
	for i := begin; i < end; i++ {
		if s.equal(list[i], a[1]) {
			return integer(i)
		}
	}
	s.fail("%s is not in the %s", s.repr(a[1]), a[0].typeName())
	return nil
}

func countOf(s *state, a []value) value {
	n := 0
	for _, v := range s.collect(a[0]) {
		if s.equal(v, a[1]) {
			n++
		}
	}
	return integer(n)
}

// listPop is list.pop, the one method by which Jinja's immutable sandbox lets a template change a list.
func listPop(s *state, a []value) value {
	l := a[0].(*list)
	i, ok := place(int64(s.intOr(a[1], -1)), len(l.items))
	if !ok {
		s.fail("pop index out of range")
	}
	s.spend(len(l.items) / 64)
	v := l.items[i]
	l.items = slices.Delete(l.items, i, i+1)
	return v
}
