package grammar

import (
	"fmt"
	"slices"
	"strings"
)

// compiler turns schemas into rules, each once.
type compiler struct {
	builder
	root   *value
	active map[*value]bool // schemas that are being read
	known  map[*value][]*shape
	rule   map[string]int32 // rules that are there, or begun
	queue  []func() error   // rules that are begun
	ways   map[way]int32    // see shared
	work   int              // for patterns
}

func compile(root *value) (*builder, error) {
	c := &compiler{root: root, active: map[*value]bool{}, known: map[*value][]*shape{}, rule: map[string]int32{}, ways: map[way]int32{}}
	_, first := c.builder.rule()
	spaced, end := c.state(), c.state()
	c.accept(end)
	c.space(first, spaced)
	c.call(spaced, c.value(root), end)
	for len(c.queue) > 0 {
		next := c.queue[0]
		c.queue = c.queue[1:]
		if err := next(); err != nil {
			return nil, err
		}
		if c.full {
			return nil, fmt.Errorf("%w: it is too large", ErrSchema)
		}
	}
	if !c.trim() {
		return nil, fmt.Errorf("%w: no value can fit it", ErrSchema)
	}
	return &c.builder, nil
}

// once returns the rule of a name, and has it made the first time.
func (c *compiler) once(name string, make func(first, end int32) error) int32 {
	if r, ok := c.rule[name]; ok {
		return r
	}
	r, first := c.builder.rule()
	c.rule[name] = r
	c.queue = append(c.queue, func() error {
		end := c.state()
		c.accept(end)
		return make(first, end)
	})
	return r
}

// value is the rule of what fits all of some schemas.
func (c *compiler) value(schemas ...*value) int32 {
	schemas = slices.Clone(schemas)
	slices.SortFunc(schemas, func(a, b *value) int { return a.id - b.id })
	schemas = slices.Compact(schemas)
	name := "value"
	for _, s := range schemas {
		name += fmt.Sprint(" ", s.id)
	}
	return c.once(name, func(first, end int32) error {
		all := []*shape{newShape(schemas[0])}
		for _, s := range schemas {
			var err error
			if all, err = c.with(all, s); err != nil {
				return err
			}
		}
		for _, s := range all {
			if err := c.shape(first, end, s); err != nil {
				return err
			}
		}
		return nil
	})
}

// shape builds the ways of a shape.
func (c *compiler) shape(from, to int32, s *shape) error {
	switch {
	case s.limited:
		return c.listed(from, to, s)
	case s.kinds() == anything && s.only == 0:
		c.call(from, c.any(), to)
		return nil
	}
	return c.each(from, to, s)
}

// each builds the types of a shape.
func (c *compiler) each(from, to int32, s *shape) error {
	k := s.kinds()
	if k&null != 0 {
		c.bytes(from, "null", to)
	}
	if k&boolean != 0 {
		c.bytes(from, "true", to)
		c.bytes(from, "false", to)
	}
	if k&(integer|fraction) != 0 {
		c.call(from, c.number(s.low, s.high, k&fraction == 0), to)
	}
	if k&text != 0 {
		r, err := c.text(s)
		if err != nil {
			return err
		}
		c.call(from, r, to)
	}
	if k&object != 0 {
		c.object(from, to, s)
	}
	if k&array != 0 && s.elements.least <= s.elements.most {
		c.array(from, to, s)
	}
	return nil
}

// listed builds the values of enum and const, with their common beginnings joined.
func (c *compiler) listed(from, to int32, s *shape) error {
	if s.only != 0 {
		return s.at.fail("lists values and has other keywords beside them, which is not supported")
	}
	type step struct {
		from int32
		b    byte
	}
	next := map[step]int32{}
	for _, v := range s.values {
		if v.kinds()&s.types == 0 {
			continue
		}
		spelled, at := v.String(), from
		for _, b := range []byte(spelled[:len(spelled)-1]) {
			follow, ok := next[step{at, b}]
			if !ok {
				follow = c.state()
				next[step{at, b}] = follow
				c.on(at, b, b, follow)
			}
			at = follow
		}
		last := spelled[len(spelled)-1]
		c.on(at, last, last, to)
	}
	return nil
}

// any is the rule of any value.
func (c *compiler) any() int32 {
	return c.once("any", func(first, end int32) error { return c.each(first, end, newShape(nil)) })
}

// White space that is written is none, one space, or a new line and an indentation: a model that is held to JSON may
// else write white space for ever.
const indentMax = 64

func (c *compiler) space(from, to int32) {
	c.call(from, c.once("space", func(first, end int32) error {
		line, indented := c.state(), c.state()
		c.jump(first, end)
		c.on(first, ' ', ' ', end)
		c.on(first, '\n', '\n', line)
		c.jump(line, end)
		c.jumpCounting(line, indented, bounds{most: indentMax})
		c.on(indented, ' ', ' ', line)
		c.on(indented, '\t', '\t', line)
		return nil
	}), to)
}

