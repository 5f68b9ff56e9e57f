package grammar

import (
	"math/big"
	"slices"
)

// kinds is a set of types.
type kinds uint8

const (
	null kinds = 1 << iota
	boolean
	object
	array
	text
	integer
	fraction // what is a number and perhaps no integer
	anything = null | boolean | object | array | text | integer | fraction
)

var kindNames = map[string]kinds{
	"null": null, "boolean": boolean, "object": object, "array": array, "string": text, "integer": integer, "number": integer | fraction,
}

// shape is a schema without choices: every keyword holds. A zero keyword was not given.
type shape struct {
	at    *value
	types kinds // what type says, else anything
	typed bool

	properties []property
	required   []string
	additional *value

	prefix   []*value
	items    *value
	elements bounds

	characters bounds
	pattern    string
	format     string

	low, high limit
	values    []*value // enum and const
	limited   bool     // by values
	only      kinds    // types of whose keywords some were given
}

type property struct {
	name   string
	schema []*value // all hold
}

// limit is an end of a range of numbers, nil: none.
type limit struct {
	at   *big.Rat
	open bool // the number itself is outside
}

// annotations change nothing about which values are right.
var annotations = []string{
	"$schema", "$id", "$comment", "$defs", "definitions", "title", "description", "default", "example", "examples", "deprecated",
	"readOnly", "writeOnly", "discriminator", "xml", "externalDocs",
	"$ref", "allOf", "anyOf", "oneOf", // read elsewhere
}

// reader reads one keyword into a shape.
type reader func(s *shape, v *value) error

var readers = map[string]reader{
	"type":                 readType,
	"properties":           readProperties,
	"required":             readRequired,
	"additionalProperties": readSchema(object, func(s *shape) **value { return &s.additional }),
	"items":                readSchema(array, func(s *shape) **value { return &s.items }),
	"prefixItems":          readPrefix,
	"minItems":             readCount(array, func(s *shape) *int32 { return &s.elements.least }),
	"maxItems":             readCount(array, func(s *shape) *int32 { return &s.elements.most }),
	"minLength":            readCount(text, func(s *shape) *int32 { return &s.characters.least }),
	"maxLength":            readCount(text, func(s *shape) *int32 { return &s.characters.most }),
	"pattern":              readText(func(s *shape) *string { return &s.pattern }),
	"format":               readFormat,
	"minimum":              readLimit(true, false),
	"maximum":              readLimit(false, false),
	"exclusiveMinimum":     readLimit(true, true),
	"exclusiveMaximum":     readLimit(false, true),
	"enum":                 readEnum,
	"const":                readConst,
	"uniqueItems":          readFalse,
	"nullable":             readFalse,
}

func newShape(at *value) *shape {
	return &shape{at: at, types: anything, elements: bounds{most: unbounded}, characters: bounds{most: unbounded}}
}

