package arch

import (
	"croft/engine/kernels"
	"croft/engine/kvcache"
	"croft/engine/tensor"
)

// work is the memory of a pass and the steps that layers are written in. Every slice holds n rows.
type work struct {
	config Config
	pool   *tensor.Pool
	set    kernels.Set
	input  *tensor.Input

	n, marked int
	capacity  int // rows that the buffers have room for
	buffers   buffers
	wanted    []int // the marked rows
	pos       []int32
	runs      []run
	kept      []run // runs of the marked rows, once the others are gone
	tasks     []run // runs cut into pieces of attention
	splits    int   // parts that a group of heads is cut into

	x        []float32 // (n, d), the residual stream
	y        []float32 // (n, d), to be added to x
	h        []float32 // (n, d), x normalised
	q        []float32 // (n, h·hd), queries, then what attention makes of them
	k, v     []float32 // (n, hKV·hd)
	gate, up []float32 // (n, FF)
	cos, sin []float32 // (n, Rope.Dim/2)
	pending  bool      // y is not yet in x

	// What the pieces of the step in hand need, and the pieces themselves, made once.
	step struct {
		layer    int
		heads    *kernels.Heads
		bias     []float32
		weight   []float32
		y        []float32
		rows     []Row
		rotation *rotation
		table    *tensor.Matrix
	}
	doBegin, doNorm, doStore, doQueries, doAttend, doActivate func(piece, worker int)
}

// buffers have room for capacity rows.
type buffers struct {
	x, y, h, q, k, v, gate, up, cos, sin []float32
}

// run is a stretch of rows [first, first+n) of one sequence.
type run struct {
	cache    *kvcache.Cache
	first, n int
}

func newWork(c Config, p *tensor.Pool, set kernels.Set) *work {
	w := &work{config: c, pool: p, set: set, input: tensor.NewInput(set)}
	w.doBegin, w.doNorm, w.doStore = w.beginPiece, w.normPiece, w.storePiece
	w.doQueries, w.doAttend, w.doActivate = w.queriesPiece, w.attendPiece, w.activatePiece
	return w
}

// grow makes room for n rows, by powers of two so that a growing batch settles.
func (w *work) grow(n int) {
	if n <= w.capacity {
		return
	}
	w.capacity = max(w.capacity, 1)
	for w.capacity < n {
		w.capacity *= 2
	}
	c := w.config
	for buffer, width := range map[*[]float32]int{
		&w.buffers.x: c.Embd, &w.buffers.y: c.Embd, &w.buffers.h: c.Embd,
		&w.buffers.q: c.Heads * c.HeadDim, &w.buffers.k: c.HeadsKV * c.HeadDim, &w.buffers.v: c.HeadsKV * c.HeadDim,
		&w.buffers.gate: c.FF, &w.buffers.up: c.FF, &w.buffers.cos: c.Rope.Dim / 2, &w.buffers.sin: c.Rope.Dim / 2,
	} {
		*buffer = make([]float32, w.capacity*width)
	}
}

// resize points the slices at n rows.
func (w *work) resize(n int) {
	w.n = n
	c, b := w.config, &w.buffers
	w.x, w.y, w.h = b.x[:n*c.Embd], b.y[:n*c.Embd], b.h[:n*c.Embd]
	w.q, w.k, w.v = b.q[:n*c.Heads*c.HeadDim], b.k[:n*c.HeadsKV*c.HeadDim], b.v[:n*c.HeadsKV*c.HeadDim]
	w.gate, w.up = b.gate[:n*c.FF], b.up[:n*c.FF]
	w.cos, w.sin = b.cos[:n*c.Rope.Dim/2], b.sin[:n*c.Rope.Dim/2]
}

// begin looks up the embeddings and angles of rows and makes room in their caches.
func (w *work) begin(rows []Row, r *rotation, table *tensor.Matrix) error {
	w.grow(len(rows))
	w.resize(len(rows))
	w.pending = false
	w.wanted, w.pos = w.wanted[:0], w.pos[:0]
	for i, row := range rows {
		w.pos = append(w.pos, int32(row.Pos))
		if row.Logits {
			w.wanted = append(w.wanted, i)
		}
	}
	w.marked = len(w.wanted)
	w.cut(rows)
	for _, r := range w.runs {
		if err := r.cache.Grow(r.cache.Len() + r.n); err != nil {
			return err
		}
	}
	w.step.rows, w.step.rotation, w.step.table = rows, r, table
	w.eachRows(w.doBegin)
	w.step.rows = nil
	return nil
}

func (w *work) beginPiece(piece, _ int) {
	d, half := w.config.Embd, w.config.Rope.Dim/2
	first, end := w.rowsOf(piece)
	for i := first; i < end; i++ {
		w.step.table.Row(w.step.rows[i].Token, w.x[i*d:(i+1)*d])
		w.step.rotation.at(int(w.pos[i]), w.cos[i*half:(i+1)*half], w.sin[i*half:(i+1)*half])
	}
}

// cut finds the runs of rows that belong to one sequence.
func (w *work) cut(rows []Row) {
	w.runs = w.runs[:0]
	for i, row := range rows {
		if last := len(w.runs) - 1; last >= 0 && w.runs[last].cache == row.Cache {
			w.runs[last].n++
			continue
		}
		w.runs = append(w.runs, run{row.Cache, i, 1})
	}
	w.plan(w.runs)
}

// commit says that the rows of this pass are in their caches.
func (w *work) commit() {
	for _, r := range w.runs {
		r.cache.Advance(r.cache.Len() + r.n)
	}
}
