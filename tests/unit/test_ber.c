/* test_ber.c - the BER reader on legal, odd and broken encodings (X.690 8). */
#include "decoders/ber.h"
#include "tests/unit/unit.h"
#include "tests/unit/dec_log.h"

static uint8_t bytes[4096];

static struct ber reader(const char *hex, uint16_t depth)
{
	return ber_of(span_of(bytes, unhex(hex, bytes, sizeof(bytes))), depth);
}

static struct span octets(const char *hex)
{
	return span_of(bytes, unhex(hex, bytes, sizeof(bytes)));
}

/* One element each: first octets to class, constructed, tag, length of value and whole, notes. */
static void test_forms(void)
{
	static const struct {
		const char *hex;
		uint8_t cls;
		bool constructed;
		uint32_t tag;
		size_t value, whole;
		uint8_t notes;
	} good[] = {
		{ "0500", BER_UNIVERSAL, false, 5, 0, 2, 0 },
		{ "020101", BER_UNIVERSAL, false, 2, 1, 3, 0 },
		{ "a003020101", BER_CONTEXT, true, 0, 3, 5, 0 },
		{ "6000", BER_APPLICATION, true, 0, 0, 2, 0 },
		{ "c20155", BER_PRIVATE, false, 2, 1, 3, 0 },
		{ "9f1f00", BER_CONTEXT, false, 31, 0, 3, 0 },
		{ "bf4e00", BER_CONTEXT, true, 78, 0, 3, 0 },
		{ "bf810000", BER_CONTEXT, true, 128, 0, 4, 0 },
		{ "bfffffff7f00", BER_CONTEXT, true, (1u << 28) - 1, 0, 6, 0 },
		{ "bf1e00", BER_CONTEXT, true, 30, 0, 3, BER_NOTE_NONMINIMAL },
		{ "bf805000", BER_CONTEXT, true, 80, 0, 4, BER_NOTE_NONMINIMAL },
		{ "02810101", BER_UNIVERSAL, false, 2, 1, 4, BER_NOTE_NONMINIMAL },
		{ "0284 00000001 01", BER_UNIVERSAL, false, 2, 1, 7, BER_NOTE_NONMINIMAL },
		{ "3080 0000", BER_UNIVERSAL, true, 16, 0, 4, BER_NOTE_INDEFINITE },
		{ "3080 020101 0000", BER_UNIVERSAL, true, 16, 3, 7, BER_NOTE_INDEFINITE },
		{ "3080 3080 020101 0000 0000", BER_UNIVERSAL, true, 16, 7, 11, BER_NOTE_INDEFINITE },
		{ "3080 0404 00000000 0000", BER_UNIVERSAL, true, 16, 6, 10, BER_NOTE_INDEFINITE },
		{ "0000 020101", BER_UNIVERSAL, false, 2, 1, 3, BER_NOTE_EOC },
	};
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct ber b = reader(good[i].hex, 8);
		struct ber_tlv t;
		CU_ASSERT(ber_next(&b, &t));
		CU_ASSERT_EQUAL(t.cls, good[i].cls);
		CU_ASSERT_EQUAL(t.constructed, good[i].constructed);
		CU_ASSERT_EQUAL(t.tag, good[i].tag);
		CU_ASSERT_EQUAL(t.value.len, good[i].value);
		CU_ASSERT_EQUAL(t.whole.len, good[i].whole);
		CU_ASSERT_EQUAL(b.notes, good[i].notes);
		CU_ASSERT(!ber_next(&b, &t));
		CU_ASSERT(ber_ok(&b));
		CU_ASSERT(t.value.p == NULL && t.whole.len == 0);
	}
}

