package arch

import "math"

// The functions here give the same bits on every processor. Those of package math may not: some are assembly on some
// processors, and the compiler may fuse a product and a sum on others. So every fusion below is written as math.FMA,
// and a float64 conversion stands where none may happen.

// sincos returns the sine and cosine of x, |x| < 2^30, to about 1e-16.
func sincos(x float64) (sin, cos float64) {
	// π/2 in three parts
	const p1, p2, p3 = 0x1.921fb54442d18p+0, 0x1.1a62633145c07p-54, -0x1.f1976b7ed8fbcp-110
	n := math.RoundToEven(x * (2 / math.Pi))
	r := math.FMA(-n, p1, x)
	r = math.FMA(-n, p2, r)
	r = math.FMA(-n, p3, r)
	s, c := taylorSin(r), taylorCos(r)
	switch int64(n) & 3 {
	case 1:
		return c, -s
	case 2:
		return -s, -c
	case 3:
		return -c, s
	}
	return s, c
}

// taylorSin and taylorCos are the Taylor polynomials of degree 17 and 16, for |r| <= π/4.
func taylorSin(r float64) float64 {
	p, r2 := 1.0, float64(r*r)
	for k := 16.0; k >= 2; k -= 2 {
		p = math.FMA(-r2/(k*(k+1)), p, 1)
	}
	return float64(r * p)
}

func taylorCos(r float64) float64 {
	p, r2 := 1.0, float64(r*r)
	for k := 15.0; k >= 1; k -= 2 {
		p = math.FMA(-r2/(k*(k+1)), p, 1)
	}
	return p
}

// logarithm returns ln x for a positive, normal x.
func logarithm(x float64) float64 {
	m, e := math.Frexp(x)
	if m < math.Sqrt2/2 {
		m, e = 2*m, e-1
	}
	// ln m = 2·artanh(s), s = (m-1)/(m+1), |s| < 0.172
	s := (m - 1) / (m + 1)
	s2, sum := float64(s*s), 0.0
	for k := 25.0; k >= 1; k -= 2 {
		sum = math.FMA(sum, s2, 1/k)
	}
	return math.FMA(float64(e), math.Ln2, float64(2*s*sum))
}

// exponential returns e^x for |x| < 700.
func exponential(x float64) float64 {
	n := math.RoundToEven(x / math.Ln2)
	r := math.FMA(-n, 0x1.62e42fefa39efp-1, x)
	r = math.FMA(-n, 0x1.abc9e3b39803fp-56, r)
	p := 1.0
	for k := 18.0; k >= 1; k-- {
		p = math.FMA(r/k, p, 1)
	}
	return math.Ldexp(p, int(n))
}

// power returns base^exponent for a positive base.
func power(base, exponent float64) float64 {
	return exponential(float64(exponent * logarithm(base)))
}
