package arch

import (
	"context"
	"fmt"

	"croft/engine/gguf"
	"croft/engine/kernels"
	"croft/engine/kvcache"
	"croft/engine/tensor"
)

// ChunkRows is the largest number of rows that pass through the weights together. Twice as many gain less than the
// noise of a measurement and take twice the memory.
const ChunkRows = 256

// Network is a model whose weights are laid out for this processor. Its methods are for one goroutine at a time.
type Network struct {
	config    Config
	rotation  rotation
	embedding *tensor.Matrix // (vocab, d)
	layers    []layer
	norm      []float32      // (d)
	output    *tensor.Matrix // (vocab, d); often the embedding
	bytes     int64
	work      *work
}

// layer is one layer of a family's network. It adds to the residual stream of w.
type layer interface {
	forward(w *work, index int, last bool)
}

// family says what is special about a family of models.
type family struct {
	interleaved bool // the rotation's pairs stand beside each other
	layer       func(l *loader, c Config, index int) layer
}

// families by the name that general.architecture has for them.
var families = map[string]family{
	"llama": {interleaved: true, layer: llamaLayer},
	"qwen2": {layer: qwen2Layer},
	"qwen3": {layer: qwen3Layer},
}

// Load lays a model's weights out for a processor. The file may be closed only after the network. progress, which may
// be nil, is told how much is done, 0 to 1. Errors are as those of ReadConfig.
func Load(f *gguf.File, p *tensor.Pool, set kernels.Set, progress func(float64)) (*Network, error) {
	c, err := ReadConfig(f)
	if err != nil {
		return nil, err
	}
	l := &loader{file: f, pool: p, set: set, progress: progress, used: map[string]bool{}}
	n := &Network{config: c}
	n.rotation = c.Rope.rotation(f, l)
	n.embedding = l.matrix("token_embd.weight", c.Vocab, c.Embd)
	for i := range c.Layers {
		n.layers = append(n.layers, families[c.Family].layer(l, c, i))
		if l.err != nil {
			return nil, l.err
		}
	}
	n.norm = l.vector("output_norm.weight", c.Embd)
	if n.output = l.optionalMatrix("output.weight", c.Vocab, c.Embd); n.output == nil {
		n.output = n.embedding
	}
	if l.leftOver(); l.err != nil {
		return nil, l.err
	}
	n.bytes = l.bytes
	n.work = newWork(c, p, set)
	if progress != nil {
		progress(1)
	}
	return n, nil
}

// Config is what the file says of the network.
func (n *Network) Config() Config { return n.config }

// Vocabulary is the number of tokens that have a score.
func (n *Network) Vocabulary() int { return n.config.Vocab }

// Bytes is the memory of the weights as they are laid out.
func (n *Network) Bytes() int64 { return n.bytes }

// Close drops the weights. Caches live on until they are freed.
func (n *Network) Close() { *n = Network{config: n.config} }

// NewCache makes an empty cache for a sequence of at most so many positions.
func (n *Network) NewCache(positions int) *kvcache.Cache {
	return kvcache.New(n.config.cacheShape(), positions)
}

// Row is one token of a pass. Rows of one sequence stand together, in ascending position without gaps, and the first of
// them has the position Cache.Len().
type Row struct {
	Token  int
	Cache  *kvcache.Cache
	Pos    int
	Logits bool // the scores after this token are wanted
}

// Forward reads rows and writes the scores (vocabulary) after each marked row to logits (marked, vocabulary). The rows
// may belong to different sequences; what a sequence gets does not depend on the others. ctx is looked at between
// layers. After an error each sequence keeps the whole chunks of ChunkRows that were read, which its Len tells.
// The error matches kvcache.ErrFull when a sequence is too long.
func (n *Network) Forward(ctx context.Context, rows []Row, logits []float32) error {
	return n.read(ctx, rows, logits, n.config.Vocab, (*Network).scores)
}

// Hidden reads rows as Forward does and writes the last layer's normalised output (d) of each marked row to out
// (marked, d).
func (n *Network) Hidden(ctx context.Context, rows []Row, out []float32) error {
	return n.read(ctx, rows, out, n.config.Embd, (*Network).hidden)
}

func (n *Network) scores(out []float32) {
	n.work.multiply(n.work.h, tensor.Product{W: n.output, Out: out})
}

func (n *Network) hidden(out []float32) { copy(out, n.work.h) }

// read passes the rows through the network in chunks; finish turns the final norm of the marked ones into out.
func (n *Network) read(ctx context.Context, rows []Row, out []float32, width int, finish func(*Network, []float32)) error {
	marked, err := n.check(rows)
	if err != nil {
		return err
	}
	if len(out) < marked*width {
		return fmt.Errorf("arch: room for %d values, %d marked rows have %d", len(out), marked, marked*width)
	}
	for len(rows) > 0 {
		chunk := rows[:min(len(rows), ChunkRows)]
		rows = rows[len(chunk):]
		if err := n.chunk(ctx, chunk); err != nil {
			return err
		}
		if w := n.work; w.n > 0 {
			w.addNorm(n.norm)
			finish(n, out[:w.n*width])
			out = out[w.n*width:]
		}
	}
	return nil
}

// check counts the marked rows.
func (n *Network) check(rows []Row) (marked int, err error) {
	for i, r := range rows {
		want := r.Cache.Len()
		if i > 0 && rows[i-1].Cache == r.Cache {
			want = rows[i-1].Pos + 1
		}
		if r.Pos != want {
			return 0, fmt.Errorf("arch: row %d has the position %d where its sequence continues at %d", i, r.Pos, want)
		}
		if r.Token < 0 || r.Token >= n.config.Vocab {
			return 0, fmt.Errorf("arch: token %d is not among the %d of the model", r.Token, n.config.Vocab)
		}
		if r.Pos >= r.Cache.Max() {
			return 0, fmt.Errorf("%w: position %d of %d", kvcache.ErrFull, r.Pos, r.Cache.Max())
		}
		if r.Logits {
			marked++
		}
	}
	return marked, nil
}

// chunk passes rows through all layers. Afterwards the work holds the marked rows alone.
func (n *Network) chunk(ctx context.Context, rows []Row) error {
	w := n.work
	if err := w.begin(rows, &n.rotation, n.embedding); err != nil {
		return err
	}
	for i, l := range n.layers {
		if err := ctx.Err(); err != nil {
			return err
		}
		l.forward(w, i, i == len(n.layers)-1)
	}
	w.commit()
	return nil
}
