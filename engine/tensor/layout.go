package tensor

import (
	"encoding/binary"

	"croft/engine/gguf"
	"croft/engine/kernels"
)

// layout says how the blocks of a type in the file become the blocks of a panel. A panel holds 16 rows: first come the
// first float16 scales of all 16 rows, then the second ones; the rest of a block goes in units of 4 bytes, which are
// lanes, again the first of all rows, then the second.
type layout struct {
	format     kernels.Format
	blockBytes int    // in the file
	scalesAt   int    // where a block has its scales
	scales     int    // how many of them
	body       []int  // where a block has the units, in the order of the panel
	paired     bool   // the scales of two blocks share a cache line before both bodies
	flip       uint32 // is exclusive-ored to the units: int8 becomes offset by 128
}

const (
	rows      = kernels.PanelRows
	unitBytes = 4
)

var layouts = map[gguf.Type]layout{
	gguf.Q4_0: {kernels.Q4_0, 2 + 16, 0, 1, units(2, 18), true, 0},
	gguf.Q8_0: {kernels.Q8_0, 2 + 32, 0, 1, units(2, 34), true, 0x80808080},
	gguf.Q4_K: {kernels.Q4_K, 4 + 12 + 128, 0, 2, units(4, 144), false, 0},
	gguf.Q5_K: {kernels.Q5_K, 4 + 12 + 32 + 128, 0, 2, units(4, 176), false, 0},
	gguf.Q6_K: {kernels.Q6_K, 128 + 64 + 16 + 2, 208, 1, unitsOfQ6_K(), true, 0},
}

// units are the places in [begin, end).
func units(begin, end int) []int {
	var at []int
	for i := begin; i < end; i += unitBytes {
		at = append(at, i)
	}
	return at
}

// unitsOfQ6_K brings together what the kernel reads together: in each half the scales, then for every four values of the
// half's parts the high bits and both units of low bits. Memory then sees one stream, which it delivers twice as fast.
func unitsOfQ6_K() []int {
	const low, high, scales = 0, 128, 192
	var at []int
	for half := range 2 {
		at = append(at, units(scales+half*8, scales+half*8+8)...)
		for i := 0; i < 32; i += unitBytes {
			at = append(at, high+half*32+i, low+half*64+i, low+half*64+32+i)
		}
	}
	return at
}

// place returns where block b of a panel keeps its scales and its body.
func (l *layout) place(b int) (scales, body int) {
	scaleBytes := rows * l.scales * 2
	bodyBytes := rows * len(l.body) * unitBytes
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
	for i := range l.scales {
		binary.LittleEndian.PutUint16(scales[2*i*rows:], binary.LittleEndian.Uint16(block[l.scalesAt+2*i:]))
	}
	for i, at := range l.body {
		binary.LittleEndian.PutUint32(body[i*unitBytes*rows:], binary.LittleEndian.Uint32(block[at:])^l.flip)
	}
}

// unpackBlock is the inverse of packBlock.
func (l *layout) unpackBlock(block, scales, body []byte) {
	for i := range l.scales {
		binary.LittleEndian.PutUint16(block[l.scalesAt+2*i:], binary.LittleEndian.Uint16(scales[2*i*rows:]))
	}
	for i, at := range l.body {
		binary.LittleEndian.PutUint32(block[at:], binary.LittleEndian.Uint32(body[i*unitBytes*rows:])^l.flip)
	}
}
