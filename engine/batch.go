package engine

import (
	"context"

	"croft/engine/arch"
)

// work is what one sequence wants read in the next pass over the weights.
type work struct {
	ctx    context.Context
	rows   []arch.Row
	logits []float32 // (marked rows, vocabulary)
	hidden []float32 // (marked rows, width), wanted instead of logits
	done   chan error
}

// batcher lets everything that waits share one pass over the weights.
// Reading a token is cheap beside reading the weights, so several replies cost little more than one.
type batcher struct {
	network *arch.Network
	queue   chan *work
	ended   chan struct{}
	rows    []arch.Row
	logits  []float32
}

// rowsMax bounds a pass: a longer one would make the others wait.
const rowsMax = arch.ChunkRows

func startBatcher(n *arch.Network) *batcher {
	b := &batcher{network: n, queue: make(chan *work), ended: make(chan struct{})}
	go b.run()
	return b
}

// stop ends the goroutine. Nothing may be submitted any more.
func (b *batcher) stop() {
	close(b.queue)
	<-b.ended
}

// submit runs w in one of the next passes and returns when it is done.
func (b *batcher) submit(w *work) error {
	w.done = make(chan error, 1)
	select {
	case b.queue <- w:
		return <-w.done
	case <-w.ctx.Done():
		return w.ctx.Err()
	}
}

func (b *batcher) run() {
	defer close(b.ended)
	var left *work
	for {
		w := left
		if left = nil; w == nil {
			var ok bool
			if w, ok = <-b.queue; !ok {
				return
			}
		}
		var pass []*work
		pass, left = b.collect(w)
		b.forward(pass)
	}
}

// collect adds to first whatever waits already, up to rowsMax rows; what no longer fits comes back as left.
func (b *batcher) collect(first *work) (pass []*work, left *work) {
	pass, n := []*work{first}, len(first.rows)
	for {
		select {
		case w, ok := <-b.queue:
			if !ok {
				return pass, nil
			}
			if n += len(w.rows); n > rowsMax || w.hidden != nil || first.hidden != nil {
				return pass, w
			}
			pass = append(pass, w)
		default:
			return pass, nil
		}
	}
}

func (b *batcher) alone(w *work) error {
	if w.hidden != nil {
		return b.network.Hidden(w.ctx, w.rows, w.hidden)
	}
	return b.network.Forward(w.ctx, w.rows, w.logits)
}

func (b *batcher) forward(pass []*work) {
	if len(pass) == 1 {
		pass[0].done <- b.alone(pass[0])
		return
	}
	b.rows, b.logits = b.rows[:0], b.logits[:0]
	size := 0
	for _, w := range pass {
		b.rows = append(b.rows, w.rows...)
		size += len(w.logits)
	}
	if cap(b.logits) < size {
		b.logits = make([]float32, size)
	}
	// One who leaves must not end the others' pass; it is short.
	err := b.network.Forward(context.WithoutCancel(pass[0].ctx), b.rows, b.logits[:size])
	at := 0
	for _, w := range pass {
		at += copy(w.logits, b.logits[at:size])
		w.done <- err
	}
}
