// The matrix kernels, once for each set: whoever includes this defines F (16 floats), I (16 int32 or 64 bytes), their
// operations, FN, TARGET, INLINE, UNROLL, TOKENS_MAX, ROWS_MAX, SPAN_5 and SPAN_6, and may define KEEP and AHEAD.

#pragma STDC FP_CONTRACT OFF

// T, the number of tokens, is a constant in every function that says one of these.
#define EACH_TOKEN UNROLL for (int t = 0; t < T; t++)
#define EACH_GROUP UNROLL for (int g = 0; g < (T + 3) / 4; g++)
#define GROUPS_MAX (TOKENS_MAX / 4)

#ifndef KEEP
#define KEEP(to, value) to = (value);
#endif

// One token alone waits for memory: the line at p is asked for so many bytes ahead (0: not at all), also past the end,
// which is never read.
#ifdef AHEAD
#define AHEAD_8 AHEAD
#else
#define AHEAD 0
#define AHEAD_8 2048 // of Q8_0, which waits most
#endif
#define FETCH(p, ahead)                    \
	if (T == 1 && (ahead) > 0) {           \
		__builtin_prefetch((p) + (ahead)); \
	}

// Where word k of token t is; x points to a group of tokens each.
#define WIDTH (T == 1 ? 1 : 4)
#define WORD(t, k) (x[(t) / 4] + (k) * WIDTH + (t) % 4)

// Moves the pointers to each group of tokens. Unless it is hidden that they are a constant apart, compilers keep a
// hundred sums of two of them instead of adding a constant to one.
#define ADVANCE(to, from, words)                \
	EACH_GROUP {                                \
		(to)[g] = (from)[g] + (words) * WIDTH;  \
		__asm__("" : "+r"((to)[g]));            \
	}

INLINE float FN(as_float)(const uint32_t *word) {
	float f;
	__builtin_memcpy(&f, word, sizeof f);
	return f;
}

// Block b of a panel whose blocks go in pairs: two lines of scales, body, body.
INLINE const uint8_t *FN(pair)(const uint8_t *w, int64_t b, int64_t body) { return w + b / 2 * (64 + 2 * body); }

// acc (16 rows) of T tokens over all blocks. w: 16 nibbles of values [0, 16) and [16, 32) a row, less 8.
INLINE void FN(tile_q4_0)(const int T, const uint8_t *w, int64_t blocks, const uint32_t **x, F *acc) {
	EACH_TOKEN acc[t] = FN(f_zero)();
	for (int64_t b = 0; b < blocks; b++) {
		const uint8_t *pair = FN(pair)(w, b, BODY_Q4_0);
		const uint8_t *q = pair + 64 + (b & 1) * BODY_Q4_0;
		I sum[TOKENS_MAX];
		FETCH(pair, AHEAD)
		EACH_TOKEN sum[t] = FN(start)(WORD(t, OFFSET_4_32));
		UNROLL for (int k = 0; k < 4; k++) {
			FETCH(q + 64 * k, AHEAD)
			I both = FN(load)(q + 64 * k);
			I low = FN(and)(both, 0x0f0f0f0f);
			EACH_TOKEN KEEP(sum[t], FN(dot)(sum[t], low, WORD(t, k)))
			I high = FN(and)(FN(right)(both, 4), 0x0f0f0f0f);
			EACH_TOKEN KEEP(sum[t], FN(dot)(sum[t], high, WORD(t, k + 4)))
		}
		F d = FN(f_half)(pair + (b & 1) * 32);
		EACH_TOKEN {
			I whole = FN(finish)(sum[t], WORD(t, OFFSET_4_32));
			acc[t] = FN(f_fma)(FN(f_int)(whole), FN(f_times)(d, FN(as_float)(WORD(t, SCALE_32))), acc[t]);
		}
		ADVANCE(x, x, WORDS_32)
	}
}

