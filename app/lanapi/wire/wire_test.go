package wire

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"
	"time"

	"croft/engine"
	"croft/engine/grammar"
	"croft/engine/sample"
)

// fill sets all fields below v to values that are not zero and differ from each other, but for those that are left out.
func fill(t *testing.T, v reflect.Value, n *int, leave ...string) {
	t.Helper()
	*n++
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(int64(*n) * int64(time.Millisecond))
	case reflect.Uint64:
		v.SetUint(1<<63 + uint64(*n)) // more than a float64 holds
	case reflect.Float32, reflect.Float64:
		v.SetFloat(float64(*n) + 0.25)
	case reflect.String:
		v.SetString("text " + string(rune('a'+*n)))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem(), n, leave...)
	case reflect.Slice:
		if v.Type() == reflect.TypeFor[json.RawMessage]() {
			v.SetBytes([]byte(`["<` + string(rune('a'+*n)) + `>"]`))
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(t, v.Index(0), n, leave...)
		fill(t, v.Index(1), n, leave...)
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(t, key, n, leave...)
		fill(t, value, n, leave...)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.Struct:
		fillStruct(t, v, n, leave...)
	default:
		t.Fatalf("the test cannot fill a %v", v.Type())
	}
}

func fillStruct(t *testing.T, v reflect.Value, n *int, leave ...string) {
	if v.Type() == reflect.TypeFor[time.Time]() {
		v.Set(reflect.ValueOf(time.Unix(int64(*n), 5000).UTC()))
		return
	}
fields:
	for i := range v.NumField() {
		for _, name := range leave {
			if v.Type().Field(i).Name == name {
				continue fields
			}
		}
		fill(t, v.Field(i), n, leave...)
	}
}

// travel sends a value through JSON.
func travel[T any](t *testing.T, v T) (there T) {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &there); err != nil {
		t.Fatalf("%s: %v", b, err)
	}
	return there
}

func TestEverySettingTravels(t *testing.T) {
	var s sample.Settings
	n := 0
	fill(t, reflect.ValueOf(&s).Elem(), &n)
	if got := sample.Settings(travel(t, Sampling(s))); !reflect.DeepEqual(got, s) {
		t.Errorf("%+v became %+v", s, got)
	}
}

// A field that somebody adds to the engine's request must be thought of here.
func TestEveryFieldOfARequestTravels(t *testing.T) {
	var r engine.Request
	n := 0
	fill(t, reflect.ValueOf(&r).Elem(), &n, "Format") // its inside is not seen from here
	r.Format = formatOf(t)
	want := reflect.ValueOf(r)
	got := reflect.ValueOf(travel(t, NewReplyRequest("x", r)).Request())
	for i := range want.NumField() {
		name, a, b := want.Type().Field(i).Name, want.Field(i).Interface(), got.Field(i).Interface()
		if name == "Conversation" {
			continue
		}
		if name == "Format" {
			a, b = text(t, a), text(t, b)
		}
		if !reflect.DeepEqual(a, b) {
			t.Errorf("%s: %+v became %+v", name, a, b)
		}
	}
	c, d := *r.Conversation, *got.Interface().(engine.Request).Conversation
	if !c.Now.Equal(d.Now) {
		t.Errorf("Now: %v became %v", c.Now, d.Now)
	}
	for _, raw := range []struct{ a, b json.RawMessage }{{c.Messages, d.Messages}, {c.Tools, d.Tools}, {c.Kwargs, d.Kwargs}} {
		var a, b any
		if json.Unmarshal(raw.a, &a) != nil || json.Unmarshal(raw.b, &b) != nil || !reflect.DeepEqual(a, b) {
			t.Errorf("%s became %s", raw.a, raw.b)
		}
	}
	if *c.BOS != *d.BOS || *c.EOS != *d.EOS {
		t.Errorf("BOS and EOS became %q and %q", *d.BOS, *d.EOS)
	}
}

func formatOf(t *testing.T) *grammar.Format {
	t.Helper()
	f, err := grammar.Schema([]byte(`{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}`))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func text(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestPiecesTravel(t *testing.T) {
	var result engine.Result
	n := 0
	fill(t, reflect.ValueOf(&result).Elem(), &n)
	for _, p := range []engine.Piece{{Token: 0, Text: ""}, {Token: 7, Text: "ä\u2028<"}, {Token: -1, Text: "rest", Result: &result}} {
		got, ok := travel(t, NewLine(p)).Piece()
		if !ok || !reflect.DeepEqual(got, p) {
			t.Errorf("%+v became %+v, %v", p, got, ok)
		}
	}
	for _, l := range []Line{{}, {Place: new(int)}, {Loading: new(float64)}, {Error: &Error{}}} {
		if _, ok := l.Piece(); ok {
			t.Errorf("%+v is no piece", l)
		}
	}
}

func TestStatusTravels(t *testing.T) {
	var s Status
	n := 0
	fill(t, reflect.ValueOf(&s).Elem(), &n)
	if got := travel(t, s); !reflect.DeepEqual(got, s) {
		t.Errorf("%+v became %+v", s, got)
	}
	b, _ := json.Marshal(s.Models[0])
	var names map[string]json.RawMessage
	if err := json.Unmarshal(b, &names); err != nil || names["advice"] == nil || names["size_bytes"] == nil {
		t.Errorf("a model is %s", b)
	}
}

func TestErrorsAreTheEnginesOwn(t *testing.T) {
	e := travel(t, Error{Code: TooLong, Message: "too long", Tokens: 9, Max: 5})
	var long *engine.PromptTooLongError
	if !errors.As(&e, &long) || long.Tokens != 9 || long.Max != 5 {
		t.Errorf("%+v is no PromptTooLongError", e)
	}
	if !errors.Is(&Error{Code: Closing}, engine.ErrClosed) || errors.Is(&Error{Code: Failed}, engine.ErrClosed) {
		t.Error("closing is ErrClosed, and nothing else is")
	}
}
