// Package tensor holds the weights of a model and multiplies inputs with them on several threads.
//
// The result of a product depends on the weights and on one token's input alone: not on the other tokens of the batch,
// the number of threads or the set of kernels. Package kernels says how.
package tensor

import (
	"fmt"

	"croft/engine/gguf"
	"croft/engine/kernels"
)

// Matrix is a matrix of weights W (Rows, Cols), laid out for the kernels. It lives until its pool is closed; F32, F16 and
// BF16 matrices are those of the file and live as long as it stays open.
type Matrix struct {
	Rows, Cols int
	Type       gguf.Type

	set    kernels.Set
	format kernels.Format
	data   []byte // panels, or rows as in the file
}

// dense are the types that are multiplied as they lie in the file.
var dense = map[gguf.Type]kernels.Format{gguf.F32: kernels.F32, gguf.F16: kernels.F16, gguf.BF16: kernels.BF16}

// packPieceBytes is how much of the file is laid out before its pages are given back.
const packPieceBytes = 2 << 20

// Pack lays t out for a set of kernels. Quantized weights are copied: release, unless nil, is called on the workers with
// each part of t.Data that is no longer needed. It is an error when the type is not supported or the shape does not fit.
func Pack(p *Pool, set kernels.Set, t gguf.Tensor, release func([]byte)) (*Matrix, error) {
	m, err := shape(set, t)
	if err != nil {
		return nil, err
	}
	if !m.format.Quantized() {
		m.data = t.Data
		return m, nil
	}
	l := layouts[t.Type]
	blocks := m.Cols / m.format.BlockValues()
	panelBytes, fileBytes := m.format.PanelBytes(blocks), rows*blocks*l.blockBytes
	panels := m.panels()
	if m.data, err = p.memory.get(panels * panelBytes); err != nil {
		return nil, fmt.Errorf("tensor %q: %w", t.Name, err)
	}
	each := max(1, packPieceBytes/fileBytes) // panels
	p.Run((panels+each-1)/each, func(piece, _ int) {
		for i := piece * each; i < min(piece*each+each, panels); i++ {
			l.pack(m.data[i*panelBytes:][:panelBytes], t.Data[i*fileBytes:min((i+1)*fileBytes, len(t.Data))], blocks)
		}
		if release != nil {
			release(t.Data[piece*each*fileBytes : min((piece+1)*each*fileBytes, len(t.Data))])
		}
	})
	return m, nil
}

// shape checks t and returns its matrix without data.
func shape(set kernels.Set, t gguf.Tensor) (*Matrix, error) {
	format, ok := dense[t.Type]
	if l, quantized := layouts[t.Type]; quantized {
		format, ok = l.format, true
	}
	if !ok {
		return nil, fmt.Errorf("tensor %q: weights of type %v are not supported", t.Name, t.Type)
	}
	if len(t.Dims) == 0 || t.Dims[0] < 1 {
		return nil, fmt.Errorf("tensor %q has no values", t.Name)
	}
	m := &Matrix{Rows: t.Rows(), Cols: t.Cols(), Type: t.Type, set: set, format: format}
	rowBytes := t.Type.RowBytes(m.Cols)
	if m.Rows < 1 || m.Cols < 1 || rowBytes < 1 || len(t.Data)/rowBytes != m.Rows || len(t.Data)%rowBytes != 0 {
		return nil, fmt.Errorf("tensor %q: %d bytes are not %d rows of %d values of type %v", t.Name, len(t.Data), m.Rows, m.Cols, t.Type)
	}
	return m, nil
}

// panels is how many runs of rows are multiplied at once.
func (m *Matrix) panels() int { return (m.Rows + rows - 1) / rows }

// Bytes is the memory that the weights take.
func (m *Matrix) Bytes() int64 { return int64(len(m.data)) }

// Row puts row r, exactly as the file's type defines it, into dst (Cols).
func (m *Matrix) Row(r int, dst []float32) {
	l, quantized := layouts[m.Type]
	if !quantized {
		rowBytes := m.Type.RowBytes(m.Cols)
		m.dequantize(m.data[r*rowBytes:(r+1)*rowBytes], dst[:m.Cols])
		return
	}
	values := m.format.BlockValues()
	panelBytes := m.format.PanelBytes(m.Cols / values)
	panel := m.data[r/rows*panelBytes:][:panelBytes]
	var buffer [256]byte
	block := buffer[:l.blockBytes]
	for b := range m.Cols / values {
		scales, body := l.place(b)
		l.unpackBlock(block, panel[scales+r%rows*2:], panel[body+r%rows*4:])
		m.dequantize(block, dst[b*values:(b+1)*values])
	}
}

func (m *Matrix) dequantize(src []byte, dst []float32) {
	if err := Dequantize(m.Type, src, dst); err != nil {
		panic(err) // Pack took only what Dequantize takes
	}
}
