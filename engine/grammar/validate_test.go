package grammar

import (
	"encoding/json"
	"fmt"
	"math/big"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// validator checks a value against a schema in the plain way, as a second opinion: it shares no code with the compiler.
type validator struct{ root any }

// decode reads JSON with the digits of its numbers.
func decode(t testing.TB, source string) any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(source))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%s: %v", source, err)
	}
	if d.More() {
		t.Fatalf("%s: something follows", source)
	}
	return v
}

// valid says why v does not fit, "" when it does.
func (c validator) valid(schema, v any) string {
	s, ok := schema.(map[string]any)
	if !ok {
		if schema == false {
			return "nothing may be here"
		}
		return ""
	}
	for keyword, arg := range s {
		if why := c.keyword(s, keyword, arg, v); why != "" {
			return fmt.Sprintf("%s %v: %s", keyword, arg, why)
		}
	}
	return ""
}

func (c validator) keyword(s map[string]any, keyword string, arg, v any) string {
	switch keyword {
	case "$ref":
		return c.valid(c.find(arg.(string)), v)
	case "type":
		return typed(arg, v)
	case "const":
		return unless(reflect.DeepEqual(arg, v))
	case "enum":
		return unless(slices.ContainsFunc(arg.([]any), func(a any) bool { return reflect.DeepEqual(a, v) }))
	case "allOf", "anyOf", "oneOf":
		return c.several(keyword, arg.([]any), v)
	}
	switch v := v.(type) {
	case map[string]any:
		return c.object(s, keyword, arg, v)
	case []any:
		return c.array(s, keyword, arg, v)
	case string:
		return texts(keyword, arg, v)
	case json.Number:
		return numbers(keyword, arg, v)
	}
	return ""
}

func (c validator) find(pointer string) any {
	at := c.root
	for _, part := range strings.Split(pointer, "/")[1:] {
		at = at.(map[string]any)[part]
	}
	return at
}

func unless(fits bool) string {
	if fits {
		return ""
	}
	return "does not fit"
}

func typed(arg, v any) string {
	names, ok := arg.([]any)
	if !ok {
		names = []any{arg}
	}
	for _, name := range names {
		is := false
		switch v := v.(type) {
		case nil:
			is = name == "null"
		case bool:
			is = name == "boolean"
		case string:
			is = name == "string"
		case map[string]any:
			is = name == "object"
		case []any:
			is = name == "array"
		case json.Number:
			is = name == "number" || name == "integer" && rat(v).IsInt()
		}
		if is {
			return ""
		}
	}
	return fmt.Sprintf("%v is of another type", v)
}

func (c validator) several(keyword string, schemas []any, v any) string {
	n := 0
	for _, s := range schemas {
		if c.valid(s, v) == "" {
			n++
		}
	}
	switch keyword {
	case "allOf":
		return unless(n == len(schemas))
	case "anyOf":
		return unless(n > 0)
	}
	return unless(n == 1)
}

func (c validator) object(s map[string]any, keyword string, arg any, v map[string]any) string {
	properties, _ := s["properties"].(map[string]any)
	for name, member := range v {
		schema, known := properties[name]
		why := ""
		switch {
		case keyword == "properties" && known:
			why = c.valid(schema, member)
		case keyword == "additionalProperties" && !known:
			why = c.valid(arg, member)
		}
		if why != "" {
			return name + ": " + why
		}
	}
	if keyword == "required" {
		for _, name := range arg.([]any) {
			if _, ok := v[name.(string)]; !ok {
				return "is missing"
			}
		}
	}
	return ""
}

func (c validator) array(s map[string]any, keyword string, arg any, v []any) string {
	prefix, _ := s["prefixItems"].([]any)
	for i, element := range v {
		why := ""
		switch {
		case keyword == "prefixItems" && i < len(prefix):
			why = c.valid(prefix[i], element)
		case keyword == "items" && i >= len(prefix):
			why = c.valid(arg, element)
		}
		if why != "" {
			return why
		}
	}
	switch keyword {
	case "minItems":
		return unless(rat(arg).Cmp(big.NewRat(int64(len(v)), 1)) <= 0)
	case "maxItems":
		return unless(rat(arg).Cmp(big.NewRat(int64(len(v)), 1)) >= 0)
	}
	return ""
}

func texts(keyword string, arg any, v string) string {
	n := big.NewRat(int64(utf8.RuneCountInString(v)), 1)
	switch keyword {
	case "minLength":
		return unless(rat(arg).Cmp(n) <= 0)
	case "maxLength":
		return unless(rat(arg).Cmp(n) >= 0)
	case "pattern":
		return unless(regexp.MustCompile(strings.ReplaceAll(arg.(string), `\u00e9`, "é")).MatchString(v))
	case "format":
		layout := map[any]string{"date": time.DateOnly, "date-time": time.RFC3339, "time": "15:04:05Z07:00"}[arg]
		if layout == "" {
			return ""
		}
		_, err := time.Parse(layout, v)
		return unless(err == nil)
	}
	return ""
}

func numbers(keyword string, arg any, v json.Number) string {
	switch keyword {
	case "minimum":
		return unless(rat(v).Cmp(rat(arg)) >= 0)
	case "maximum":
		return unless(rat(v).Cmp(rat(arg)) <= 0)
	case "exclusiveMinimum":
		return unless(rat(v).Cmp(rat(arg)) > 0)
	case "exclusiveMaximum":
		return unless(rat(v).Cmp(rat(arg)) < 0)
	}
	return ""
}

func rat(v any) *big.Rat {
	r, ok := new(big.Rat).SetString(v.(json.Number).String())
	if !ok {
		panic(v)
	}
	return r
}
