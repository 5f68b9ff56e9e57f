package template

import (
	"fmt"
	"strings"
	"time"
)

const (
	stepsMax   = 20_000_000
	outputMax  = 16 << 20  // bytes of one text, the prompt among them
	createdMax = 256 << 20 // bytes of all texts made on the way
	depthMax   = 6000      // of expressions and statements inside each other
)

// state is one rendering.
type state struct {
	library *library
	out     *strings.Builder
	globals *scope
	now     func() time.Time
	line    int // of what runs now
	steps   int // left
	created int
	depth   int
}

// scope holds the variables of one block. Reading looks outwards, writing stays here.
type scope struct {
	vars   map[string]value // of the template itself, which may have many
	few    []variable       // of an inner block
	parent *scope
}

type variable struct {
	name string
	v    value
}

func newScope(parent *scope) *scope { return &scope{parent: parent} }

func (sc *scope) get(name string) (value, bool) {
	for ; sc != nil; sc = sc.parent {
		for i := range sc.few {
			if sc.few[i].name == name {
				return sc.few[i].v, true
			}
		}
		if v, ok := sc.vars[name]; ok {
			return v, true
		}
	}
	return nil, false
}

func (sc *scope) set(name string, v value) {
	if sc.vars != nil {
		sc.vars[name] = v
		return
	}
	for i := range sc.few {
		if sc.few[i].name == name {
			sc.few[i].v = v
			return
		}
	}
	sc.few = append(sc.few, variable{name, v})
}

// fail ends the rendering as a Python exception would.
func (s *state) fail(format string, a ...any) { throw(s.line, fmt.Errorf(format, a...)) }

func (s *state) limit(why string) { throw(s.line, fmt.Errorf("%w: %s", ErrLimit, why)) }

// spend counts n steps of work.
func (s *state) spend(n int) {
	if s.steps -= n; s.steps < 0 || n < 0 {
		s.limit("it takes too many steps")
	}
}

// charge counts a text of n bytes, before it is made where it may be large. Reading and copying 64 bytes is a step.
func (s *state) charge(n int) {
	if n < 0 || n > outputMax {
		s.limit("it makes a text of more than 16 MiB")
	}
	if s.created += n; s.created > createdMax {
		s.limit("it makes too much text")
	}
	s.spend(n / 64)
}

func (s *state) write(text string) {
	s.charge(len(text))
	if s.out.Len()+len(text) > outputMax {
		s.limit("it makes a text of more than 16 MiB")
	}
	s.out.WriteString(text)
}

// capture collects what f writes.
func (s *state) capture(f func() control) (string, control) {
	outer := s.out
	s.out = &strings.Builder{}
	c := f()
	text := s.out.String()
	s.out = outer
	return text, c
}

func (s *state) enter() {
	s.spend(1)
	if s.depth++; s.depth > depthMax {
		s.limit("it is nested too deeply")
	}
}

func (s *state) leave() { s.depth-- }

// run executes statements until one leaves the loop around them.
func (s *state) run(b body, sc *scope) control {
	s.enter()
	defer s.leave()
	for _, st := range b {
		if c := st.exec(s, sc); c != goOn {
			return c
		}
	}
	return goOn
}

func (t textStmt) exec(s *state, _ *scope) control {
	s.spend(1)
	s.write(string(t))
	return goOn
}

func (n *printStmt) exec(s *state, sc *scope) control {
	s.spend(1)
	v := s.eval(n.in, sc)
	s.line = n.line
	s.write(s.display(v))
	return goOn
}

func (n *ifStmt) exec(s *state, sc *scope) control {
	s.spend(len(n.tests))
	for i, test := range n.tests {
		if truth(s.eval(test, sc)) {
			return s.run(n.bodies[i], sc)
		}
	}
	if n.else_ == nil {
		return goOn
	}
	return s.run(n.else_, sc)
}

func (n *setStmt) exec(s *state, sc *scope) control {
	s.spend(1)
	v := s.eval(n.in, sc)
	s.line = n.line
	s.assign(n.target, v, sc)
	return goOn
}

func (n *setBlock) exec(s *state, sc *scope) control {
	inner := newScope(sc)
	text, c := s.capture(func() control { return s.run(n.body, inner) })
	if c != goOn {
		return c
	}
	var v value = str(text)
	if n.filter != nil {
		v = n.filter.apply(s, inner, v)
	}
	s.line = n.line
	s.assign(n.target, v, sc)
	return goOn
}

// assign stores v in the target, which may unpack it.
func (s *state) assign(t target, v value, sc *scope) {
	switch {
	case t.parts != nil:
		s.unpack(t.parts, v, sc)
	case t.attr == "":
		sc.set(t.name, v)
	default:
		obj, _ := sc.get(t.name)
		ns, ok := obj.(*namespace)
		if !ok {
			s.fail("%s is no namespace, so its attributes cannot be set", quote(t.name))
		}
		ns.vars.set(t.attr, v)
	}
}

func (s *state) unpack(parts []target, v value, sc *scope) {
	next := s.iterate(v)
	for _, part := range parts {
		item, ok := next()
		if !ok {
			s.fail("not enough values to unpack (expected %d)", len(parts))
		}
		s.assign(part, item, sc)
	}
	if _, ok := next(); ok {
		s.fail("too many values to unpack (expected %d)", len(parts))
	}
}

func (n *filterStmt) exec(s *state, sc *scope) control {
	inner := newScope(sc)
	text, c := s.capture(func() control { return s.run(n.body, inner) })
	if c != goOn {
		return c
	}
	s.write(s.display(n.filter.apply(s, inner, str(text))))
	return goOn
}

func (n *withStmt) exec(s *state, sc *scope) control {
	inner := newScope(sc)
	for i, t := range n.targets {
		v := s.eval(n.values[i], sc)
		s.line = n.line
		s.assign(t, v, inner)
	}
	return s.run(n.body, inner)
}

func (n *scopeStmt) exec(s *state, sc *scope) control {
	for n.root && sc.parent != s.globals {
		sc = sc.parent
	}
	return s.run(n.body, newScope(sc))
}

func (n loopStmt) exec(s *state, _ *scope) control {
	s.spend(1)
	return control(n)
}
