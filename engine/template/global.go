package template

const rangeMax = 100_000 // items, as in Jinja's sandbox

var (
	loopSpec     = takes("iterable")
	raiseSpec    = takes("message")
	strftimeSpec = takes("format")
	joinerSpec   = takes("sep?")
)

// globals are the functions that every chat template may call.
func globals() map[string]value {
	all := map[string]value{}
	for name, call := range map[string]func(*state, arguments) value{
		"range":           makeSpan,
		"dict":            func(s *state, a arguments) value { return s.makeDict("dict", a) },
		"namespace":       func(s *state, a arguments) value { return &namespace{s.makeDict("namespace", a)} },
		"cycler":          makeCycler,
		"joiner":          makeJoiner,
		"raise_exception": raise,
		"strftime_now": func(s *state, a arguments) value {
			return str(s.strftime(s.want(s.bind("strftime_now", strftimeSpec, a)[0])))
		},
		"lipsum": func(s *state, _ arguments) value { s.fail("lipsum is not supported"); return nil },
	} {
		all[name] = &function{name, call}
	}
	return all
}

func raise(s *state, a arguments) value {
	panic(thrown{&RaiseError{s.line, s.display(s.bind("raise_exception", raiseSpec, a)[0])}})
}

func makeSpan(s *state, a arguments) value {
	r := &span{step: 1}
	if a.named != nil && len(a.named.keys) > 0 || len(a.pos) == 0 || len(a.pos) > 3 {
		s.fail("range takes one to three whole numbers")
	}
	var n [3]int64
	for i, v := range a.pos {
		n[i] = int64(s.intOr(v, 0))
		if n[i] == 1<<53 || n[i] == -1<<53 {
			s.limit("a range is too long")
		}
	}
	switch len(a.pos) {
	case 1:
		r.stop = n[0]
	case 3:
		r.step = n[2]
		fallthrough
	case 2:
		r.start, r.stop = n[0], n[1]
	}
	if r.step == 0 {
		s.fail("the step of a range must not be zero")
	}
	if r.length() > rangeMax {
		s.limit("a range is too long")
	}
	return r
}

// makeDict is Python's dict(): from a mapping or pairs, and keywords.
func (s *state) makeDict(name string, a arguments) *dict {
	s.spend(dictSteps)
	d := newDict()
	if len(a.pos) > 1 {
		s.fail("%s expected at most 1 argument, got %d", name, len(a.pos))
	}
	if len(a.pos) == 1 {
		s.fillDict(d, a.pos[0])
	}
	if a.named != nil {
		for i, k := range a.named.keys {
			d.put(s.mustHash(k), k, a.named.values[i])
		}
	}
	return d
}

func (s *state) fillDict(d *dict, from value) {
	if other, ok := from.(*dict); ok {
		from = &view{other, itemView}
	}
	for _, item := range s.collect(from) {
		pair := s.collect(item)
		if len(pair) != 2 {
			s.fail("a dict is made of pairs, not of %d values", len(pair))
		}
		d.put(s.mustHash(pair[0]), pair[0], pair[1])
	}
}

// cycler gives its items in turn.
type cycler struct {
	items []value
	at    int
}

func (*cycler) typeName() string { return "Cycler" }

func makeCycler(s *state, a arguments) value {
	if len(a.pos) == 0 {
		s.fail("at least one item has to be provided")
	}
	return &cycler{items: a.pos}
}

func (c *cycler) attribute(name string) (value, bool) {
	switch name {
	case "current":
		return c.items[c.at], true
	case "next":
		return &function{name, func(*state, arguments) value {
			v := c.items[c.at]
			c.at = (c.at + 1) % len(c.items)
			return v
		}}, true
	case "reset":
		return &function{name, func(*state, arguments) value { c.at = 0; return none{} }}, true
	}
	return nil, false
}

// joiner gives nothing the first time and then its separator.
type joiner struct {
	sep  value
	used bool
}

func (*joiner) typeName() string { return "Joiner" }

func makeJoiner(s *state, a arguments) value {
	sep := s.bind("joiner", joinerSpec, a)[0]
	if sep == nil {
		sep = str(", ")
	}
	return &joiner{sep: sep}
}

func (j *joiner) call() value {
	if j.used {
		return j.sep
	}
	j.used = true
	return str("")
}
