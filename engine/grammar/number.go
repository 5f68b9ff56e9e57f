package grammar

import (
	"fmt"
	"math/big"
	"strings"
)

// Numbers are written with so many digits at most: all programs read them alike, and a model that has begun
// 0.333 comes to an end.
const (
	wholeDigits    = 15
	fractionDigits = 15
)

// number is the rule of a number, or of an integer.
func (c *compiler) number(low, high limit, whole bool) int32 {
	name := fmt.Sprintf("number %v %v %v", low, high, whole)
	return c.once(name, func(first, end int32) error {
		if low.at == nil && high.at == nil {
			c.anyNumber(first, end, whole)
			return nil
		}
		minus, zero := c.state(), limit{at: new(big.Rat)}
		c.magnitude(first, end, higher(low, zero), high, whole)
		c.on(first, '-', '-', minus)
		zero.open = true
		c.magnitude(minus, end, higher(high.negative(), zero), low.negative(), whole)
		return nil
	})
}

func (l limit) String() string {
	if l.at == nil {
		return "none"
	}
	return fmt.Sprint(l.at.RatString(), l.open)
}

func (l limit) negative() limit {
	if l.at != nil {
		l.at = new(big.Rat).Neg(l.at)
	}
	return l
}

// anyNumber builds the grammar of JSON's numbers.
func (c *compiler) anyNumber(from, to int32, whole bool) {
	minus := c.state()
	c.on(from, '-', '-', minus)
	ends := make([]int32, wholeDigits) // after so many digits less one
	for i := range ends {
		ends[i] = c.state()
		c.jump(ends[i], to)
		if i > 0 {
			c.on(ends[i-1], '0', '9', ends[i])
		}
	}
	zero := c.state()
	c.jump(zero, to)
	c.on(from, '0', '0', zero)
	for _, s := range []int32{from, minus} {
		c.on(s, '1', '9', ends[0])
	}
	if whole {
		return
	}
	c.on(minus, '0', '0', zero)
	point, power := c.state(), c.state()
	for _, s := range append(ends, zero) {
		c.on(s, '.', '.', point)
		c.onAny(s, "eE", power)
	}
	for range fractionDigits {
		digit := c.state()
		c.on(point, '0', '9', digit)
		c.jump(digit, to)
		c.onAny(digit, "eE", power)
		point = digit
	}
	signed, one, two := c.state(), c.state(), c.state()
	c.onAny(power, "+-", signed)
	c.jump(power, signed)
	c.on(signed, '0', '9', one)
	c.on(one, '0', '9', two)
	c.jump(one, to)
	c.jump(two, to)
}

// magnitude builds the numbers from low, which is given and not negative, to high, without a sign.
func (c *compiler) magnitude(from, to int32, low, high limit, whole bool) {
	if high.at != nil && (high.at.Cmp(low.at) < 0 || high.at.Cmp(low.at) == 0 && (low.open || high.open)) {
		return
	}
	d := &digits{compiler: c, to: to, low: decimal(low), whole: whole, made: map[digitPlace]int32{}}
	most := max(wholeDigits, len(d.low.whole))
	d.high = ends{whole: strings.Repeat("9", most), open: true, beyond: true}
	if high.at != nil {
		d.high = decimal(high)
		most = len(d.high.whole)
	}
	d.fraction = max(fractionDigits, len(d.low.fraction), len(d.high.fraction)) + 1
	for n := len(d.low.whole); n <= most; n++ {
		d.length = n
		if s, ok := d.state(0, n == len(d.low.whole), n == most); ok {
			c.jump(from, s)
		}
	}
}

// ends is a limit in decimal digits. beyond: nothing lies above it.
type ends struct {
	whole, fraction string
	open, beyond    bool
}

func decimal(l limit) ends {
	// Bounds come from decimals of few digits, so this is exact.
	whole, fraction, _ := strings.Cut(l.at.FloatString(2*digitsMax), ".")
	return ends{whole: whole, fraction: strings.TrimRight(fraction, "0"), open: l.open}
}

// digits builds numbers of one length after the other, digit by digit. A number follows low or high as long as all its
// digits so far are theirs.
type digits struct {
	*compiler
	to        int32
	low, high ends
	whole     bool
	length    int // of the whole part
	fraction  int // digits at most
	made      map[digitPlace]int32
}

type digitPlace struct {
	length, at int
	low, high  bool
}

// state is the place before digit at; ok is false when no number goes on from there.
func (d *digits) state(at int, low, high bool) (int32, bool) {
	key := digitPlace{d.length, at, low, high}
	if s, ok := d.made[key]; ok {
		return s, s >= 0
	}
	s := d.compiler.state()
	d.made[key] = -1
	ok := d.mayEnd(at, low, high)
	if ok {
		d.jump(s, d.to)
	}
	from, point := s, at == d.length
	if point && !d.whole {
		from = d.compiler.state()
	}
	further := false
	for digit := byte('0'); digit <= '9' && d.mayGoOn(at); digit++ {
		if at == 0 && digit == '0' && d.length > 1 {
			continue
		}
		l, h := d.digit(d.low, at), d.digit(d.high, at)
		if low && digit < l || high && digit > h {
			continue
		}
		if next, fits := d.state(at+1, low && digit == l, high && digit == h); fits {
			d.on(from, digit, digit, next)
			further = true
		}
	}
	if point && further {
		d.on(s, '.', '.', from)
	}
	if ok || further {
		d.made[key] = s
	}
	return s, ok || further
}

func (d *digits) mayGoOn(at int) bool {
	return at < d.length || !d.whole && at < d.length+d.fraction
}

// digit is a limit's digit. Only a number as long as the limit follows it.
func (d *digits) digit(e ends, at int) byte {
	switch {
	case at < d.length && at < len(e.whole):
		return e.whole[at]
	case at < d.length:
		return '0'
	case e.beyond:
		return '9'
	case at-d.length < len(e.fraction):
		return e.fraction[at-d.length]
	}
	return '0'
}

// mayEnd says whether the digits so far are a number between the limits.
func (d *digits) mayEnd(at int, low, high bool) bool {
	if at < d.length {
		return false
	}
	left := func(e ends) bool { return at-d.length < len(e.fraction) } // digits that are not zero
	if low && (left(d.low) || d.low.open) {
		return false
	}
	return !high || d.high.beyond || left(d.high) || !d.high.open
}
