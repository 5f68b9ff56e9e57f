package arch

import (
	"croft/engine/kernels"
	"croft/engine/tensor"
)

// pieceRows is how many rows one piece of a step walks. Few rows are one piece, which stays on the calling thread.
const pieceRows = 8

func (w *work) eachRows(do func(piece, worker int)) {
	pieces := (w.n + pieceRows - 1) / pieceRows
	if pieces == 1 {
		do(0, 0)
		return
	}
	w.pool.Run(pieces, do)
}

func (w *work) rowsOf(piece int) (first, end int) {
	return piece * pieceRows, min((piece+1)*pieceRows, w.n)
}

// addNorm adds what waits in y to x and normalises the sum: x += y, h = norm(x) · weight (d).
func (w *work) addNorm(weight []float32) {
	w.step.weight, w.step.y = weight, nil
	if w.pending {
		w.step.y = w.y
	}
	w.eachRows(w.doNorm)
	w.pending = false
}

func (w *work) normPiece(piece, _ int) {
	d := w.config.Embd
	first, end := w.rowsOf(piece)
	var y []float32
	if w.step.y != nil {
		y = w.step.y[first*d : end*d]
	}
	w.set.AddNorm(w.x[first*d:end*d], y, w.step.weight, w.config.Eps, w.h[first*d:end*d])
}

// multiply computes Out (n, rows) = in (n, cols) @ Wᵀ for each product.
func (w *work) multiply(in []float32, products ...tensor.Product) {
	w.input.Set(in, w.n, len(in)/w.n)
	tensor.Multiply(w.pool, w.input, products...)
}

// contribute leaves in (n, cols) @ Wᵀ + bias (d) to be added to x by the next norm. bias may be nil.
func (w *work) contribute(in []float32, m *tensor.Matrix, bias []float32) {
	w.multiply(in, tensor.Product{W: m, Out: w.y})
	w.addBias(w.y, bias)
	w.pending = true
}

// addBias adds bias, unless it is nil, to every row of x (n, len(bias)).
func (w *work) addBias(x, bias []float32) {
	for ; len(bias) > 0 && len(x) > 0; x = x[len(bias):] {
		w.set.Add(x[:len(bias)], bias)
	}
}

// store readies the keys as heads says, adds bias to the values, and puts both into the caches of a layer.
func (w *work) store(layer int, heads *kernels.Heads, bias []float32) {
	w.step.layer, w.step.heads, w.step.bias = layer, heads, bias
	w.eachRows(w.doStore)
}

func (w *work) storePiece(piece, _ int) {
	first, end := w.rowsOf(piece)
	width := w.config.HeadsKV * w.config.HeadDim
	w.prepare(w.k, width, first, end)
	w.addBias(w.v[first*width:end*width], w.step.bias)
	for _, r := range w.runs {
		for i := max(first, r.first); i < min(end, r.first+r.n); i++ {
			k, v := w.k[i*width:(i+1)*width], w.v[i*width:(i+1)*width]
			r.cache.Store(w.set, w.step.layer, int(w.pos[i]), k, v)
		}
	}
}

// prepare applies the step's heads to the rows [first, end) of x (n, width).
func (w *work) prepare(x []float32, width, first, end int) {
	half := w.config.Rope.Dim / 2
	w.set.PrepareHeads(w.step.heads, end-first, w.cos[first*half:end*half], w.sin[first*half:end*half], x[first*width:end*width])
}

// keepMarked drops the rows whose results nobody asks for.
func (w *work) keepMarked() {
	d, half := w.config.Embd, w.config.Rope.Dim/2
	for to, from := range w.wanted {
		copy(w.x[to*d:(to+1)*d], w.x[from*d:(from+1)*d])
		copy(w.h[to*d:(to+1)*d], w.h[from*d:(from+1)*d])
		copy(w.cos[to*half:(to+1)*half], w.cos[from*half:(from+1)*half])
		copy(w.sin[to*half:(to+1)*half], w.sin[from*half:(from+1)*half])
		w.pos[to] = w.pos[from]
	}
	w.kept = w.kept[:0]
	for i, at := 0, 0; i < len(w.runs); i++ {
		begin, r := at, w.runs[i]
		for at < len(w.wanted) && w.wanted[at] < r.first+r.n {
			at++
		}
		if at > begin {
			w.kept = append(w.kept, run{r.cache, begin, at - begin})
		}
	}
	w.resize(w.marked)
	w.plan(w.kept)
}

// taskRows is about how many rows of queries one piece of attention has: a multiple of what the kernels take at once.
const taskRows = 48

// plan cuts attention into pieces: some tokens of a run for each key head. When there are more threads than that,
// the heads of a group are cut too.
func (w *work) plan(runs []run) {
	group := w.config.Group()
	tokens := max(1, taskRows/group)
	w.tasks = w.tasks[:0]
	for _, r := range runs {
		for at := 0; at < r.n; at += tokens {
			w.tasks = append(w.tasks, run{r.cache, r.first + at, min(tokens, r.n-at)})
		}
	}
	w.splits = 1
	for w.splits < group && len(w.tasks)*w.config.HeadsKV*w.splits < w.pool.Threads() {
		w.splits++
	}
}

// attend replaces the queries (n, h·hd) by what they find in a layer's caches, once readied as heads says.
func (w *work) attend(layer int, heads *kernels.Heads) {
	w.step.layer, w.step.heads = layer, heads
	w.eachRows(w.doQueries)
	w.pool.Run(len(w.tasks)*w.config.HeadsKV*w.splits, w.doAttend)
}

func (w *work) queriesPiece(piece, _ int) {
	first, end := w.rowsOf(piece)
	w.prepare(w.q, w.config.Heads*w.config.HeadDim, first, end)
}

// attendPiece is one key head for one task. The last tokens see the most, so they come first.
func (w *work) attendPiece(piece, _ int) {
	c := w.config
	parts := c.HeadsKV * w.splits
	t := w.tasks[len(w.tasks)-1-piece/parts]
	head, part := piece%parts/w.splits, piece%w.splits
	begin, end := c.Group()*part/w.splits, c.Group()*(part+1)/w.splits
	stride := c.Heads * c.HeadDim
	x := w.q[t.first*stride+(head*c.Group()+begin)*c.HeadDim:]
	t.cache.Attend(w.set, w.step.layer, head, end-begin, stride, w.pos[t.first:t.first+t.n], x)
}

// activate makes the gate (n, FF) = silu(gate) · up.
func (w *work) activate() { w.eachRows(w.doActivate) }

func (w *work) activatePiece(piece, _ int) {
	first, end := w.rowsOf(piece)
	ff := w.config.FF
	w.set.SiLUMul(w.gate[first*ff:end*ff], w.up[first*ff:end*ff])
}
