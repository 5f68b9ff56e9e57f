package template

import (
	"slices"
	"strings"
)

func listFilters() map[string]builtin {
	return map[string]builtin{
		"length":     def("value", lengthFilter),
		"count":      def("value", lengthFilter),
		"default":    def("value default_value? boolean?", defaultFilter),
		"d":          def("value default_value? boolean?", defaultFilter),
		"list":       def("value", func(s *state, a []value) value { return newList(s.collect(a[0])) }),
		"items":      def("value", itemsFilter),
		"first":      def("seq", first),
		"last":       def("seq", last),
		"join":       def("value d? attribute?", joinFilter),
		"reverse":    def("value", reverseFilter),
		"sort":       def("value reverse? case_sensitive? attribute?", sortFilter),
		"dictsort":   def("value case_sensitive? by? reverse?", dictSort),
		"unique":     def("value case_sensitive? attribute?", unique),
		"groupby":    def("value attribute default? case_sensitive?", groupBy),
		"min":        def("value case_sensitive? attribute?", func(s *state, a []value) value { return s.extreme(a, -1) }),
		"max":        def("value case_sensitive? attribute?", func(s *state, a []value) value { return s.extreme(a, 1) }),
		"sum":        def("iterable attribute? start?", sum),
		"batch":      def("value linecount fill_with?", batch),
		"slice":      def("value slices fill_with?", sliceFilter),
		"attr":       def("obj name", attrFilter),
		"map":        variadic(mapFilter),
		"select":     variadic(func(s *state, a arguments) value { return s.choose("select", a, false, true) }),
		"reject":     variadic(func(s *state, a arguments) value { return s.choose("reject", a, false, false) }),
		"selectattr": variadic(func(s *state, a arguments) value { return s.choose("selectattr", a, true, true) }),
		"rejectattr": variadic(func(s *state, a arguments) value { return s.choose("rejectattr", a, true, false) }),
	}
}

func lengthFilter(s *state, a []value) value {
	n, ok := length(a[0])
	if !ok {
		s.fail("object of type %s has no len()", quote(a[0].typeName()))
	}
	return integer(n)
}

func defaultFilter(_ *state, a []value) value {
	if !isUndefined(a[0]) && (!boolOr(a[2], false) || truth(a[0])) {
		return a[0]
	}
	if a[1] == nil {
		return str("")
	}
	return a[1]
}

func itemsFilter(s *state, a []value) value {
	if isUndefined(a[0]) {
		return s.generate("do_items", newList(nil), nil)
	}
	d, ok := a[0].(*dict)
	if !ok {
		s.fail("can only get item pairs from a mapping")
	}
	return s.generate("do_items", &view{d, itemView}, nil)
}

// generate makes a generator of the items that pick lets through, as it changes them. A nil pick passes all.
func (s *state) generate(name string, source value, pick func(value) (value, bool)) value {
	next := s.iterate(source)
	if pick == nil {
		return &generator{name, next}
	}
	return &generator{name, func() (value, bool) {
		for {
			item, ok := next()
			if !ok {
				return nil, false
			}
			if v, ok := pick(item); ok {
				return v, true
			}
		}
	}}
}

func first(s *state, a []value) value {
	if v, ok := s.iterate(a[0])(); ok {
		return v
	}
	return &undefined{hint: "No first item, sequence was empty."}
}

func last(s *state, a []value) value {
	if _, ok := a[0].(*generator); ok {
		s.fail("generator object is not reversible")
	}
	if all := s.collect(a[0]); len(all) > 0 {
		v := all[len(all)-1]
		if t, ok := asText(v); ok && methodType(a[0]) == "str" {
			return like(a[0], t)
		}
		return v
	}
	return &undefined{hint: "No last item, sequence was empty."}
}

func joinFilter(s *state, a []value) value {
	get := s.getter(a[2], nil, false)
	var parts []string
	for _, item := range s.collect(a[0]) {
		parts = append(parts, s.display(get(item)))
	}
	sep := ""
	if a[1] != nil {
		sep = s.display(a[1])
	}
	return str(s.joinAll(parts, sep))
}

