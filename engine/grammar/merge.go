package grammar

import "slices"

// shapesMax bounds the choices that one schema comes to.
const shapesMax = 256

// shapes returns what a schema comes to: a value is right when it fits one of them.
func (c *compiler) shapes(v *value) ([]*shape, error) {
	switch {
	case v.kind == 't':
		return []*shape{newShape(v)}, nil
	case v.kind == 'f':
		return nil, nil
	case v.kind != '{':
		return nil, v.fail("is not a schema")
	case c.known[v] != nil:
		return c.known[v], nil
	case c.active[v]:
		return nil, v.fail("refers to itself without anything between")
	}
	c.active[v] = true
	defer delete(c.active, v)
	s, err := read(v)
	if err != nil {
		return nil, err
	}
	all := []*shape{s}
	for i, name := range v.names {
		if all, err = c.combine(all, name, v.members[i]); err != nil {
			return nil, err
		}
		if len(all) > shapesMax {
			return nil, v.fail("has more than %d alternatives", shapesMax)
		}
	}
	c.known[v] = all
	return all, nil
}

// combine applies a keyword that refers to other schemas.
func (c *compiler) combine(all []*shape, name string, v *value) ([]*shape, error) {
	switch name {
	case "$ref":
		target := (*value)(nil)
		if v.kind == '"' {
			target = c.root.find(v.text)
		}
		if target == nil {
			return nil, v.fail("is %s, which is not in the schema", v)
		}
		return c.with(all, target)
	case "allOf", "anyOf", "oneOf":
		if v.kind != '[' || len(v.members) == 0 {
			return nil, v.fail("is not a list of schemas")
		}
	}
	switch name {
	case "allOf":
		for _, m := range v.members {
			var err error
			if all, err = c.with(all, m); err != nil {
				return nil, err
			}
		}
	case "anyOf", "oneOf":
		return c.either(all, v, name == "oneOf")
	}
	return all, nil
}

// with returns what fits one of all and v too.
func (c *compiler) with(all []*shape, v *value) ([]*shape, error) {
	more, err := c.shapes(v)
	if err != nil {
		return nil, err
	}
	var both []*shape
	for _, a := range all {
		for _, b := range more {
			m, err := merge(a, b)
			if err != nil {
				return nil, err
			}
			if m.types != 0 {
				both = append(both, m)
			}
			if len(both) > shapesMax {
				return nil, v.fail("has more than %d alternatives", shapesMax)
			}
		}
	}
	return both, nil
}

func (c *compiler) either(all []*shape, v *value, one bool) ([]*shape, error) {
	if len(v.members) > shapesMax {
		return nil, v.fail("has more than %d alternatives", shapesMax)
	}
	var choices [][]*shape
	for _, m := range v.members {
		choice, err := c.with(all, m)
		if err != nil {
			return nil, err
		}
		choices = append(choices, choice)
	}
	for i, a := range choices {
		for _, b := range choices[:i] {
			if one && !(c.apart(a, b, 0) && c.apart(b, a, 0)) {
				return nil, v.fail("has schemas that one value may fit both of: say anyOf, or give each a property with a const of its own")
			}
		}
	}
	return slices.Concat(choices...), nil
}

// merge is what fits both.
func merge(a, b *shape) (*shape, error) {
	m := *a
	m.types &= b.types
	m.typed = a.typed || b.typed
	m.only |= b.only
	m.required = slices.Clone(a.required)
	for _, name := range b.required {
		if !slices.Contains(m.required, name) {
			m.required = append(m.required, name)
		}
	}
	m.characters, m.elements = a.characters.within(b.characters), a.elements.within(b.elements)
	m.low, m.high = higher(a.low, b.low), lower(a.high, b.high)
	if b.limited {
		m.restrict(b.values)
	}
	if err := m.mergeObject(a, b); err != nil {
		return nil, err
	}
	return &m, m.mergeTexts(a, b)
}

func (b bounds) within(o bounds) bounds {
	return bounds{max(b.least, o.least), min(b.most, o.most)}
}

