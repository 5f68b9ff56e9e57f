package main

import (
	"fmt"
	"slices"
	"strings"

	"croft/bench/llamacpp"
)

// row is all that was measured on one file.
type row struct {
	name         string
	memoryMax    int64 // bytes: file, keys and values, and 15 % of both
	ours, theirs []sample
}

// table prints rows as a Markdown table, each cell "Croft / llama.cpp = ratio".
func table(rows []row, c comparison) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Tokens a second, %d threads, median of %d rounds (lowest to highest)", c.threads, c.rounds)
	if c.libDir != "" {
		fmt.Fprintf(&b, "; Croft / %s = how many times as fast, round by round", llamacpp.Release)
	}
	b.WriteString(".\n\n| File | Prefill of 512 | Prefill of 32 | Decode of 128 | Load, ms | Peak memory, MiB |\n")
	b.WriteString("|---|---|---|---|---|---|\n")
	for _, r := range rows {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", r.name,
			r.speed(func(s sample) float64 { return s.prefill512 }),
			r.speed(func(s sample) float64 { return s.prefill32 }),
			r.speed(func(s sample) float64 { return s.decode }),
			r.cost(func(s sample) float64 { return s.loadMS }),
			r.memory())
	}
	return b.String()
}

// speed is one cell of tokens a second.
func (r row) speed(of func(sample) float64) string {
	ours := spreadOf(r.ours, of)
	if len(r.theirs) == 0 {
		return ours.String()
	}
	return fmt.Sprintf("%v / %v = %.2f×", ours, spreadOf(r.theirs, of), r.ratio(of))
}

// ratio is the median of the ratios within each round: what slows a machine
// down for a while slows both engines.
func (r row) ratio(of func(sample) float64) float64 {
	var ratios []float64
	for i := range r.theirs {
		ratios = append(ratios, of(r.ours[i])/of(r.theirs[i]))
	}
	return median(ratios)
}

// cost is one cell of something of which less is better.
func (r row) cost(of func(sample) float64) string {
	if len(r.theirs) == 0 {
		return fmt.Sprintf("%.0f", spreadOf(r.ours, of).median)
	}
	return fmt.Sprintf("%.0f / %.0f", spreadOf(r.ours, of).median, spreadOf(r.theirs, of).median)
}

func (r row) memory() string {
	peak := func(s sample) float64 { return float64(s.peakBytes) / (1 << 20) }
	sign := "≤"
	limit := float64(r.memoryMax) / (1 << 20)
	if spreadOf(r.ours, peak).max > limit {
		sign = ">"
	}
	return fmt.Sprintf("%s, ours %s %.0f", r.cost(peak), sign, limit)
}

type spread struct{ min, median, max float64 }

func spreadOf(samples []sample, of func(sample) float64) spread {
	var xs []float64
	for _, s := range samples {
		xs = append(xs, of(s))
	}
	return spread{slices.Min(xs), median(xs), slices.Max(xs)}
}

func (s spread) String() string { return fmt.Sprintf("%.0f (%.0f–%.0f)", s.median, s.min, s.max) }

// median sorts xs. Of an even number it takes the mean of the middle two.
func median(xs []float64) float64 {
	slices.Sort(xs)
	n := len(xs)
	return (xs[(n-1)/2] + xs[n/2]) / 2
}
