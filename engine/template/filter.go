package template

import (
	"html"
	"math"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// allFilters are Jinja's own, without those that are random (random), made for web pages (urlize) or for debugging (pprint).
// tojson is the one Hugging Face puts in its place.
func allFilters() map[string]builtin {
	all := map[string]builtin{}
	for _, group := range []map[string]builtin{textFilters, numberFilters, listFilters()} {
		for name, f := range group {
			all[name] = f
		}
	}
	return all
}

var textFilters = map[string]builtin{
	"string":      def("value", func(s *state, a []value) value { return s.soft(a[0]) }),
	"safe":        def("value", func(s *state, a []value) value { return markup(s.display(a[0])) }),
	"escape":      def("value", escapeFilter),
	"e":           def("value", escapeFilter),
	"forceescape": def("value", func(s *state, a []value) value { return markup(escape(s.display(a[0]))) }),
	"upper":       textFilter(upper),
	"lower":       textFilter(lower),
	"capitalize":  textFilter(capitalize),
	"title":       def("s", func(s *state, a []value) value { return str(titleWords(s.display(a[0]))) }),
	"trim":        def("value chars?", func(s *state, a []value) value { return strMethods["strip"].fn(s, []value{s.soft(a[0]), a[1]}) }),
	"center":      def("value width?", centerFilter),
	"replace":     def("s old new count?", replaceFilter),
	"indent":      def("s width? first? blank?", indent),
	"truncate":    def("s length? killwords? end? leeway?", truncate),
	"wordcount":   def("s", func(s *state, a []value) value { return integer(len(strings.FieldsFunc(s.display(a[0]), notWord))) }),
	"wordwrap":    def("s width? break_long_words? wrapstring? break_on_hyphens?", wordWrap),
	"striptags":   def("value", stripTags),
	"urlencode":   def("value", urlEncode),
	"xmlattr":     def("d autospace?", xmlAttributes),
	"tojson":      def("x ensure_ascii? indent? separators? sort_keys?", toJSON),
	"format":      variadic(formatFilter),
}

// soft turns what is no text into one.
func (s *state) soft(v value) value {
	if _, ok := asText(v); ok {
		return v
	}
	return str(s.display(v))
}

func textFilter(f func(string) string) builtin {
	return def("s", func(s *state, a []value) value { return like(a[0], f(s.display(a[0]))) })
}

func escapeFilter(s *state, a []value) value {
	if safe, ok := a[0].(markup); ok {
		return safe
	}
	return markup(escape(s.display(a[0])))
}

func notWord(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsNumber(r) }

var wordStart = regexp.MustCompile(`[-\s({\[<]+`)

// titleWords is the filter title, which unlike the method sees a word only after a space, a hyphen or a bracket.
func titleWords(t string) string {
	var b strings.Builder
	word := func(w string) {
		if w != "" {
			first := []rune(w)[0]
			b.WriteString(upper(string(first)) + lower(w[len(string(first)):]))
		}
	}
	at := 0
	for _, m := range wordStart.FindAllStringIndex(t, -1) {
		word(t[at:m[0]])
		b.WriteString(t[m[0]:m[1]])
		at = m[1]
	}
	word(t[at:])
	return b.String()
}

func centerFilter(s *state, a []value) value {
	if a[1] == nil {
		a[1] = integer(80)
	}
	return strMethods["center"].fn(s, []value{s.soft(a[0]), a[1], nil})
}

func replaceFilter(s *state, a []value) value {
	n := -1
	if count := optional(a[3]); count != nil {
		n = s.intOr(count, -1)
	}
	return str(s.replace(s.display(a[0]), s.display(a[1]), s.display(a[2]), n))
}

func indent(s *state, a []value) value {
	pad := ""
	if t, ok := asText(orNone(a[1])); ok {
		pad = t
	} else {
		n := max(0, s.intOr(a[1], 4))
		s.charge(n)
		pad = strings.Repeat(" ", n)
	}
	lines := splitLines(s.want(a[0])+"\n", false)
	s.charge(s.product(int64(len(lines)), len(pad)))
	for i, line := range lines {
		if i > 0 && (line != "" || boolOr(a[3], false)) {
			lines[i] = pad + line
		}
	}
	if boolOr(a[2], false) {
		lines[0] = pad + lines[0]
	}
	return like(a[0], strings.Join(lines, "\n"))
}

func orNone(v value) value {
	if v == nil {
		return none{}
	}
	return v
}

func truncate(s *state, a []value) value {
	most, end := s.intOr(a[1], 255), s.wantOr(a[3], "...")
	leeway := 5
	if v := optional(a[4]); v != nil {
		leeway = s.intOr(v, 5)
	}
	if most < runeCount(end) || leeway < 0 {
		s.fail("expected length >= %d, got %d", runeCount(end), most)
	}
	if n, ok := length(a[0]); ok && n <= most+leeway {
		return a[0]
	}
	t := s.want(a[0])
	cut := runeSlice(t, 0, most-runeCount(end))
	if i := strings.LastIndexByte(cut, ' '); i >= 0 && !boolOr(a[2], false) {
		cut = cut[:i]
	}
	return like(a[0], cut+end)
}

var htmlTag = regexp.MustCompile(`(?s)<!--.*?-->|<[^>]*>`)

func stripTags(s *state, a []value) value {
	t := htmlTag.ReplaceAllString(s.display(a[0]), "")
	return str(html.UnescapeString(strings.Join(fields(t, -1), " ")))
}

func urlEncode(s *state, a []value) value {
	v := a[0]
	if _, isText := asText(v); isText || !iterable(v) {
		return str(urlQuote(s.display(v), true))
	}
	if d, ok := v.(*dict); ok {
		v = &view{d, itemView}
	}
	var parts []string
	for _, item := range s.collect(v) {
		pair := s.collect(item)
		if len(pair) != 2 {
			s.fail("expected pairs, got %d values", len(pair))
		}
		parts = append(parts, urlQuote(s.display(pair[0]), false)+"="+urlQuote(s.display(pair[1]), false))
	}
	return str(s.joinAll(parts, "&"))
}

// urlQuote keeps slashes in a path and writes + for a space in a query.
func urlQuote(t string, path bool) string {
	q := url.QueryEscape(t) // keeps the same characters as urllib.parse.quote
	if path {
		return strings.ReplaceAll(strings.ReplaceAll(q, "+", "%20"), "%2F", "/")
	}
	return q
}

func xmlAttributes(s *state, a []value) value {
	d := s.wantDict(a[0])
	var parts []string
	for i, k := range d.keys {
		v := d.values[i]
		if isNone(v) || isUndefined(v) {
			continue
		}
		key := s.want(k)
		if strings.ContainsAny(key, " \t\n\r\f\v/>=") {
			s.fail("invalid character in attribute name: %s", quote(key))
		}
		parts = append(parts, escape(key)+`="`+s.escaped(v)+`"`)
	}
	t := s.joinAll(parts, " ")
	if t != "" && boolOr(a[1], true) {
		t = " " + t
	}
	return str(t)
}

func (s *state) escaped(v value) string {
	if safe, ok := v.(markup); ok {
		return string(safe)
	}
	return escape(s.display(v))
}

func (s *state) wantDict(v value) *dict {
	d, ok := v.(*dict)
	if !ok {
		s.failType(v, "a mapping")
	}
	return d
}

func formatFilter(s *state, a arguments) value {
	var args value = newTuple(a.pos[1:]...)
	if a.named != nil && len(a.named.keys) > 0 {
		if len(a.pos) > 1 {
			s.fail("positional and keyword arguments cannot be used at the same time")
		}
		args = a.named
	}
	v := s.soft(a.pos[0])
	return like(v, s.percent(s.want(v), args, v))
}

var numberFilters = map[string]builtin{
	"abs":            def("value", absolute),
	"int":            def("value default? base?", toInt),
	"float":          def("value default?", toFloat),
	"round":          def("value precision? method?", round),
	"filesizeformat": def("value binary?", fileSize),
}

func absolute(s *state, a []value) value {
	if c, ok := compareNumbers(a[0], integer(0)); ok {
		if c == -1 {
			v, _ := s.number("-", integer(0), a[0])
			return v
		}
		if b, ok := a[0].(boolean); ok {
			return integer(toInt64(b))
		}
		return a[0]
	}
	s.failType(a[0], "a number")
	return nil
}

func toInt(s *state, a []value) value {
	if t, ok := asText(a[0]); ok {
		if v, ok := parseInt(t, s.intOr(a[2], 10)); ok {
			return v
		}
		if f, ok := parseFloat(t); ok && !math.IsNaN(f) {
			return s.fromFloat(f)
		}
	} else if b, ok := asBig(a[0]); ok {
		return normal(b)
	} else if f, ok := a[0].(float); ok && !math.IsNaN(float64(f)) {
		return s.fromFloat(float64(f))
	} else if isUndefined(a[0]) {
		s.failType(a[0], "a number")
	}
	if a[1] == nil {
		return integer(0)
	}
	return a[1]
}

func toFloat(s *state, a []value) value {
	if t, ok := asText(a[0]); ok {
		if f, ok := parseFloat(t); ok {
			return float(f)
		}
	} else if f, ok := asFloat(a[0]); ok {
		return float(f)
	} else if isUndefined(a[0]) {
		s.failType(a[0], "a number")
	}
	if a[1] == nil {
		return float(0)
	}
	return a[1]
}

func round(s *state, a []value) value {
	precision, method := s.intOr(a[1], 0), s.wantOr(a[2], "common")
	if !slices.Contains([]string{"common", "ceil", "floor"}, method) {
		s.fail("method must be common, ceil or floor")
	}
	f, ok := asFloat(a[0])
	if !ok {
		s.failType(a[0], "a number")
	}
	if precision < -300 || precision > 300 {
		s.limit("a number is rounded to too many places")
	}
	if method != "common" {
		scale := math.Pow10(precision)
		if method == "ceil" {
			return float(math.Ceil(f*scale) / scale)
		}
		return float(math.Floor(f*scale) / scale)
	}
	if b, ok := asBig(a[0]); ok {
		if precision >= 0 {
			return normal(b)
		}
		return s.fromFloat(roundFloat(f, precision))
	}
	return float(roundFloat(f, precision))
}

// roundFloat rounds the exact value of f, and a tie to the even neighbour, as Python does.
func roundFloat(f float64, precision int) float64 {
	if precision < 0 {
		scale := math.Pow10(-precision)
		return math.RoundToEven(f/scale) * scale
	}
	r, _ := strconv.ParseFloat(strconv.FormatFloat(f, 'f', precision, 64), 64)
	return r
}

func fileSize(s *state, a []value) value {
	size, ok := asFloat(toFloat(s, []value{a[0], none{}}))
	if !ok {
		s.fail("could not convert %s to a number", s.repr(a[0]))
	}
	base, units := 1000.0, []string{"kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"}
	if boolOr(a[1], false) {
		base, units = 1024, []string{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"}
	}
	switch {
	case size == 1:
		return str("1 Byte")
	case size < base:
		return str(s.atom(s.fromFloat(size)) + " Bytes")
	}
	i := 0
	for size /= base; size >= base && i < len(units)-1; size /= base {
		i++
	}
	return str(strconv.FormatFloat(size, 'f', 1, 64) + " " + units[i])
}
