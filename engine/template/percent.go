package template

import (
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"
)

// layout says how a value is printed into a format, by % or by str.format.
type layout struct {
	fill      string // between sign and number, or around the value
	align     byte   // < > ^ or =
	sign      byte   // + or space: shown for positive numbers too
	alternate bool   // #
	grouping  string // , or _ between thousands
	width     int
	precision int // -1: none
	verb      byte
}

// percent is Python's format % args. self tells whether the format is markup, which escapes what is put in.
func (s *state) percent(format string, args, self value) string {
	f := &percentFormat{s: s, args: args, self: self}
	if t, ok := args.(*tuple); ok {
		f.queue = t.items
	} else {
		f.queue = []value{args}
	}
	for {
		i := strings.IndexByte(format, '%')
		if i < 0 {
			f.add(format)
			f.finish()
			return f.b.String()
		}
		f.add(format[:i])
		format = f.directive(format[i+1:])
	}
}

type percentFormat struct {
	s          *state
	args, self value
	queue      []value
	b          strings.Builder
}

func (f *percentFormat) add(text string) {
	f.s.charge(len(text))
	f.s.sized(f.b.Len() + len(text))
	f.b.WriteString(text)
}

// finish complains of arguments that were not used.
func (f *percentFormat) finish() {
	_, single := f.args.(*tuple)
	switch f.args.(type) {
	case *dict, *list, *span, *undefined:
		return
	}
	if len(f.queue) > 0 {
		f.s.fail("not all arguments converted during string formatting (tuple: %t)", single)
	}
}

func (f *percentFormat) take() value {
	if len(f.queue) == 0 {
		f.s.fail("not enough arguments for format string")
	}
	v := f.queue[0]
	f.queue = f.queue[1:]
	return v
}

// directive prints what follows a % and returns the rest.
func (f *percentFormat) directive(t string) string {
	l := layout{fill: " ", align: '>', precision: -1}
	var v value
	if strings.HasPrefix(t, "(") {
		v, t = f.named(t)
	}
	for t != "" && strings.IndexByte("-+ #0", t[0]) >= 0 {
		l.flag(t[0])
		t = t[1:]
	}
	l.width, t = f.count(t)
	if l.width < 0 {
		l.width, l.align = -l.width, '<'
	}
	if strings.HasPrefix(t, ".") {
		l.precision, t = f.count(t[1:])
		l.precision = max(0, l.precision)
	}
	t = strings.TrimLeft(t, "hlL")
	if t == "" {
		f.s.fail("incomplete format")
	}
	l.verb, t = t[0], t[1:]
	if l.verb == '%' {
		f.add("%")
		return t
	}
	if v == nil {
		v = f.take()
	}
	f.add(f.s.convert(v, l, f.self))
	return t
}

func (l *layout) flag(c byte) {
	switch c {
	case '-':
		l.align, l.fill = '<', " "
	case '+':
		l.sign = '+'
	case ' ':
		if l.sign == 0 {
			l.sign = ' '
		}
	case '#':
		l.alternate = true
	case '0':
		if l.align != '<' {
			l.align, l.fill = '=', "0"
		}
	}
}

// named reads %(key) and looks the key up.
func (f *percentFormat) named(t string) (value, string) {
	end := strings.IndexByte(t, ')')
	d, ok := f.args.(*dict)
	if end < 0 || !ok {
		f.s.fail("format requires a mapping")
	}
	v, ok := d.get(t[1:end])
	if !ok {
		f.s.fail("no value for %s", quote(t[1:end]))
	}
	return v, t[end+1:]
}

// count reads a number, or takes it from the arguments for *.
func (f *percentFormat) count(t string) (int, string) {
	if strings.HasPrefix(t, "*") {
		return f.s.sized(f.s.intOr(f.take(), 0)), t[1:]
	}
	return f.s.digits(t)
}

// digits reads a decimal number, 0 if there is none.
func (s *state) digits(t string) (int, string) {
	n := 0
	for t != "" && t[0] >= '0' && t[0] <= '9' {
		n = s.sized(n*10 + int(t[0]-'0'))
		t = t[1:]
	}
	return n, t
}

// convert prints one value as % does.
func (s *state) convert(v value, l layout, self value) string {
	switch l.verb {
	case 's', 'r', 'a':
		t := s.converted(v, l.verb)
		if _, safe := self.(markup); safe {
			if own, ok := v.(markup); !ok || string(own) != t {
				t = escape(t)
			}
		}
		if l.precision >= 0 && l.precision < runeCount(t) {
			t = runeSlice(t, 0, l.precision)
		}
		l.fill = " "
		return s.pad(t, l)
	case 'c':
		return s.pad(s.character(v), l)
	case 'd', 'i', 'u', 'x', 'X', 'o':
		l.verb = strings.NewReplacer("i", "d", "u", "d").Replace(string(l.verb))[0]
		if f, ok := v.(float); ok && l.verb == 'd' {
			v = s.fromFloat(float64(f))
		}
		b, ok := asBig(v)
		if !ok {
			s.failType(v, "a number")
		}
		return s.formatInteger(b, l)
	case 'e', 'E', 'f', 'F', 'g', 'G':
		f, ok := asFloat(v)
		if !ok {
			s.failType(v, "a number")
		}
		return s.formatFloat(f, l)
	}
	s.fail("unsupported format character %s", quote(string(rune(l.verb))))
	return ""
}

