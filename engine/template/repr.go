package template

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// display is Python's str(v).
func (s *state) display(v value) string {
	if t, ok := asText(v); ok {
		return t
	}
	if isUndefined(v) {
		return ""
	}
	return s.repr(v)
}

// repr is Python's repr(v).
func (s *state) repr(v value) string {
	p := printer{s: s}
	p.print(v)
	return p.b.String()
}

// printer writes values and watches how much it writes, since lists may hold the same list many times over.
type printer struct {
	s *state
	b strings.Builder
}

func (p *printer) add(text string) {
	p.s.charge(len(text))
	if p.b.Len() > outputMax {
		p.s.limit("it makes a text of more than 16 MiB")
	}
	p.b.WriteString(text)
}

func (p *printer) print(v value) {
	p.s.enter()
	defer p.s.leave()
	switch v := v.(type) {
	case *list:
		p.list("[", v.items, "]")
	case *tuple:
		p.tuple(v)
	case *dict:
		p.dict(v)
	case *view:
		p.view(v)
	case *namespace:
		p.add("<Namespace ")
		p.dict(v.vars)
		p.add(">")
	default:
		p.add(p.s.atom(v))
	}
}

// atom is the repr of a value that holds no others.
func (s *state) atom(v value) string {
	switch v := v.(type) {
	case none:
		return "None"
	case boolean:
		if v {
			return "True"
		}
		return "False"
	case integer:
		return fmt.Sprint(int64(v))
	case bigInteger:
		return v.String()
	case float:
		return formatFloat(float64(v))
	case str:
		return quote(string(v))
	case markup:
		return "Markup(" + quote(string(v)) + ")"
	case *undefined:
		return "Undefined"
	case *span:
		if v.step == 1 {
			return fmt.Sprintf("range(%d, %d)", v.start, v.stop)
		}
		return fmt.Sprintf("range(%d, %d, %d)", v.start, v.stop, v.step)
	case *macro:
		if v.def.name == "" {
			return "<Macro anonymous>"
		}
		return "<Macro " + quote(v.def.name) + ">"
	case *loop:
		return fmt.Sprintf("<LoopContext %d/%d>", v.index+1, v.total())
	case *function:
		return "<function " + v.name + ">"
	}
	return "<" + v.typeName() + " object>"
}

func (p *printer) list(open string, items []value, end string) {
	p.add(open)
	for i, item := range items {
		if i > 0 {
			p.add(", ")
		}
		p.print(item)
	}
	p.add(end)
}

func (p *printer) tuple(t *tuple) {
	if len(t.items) == 1 {
		p.list("(", t.items, ",)")
		return
	}
	p.list("(", t.items, ")")
}

func (p *printer) dict(d *dict) {
	p.add("{")
	for i, k := range d.keys {
		if i > 0 {
			p.add(", ")
		}
		p.print(k)
		p.add(": ")
		p.print(d.values[i])
	}
	p.add("}")
}

func (p *printer) view(v *view) {
	items := make([]value, len(v.d.keys))
	for i := range items {
		items[i] = v.at(i)
	}
	p.list(v.typeName()+"([", items, "])")
}

// quote is the repr of a text: in single quotes, or in double quotes where that needs no escape.
func quote(t string) string {
	mark := byte('\'')
	if strings.Contains(t, "'") && !strings.Contains(t, `"`) {
		mark = '"'
	}
	var b strings.Builder
	b.WriteByte(mark)
	for _, r := range t {
		b.WriteString(quoteRune(r, rune(mark)))
	}
	b.WriteByte(mark)
	return b.String()
}

func quoteRune(r, mark rune) string {
	switch r {
	case mark, '\\':
		return `\` + string(r)
	case '\n':
		return `\n`
	case '\r':
		return `\r`
	case '\t':
		return `\t`
	}
	switch {
	case unicode.IsPrint(r) && r != utf8.RuneError, r == utf8.RuneError:
		return string(r)
	case r < 0x100:
		return fmt.Sprintf(`\x%02x`, r)
	case r < 0x10000:
		return fmt.Sprintf(`\u%04x`, r)
	}
	return fmt.Sprintf(`\U%08x`, r)
}
