package kernels

import "golang.org/x/sys/cpu"

var hasNEON = cpu.ARM64.HasASIMD
