package engine

import "runtime"

// Cores is the number of physical cores that this program may use: a second thread on a core shares its
// arithmetic and gains nothing here.
func Cores() int {
	return max(1, min(physicalCores(), runtime.GOMAXPROCS(0)))
}
