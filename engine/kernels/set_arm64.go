package kernels

import "golang.org/x/sys/cpu"

var (
	hasNEON    = cpu.ARM64.HasASIMD
	hasDotProd = cpu.ARM64.HasASIMDDP
)
