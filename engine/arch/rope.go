package arch

import (
	"math"

	"croft/engine/gguf"
)

// Rope says how queries and keys are rotated by their position (Su and others, arXiv 2104.09864).
type Rope struct {
	Dim         int     // values of each head that are rotated
	Base        float64 // of the frequencies
	Interleaved bool    // the pairs are (2i, 2i+1) rather than (i, i + Dim/2)
	Scaling     string  // "none", "linear" or "yarn"
	Factor      float64 // by which scaling stretches the context
	Original    int     // context before stretching, for yarn

	// Of YaRN (Peng and others, arXiv 2309.00071): how much of the fast frequencies is left alone, the number of turns
	// within the original context where that begins and ends, and a factor of the attention's scale.
	Extrapolate, BetaFast, BetaSlow, Attention float64
}

func (h *header) rope(c Config) Rope {
	r := Rope{
		Dim:         h.count("rope.dimension_count", c.HeadDim, widthMax),
		Base:        h.number("rope.freq_base", 10000),
		Scaling:     "none",
		Factor:      1,
		Original:    h.count("rope.scaling.original_context_length", c.Context, contextMax),
		BetaFast:    h.number("rope.scaling.yarn_beta_fast", 32),
		BetaSlow:    h.number("rope.scaling.yarn_beta_slow", 1),
		Attention:   h.number("rope.scaling.attn_factor", 1),
		Extrapolate: h.number("rope.scaling.yarn_ext_factor", 1),
	}
	if old, ok := h.file.Float(h.prefix + "rope.scale_linear"); ok && old > 0 {
		r.Scaling, r.Factor = "linear", old
	}
	if name, ok := h.file.String(h.prefix + "rope.scaling.type"); ok {
		r.Scaling = name
	}
	switch r.Scaling {
	case "none":
	case "linear", "yarn":
		if f := h.number("rope.scaling.factor", max(r.Factor, 1)); f > 0 { // 0 says that nothing is stretched
			r.Factor = f
		}
	default:
		h.fail(unsupported("the rotation is scaled in the way %q, which does not run here", r.Scaling))
	}
	if r.Base <= 1 || r.Factor < 1e-3 {
		h.fail(invalid("the rotation has the base %v and is stretched by %v, which cannot be", r.Base, r.Factor))
	}
	if min(r.BetaFast, r.BetaSlow, r.Attention) < 1e-3 || r.Extrapolate > 1 {
		h.fail(invalid("the numbers of the rotation's YaRN scaling cannot be"))
	}
	return r
}

// frequencies returns the angle by which each pair turns from one position to the next (Dim/2). divisors (Dim/2)
// are Llama 3's, or nil.
func (r Rope) frequencies(divisors []float32) []float64 {
	f := make([]float64, r.Dim/2)
	low, high := r.ramp()
	for i := range f {
		f[i] = power(r.Base, -2*float64(i)/float64(r.Dim))
		if divisors != nil {
			f[i] /= float64(divisors[i])
		}
		stretched := f[i] / r.Factor
		kept := 0.0
		if r.Scaling == "yarn" {
			kept = float64(r.Extrapolate * (1 - min(1, max(0, (float64(i)-low)/max(0.001, high-low)))))
		}
		f[i] = float64(stretched*(1-kept)) + float64(f[i]*kept)
	}
	return f
}

// ramp returns the pairs between which YaRN goes from leaving a frequency alone to stretching it.
func (r Rope) ramp() (low, high float64) {
	pair := func(turns float64) float64 {
		return float64(r.Dim) * logarithm(float64(r.Original)/(turns*2*math.Pi)) / (2 * logarithm(r.Base))
	}
	return max(0, math.Floor(pair(r.BetaFast))), min(float64(r.Dim-1), math.Ceil(pair(r.BetaSlow)))
}

// magnitude is the factor of rotated queries and keys.
func (r Rope) magnitude() float64 {
	if r.Scaling != "yarn" || r.Extrapolate == 0 {
		return r.Attention
	}
	return r.Attention * (1 + float64(0.1*logarithm(r.Factor)))
}

// rotation is a Rope made ready for a network.
type rotation struct {
	frequency []float64 // (Dim/2)
	magnitude float64
}

// rotation reads the divisors of Llama 3's frequencies, if the file has them.
func (r Rope) rotation(f *gguf.File, l *loader) rotation {
	var divisors []float32
	if _, ok := f.Tensor("rope_freqs.weight"); ok {
		divisors = l.vector("rope_freqs.weight", r.Dim/2)
		for i, d := range divisors {
			if !(d > 1e-6 && d < 1e6) {
				l.fail(invalid("the tensor rope_freqs.weight divides frequency %d by %v, which cannot be", i, d))
				return rotation{}
			}
		}
	}
	return rotation{r.frequencies(divisors), r.magnitude()}
}

// at writes the cosines and sines (Dim/2) of a position.
func (r *rotation) at(pos int, cos, sin []float32) {
	for i, f := range r.frequency {
		s, c := sincos(float64(pos) * f)
		cos[i], sin[i] = float32(c*r.magnitude), float32(s*r.magnitude)
	}
}
