package gguf

import "fmt"

// Type is the format of a tensor's values, with the id that files carry (enum ggml_type of ggml.h).
type Type uint32

// The types a file may hold. Ids that are missing here were withdrawn by ggml.
const (
	F32     Type = 0
	F16     Type = 1
	Q4_0    Type = 2
	Q4_1    Type = 3
	Q5_0    Type = 6
	Q5_1    Type = 7
	Q8_0    Type = 8
	Q8_1    Type = 9
	Q2_K    Type = 10
	Q3_K    Type = 11
	Q4_K    Type = 12
	Q5_K    Type = 13
	Q6_K    Type = 14
	Q8_K    Type = 15
	IQ2_XXS Type = 16
	IQ2_XS  Type = 17
	IQ3_XXS Type = 18
	IQ1_S   Type = 19
	IQ4_NL  Type = 20
	IQ3_S   Type = 21
	IQ2_S   Type = 22
	IQ4_XS  Type = 23
	I8      Type = 24
	I16     Type = 25
	I32     Type = 26
	I64     Type = 27
	F64     Type = 28
	IQ1_M   Type = 29
	BF16    Type = 30
	TQ1_0   Type = 34
	TQ2_0   Type = 35
	MXFP4   Type = 39
)

// types gives each type's name and the size of its block. The byte counts are written as
// the parts of a block: scales and minima first, then the packed values.
var types = map[Type]struct {
	name          string
	values, bytes int
}{
	F32:     {"F32", 1, 4},
	F16:     {"F16", 1, 2},
	BF16:    {"BF16", 1, 2},
	F64:     {"F64", 1, 8},
	I8:      {"I8", 1, 1},
	I16:     {"I16", 1, 2},
	I32:     {"I32", 1, 4},
	I64:     {"I64", 1, 8},
	Q4_0:    {"Q4_0", 32, 2 + 16},
	Q4_1:    {"Q4_1", 32, 2 + 2 + 16},
	Q5_0:    {"Q5_0", 32, 2 + 4 + 16},
	Q5_1:    {"Q5_1", 32, 2 + 2 + 4 + 16},
	Q8_0:    {"Q8_0", 32, 2 + 32},
	Q8_1:    {"Q8_1", 32, 2 + 2 + 32},
	Q2_K:    {"Q2_K", 256, 16 + 64 + 2 + 2},
	Q3_K:    {"Q3_K", 256, 32 + 64 + 12 + 2},
	Q4_K:    {"Q4_K", 256, 2 + 2 + 12 + 128},
	Q5_K:    {"Q5_K", 256, 2 + 2 + 12 + 32 + 128},
	Q6_K:    {"Q6_K", 256, 128 + 64 + 16 + 2},
	Q8_K:    {"Q8_K", 256, 4 + 256 + 32},
	IQ2_XXS: {"IQ2_XXS", 256, 2 + 64},
	IQ2_XS:  {"IQ2_XS", 256, 2 + 64 + 8},
	IQ2_S:   {"IQ2_S", 256, 2 + 64 + 8 + 8},
	IQ3_XXS: {"IQ3_XXS", 256, 2 + 64 + 32},
	IQ3_S:   {"IQ3_S", 256, 2 + 64 + 8 + 32 + 4},
	IQ1_S:   {"IQ1_S", 256, 2 + 32 + 16},
	IQ1_M:   {"IQ1_M", 256, 32 + 16 + 8},
	IQ4_NL:  {"IQ4_NL", 32, 2 + 16},
	IQ4_XS:  {"IQ4_XS", 256, 2 + 2 + 4 + 128},
	TQ1_0:   {"TQ1_0", 256, 48 + 4 + 2},
	TQ2_0:   {"TQ2_0", 256, 64 + 2},
	MXFP4:   {"MXFP4", 32, 1 + 16},
}

// Known says whether the size of t's blocks is known.
func (t Type) Known() bool { return types[t].values > 0 }

// BlockValues is the number of values in a block; 0 for an unknown type.
func (t Type) BlockValues() int { return types[t].values }

// BlockBytes is the size of a block; 0 for an unknown type.
func (t Type) BlockBytes() int { return types[t].bytes }

// String is the name that file names and tables use, "Q4_K".
func (t Type) String() string {
	if !t.Known() {
		return fmt.Sprintf("type %d", uint32(t))
	}
	return types[t].name
}

// RowBytes is the size of n values, or -1 when n is negative, no whole number of blocks, or too large.
func (t Type) RowBytes(n int) int {
	k := types[t]
	if k.values == 0 || n < 0 || n%k.values != 0 {
		return -1
	}
	size, ok := product(n/k.values, k.bytes)
	if !ok {
		return -1
	}
	return size
}