func reverseFilter(s *state, a []value) value {
	if t, ok := asText(a[0]); ok {
		return like(a[0], string(reversed([]rune(t))))
	}
	back := newList(reversed(s.collect(a[0])))
	if _, ok := a[0].(*generator); ok {
		return back
	}
	return s.generate("reverse", back, nil)
}

// getter returns a function that looks a dotted attribute up in an item, puts other in place of what is undefined,
// and makes text small where fold is set.
func (s *state) getter(attribute, other value, fold bool) func(value) value {
	path := s.path(attribute)
	return func(item value) value {
		for _, key := range path {
			item = s.item(item, key)
			if other != nil && isUndefined(item) {
				item = other
			}
		}
		if t, ok := asText(item); ok && fold {
			return like(item, lower(t))
		}
		return item
	}
}

// path splits an attribute such as "address.0.city" into keys.
func (s *state) path(attribute value) []value {
	attribute = optional(attribute)
	if attribute == nil {
		return nil
	}
	t, ok := asText(attribute)
	if !ok {
		return []value{attribute}
	}
	var keys []value
	for _, part := range strings.Split(t, ".") {
		if v, ok := parseInt(part, 10); ok && part[0] >= '0' && part[0] <= '9' {
			keys = append(keys, v)
		} else {
			keys = append(keys, str(part))
		}
	}
	return keys
}

// sorted returns items in the order of their keys. Items with equal keys keep theirs, backwards too.
func (s *state) sorted(items []value, key func(value) value, backwards bool) []value {
	type keyed struct{ key, item value }
	all := make([]keyed, len(items))
	for i, item := range items {
		all[i] = keyed{key(item), item}
	}
	slices.SortStableFunc(all, func(x, y keyed) int {
		if backwards {
			x, y = y, x
		}
		return s.order(x.key, y.key, "<")
	})
	out := make([]value, len(all))
	for i, k := range all {
		out[i] = k.item
	}
	return out
}

func sortFilter(s *state, a []value) value {
	fold := !boolOr(a[2], false)
	var parts []func(value) value
	if t, ok := asText(orNone(a[3])); ok {
		for _, name := range strings.Split(t, ",") {
			parts = append(parts, s.getter(str(name), nil, fold))
		}
	} else {
		parts = append(parts, s.getter(a[3], nil, fold))
	}
	key := func(item value) value {
		keys := make([]value, len(parts))
		for i, get := range parts {
			keys[i] = get(item)
		}
		return newList(keys)
	}
	return newList(s.sorted(s.collect(a[0]), key, boolOr(a[1], false)))
}

func dictSort(s *state, a []value) value {
	by, fold := s.wantOr(a[2], "key"), !boolOr(a[1], false)
	if by != "key" && by != "value" {
		s.fail(`a dict can only be sorted by either "key" or "value"`)
	}
	at := integer(0)
	if by == "value" {
		at = 1
	}
	pairs := s.collect(&view{s.wantDict(a[0]), itemView})
	return newList(s.sorted(pairs, s.getter(at, nil, fold), boolOr(a[3], false)))
}

func unique(s *state, a []value) value {
	get := s.getter(a[2], nil, !boolOr(a[1], false))
	seen := map[any]bool{}
	return s.generate("do_unique", a[0], func(item value) (value, bool) {
		hash := s.mustHash(get(item))
		if seen[hash] {
			return nil, false
		}
		seen[hash] = true
		return item, true
	})
}

func groupBy(s *state, a []value) value {
	fold := !boolOr(a[3], false)
	other := optional(a[2])
	key, shown := s.getter(a[1], other, fold), s.getter(a[1], other, false)
	var groups []value
	var members *list
	var current value
	for _, item := range s.sorted(s.collect(a[0]), key, false) {
		k := key(item)
		if members == nil || !s.equal(k, current) {
			members, current = newList(nil), k
			groups = append(groups, &tuple{[]value{shown(item), members}, []string{"grouper", "list"}})
		}
		members.items = append(members.items, item)
	}
	return newList(groups)
}

