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

	// When memory is the limit, pieces are long: the processor has to find each stream anew before it reads ahead.
	pieceBytesMin = 64 << 10
	pieceBytesMax = 1 << 20
	piecesAThread = 2
)

// Multiply computes Out (n, rows) = x (n, cols) · Wᵀ for several matrices in one go.
func Multiply(p *Pool, in *Input, products ...Product) {
	bytes := 0
	for _, product := range products {
		bytes += len(product.W.data)
	}
	in.pieceBytes = min(max(bytes/(piecesAThread*p.Threads()), pieceBytesMin), pieceBytesMax)
	total := 0
	for _, product := range products {
		w := product.W
		if w.Cols != in.cols || len(product.Out) < in.n*w.Rows {
			panic("tensor: Multiply: W, x and Out do not fit")
		}
		if w.format.Quantized() {
			in.quantize(p, w.format)
		}
		total += in.cut(w).pieces()
	}
	in.products = append(in.products[:0], products...)
	p.Run(total, in.multiply)
	clear(in.products)
}

// multiplyPiece computes one piece of the products, counted through all of them.
func (in *Input) multiplyPiece(piece, _ int) {
	for _, product := range in.products {
		c := in.cut(product.W)
		if piece < c.pieces() {
			product.piece(in, c, piece)
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
	rowBytes := max(1, len(m.data)/m.Rows)
	c.rows = pieceMACs / (m.Cols * c.tokens)
	if in.n <= tokensTogether {
		c.rows = in.pieceBytes / rowBytes
	}
	c.rows = max(c.rows/rows, 1) * rows
	c.rowPieces = (m.Rows + c.rows - 1) / c.rows
	c.tokPieces = (in.n + c.tokens - 1) / c.tokens
	return c
}

// piece computes one piece of a product.
func (p Product) piece(in *Input, c cut, piece int) {
	w := p.W
	row, token := piece%c.rowPieces*c.rows, piece/c.rowPieces*c.tokens
	rowCount, tokens := min(c.rows, w.Rows-row), min(c.tokens, in.n-token)
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
