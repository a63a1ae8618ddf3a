/* fuzz_ber.c - the BER reader alone: every element of the input, opened as far as it goes; the first octet is the depth.
 *
 * What is read lies within what it was read from; an element in the usual form reads as by the reader of any form; the work is
 * bounded by depth times octets; strings in pieces hold no more than there was.
 */
#include "decoders/ber.h"
#include "tests/fuzz/fuzz.h"

enum { G_INDEFINITE, G_LONG_TAG, G_NONMINIMAL, G_DEPTH, G_LENGTH, G_PIECES, G_BITS, G_INT };
const char *const fuzz_goals[] = { "indefinite length", "long tag", "longer form than needed", "depth", "length too long",
				   "string in pieces", "bit string", "integer", NULL };
uint32_t fuzz_reached;

struct work {
	uint64_t steps;
};

static void values(const struct ber_tlv *t)
{
	int64_t i;
	uint32_t n, bits;
	bool b;
	const bool is_int = ber_int(t->value, &i), is_uint = ber_uint(t->value, &n);
	FUZZ_CHECK(!is_uint || (is_int && i == (int64_t)n));
	FUZZ_CHECK(is_int || (i == 0 && n == 0));
	if (is_int && t->value.len == 1)
		FUZZ_CHECK(ber_minimal(t->value) && i >= INT8_MIN && i <= INT8_MAX);
	if (ber_bits(t->value, &bits) && t->value.len > 1)
		fuzz_reach(G_BITS);
	if (ber_bool(t->value, &b))
		FUZZ_CHECK(t->value.len == 1);
	if (is_int && t->tag == 2)
		fuzz_reach(G_INT);
}

static void pieces(const struct ber_tlv *t, struct work *w)
{
	struct ber_pieces p;
	struct ber_tlv piece;
	size_t octets = 0, n = 0;
	for (ber_pieces(&p, t); ber_piece(&p, &piece); n++) {
		FUZZ_CHECK(!piece.constructed && ber_is_string(&piece));
		FUZZ_CHECK(fuzz_within(piece.value, t->value.p, t->value.len));
		octets += piece.value.len;
		w->steps++;
	}
	FUZZ_CHECK(p.n == 0 && (p.notes & BER_NOTE_PIECES) != 0);
	FUZZ_CHECK(octets + 2 * n <= t->value.len);
	if (n > 1 && !p.bad)
		fuzz_reach(G_PIECES);
}

static void element(const struct ber *before, const struct ber *after, const struct ber_tlv *t, struct span all)
{
	struct ber again = *before;
	struct ber_tlv any;
	FUZZ_CHECK(ber_next_any(&again, &any));
	FUZZ_CHECK(any.cls == t->cls && any.constructed == t->constructed && any.tag == t->tag && any.value.p == t->value.p &&
		   any.value.len == t->value.len && any.whole.len == t->whole.len && any.whole.p == t->whole.p);
	FUZZ_CHECK(again.notes == after->notes && again.c.p == after->c.p);
	FUZZ_CHECK(t->whole.len >= 2 && fuzz_within(t->whole, all.p, all.len) && fuzz_within(t->value, t->whole.p, t->whole.len));
	FUZZ_CHECK(t->cls == BER_UNIVERSAL || t->cls == BER_APPLICATION || t->cls == BER_CONTEXT || t->cls == BER_PRIVATE);
	FUZZ_CHECK(t->tag < UINT32_C(1) << 28);
	if (t->tag >= BER_TAG_LONG)
		fuzz_reach(G_LONG_TAG);
}

static void walk(struct ber *b, struct span all, struct work *w)
{
	struct ber_tlv t;
	for (;;) {
		const struct ber before = *b;
		if (!ber_next(b, &t))
			break;
		w->steps += t.whole.len;
		element(&before, b, &t, all);
		values(&t);
		if (!t.constructed)
			continue;
		pieces(&t, w);
		struct ber in = ber_open(b, &t);
		FUZZ_CHECK(ber_ok(&in) == (b->depth != 0));
		walk(&in, t.value, w);
		ber_close(b, &in);
	}
	FUZZ_CHECK(t.whole.p == NULL || !ber_ok(b));
	FUZZ_CHECK(!ber_ok(b) || cur_left(&b->c) == 0);
	FUZZ_CHECK(!ber_next(b, &t));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum { DEPTH_MAX = 32 };
	struct cur in = cur_of(data, size);
	const uint16_t depth = cur_u8(&in) % (DEPTH_MAX + 1);
	const struct span all = cur_rest(&in);
	uint8_t *own = fuzz_copy(all);
	struct ber b = ber_of(span_of(own, all.len), depth);
	struct work w = { 0 };
	walk(&b, span_of(own, all.len), &w);
	FUZZ_CHECK(w.steps <= (uint64_t)(depth + 2) * 2 * (all.len + 1));
	const uint8_t goals[][2] = { { BER_NOTE_INDEFINITE, G_INDEFINITE }, { BER_NOTE_NONMINIMAL, G_NONMINIMAL },
				     { BER_NOTE_DEPTH, G_DEPTH }, { BER_NOTE_LENGTH, G_LENGTH } };
	for (size_t i = 0; i < sizeof(goals) / sizeof(goals[0]); i++) {
		if ((b.notes & goals[i][0]) != 0)
			fuzz_reach(goals[i][1]);
	}
	free(own);
	return 0;
}
