//go:build !linux && !darwin

package engine

import "runtime"

// physicalCores is half the threads: processors with this system nearly all have two a core.
func physicalCores() int { return max(1, runtime.NumCPU()/2) }
