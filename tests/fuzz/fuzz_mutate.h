/* fuzz_mutate.h - a mutator that knows the input's framing: it changes what is in one frame, and takes out, doubles and
 * moves whole ones, so that lengths stay right. For targets whose inputs are frames behind each other.
 */
#ifndef TESTS_FUZZ_FUZZ_MUTATE_H
#define TESTS_FUZZ_FUZZ_MUTATE_H

#include "base/wr.h"
#include "tests/fuzz/fuzz.h"

/* Of libFuzzer, or of driver.c: changes the n octets of p, which has room for cap. */
size_t LLVMFuzzerMutate(uint8_t *p, size_t n, size_t cap);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed);

struct fuzz_framing {
	size_t skip;             /* octets before the first frame */
	unsigned len_octets;     /* of the length, behind one octet of type; it counts what follows */
};

enum { FUZZ_FRAMES_MAX = 64, FUZZ_MUTATE_MAX = 1 << 16, FUZZ_GROW = 32 };

enum fuzz_change { FUZZ_BODY, FUZZ_BODY_AGAIN, FUZZ_TWICE, FUZZ_OUT, FUZZ_MOVE, FUZZ_ANY, FUZZ_CHANGES };

struct fuzz_frame {
	uint8_t type;
	struct span body;
};

static inline unsigned fuzz_frames(const struct fuzz_framing *fr, struct cur in, struct fuzz_frame *v)
{
	unsigned n = 0;
	while (n < FUZZ_FRAMES_MAX && cur_left(&in) > 0) {
		const uint8_t type = cur_u8(&in);
		const uint32_t len = fr->len_octets == 2 ? cur_be16(&in) : cur_be32(&in);
		const struct span body = cur_bytes(&in, size_min(len, cur_left(&in)));
		if (cur_ok(&in))
			v[n++] = (struct fuzz_frame){ type, body };
	}
	return n;
}

static inline void fuzz_put_frame(struct wr *w, const struct fuzz_framing *fr, uint8_t type, struct span body)
{
	wr_u8(w, type);
	if (fr->len_octets == 2)
		wr_be16(w, (uint16_t)body.len);
	else
		wr_be32(w, (uint32_t)body.len);
	wr_bytes(w, body.p, body.len);
}

/* One frame with its contents changed. */
static inline void fuzz_put_changed(struct wr *w, const struct fuzz_framing *fr, const struct fuzz_frame *f)
{
	const size_t cap = size_min(f->body.len + FUZZ_GROW, UINT16_MAX);
	uint8_t *own = malloc(cap);
	FUZZ_CHECK(own != NULL);
	const size_t had = size_min(f->body.len, cap);
	if (had != 0)
		memcpy(own, f->body.p, had);
	fuzz_put_frame(w, fr, f->type, span_of(own, LLVMFuzzerMutate(own, had, cap)));
	free(own);
}

/* The input's new size; it stays as it is when the change does not fit. */
static inline size_t fuzz_mutate(uint8_t *data, size_t size, size_t max, unsigned seed, const struct fuzz_framing *fr)
{
	static uint8_t out[FUZZ_MUTATE_MAX];
	struct fuzz_frame v[FUZZ_FRAMES_MAX];
	struct cur in = cur_of(data, size);
	struct wr w = wr_of(out, size_min(max, sizeof(out)));
	const struct span head = cur_bytes(&in, size_min(fr->skip, size));
	const unsigned n = fuzz_frames(fr, in, v), at = n != 0 ? seed / FUZZ_CHANGES % n : 0;
	const enum fuzz_change how = (enum fuzz_change)(seed % FUZZ_CHANGES);
	if (n == 0 || how == FUZZ_ANY)
		return LLVMFuzzerMutate(data, size, max);
	wr_bytes(&w, head.p, head.len);
	for (unsigned i = 0; i < n; i++) {
		if (i != at || how == FUZZ_TWICE)
			fuzz_put_frame(&w, fr, v[i].type, v[i].body);
		if (i == at && how <= FUZZ_TWICE)
			fuzz_put_changed(&w, fr, &v[i]);
		if (how == FUZZ_MOVE && i == (at + 1) % n)
			fuzz_put_frame(&w, fr, v[at].type, v[at].body);
	}
	if (!wr_ok(&w) || w.len == 0)
		return LLVMFuzzerMutate(data, size, max);
	memcpy(data, out, w.len);
	return w.len;
}

#define FUZZ_MUTATOR(skip, len_octets)                                                                        \
	size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)                 \
	{                                                                                                     \
		return fuzz_mutate(data, size, max, seed, &(struct fuzz_framing){ skip, len_octets });        \
	}

#endif
