package grammar

import (
	"slices"
	"unicode"
)

// trim takes out the nodes from which no end can be reached. Nothing is left where no text fits.
func (g *graph) trim() *graph {
	from := make([][]int, len(g.nodes))
	var work []int
	live := make([]bool, len(g.nodes))
	for i, n := range g.nodes {
		for _, e := range n.edges {
			from[e.to] = append(from[e.to], i)
		}
		if n.accept {
			live[i] = true
			work = append(work, i)
		}
	}
	for len(work) > 0 {
		at := work[len(work)-1]
		work = work[:len(work)-1]
		for _, i := range from[at] {
			if !live[i] {
				live[i] = true
				work = append(work, i)
			}
		}
	}
	if len(g.nodes) == 0 || !live[0] {
		return &graph{}
	}
	return g.only(live)
}

func (g *graph) only(live []bool) *graph {
	index, kept := make([]int, len(g.nodes)), &graph{}
	for i, n := range g.nodes {
		if live[i] {
			index[i] = len(kept.nodes)
			kept.nodes = append(kept.nodes, n)
		}
	}
	for i := range kept.nodes {
		n := &kept.nodes[i]
		n.edges = slices.DeleteFunc(slices.Clone(n.edges), func(e edge) bool { return !live[e.to] })
		for k := range n.edges {
			n.edges[k].to = index[n.edges[k].to]
		}
	}
	return kept
}

// ofLength is the graph of those texts that have so many characters. Its nodes are a node and a count.
func (g *graph) ofLength(n bounds) (*graph, error) {
	if n.least == 0 && n.most == unbounded || len(g.nodes) == 0 {
		return g, nil
	}
	type place struct {
		node  int
		count int32
	}
	limit := n.limit()
	made, places, index := &graph{nodes: []node{{}}}, []place{{}}, map[place]int{{}: 0}
	for i := 0; i < len(places); i++ {
		if len(places) > nodesMax {
			return nil, errPatternLarge
		}
		p := places[i]
		old := g.nodes[p.node]
		made.nodes[i].accept = old.accept && p.count >= n.least
		if n.most != unbounded && p.count == n.most {
			continue
		}
		for _, e := range old.edges {
			next := place{e.to, min(p.count+1, limit)}
			to, ok := index[next]
			if !ok {
				to = len(places)
				index[next] = to
				places, made.nodes = append(places, next), append(made.nodes, node{})
			}
			made.nodes[i].edges = append(made.nodes[i].edges, edge{e.low, e.high, to})
		}
	}
	return made.trim(), nil
}

// except is the graph of the texts that are none of some.
func except(texts []string) *graph {
	const elsewhere = 1
	g := &graph{nodes: []node{{accept: true}, {accept: true, edges: []edge{{0, unicode.MaxRune, elsewhere}}}}}
	ways := []map[rune]int{{}, nil}
	for _, t := range texts {
		at := 0
		for _, r := range t {
			next, ok := ways[at][r]
			if !ok {
				next = len(g.nodes)
				ways[at][r] = next
				g.nodes, ways = append(g.nodes, node{accept: true}), append(ways, map[rune]int{})
			}
			at = next
		}
		g.nodes[at].accept = false
	}
	for i, w := range ways {
		if i == elsewhere {
			continue
		}
		var known []rune
		for r := range w {
			known = append(known, r)
		}
		slices.Sort(known)
		low := rune(0)
		for _, r := range known {
			if low < r {
				g.nodes[i].edges = append(g.nodes[i].edges, edge{low, r - 1, elsewhere})
			}
			g.nodes[i].edges = append(g.nodes[i].edges, edge{r, r, w[r]})
			low = r + 1
		}
		g.nodes[i].edges = append(g.nodes[i].edges, edge{low, unicode.MaxRune, elsewhere})
	}
	return g
}
