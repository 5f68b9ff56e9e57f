package template

// attr is obj.name: Python's attribute first, then the item of that key.
func (s *state) attr(obj value, name string) value {
	if u, ok := obj.(*undefined); ok {
		s.fail("%s", u.message())
	}
	if v, ok := s.attribute(obj, name); ok {
		return v
	}
	if d, ok := obj.(*dict); ok {
		if v, ok := d.get(name); ok {
			return v
		}
	}
	return &undefined{obj: obj, key: str(name)}
}

// item is obj[key]: the item first, then, for a text key, Python's attribute.
func (s *state) item(obj, key value) value {
	if u, ok := obj.(*undefined); ok {
		s.fail("%s", u.message())
	}
	if v, ok := s.subscript(obj, key); ok {
		return v
	}
	if name, ok := asText(key); ok {
		if v, ok := s.attribute(obj, name); ok {
			return v
		}
	}
	return &undefined{obj: obj, key: key}
}

// forbidden are the methods that Jinja's immutable sandbox hides since they change their value.
var forbidden = map[string]map[string]bool{
	"dict": {"clear": true, "pop": true, "popitem": true, "setdefault": true, "update": true},
	"list": {"append": true, "reverse": true, "insert": true, "sort": true, "extend": true, "remove": true},
}

// attribute finds a method or a field.
func (s *state) attribute(obj value, name string) (value, bool) {
	switch o := obj.(type) {
	case *namespace:
		return o.vars.get(name)
	case *loop:
		return o.attribute(name)
	case *cycler:
		return o.attribute(name)
	case *macro:
		return o.attribute(name)
	case *span:
		if v, ok := o.attribute(name); ok {
			return v, true
		}
	case *tuple:
		for i, field := range o.fields {
			if field == name {
				return o.items[i], true
			}
		}
	}
	if m, ok := s.library.methods[methodType(obj)][name]; ok {
		return &function{name, func(s *state, a arguments) value {
			s.spend(1)
			a.pos = append([]value{obj}, a.pos...)
			return m.run(s, name, a)
		}}, true
	}
	if forbidden[obj.typeName()][name] || len(name) > 4 && name[:2] == "__" && name[len(name)-2:] == "__" {
		return &undefined{hint: "access to attribute " + quote(name) + " of " + quote(obj.typeName()) + " object is unsafe."}, true
	}
	return nil, false
}

func methodType(obj value) string {
	if _, ok := obj.(markup); ok {
		return "str"
	}
	return obj.typeName()
}

func (m *macro) attribute(name string) (value, bool) {
	switch name {
	case "name":
		return str(m.def.name), true
	case "arguments":
		t := newTuple()
		for _, p := range m.def.params {
			t.items = append(t.items, str(p))
		}
		return t, true
	case "catch_kwargs":
		return boolean(m.def.useNamed), true
	case "catch_varargs":
		return boolean(m.def.useRest), true
	case "caller":
		return boolean(m.def.useCaller), true
	}
	return nil, false
}

func (r *span) attribute(name string) (value, bool) {
	switch name {
	case "start":
		return integer(r.start), true
	case "stop":
		return integer(r.stop), true
	case "step":
		return integer(r.step), true
	}
	return nil, false
}

// subscript is Python's obj[key] with ok false for what raises there.
func (s *state) subscript(obj, key value) (value, bool) {
	if d, ok := obj.(*dict); ok {
		hash, ok := s.hash(key)
		if !ok {
			return nil, false
		}
		return d.find(hash)
	}
	i, ok := asInt(key)
	if !ok {
		return nil, false
	}
	if t, ok := asText(obj); ok {
		s.spend(len(t) / 16)
		r, ok := runeAt(t, i)
		return like(obj, r), ok
	}
	if r, ok := obj.(*span); ok {
		i, ok := place(i, int(r.length()))
		return r.at(int64(i)), ok
	}
	if list, ok := items(obj); ok {
		if i, ok := place(i, len(list)); ok {
			return list[i], true
		}
	}
	return nil, false
}

// place counts a negative index from the end; ok is false outside [0, n).
func place(i int64, n int) (int, bool) {
	if i < 0 {
		i += int64(n)
	}
	return int(i), i >= 0 && i < int64(n)
}

// slice is obj[start:stop:step]. Unlike a look-up it fails where Python does.
func (s *state) slice(obj value, bounds [3]value) value {
	_, isText := asText(obj)
	list, isList := items(obj)
	r, isSpan := obj.(*span)
	if !isText && !isList && !isSpan {
		s.failType(obj, "a sequence to slice")
	}
	n, _ := length(obj)
	start, step, count, ok := s.cut(bounds, n)
	if !ok {
		s.fail("slice indices must be integers or None")
	}
	s.spend(n/16 + count)
	switch {
	case isText:
		return like(obj, sliceText(obj, start, step, count))
	case isSpan:
		first := r.start + int64(start)*r.step
		width := r.step * int64(step)
		return &span{first, first + int64(count)*width, width}
	}
	part := make([]value, 0, count)
	for i := range count {
		part = append(part, list[start+i*step])
	}
	if _, ok := obj.(*tuple); ok {
		return newTuple(part...)
	}
	return newList(part)
}

// cut works out which places of n a slice takes: count of them from start on, step apart. ok is false for a bound that is no number.
func (s *state) cut(bounds [3]value, n int) (start, step, count int, ok bool) {
	at := [3]int{0, n, 1}
	var set [3]bool
	for i, b := range bounds {
		if isNone(b) {
			continue
		}
		v, ok := asInt(b)
		if !ok {
			return 0, 0, 0, false
		}
		at[i], set[i] = int(max(min(v, outputMax), -outputMax)), true
	}
	step = at[2]
	if step == 0 {
		s.fail("slice step cannot be zero")
	}
	low, high := 0, n
	if step < 0 {
		low, high = -1, n-1
		if !set[0] {
			at[0] = high
		}
		if !set[1] {
			at[1] = low
		}
	}
	for i := range 2 {
		if set[i] && at[i] < 0 {
			at[i] += n
		}
		at[i] = max(low, min(high, at[i]))
	}
	if step > 0 {
		count = max(0, (at[1]-at[0]+step-1)/step)
	} else {
		count = max(0, (at[0]-at[1]-step-1)/-step)
	}
	return at[0], step, count, true
}
