// The kernel of read.h over a type V of one cache line, which each set defines together with FN(load), FN(plus) and
// FN(sum).

// Four running sums, so that the loads and not the additions set the pace.
TARGET uint64_t FN(read)(const uint8_t *p, int64_t n) {
	V a = {0}, b = {0}, c = {0}, d = {0};
	int64_t i = 0;
	for (; i + 4 * LINE <= n; i += 4 * LINE) {
		a = FN(plus)(a, FN(load)(p + i));
		b = FN(plus)(b, FN(load)(p + i + LINE));
		c = FN(plus)(c, FN(load)(p + i + 2 * LINE));
		d = FN(plus)(d, FN(load)(p + i + 3 * LINE));
	}
	for (; i < n; i += LINE) {
		a = FN(plus)(a, FN(load)(p + i));
	}
	return FN(sum)(FN(plus)(FN(plus)(a, b), FN(plus)(c, d)));
}
