package template

// loop is the variable of that name inside a for.
type loop struct {
	node            *forStmt
	outer           *scope
	depth           int // 0 outside recursion
	index           int // from 0; -1 before the first
	source          value
	next            func() (value, bool)
	length          int     // of source; -1: not known yet
	ahead           []value // read before their turn
	current, before value
	changed         []value
}

func (*loop) typeName() string { return "LoopContext" }

func (n *forStmt) exec(s *state, sc *scope) control {
	source := s.eval(n.iter, sc)
	s.line = n.line
	if !n.recursive {
		n.run(s, sc, source, 0)
		return goOn
	}
	text, _ := s.capture(func() control { n.run(s, sc, source, 0); return goOn })
	s.write(text)
	return goOn
}

func (n *forStmt) run(s *state, sc *scope, source value, depth int) {
	l := &loop{node: n, outer: sc, depth: depth, index: -1, source: source, length: -1}
	l.next = s.iterate(source)
	if n.test != nil {
		l.next = n.filtered(s, sc, l.next)
		l.source = none{}
	}
	finished := false // one pass to its end; Jinja runs the else after passes that were all cut short
	for {
		item, ok := l.advance()
		if !ok {
			break
		}
		s.spend(3) // what follows costs as much
		inner := newScope(sc)
		s.line = n.line
		s.assign(n.target, item, inner)
		inner.set("loop", l)
		c := s.run(n.body, inner)
		if c == breakLoop {
			break
		}
		finished = finished || c == goOn
	}
	if !finished {
		s.run(n.else_, newScope(sc))
	}
}

// filtered passes on the items for which the loop's condition holds.
func (n *forStmt) filtered(s *state, sc *scope, next func() (value, bool)) func() (value, bool) {
	return func() (value, bool) {
		for {
			item, ok := next()
			if !ok {
				return nil, false
			}
			inner := newScope(sc)
			s.assign(n.target, item, inner)
			if truth(s.eval(n.test, inner)) {
				return item, true
			}
		}
	}
}

func (l *loop) advance() (value, bool) {
	item, ok := l.peek()
	if !ok {
		return nil, false
	}
	l.ahead = l.ahead[1:]
	l.index++
	l.before, l.current = l.current, item
	return item, true
}

func (l *loop) peek() (value, bool) {
	if len(l.ahead) == 0 {
		item, ok := l.next()
		if !ok {
			return nil, false
		}
		l.ahead = append(l.ahead, item)
	}
	return l.ahead[0], true
}

// total is the number of all items; those of a generator are read to count them.
func (l *loop) total() int {
	if l.length >= 0 {
		return l.length
	}
	if n, ok := length(l.source); ok {
		l.length = n
		return n
	}
	for {
		item, ok := l.next()
		if !ok {
			break
		}
		l.ahead = append(l.ahead, item)
	}
	l.length = l.index + 1 + len(l.ahead)
	return l.length
}

func (l *loop) attribute(name string) (value, bool) {
	switch name {
	case "index":
		return integer(l.index + 1), true
	case "index0":
		return integer(l.index), true
	case "revindex":
		return integer(l.total() - l.index), true
	case "revindex0":
		return integer(l.total() - l.index - 1), true
	case "length":
		return integer(l.total()), true
	case "depth":
		return integer(l.depth + 1), true
	case "depth0":
		return integer(l.depth), true
	case "first":
		return boolean(l.index == 0), true
	case "last":
		_, more := l.peek()
		return boolean(!more), true
	}
	return l.neighbour(name)
}

func (l *loop) neighbour(name string) (value, bool) {
	switch name {
	case "previtem":
		if l.index == 0 {
			return &undefined{hint: "there is no previous item"}, true
		}
		return l.before, true
	case "nextitem":
		if item, ok := l.peek(); ok {
			return item, true
		}
		return &undefined{hint: "there is no next item"}, true
	case "cycle":
		return &function{"cycle", l.cycle}, true
	case "changed":
		return &function{"changed", l.isChanged}, true
	}
	return nil, false
}

func (l *loop) cycle(s *state, a arguments) value {
	if len(a.pos) == 0 {
		s.fail("no items for cycling given")
	}
	return a.pos[l.index%len(a.pos)]
}

func (l *loop) isChanged(s *state, a arguments) value {
	if l.changed != nil && s.equal(newTuple(l.changed...), newTuple(a.pos...)) {
		return boolean(false)
	}
	l.changed = append([]value{}, a.pos...)
	return boolean(true)
}

// recurse renders the loop's body for inner items.
func (l *loop) recurse(s *state, a arguments) value {
	if !l.node.recursive {
		s.fail("the loop must have the 'recursive' marker to be called recursively")
	}
	source := s.bind("loop", loopSpec, a)[0]
	text, _ := s.capture(func() control { l.node.run(s, l.outer, source, l.depth+1); return goOn })
	return str(text)
}