// read reads the keywords of one schema object, without those that refer to others.
func read(v *value) (*shape, error) {
	s := newShape(v)
	for i, name := range v.names {
		f := readers[name]
		if f == nil && (slices.Contains(annotations, name) || len(name) > 2 && name[:2] == "x-") {
			continue
		}
		if f == nil {
			return nil, v.fail("uses %q, which is not supported", name)
		}
		if err := f(s, v.members[i]); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func readType(s *shape, v *value) error {
	names := v.members
	if v.kind == '"' {
		names = []*value{v}
	} else if v.kind != '[' {
		return v.fail("is not a type or a list of types")
	}
	s.types, s.typed = 0, true
	for _, n := range names {
		k := kindNames[n.text]
		if k == 0 || n.kind != '"' {
			return n.fail("is not the name of a type")
		}
		s.types |= k
	}
	return nil
}

// propertiesMax bounds the properties of an object.
const propertiesMax = 2000

func readProperties(s *shape, v *value) error {
	if v.kind != '{' {
		return v.fail("is not an object")
	}
	if len(v.names) > propertiesMax {
		return v.fail("has more than %d properties", propertiesMax)
	}
	s.only |= object
	for i, name := range v.names {
		s.properties = append(s.properties, property{name, []*value{v.members[i]}})
	}
	return nil
}

func readRequired(s *shape, v *value) error {
	s.only |= object
	if v.kind != '[' || len(v.members) > propertiesMax {
		return v.fail("is not a list of names, or has more than %d", propertiesMax)
	}
	for _, n := range v.members {
		if n.kind != '"' {
			return n.fail("is not a name")
		}
		if !slices.Contains(s.required, n.text) {
			s.required = append(s.required, n.text)
		}
	}
	return nil
}

func readSchema(of kinds, field func(*shape) **value) reader {
	return func(s *shape, v *value) error {
		s.only |= of
		*field(s) = v
		return nil
	}
}

func readPrefix(s *shape, v *value) error {
	if v.kind != '[' {
		return v.fail("is not a list of schemas")
	}
	s.only |= array
	s.prefix = v.members
	return nil
}

func readCount(of kinds, field func(*shape) *int32) reader {
	return func(s *shape, v *value) (err error) {
		s.only |= of
		*field(s), err = v.whole()
		return err
	}
}

func readText(field func(*shape) *string) reader {
	return func(s *shape, v *value) error {
		if v.kind != '"' {
			return v.fail("is not a text")
		}
		s.only |= text
		*field(s) = v.text
		return nil
	}
}

func readLimit(low, open bool) reader {
	return func(s *shape, v *value) error {
		n, err := v.number()
		if err != nil {
			return err
		}
		s.only |= integer | fraction
		if low {
			s.low = higher(s.low, limit{n, open})
		} else {
			s.high = lower(s.high, limit{n, open})
		}
		return nil
	}
}

// higher is the stricter of two lower limits.
func higher(a, b limit) limit {
	if a.at == nil || b.at != nil && (b.at.Cmp(a.at) > 0 || b.at.Cmp(a.at) == 0 && b.open) {
		return b
	}
	return a
}

// lower is the stricter of two upper limits.
func lower(a, b limit) limit {
	if a.at == nil || b.at != nil && (b.at.Cmp(a.at) < 0 || b.at.Cmp(a.at) == 0 && b.open) {
		return b
	}
	return a
}

func readEnum(s *shape, v *value) error {
	if v.kind != '[' {
		return v.fail("is not a list of values")
	}
	s.restrict(v.members)
	return nil
}

func readConst(s *shape, v *value) error {
	s.restrict([]*value{v})
	return nil
}

// restrict leaves only values that are among some.
func (s *shape) restrict(to []*value) {
	if !s.limited {
		s.values, s.limited = to, true
		return
	}
	var both []*value
	for _, v := range s.values {
		if slices.ContainsFunc(to, func(w *value) bool { return w.String() == v.String() }) {
			both = append(both, v)
		}
	}
	s.values = both
}

// readFalse is for keywords that say nothing when they are false.
func readFalse(_ *shape, v *value) error {
	if v.kind != 'f' {
		return v.fail("is not supported")
	}
	return nil
}

// formats are texts with a pattern; days are those of their month, leap years too.
var formats = map[string]string{
	"date":      "^" + date + "$",
	"time":      "^" + clock + "$",
	"date-time": "^" + date + "T" + clock + "$",
	"uuid":      "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
	"email":     "^" + local + `(\.` + local + `)*@` + host + `(\.` + host + `)+$`,
	"hostname":  "^" + host + `(\.` + host + `)*$`,
	"uri":       `^[a-z][a-z0-9+.-]*://` + host + `(\.` + host + `)*(:[0-9]{1,5})?(/[A-Za-z0-9._~!$&'()*+,;=:@-]*)*(\?[A-Za-z0-9._~!$&'()*+,;=:@/-]*)?$`,
	"ipv4":      `^(` + octet + `\.){3}` + octet + `$`,
}

const (
	date = `([0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))` +
		`|([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29)`
	host  = `[A-Za-z0-9]+(-[A-Za-z0-9]+)*`
	local = `[A-Za-z0-9_+-]+`
	octet = `(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])`
	clock = `([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])`
)

// numberFormats are sizes in memory, which OpenAPI uses.
var numberFormats = map[string][2]string{
	"int32": {"-2147483648", "2147483647"}, "int64": {"-9223372036854775808", "9223372036854775807"},
	"float": {}, "double": {},
}

func readFormat(s *shape, v *value) error {
	if _, ok := formats[v.text]; ok && v.kind == '"' {
		s.only |= text
		s.format = v.text
		return nil
	}
	size, ok := numberFormats[v.text]
	if !ok || v.kind != '"' {
		return v.fail("is %s, which is not supported", v)
	}
	s.only |= integer | fraction
	if size[0] != "" {
		low, _ := new(big.Rat).SetString(size[0])
		high, _ := new(big.Rat).SetString(size[1])
		s.low, s.high = higher(s.low, limit{at: low}), lower(s.high, limit{at: high})
	}
	return nil
}