// w: 32 bytes a row, less 128.
INLINE void FN(tile_q8_0)(const int T, const uint8_t *w, int64_t blocks, const uint32_t **x, F *acc) {
	EACH_TOKEN acc[t] = FN(f_zero)();
	for (int64_t b = 0; b < blocks; b++) {
		const uint8_t *pair = FN(pair)(w, b, BODY_Q8_0);
		const uint8_t *q = pair + 64 + (b & 1) * BODY_Q8_0;
		I sum[TOKENS_MAX];
		FETCH(pair, AHEAD_8)
		EACH_TOKEN sum[t] = FN(start_8)(WORD(t, OFFSET_8_32));
		UNROLL for (int k = 0; k < 8; k++) {
			FETCH(q + 64 * k, AHEAD_8)
			I bytes = FN(load_8)(q + 64 * k);
			EACH_TOKEN KEEP(sum[t], FN(dot_8)(sum[t], bytes, WORD(t, k)))
		}
		F d = FN(f_half)(pair + (b & 1) * 32);
		EACH_TOKEN acc[t] = FN(f_fma)(FN(f_int)(sum[t]), FN(f_times)(d, FN(as_float)(WORD(t, SCALE_32))), acc[t]);
		ADVANCE(x, x, WORDS_32)
	}
}

// Eight scales and eight minimums of 6 bits from 12 bytes a row: the low four of each in the first 8 bytes, the
// high four in the last 4 bytes and the top bits of the first 8.
typedef struct {
	I scales[2], mins[2]; // four bytes a row each
} FN(k_scales);

INLINE FN(k_scales) FN(unpack_k_scales)(const uint8_t *p) {
	I a = FN(load)(p), b = FN(load)(p + 64), c = FN(load)(p + 128);
	FN(k_scales) s;
	s.scales[0] = FN(and)(a, 0x3f3f3f3f);
	s.mins[0] = FN(and)(b, 0x3f3f3f3f);
	s.scales[1] = FN(or)(FN(and)(c, 0x0f0f0f0f), FN(and)(FN(right)(a, 2), 0x30303030));
	s.mins[1] = FN(or)(FN(and)(FN(right)(c, 4), 0x0f0f0f0f), FN(and)(FN(right)(b, 2), 0x30303030));
	return s;
}

// The minimums' part of a block: the sum over 8 sub-blocks of minimum · sum of the inputs there.
INLINE I FN(k_mins)(const I *mins, const uint32_t *pairs, const int width) {
	I sum = FN(zero)();
	UNROLL for (int p = 0; p < 4; p++) {
		I two = FN(and)(FN(right)(mins[p / 2], p % 2 * 8), 0x00ff00ff);
		sum = FN(dot_16)(sum, two, pairs + p * width);
	}
	return sum;
}

// Sub-block s of a half (32 values, four a word) of Q4_K or, with the fifth bits, of Q5_K. low: 8 words of nibbles,
// shared by sub-blocks s and s^1; fifth: 8 words, bit 4·half + s of each byte.
INLINE void FN(k_sub_block)(const int T, const int five, const int s, const uint8_t *low, const uint8_t *fifth,
	const int half, const uint32_t *const *x, I *sum) {
	static const uint32_t none = 0;
	const int span = five ? SPAN_5 : 8;
	UNROLL for (int begin = 0; begin < 8; begin += span) {
		I part[TOKENS_MAX];
		EACH_TOKEN part[t] = FN(start)(&none);
		UNROLL for (int k = begin; k < begin + span; k++) {
			FETCH(low + 64 * k, s % 2 == 0 ? AHEAD : 0)
			I q = FN(and)(FN(right)(FN(load)(low + 64 * k), s % 2 * 4), 0x0f0f0f0f);
			if (five) {
				FETCH(fifth + 64 * k, s == 0 && half == 0 ? AHEAD : 0)
				I bits = FN(right)(FN(load)(fifth + 64 * k), 4 * half);
				q = FN(or)(q, FN(and)(FN(left)(bits, 4 - s), 0x10101010));
			}
			EACH_TOKEN {
				I next = FN(dot)(part[t], q, WORD(t, s * 8 + k));
				if (five) {
					part[t] = next;
				} else {
					KEEP(part[t], next)
				}
			}
		}
		EACH_TOKEN {
			part[t] = FN(finish)(part[t], &none);
			sum[t] = begin == 0 ? part[t] : FN(add)(sum[t], part[t]);
		}
	}
}

