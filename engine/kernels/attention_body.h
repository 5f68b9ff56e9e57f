// Attention, once for each set (see float_body.h for what the includer defines).
//
// Rows are queries: the heads of a group for one token, then those of the next. A few rows walk the tiles of positions
// together, counted from position 0, with the online softmax of Milakov and Gimelshein (arXiv 1805.02867). A score is
// one running sum in ascending dimension, a result one running sum in ascending position. No row looks at another and
// a tile that a row does not see leaves it as it was, so a token alone and a token in a prompt get the same bits.

typedef struct {
	float q[ROWS_MAX][DIM_MAX];   // scaled queries
	float out[ROWS_MAX][DIM_MAX]; // running sums of probability · value
	float p[ROWS_MAX][TILE];      // scores, then probabilities, of one tile
	float top[LANES];             // running maximum of the scores
	float total[ROWS_MAX];        // running sum of the probabilities
	float fade[LANES];            // what the sums so far are worth under the new maximum
	int32_t seen[ROWS_MAX];       // positions that a row sees
} FN(block);

// c (rows, tiles·16) = c · fade (rows) + a (rows, n) @ b (n, tiles·16); from 0 where fade is 0.
// Distances between rows are lda, ldb, ldc elements.
INLINE void FN(multiply)(const int rows, const int tiles, const int half, int n, const float *a, const int lda, const char *b,
	const int64_t ldb, const float *fade, float *c, const int ldc) {
	V sum[ROWS_MAX][4];
#pragma GCC unroll 12
	for (int r = 0; r < rows; r++) {
#pragma GCC unroll 4
		for (int t = 0; t < tiles; t++) {
			sum[r][t] = fade ? FN(times)(FN(load)(c + r * ldc + t * LANES), FN(all)(fade[r])) : FN(all)(0.0f);
		}
	}
	for (int k = 0; k < n; k++) {
		V line[4];
#pragma GCC unroll 4
		for (int t = 0; t < tiles; t++) {
			int64_t i = k * ldb + t * LANES;
			line[t] = half ? FN(load_half)((const uint16_t *)b + i) : FN(load)((const float *)b + i);
		}
#pragma GCC unroll 12
		for (int r = 0; r < rows; r++) {
			V x = FN(all)(a[r * lda + k]);
#pragma GCC unroll 4
			for (int t = 0; t < tiles; t++) {
				sum[r][t] = FN(fma)(x, line[t], sum[r][t]);
			}
		}
	}
#pragma GCC unroll 12
	for (int r = 0; r < rows; r++) {
#pragma GCC unroll 4
		for (int t = 0; t < tiles; t++) {
			FN(put)(c + r * ldc + t * LANES, sum[r][t]);
		}
	}
}

// scores: p (rows, count) = q (rows, dim) @ keys (dim, TILE), for count positions rounded up to whole lanes.
INLINE void FN(score)(const int rows, const int half, FN(block) *w, int dim, const char *keys, int count) {
	const int tiles = TILES_OF(rows), size = half ? 2 : 4;
	int i = 0;
	for (; i + (tiles - 1) * LANES < count; i += tiles * LANES) {
		FN(multiply)(rows, tiles, half, dim, w->q[0], DIM_MAX, keys + i * size, TILE, 0, &w->p[0][i], TILE);
	}
	for (; i < count; i += LANES) {
		FN(multiply)(rows, 1, half, dim, w->q[0], DIM_MAX, keys + i * size, TILE, 0, &w->p[0][i], TILE);
	}
}

// out (rows, dim) = out · fade + p (rows, count) @ values (count, width)
INLINE void FN(mix)(const int rows, const int half, FN(block) *w, int width, const char *values, int count) {
	const int tiles = TILES_OF(rows), size = half ? 2 : 4;
	int i = 0;
	for (; i + (tiles - 1) * LANES < width; i += tiles * LANES) {
		FN(multiply)(rows, tiles, half, count, w->p[0], TILE, values + i * size, width, w->fade, &w->out[0][i], DIM_MAX);
	}
	for (; i < width; i += LANES) {
		FN(multiply)(rows, 1, half, count, w->p[0], TILE, values + i * size, width, w->fade, &w->out[0][i], DIM_MAX);
	}
}

