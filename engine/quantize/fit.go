package quantize

import "math"

// The fits below work in binary64. float64(…) around a product is there to keep it from being fused with a sum.

// nearest rounds to the nearest integer, ties to even, for |x| < 2^51.
func nearest(x float64) float64 {
	const magic = 3 << 51 // from here on, floats are whole
	return x + magic - magic
}

// quantIn is x rounded to a whole number from low to high.
func quantIn(x, low, high float64) float64 {
	// Bounds first: what is rounded stays small. Branches, because they are faster here than min and max.
	if x < low {
		return low
	}
	if x > high {
		return high
	}
	return nearest(x)
}

// fitScale finds a scale with which whole numbers q in [-n, n) come near to x: x ≈ scale·q. For some divisors around
// the one that puts the peak at -n it rounds x to q; the scale of least squares for these is Σxq/Σq², and the error
// falls by (Σxq)²/Σq².
func fitScale(x []float64, n float64) float64 {
	peak := 0.0
	for _, v := range x {
		if math.Abs(v) > math.Abs(peak) {
			peak = v
		}
	}
	if peak == 0 {
		return 0
	}
	best, scale := 0.0, 0.0
	for step := -8; step <= 8; step++ {
		inverse := -(n + float64(step)*0.125) / peak
		var xq, qq float64
		for _, v := range x {
			q := quantIn(float64(v*inverse), -n, n-1)
			xq += float64(v * q)
			qq += float64(q * q)
		}
		if gain := xq * xq / qq; gain > best {
			best, scale = gain, xq/qq
		}
	}
	return scale
}

// line is the straight line q -> scale·q - least.
type line struct{ scale, least float64 } // neither below 0

// fitLine finds a line on which whole numbers q in [0, n] come near to x. It rounds x to q with some slopes around the
// one that spans all of x, and takes for each the line of least squares.
func fitLine(x []float64, n float64) line {
	low, high := 0.0, math.Inf(-1)
	for _, v := range x {
		low, high = min(low, v), max(high, v)
	}
	best := line{0, -low}
	if high <= low {
		return best
	}
	bestError := math.Inf(1)
	try := func(inverse, least float64) bool {
		l, e := refitLine(x, n, inverse, least)
		better := e < bestError
		if better {
			best, bestError = l, e
		}
		return better
	}
	// Where one value lies far from the others, steps are so long that the others need only one or two: the second
	// beginning puts these elsewhere.
	for _, least := range []float64{-low, -low / 2} {
		for step := -4; step <= 4; step++ {
			try((n+float64(step)*0.25)/(high-low), least)
		}
	}
	for range 4 {
		if best.scale == 0 || !try(1/best.scale, best.least) {
			break
		}
	}
	return best
}

// refitLine rounds (x + least)·inverse to quants and returns the line of least squares through them, and its error
// without the part that is the same for all lines, Σx².
func refitLine(x []float64, n, inverse, least float64) (line, float64) {
	var sq, sqq, sx, sxq float64
	for _, v := range x {
		q := quantIn(float64((v+least)*inverse), 0, n)
		sq += q
		sqq += float64(q * q)
		sx += v
		sxq += float64(v * q)
	}
	count := float64(len(x))
	l := line{}
	if det := float64(count*sqq) - float64(sq*sq); det > 0 {
		l.scale = (float64(count*sxq) - float64(sx*sq)) / det
		l.least = (float64(sq*sxq) - float64(sqq*sx)) / det
	}
	if l.scale <= 0 || l.least < 0 { // then the best line through zero
		l = line{scale: max(sxq/max(sqq, 1), 0)}
	}
	e := float64(l.scale*l.scale*sqq) + float64(count*l.least*l.least)
	e -= 2 * (float64(l.scale*sxq) - float64(l.least*sx) + float64(l.scale*l.least*sq))
	return l, e
}
