// Package kernels holds the inner loops of the engine: C for each processor, and a portable reference beside it.
//
// Every Set gives the same bits. The kernels are pure: pointers, counts and an output, no memory of their own.
package kernels

import (
	"fmt"

	"golang.org/x/sys/cpu"
)

// Set is a family of kernels for one kind of processor.
type Set int

// The sets, slowest first.
const (
	Reference Set = iota // plain C, any processor
	AVX2                 // x86-64 with AVX2, FMA and F16C
	AVX512               // x86-64 with AVX-512 F, BW, VL and VNNI
	NEON                 // arm64
)

var names = [...]string{Reference: "reference", AVX2: "avx2", AVX512: "avx512", NEON: "neon"}

// String is the name that Parse takes.
func (s Set) String() string {
	if s < 0 || int(s) >= len(names) {
		return fmt.Sprintf("Set(%d)", int(s))
	}
	return names[s]
}

// Available lists the sets that this processor runs, slowest first.
func Available() []Set {
	sets := []Set{Reference}
	x := cpu.X86
	avx2 := x.HasAVX2 && x.HasFMA
	if avx2 {
		sets = append(sets, AVX2)
	}
	if avx2 && x.HasAVX512F && x.HasAVX512BW && x.HasAVX512VL && x.HasAVX512VNNI {
		sets = append(sets, AVX512)
	}
	if hasNEON {
		sets = append(sets, NEON)
	}
	return sets
}

// Best is the fastest set that this processor runs.
func Best() Set {
	sets := Available()
	return sets[len(sets)-1]
}

// Parse returns the set of that name. It is an error to name one that this processor cannot run.
func Parse(name string) (Set, error) {
	for _, s := range Available() {
		if s.String() == name {
			return s, nil
		}
	}
	return Reference, fmt.Errorf("kernels: %q does not run on this processor; it runs %v", name, Available())
}
