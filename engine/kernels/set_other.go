//go:build !arm64

package kernels

const hasNEON, hasDotProd = false, false