// Turns the scores of the positions [first, first + count) into probabilities under the maximum so far.
INLINE void FN(soften)(const int rows, FN(block) *w, int64_t first, int count) {
	// Lanes that are not seen take the lesser of their score and -infinity.
	static const float open[2 * LANES] = {
#define FOUR(x) x, x, x, x
		FOUR(__builtin_inff()), FOUR(__builtin_inff()), FOUR(__builtin_inff()), FOUR(__builtin_inff()),
		FOUR(-__builtin_inff()), FOUR(-__builtin_inff()), FOUR(-__builtin_inff()), FOUR(-__builtin_inff()),
#undef FOUR
	};
	float before[LANES];
	FN(put)(before, FN(load)(w->top));
	for (int r = 0; r < rows; r++) {
		V top = FN(all)(w->top[r]);
		for (int i = 0; i < count; i += LANES) {
			int64_t hidden = first + i + LANES - w->seen[r];
			hidden = hidden < 0 ? 0 : hidden > LANES ? LANES : hidden;
			V s = FN(lesser)(FN(load)(&w->p[r][i]), FN(load)(open + hidden));
			FN(put)(&w->p[r][i], s);
			top = FN(greater)(top, s);
		}
		w->top[r] = FN(peak)(top);
	}
	FN(put)(w->fade, FN(exp_lanes)(FN(minus)(FN(load)(before), FN(load)(w->top))));
	for (int r = 0; r < rows; r++) {
		V top = FN(all)(w->top[r]), sum = FN(all)(0.0f);
		for (int i = 0; i < count; i += LANES) {
			V p = FN(exp_lanes)(FN(minus)(FN(load)(&w->p[r][i]), top));
			FN(put)(&w->p[r][i], p);
			sum = FN(plus)(sum, p);
		}
		w->total[r] = w->total[r] * w->fade[r] + FN(sum)(sum);
	}
}

// All tiles for a block of rows; the longest row sees `seen` positions.
INLINE void FN(walk)(const int rows, const int half, FN(block) *w, int dim, int width, int64_t seen, const cache_plan *cache) {
	for (int64_t first = 0; first < seen; first += TILE) {
		const char *tile = cache->tiles[first / TILE];
		int count = seen - first < TILE ? (int)(seen - first) : TILE;
		FN(score)(rows, half, w, dim, tile + cache->keys, count);
		FN(soften)(rows, w, first, count);
		FN(mix)(rows, half, w, width, tile + cache->values, count);
	}
}

#define WALK(rows, half) \
	TARGET static void FN(walk_##rows##_##half)(FN(block) *w, int dim, int width, int64_t seen, const cache_plan *cache) { \
		FN(walk)(rows, half, w, dim, width, seen, cache); \
	}
#define WALKS(rows) WALK(rows, 0) WALK(rows, 1)
WALKS(1)
WALKS(2)
WALKS(4)
#if ROWS_MAX >= 6
WALKS(6)
#endif
#if ROWS_MAX >= 12
WALKS(8)
WALKS(12)
#endif

// How many rows walk together when so many are left: one of the sizes above, the rest of it empty.
TARGET static int FN(rows_for)(int64_t left) {
	static const int sizes[] = {1, 2, 4, 6, 8, 12};
	int i = 0;
	while (sizes[i] < left && sizes[i] < ROWS_MAX) {
		i++;
	}
	return sizes[i];
}

TARGET static void FN(walk_rows)(int rows, int half, FN(block) *w, int dim, int width, int64_t seen, const cache_plan *cache) {
#define CASE(rows) \
	case rows: \
		(half ? FN(walk_##rows##_1) : FN(walk_##rows##_0))(w, dim, width, seen, cache); \
		break;
	switch (rows) {
		CASE(1)
		CASE(2)
		CASE(4)
#if ROWS_MAX >= 6
		CASE(6)
#endif
#if ROWS_MAX >= 12
		CASE(8)
		CASE(12)
#endif
	}
#undef CASE
}

TARGET static void FN(attend)(int64_t tokens, int group, int dim, int64_t stride, const int32_t *pos, const cache_plan *cache, float *x) {
	FN(block) w;
	int width = (dim + LANES - 1) / LANES * LANES;
	int64_t all = tokens * group;
	for (int64_t begin = 0; begin < all;) {
		int rows = FN(rows_for)(all - begin), filled = all - begin < rows ? (int)(all - begin) : rows;
		FN(put)(w.top, FN(all)(-__builtin_inff()));
		int64_t seen = 1;
		for (int r = 0; r < rows; r++) {
			int64_t row = begin + (r < filled ? r : 0); // an empty place repeats the first row
			const float *q = x + row / group * stride + row % group * dim;
			w.seen[r] = pos[row / group] + 1;
			seen = w.seen[r] > seen ? w.seen[r] : seen;
			w.total[r] = 0;
			for (int i = 0; i < width; i += LANES) {
				FN(put)(&w.q[r][i], FN(load_some)(q + i, dim - i));
				FN(put)(&w.out[r][i], FN(all)(0.0f));
			}
		}
		FN(walk_rows)(rows, cache->half, &w, dim, width, seen, cache);
		for (int r = 0; r < filled; r++) {
			int64_t row = begin + r;
			float *out = x + row / group * stride + row % group * dim;
			V total = FN(all)(w.total[r]);
			for (int i = 0; i < dim; i += LANES) {
				FN(put_some)(out + i, FN(over)(FN(load)(&w.out[r][i]), total), dim - i);
			}
		}
		begin += filled;
	}
}
