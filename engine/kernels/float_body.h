// The float kernels, once for each set: whoever includes this defines V (16 floats), its operations, FN, TARGET, INLINE.

// Lanes [0, count) of sixteen floats, the others 0.
INLINE V FN(load_some)(const float *p, int64_t count) {
	if (count >= LANES) {
		return FN(load)(p);
	}
	float padded[LANES] = {0};
	for (int64_t i = 0; i < count; i++) {
		padded[i] = p[i];
	}
	return FN(load)(padded);
}

INLINE void FN(put_some)(float *p, V a, int64_t count) {
	if (count >= LANES) {
		FN(put)(p, a);
		return;
	}
	float padded[LANES];
	FN(put)(padded, a);
	for (int64_t i = 0; i < count; i++) {
		p[i] = padded[i];
	}
}

// e^x: x = n·ln 2 + r with |r| <= ln 2 / 2, and e^r by the Taylor polynomial of degree 7 (its error, 5e-9, is below
// half a unit in the last place). 0 below -87 rather than a subnormal; the power of 2 stays finite up to 88.
INLINE V FN(exp_lanes)(V x) {
	V y = FN(greater)(FN(lesser)(x, FN(all)(88.0f)), FN(all)(-87.0f));
	// Adding 1.5·2^23 rounds to an integer; 127 more leaves n's exponent bits lowest.
	V magic = FN(all)(0x1.8p23f + 127.0f);
	V t = FN(fma)(y, FN(all)(0x1.715476p+0f), magic);
	V n = FN(minus)(t, magic);
	V r = FN(fma)(n, FN(all)(-0x1.62e4p-1f), y); // ln 2 in two parts; n times the first is exact
	r = FN(fma)(n, FN(all)(-0x1.7f7d1cp-20f), r);
	V p = FN(all)(1.0f / 5040);
	p = FN(fma)(p, r, FN(all)(1.0f / 720));
	p = FN(fma)(p, r, FN(all)(1.0f / 120));
	p = FN(fma)(p, r, FN(all)(1.0f / 24));
	p = FN(fma)(p, r, FN(all)(1.0f / 6));
	p = FN(fma)(p, r, FN(all)(0.5f));
	p = FN(fma)(p, r, FN(all)(1.0f));
	p = FN(fma)(p, r, FN(all)(1.0f));
	return FN(zero_below)(x, -87.0f, FN(times)(p, FN(shift23)(t)));
}

TARGET static void FN(exp)(int64_t n, const float *x, float *out) {
	for (int64_t i = 0; i < n; i += LANES) {
		FN(put_some)(out + i, FN(exp_lanes)(FN(load_some)(x + i, n - i)), n - i);
	}
}

TARGET static void FN(add)(int64_t n, float *x, const float *y) {
	for (int64_t i = 0; i < n; i += LANES) {
		FN(put_some)(x + i, FN(plus)(FN(load_some)(x + i, n - i), FN(load_some)(y + i, n - i)), n - i);
	}
}

TARGET static void FN(silu_mul)(int64_t n, float *gate, const float *up) {
	V one = FN(all)(1.0f), zero = FN(all)(0.0f);
	for (int64_t i = 0; i < n; i += LANES) {
		V g = FN(load_some)(gate + i, n - i);
		V s = FN(over)(g, FN(plus)(one, FN(exp_lanes)(FN(minus)(zero, g))));
		FN(put_some)(gate + i, FN(times)(s, FN(load_some)(up + i, n - i)), n - i);
	}
}

// out (cols) = x (cols) / sqrt(mean(x²) + eps) · w (cols), where x is the sum of squares' row already. out may be x.
INLINE void FN(norm_row)(int64_t cols, const float *x, V squares, const float *w, float eps, float *out) {
	float mean = FN(sum)(squares) / (float)cols;
	V scale = FN(all)(1.0f / __builtin_sqrtf(mean + eps));
	for (int64_t i = 0; i < cols; i += LANES) {
		V a = FN(times)(FN(load_some)(x + i, cols - i), scale);
		FN(put_some)(out + i, FN(times)(a, FN(load_some)(w + i, cols - i)), cols - i);
	}
}

