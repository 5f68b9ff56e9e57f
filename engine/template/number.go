package template

import (
	"math"
	"math/big"
	"strconv"
	"strings"
)

// bitsMax bounds what one integer may grow to.
const bitsMax = 1 << 14

func toInt64(v value) int64 {
	switch v := v.(type) {
	case integer:
		return int64(v)
	case boolean:
		if v {
			return 1
		}
	}
	return 0
}

// asInt returns an int or bool that fits int64.
func asInt(v value) (int64, bool) {
	switch v.(type) {
	case integer, boolean:
		return toInt64(v), true
	}
	return 0, false
}

// asBig returns any int or bool.
func asBig(v value) (*big.Int, bool) {
	if b, ok := v.(bigInteger); ok {
		return b.Int, true
	}
	if i, ok := asInt(v); ok {
		return big.NewInt(i), true
	}
	return nil, false
}

// asFloat returns any number as a float.
func asFloat(v value) (float64, bool) {
	if f, ok := v.(float); ok {
		return float64(f), true
	}
	if i, ok := asInt(v); ok {
		return float64(i), true
	}
	if b, ok := v.(bigInteger); ok {
		f, _ := new(big.Float).SetInt(b.Int).Float64()
		return f, true
	}
	return 0, false
}

// normal gives a whole number its smallest type.
func normal(b *big.Int) value {
	if b.IsInt64() {
		return integer(b.Int64())
	}
	return bigInteger{b}
}

// whole is normal with the bound on size.
func (s *state) whole(b *big.Int) value {
	if b.BitLen() > bitsMax {
		s.limit("a number is too large")
	}
	return normal(b)
}

// fromFloat is Python's int(float).
func (s *state) fromFloat(f float64) value {
	if math.IsInf(f, 0) || math.IsNaN(f) {
		s.fail("cannot convert float %s to integer", formatFloat(f))
	}
	b, _ := big.NewFloat(math.Trunc(f)).Int(nil)
	return s.whole(b)
}

// number does arithmetic on two numbers; ok is false when one is not a number.
func (s *state) number(op string, a, b value) (v value, ok bool) {
	if v, ok := small(op, a, b); ok {
		return v, true
	}
	x, okX := asBig(a)
	y, okY := asBig(b)
	if okX && okY {
		return s.integers(op, x, y), true
	}
	f, okX := asFloat(a)
	g, okY := asFloat(b)
	if !okX || !okY {
		return nil, false
	}
	return s.floats(op, f, g), true
}

// small is the quick way for the usual numbers.
func small(op string, a, b value) (value, bool) {
	x, okX := a.(integer)
	y, okY := b.(integer)
	const bound = 1 << 31
	if !okX || !okY || x <= -bound || x >= bound || y <= -bound || y >= bound {
		return nil, false
	}
	switch {
	case op == "+":
		return x + y, true
	case op == "-":
		return x - y, true
	case op == "*":
		return x * y, true
	case op == "%" && x >= 0 && y > 0:
		return x % y, true
	case op == "//" && x >= 0 && y > 0:
		return x / y, true
	}
	return nil, false
}

func (s *state) integers(op string, x, y *big.Int) value {
	z := new(big.Int)
	switch op {
	case "+":
		return s.whole(z.Add(x, y))
	case "-":
		return s.whole(z.Sub(x, y))
	case "*":
		return s.whole(z.Mul(x, y))
	case "**":
		return s.power(x, y)
	}
	if y.Sign() == 0 {
		s.fail("division by zero")
	}
	if op == "/" {
		f, _ := new(big.Rat).SetFrac(x, y).Float64()
		if f == 0 && y.Sign() < 0 && x.Sign() == 0 {
			f = math.Copysign(0, -1)
		}
		return float(f)
	}
	quotient, rest := z.DivMod(x, y, new(big.Int))
	if rest.Sign() != 0 && y.Sign() < 0 { // Go rounds so that the rest is positive, Python so that it has y's sign
		quotient.Add(quotient, big.NewInt(-1))
		rest.Add(rest, y)
	}
	if op == "//" {
		return s.whole(quotient)
	}
	return s.whole(rest)
}

