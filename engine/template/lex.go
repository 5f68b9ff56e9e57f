package template

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

type tokenKind int

const (
	tokenEnd tokenKind = iota
	tokenData
	tokenName
	tokenString
	tokenNumber
	tokenOperator
	tokenPrintBegin // {{
	tokenPrintEnd   // }}
	tokenTagBegin   // {%
	tokenTagEnd     // %}
)

type token struct {
	kind   tokenKind
	text   string
	number value
	line   int
}

// lexer cuts a template into tokens with trim_blocks and lstrip_blocks on:
// the newline after a tag is dropped, and so is the white space before it on its line.
type lexer struct {
	src       string
	pos       int
	line      int
	lineStart bool // what was read last ended in a newline, or nothing was read yet
	tokens    []token
}

// lex reads a whole template.
func lex(source string) []token {
	source = strings.ReplaceAll(source, "\r\n", "\n")
	source = strings.ReplaceAll(source, "\r", "\n")
	l := &lexer{src: strings.TrimSuffix(source, "\n"), line: 1, lineStart: true}
	for l.pos < len(l.src) {
		l.section()
	}
	l.emit(tokenEnd, "")
	return l.tokens
}

func (l *lexer) emit(kind tokenKind, text string) {
	l.tokens = append(l.tokens, token{kind: kind, text: text, line: l.line})
}

func (l *lexer) fail(why string) { throw(l.line, errors.New(why)) }

// skip moves over n bytes.
func (l *lexer) skip(n int) {
	passed := l.src[l.pos : l.pos+n]
	l.line += strings.Count(passed, "\n")
	l.pos += n
	if n > 0 {
		l.lineStart = passed[n-1] == '\n'
	}
}

func (l *lexer) rest() string { return l.src[l.pos:] }

// section reads text up to the next tag, and the tag.
func (l *lexer) section() {
	start := nextTag(l.rest())
	if start < 0 {
		l.emit(tokenData, l.rest())
		l.skip(len(l.rest()))
		return
	}
	tag := l.rest()[start:]
	l.data(start, tag)
	switch tag[1] {
	case '#':
		l.comment()
	case '{':
		l.skip(2 + signLength(tag[2:]))
		l.emit(tokenPrintBegin, "")
		l.expression("}}", tokenPrintEnd)
	default:
		if n := rawBegin(tag); n > 0 {
			l.skip(n)
			l.raw()
			return
		}
		l.skip(2 + signLength(tag[2:]))
		l.emit(tokenTagBegin, "")
		l.expression("%}", tokenTagEnd)
	}
}

func nextTag(s string) int {
	for from := 0; ; {
		i := strings.IndexByte(s[from:], '{')
		if i < 0 || from+i+1 >= len(s) {
			return -1
		}
		if strings.IndexByte("{%#", s[from+i+1]) >= 0 {
			return from + i
		}
		from += i + 1
	}
}

func signLength(s string) int {
	if s != "" && (s[0] == '-' || s[0] == '+') {
		return 1
	}
	return 0
}

// data emits the n bytes of text before a tag, less the white space that the tag takes.
func (l *lexer) data(n int, tag string) {
	text := l.rest()[:n]
	kept := text
	switch {
	case len(tag) > 2 && tag[2] == '-':
		kept = strings.TrimRightFunc(text, isSpace)
	case tag[1] != '{' && (len(tag) <= 2 || tag[2] != '+'):
		kept = l.stripLine(text)
	}
	if kept != "" {
		l.emit(tokenData, kept)
	}
	l.skip(n)
}

// stripLine drops white space between the start of the line and a tag.
func (l *lexer) stripLine(text string) string {
	start := strings.LastIndexByte(text, '\n') + 1
	if (start > 0 || l.lineStart) && strings.TrimFunc(text[start:], isSpace) == "" {
		return text[:start]
	}
	return text
}

// comment skips {# … #}.
func (l *lexer) comment() {
	end := strings.Index(l.rest()[2:], "#}")
	if end < 0 {
		l.fail("a comment has no end")
	}
	end += 2
	minus := end > 2 && l.rest()[end-1] == '-'
	plus := end > 2 && l.rest()[end-1] == '+'
	l.skip(end)
	l.closeTag(2, minus, plus)
}

