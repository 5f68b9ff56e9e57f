package template

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

var (
	floatPattern   = regexp.MustCompile(`^(?i:([0-9]+_)*[0-9]+((\.([0-9]+_)*[0-9]+)?e[+-]?([0-9]+_)*[0-9]+|\.([0-9]+_)*[0-9]+))`)
	integerPattern = regexp.MustCompile(`^(?i:0b(_?[01])+|0o(_?[0-7])+|0x(_?[0-9a-f])+|[1-9](_?[0-9])*|0(_?0)*)`)
)

// number reads a literal. After a dot it reads an integer only, for look-ups such as pair.0.1.
func (l *lexer) number(s string) {
	afterDot := l.pos > 0 && l.src[l.pos-1] == '.'
	if m := floatPattern.FindString(s); m != "" && !afterDot {
		f, _ := parseFloat(m)
		l.emitNumber(m, float(f))
		return
	}
	m := integerPattern.FindString(s)
	v, ok := parseInt(m, 0)
	if !ok {
		l.fail("a number cannot be read")
	}
	l.emitNumber(m, v)
}

func (l *lexer) emitNumber(text string, v value) {
	l.tokens = append(l.tokens, token{kind: tokenNumber, text: text, number: v, line: l.line})
	l.skip(len(text))
}

// quoted reads a string literal.
func (l *lexer) quoted(s string) {
	n := 1
	for n < len(s) && s[n] != s[0] {
		if s[n] == '\\' {
			n++
		}
		n++
	}
	if n >= len(s) {
		l.fail("a string has no end")
	}
	l.emit(tokenString, l.unescape(s[1:n]))
	l.skip(n + 1)
}

var simpleEscapes = map[byte]string{
	'n': "\n", 't': "\t", 'r': "\r", '\\': `\`, '\'': "'", '"': `"`, 'a': "\a", 'b': "\b", 'f': "\f", 'v': "\v", '\n': "",
}

// unescape reads Python's escape sequences. An unknown one stands for itself.
func (l *lexer) unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for {
		i := strings.IndexByte(s, '\\')
		if i < 0 || i+1 >= len(s) {
			return b.String() + s
		}
		b.WriteString(s[:i])
		s = s[i+1:]
		if text, ok := simpleEscapes[s[0]]; ok {
			b.WriteString(text)
			s = s[1:]
			continue
		}
		n := l.codePoint(&b, s)
		if n == 0 {
			b.WriteByte('\\')
		}
		s = s[n:]
	}
}

// codePoint writes the character that \x, \u, \U or an octal escape names and returns the length of its name.
func (l *lexer) codePoint(b *strings.Builder, s string) int {
	if s[0] >= '0' && s[0] <= '7' {
		n := 1
		for n < 3 && n < len(s) && s[n] >= '0' && s[n] <= '7' {
			n++
		}
		code, _ := strconv.ParseUint(s[:n], 8, 32)
		b.WriteRune(rune(code))
		return n
	}
	digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[s[0]]
	if digits == 0 {
		if s[0] == 'N' {
			l.fail(`the escape \N is not supported`)
		}
		return 0
	}
	if len(s) < 1+digits {
		l.fail("an escape is cut short")
	}
	code, err := strconv.ParseUint(s[1:1+digits], 16, 32)
	if err != nil || code > utf8.MaxRune {
		l.fail("an escape is no character")
	}
	b.WriteRune(rune(code))
	return 1 + digits
}
