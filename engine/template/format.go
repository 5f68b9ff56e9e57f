package template

import (
	"strings"
	"unicode/utf8"
)

// formatter is one call of str.format.
type formatter struct {
	s    *state
	args arguments
	self value // markup escapes what is put in
	auto int   // the next unnumbered field
}

// formatText is Python's str.format.
func (s *state) formatText(format string, args arguments, self value) string {
	f := &formatter{s: s, args: args, self: self}
	return f.expand(format, 2)
}

// expand replaces the fields of a format. Those of a field's own layout are expanded first, levels deep in all.
func (f *formatter) expand(t string, levels int) string {
	if levels == 0 {
		f.s.fail("a format is nested too deeply")
	}
	var b strings.Builder
	for t != "" {
		i := strings.IndexAny(t, "{}")
		if i < 0 {
			i = len(t)
		}
		b.WriteString(t[:i])
		t = t[i:]
		switch {
		case strings.HasPrefix(t, "{{"), strings.HasPrefix(t, "}}"):
			b.WriteByte(t[0])
			t = t[2:]
		case strings.HasPrefix(t, "{"):
			field, rest := f.cut(t)
			text := f.field(field, levels)
			f.s.charge(b.Len() + len(text))
			b.WriteString(text)
			t = rest
		case t != "":
			f.s.fail("single '}' encountered in format string")
		}
	}
	return b.String()
}

// cut takes {field} off the front of t.
func (f *formatter) cut(t string) (field, rest string) {
	open := 0
	for i := range len(t) {
		switch t[i] {
		case '{':
			open++
		case '}':
			if open--; open == 0 {
				return t[1:i], t[i+1:]
			}
		}
	}
	f.s.fail("expected '}' before end of string")
	return "", ""
}

func (f *formatter) field(t string, levels int) string {
	name, layoutText := t, ""
	if i := strings.IndexByte(t, ':'); i >= 0 {
		name, layoutText = t[:i], t[i+1:]
	}
	name, conversion, converts := strings.Cut(name, "!")
	v := f.lookup(name)
	if converts {
		if conversion != "s" && conversion != "r" && conversion != "a" {
			f.s.fail("unknown conversion %s", quote(conversion))
		}
		v = str(f.s.converted(v, conversion[0]))
	}
	if strings.ContainsAny(layoutText, "{}") {
		layoutText = f.expand(layoutText, levels-1)
	}
	text := f.s.formatValue(v, layoutText)
	if _, safe := f.self.(markup); safe {
		if _, safe := v.(markup); !safe {
			return escape(text)
		}
	}
	return text
}

// lookup finds the value of a field such as 0, name, 0.attribute or name[key].
func (f *formatter) lookup(name string) value {
	end := strings.IndexAny(name, ".[")
	if end < 0 {
		end = len(name)
	}
	v := f.first(name[:end])
	for rest := name[end:]; rest != ""; {
		if rest[0] == '.' {
			key := rest[1:]
			if i := strings.IndexAny(key, ".["); i >= 0 {
				key = key[:i]
			}
			v, rest = f.s.attr(v, key), rest[1+len(key):]
			continue
		}
		i := strings.IndexByte(rest, ']')
		if i < 0 || rest[0] != '[' {
			f.s.fail("malformed field %s", quote(name))
		}
		v, rest = f.s.item(v, key(rest[1:i])), rest[i+1:]
	}
	return v
}

// key is a number if it looks like one.
func key(t string) value {
	if i, ok := parseInt(t, 10); ok && t[0] >= '0' && t[0] <= '9' {
		return i
	}
	return str(t)
}

func (f *formatter) first(name string) value {
	at := f.auto
	if name == "" {
		f.auto++
	} else if i, ok := key(name).(integer); ok {
		at = int(i)
	} else {
		v, ok := f.args.find(name)
		if !ok {
			f.s.fail("no value for %s", quote(name))
		}
		return v
	}
	if at >= len(f.args.pos) {
		f.s.fail("replacement index %d out of range for positional args tuple", at)
	}
	return f.args.pos[at]
}

// formatValue is Python's format(v, text).
func (s *state) formatValue(v value, text string) string {
	if text == "" {
		return s.display(v)
	}
	_, isText := asText(v)
	l := s.layout(text, isText)
	if isText {
		if l.verb != 0 && l.verb != 's' || l.align == '=' || l.sign != 0 {
			s.fail("invalid format specifier for a text")
		}
		t := s.display(v)
		if l.precision >= 0 && l.precision < runeCount(t) {
			t = runeSlice(t, 0, l.precision)
		}
		return s.pad(t, l)
	}
	b, isInt := asBig(v)
	f, isNumber := asFloat(v)
	switch {
	case !isNumber:
		s.fail("unsupported format string passed to %s.__format__", v.typeName())
	case isInt && strings.IndexByte("\x00dnboxX", l.verb) >= 0:
		return s.formatInteger(b, l)
	case isInt && l.verb == 'c':
		return s.pad(s.character(v), l)
	}
	return s.layFloat(f, l)
}

// layFloat prints a float for str.format, which knows % and no verb at all.
func (s *state) layFloat(f float64, l layout) string {
	switch {
	case l.verb == '%':
		l.verb, l.width = 'f', l.width-1
		return s.formatFloat(f*100, l) + "%"
	case l.verb == 0 && l.precision < 0:
		return s.padNumber(f < 0, "", group2(strings.TrimLeft(formatFloat(f), "-"), l.grouping), l)
	case l.verb == 0, l.verb == 'n':
		l.verb = 'g'
	case strings.IndexByte("eEfFgG", l.verb) < 0:
		s.fail("unknown format code %s", quote(string(rune(l.verb))))
	}
	return s.formatFloat(f, l)
}

func group2(digits, mark string) string {
	whole, rest, dot := strings.Cut(digits, ".")
	if !dot {
		return digits
	}
	return group(whole, mark, 10) + "." + rest
}

// layout reads [[fill]align][sign][#][0][width][grouping][.precision][verb].
func (s *state) layout(t string, isText bool) layout {
	l := layout{fill: " ", align: '>', precision: -1}
	if isText {
		l.align = '<'
	}
	_, n := utf8.DecodeRuneInString(t)
	switch {
	case len(t) > n && strings.IndexByte("<>^=", t[n]) >= 0:
		l.fill, l.align, t = t[:n], t[n], t[n+1:]
	case strings.IndexByte("<>^=", t[0]) >= 0:
		l.align, t = t[0], t[1:]
	}
	t = l.prefix(t, isText)
	l.width, t = s.digits(t)
	if t != "" && (t[0] == ',' || t[0] == '_') {
		l.grouping, t = t[:1], t[1:]
	}
	if strings.HasPrefix(t, ".") {
		l.precision, t = s.digits(t[1:])
	}
	if t != "" {
		l.verb, t = t[0], t[1:]
	}
	if t != "" {
		s.fail("invalid format specifier")
	}
	return l
}

// prefix reads the sign, # and 0.
func (l *layout) prefix(t string, isText bool) string {
	if t != "" && strings.IndexByte("+- ", t[0]) >= 0 {
		if t[0] != '-' {
			l.sign = t[0]
		}
		t = t[1:]
	}
	if strings.HasPrefix(t, "#") {
		l.alternate, t = true, t[1:]
	}
	if strings.HasPrefix(t, "0") {
		if l.fill == " " {
			l.fill = "0"
		}
		if l.align == '>' && !isText {
			l.align = '='
		}
	}
	return t
}