/* Definite lengths around the borders of their forms: short up to 127, one octet up to 255, two. */
static void test_lengths(void)
{
	static const size_t lens[] = { 0, 1, 127, 128, 255, 256, 4000 };
	for (size_t i = 0; i < ARRAY_LEN(lens); i++) {
		for (unsigned octets = 0; octets <= 4; octets++) {
			size_t len = lens[i], head = 2 + octets;
			if (octets == 0 ? len > 127 : octets == 1 && len > 255)
				continue;
			bytes[0] = 0x04;
			bytes[1] = (uint8_t)(octets == 0 ? len : 0x80 + octets);
			for (unsigned k = 0; k < octets; k++)
				bytes[2 + k] = (uint8_t)(len >> 8 * (octets - 1 - k));
			unsigned least = len < 128 ? 0 : len < 256 ? 1 : 2;
			struct ber b = ber_of(span_of(bytes, head + len), 1);
			struct ber_tlv t;
			CU_ASSERT(ber_next(&b, &t) && t.value.len == len && t.whole.len == head + len);
			CU_ASSERT_EQUAL(b.notes, octets > least ? BER_NOTE_NONMINIMAL : 0);
			b = ber_of(span_of(bytes, head + len - 1), 1);
			CU_ASSERT(!ber_next(&b, &t) && (b.notes & BER_NOTE_LENGTH) != 0);
		}
	}
}

static void test_broken(void)
{
	static const struct {
		const char *hex;
		uint8_t note;
	} bad[] = {
		{ "02", BER_NOTE_LENGTH },                    /* no length */
		{ "0201", BER_NOTE_LENGTH },                  /* no contents */
		{ "028201", BER_NOTE_LENGTH },                /* length cut */
		{ "0285 0000000001 01", BER_NOTE_LENGTH },    /* 5 length octets */
		{ "02ff01", BER_NOTE_LENGTH },                /* reserved */
		{ "0284 ffffffff 01", BER_NOTE_LENGTH },
		{ "9f", BER_NOTE_LENGTH },
		{ "9fff", BER_NOTE_LENGTH },
		{ "9fffffffff7f00", BER_NOTE_LENGTH },        /* tag over 2^28 */
		{ "0480 0000", BER_NOTE_FORM },               /* primitive, indefinite */
		{ "3080 020101", BER_NOTE_LENGTH | BER_NOTE_INDEFINITE },
		{ "3080 020101 00", BER_NOTE_LENGTH | BER_NOTE_INDEFINITE },
		{ "3080 0203 0101 0000", BER_NOTE_LENGTH | BER_NOTE_INDEFINITE },
		{ "3080 0480 0000 0000", BER_NOTE_FORM | BER_NOTE_INDEFINITE },
		{ "0001ff", 0 },                              /* tag 0 with contents is an element like others */
	};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct ber b = reader(bad[i].hex, 8);
		struct ber_tlv t;
		bool got = ber_next(&b, &t);
		CU_ASSERT_EQUAL(got, bad[i].note == 0);
		CU_ASSERT_EQUAL(ber_ok(&b), bad[i].note == 0);
		if (bad[i].note != 0)
			CU_ASSERT_EQUAL(b.notes & ~BER_NOTE_NONMINIMAL, bad[i].note);
		CU_ASSERT(!ber_next(&b, &t));
	}
}

static void test_open(void)
{
	struct ber b = reader("a005 3003 020105 85 01 07", 2);
	struct ber_tlv t, u;
	CU_ASSERT(ber_next(&b, &t) && ber_is(&t, BER_CONTEXT, 0));
	struct ber c = ber_open(&b, &t);
	CU_ASSERT(ber_ok(&c));
	CU_ASSERT(ber_next(&c, &u) && ber_is(&u, BER_UNIVERSAL, 16));
	struct ber d = ber_open(&c, &u);
	CU_ASSERT(ber_next(&d, &u) && ber_is(&u, BER_UNIVERSAL, 2));
	struct ber p = ber_open(&d, &u); /* primitive */
	CU_ASSERT(!ber_ok(&p));
	CU_ASSERT_EQUAL(p.notes, BER_NOTE_FORM);
	CU_ASSERT(!ber_next(&p, &t));
	ber_close(&d, &p);
	ber_close(&c, &d);
	ber_close(&b, &c);
	CU_ASSERT_EQUAL(b.notes, BER_NOTE_FORM);
	CU_ASSERT(ber_ok(&b));
	CU_ASSERT(ber_next(&b, &t) && ber_is(&t, BER_CONTEXT, 5));
	u.constructed = true;
	struct ber deep = ber_open(&d, &u); /* depth 2 used up */
	CU_ASSERT_EQUAL(deep.notes, BER_NOTE_DEPTH);
	CU_ASSERT(!ber_ok(&deep));
}