// extreme is min (sign -1) or max (sign 1): the first item that no other beats.
func (s *state) extreme(a []value, sign int) value {
	key := s.getter(a[2], nil, !boolOr(a[1], false))
	var best, bestKey value
	for _, item := range s.collect(a[0]) {
		k := key(item)
		if best == nil || sign < 0 && s.less(k, bestKey, "<") || sign > 0 && s.less(bestKey, k, ">") {
			best, bestKey = item, k
		}
	}
	if best == nil {
		return &undefined{hint: "No aggregated item, sequence was empty."}
	}
	return best
}

func sum(s *state, a []value) value {
	var total value = integer(0)
	if a[2] != nil {
		total = a[2]
	}
	if _, ok := asText(total); ok {
		s.fail("texts cannot be summed")
	}
	get := s.getter(a[1], nil, false)
	for _, item := range s.collect(a[0]) {
		total = s.binary("+", total, get(item))
	}
	return total
}

func batch(s *state, a []value) value {
	size := s.intOr(a[1], 0)
	var rows []value
	row := newList(nil)
	for _, item := range s.collect(a[0]) {
		if len(row.items) == size {
			rows = append(rows, row)
			row = newList(nil)
		}
		row.items = append(row.items, item)
	}
	if len(row.items) > 0 {
		rows = append(rows, row)
	}
	if fill := optional(a[2]); fill != nil && len(row.items) > 0 {
		s.spend(max(0, size-len(row.items)))
		for len(row.items) < size {
			row.items = append(row.items, fill)
		}
	}
	return s.generate("do_batch", newList(rows), nil)
}

func sliceFilter(s *state, a []value) value {
	all, n := s.collect(a[0]), s.intOr(a[1], 0)
	if n == 0 {
		s.fail("division by zero")
	}
	s.spend(max(0, n))
	fill := optional(a[2])
	var columns []value
	begin := 0
	for i := range max(0, n) {
		end := begin + len(all)/n
		if i < len(all)%n {
			end++
		}
		column := append([]value{}, all[begin:end]...)
		if fill != nil && i >= len(all)%n {
			column = append(column, fill)
		}
		columns = append(columns, newList(column))
		begin = end
	}
	return s.generate("sync_do_slice", newList(columns), nil)
}

func attrFilter(s *state, a []value) value {
	if u, ok := a[0].(*undefined); ok {
		s.fail("%s", u.message())
	}
	if v, ok := s.attribute(a[0], s.want(a[1])); ok {
		return v
	}
	return &undefined{obj: a[0], key: a[1]}
}

func mapFilter(s *state, a arguments) value {
	if !truth(a.pos[0]) {
		return s.generate("sync_do_map", newList(nil), nil)
	}
	if attribute, ok := a.find("attribute"); ok && len(a.pos) == 1 {
		b := s.bind("map", takes("attribute default?"), arguments{named: a.named})
		get := s.getter(attribute, optional(b[1]), false)
		return s.generate("sync_do_map", a.pos[0], func(item value) (value, bool) { return get(item), true })
	}
	if len(a.pos) < 2 {
		s.fail("map requires a filter argument")
	}
	name, rest := s.want(a.pos[1]), arguments{a.pos[2:], a.named}
	return s.generate("sync_do_map", a.pos[0], func(item value) (value, bool) {
		return s.filter(name, item, rest), true
	})
}

// choose is select and reject, and with byAttr selectattr and rejectattr.
func (s *state) choose(name string, a arguments, byAttr, keep bool) value {
	source, rest := a.pos[0], a.pos[1:]
	if !truth(source) {
		return s.generate(name, newList(nil), nil)
	}
	get := func(v value) value { return v }
	if byAttr {
		if len(rest) == 0 {
			s.fail("missing parameter for attribute name")
		}
		get = s.getter(rest[0], nil, false)
		rest = rest[1:]
	}
	return s.generate(name, source, func(item value) (value, bool) {
		if len(rest) == 0 {
			return item, truth(get(item)) == keep
		}
		return item, s.test(s.want(rest[0]), get(item), arguments{rest[1:], a.named}) == keep
	})
}
