package tensor

import (
	"encoding/binary"

	"croft/engine/gguf"
	"croft/engine/kernels"
)

// layout says how the blocks of a type in the file become the blocks of a panel. A panel holds 16 rows. For each field
// of a block come the first units of all 16 rows, then the second units, and so on: 2-byte units for float16 scales,
// 4-byte units, which are lanes, for the rest.
type layout struct {
	format     kernels.Format
	blockBytes int // in the file
	scales     field
	body       []field
	paired     bool   // the scales of two blocks share a cache line before both bodies
	flip       uint32 // is exclusive-ored to lanes of the body: int8 becomes offset by 128
}

// field is bytes [begin, end) of a block in the file.
type field struct{ begin, end int }

const rows = kernels.PanelRows

var layouts = map[gguf.Type]layout{
	gguf.Q4_0: {kernels.Q4_0, 2 + 16, field{0, 2}, []field{{2, 18}}, true, 0},
	gguf.Q8_0: {kernels.Q8_0, 2 + 32, field{0, 2}, []field{{2, 34}}, true, 0x80808080},
	gguf.Q4_K: {kernels.Q4_K, 4 + 12 + 128, field{0, 4}, []field{{4, 144}}, false, 0},
	gguf.Q5_K: {kernels.Q5_K, 4 + 12 + 32 + 128, field{0, 4}, []field{{4, 176}}, false, 0},
	gguf.Q6_K: {kernels.Q6_K, 128 + 64 + 16 + 2, field{208, 210}, []field{
		{192, 200}, {0, 16}, {128, 144}, {16, 32}, {144, 160}, {32, 64}, // in the order in which a half is read
		{200, 208}, {64, 80}, {160, 176}, {80, 96}, {176, 192}, {96, 128},
	}, true, 0},
}

// place returns where block b of a panel keeps its scales and its body.
func (l *layout) place(b int) (scales, body int) {
	scaleBytes := rows * (l.scales.end - l.scales.begin)
	bodyBytes := rows * (l.blockBytes - (l.scales.end - l.scales.begin))
	if !l.paired {
		begin := b * (scaleBytes + bodyBytes)
		return begin, begin + scaleBytes
	}
	pair := b / 2 * (lineBytes + 2*bodyBytes)
	return pair + b%2*scaleBytes, pair + lineBytes + b%2*bodyBytes
}

// pack lays up to 16 rows of the file out as a panel of so many blocks a row; rows that are missing stay as they are.
func (l *layout) pack(panel, file []byte, blocks int) {
	rowBytes := blocks * l.blockBytes
	for b := range blocks {
		scales, body := l.place(b)
		for r := 0; r*rowBytes < len(file); r++ {
			block := file[r*rowBytes+b*l.blockBytes:][:l.blockBytes]
			l.packBlock(panel[scales+2*r:], panel[body+4*r:], block)
		}
	}
}

// packBlock puts one row's block where its row begins among the scales and in the body.
func (l *layout) packBlock(scales, body, block []byte) {
	for i := l.scales.begin; i < l.scales.end; i += 2 {
		binary.LittleEndian.PutUint16(scales[(i-l.scales.begin)*rows:], binary.LittleEndian.Uint16(block[i:]))
	}
	at := 0
	for _, f := range l.body {
		for i := f.begin; i < f.end; i += 4 {
			binary.LittleEndian.PutUint32(body[at:], binary.LittleEndian.Uint32(block[i:])^l.flip)
			at += 4 * rows
		}
	}
}

// unpackBlock is the inverse of packBlock.
func (l *layout) unpackBlock(block, scales, body []byte) {
	for i := l.scales.begin; i < l.scales.end; i += 2 {
		binary.LittleEndian.PutUint16(block[i:], binary.LittleEndian.Uint16(scales[(i-l.scales.begin)*rows:]))
	}
	at := 0
	for _, f := range l.body {
		for i := f.begin; i < f.end; i += 4 {
			binary.LittleEndian.PutUint32(block[i:], binary.LittleEndian.Uint32(body[at:])^l.flip)
			at += 4 * rows
		}
	}
}
