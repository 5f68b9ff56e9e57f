package grammar

import (
	"fmt"
	"unicode/utf8"
)

// text is the rule of a string.
func (c *compiler) text(s *shape) (int32, error) {
	pattern := s.pattern
	if s.format != "" {
		if pattern != "" {
			return 0, s.at.fail("has a pattern and a format, which is not supported")
		}
		pattern = formats[s.format]
	}
	if pattern == "" {
		return c.anyText(s.characters), nil
	}
	name := fmt.Sprintf("text %d %d %s", s.characters.least, s.characters.most, pattern)
	return c.once(name, func(first, end int32) error {
		g, err := match(pattern, &c.work)
		if err == nil {
			g, err = g.ofLength(s.characters)
		}
		if err != nil {
			return s.at.fail("has the pattern %q: %v", pattern, err)
		}
		return c.graph(first, end, g)
	}), nil
}

// anyText is the rule of a string of any characters.
func (c *compiler) anyText(n bounds) int32 {
	return c.once(fmt.Sprintf("text %d %d", n.least, n.most), func(first, end int32) error {
		if n.least > n.most {
			return nil // no string is both long and short
		}
		inside, character, closing := c.state(), c.state(), c.state()
		c.on(first, '"', '"', inside)
		c.jumpWithin(inside, closing, bounds{n.least, unbounded})
		c.on(closing, '"', '"', end)
		c.jumpCounting(inside, character, n)
		c.states[character].text = &n
		c.on(character, ' ', '"'-1, inside)
		c.on(character, '"'+1, '\\'-1, inside)
		c.on(character, '\\'+1, 0x7f, inside)
		c.runes(character, 0x80, utf8.MaxRune, inside)
		c.escapes(character, inside)
		return nil
	})
}

// escapes builds the ways to write a character with a backslash. Halves of characters outside the basic plane come in pairs.
func (c *compiler) escapes(from, to int32) {
	escape, code, pair, surrogate := c.state(), c.state(), c.state(), c.state()
	c.on(from, '\\', '\\', escape)
	c.onAny(escape, `"\/bfnrt`, to)
	c.on(escape, 'u', 'u', code)
	rest := c.hexDigits(to)
	c.on(code, '0', '9', rest[2])
	c.onAny(code, "abcefABCEF", rest[2])
	c.onAny(code, "dD", surrogate)
	c.on(surrogate, '0', '7', rest[1])
	back := c.hexDigits(pair)
	c.onAny(surrogate, "89abAB", back[1])
	second, low, half := c.state(), c.state(), c.state()
	c.on(pair, '\\', '\\', second)
	c.on(second, 'u', 'u', low)
	c.onAny(low, "dD", half)
	c.onAny(half, "cdefCDEF", rest[1])
}

// hexDigits returns the states from which one, two and three digits more lead to a state.
func (c *compiler) hexDigits(to int32) (states [3]int32) {
	for i := range states {
		states[i] = c.state()
		c.on(states[i], '0', '9', to)
		c.on(states[i], 'a', 'f', to)
		c.on(states[i], 'A', 'F', to)
		to = states[i]
	}
	return states
}

// runes builds the ways of the characters [low, high] in UTF-8.
func (c *compiler) runes(from int32, low, high rune, to int32) {
	for _, s := range sequences(low, high) {
		at := from
		for _, b := range s[:len(s)-1] {
			at = c.follow(at, b)
		}
		last := s[len(s)-1]
		c.on(at, last.low, last.high, to)
	}
}

// follow is the state after one of the first bytes of a character; sequences that begin alike share it.
func (c *compiler) follow(from int32, b span) int32 {
	spans := c.states[from].spans
	if n := len(spans); n > 0 && spans[n-1].low == b.low && spans[n-1].high == b.high {
		return spans[n-1].to
	}
	next := c.state()
	c.on(from, b.low, b.high, next)
	return next
}

// sequences cuts the characters [low, high] into ranges that are a range at each byte of UTF-8. Surrogates are left out.
func sequences(low, high rune) (all [][]span) {
	for _, part := range [][2]rune{{0, 0x7f}, {0x80, 0x7ff}, {0x800, 0xd7ff}, {0xe000, 0xffff}, {0x10000, utf8.MaxRune}} {
		all = appendSequences(all, max(low, part[0]), min(high, part[1]))
	}
	return all
}

// appendSequences cuts a range of characters of one length.
func appendSequences(all [][]span, low, high rune) [][]span {
	if low > high {
		return all
	}
	for bits := 6; bits <= 18; bits += 6 {
		// Below a boundary of bits the last bytes must be all or nothing, unless the bytes before are the same.
		mask := rune(1)<<bits - 1
		if low&^mask == high&^mask || utf8.RuneLen(high)*6 <= bits {
			break
		}
		if low&mask != 0 {
			all = appendSequences(all, low, low|mask)
			return appendSequences(all, low|mask+1, high)
		}
		if high&mask != mask {
			all = appendSequences(all, low, high&^mask-1)
			return appendSequences(all, high&^mask, high)
		}
	}
	first, last := utf8.AppendRune(nil, low), utf8.AppendRune(nil, high)
	s := make([]span, len(first))
	for i := range s {
		s[i] = span{low: first[i], high: last[i]}
	}
	return append(all, s)
}