// closeTag skips the n bytes that end a tag and the white space that goes with them.
func (l *lexer) closeTag(n int, minus, plus bool) {
	after := l.rest()[n:]
	switch {
	case minus:
		n += len(after) - len(strings.TrimLeftFunc(after, isSpace))
	case !plus && strings.HasPrefix(after, "\n"):
		n++
	}
	l.skip(n)
}

// rawBegin returns the length of {% raw %}, or 0. Unlike other tags it keeps the newline after it.
func rawBegin(s string) int {
	n := 2 + signLength(s[2:])
	n += spaceLength(s[n:])
	if !strings.HasPrefix(s[n:], "raw") {
		return 0
	}
	n += len("raw")
	n += spaceLength(s[n:])
	if strings.HasPrefix(s[n:], "-%}") {
		n += 3
		return n + spaceLength(s[n:])
	}
	if strings.HasPrefix(s[n:], "%}") {
		return n + 2
	}
	return 0
}

func spaceLength(s string) int { return len(s) - len(strings.TrimLeftFunc(s, isSpace)) }

// raw reads up to {% endraw %}.
func (l *lexer) raw() {
	for from := 0; ; {
		i := strings.Index(l.rest()[from:], "{%")
		if i < 0 {
			l.fail("{% raw %} has no end")
		}
		start := from + i
		tag := l.rest()[start:]
		n := 2 + signLength(tag[2:])
		n += spaceLength(tag[n:])
		if strings.HasPrefix(tag[n:], "endraw") {
			n += len("endraw")
			n += spaceLength(tag[n:])
			sign := signLength(tag[n:])
			if strings.HasPrefix(tag[n+sign:], "%}") {
				l.data(start, tag)
				l.skip(n + sign)
				l.closeTag(2, tag[n] == '-', tag[n] == '+')
				return
			}
		}
		from = start + 2
	}
}

// expression reads the inside of a tag up to its end mark. The mark only counts when all brackets are closed.
func (l *lexer) expression(mark string, end tokenKind) {
	var open []byte
	for {
		l.skip(spaceLength(l.rest()))
		s := l.rest()
		if s == "" {
			return // the parser misses the end
		}
		if len(open) == 0 && l.endMark(s, mark, end) {
			return
		}
		switch c := s[0]; {
		case c >= '0' && c <= '9':
			l.number(s)
		case c == '"' || c == '\'':
			l.quoted(s)
		case isNameRune(s):
			l.name(s)
		default:
			open = l.operator(s, open)
		}
	}
}

func (l *lexer) endMark(s, mark string, end tokenKind) bool {
	minus := strings.HasPrefix(s, "-"+mark)
	plus := end == tokenTagEnd && strings.HasPrefix(s, "+"+mark)
	if !minus && !plus && !strings.HasPrefix(s, mark) {
		return false
	}
	l.emit(end, "")
	if minus || plus {
		l.skip(1)
	}
	l.closeTag(len(mark), minus, plus || end == tokenPrintEnd)
	return true
}

func isNameRune(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r)
}

func (l *lexer) name(s string) {
	n := strings.IndexFunc(s, func(r rune) bool {
		return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
	})
	if n < 0 {
		n = len(s)
	}
	l.emit(tokenName, s[:n])
	l.skip(n)
}

// operators, the longer ones first.
var operators = []string{
	"//", "**", "==", "!=", ">=", "<=",
	"+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<", "=", ".", ":", "|", ",", ";",
}

func (l *lexer) operator(s string, open []byte) []byte {
	for _, op := range operators {
		if !strings.HasPrefix(s, op) {
			continue
		}
		switch op {
		case "(", "[", "{":
			open = append(open, op[0])
		case ")", "]", "}":
			if len(open) == 0 || !closes(open[len(open)-1], op[0]) {
				l.fail("unexpected " + quote(op))
			}
			open = open[:len(open)-1]
		}
		l.emit(tokenOperator, op)
		l.skip(len(op))
		return open
	}
	r, _ := utf8.DecodeRuneInString(s)
	l.fail("unexpected character " + quote(string(r)))
	return nil
}

func closes(open, mark byte) bool {
	return open == '(' && mark == ')' || open == '[' && mark == ']' || open == '{' && mark == '}'
}