INLINE void FN(tile_q45_k)(const int T, const int five, const uint8_t *w, int64_t blocks, const uint32_t **x, F *acc) {
	EACH_TOKEN acc[t] = FN(f_zero)();
	for (int64_t b = 0; b < blocks; b++, w += five ? BODY_Q5_K : BODY_Q4_K) {
		UNROLL for (int i = 0; i < 4; i++) FETCH(w + 64 * i, AHEAD)
		FN(k_scales) scales = FN(unpack_k_scales)(w + 64);
		const uint8_t *fifth = w + 256, *low = five ? fifth + 8 * 64 : fifth;
		I sum[TOKENS_MAX];
		EACH_TOKEN sum[t] = FN(zero)();
		for (int half = 0; half < 2; half++) {
			const uint32_t *y[GROUPS_MAX];
			ADVANCE(y, x, half * HALF_256)
			UNROLL for (int s = 0; s < 4; s++) {
				I sub[TOKENS_MAX];
				FN(k_sub_block)(T, five, s, low + (half * 2 + s / 2) * 8 * 64, fifth, half, y, sub);
				I scale = FN(and)(FN(right)(scales.scales[half], s * 8), 0xff);
				EACH_TOKEN KEEP(sum[t], FN(add)(sum[t], FN(times)(sub[t], scale)))
			}
		}
		F d = FN(f_half)(w), dmin = FN(f_half)(w + 32);
		EACH_TOKEN {
			float one = FN(as_float)(WORD(t, SCALE_256));
			I mins = FN(k_mins)(scales.mins, WORD(t, PAIRS_256), WIDTH);
			acc[t] = FN(f_fma)(FN(f_int)(sum[t]), FN(f_times)(d, one), acc[t]);
			acc[t] = FN(f_fma)(FN(f_int)(mins), FN(f_times)(dmin, -one), acc[t]);
		}
		ADVANCE(x, x, WORDS_256)
	}
}

INLINE void FN(tile_q4_k)(const int T, const uint8_t *w, int64_t blocks, const uint32_t **x, F *acc) {
	FN(tile_q45_k)(T, 0, w, blocks, x, acc);
}

INLINE void FN(tile_q5_k)(const int T, const uint8_t *w, int64_t blocks, const uint32_t **x, F *acc) {
	FN(tile_q45_k)(T, 1, w, blocks, x, acc);
}

// A half of Q6_K is four parts of 32 values, each of two sub-blocks. After 2 words of scales it has 8 times 3 words: the
// high bits of four values in each part, the nibbles of parts 0 and 2, the nibbles of parts 1 and 3.

// Part p's values of a word.
INLINE I FN(q6_values)(I high, I low, const int p) {
	I bits = p < 2 ? FN(left)(high, 4 - 2 * p) : FN(right)(high, 2 * p - 4);
	return FN(or)(FN(and)(FN(right)(low, p / 2 * 4), 0x0f0f0f0f), FN(and)(bits, 0x30303030));
}

// Sub-block s of a half (16 values) at its 4 words of low and of high bits.
INLINE void FN(q6_sub_block)(const int T, const int s, const uint8_t *low, const uint8_t *high, const uint32_t *const *x,
	I *sum) {
	static const uint32_t none = 0;
	UNROLL for (int begin = 0; begin < 4; begin += SPAN_6) {
		I part[TOKENS_MAX];
		EACH_TOKEN part[t] = FN(start)(begin == 0 ? WORD(t, OFFSETS_256 + s) : &none);
		UNROLL for (int k = begin; k < begin + SPAN_6; k++) {
			I q = FN(q6_values)(FN(load)(high + 3 * 64 * k), FN(load)(low + 3 * 64 * k), s / 2);
			EACH_TOKEN KEEP(part[t], FN(dot)(part[t], q, WORD(t, s * 4 + k)))
		}
		EACH_TOKEN {
			part[t] = FN(finish)(part[t], begin == 0 ? WORD(t, OFFSETS_256 + s) : &none);
			sum[t] = begin == 0 ? part[t] : FN(add)(sum[t], part[t]);
		}
	}
}

// The sum over a half for a single token, which reads each word once, in the order in which memory delivers them.
INLINE I FN(q6_half_alone)(const uint8_t *q, const uint32_t *x, I sum) {
	enum { T = 1 };
	static const uint32_t none = 0;
	FETCH(q, AHEAD)
	FETCH(q + 64, AHEAD)
	UNROLL for (int begin = 0; begin < 8; begin += SPAN_6) {
		const int first = begin / 4; // of the two sub-blocks of each part
		I part[4];
		UNROLL for (int p = 0; p < 4; p++) {
			part[p] = FN(start)(begin % 4 == 0 ? x + OFFSETS_256 + 2 * p + first : &none);
		}
		UNROLL for (int k = begin; k < begin + SPAN_6; k++) {
			const uint8_t *three = q + (2 + 3 * k) * 64;
			UNROLL for (int i = 0; i < 3; i++) FETCH(three + 64 * i, AHEAD)
			I high = FN(load)(three), low[2] = {FN(load)(three + 64), FN(load)(three + 128)};
			UNROLL for (int p = 0; p < 4; p++) {
				part[p] = FN(dot)(part[p], FN(q6_values)(high, low[p % 2], p), x + p * 8 + k);
			}
		}
		UNROLL for (int p = 0; p < 4; p++) {
			part[p] = FN(finish)(part[p], begin % 4 == 0 ? x + OFFSETS_256 + 2 * p + first : &none);
			I scale = FN(signed_byte)(FN(load)(q + p / 2 * 64), p % 2 * 2 + first);
			sum = FN(add)(sum, FN(times)(part[p], scale));
		}
	}
	return sum;
}

