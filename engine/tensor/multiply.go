package tensor

import "croft/engine/kernels"

// Product is one matrix and where its result goes: Out (n, rows of W).
type Product struct {
	W   *Matrix
	Out []float32
}

const (
	pieceMACs   = 4 << 20 // a few tens of microseconds when arithmetic is the limit
	pieceTokens = 128     // whose inputs stay in the second cache while panels pass

	// When memory is the limit, pieces are long, since the processor has to find each stream anew before it reads ahead,
	// and shorter towards the end, so that no worker waits long for another.
	pieceBytesMin = 64 << 10
)

// Multiply computes Out (n, rows) = x (n, cols) · Wᵀ for several matrices in one go.
func Multiply(p *Pool, in *Input, products ...Product) {
	total, panels, bytes := 0, 0, 0
	for _, product := range products {
		w := product.W
		if w.Cols != in.cols || len(product.Out) < in.n*w.Rows {
			panic("tensor: Multiply: W, x and Out do not fit")
		}
		if w.format.Quantized() {
			in.quantize(p, w.format)
		}
		total += in.cut(w).pieces()
		panels += w.panels()
		bytes += len(w.data)
	}
	if in.n <= tokensTogether {
		in.share(panels, p.Threads(), pieceBytesMin*panels/bytes)
		total = len(in.shares) - 1
	}
	in.products = append(in.products[:0], products...)
	p.Run(total, in.multiply)
	clear(in.products)
}

// share cuts so many panels into pieces, each a part of what is left, and least panels at least. It is guided
// self-scheduling: Polychronopoulos and Kuck, IEEE Transactions on Computers C-36(12), 1987.
func (in *Input) share(panels, threads, least int) {
	in.shares = append(in.shares[:0], 0)
	for at := 0; at < panels; {
		at = min(at+max((panels-at)/(2*threads), least, 1), panels)
		in.shares = append(in.shares, at)
	}
}

// multiplyShare computes the panels of one share, counted through all products.
func (in *Input) multiplyShare(share int) {
	from, to := in.shares[share], in.shares[share+1]
	for _, product := range in.products {
		w := product.W
		first, end := max(from, 0)*rows, min(to*rows, w.Rows)
		if first < end {
			product.part(in, first, end-first, 0, in.n)
		}
		from, to = from-w.panels(), to-w.panels()
	}
}

// multiplyPiece computes one piece of the products, counted through all of them.
func (in *Input) multiplyPiece(piece, _ int) {
	if in.n <= tokensTogether {
		in.multiplyShare(piece)
		return
	}
	for _, product := range in.products {
		c := in.cut(product.W)
		if piece < c.pieces() {
			row, token := piece%c.rowPieces*c.rows, piece/c.rowPieces*c.tokens
			product.part(in, row, min(c.rows, product.W.Rows-row), token, min(c.tokens, in.n-token))
			return
		}
		piece -= c.pieces()
	}
}

// cut is how a product is cut into pieces: runs of rows times runs of tokens.
type cut struct {
	rows, tokens         int // of a piece
	rowPieces, tokPieces int
}

func (c cut) pieces() int { return c.rowPieces * c.tokPieces }

func (in *Input) cut(m *Matrix) cut {
	c := cut{tokens: min(in.n, pieceTokens)}
	c.rows = max(pieceMACs/(m.Cols*c.tokens)/rows, 1) * rows
	c.rowPieces = (m.Rows + c.rows - 1) / c.rows
	c.tokPieces = (in.n + c.tokens - 1) / c.tokens
	return c
}

// part computes some rows, from the first of a panel on, for some tokens.
func (p Product) part(in *Input, row, rowCount, token, tokens int) {
	w := p.W
	out := p.Out[token*w.Rows+row:]
	if !w.format.Quantized() {
		rowBytes := len(w.data) / w.Rows
		kernels.MultiplyRows(w.set, w.format, w.data[row*rowBytes:], rowCount, w.Cols, in.x[token*in.cols:], tokens, out, w.Rows)
		return
	}
	q := in.form(w.format)
	panelBytes := w.format.PanelBytes(w.Cols / w.format.BlockValues())
	words := q.words[token*kernels.InputWords(q.blockValues, in.cols):]
	kernels.MultiplyPanels(w.set, w.format, w.data[row/rows*panelBytes:], rowCount, w.Cols, words, in.width(), tokens, out, w.Rows)
}
