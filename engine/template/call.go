package template

// arguments are the values of a call.
type arguments struct {
	pos   []value
	named *dict // nil: none
}

func (a arguments) find(name string) (value, bool) {
	if a.named == nil {
		return nil, false
	}
	return a.named.get(name)
}

// arguments evaluates a call's arguments.
func (s *state) arguments(c *callArgs, sc *scope) arguments {
	var a arguments
	s.spend(len(c.pos) + len(c.names))
	for _, e := range c.pos {
		a.pos = append(a.pos, s.eval(e, sc))
	}
	if len(c.names) > 0 || c.spread2 != nil {
		a.named = newDict()
	}
	for i, name := range c.names {
		if _, twice := a.named.get(name); twice {
			s.fail("the argument %s is given twice", quote(name))
		}
		a.named.set(name, s.eval(c.named[i], sc))
	}
	if c.spread != nil {
		a.pos = append(a.pos, s.collect(s.eval(c.spread, sc))...)
	}
	if c.spread2 != nil {
		s.spreadNamed(a.named, s.eval(c.spread2, sc))
	}
	return a
}

func (s *state) spreadNamed(named *dict, v value) {
	d, ok := v.(*dict)
	if !ok {
		s.fail("argument after ** must be a mapping, not %s", v.typeName())
	}
	for i, k := range d.keys {
		name, ok := asText(k)
		if !ok {
			s.fail("keywords must be strings")
		}
		if _, twice := named.get(name); twice {
			s.fail("the argument %s is given twice", quote(name))
		}
		named.set(name, d.values[i])
	}
}

func (n *callExpr) eval(s *state, sc *scope) value {
	fn := s.eval(n.fn, sc)
	a := s.arguments(n.args, sc)
	s.line = n.line
	return s.call(fn, a)
}

// call calls a function, a method, a macro or a recursive loop.
func (s *state) call(fn value, a arguments) value {
	switch fn := fn.(type) {
	case *function:
		return fn.call(s, a)
	case *macro:
		return fn.call(s, a)
	case *loop:
		return fn.recurse(s, a)
	case *joiner:
		return fn.call()
	case *undefined:
		s.fail("%s", fn.message())
	}
	s.fail("%s object is not callable", quote(fn.typeName()))
	return nil
}

// macro is a macro with the scope it was made in.
type macro struct {
	def   *macroDef
	scope *scope
}

func (*macro) typeName() string { return "Macro" }

func (n *macroStmt) exec(_ *state, sc *scope) control {
	sc.set(n.def.name, &macro{n.def, sc})
	return goOn
}

// exec calls a macro with the body of the call block as its caller.
func (n *callStmt) exec(s *state, sc *scope) control {
	fn := s.eval(n.call.fn, sc)
	a := s.arguments(n.call.args, sc)
	if a.named == nil {
		a.named = newDict()
	}
	s.line = n.line
	a.named.set("caller", &macro{n.def, sc})
	s.write(s.display(s.call(fn, a)))
	return goOn
}

func (m *macro) call(s *state, a arguments) value {
	s.enter()
	line := s.line
	inner := newScope(m.scope)
	rest := newDict()
	if a.named != nil {
		rest = a.named.clone()
	}
	m.bindParams(s, inner, a.pos, rest)
	m.bindSpecial(s, inner, a.pos, rest)
	out, _ := s.capture(func() control { return s.run(m.def.body, inner) })
	s.line = line
	s.leave()
	return str(out)
}

// bindParams gives each parameter its value and takes those used out of rest.
func (m *macro) bindParams(s *state, inner *scope, pos []value, rest *dict) {
	d := m.def
	for i, name := range d.params {
		v, named := rest.get(name)
		fallback := i - (len(d.params) - len(d.defaults))
		switch {
		case i < len(pos):
			v = pos[i]
		case named:
			rest.remove(name)
		case fallback >= 0:
			v = s.eval(d.defaults[fallback], inner)
		default:
			v = &undefined{hint: "parameter " + quote(name) + " was not provided"}
		}
		inner.set(name, v)
	}
}

// bindSpecial sets caller, kwargs and varargs where the body uses them, and refuses arguments that are left over.
func (m *macro) bindSpecial(s *state, inner *scope, pos []value, rest *dict) {
	d := m.def
	if d.useCaller && !m.hasParam("caller") {
		caller, ok := rest.get("caller")
		rest.remove("caller")
		if !ok || isNone(caller) {
			caller = &undefined{hint: "No caller defined"}
		}
		inner.set("caller", caller)
	}
	switch {
	case d.useNamed && !m.hasParam("kwargs"):
		inner.set("kwargs", rest)
	case len(rest.keys) > 0:
		s.fail("macro %s takes no keyword argument %s", quote(d.name), s.repr(rest.keys[0]))
	}
	switch extra := pos[min(len(d.params), len(pos)):]; {
	case d.useRest && !m.hasParam("varargs"):
		inner.set("varargs", newTuple(extra...))
	case len(extra) > 0:
		s.fail("macro %s takes not more than %d argument(s)", quote(d.name), len(d.params))
	}
}

func (m *macro) hasParam(name string) bool {
	for _, p := range m.def.params {
		if p == name {
			return true
		}
	}
	return false
}
