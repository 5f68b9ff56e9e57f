package template

import (
	"cmp"
	"strings"
)

// binary is + - * / // % or **.
func (s *state) binary(op string, a, b value) value {
	if format, ok := asText(a); ok && op == "%" {
		return like(a, s.percent(format, b, a))
	}
	for _, v := range []value{a, b} {
		if u, ok := v.(*undefined); ok {
			s.fail("%s", u.message())
		}
	}
	if v, ok := s.number(op, a, b); ok {
		return v
	}
	if op == "+" {
		if v, ok := s.join(a, b); ok {
			return v
		}
	}
	if op == "*" {
		if v, ok := s.repeat(a, b); ok {
			return v
		}
		if v, ok := s.repeat(b, a); ok {
			return v
		}
	}
	s.fail("unsupported operand types for %s: %s and %s", op, quote(a.typeName()), quote(b.typeName()))
	return nil
}

// join is + of two texts, two lists or two tuples.
func (s *state) join(a, b value) (value, bool) {
	if x, ok := asText(a); ok {
		y, ok := asText(b)
		if !ok {
			return nil, false
		}
		return s.joinText(a, b, x, y), true
	}
	switch x := a.(type) {
	case *list:
		if y, ok := b.(*list); ok {
			return newList(s.concat(x.items, y.items)), true
		}
	case *tuple:
		if y, ok := b.(*tuple); ok {
			return newTuple(s.concat(x.items, y.items)...), true
		}
	}
	return nil, false
}

// joinText adds two texts. Where one is markup, the other is escaped and the sum is markup.
func (s *state) joinText(a, b value, x, y string) value {
	_, safeA := a.(markup)
	_, safeB := b.(markup)
	if safeA && !safeB {
		y = escape(y)
	}
	if safeB && !safeA {
		x = escape(x)
	}
	s.charge(len(x) + len(y))
	if safeA || safeB {
		return markup(x + y)
	}
	return str(x + y)
}

func (s *state) concat(x, y []value) []value {
	s.spend(len(x) + len(y))
	return append(append(make([]value, 0, len(x)+len(y)), x...), y...)
}

// repeat is a sequence times a number.
func (s *state) repeat(seq, times value) (value, bool) {
	n, ok := asInt(times)
	if !ok {
		return nil, false
	}
	n = max(n, 0)
	if t, ok := asText(seq); ok {
		s.charge(s.product(n, len(t)))
		return like(seq, strings.Repeat(t, int(n))), true
	}
	x, ok := items(seq)
	if !ok {
		return nil, false
	}
	s.spend(s.product(n, len(x)))
	var all []value
	for range n {
		if len(x) == 0 {
			break
		}
		all = append(all, x...)
	}
	if _, ok := seq.(*tuple); ok {
		return newTuple(all...), true
	}
	return newList(all), true
}

// product is the size of n times size, or what no limit allows.
func (s *state) product(n int64, size int) int {
	if size == 0 {
		return 0
	}
	if n > outputMax || size > outputMax {
		s.limit("it repeats something too often")
	}
	return int(n) * size
}

// compare is == != < <= > >= in or not in.
func (s *state) compare(op string, a, b value) bool {
	switch op {
	case "==":
		return s.equal(a, b)
	case "!=":
		return !s.equal(a, b)
	case "in":
		return s.contains(b, a)
	case "not in":
		return !s.contains(b, a)
	case "<":
		return s.less(a, b, op)
	case ">":
		return s.less(b, a, op)
	case "<=":
		return s.lessOrEqual(a, b, op)
	}
	return s.lessOrEqual(b, a, op)
}

// equal is Python's ==.
func (s *state) equal(a, b value) bool {
	s.enter()
	defer s.leave()
	if x, ok := asText(a); ok {
		y, ok := asText(b)
		s.spend(min(len(x), len(y)) / 1024)
		return ok && x == y
	}
	if c, ok := compareNumbers(a, b); ok {
		return c == 0
	}
	switch x := a.(type) {
	case *list:
		y, ok := b.(*list)
		return ok && s.equalItems(x.items, y.items)
	case *tuple:
		y, ok := b.(*tuple)
		return ok && s.equalItems(x.items, y.items)
	case *dict:
		y, ok := b.(*dict)
		return ok && s.equalDicts(x, y)
	case *span:
		y, ok := b.(*span)
		return ok && equalSpans(x, y)
	case *undefined:
		return isUndefined(b)
	}
	return a == b
}

