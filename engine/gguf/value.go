package gguf

import (
	"encoding/binary"
	"fmt"
	"iter"
	"math"
)

// ValueType is the type of a metadata value (enum gguf_type of gguf.h).
type ValueType uint32

// The types of metadata values.
const (
	TypeUint8 ValueType = iota
	TypeInt8
	TypeUint16
	TypeInt16
	TypeUint32
	TypeInt32
	TypeFloat32
	TypeBool
	TypeString
	TypeArray
	TypeUint64
	TypeInt64
	TypeFloat64
)

var valueTypes = [...]struct {
	name  string
	bytes int // of one value; for strings and arrays the least
}{
	{"uint8", 1},
	{"int8", 1},
	{"uint16", 2},
	{"int16", 2},
	{"uint32", 4},
	{"int32", 4},
	{"float32", 4},
	{"bool", 1},
	{"string", 8},
	{"array", 12},
	{"uint64", 8},
	{"int64", 8},
	{"float64", 8},
}

// String is the name the specification uses, in lower case.
func (t ValueType) String() string {
	if int(t) < len(valueTypes) {
		return valueTypes[t].name
	}
	return fmt.Sprintf("value type %d", uint32(t))
}

// Value is a view of one metadata value in the file: a number, a bool, a string, or an array of these.
// It is valid until the file is closed.
type Value struct {
	Type ValueType // of the elements when IsArray
	n    int       // elements, -1 when it is no array
	data []byte    // as in the file, after type and count
}

// IsArray says whether the value is a list.
func (v Value) IsArray() bool { return v.n >= 0 }

// Len is the number of elements of an array, otherwise 1.
func (v Value) Len() int {
	if v.n < 0 {
		return 1
	}
	return v.n
}

// Int returns element i of numbers as an int. It is not ok for a fraction, or a number that does not fit.
func (v Value) Int(i int) (int, bool) {
	bits, kind := v.number(i)
	switch kind {
	case signed:
		return int(bits), true
	case unsigned:
		return int(bits), bits <= math.MaxInt
	case float:
		f := math.Float64frombits(bits)
		return int(f), f == math.Trunc(f) && math.Abs(f) < 1<<53
	}
	return 0, false
}

// Uint is like Int for numbers that are not negative.
func (v Value) Uint(i int) (uint64, bool) {
	bits, kind := v.number(i)
	if kind == unsigned {
		return bits, true
	}
	n, ok := v.Int(i)
	return uint64(n), ok && n >= 0
}

// Float returns element i of numbers as a float.
func (v Value) Float(i int) (float64, bool) {
	bits, kind := v.number(i)
	switch kind {
	case signed:
		return float64(int64(bits)), true
	case unsigned:
		return float64(bits), true
	case float:
		return math.Float64frombits(bits), true
	}
	return 0, false
}

// Bool returns element i of bools.
func (v Value) Bool(i int) (value, ok bool) {
	if v.Type != TypeBool || i < 0 || i >= v.Len() {
		return false, false
	}
	return v.data[i] != 0, true
}

// Bytes returns the text of a value that is one string, without copying it.
func (v Value) Bytes() ([]byte, bool) {
	if v.Type != TypeString || v.IsArray() {
		return nil, false
	}
	return v.data[8:], true
}

type numberKind int

const (
	notNumber numberKind = iota
	signed
	unsigned
	float
)

// number returns element i as 64 bits: an integer, or the bits of a float64.
func (v Value) number(i int) (uint64, numberKind) {
	if i < 0 || i >= v.Len() {
		return 0, notNumber
	}
	le := binary.LittleEndian
	switch v.Type {
	case TypeUint8:
		return uint64(v.data[i]), unsigned
	case TypeUint16:
		return uint64(le.Uint16(v.data[2*i:])), unsigned
	case TypeUint32:
		return uint64(le.Uint32(v.data[4*i:])), unsigned
	case TypeUint64:
		return le.Uint64(v.data[8*i:]), unsigned
	case TypeInt8:
		return uint64(int8(v.data[i])), signed
	case TypeInt16:
		return uint64(int16(le.Uint16(v.data[2*i:]))), signed
	case TypeInt32:
		return uint64(int32(le.Uint32(v.data[4*i:]))), signed
	case TypeInt64:
		return le.Uint64(v.data[8*i:]), signed
	case TypeFloat32:
		return math.Float64bits(float64(math.Float32frombits(le.Uint32(v.data[4*i:])))), float
	case TypeFloat64:
		return le.Uint64(v.data[8*i:]), float
	}
	return 0, notNumber
}

// String describes the value in a line, for people: long text and long lists are cut.
func (v Value) String() string {
	if v.IsArray() {
		return fmt.Sprintf("%d × %s", v.n, v.Type)
	}
	if b, ok := v.Bytes(); ok {
		if len(b) > 200 {
			return fmt.Sprintf("%q… (%d bytes)", b[:200], len(b))
		}
		return fmt.Sprintf("%q", b)
	}
	if b, ok := v.Bool(0); ok {
		return fmt.Sprint(b)
	}
	if n, ok := v.Int(0); ok {
		return fmt.Sprint(n)
	}
	if v.Type == TypeFloat32 {
		f, _ := v.Float(0)
		return fmt.Sprint(float32(f))
	}
	f, _ := v.Float(0)
	return fmt.Sprint(f)
}

// Strings is a view of an array of strings in the file. It copies no text; it holds the place of each
// string in 4 bytes.
type Strings struct {
	data  []byte
	index []uint32 // begin of each text; its length stands in the 8 bytes before
}

func newStrings(v Value) Strings {
	s := Strings{data: v.data, index: make([]uint32, v.n)}
	at := 8
	for i := range s.index {
		s.index[i] = uint32(at)
		at += s.length(at) + 8
	}
	return s
}

// length reads the length of the text that begins at a place.
func (s Strings) length(at int) int { return int(binary.LittleEndian.Uint64(s.data[at-8:])) }

// Len is the number of strings.
func (s Strings) Len() int { return len(s.index) }

// At returns string i as it stands in the file. The caller must not write to it or hold it after Close.
func (s Strings) At(i int) []byte {
	at := int(s.index[i])
	end := at + s.length(at)
	return s.data[at:end:end]
}

// All walks over the strings in order.
func (s Strings) All() iter.Seq2[int, []byte] {
	return func(yield func(int, []byte) bool) {
		for i := range s.index {
			if !yield(i, s.At(i)) {
				return
			}
		}
	}
}
