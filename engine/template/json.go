package template

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
)

const jsonDepthMax = 500

// decode reads JSON as Python's json.loads does, with the order of keys kept. Nothing at all is None.
func decode(raw json.RawMessage) (value, error) {
	if len(bytes.TrimSpace(raw)) == 0 {
		return none{}, nil
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	v, err := decodeValue(d, 0)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one JSON document")
	}
	return v, nil
}

func decodeValue(d *json.Decoder, depth int) (value, error) {
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	if depth > jsonDepthMax {
		return nil, fmt.Errorf("JSON is nested more than %d deep", jsonDepthMax)
	}
	switch t := t.(type) {
	case json.Delim:
		if t == '[' {
			return decodeList(d, depth)
		}
		return decodeDict(d, depth)
	case string:
		return str(t), nil
	case bool:
		return boolean(t), nil
	case json.Number:
		return decodeNumber(t)
	}
	return none{}, nil
}

func decodeNumber(n json.Number) (value, error) {
	if !strings.ContainsAny(string(n), ".eE") {
		v, ok := parseInt(string(n), 10)
		if !ok {
			return nil, fmt.Errorf("the number %.20s… is too long", n)
		}
		return v, nil
	}
	f, err := n.Float64()
	if err != nil && !math.IsInf(f, 0) {
		return nil, err
	}
	return float(f), nil
}

func decodeList(d *json.Decoder, depth int) (value, error) {
	l := newList(nil)
	for d.More() {
		v, err := decodeValue(d, depth+1)
		if err != nil {
			return nil, err
		}
		l.items = append(l.items, v)
	}
	_, err := d.Token()
	return l, err
}

func decodeDict(d *json.Decoder, depth int) (value, error) {
	m := newDict()
	for d.More() {
		k, err := d.Token()
		if err != nil {
			return nil, err
		}
		v, err := decodeValue(d, depth+1)
		if err != nil {
			return nil, err
		}
		m.set(k.(string), v)
	}
	_, err := d.Token()
	return m, err
}

// jsonPrinter is Python's json.dumps.
type jsonPrinter struct {
	printer
	ascii, sort bool
	indent      string
	pretty      bool // each item on a line of its own
	comma       string
	colon       string
}

// toJSON is the filter as Hugging Face defines it: tojson(x, ensure_ascii, indent, separators, sort_keys).
func toJSON(s *state, a []value) value {
	p := &jsonPrinter{printer: printer{s: s}, comma: ", ", colon: ": "}
	p.ascii, p.sort = boolOr(a[1], false), boolOr(a[4], false)
	if v := optional(a[2]); v != nil {
		p.pretty, p.comma = true, ","
		if t, ok := asText(v); ok {
			p.indent = t
		} else {
			p.indent = strings.Repeat(" ", s.sized(max(0, s.intOr(v, 0))))
		}
	}
	if v := optional(a[3]); v != nil {
		marks := s.collect(v)
		if len(marks) != 2 {
			s.fail("separators are a pair")
		}
		p.comma, p.colon = s.want(marks[0]), s.want(marks[1])
	}
	p.value(a[0], 0)
	return str(p.b.String())
}

func (p *jsonPrinter) value(v value, level int) {
	p.s.enter()
	defer p.s.leave()
	if t, ok := asText(v); ok {
		p.text(t)
		return
	}
	if list, ok := items(v); ok {
		p.sequence("[", "]", len(list), level, func(i int) { p.value(list[i], level+1) })
		return
	}
	if d, ok := v.(*dict); ok {
		p.dict(d, level)
		return
	}
	p.add(p.number(v))
}

// number is the JSON of a value that is no text and holds no others.
func (p *jsonPrinter) number(v value) string {
	switch v := v.(type) {
	case none:
		return "null"
	case boolean:
		return strconv.FormatBool(bool(v))
	case integer, bigInteger:
		return p.s.atom(v)
	case float:
		f := float64(v)
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return map[string]string{"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[formatFloat(f)]
		}
		return formatFloat(f)
	}
	p.s.fail("Object of type %s is not JSON serializable", v.typeName())
	return ""
}

// sequence prints n items between brackets.
func (p *jsonPrinter) sequence(open, end string, n, level int, item func(i int)) {
	p.add(open)
	for i := range n {
		if i > 0 {
			p.add(p.comma)
		}
		p.newline(level + 1)
		item(i)
	}
	if n > 0 {
		p.newline(level)
	}
	p.add(end)
}

func (p *jsonPrinter) newline(level int) {
	if p.pretty {
		p.s.charge(p.s.product(int64(level), len(p.indent)))
		p.add("\n" + strings.Repeat(p.indent, level))
	}
}

func (p *jsonPrinter) dict(d *dict, level int) {
	order := make([]value, len(d.keys))
	for i := range d.keys {
		order[i] = integer(i)
	}
	if p.sort {
		order = p.s.sorted(order, func(i value) value { return d.keys[i.(integer)] }, false)
	}
	p.sequence("{", "}", len(order), level, func(i int) {
		at := order[i].(integer)
		p.key(d.keys[at])
		p.add(p.colon)
		p.value(d.values[at], level+1)
	})
}

// key prints a key, which in JSON is always a text.
func (p *jsonPrinter) key(k value) {
	if t, ok := asText(k); ok {
		p.text(t)
		return
	}
	if _, ok := k.(*tuple); ok {
		p.s.fail("keys must be str, int, float, bool or None, not tuple")
	}
	p.text(p.number(k))
}

func (p *jsonPrinter) text(t string) {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range t {
		switch {
		case r == '"' || r == '\\':
			b.WriteString(`\` + string(r))
		case r < 0x20:
			b.WriteString(controlEscape(r))
		case p.ascii && r >= 0x7f:
			b.WriteString(unicodeEscape(r))
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	p.add(b.String())
}

func controlEscape(r rune) string {
	if i := strings.IndexRune("\n\r\t\f\b", r); i >= 0 {
		return `\` + "nrtfb"[i:i+1]
	}
	return unicodeEscape(r)
}

func unicodeEscape(r rune) string {
	if high, low := utf16.EncodeRune(r); high != 0xfffd {
		return `\u` + hex(int64(high), 4) + `\u` + hex(int64(low), 4)
	}
	return `\u` + hex(int64(r), 4)
}
