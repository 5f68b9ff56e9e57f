package template

import (
	"math"
	"strings"
)

// dictSteps is the price of a dict, which takes some hundred bytes.
const dictSteps = 10

// dict keeps its keys in the order they came, as Python does.
type dict struct {
	keys, values []value
	index        map[any]int // the hash of a key -> its place
}

func newDict() *dict { return &dict{index: map[any]int{}} }

// set puts a value under a text key.
func (d *dict) set(key string, v value) { d.put(key, str(key), v) }

// get finds the value under a text key.
func (d *dict) get(key string) (value, bool) { return d.find(key) }

func (d *dict) put(hash any, key, v value) {
	if i, ok := d.index[hash]; ok {
		d.values[i] = v
		return
	}
	d.index[hash] = len(d.keys)
	d.keys = append(d.keys, key)
	d.values = append(d.values, v)
}

func (d *dict) find(hash any) (value, bool) {
	i, ok := d.index[hash]
	if !ok {
		return nil, false
	}
	return d.values[i], true
}

func (d *dict) clone() *dict {
	c := newDict()
	for i, k := range d.keys {
		c.keys = append(c.keys, k)
		c.values = append(c.values, d.values[i])
	}
	for h, i := range d.index {
		c.index[h] = i
	}
	return c
}

type (
	tupleHash     string
	bigHash       string
	undefinedHash struct{}
)

// hash returns a comparable Go value that equal keys share, 1, 1.0 and True among them; ok is false for what cannot be a key.
func (s *state) hash(v value) (h any, ok bool) {
	switch v := v.(type) {
	case str:
		return string(v), true
	case markup:
		return string(v), true
	case boolean, integer:
		return toInt64(v), true
	case bigInteger:
		return bigHash(v.String()), true
	case float:
		if f := float64(v); f == math.Trunc(f) && math.Abs(f) < 1<<62 {
			return int64(f), true
		}
		return float64(v), true
	case *undefined:
		return undefinedHash{}, true
	case *tuple:
		return s.hashTuple(v)
	case *list, *dict, *view:
		return nil, false
	}
	return v, true
}

func (s *state) hashTuple(t *tuple) (any, bool) {
	var b strings.Builder
	for _, item := range t.items {
		if _, ok := s.hash(item); !ok {
			return nil, false
		}
		r := s.repr(item)
		s.charge(len(r))
		b.WriteString(r)
		b.WriteByte(0)
	}
	return tupleHash(b.String()), true
}

// mustHash is hash where Python raises TypeError.
func (s *state) mustHash(v value) any {
	h, ok := s.hash(v)
	if !ok {
		s.fail("unhashable type: %s", quote(v.typeName()))
	}
	return h
}

// remove takes a text key out.
func (d *dict) remove(key string) {
	gone, ok := d.index[key]
	if !ok {
		return
	}
	delete(d.index, key)
	d.keys = append(d.keys[:gone], d.keys[gone+1:]...)
	d.values = append(d.values[:gone], d.values[gone+1:]...)
	for h, i := range d.index {
		if i > gone {
			d.index[h] = i - 1
		}
	}
}
