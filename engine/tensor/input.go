package tensor

import "croft/engine/kernels"

// tokensTogether is how many tokens lie interleaved in a quantized input of more than one.
const tokensTogether = 4

// Input is activations x (n, cols) for one or more products. It is quantized once for all weights that need it so.
type Input struct {
	set     kernels.Set
	x       []float32
	n, cols int
	by32    form
	by256   form

	products []Product               // of the run in progress
	shares   []int                   // of a run for a few tokens: where each piece begins, in panels, and the end
	multiply func(piece, worker int) // multiplyPiece, bound once so that a run allocates nothing
}

// form is an input quantized in blocks.
type form struct {
	blockValues int
	ready       bool
	words       []uint32
	quantize    func(piece, worker int) // the tokens of one group
}

// NewInput returns an empty input for products with matrices of the same set.
func NewInput(set kernels.Set) *Input {
	in := &Input{set: set, by32: form{blockValues: 32}, by256: form{blockValues: 256}}
	in.multiply = in.multiplyPiece
	in.by32.quantize = func(group, _ int) { in.quantizeGroup(&in.by32, group) }
	in.by256.quantize = func(group, _ int) { in.quantizeGroup(&in.by256, group) }
	return in
}

// Set makes x (n, cols) the input. x is read until the last product with it.
func (in *Input) Set(x []float32, n, cols int) {
	if n < 1 || cols < 1 || len(x) < n*cols {
		panic("tensor: Input.Set: x is shorter than its shape")
	}
	in.x, in.n, in.cols = x, n, cols
	in.by32.ready, in.by256.ready = false, false
}

// width is how many tokens lie interleaved.
func (in *Input) width() int {
	if in.n == 1 {
		return 1
	}
	return tokensTogether
}

func (in *Input) form(f kernels.Format) *form {
	if f.BlockValues() == 32 {
		return &in.by32
	}
	return &in.by256
}

// quantize makes sure that the form for weights of format f is there.
func (in *Input) quantize(p *Pool, f kernels.Format) {
	q := in.form(f)
	if q.ready {
		return
	}
	width := in.width()
	groups := (in.n + width - 1) / width
	size := groups * width * kernels.InputWords(q.blockValues, in.cols)
	if cap(q.words) < size {
		q.words = make([]uint32, size)
	}
	q.words = q.words[:size]
	p.Run(groups, q.quantize)
	q.ready = true
}

func (in *Input) quantizeGroup(q *form, group int) {
	width := in.width()
	tokens := min(width, in.n-group*width)
	x := in.x[group*width*in.cols:][:tokens*in.cols]
	size := width * kernels.InputWords(q.blockValues, in.cols)
	kernels.Quantize(in.set, q.blockValues, x, in.cols, width, tokens, q.words[group*size:(group+1)*size])
}