func equalSpans(x, y *span) bool {
	n := x.length()
	return n == y.length() && (n == 0 || x.start == y.start && (n == 1 || x.step == y.step))
}

func (s *state) equalItems(x, y []value) bool {
	if len(x) != len(y) {
		return false
	}
	for i := range x {
		if !s.equal(x[i], y[i]) {
			return false
		}
	}
	return true
}

func (s *state) equalDicts(x, y *dict) bool {
	if len(x.keys) != len(y.keys) {
		return false
	}
	for hash, i := range x.index {
		v, ok := y.find(hash)
		if !ok || !s.equal(x.values[i], v) {
			return false
		}
	}
	return true
}

// compareNumbers compares two numbers; ok is false if one is not a number. A NaN is unequal to all.
func compareNumbers(a, b value) (c int, ok bool) {
	x, okX := asInt(a)
	y, okY := asInt(b)
	if okX && okY {
		return cmp.Compare(x, y), true
	}
	p, okX := asBig(a)
	q, okY := asBig(b)
	if okX && okY {
		return p.Cmp(q), true
	}
	f, okX := asFloat(a)
	g, okY := asFloat(b)
	if !okX || !okY {
		return 0, false
	}
	if f != f || g != g {
		return 2, true
	}
	return cmp.Compare(f, g), true
}

// less is Python's <.
func (s *state) less(a, b value, op string) bool {
	c := s.order(a, b, op)
	return c == -1
}

func (s *state) lessOrEqual(a, b value, op string) bool {
	c := s.order(a, b, op)
	return c == -1 || c == 0
}

// order is -1, 0 or 1, or 2 where nothing holds but !=.
func (s *state) order(a, b value, op string) int {
	s.enter()
	defer s.leave()
	for _, v := range []value{a, b} {
		if u, ok := v.(*undefined); ok {
			s.fail("%s", u.message())
		}
	}
	if c, ok := compareNumbers(a, b); ok {
		return c
	}
	x, okX := asText(a)
	y, okY := asText(b)
	if okX && okY {
		s.spend(min(len(x), len(y)) / 1024)
		return cmp.Compare(x, y)
	}
	if a.typeName() == b.typeName() {
		p, okX := items(a)
		q, okY := items(b)
		if okX && okY {
			return s.orderItems(p, q, op)
		}
	}
	s.fail("%s not supported between instances of %s and %s", quote(op), quote(a.typeName()), quote(b.typeName()))
	return 0
}

func (s *state) orderItems(p, q []value, op string) int {
	for i := range min(len(p), len(q)) {
		if !s.equal(p[i], q[i]) {
			return s.order(p[i], q[i], op)
		}
	}
	return cmp.Compare(len(p), len(q))
}

// contains is Python's v in seq.
func (s *state) contains(seq, v value) bool {
	if t, ok := asText(seq); ok {
		part, ok := asText(v)
		if !ok {
			s.fail("'in <string>' requires string as left operand, not %s", v.typeName())
		}
		s.spend(len(t) / 64)
		return strings.Contains(t, part)
	}
	if d, ok := seq.(*dict); ok {
		_, found := d.find(s.mustHash(v))
		return found
	}
	if r, ok := seq.(*span); ok {
		if i, ok := asInt(v); ok {
			return r.has(i)
		}
	}
	if !iterable(seq) {
		s.fail("argument of type %s is not iterable", quote(seq.typeName()))
	}
	next := s.iterate(seq)
	for item, ok := next(); ok; item, ok = next() {
		if s.equal(item, v) {
			return true
		}
	}
	return false
}

func (r *span) has(i int64) bool {
	if r.step > 0 && (i < r.start || i >= r.stop) || r.step < 0 && (i > r.start || i <= r.stop) {
		return false
	}
	return (i-r.start)%r.step == 0
}