/* n nested elements of indefinite length: read with depth for all of them, refused with one less. */
static void test_depth(void)
{
	for (size_t n = 1; n < 40; n++) {
		for (size_t i = 0; i < n; i++) {
			bytes[2 * i] = 0x30;
			bytes[2 * i + 1] = 0x80;
		}
		memset(bytes + 2 * n, 0, 2 * n);
		struct ber b = ber_of(span_of(bytes, 4 * n), (uint16_t)n);
		struct ber_tlv t;
		CU_ASSERT(ber_next(&b, &t));
		CU_ASSERT_EQUAL(t.whole.len, 4 * n);
		CU_ASSERT_EQUAL(t.value.len, 4 * n - 4);
		if (n < 2)
			continue;
		b = ber_of(span_of(bytes, 4 * n), (uint16_t)(n - 1));
		CU_ASSERT(!ber_next(&b, &t));
		CU_ASSERT_NOT_EQUAL(b.notes & BER_NOTE_DEPTH, 0);
	}
}

static void test_ints(void)
{
	static const struct {
		const char *hex;
		bool is_int, is_uint;
		int64_t i;
		uint32_t u;
	} row[] = {
		{ "", false, false, 0, 0 },
		{ "00", true, true, 0, 0 },
		{ "7f", true, true, 127, 127 },
		{ "80", true, false, -128, 0 },
		{ "ff", true, false, -1, 0 },
		{ "00ff", true, true, 255, 255 },
		{ "00ffffffff", true, true, 0xffffffff, 0xffffffff },
		{ "0100000000", true, false, 0x100000000, 0 },
		{ "0000000000000001", true, true, 1, 1 },
		{ "7fffffffffffffff", true, false, INT64_MAX, 0 },
		{ "8000000000000000", true, false, INT64_MIN, 0 },
		{ "000000000000000001", false, false, 0, 0 },
	};
	for (size_t n = 0; n < ARRAY_LEN(row); n++) {
		int64_t i = 99;
		uint32_t u = 99;
		CU_ASSERT_EQUAL(ber_int(octets(row[n].hex), &i), row[n].is_int);
		CU_ASSERT_EQUAL(i, row[n].i);
		CU_ASSERT_EQUAL(ber_uint(octets(row[n].hex), &u), row[n].is_uint);
		CU_ASSERT_EQUAL(u, row[n].u);
	}
	bool v = true;
	CU_ASSERT(!ber_bool(octets(""), &v) && !v);
	CU_ASSERT(ber_bool(octets("00"), &v) && !v);
	CU_ASSERT(ber_bool(octets("01"), &v) && v);
	CU_ASSERT(ber_bool(octets("ff"), &v) && v);
	CU_ASSERT(!ber_bool(octets("ff00"), &v));
}