// converted is the text of a value for s, r or a.
func (s *state) converted(v value, verb byte) string {
	switch verb {
	case 'r':
		return s.repr(v)
	case 'a':
		return escapeNonASCII(s.repr(v))
	}
	return s.display(v)
}

func escapeNonASCII(t string) string {
	var b strings.Builder
	for _, r := range t {
		switch {
		case r < 0x80:
			b.WriteRune(r)
		case r < 0x100:
			b.WriteString(`\x` + hex(int64(r), 2))
		case r < 0x10000:
			b.WriteString(`\u` + hex(int64(r), 4))
		default:
			b.WriteString(`\U` + hex(int64(r), 8))
		}
	}
	return b.String()
}

func hex(n int64, width int) string {
	t := strconv.FormatInt(n, 16)
	return strings.Repeat("0", max(0, width-len(t))) + t
}

func (s *state) character(v value) string {
	if t, ok := asText(v); ok && runeCount(t) == 1 {
		return t
	}
	i, ok := asInt(v)
	if !ok || i < 0 || i > utf8.MaxRune {
		s.fail("%%c requires a character or its number")
	}
	return string(rune(i))
}

// pad fills a text up to the width.
func (s *state) pad(t string, l layout) string {
	n := s.sized(l.width) - runeCount(t)
	if n <= 0 {
		return t
	}
	s.charge(n * len(l.fill))
	switch l.align {
	case '<':
		return t + strings.Repeat(l.fill, n)
	case '^':
		return strings.Repeat(l.fill, n/2) + t + strings.Repeat(l.fill, n-n/2)
	}
	return strings.Repeat(l.fill, n) + t
}

// padNumber puts sign, prefix and digits together. The alignment = fills between the prefix and the digits.
func (s *state) padNumber(negative bool, prefix, digits string, l layout) string {
	sign := ""
	if negative {
		sign = "-"
	} else if l.sign != 0 {
		sign = string(rune(l.sign))
	}
	if l.align != '=' {
		return s.pad(sign+prefix+digits, l)
	}
	l.width -= len(sign) + len(prefix)
	l.align = '>'
	return sign + prefix + s.pad(digits, l)
}

func (s *state) formatInteger(b *big.Int, l layout) string {
	base, prefix := 10, ""
	switch l.verb {
	case 'x', 'X':
		base, prefix = 16, "0"+string(rune(l.verb))
	case 'o':
		base, prefix = 8, "0o"
	case 'b':
		base, prefix = 2, "0b"
	}
	digits := new(big.Int).Abs(b).Text(base)
	if l.verb == 'X' {
		digits = strings.ToUpper(digits)
	}
	if n := l.precision - len(digits); n > 0 {
		s.charge(n)
		digits = strings.Repeat("0", n) + digits
	}
	if !l.alternate {
		prefix = ""
	}
	if l.grouping != "" && l.align == '=' && l.fill == "0" {
		digits = strings.Repeat("0", s.sized(max(0, l.width-len(digits)))) + digits // cut to the width below
		for len(group(digits[1:], l.grouping, base)) >= l.width && digits[0] == '0' && len(digits) > 1 {
			digits = digits[1:]
		}
	}
	return s.padNumber(b.Sign() < 0, prefix, group(digits, l.grouping, base), l)
}

// group puts a mark between thousands, or between groups of four digits in other bases.
func group(digits, mark string, base int) string {
	size := 3
	if base != 10 {
		size = 4
	}
	if mark == "" {
		return digits
	}
	var parts []string
	for len(digits) > size {
		parts = append(parts, digits[len(digits)-size:])
		digits = digits[:len(digits)-size]
	}
	return strings.Join(reversed(append(parts, digits)), mark)
}

func (s *state) formatFloat(f float64, l layout) string {
	if l.precision < 0 {
		l.precision = 6
	}
	if l.precision > 1000 {
		s.limit("a number is printed with too many places")
	}
	kind := l.verb | 0x20 // in small
	digits := strconv.FormatFloat(math.Abs(f), kind, l.precision, 64)
	if kind == 'g' && l.precision == 0 {
		digits = strconv.FormatFloat(math.Abs(f), kind, 1, 64)
	}
	if l.verb < 'a' {
		digits = strings.ToUpper(digits)
	}
	if math.IsInf(f, 0) || math.IsNaN(f) {
		digits = strings.TrimLeft(formatFloat(f), "-")
	}
	whole, rest := digits, ""
	if i := strings.IndexAny(digits, ".eE"); i >= 0 {
		whole, rest = digits[:i], digits[i:]
	}
	return s.padNumber(math.Signbit(f) && !math.IsNaN(f), "", group(whole, l.grouping, 10)+rest, l)
}
