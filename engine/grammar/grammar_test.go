package grammar

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

// letters is a vocabulary of all single bytes, and an end.
func letters() *Vocabulary {
	return NewVocabulary(257, func(id int) []byte {
		if id == 256 {
			return nil
		}
		return []byte{byte(id)}
	}, []int{256})
}

// fits says whether a text is a value of a format.
func fits(v *Vocabulary, f *Format, value string) bool {
	m := v.Start(f)
	for _, b := range []byte(value) {
		if !m.Advance(int(b)) {
			return false
		}
	}
	return m.Complete()
}

func schema(t testing.TB, source string) *Format {
	t.Helper()
	f, err := Schema([]byte(source))
	if err != nil {
		t.Fatalf("%s: %v", source, err)
	}
	return f
}

// Values that a schema has and has not, one to a line.
var examples = []struct{ schema, yes, no string }{
	{`{"type":"object"}`, `{}
 {"a": 1, "b": [true, null, {"c": "\u00e9\ud83e\udd99\n"}], "": -0.5e-3}`, `[]
1
{"a":1,}
{,}
{"a" :1}
{"a":01}
{"a":"\ud800"}
{"a":tru}`},
	{
		`{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"string"},"c":{"type":"null"}},"required":["b"]}`,
		`{"b":"x"}
{"a":1,"b":"x"}
{ "a": 1, "b": "x", "c": null }
{"b":"","c":null}`, `{}
{"a":1}
{"b":"x","a":1}
{"b":"x",}
{"b":"x","d":1}
{"a":1 ,"b":"x"}}
{"a":1.5,"b":"x"}`,
	},
	{`{"properties":{"a":{"const":1},"b":{"const":2}}}`, `{}
{"a":1}
{"b":2}
{"a":1,"b":2}`, `{,"b":2}
{"a":1,}
{"a":1,"b":2,}
{"a":2}`},
	{
		`{"type":"object","properties":{"id":{"type":"integer"}},"required":["id"],"additionalProperties":{"type":"boolean"}}`,
		`{"id":1}
{"id":1,"x":true,"idx":false,"":true,"i":true}`, `{"x":true}
{"id":1,"id":true}
{"id":1,"x":1}
{"id":1,"\u0069d":true}`,
	},
	{`{"type":"array","items":{"type":"integer"},"minItems":2,"maxItems":4}`, `[1,2]
[1, 2, 3]
[1,2,3,-4]`, `[]
[1]
[1,2,3,4,5]
[1,2,]
[1,"2"]`},
	{`{"type":"array","prefixItems":[{"type":"string"},{"type":"integer"}],"items":{"type":"null"},"minItems":1,"maxItems":4}`, `["a"]
["a",1]
["a",1,null,null]`, `[]
[1]
["a",null]
["a",1,null,null,null]`},
	{`{"type":"array","prefixItems":[{"type":"string"},{"type":"integer"}],"items":false}`, `[]
["a"]
["a",1]`, `["a",1,2]
[1]`},
	{`{"type":"array","maxItems":0}`, `[]`, `[1]`},
	{`{"type":"array","items":false}`, `[]`, `[1]`},
	{`{"enum":["a","ab",1,12,null,{"x":[1,2]},"é\n"]}`, `"a"
"ab"
1
12
null
{"x":[1,2]}
"é\n"`, `"b"
"abc"
2
{"x":[1]}`},
	{`{"type":"string","enum":["a",1]}`, `"a"`, `1`},
	{`{"const":true}`, `true`, `false`},
	{`{"type":["string","null"]}`, `"a"
null`, `1`},
	{`{"type":"string","minLength":2,"maxLength":3}`, `"ab"
"日本語"
"\"\\\n"
"\ud83e\udd99x"
"🦙🦙🦙"`, `"a"
"abcd"
"日本語x"
"🦙🦙🦙🦙"`},
	{`{"type":"string","minLength":1}`, `"a"
"aaaaaaaaaaaaaaaaaaaa"`, `""`},
	{`{"type":"string","maxLength":0}`, `""`, `"a"`},
	{`{"type":"string","pattern":"^[a-c]{2,3}\\d+$"}`, `"ab1"
"abc123"`, `"a1"
"abcd1"
"ab"
"ab1x"`},
	{`{"type":"string","pattern":"b+"}`, `"b"
"aabbcc"
"日b\n"`, `""
"aacc"`},
	{`{"type":"string","pattern":"^(a|\"|\\u00e9|\\t)$"}`, `"a"
"\""
"é"
"\t"`, `"b"
"\u0061"
""`},
	{`{"type":"string","pattern":"^a*$","minLength":2,"maxLength":3}`, `"aa"
"aaa"`, `"a"
"aaaa"`},
	{`{"type":"string","pattern":"^(abc|d)$","maxLength":2}`, `"d"`, `"a"
"abc"`},
	{`{"type":"string","pattern":"^$"}`, `""`, `"a"`},
	{`{"type":"string","pattern":"(?i)^ok$"}`, `"ok"
"OK"`, `"no"`},
	{`{"type":"string","pattern":"^.$"}`, `"x"
"🦙"`, `"\n"
"xx"`},
	{`{"type":"string","format":"date"}`, `"2024-02-29"
"2023-12-31"
"2000-02-29"`, `"2023-02-29"
"1900-02-29"
"2023-04-31"
"2023-13-01"`},
	{`{"type":"string","format":"time"}`, `"23:59:59Z"
"00:00:00.123+02:00"`, `"24:00:00Z"
"10:00Z"`},
	{`{"type":"string","format":"date-time"}`, `"2024-02-29T10:00:00Z"`, `"2024-02-29"`},
	{`{"type":"string","format":"uuid"}`, `"123e4567-e89b-12d3-a456-426614174000"`, `"123e4567e89b12d3a456426614174000"`},
	{`{"type":"string","format":"email"}`, `"ada.b+c@mail.example.org"`, `"ada"
"@b.org"
"ada@b"
"a..b@c.de"`},
	{`{"type":"string","format":"uri"}`, `"https://example.org:8080/a/b.html?q=1"
"ftp://a-b"`, `"example.org"
"https://"
"http://a b"`},
	{`{"type":"string","format":"hostname"}`, `"a-b.c1.example"`, `"-a"
"a..b"`},
	{`{"type":"string","format":"ipv4"}`, `"192.168.1.255"`, `"192.168.1.256"
"1.2.3.4."
"1.2.3"`},
	{`{"type":"integer"}`, `0
-1
123456789012345`, `-0
01
1.0
1234567890123456
+1`},
	{`{"type":"number"}`, `0
-0
-1.5
1e5
2.5E-10`, `.5
1.
1e999
1e
00`},
	{`{"type":"integer","minimum":-12,"maximum":345}`, `-12
-9
0
9
10
99
345
340`, `-13
346
-0
1000
-20`},
	{`{"type":"integer","exclusiveMinimum":3,"exclusiveMaximum":5}`, `4`, `3
5`},
	{`{"type":"integer","minimum":0.5}`, `1
100
999999999999999`, `0
-1`},
	{`{"type":"integer","maximum":-10}`, `-10
-11
-100`, `-9
0
10`},
	{`{"type":"number","minimum":-0.25,"maximum":12.5}`, `-0.25
-0.2
-0.24999
0
0.0
12.5
12.50
12.4999
1.75`, `-0.26
-0.250001
12.51
13
-1
1e1`},
	{`{"type":"number","exclusiveMinimum":0}`, `0.1
0.0000001
1
123.5`, `0
0.0
-1
-0`},
	{`{"type":"integer","format":"int32"}`, `2147483647
-2147483648`, `2147483648
-2147483649`},
	{
		`{"anyOf":[{"type":"integer"},{"type":"object","properties":{"a":{"const":1}},"required":["a"]},{"type":"object","properties":{"a":{"const":2}},"required":["a"]}]}`,
		`5
{"a":1}
{"a":2}`, `{"a":3}
"x"`,
	},
	{`{"oneOf":[{"type":"object","properties":{"kind":{"const":"cat"},"lives":{"type":"integer"}},"required":["kind"]},
		{"type":"object","properties":{"kind":{"const":"dog"}},"required":["kind"]},{"type":"null"}]}`, `{"kind":"cat","lives":9}
{"kind":"dog"}
null`, `{"kind":"dog","lives":9}`},
	{`{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"integer"}},"anyOf":[{"required":["a"]},{"required":["b"]}]}`, `{"a":1}
{"b":1}
{"a":1,"b":1}`, `{}`},
	{`{"allOf":[{"type":"object","properties":{"a":{"type":"integer"}}},{"properties":{"b":{"type":"null"},"a":{"maximum":5}},"required":["a"]}]}`, `{"a":5}
{"a":1,"b":null}`, `{"a":6}
{"b":null}`},
	{
		`{"$ref":"#/$defs/tree","$defs":{"tree":{"type":"object","properties":{"v":{"type":"integer"},"kids":{"type":"array","items":{"$ref":"#/$defs/tree"}}},"required":["v"]}}}`,
		`{"v":1}
{"v":1,"kids":[{"v":2,"kids":[]},{"v":3}]}`, `{"kids":[]}
{"v":1,"kids":[1]}`,
	},
	{`{"type":"object","properties":{"next":{"anyOf":[{"$ref":"#"},{"type":"null"}]}},"required":["next"]}`, `{"next":{"next":null}}`, `{"next":{}}`},
	{`{"type":"object","properties":{"a":false,"b":true}}`, `{"b":[1]}
{}`, `{"a":1}`},
	{`true`, `[1,"a",{}]
null`, `nul`},
}