func (s *shape) mergeTexts(a, b *shape) error {
	for _, f := range []struct {
		name string
		to   *string
		from string
	}{{"pattern", &s.pattern, b.pattern}, {"format", &s.format, b.format}} {
		if *f.to != "" && f.from != "" && *f.to != f.from {
			return b.at.fail("and %s each have a %s, which is not supported", a.at.path, f.name)
		}
		if f.from != "" {
			*f.to = f.from
		}
	}
	return nil
}

// mergeObject merges properties and elements. additionalProperties and items speak of what their own schema does not
// name, so they can only be merged with a schema that names nothing else.
func (s *shape) mergeObject(a, b *shape) error {
	s.properties = slices.Clone(a.properties)
	for _, p := range b.properties {
		if q := s.property(p.name); q != nil {
			q.schema = append(slices.Clone(q.schema), p.schema...)
		} else {
			s.properties = append(s.properties, p)
		}
	}
	for _, pair := range [][2]*shape{{a, b}, {b, a}} {
		own, other := pair[0], pair[1]
		foreign := func(p property) bool { return own.property(p.name) == nil }
		if own.additional == nil {
			continue
		}
		if own.additional.kind != 't' && slices.ContainsFunc(other.properties, foreign) || other.additional != nil && other.additional != own.additional {
			return own.at.fail("has additionalProperties, which cannot be joined with the properties of %s", other.at.path)
		}
		s.additional = own.additional
	}
	if (a.items != nil || a.prefix != nil) && (b.items != nil || b.prefix != nil) && (a.items != b.items || a.prefix != nil || b.prefix != nil) {
		return b.at.fail("and %s each say what an array holds, which is not supported", a.at.path)
	}
	if s.items == nil && s.prefix == nil {
		s.items, s.prefix = b.items, b.prefix
	}
	return nil
}

func (s *shape) property(name string) *property {
	for i := range s.properties {
		if s.properties[i].name == name {
			return &s.properties[i]
		}
	}
	return nil
}

// kinds are the types that are written. Where type is missing, the other keywords tell what is meant.
func (s *shape) kinds() kinds {
	if !s.typed && s.only != 0 && !s.limited {
		return s.types & s.only
	}
	return s.types
}

const apartDepth = 4

// apart says that surely no value that is written for one of a fits any of b.
func (c *compiler) apart(a, b []*shape, depth int) bool {
	for _, x := range a {
		for _, y := range b {
			if !c.shapesApart(x, y, depth) {
				return false
			}
		}
	}
	return true
}

func (c *compiler) shapesApart(a, b *shape, depth int) bool {
	if a.limited {
		return !slices.ContainsFunc(a.values, func(v *value) bool { return b.mayBe(v) })
	}
	kind := a.kinds()
	if kind&b.types == 0 {
		return true
	}
	if kind != object || depth >= apartDepth {
		return false
	}
	for _, name := range b.required {
		if a.property(name) == nil && a.additional == nil && !slices.Contains(a.required, name) {
			return true
		}
	}
	for _, name := range a.required {
		p, q := a.property(name), b.property(name)
		if q == nil && b.additional != nil && b.additional.kind == 'f' {
			return true
		}
		if p != nil && q != nil && c.valuesApart(p.schema, q.schema, depth+1) {
			return true
		}
	}
	return false
}

// mayBe says whether v might fit, which is certain only for its type and where values are listed.
func (s *shape) mayBe(v *value) bool {
	if s.limited && !slices.ContainsFunc(s.values, func(w *value) bool { return w.String() == v.String() }) {
		return false
	}
	return v.kinds()&s.types != 0
}

func (c *compiler) valuesApart(a, b []*value, depth int) bool {
	for _, v := range a {
		for _, w := range b {
			x, err := c.shapes(v)
			y, other := c.shapes(w)
			if err == nil && other == nil && c.apart(x, y, depth) {
				return true
			}
		}
	}
	return false
}

// kinds is the type of a value. 1.0 is an integer as well.
func (v *value) kinds() kinds {
	switch v.kind {
	case 'n':
		return null
	case 't', 'f':
		return boolean
	case '"':
		return text
	case '{':
		return object
	case '[':
		return array
	}
	if r, err := v.number(); err == nil && r.IsInt() {
		return integer
	}
	return fraction
}