INLINE void FN(tile_q6_k)(const int T, const uint8_t *w, int64_t blocks, const uint32_t **x, F *acc) {
	EACH_TOKEN acc[t] = FN(f_zero)();
	for (int64_t b = 0; b < blocks; b++) {
		const uint8_t *pair = FN(pair)(w, b, BODY_Q6_K);
		const uint8_t *q = pair + 64 + (b & 1) * BODY_Q6_K;
		I sum[TOKENS_MAX];
		EACH_TOKEN sum[t] = FN(zero)();
		for (int half = 0; half < 2; half++, q += BODY_Q6_K / 2) {
			const uint32_t *y[GROUPS_MAX];
			ADVANCE(y, x, half * HALF_256)
			if (T == 1) {
				FETCH(pair, AHEAD)
				sum[0] = FN(q6_half_alone)(q, y[0], sum[0]);
				continue;
			}
			UNROLL for (int s = 0; s < 8; s++) {
				const uint8_t *high = q + (2 + s % 2 * 12) * 64, *low = high + (1 + s / 2 % 2) * 64;
				I sub[TOKENS_MAX];
				FN(q6_sub_block)(T, s, low, high, y, sub);
				I scale = FN(signed_byte)(FN(load)(q + s / 4 * 64), s % 4);
				EACH_TOKEN KEEP(sum[t], FN(add)(sum[t], FN(times)(sub[t], scale)))
			}
		}
		F d = FN(f_half)(pair + (b & 1) * 32);
		EACH_TOKEN acc[t] = FN(f_fma)(FN(f_int)(sum[t]), FN(f_times)(d, FN(as_float)(WORD(t, SCALE_256))), acc[t]);
		ADVANCE(x, x, WORDS_256)
	}
}

// tokens of a tile to out, rows of a panel.
INLINE void FN(put_tile)(const int T, const F *acc, int64_t tokens, int64_t rows, float *out, int64_t stride) {
	EACH_TOKEN {
		if (t >= tokens) {
			break;
		}
		if (rows >= PANEL_ROWS) {
			FN(f_put)(out + t * stride, acc[t]);
			continue;
		}
		float all[PANEL_ROWS];
		FN(f_put)(all, acc[t]);
		__builtin_memcpy(out + t * stride, all, (size_t)rows * sizeof *all);
	}
}