TARGET static void FN(add_norm)(int64_t n, int64_t cols, float *x, const float *y, const float *w, float eps, float *out) {
	for (int64_t row = 0; row < n; row++) {
		V squares = FN(all)(0.0f);
		for (int64_t i = 0; i < cols; i += LANES) {
			V a = FN(load_some)(x + i, cols - i);
			if (y) {
				a = FN(plus)(a, FN(load_some)(y + i, cols - i));
				FN(put_some)(x + i, a, cols - i);
			}
			squares = FN(fma)(a, a, squares);
		}
		FN(norm_row)(cols, x, squares, w, eps, out);
		x += cols;
		out += cols;
		y = y ? y + cols : 0;
	}
}

// Turns the pairs of one head by its position's angles: (a, b) becomes (a·cos - b·sin, b·cos + a·sin).
TARGET static void FN(rotate)(const head_plan *plan, const float *cos, const float *sin, float *x) {
	int pairs = plan->rotated / 2;
	int step = plan->interleaved ? 2 : 1, apart = plan->interleaved ? 1 : pairs;
	for (int i = 0; i < pairs; i++) {
		float *a = x + i * step, *b = a + apart;
		float turned = __builtin_fmaf(*a, cos[i], -(*b * sin[i]));
		*b = __builtin_fmaf(*b, cos[i], *a * sin[i]);
		*a = turned;
	}
}

TARGET static void FN(prepare_heads)(int64_t n, int heads, int dim, const head_plan *plan, float *x) {
	int pairs = plan->rotated / 2;
	V scale = FN(all)(plan->scale);
	for (int64_t row = 0; row < n; row++) {
		if (plan->bias) {
			FN(add)((int64_t)heads * dim, x, plan->bias);
		}
		for (int h = 0; h < heads; h++, x += dim) {
			if (plan->norm) {
				FN(add_norm)(1, dim, x, 0, plan->norm, plan->eps, x);
			}
			FN(rotate)(plan, plan->cos + row * pairs, plan->sin + row * pairs, x);
			for (int i = 0; plan->scale != 1 && i < dim; i += LANES) {
				FN(put_some)(x + i, FN(times)(FN(load_some)(x + i, dim - i), scale), dim - i);
			}
		}
	}
}

// Halves end at ±65504, so a value that is too large stays a number.
INLINE void FN(put_clamped)(uint16_t *p, V a) {
	FN(put_half)(p, FN(greater)(FN(lesser)(a, FN(all)(65504.0f)), FN(all)(-65504.0f)));
}

TARGET static void FN(store)(int dim, int half, const float *k, const float *v, void *keys, void *values, int lane) {
	int64_t width = (dim + LANES - 1) / LANES * LANES;
	if (!half) {
		float *to = (float *)values + lane * width;
		for (int i = 0; i < width; i += LANES) {
			FN(put)(to + i, FN(load_some)(v + i, dim - i));
		}
		for (int i = 0; i < dim; i++) {
			((float *)keys)[i * TILE + lane] = k[i];
		}
		return;
	}
	uint16_t *to = (uint16_t *)values + lane * width, rounded[LANES];
	for (int i = 0; i < dim; i += LANES) {
		FN(put_clamped)(to + i, FN(load_some)(v + i, dim - i));
		FN(put_clamped)(rounded, FN(load_some)(k + i, dim - i));
		for (int j = 0; j < LANES && i + j < dim; j++) {
			((uint16_t *)keys)[(i + j) * TILE + lane] = rounded[j];
		}
	}
}

#define FLOAT_KERNELS                                                                                            \
	{                                                                                                            \
		.add_norm = FN(add_norm), .add = FN(add), .silu_mul = FN(silu_mul), .exp = FN(exp),                      \
		.prepare_heads = FN(prepare_heads), .store = FN(store), .attend = FN(attend)                             \
	}
