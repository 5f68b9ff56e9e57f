package template

import (
	"math/big"
	"strconv"
)

// value is what a template computes with: one of the types below and no other,
// so that a template can reach nothing else of this program.
type value interface {
	typeName() string // as Python names the type
}

type (
	none    struct{}
	boolean bool
	integer int64
	float   float64
	str     string // text
	markup  string // text marked safe: it escapes what is joined to it, as markupsafe.Markup does

	// bigInteger is an int that int64 cannot hold.
	bigInteger struct{ *big.Int }

	list struct{ items []value }

	// tuple has fields only where Python would use a named tuple.
	tuple struct {
		items  []value
		fields []string
	}

	// span is Python's range.
	span struct{ start, stop, step int64 }

	// generator yields each item once.
	generator struct {
		name string
		next func() (value, bool)
	}

	// view is what dict.keys, dict.values and dict.items return.
	view struct {
		d    *dict
		kind viewKind
	}

	namespace struct{ vars *dict }

	// function is a global function or a method bound to its value.
	function struct {
		name string
		call func(s *state, a arguments) value
	}

	// undefined is what a look-up that finds nothing gives. It prints as nothing and fails in almost every other use.
	undefined struct {
		hint string // the whole message, if set
		obj  value  // nil: a variable
		key  value
	}
)

type viewKind int

const (
	keyView viewKind = iota
	valueView
	itemView
)

func (none) typeName() string       { return "NoneType" }
func (boolean) typeName() string    { return "bool" }
func (integer) typeName() string    { return "int" }
func (bigInteger) typeName() string { return "int" }
func (float) typeName() string      { return "float" }
func (str) typeName() string        { return "str" }
func (markup) typeName() string     { return "Markup" }
func (*list) typeName() string      { return "list" }
func (*tuple) typeName() string     { return "tuple" }
func (*dict) typeName() string      { return "dict" }
func (*span) typeName() string      { return "range" }
func (*generator) typeName() string { return "generator" }
func (*namespace) typeName() string { return "Namespace" }
func (*function) typeName() string  { return "function" }
func (*undefined) typeName() string { return "Undefined" }
func (v *view) typeName() string {
	return [...]string{"dict_keys", "dict_values", "dict_items"}[v.kind]
}

// message says why the value is undefined.
func (u *undefined) message() string {
	key := ""
	name, isName := u.key.(str)
	if isName {
		key = quote(string(name))
	} else if i, ok := u.key.(integer); ok {
		key = strconv.FormatInt(int64(i), 10)
	} else if u.key != nil {
		key = "of type " + u.key.typeName()
	}
	switch {
	case u.hint != "":
		return u.hint
	case u.obj == nil:
		return key + " is undefined"
	case isName:
		return quote(objectName(u.obj)) + " has no attribute " + key
	}
	return objectName(u.obj) + " has no element " + key
}

func objectName(v value) string {
	if _, ok := v.(none); ok {
		return "None"
	}
	return v.typeName() + " object"
}

// asText returns the Go string of a str or markup.
func asText(v value) (string, bool) {
	switch v := v.(type) {
	case str:
		return string(v), true
	case markup:
		return string(v), true
	}
	return "", false
}

// like gives text the type of a model: what is made from markup is markup.
func like(model value, text string) value {
	if _, ok := model.(markup); ok {
		return markup(text)
	}
	return str(text)
}

// items returns the items of a list or a tuple.
func items(v value) ([]value, bool) {
	switch v := v.(type) {
	case *list:
		return v.items, true
	case *tuple:
		return v.items, true
	}
	return nil, false
}

func newList(items []value) *list    { return &list{items} }
func newTuple(items ...value) *tuple { return &tuple{items: items} }
func isUndefined(v value) bool       { _, ok := v.(*undefined); return ok }
func isNone(v value) bool            { _, ok := v.(none); return ok }
func (r *span) at(i int64) value     { return integer(r.start + i*r.step) }
func (v *view) at(i int) value {
	switch v.kind {
	case keyView:
		return v.d.keys[i]
	case valueView:
		return v.d.values[i]
	}
	return newTuple(v.d.keys[i], v.d.values[i])
}

// length is the number of integers in the range.
func (r *span) length() int64 {
	switch {
	case r.step > 0 && r.start < r.stop:
		return int64((uint64(r.stop)-uint64(r.start)-1)/uint64(r.step)) + 1
	case r.step < 0 && r.start > r.stop:
		return int64((uint64(r.start)-uint64(r.stop)-1)/(-uint64(r.step))) + 1
	}
	return 0
}

// truth is Python's bool().
func truth(v value) bool {
	switch v := v.(type) {
	case none, *undefined:
		return false
	case boolean:
		return bool(v)
	case integer:
		return v != 0
	case float:
		return v != 0
	case str:
		return v != ""
	case markup:
		return v != ""
	}
	n, ok := length(v)
	return !ok || n > 0
}

// length is Python's len(); ok is false for what has none.
func length(v value) (n int, ok bool) {
	switch v := v.(type) {
	case str:
		return runeCount(string(v)), true
	case markup:
		return runeCount(string(v)), true
	case *list:
		return len(v.items), true
	case *tuple:
		return len(v.items), true
	case *dict:
		return len(v.keys), true
	case *view:
		return len(v.d.keys), true
	case *span:
		return int(v.length()), true
	case *undefined:
		return 0, true
	case *loop:
		return v.total(), true
	}
	return 0, false
}
