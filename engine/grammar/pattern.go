package grammar

import (
	"errors"
	"fmt"
	"regexp/syntax"
	"slices"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"
)

// graph is an automaton over the characters of a text, without those that JSON puts around them.
type graph struct{ nodes []node }

type node struct {
	edges  []edge
	accept bool
}

// edge is the way on the characters [low, high].
type edge struct {
	low, high rune
	to        int
}

// nodesMax bounds a graph.
const nodesMax = 20_000

var errPatternLarge = errors.New("it is too large")

// graph builds a graph as a string of JSON, each character in one way of writing it.
func (c *compiler) graph(first, end int32, g *graph) error {
	at := make([]int32, len(g.nodes))
	for i := range at {
		at[i] = c.state()
	}
	if len(at) == 0 {
		return nil // no text fits
	}
	c.on(first, '"', '"', at[0])
	for i, n := range g.nodes {
		if n.accept {
			c.on(at[i], '"', '"', end)
		}
		for _, e := range n.edges {
			c.written(at[i], e.low, e.high, at[e.to])
			if c.full {
				return errPatternLarge
			}
		}
	}
	return nil
}

// written builds characters as JSON writes them. Nearly all classes of characters have the control characters or those
// beyond ASCII whole or not at all, so what leads from these to a place is built once.
func (c *compiler) written(from int32, low, high rune, to int32) {
	if low == 0 && high >= ' '-1 {
		c.jump(from, c.shared(0, ' '-1, to))
		low = ' '
	}
	if low <= utf8.RuneSelf && high == unicode.MaxRune {
		c.jump(from, c.shared(utf8.RuneSelf, unicode.MaxRune, to))
		high = utf8.RuneSelf - 1
	}
	c.spelled(from, low, high, to)
}

type way struct {
	low rune
	to  int32
}

// shared is a place from which some characters lead on.
func (c *compiler) shared(low, high rune, to int32) int32 {
	s, ok := c.ways[way{low, to}]
	if !ok {
		s = c.state()
		c.ways[way{low, to}] = s
		c.spelled(s, low, high, to)
	}
	return s
}

func (c *compiler) spelled(from int32, low, high rune, to int32) {
	plain := low
	for _, r := range escaped {
		if r < low || r > high {
			continue
		}
		if plain < r {
			c.runes(from, plain, r-1, to)
		}
		c.bytes(from, character(r), to)
		plain = r + 1
	}
	if plain <= high {
		c.runes(from, plain, high, to)
	}
}

// escaped are the characters that cannot stand in a string as they are.
var escaped = func() (all []rune) {
	for r := range ' ' {
		all = append(all, r)
	}
	return append(all, '"', '\\')
}()

// match is the graph of the texts in which a pattern is found.
func match(pattern string, work *int) (*graph, error) {
	read, err := syntax.Parse(codePoints(pattern), syntax.Perl)
	if err != nil {
		var bad *syntax.Error
		if errors.As(err, &bad) {
			return nil, fmt.Errorf("%s in %q is not supported", bad.Code, bad.Expr)
		}
		return nil, err
	}
	p, err := syntax.Compile(read.Simplify())
	if err != nil {
		return nil, err
	}
	for _, i := range p.Inst {
		if i.Op == syntax.InstEmptyWidth && syntax.EmptyOp(i.Arg)&^(syntax.EmptyBeginText|syntax.EmptyEndText) != 0 {
			return nil, errors.New("boundaries of words and lines are not supported")
		}
	}
	return (&determined{prog: p, index: map[string]int{}, work: work}).graph()
}

// codePoints writes \u0041 as package syntax reads it.
func codePoints(pattern string) string {
	var b strings.Builder
	for i := 0; i < len(pattern); i++ {
		if pattern[i] != '\\' || i+1 == len(pattern) {
			b.WriteByte(pattern[i])
			continue
		}
		if pattern[i+1] == 'u' && i+6 <= len(pattern) {
			b.WriteString(`\x{` + pattern[i+2:i+6] + `}`)
			i += 5
			continue
		}
		b.WriteString(pattern[i : i+2])
		i++
	}
	return b.String()
}

// determined makes sets of a program's instructions into nodes.
type determined struct {
	prog  *syntax.Prog
	index map[string]int
	sets  [][]uint32 // of each node; nil: the pattern was found already
	made  graph
	work  *int // done so far for the schema
}

// workMax bounds the time that the patterns of a schema may take.
const workMax = 2_000_000

func (d *determined) graph() (*graph, error) {
	d.node(d.closure([]uint32{uint32(d.prog.Start)}, true, false))
	for i := 0; i < len(d.sets); i++ {
		if len(d.sets) > nodesMax || *d.work > workMax {
			return nil, errPatternLarge
		}
		set := d.sets[i]
		if set == nil {
			d.made.nodes[i] = node{edges: []edge{{0, unicode.MaxRune, i}}, accept: true}
			continue
		}
		d.made.nodes[i].accept = d.found(d.closure(set, i == 0, true))
		d.made.nodes[i].edges = d.edges(set)
	}
	return d.made.trim(), nil
}

