package quantize

import (
	"strconv"
	"strings"

	"croft/engine/gguf"
)

// layersMax is far above what models have.
const layersMax = 1 << 16

// Mixture says which type each tensor of a file gets. The names and their numbers are those of llama.h's enum llama_ftype.
type Mixture struct {
	Name     string
	fileType uint32    // general.file_type
	most     gguf.Type // of most matrices
	head     gguf.Type // of the matrix that makes the scores
	careful  gguf.Type // of those whose errors weigh most, in some layers
}

// Mixtures are those that can be made.
var Mixtures = []Mixture{
	{"Q4_K_M", 15, gguf.Q4_K, gguf.Q6_K, gguf.Q6_K},
	{"Q4_0", 2, gguf.Q4_0, gguf.Q6_K, gguf.Q4_0},
	{"Q8_0", 7, gguf.Q8_0, gguf.Q8_0, gguf.Q8_0},
	{"Q6_K", 18, gguf.Q6_K, gguf.Q6_K, gguf.Q6_K},
}

// FindMixture finds a mixture by its name, in capitals or not.
func FindMixture(name string) (Mixture, bool) {
	for _, m := range Mixtures {
		if strings.EqualFold(m.Name, name) {
			return m, true
		}
	}
	return Mixture{}, false
}

// typeOf is the type that a tensor of a model of that many layers gets. tied: the token embedding makes the scores too.
func (m Mixture) typeOf(t gguf.Tensor, layers int, tied bool) gguf.Type {
	if !quantizable(t) {
		return gguf.F32
	}
	switch layer, part := place(t.Name); {
	case part == "output.weight" || tied && part == "token_embd.weight":
		return fitting(m.head, t.Cols())
	case (part == "attn_v.weight" || part == "ffn_down.weight") && isCareful(layer, layers):
		return fitting(m.careful, t.Cols())
	}
	return fitting(m.most, t.Cols())
}

// quantizable tells matrices from what is small and matters much: vectors, norms, and the router of a mixture of experts.
func quantizable(t gguf.Tensor) bool {
	return len(t.Dims) > 1 && strings.HasSuffix(t.Name, ".weight") &&
		!strings.HasSuffix(t.Name, "_norm.weight") && !strings.HasSuffix(t.Name, "ffn_gate_inp.weight")
}

// place splits "blk.7.attn_v.weight" into 7 and the rest. A tensor of no layer has -1.
func place(name string) (layer int, part string) {
	if rest, ok := strings.CutPrefix(name, "blk."); ok {
		number, part, _ := strings.Cut(rest, ".")
		if layer, err := strconv.Atoi(number); err == nil && layer >= 0 && layer < layersMax {
			return layer, part
		}
	}
	return -1, name
}

func countLayers(tensors []gguf.Tensor) (n int) {
	for _, t := range tensors {
		layer, _ := place(t.Name)
		n = max(n, layer+1)
	}
	return n
}

// isCareful picks the first eighth of n layers, the last eighth, and every third between.
func isCareful(layer, n int) bool {
	return layer < n/8 || layer >= 7*n/8 || (layer-n/8)%3 == 2
}

// fitting is t, or what takes its place where a row of that many values is no whole number of blocks.
func fitting(t gguf.Type, cols int) gguf.Type {
	switch {
	case t.RowBytes(cols) >= 0:
		return t
	case gguf.Q8_0.RowBytes(cols) >= 0:
		return gguf.Q8_0
	}
	return gguf.F16
}
