package tinymodel

import (
	"encoding/binary"
	"fmt"
	"math"

	"croft/engine/gguf"
)

// matrix adds (rows, cols) weights of mean about 0 and standard deviation gain / √cols, in the wanted type.
func (m *maker) matrix(name string, cols, rows int, gain float64) {
	if m.o.Type.RowBytes(cols) < 0 {
		m.fail("tinymodel: a row of %d values is no whole number of %v blocks", cols, m.o.Type)
		return
	}
	encode, ok := encoders[m.o.Type]
	if !ok {
		m.fail("tinymodel: weights of type %v cannot be made", m.o.Type)
		return
	}
	sigma := gain / math.Sqrt(float64(cols))
	var data []byte
	for range rows * cols / m.o.Type.BlockValues() {
		data = encode(m, data, sigma)
	}
	m.made = append(m.made, gguf.Tensor{Name: name, Type: m.o.Type, Dims: []int{cols, rows}, Data: data})
}

func (m *maker) fail(format string, args ...any) {
	if m.err == nil {
		m.err = fmt.Errorf(format, args...)
	}
}

// vector adds n floats.
func (m *maker) vector(name string, n int, value func(i int) float64) {
	var data []byte
	for i := range n {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(float32(value(i))))
	}
	m.made = append(m.made, gguf.Tensor{Name: name, Type: gguf.F32, Dims: []int{n}, Data: data})
}

func (m *maker) norm(name string, n int) {
	m.vector(name, n, func(int) float64 { return 1 + 0.2*m.random.NormFloat64() })
}

func (m *maker) bias(name string, n int) {
	m.vector(name, n, func(int) float64 { return 0.3 * m.random.NormFloat64() })
}

// factors adds divisors of the rotation's frequencies as Llama 3 has them: 1 for the fast ones, then growing to 8.
func (m *maker) factors(name string, n int) {
	m.vector(name, n, func(i int) float64 { return 1 + 7*max(0, 2*float64(i)/float64(n)-1) })
}

// encoders append one block of random weights of standard deviation sigma. A block of a quantized type has random
// quants and a scale to match; a minimum, where there is one, puts the mean at 0.
var encoders = map[gguf.Type]func(m *maker, b []byte, sigma float64) []byte{
	gguf.F32: func(m *maker, b []byte, sigma float64) []byte {
		return binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(sigma*m.random.NormFloat64())))
	},
	gguf.F16: func(m *maker, b []byte, sigma float64) []byte {
		return binary.LittleEndian.AppendUint16(b, half(sigma*m.random.NormFloat64()))
	},
	gguf.BF16: func(m *maker, b []byte, sigma float64) []byte {
		return binary.LittleEndian.AppendUint16(b, uint16(math.Float32bits(float32(sigma*m.random.NormFloat64()))>>16))
	},
	gguf.Q4_0: func(m *maker, b []byte, sigma float64) []byte {
		b = binary.LittleEndian.AppendUint16(b, half(m.vary(sigma)/spread(16)))
		return m.bits(b, 16)
	},
	gguf.Q8_0: func(m *maker, b []byte, sigma float64) []byte {
		b = binary.LittleEndian.AppendUint16(b, half(m.vary(sigma)/spread(256)))
		return m.bits(b, 32)
	},
	gguf.Q4_K: func(m *maker, b []byte, sigma float64) []byte {
		return m.bits(m.scales(b, sigma, 16), 128)
	},
	gguf.Q5_K: func(m *maker, b []byte, sigma float64) []byte {
		return m.bits(m.scales(b, sigma, 32), 32+128)
	},
	gguf.Q6_K: func(m *maker, b []byte, sigma float64) []byte {
		b = m.bits(b, 128+64)
		for range 16 {
			b = append(b, byte(m.subscale()*(1-2*m.random.IntN(2))))
		}
		return binary.LittleEndian.AppendUint16(b, half(sigma/spread(64)/subscaleMean))
	},
}

// spread is the standard deviation of numbers that are uniform over n neighbouring integers.
func spread(n float64) float64 { return math.Sqrt((n*n - 1) / 12) }

func (m *maker) vary(x float64) float64 { return x * (0.5 + m.random.Float64()) }

const subscaleMean = 47.5

// subscale is a scale of 6 bits, without sign.
func (m *maker) subscale() int { return 32 + m.random.IntN(32) }

// scales appends the head of a Q4_K or Q5_K block with quants below n: d, dmin, and 8 scales and minima of 6 bits.
// A value is d·scale·q - dmin·minimum, so the mean is 0 for equal scale and minimum and dmin = d·(n-1)/2.
func (m *maker) scales(b []byte, sigma, n float64) []byte {
	d := sigma / spread(n) / subscaleMean
	b = binary.LittleEndian.AppendUint16(b, half(d))
	b = binary.LittleEndian.AppendUint16(b, half(d*(n-1)/2))
	var s [8]byte
	for i := range s {
		s[i] = byte(m.subscale())
	}
	var packed [12]byte
	for i := range 4 {
		packed[i] = s[i] | s[i+4]>>4<<6
		packed[i+4] = packed[i]
		packed[i+8] = s[i+4]&15 | s[i+4]&15<<4
	}
	return append(b, packed[:]...)
}

func (m *maker) bits(b []byte, n int) []byte {
	for range n {
		b = append(b, byte(m.random.Uint32()))
	}
	return b
}

// half rounds a normal binary16 number toward zero.
func half(x float64) uint16 {
	u := math.Float32bits(float32(x))
	sign, magnitude := uint16(u>>16&0x8000), u&0x7fffffff
	const smallest = 0x38800000 // 2^-14
	if magnitude < smallest {
		return sign | uint16(math.Abs(x)*(1<<24))
	}
	return sign | uint16((magnitude-smallest)>>13+0x400)
}