// node returns the node of a set. A pattern may begin anywhere, so its start is in each.
func (d *determined) node(set []uint32) int {
	key := "found"
	if d.found(set) {
		set = nil
	} else {
		key = fmt.Sprint(set)
	}
	i, ok := d.index[key]
	if !ok || i == 0 { // the first node alone is at the beginning of the text
		i = len(d.sets)
		d.index[key] = i
		d.sets = append(d.sets, set)
		d.made.nodes = append(d.made.nodes, node{})
	}
	return i
}

func (d *determined) found(set []uint32) bool {
	return slices.ContainsFunc(set, func(pc uint32) bool { return d.prog.Inst[pc].Op == syntax.InstMatch })
}

// closure adds what is reached without a character.
func (d *determined) closure(set []uint32, begins, ends bool) []uint32 {
	seen := map[uint32]bool{}
	all := []uint32{}
	var visit func(pc uint32)
	visit = func(pc uint32) {
		if seen[pc] {
			return
		}
		seen[pc] = true
		i := &d.prog.Inst[pc]
		switch i.Op {
		case syntax.InstAlt, syntax.InstAltMatch:
			visit(i.Out)
			visit(i.Arg)
			return
		case syntax.InstCapture, syntax.InstNop:
			visit(i.Out)
			return
		case syntax.InstEmptyWidth:
			op := syntax.EmptyOp(i.Arg)
			if (begins || op&syntax.EmptyBeginText == 0) && (ends || op&syntax.EmptyEndText == 0) {
				visit(i.Out)
			}
			if !begins && op&syntax.EmptyBeginText != 0 {
				return // never again
			}
		case syntax.InstFail:
			return
		}
		all = append(all, pc)
	}
	for _, pc := range set {
		visit(pc)
	}
	slices.Sort(all)
	return all
}

// edges cuts the characters where the set's instructions tell them apart.
func (d *determined) edges(set []uint32) (all []edge) {
	cuts := []rune{0, 0xd800, 0xe000, unicode.MaxRune + 1}
	ranges := map[uint32][]rune{}
	for _, pc := range set {
		ranges[pc] = runesOf(&d.prog.Inst[pc])
		for i := 0; i < len(ranges[pc]); i += 2 {
			cuts = append(cuts, ranges[pc][i], ranges[pc][i+1]+1)
		}
	}
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)
	*d.work += len(cuts) * (1 + len(set))
	if *d.work > workMax {
		return nil
	}
	known := map[string]int{} // most cuts lead to the same few nodes
	for i, low := range cuts[:len(cuts)-1] {
		if low == 0xd800 {
			continue // surrogates are no characters
		}
		next, key := []uint32{uint32(d.prog.Start)}, make([]byte, len(set))
		for k, pc := range set {
			if within(ranges[pc], low) {
				next = append(next, d.prog.Inst[pc].Out)
				key[k] = 1
			}
		}
		to, ok := known[string(key)]
		if !ok {
			to = d.node(d.closure(next, false, false))
			known[string(key)] = to
		}
		if n := len(all); n > 0 && all[n-1].to == to && all[n-1].high == low-1 {
			all[n-1].high = cuts[i+1] - 1
		} else {
			all = append(all, edge{low, cuts[i+1] - 1, to})
		}
	}
	return all
}

// runesOf lists the characters that an instruction reads as pairs of the first and the last.
func runesOf(i *syntax.Inst) []rune {
	switch i.Op {
	case syntax.InstRuneAny:
		return []rune{0, unicode.MaxRune}
	case syntax.InstRuneAnyNotNL: // JavaScript has four ends of lines
		return []rune{0, '\n' - 1, '\n' + 1, '\r' - 1, '\r' + 1, 0x2027, 0x202a, unicode.MaxRune}
	case syntax.InstRune1:
		return []rune{i.Rune[0], i.Rune[0]}
	case syntax.InstRune:
		if len(i.Rune) > 1 {
			return i.Rune
		}
		pairs := []rune{i.Rune[0], i.Rune[0]}
		if syntax.Flags(i.Arg)&syntax.FoldCase != 0 {
			for r := unicode.SimpleFold(i.Rune[0]); r != i.Rune[0]; r = unicode.SimpleFold(r) {
				pairs = append(pairs, r, r)
			}
		}
		return pairs
	}
	return nil
}

// within looks for a character among pairs, which may overlap when they are few.
func within(pairs []rune, r rune) bool {
	if len(pairs) > 8 {
		i := sort.Search(len(pairs)/2, func(i int) bool { return pairs[2*i+1] >= r })
		return 2*i < len(pairs) && pairs[2*i] <= r
	}
	for i := 0; i < len(pairs); i += 2 {
		if r >= pairs[i] && r <= pairs[i+1] {
			return true
		}
	}
	return false
}