func TestExamples(t *testing.T) {
	v := letters()
	for _, c := range examples {
		f := schema(t, c.schema)
		for _, s := range strings.Split(c.yes, "\n") {
			if !json.Valid([]byte(s)) || !fits(v, f, s) {
				t.Errorf("%s does not let %s through", c.schema, s)
			}
		}
		for _, s := range strings.Split(c.no, "\n") {
			if fits(v, f, s) {
				t.Errorf("%s lets %s through", c.schema, s)
			}
		}
	}
}

func TestWhiteSpaceIsBounded(t *testing.T) {
	v, f := letters(), schema(t, `{"type":"object","properties":{"a":{"type":"array","items":{"type":"integer"}}}}`)
	indent := strings.Repeat(" ", indentMax)
	for value, want := range map[string]bool{
		"{\n  \"a\": [\n\t\t1,\n\t\t2\n  ]\n}": true,
		"\n{ }":                                true,
		" { \"a\": [ 1, 2 ] }":                 true,
		"{\n" + indent + "\"a\":[]}":           true,
		"{\n" + indent + " \"a\":[]}":          false,
		"{  \"a\":[]}":                         false,
		"{\n\n\"a\":[]}":                       false,
		"{}\n":                                 false,
		"{}{}":                                 false,
		"{\"a\":[1 ,2]}":                       true,
		"{\"a\" :[]}":                          false,
	} {
		if fits(v, f, value) != want {
			t.Errorf("%q: %v, want %v", value, !want, want)
		}
	}
}

