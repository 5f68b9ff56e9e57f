package template

import "strings"

// eval computes an expression. Names and constants are paid for by what they stand in.
func (s *state) eval(e expr, sc *scope) value {
	switch e := e.(type) {
	case *nameExpr:
		return e.eval(s, sc)
	case *constExpr:
		return e.v
	}
	s.enter()
	v := e.eval(s, sc)
	s.depth--
	return v
}

func (s *state) evalAll(list []expr, sc *scope) []value {
	s.spend(len(list))
	values := make([]value, len(list))
	for i, e := range list {
		values[i] = s.eval(e, sc)
	}
	return values
}

func (n *constExpr) eval(*state, *scope) value { return n.v }

func (n *nameExpr) eval(_ *state, sc *scope) value {
	if v, ok := sc.get(n.name); ok {
		return v
	}
	return &undefined{key: str(n.name)}
}

func (n *listExpr) eval(s *state, sc *scope) value { return newList(s.evalAll(n.items, sc)) }

func (n *tupleExpr) eval(s *state, sc *scope) value { return newTuple(s.evalAll(n.items, sc)...) }

func (n *dictExpr) eval(s *state, sc *scope) value {
	s.spend(dictSteps + len(n.keys))
	d := newDict()
	for i, k := range n.keys {
		key := s.eval(k, sc)
		v := s.eval(n.values[i], sc)
		s.line = n.line
		d.put(s.mustHash(key), key, v)
	}
	return d
}

func (n *attrExpr) eval(s *state, sc *scope) value {
	obj := s.eval(n.obj, sc)
	s.line = n.line
	return s.attr(obj, n.name)
}

func (n *itemExpr) eval(s *state, sc *scope) value {
	obj := s.eval(n.obj, sc)
	if sl, ok := n.key.(*sliceExpr); ok {
		bounds := s.evalSlice(sl, sc)
		s.line = n.line
		return s.slice(obj, bounds)
	}
	key := s.eval(n.key, sc)
	s.line = n.line
	return s.item(obj, key)
}

// eval is reached only by a slice inside a tuple of keys, which nothing can be looked up by.
func (n *sliceExpr) eval(s *state, _ *scope) value {
	s.fail("a slice is not supported here")
	return nil
}

func (s *state) evalSlice(n *sliceExpr, sc *scope) (bounds [3]value) {
	for i, e := range []expr{n.start, n.stop, n.step} {
		bounds[i] = none{}
		if e != nil {
			bounds[i] = s.eval(e, sc)
		}
	}
	return bounds
}

func (n *filterExpr) eval(s *state, sc *scope) value {
	return n.apply(s, sc, nil)
}

// apply runs the filters, the innermost on the body of a block if it has no expression.
func (n *filterExpr) apply(s *state, sc *scope, body value) value {
	in := body
	if inner, ok := n.in.(*filterExpr); ok {
		s.enter()
		in = inner.apply(s, sc, body)
		s.leave()
	} else if n.in != nil {
		in = s.eval(n.in, sc)
	}
	a := s.arguments(n.args, sc)
	s.line = n.line
	return s.filter(n.name, in, a)
}

// filter applies a filter by name.
func (s *state) filter(name string, in value, a arguments) value {
	f, ok := s.library.filters[name]
	if !ok {
		s.fail("no filter named %s", quote(name))
	}
	a.pos = append([]value{in}, a.pos...)
	return f.run(s, name, a)
}

func (n *testExpr) eval(s *state, sc *scope) value {
	in := s.eval(n.in, sc)
	a := s.arguments(n.args, sc)
	s.line = n.line
	return boolean(s.test(n.name, in, a))
}

// test applies a test by name.
func (s *state) test(name string, in value, a arguments) bool {
	t, ok := s.library.tests[name]
	if !ok {
		s.fail("no test named %s", quote(name))
	}
	a.pos = append([]value{in}, a.pos...)
	return truth(t.run(s, name, a))
}

func (n *binaryExpr) eval(s *state, sc *scope) value {
	left := s.eval(n.left, sc)
	right := s.eval(n.right, sc)
	s.line = n.line
	return s.binary(n.op, left, right)
}

func (n *unaryExpr) eval(s *state, sc *scope) value {
	v := s.eval(n.in, sc)
	s.line = n.line
	if u, ok := v.(*undefined); ok {
		s.fail("%s", u.message())
	}
	if n.op == "-" {
		if f, ok := v.(float); ok {
			return -f
		}
		v, ok := s.number("-", integer(0), v)
		if ok {
			return v
		}
	} else if v, ok := s.number("+", integer(0), v); ok {
		return v
	}
	s.fail("bad operand type for unary %s: %s", n.op, quote(v.typeName()))
	return nil
}

func (n *concatExpr) eval(s *state, sc *scope) value {
	s.spend(len(n.parts))
	var b strings.Builder
	for _, part := range n.parts {
		t := s.display(s.eval(part, sc))
		s.charge(b.Len() + len(t))
		b.WriteString(t)
	}
	return str(b.String())
}

func (n *compareExpr) eval(s *state, sc *scope) value {
	s.spend(len(n.ops))
	left := s.eval(n.left, sc)
	for _, op := range n.ops {
		right := s.eval(op.right, sc)
		s.line = n.line
		if !s.compare(op.op, left, right) {
			return boolean(false)
		}
		left = right
	}
	return boolean(true)
}

func (n *logicExpr) eval(s *state, sc *scope) value {
	left := s.eval(n.left, sc)
	if truth(left) == n.or {
		return left
	}
	return s.eval(n.right, sc)
}

func (n *notExpr) eval(s *state, sc *scope) value { return boolean(!truth(s.eval(n.in, sc))) }

func (n *condExpr) eval(s *state, sc *scope) value {
	switch {
	case truth(s.eval(n.test, sc)):
		return s.eval(n.then, sc)
	case n.else_ != nil:
		return s.eval(n.else_, sc)
	}
	return &undefined{hint: "the inline if-expression evaluated to false and no else section was defined"}
}
