package grammar

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"strconv"
	"strings"
)

// value is a JSON value that remembers the order of its members and where it stands.
type value struct {
	id      int
	path    string // JSON pointer
	kind    byte   // { [ " 0 t f n
	text    string // of a string or a number
	names   []string
	members []*value // of an object or an array
}

const depthMax = 64

func parse(source []byte) (*value, error) {
	d := json.NewDecoder(bytes.NewReader(source))
	d.UseNumber()
	p := &parser{decoder: d}
	v, err := p.value("#", 0)
	if err == nil {
		if _, more := d.Token(); more != io.EOF {
			err = fmt.Errorf("%w: something follows it", ErrSchema)
		}
	}
	return v, err
}

type parser struct {
	decoder *json.Decoder
	made    int
}

func (p *parser) value(path string, depth int) (*value, error) {
	if depth > depthMax {
		return nil, fmt.Errorf("%w: it nests more than %d deep", ErrSchema, depthMax)
	}
	token, err := p.decoder.Token()
	if err != nil {
		return nil, fmt.Errorf("%w: it is no JSON: %w", ErrSchema, err)
	}
	p.made++
	v := &value{id: p.made, path: path}
	switch t := token.(type) {
	case nil:
		v.kind = 'n'
	case bool:
		v.kind = map[bool]byte{true: 't', false: 'f'}[t]
	case string:
		v.kind, v.text = '"', t
	case json.Number:
		v.kind, v.text = '0', t.String()
	case json.Delim:
		v.kind = byte(t)
		err = p.members(v, depth)
	}
	return v, err
}

func (p *parser) members(v *value, depth int) error {
	seen := map[string]bool{}
	for p.decoder.More() {
		name := strconv.Itoa(len(v.members))
		if v.kind == '{' {
			token, err := p.decoder.Token()
			if err != nil {
				return fmt.Errorf("%w: it is no JSON: %w", ErrSchema, err)
			}
			name, _ = token.(string)
			if seen[name] {
				return fmt.Errorf("%w: %s has %q twice", ErrSchema, v.path, name)
			}
		}
		seen[name] = true
		m, err := p.value(v.path+"/"+escapePointer.Replace(name), depth+1)
		if err != nil {
			return err
		}
		v.members, v.names = append(v.members, m), append(v.names, name)
	}
	_, err := p.decoder.Token()
	if err != nil {
		return fmt.Errorf("%w: it is no JSON: %w", ErrSchema, err)
	}
	return nil
}

var (
	escapePointer   = strings.NewReplacer("~", "~0", "/", "~1")
	unescapePointer = strings.NewReplacer("~1", "/", "~0", "~")
)

func (v *value) fail(format string, args ...any) error {
	return fmt.Errorf("%w: %s %s", ErrSchema, v.path, fmt.Sprintf(format, args...))
}

// find follows a JSON pointer, "#/$defs/a".
func (v *value) find(pointer string) *value {
	rest, ok := strings.CutPrefix(pointer, "#")
	if !ok {
		return nil
	}
	for v != nil && rest != "" {
		if rest, ok = strings.CutPrefix(rest, "/"); !ok {
			return nil
		}
		name := rest
		if i := strings.IndexByte(rest, '/'); i >= 0 {
			name, rest = rest[:i], rest[i:]
		} else {
			rest = ""
		}
		v = v.member(unescapePointer.Replace(name))
	}
	return v
}

func (v *value) member(name string) *value {
	for i, n := range v.names {
		if n == name {
			return v.members[i]
		}
	}
	return nil
}

// whole reads a count.
func (v *value) whole() (int32, error) {
	n, err := strconv.ParseInt(v.text, 10, 32)
	if v.kind != '0' || err != nil || n < 0 || n == unbounded {
		return 0, v.fail("is not a count that can be used")
	}
	return int32(n), nil
}

const digitsMax = 40 // of a bound, and its exponent at most

// number reads a bound. A huge exponent would make a huge number.
func (v *value) number() (*big.Rat, error) {
	mantissa, exponent, _ := strings.Cut(strings.ToLower(v.text), "e")
	e, err := strconv.Atoi(exponent)
	if exponent == "" {
		e, err = 0, nil
	}
	if v.kind != '0' || err != nil || e < -digitsMax || e > digitsMax || len(mantissa) > digitsMax {
		return nil, v.fail("is not a number that can be used")
	}
	r, ok := new(big.Rat).SetString(v.text)
	if !ok {
		return nil, v.fail("is not a number that can be used")
	}
	return r, nil
}

// write appends v as JSON without white space.
func (v *value) write(b *strings.Builder) {
	switch v.kind {
	case 'n':
		b.WriteString("null")
	case 't':
		b.WriteString("true")
	case 'f':
		b.WriteString("false")
	case '0':
		b.WriteString(v.text)
	case '"':
		b.WriteString(quote(v.text))
	default:
		b.WriteByte(v.kind)
		for i, m := range v.members {
			if i > 0 {
				b.WriteByte(',')
			}
			if v.kind == '{' {
				b.WriteString(quote(v.names[i]))
				b.WriteByte(':')
			}
			m.write(b)
		}
		b.WriteByte(v.kind + 2) // } follows { and ] follows [ with one between
	}
}

func (v *value) String() string {
	var b strings.Builder
	v.write(&b)
	return b.String()
}

// quote writes a string in the one form that is used for texts that are known: escapes only where JSON needs them.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		b.WriteString(character(r))
	}
	b.WriteByte('"')
	return b.String()
}

func character(r rune) string {
	switch {
	case r == '"' || r == '\\':
		return `\` + string(r)
	case r >= ' ':
		return string(r)
	}
	if i := strings.IndexRune("\b\f\n\r\t", r); i >= 0 {
		return `\` + "bfnrt"[i:i+1]
	}
	return fmt.Sprintf(`\u%04x`, r)
}