func TestSchemasThatCannotBeFollowed(t *testing.T) {
	for source, why := range map[string]string{
		`{"type":"object","patternProperties":{}}`:                              "patternProperties",
		`{"type":"array","uniqueItems":true}`:                                   "uniqueItems",
		`{"not":{}}`:                                                            "not",
		`{"type":"number","multipleOf":2}`:                                      "multipleOf",
		`{"type":"string","format":"regex"}`:                                    "regex",
		`{"type":"string","pattern":"(?=a)"}`:                                   "(?=",
		`{"type":"string","pattern":"\\bword\\b"}`:                              "boundaries",
		`{"type":"string","pattern":"^a$","minLength":2}`:                       "no value",
		`{"type":"strings"}`:                                                    "#/type",
		`{"type":{"a":"null"}}`:                                                 "#/type",
		`{"required":{}}`:                                                       "#/required",
		`{"$ref":"#/$defs/none"}`:                                               "none",
		`{"$ref":"https://example.org/a"}`:                                      "example.org",
		`{"$ref":"#"}`:                                                          "refers to itself",
		`{"anyOf":[{"$ref":"#"},{"type":"null"}]}`:                              "refers to itself",
		`{"type":"object","properties":{"a":{"$ref":"#"}},"required":["a"]}`:    "no value",
		`{"oneOf":[{"type":"integer"},{"type":"number"}]}`:                      "anyOf",
		`{"oneOf":[{"type":"object","properties":{"a":{}}},{"type":"object"}]}`: "anyOf",
		`{"allOf":[{"type":"string","pattern":"a"},{"pattern":"b"}]}`:           "pattern",
		`{"allOf":[{"properties":{"a":{}},"additionalProperties":false},{"properties":{"b":{}}}]}`: "additionalProperties",
		`{"type":"string","minLength":3,"maxLength":2}`:                                            "no value",
		`{"type":"array","minItems":3,"maxItems":2}`:                                               "no value",
		`{"type":"array","prefixItems":[{}],"items":false,"minItems":2}`:                           "no value",
		`{"type":"integer","minimum":3,"maximum":2}`:                                               "no value",
		`{"type":"integer","exclusiveMinimum":2,"exclusiveMaximum":3}`:                             "no value",
		`{"type":"integer","minimum":1e1000000000}`:                                                "minimum",
		`{"type":"string","minLength":-1}`:                                                         "minLength",
		`{"enum":[]}`:                                                                              "no value",
		`{"enum":["a"],"minLength":1}`:                                                             "beside",
		`false`:                                                                                    "no value",
		`7`:                                                                                        "not a schema",
		`{"type":"object"} x`:                                                                      "follows",
		`{"type":`:                                                                                 "JSON",
		`{"type":"null","type":"null"}`:                                                            "twice",
		strings.Repeat(`{"items":`, 100) + `{}` + strings.Repeat(`}`, 100):                         "deep",
		`{"type":"string","pattern":"(a|b)*a(a|b){18}"}`:                                           "large",
		`{"type":"object","properties":{"a":{"nullable":true}}}`:                                   "nullable",
	} {
		_, err := Schema([]byte(source))
		if err == nil || !errors.Is(err, ErrSchema) || !strings.Contains(err.Error(), why) {
			t.Errorf("%.80s: %v, want a word of %q", source, err, why)
		}
	}
}

func TestFormatsTravel(t *testing.T) {
	f := schema(t, `{"type": "object", "properties": {"b": {"type": "integer"}, "a": {}}}`)
	b, err := json.Marshal(map[string]*Format{"format": f})
	if err != nil {
		t.Fatal(err)
	}
	var back struct{ Format *Format }
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	if back.Format.source != f.source || !fits(letters(), back.Format, `{"b":1,"a":2}`) {
		t.Errorf("%s came back as %s", f.source, back.Format.source)
	}
	if err := json.Unmarshal([]byte(`{"type":1}`), new(Format)); !errors.Is(err, ErrSchema) {
		t.Errorf("a bad schema gave %v", err)
	}
}