/* Strings in constructed form: the pieces' contents in a row. */
static void test_pieces(void)
{
	static const struct {
		const char *hex, *want;
		uint8_t notes;
		bool bad;
	} row[] = {
		{ "2400", "", 0, false },
		{ "2404 0402 4142", "4142", 0, false },
		{ "2407 0401 41 0402 4243", "414243", 0, false },
		{ "a107 0401 41 0402 4243", "414243", 0, false },
		{ "240b 2403 0401 41 0400 0402 4243", "414243", 0, false },
		{ "2480 0401 41 2480 0401 42 0000 0401 43 0000", "414243", BER_NOTE_INDEFINITE, false },
		{ "2408 0301 00 1a01 42 0c00", "0042", 0, false },
		{ "2409 2407 2405 2403 0401 41", "41", 0, false },
		{ "240b 2409 2407 2405 2403 0401 41", "", BER_NOTE_DEPTH, true },
		{ "2406 0401 41 0201 42", "41", BER_NOTE_FORM, true },
		{ "2406 0401 41 8401 42", "41", BER_NOTE_FORM, true },
		{ "2405 0401 41 0402", "41", BER_NOTE_LENGTH, true },
		{ "2408 0401 41 0000 0401 42", "4142", BER_NOTE_EOC, false },
	};
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct ber b = reader(row[i].hex, 8);
		struct ber_tlv t, piece;
		struct ber_pieces p;
		char got[64] = "";
		CU_ASSERT_FATAL(ber_next(&b, &t));
		ber_pieces(&p, &t);
		while (ber_piece(&p, &piece)) {
			CU_ASSERT(!piece.constructed && ber_is_string(&piece));
			for (size_t k = 0; k < piece.value.len; k++)
				sprintf(got + strlen(got), "%02x", piece.value.p[k]);
		}
		CU_ASSERT_STRING_EQUAL(got, row[i].want);
		CU_ASSERT_EQUAL(p.notes, row[i].notes | BER_NOTE_PIECES);
		CU_ASSERT_EQUAL(p.bad, row[i].bad);
		CU_ASSERT(!ber_piece(&p, &piece));
	}
}

static void test_bits(void)
{
	static const struct {
		const char *hex;
		bool good;
		uint32_t bits;
	} row[] = {
		{ "", false, 0 }, { "00", true, 0 }, { "01", false, 0 }, { "0780", true, 1 }, { "0480", true, 1 },
		{ "0640", true, 2 }, { "06c0", true, 3 }, { "00ff", true, 0xff }, { "04ff", true, 0x0f }, { "08ff", false, 0 },
		{ "000001", true, 0x8000 },
		{ "0000000001", true, 0x80000000 }, { "000000000001", true, 0 }, { "00ffffffffff", true, 0xffffffff },
	};
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		uint32_t bits = 99;
		CU_ASSERT_EQUAL(ber_bits(octets(row[i].hex), &bits), row[i].good);
		CU_ASSERT_EQUAL(bits, row[i].bits);
	}
	static const char *const least[] = { "", "00", "7f", "80", "ff", "0080", "ff7f", "0100", "fe80", "00ffffffff" };
	static const char *const more[] = { "0000", "007f", "ff80", "ffff", "000100", "ffff7f" };
	for (size_t i = 0; i < ARRAY_LEN(least); i++)
		CU_ASSERT(ber_minimal(octets(least[i])));
	for (size_t i = 0; i < ARRAY_LEN(more); i++)
		CU_ASSERT(!ber_minimal(octets(more[i])));
}

/* Walks everything: what it visits must lie within the input, and cost no more than depth times it. */
static size_t walk(struct ber *b, struct span all)
{
	size_t cost = 0;
	struct ber_tlv t;
	while (ber_next(b, &t)) {
		cost += t.whole.len + 1;
		CU_ASSERT_FATAL(t.whole.p >= all.p && t.whole.p + t.whole.len <= all.p + all.len);
		CU_ASSERT_FATAL(t.value.p >= t.whole.p && t.value.p + t.value.len <= t.whole.p + t.whole.len);
		if (!t.constructed)
			continue;
		struct ber c = ber_open(b, &t);
		cost += walk(&c, all);
		ber_close(b, &c);
	}
	return cost;
}