func (s *state) power(x, y *big.Int) value {
	if y.Sign() < 0 {
		f, _ := asFloat(normal(x))
		g, _ := asFloat(normal(y))
		return s.floats("**", f, g)
	}
	if x.BitLen() > 1 && (!y.IsInt64() || y.Int64()*int64(x.BitLen()-1) > bitsMax || y.Int64() > bitsMax) {
		s.limit("a number is too large")
	}
	return s.whole(new(big.Int).Exp(x, y, nil))
}

func (s *state) floats(op string, x, y float64) value {
	switch op {
	case "+":
		return float(x + y)
	case "-":
		return float(x - y)
	case "*":
		return float(x * y)
	case "**":
		return s.floatPower(x, y)
	}
	if y == 0 {
		s.fail("float division by zero")
	}
	if op == "/" {
		return float(x / y)
	}
	rest := math.Mod(x, y)
	quotient := (x - rest) / y
	if rest != 0 && (y < 0) != (rest < 0) {
		rest += y
		quotient--
	}
	if rest == 0 {
		rest = math.Copysign(0, y)
	}
	if op == "%" {
		return float(rest)
	}
	return float(math.RoundToEven(quotient))
}

func (s *state) floatPower(x, y float64) value {
	if x == 0 && y < 0 {
		s.fail("0.0 cannot be raised to a negative power")
	}
	z := math.Pow(x, y)
	if math.IsInf(z, 0) && !math.IsInf(x, 0) && !math.IsInf(y, 0) {
		s.fail("a number is out of range")
	}
	if math.IsNaN(z) && !math.IsNaN(x) && !math.IsNaN(y) {
		s.fail("complex numbers are not supported")
	}
	return float(z)
}

// parseInt reads what Python's int(text, base) reads.
func parseInt(text string, base int) (value, bool) {
	t := strings.TrimFunc(text, isSpace)
	if t == "" || strings.HasPrefix(t, "_") || strings.HasSuffix(t, "_") || strings.Contains(t, "__") || len(t) > bitsMax/4 {
		return nil, false
	}
	sign, digits := "", t
	if t[0] == '+' || t[0] == '-' {
		sign, digits = t[:1], t[1:]
	}
	prefix := map[int]string{2: "0b", 8: "0o", 16: "0x"}[base]
	if prefix != "" && len(digits) > 2 && strings.EqualFold(digits[:2], prefix) {
		digits = digits[2:]
	}
	digits = strings.ReplaceAll(digits, "_", "")
	if digits == "" || strings.ContainsAny(digits[:1], "+-") || (base != 0 && (base < 2 || base > 36)) {
		return nil, false
	}
	b, ok := new(big.Int).SetString(sign+digits, base)
	if !ok {
		return nil, false
	}
	return normal(b), true
}

// parseFloat reads what Python's float(text) reads.
func parseFloat(text string) (float64, bool) {
	t := strings.ToLower(strings.TrimFunc(text, isSpace))
	if strings.ContainsAny(t, "xp") || strings.HasPrefix(t, "_") || strings.HasSuffix(t, "_") {
		return 0, false
	}
	f, err := strconv.ParseFloat(strings.ReplaceAll(t, "_", ""), 64)
	if err != nil && !math.IsInf(f, 0) {
		return 0, false
	}
	return f, true
}

// formatFloat is Python's repr(float): the shortest digits that read back, with an exponent below 1e-4 and from 1e16 on.
func formatFloat(f float64) string {
	switch {
	case math.IsNaN(f):
		return "nan"
	case math.IsInf(f, 1):
		return "inf"
	case math.IsInf(f, -1):
		return "-inf"
	}
	if a := math.Abs(f); a != 0 && (a < 1e-4 || a >= 1e16) {
		return strconv.FormatFloat(f, 'e', -1, 64)
	}
	t := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(t, ".") {
		t += ".0"
	}
	return t
}
