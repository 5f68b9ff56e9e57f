package grammar

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
)

// FuzzSchema reads any schema. One that is accepted lets a model write, and what comes out parses and validates.
func FuzzSchema(f *testing.F) {
	for _, c := range examples {
		f.Add(c.schema, uint64(1))
	}
	for _, s := range []string{
		`{"allOf":[{"anyOf":[{"type":"string"},{"minimum":3}]},{"$ref":"#/$defs/a"}],"$defs":{"a":{"type":["string","integer"]}}}`,
		`{"oneOf":[{"type":"array","maxItems":1},{"const":{"a":[]}}]}`,
		`{"type":"object","required":["x","y"],"additionalProperties":{"enum":[1,2]},"properties":{"y":{"pattern":"^\\p{L}+$"}}}`,
		`{"type":"number","minimum":1e30,"maximum":1.5e30}`, `{"type":"string","pattern":"[^\\x00-\\x7f]|$^"}`,
	} {
		f.Add(s, uint64(7))
	}
	v := mixed(400)
	f.Fuzz(func(t *testing.T, source string, seed uint64) {
		made, err := Schema([]byte(source))
		if err != nil {
			if !errors.Is(err, ErrSchema) {
				t.Errorf("%q: %v", source, err)
			}
			return
		}
		r := rand.New(rand.NewPCG(seed, 1))
		for range 3 {
			text := random(t, v, made, r, 30)
			if text == "" {
				continue
			}
			var plain any
			if err := json.Unmarshal([]byte(text), &plain); err != nil {
				t.Fatalf("%s: %q: %v", source, text, err)
			}
			if strings.Contains(source, "pattern") || strings.Contains(source, "$ref") {
				continue // the validator of the tests knows only plain ones
			}
			s := decode(t, source)
			if why := (validator{s}).valid(s, decode(t, text)); why != "" {
				t.Fatalf("%s: %s: %s", source, text, why)
			}
		}
	})
}

// FuzzMadeSchema makes schemas that are right in form, which get deeper than random bytes do.
func FuzzMadeSchema(f *testing.F) {
	for seed := range uint64(300) {
		f.Add(seed)
	}
	v := mixed(400)
	f.Fuzz(func(t *testing.T, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 2))
		s := made(r, 3)
		s["$defs"] = map[string]any{"a": made(r, 2), "b": made(r, 1)}
		source, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		format, err := Schema(source)
		if err != nil {
			return
		}
		root := decode(t, string(source))
		for range 4 {
			text := random(t, v, format, r, 40)
			if text == "" {
				continue
			}
			if why := (validator{root}).valid(root, decode(t, text)); why != "" {
				t.Fatalf("%s: %s: %s", source, text, why)
			}
		}
	})
}

// made is a random schema.
func made(r *rand.Rand, depth int) map[string]any {
	if depth == 0 || r.IntN(12) == 0 {
		return map[string]any{"enum": []any{[]any{"a", 1, nil, "ab"}[r.IntN(4)], r.IntN(3)}}
	}
	s := map[string]any{}
	list := func(n int) (all []any) {
		for range n {
			all = append(all, made(r, depth-1))
		}
		return all
	}
	maybe := func(keyword string, value func() any) {
		if r.IntN(2) == 0 {
			s[keyword] = value()
		}
	}
	number := func() any { return float64(r.IntN(400)-200) / []float64{1, 1, 4}[r.IntN(3)] }
	switch r.IntN(9) {
	case 0:
		s["type"] = []any{"string", "null"}
		maybe("minLength", func() any { return r.IntN(4) })
		maybe("maxLength", func() any { return r.IntN(8) })
		maybe("pattern", func() any { return []string{"a", "^[a-z]+$", "^.{2,5}$", "x|y$", "^(ab)*$", `\d`, `^\p{L}`}[r.IntN(7)] })
	case 1:
		s["type"] = []string{"integer", "number"}[r.IntN(2)]
		for _, k := range []string{"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"} {
			maybe(k, number)
		}
	case 2, 3:
		s["type"] = "object"
		properties := map[string]any{}
		for _, name := range []string{"a", "ab", "kind"}[:r.IntN(4)] {
			properties[name] = made(r, depth-1)
		}
		s["properties"] = properties
		maybe("required", func() any { return []string{"a", "kind", "z"}[:r.IntN(4)] })
		maybe("additionalProperties", func() any { return []any{true, false, made(r, depth-1)}[r.IntN(3)] })
	case 4:
		s["type"] = "array"
		maybe("items", func() any { return []any{false, made(r, depth-1), made(r, depth-1)}[r.IntN(3)] })
		maybe("prefixItems", func() any { return list(1 + r.IntN(2)) })
		maybe("minItems", func() any { return r.IntN(4) })
		maybe("maxItems", func() any { return r.IntN(5) })
	case 5:
		return map[string]any{"$ref": "#" + []string{"", "/$defs/a", "/$defs/b"}[r.IntN(3)]}
	default:
		s[[]string{"allOf", "anyOf", "oneOf"}[r.IntN(3)]] = list(1 + r.IntN(2))
		maybe("type", func() any { return []string{"object", "array", "string"}[r.IntN(3)] })
	}
	return s
}

// FuzzJSON gives bytes to the automaton of all JSON: what it takes for whole is JSON, whatever way the bytes are cut into tokens,
// and JSON without white space of which the numbers are short is taken.
func FuzzJSON(f *testing.F) {
	for _, c := range examples {
		for _, s := range strings.Split(c.yes+"\n"+c.no, "\n") {
			f.Add([]byte(s))
		}
	}
	all := schema(f, `{}`)
	v := letters()
	f.Fuzz(func(t *testing.T, text []byte) {
		m := v.Start(all)
		for _, b := range text {
			if allowed := m.Allowed(); m.Advance(int(b)) != (allowed[b/64]>>(b%64)&1 == 1) {
				t.Fatalf("%q: byte %q: the mask says otherwise", text, b)
			}
		}
		if fits(v, all, string(text)) {
			var plain, again any
			if err := json.Unmarshal(text, &plain); err != nil {
				t.Fatalf("%q is taken: %v", text, err)
			}
			compact, err := json.Marshal(plain)
			if err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(compact, &again); err != nil || !fits(v, all, string(compact)) && !strings.ContainsAny(string(compact), "0123456789") {
				t.Fatalf("%q is taken, but not %q", text, compact)
			}
		}
	})
}