static void test_damage(void)
{
	static const char good[] = "6180 3082 0009 020103 a004 a202 8000 3080 bf27 03 800101 0000 0000 "
				   "850101 30 06 30 80 05 00 00 00";
	uint8_t copy[64];
	size_t n = unhex(good, copy, sizeof(copy));
	for (size_t len = 0; len <= n; len++) {
		uint8_t *exact = malloc(len + 1); /* so that the sanitizer sees the end */
		memcpy(exact + 1, copy, len);
		struct ber b = ber_of(span_of(exact + 1, len), 8);
		CU_ASSERT(walk(&b, span_of(exact + 1, len)) <= 9 * 2 * (len + 1));
		free(exact);
	}
	for (size_t at = 0; at < n; at++) {
		for (unsigned v = 0; v < 256; v++) {
			uint8_t was = copy[at];
			copy[at] = (uint8_t)v;
			struct ber b = ber_of(span_of(copy, n), 8);
			CU_ASSERT(walk(&b, span_of(copy, n)) <= 9 * 2 * (n + 1));
			copy[at] = was;
		}
	}
}

static uint8_t notes_of(struct ber *b, unsigned *n)
{
	struct ber_tlv t;
	uint8_t notes = 0;
	while (ber_next(b, &t)) {
		++*n;
		if (t.constructed) {
			struct ber in = ber_open(b, &t);
			notes |= notes_of(&in, n);
		}
	}
	return notes | b->notes;
}

/* What is called plain leaves no note, and has as many elements; what a plain one is changed into is judged anew. */
static void test_plain(void)
{
	static const char *const seeds[] = { "",	     "0500",	       "a003020101", "a00702010a a4020500", "a08180 04",
					     "30051a034d5957", "61021900", "a0 8183 0281 00", "a30ba109a107a105a103850101" };
	static const char *const not[] = { "05",	"0501",	  "bf2800", "9f1f00",	  "02810101",	     "0282008001",
					   "3080 0000", "0000",	  "0001ff", "040101",	  "0302 0001",	     "2400",
					   "3a00",	"2800",	  "3103020101",		  "a00405000500 05", "028400000001 01" };
	uint32_t n;
	unsigned count = 0;
	for (size_t i = 0; i < ARRAY_LEN(not); i++)
		CU_ASSERT(!ber_is_plain(octets(not[i]), 8, &n));
	for (unsigned depth = 0; depth < 6; depth++) {
		CU_ASSERT_EQUAL(ber_is_plain(octets("a30ba109a107a105a103850101"), (uint16_t)depth, &n), depth >= 5);
		struct ber b = reader("a30ba109a107a105a103850101", (uint16_t)depth);
		CU_ASSERT_EQUAL(notes_of(&b, &count) == 0, depth >= 5);
	}
	for (size_t i = 0; i < ARRAY_LEN(seeds); i++) {
		uint8_t octet[64];
		const size_t len = unhex(seeds[i], octet, sizeof(octet));
		for (size_t at = 0; at <= len; at++)
			for (unsigned v = 0; v < 256 && (at < len || v == 0); v++) {
				const uint8_t was = octet[at];
				octet[at] = at < len ? (uint8_t)v : was;
				struct ber b = ber_of(span_of(octet, len), 8);
				count = 0;
				if (ber_is_plain(span_of(octet, len), 8, &n))
					CU_ASSERT(notes_of(&b, &count) == 0 && count == n);
				octet[at] = was;
			}
	}
	CU_ASSERT(ber_is_plain(octets("a00702010a a4020500"), 8, &n) && n == 4);
}

UNIT_MAIN({ "plain elements", test_plain },
	  { "tag and length forms", test_forms }, { "lengths", test_lengths }, { "broken elements", test_broken },
	  { "opening and notes", test_open },
	  { "depth of indefinite lengths", test_depth }, { "integers and booleans", test_ints },
	  { "strings in pieces", test_pieces }, { "bits, least octets", test_bits },
	  { "truncated and changed input", test_damage })