// One function a size of tile, so that the registers of each are allotted alone.
#define TILE(format, N)                                                                                             \
	TARGET static __attribute__((noinline)) void FN(format##_by_##N)(const uint8_t *w, int64_t rows, int64_t blocks, \
		const uint32_t *words, int64_t group, int64_t tokens, float *out, int64_t stride) {                        \
		enum { T = N };                                                                                            \
		const uint32_t *x[GROUPS_MAX];                                                                             \
		EACH_GROUP x[g] = words + g * group;                                                                       \
		F acc[TOKENS_MAX];                                                                                         \
		FN(tile_##format)(T, w, blocks, x, acc);                                                                   \
		FN(put_tile)(T, acc, tokens, rows, out, stride);                                                  \
	}

#if TOKENS_MAX == 12
#define TILES(format) TILE(format, 1) TILE(format, 4) TILE(format, 8) TILE(format, 12)
#define BY(format, left) ((left) > 8 ? FN(format##_by_12) : (left) > 4 ? FN(format##_by_8) : FN(format##_by_4))
#else
#define TILES(format) TILE(format, 1) TILE(format, 4)
#define BY(format, left) FN(format##_by_4)
#endif

#define PANELS(format, panel_bytes, words)                                                                    \
	TILES(format)                                                                                              \
	TARGET static void FN(format)(const uint8_t *w, int64_t rows, int64_t blocks, const uint32_t *x, int64_t width, \
		int64_t tokens, float *out, int64_t stride) {                                                         \
		int64_t group = blocks * words * width;                                                                \
		for (int64_t r = 0; r < rows; r += PANEL_ROWS, w += (panel_bytes)) {                                   \
			if (width == 1) {                                                                                  \
				FN(format##_by_1)(w, rows - r, blocks, x, group, 1, out + r, stride);                          \
				continue;                                                                                      \
			}                                                                                                  \
			for (int64_t t = 0; t < tokens; t += TOKENS_MAX) {                                                 \
				BY(format, tokens - t)(w, rows - r, blocks, x + t / 4 * group, group, tokens - t,              \
					out + t * stride + r, stride);                                                             \
			}                                                                                                  \
		}                                                                                                      \
	}

#define PAIRS(body) (blocks * (body) + (blocks + 1) / 2 * 64)

PANELS(q4_0, PAIRS(BODY_Q4_0), WORDS_32)
PANELS(q8_0, PAIRS(BODY_Q8_0), WORDS_32)
PANELS(q6_k, PAIRS(BODY_Q6_K), WORDS_256)
PANELS(q4_k, blocks * BODY_Q4_K, WORDS_256)
PANELS(q5_k, blocks * BODY_Q5_K, WORDS_256)

// The 16 running sums of R rows and T tokens; w_bytes a row of weights, each element of size bytes.
#define DENSE(type, element, load)                                                                               \
	INLINE void FN(tile_##type)(const int R, const int T, const element *w, int64_t cols, const float *x, float *out, \
		int64_t stride) {                                                                                        \
		F sum[ROWS_MAX * 4];                                                                                      \
		UNROLL for (int i = 0; i < R * T; i++) sum[i] = FN(f_zero)();                                             \
		int64_t whole = cols / PANEL_ROWS * PANEL_ROWS;                                                           \
		for (int64_t k = 0; k < whole; k += PANEL_ROWS) {                                                         \
			F a[4];                                                                                               \
			EACH_TOKEN a[t] = FN(f_load)(x + t * cols + k);                                                       \
			UNROLL for (int r = 0; r < R; r++) {                                                                  \
				F b = load(w + r * cols + k);                                                                     \
				EACH_TOKEN sum[r * T + t] = FN(f_fma)(b, a[t], sum[r * T + t]);                                   \
			}                                                                                                     \
		}                                                                                                         \
		for (int i = 0; whole < cols && i < R * T; i++) {                                                         \
			element weights[PANEL_ROWS] = {0};                                                                    \
			float inputs[PANEL_ROWS] = {0};                                                                       \
			__builtin_memcpy(weights, w + i / T * cols + whole, (size_t)(cols - whole) * sizeof *weights);        \
			__builtin_memcpy(inputs, x + i % T * cols + whole, (size_t)(cols - whole) * sizeof *inputs);          \
			sum[i] = FN(f_fma)(load(weights), FN(f_load)(inputs), sum[i]);                                        \
		}                                                                                                         \
		UNROLL for (int i = 0; i < R * T; i++) out[i % T * stride + i / T] = FN(tree)(sum[i]);                    \
	}                                                                                                             \
	TARGET static void FN(type)(const void *weights, int64_t rows, int64_t cols, const float *x, int64_t tokens,   \
		float *out, int64_t stride) {                                                                            \
		int64_t whole = rows / ROWS_MAX * ROWS_MAX, together = tokens / 4 * 4;                                    \
		for (int64_t r = 0; r < rows; r++) {                                                                      \
			const element *w = (const element *)weights + r * cols;                                               \
			for (int64_t t = 0; t < together && r < whole && r % ROWS_MAX == 0; t += 4) {                         \
				FN(tile_##type)(ROWS_MAX, 4, w, cols, x + t * cols, out + t * stride + r, stride);                \
			}                                                                                                     \
			for (int64_t t = r < whole ? together : 0; t < tokens; t++) {                                         \
				FN(tile_##type)(1, 1, w, cols, x + t * cols, out + t * stride + r, stride);                       \
			}                                                                                                     \
		}                                                                                                         \
	}

INLINE float FN(tree)(F a) {
	float s[PANEL_ROWS];
	FN(f_put)(s, a);
	for (int half = PANEL_ROWS / 2; half > 0; half /= 2) {
		for (int i = 0; i < half; i++) {
			s[i] += s[i + half];
		}
	}
	return s[0];
}

DENSE(f32, float, FN(f_load))
DENSE(f16, uint16_t, FN(f_load_half))
DENSE(bf16, uint16_t, FN(f_load_bfloat))

// Makes n values int8 and returns their scale.
INLINE float FN(quantize)(const int n, const float *x, int8_t *q) {
	uint32_t peak_bits = 0; // magnitudes compare as integers, and a NaN is above all
	for (int i = 0; i < n; i++) {
		uint32_t bits;
		__builtin_memcpy(&bits, x + i, sizeof bits);
		bits &= 0x7fffffff;
		peak_bits = bits > peak_bits ? bits : peak_bits;
	}
	float peak = FN(as_float)(&peak_bits);
	float scale = peak / 127.0f, inverse = 127.0f / peak;
	if (peak < 0x1p-100f) {
		scale = inverse = 0;
	} else if (peak_bits >= 0x7f800000) {
		scale = __builtin_nanf("");
	}
	for (int i = 0; i < n; i++) {
		float shifted = x[i] * inverse + 0x1.8p23f; // rounds to an integer, in the lowest bits
		int32_t bits;
		__builtin_memcpy(&bits, &shifted, sizeof bits);
		q[i] = (int8_t)bits;
	}
	return scale;
}

INLINE void FN(sums_of_16)(const int n, const int8_t *q, int32_t *sums) {
	for (int s = 0; s < n / 16; s++) {
		int32_t sum = 0;
		for (int i = 0; i < 16; i++) {
			sum += q[s * 16 + i];
		}
		sums[s] = sum;
	}
}

INLINE void FN(put_words)(const void *from, int64_t count, uint32_t *words, int64_t width) {
	for (int64_t k = 0; k < count; k++) {
		__builtin_memcpy(words + k * width, (const uint32_t *)from + k, sizeof *words);
	}
}

INLINE void FN(quantize_block_32)(const float *x, uint32_t *words, int64_t width) {
	int8_t q[32] __attribute__((aligned(64)));
	int32_t sums[2];
	float scale = FN(quantize)(32, x, q);
	FN(sums_of_16)(32, q, sums);
	int32_t sum = sums[0] + sums[1];
	int32_t offsets[2] = {-8 * sum, -128 * sum};
	FN(put_words)(q, 8, words, width);
	FN(put_words)(&scale, 1, words + SCALE_32 * width, width);
	FN(put_words)(offsets, 2, words + OFFSET_4_32 * width, width);
}

INLINE void FN(quantize_block_256)(const float *x, uint32_t *words, int64_t width) {
	int8_t q[256] __attribute__((aligned(64)));
	int32_t sums[16];
	int16_t pairs[8];
	float scale = FN(quantize)(256, x, q);
	FN(sums_of_16)(256, q, sums);
	for (int s = 0; s < 8; s++) {
		int at = s / 4 * 4 + s % 2 * 2 + s % 4 / 2; // 0 2 1 3, 4 6 5 7: its own inverse
		pairs[at] = (int16_t)(sums[2 * s] + sums[2 * s + 1]);
	}
	for (int s = 0; s < 16; s++) {
		sums[s] *= -32;
	}
	for (int half = 0; half < 2; half++, words += HALF_256 * width) {
		FN(put_words)(q + 128 * half, 32, words, width);
		FN(put_words)(sums + 8 * half, 8, words + OFFSETS_256 * width, width);
	}
	words -= 2 * HALF_256 * width;
	FN(put_words)(&scale, 1, words + SCALE_256 * width, width);
	FN(put_words)(pairs, 4, words + PAIRS_256 * width, width);
}

#define QUANTIZE(size)                                                                                                    \
	TARGET static void FN(quantize_##size)(const float *x, int64_t cols, int64_t width, int64_t tokens, uint32_t *words) { \
		int64_t blocks = cols / size;                                                                                     \
		for (int64_t t = 0; t < width; t++) {                                                                             \
			static const float none[size];                                                                                \
			for (int64_t b = 0; b < blocks; b++) {                                                                        \
				FN(quantize_block_##size)(t < tokens ? x + t * cols + b * size : none,                                    \
					words + b * WORDS_##size * width + t, width);                                                         \
			}                                                                                                             \
		}                                                                                                                 \
	}

QUANTIZE(32)
QUANTIZE(256)

#define MATRIX_KERNELS                                                                         \
	{                                                                                          \
		FN(q4_0), FN(q8_0), FN(q4_k), FN(q5_k), FN(q6_k), FN(f32), FN(f16), FN(bf16), FN(quantize_32), \
			FN(quantize_256)                                                                   \
	}