// object builds the members in their order. Those that are not required may be left out.
func (c *compiler) object(from, to int32, s *shape) {
	members, others, possible := c.members(s)
	if !possible {
		return
	}
	n := len(members)
	next := make([]int32, n+1) // where member i or a later one may begin
	for i := range next {
		next[i] = c.state()
	}
	opened, inside := c.state(), c.state()
	c.on(from, '{', '{', opened)
	c.space(opened, inside)
	c.jump(inside, next[0])
	closable := true // without what comes from here on
	for i := n; i >= 0; i-- {
		ended, comma := c.state(), c.state()
		switch {
		case i < n:
			c.member(next[i], members[i].key, members[i].rule, ended)
			if !members[i].required {
				c.jump(next[i], next[i+1])
			}
		case others >= 0:
			c.member(next[n], c.key(members), others, ended)
		default:
			continue
		}
		if closable {
			c.on(ended, '}', '}', to)
		}
		c.on(ended, ',', ',', comma)
		c.space(comma, next[min(i+1, n)])
		closable = closable && (i == n || !members[i].required)
	}
	if closable {
		c.on(inside, '}', '}', to)
	}
}

// member builds a key, a colon and a value, with the white space after it.
func (c *compiler) member(from int32, key, rule, to int32) {
	named, colon, spaced, ended := c.state(), c.state(), c.state(), c.state()
	c.call(from, key, named)
	c.on(named, ':', ':', colon)
	c.space(colon, spaced)
	c.call(spaced, rule, ended)
	c.space(ended, to)
}

type member struct {
	name      string
	key, rule int32
	required  bool
}

// members lists what an object may have, and the rule of its other members or -1.
func (c *compiler) members(s *shape) (list []member, others int32, possible bool) {
	others = -1
	switch {
	case s.additional != nil && s.additional.kind != 'f':
		others = c.value(s.additional)
	case s.additional == nil && s.properties == nil && s.required == nil:
		others = c.any()
	}
	add := func(name string, rule int32) {
		list = append(list, member{name, c.literal(quote(name)), rule, slices.Contains(s.required, name)})
	}
	for _, p := range s.properties {
		add(p.name, c.value(p.schema...))
	}
	for _, name := range s.required {
		switch {
		case s.property(name) != nil:
		case s.additional == nil:
			add(name, c.any())
		case others < 0:
			return nil, 0, false
		default:
			add(name, others)
		}
	}
	return list, others, true
}

// literal is the rule of a known text.
func (c *compiler) literal(s string) int32 {
	return c.once("literal "+s, func(first, end int32) error {
		c.bytes(first, s, end)
		return nil
	})
}

// key is the rule of a key that none of the members has.
func (c *compiler) key(members []member) int32 {
	if len(members) == 0 {
		return c.anyText(bounds{most: unbounded})
	}
	var names []string
	for _, m := range members {
		names = append(names, m.name)
	}
	return c.once("key besides "+strings.Join(names, "\x00"), func(first, end int32) error {
		return c.graph(first, end, except(names))
	})
}

// array builds the elements: those of prefixItems each by its place, then the others, counted.
func (c *compiler) array(from, to int32, s *shape) {
	n := s.elements
	rest := int32(-1)
	switch {
	case s.items == nil:
		rest = c.any()
	case s.items.kind != 'f':
		rest = c.value(s.items)
	}
	opened, at := c.state(), c.state()
	c.on(from, '[', '[', opened)
	c.space(opened, at)
	if n.least == 0 {
		c.on(at, ']', ']', to)
	}
	if n.most == 0 {
		return
	}
	for i, v := range s.prefix {
		written := int32(i + 1)
		ended := c.element(at, c.value(v), n)
		if written >= n.least {
			c.on(ended, ']', ']', to)
		}
		if written == n.most {
			return
		}
		at = c.state()
		c.comma(ended, at)
	}
	if rest >= 0 {
		c.repeated(at, to, rest, n)
	}
}

// element builds an element, counted, with the white space after it.
func (c *compiler) element(from, rule int32, n bounds) (ended int32) {
	counted, written, ended := c.state(), c.state(), c.state()
	c.jumpCounting(from, counted, n)
	c.call(counted, rule, written)
	c.space(written, ended)
	return ended
}

func (c *compiler) comma(from, to int32) {
	comma := c.state()
	c.on(from, ',', ',', comma)
	c.space(comma, to)
}

// repeated builds one element or more.
func (c *compiler) repeated(from, to, rule int32, n bounds) {
	again, closing, further := c.state(), c.state(), c.state()
	c.jump(from, again)
	ended := c.element(again, rule, n)
	c.jumpWithin(ended, closing, bounds{n.least, unbounded})
	c.on(closing, ']', ']', to)
	if n.most != unbounded {
		n.most--
	}
	c.jumpWithin(ended, further, bounds{0, n.most})
	c.comma(further, again)
}
