/* test_cotp_stream.c - COTP from any segments: resuming anywhere, damage, gaps and finding framing again. */
#include "tests/unit/unit.h"
#include "tests/unit/cotp_play.h"
#include "tests/unit/dec_vectors.h"

/* --- invariance ------------------------------------------------------------------------------- */

static char *played(enum way way, char dir, const uint8_t *p, size_t n)
{
	struct cotp_state s;
	begin(1 << 20);
	cotp_init(&s);
	play(&s, WHOLE, OPEN);
	feed(&s, way, dir == 'O' ? DIR_ORIG : DIR_REPLY, p, n);
	play(&s, WHOLE, "O:0300000802f08041 R:0300000802f08041");
	end(&s);
	return strdup(log_text(&lg));
}

static void same_each_way(char dir, const uint8_t *p, size_t n)
{
	char *whole = played(WHOLE, dir, p, n), *octets = played(OCTETS, dir, p, n);
	CU_ASSERT_STRING_EQUAL(whole, octets);
	free(octets);
	free(whole);
}

static void test_damage(void)
{
	static const uint8_t flips[] = { 0x01, 0x02, 0x10, 0x80, 0xff };
	uint8_t b[256];
	for (size_t v = 0; v < DEC_VECTORS_N; v++) {
		size_t n = unhex(dec_vectors[v].hex, b, sizeof(b));
		for (size_t len = 0; len <= n; len++)
			same_each_way(dec_vectors[v].dir, b, len);
		for (size_t at = 0; at < n; at++) {
			uint8_t was = b[at];
			for (size_t f = 0; f < ARRAY_LEN(flips); f++) {
				b[at] = was ^ flips[f];
				same_each_way(dec_vectors[v].dir, b, n);
			}
			for (unsigned x = 0; x < 256 && at < 8 && n < 26; x++) {
				b[at] = (uint8_t)x;
				same_each_way(dec_vectors[v].dir, b, n);
			}
			b[at] = was;
		}
	}
}

/* The whole association in segments of k octets, each segment the end of one message and the start of the next. */
static void test_segments(void)
{
	static uint8_t stream[8192];
	uint8_t b[256];
	char *first = NULL;
	for (size_t k = 1; k < 300; k = k < 20 ? k + 1 : k * 3 / 2) {
		struct cotp_state s;
		begin(1 << 20);
		cotp_init(&s);
		for (size_t v = 0; v < DEC_VECTORS_N;) {
			char dir = dec_vectors[v].dir;
			size_t n = 0;
			for (; v < DEC_VECTORS_N && dec_vectors[v].dir == dir; v++) {
				size_t add = unhex(dec_vectors[v].hex, b, sizeof(b));
				memcpy(stream + n, b, add);
				n += add;
			}
			for (size_t at = 0; at < n; at += k)
				feed(&s, WHOLE, dir == 'O' ? DIR_ORIG : DIR_REPLY, stream + at, size_min(k, n - at));
		}
		CU_ASSERT_EQUAL(lg.units, DEC_VECTORS_N - 4 + 1);
		CU_ASSERT_EQUAL(lg.anomalies[AN_COTP_STATE], 0);
		if (first == NULL)
			first = strdup(log_text(&lg));
		CU_ASSERT_STRING_EQUAL(log_text(&lg), first);
		end(&s);
	}
	free(first);
}

/* --- what the caller relies on ---------------------------------------------------------------- */

static uint32_t told[16];
static unsigned n_told;

static void note_event(void *arg, const struct dec_event *ev)
{
	struct dec_log *l = arg;
	(void)ev;
	told[n_told++ & 15] = l->ctx.consumed;
}

static void test_consumed(void)
{
	uint8_t b[64];
	size_t n = unhex("0300000802f08041 0300000702f080 0300000902f0804242 03000008", b, sizeof(b));
	struct cotp_state s;
	begin(1 << 20);
	lg.sink.event = note_event;
	cotp_init(&s);
	n_told = 0;
	feed(&s, WHOLE, DIR_ORIG, b, n);
	CU_ASSERT(n_told == 3 && told[0] == 8 && told[1] == 15 && told[2] == 24);
	feed(&s, WHOLE, DIR_ORIG, b + 4, 11); /* completes the last, and one more */
	CU_ASSERT(n_told == 5 && told[3] == 4 && told[4] == 11);
	end(&s);
}

/* TPKTs whole in a feed need no memory at all. */
static void test_no_copy(void)
{
	uint8_t b[64];
	size_t n = unhex("0300000802f08041 0300000802f08042", b, sizeof(b));
	struct cotp_state s;
	begin(0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(pool);
	cotp_init(&s);
	feed(&s, WHOLE, DIR_ORIG, b, n);
	CU_ASSERT_EQUAL(lg.units, 2);
	CU_ASSERT_EQUAL(lg.anomalies[AN_MEMORY], 0);
	feed(&s, WHOLE, DIR_ORIG, b, n - 1); /* the second is cut: no room to hold it */
	CU_ASSERT_EQUAL(lg.units, 3);
	CU_ASSERT_EQUAL(lg.anomalies[AN_MEMORY], 1);
	CU_ASSERT(s.dir[DIR_ORIG].resync);
	end(&s);
	begin(64); /* a TSDU in parts, no room for the second */
	cotp_init(&s);
	static uint8_t dt[256];
	feed(&s, WHOLE, DIR_ORIG, dt, put_dt(dt, false, 0x41, 60));
	feed(&s, WHOLE, DIR_ORIG, dt, put_dt(dt, false, 0x41, 60));
	CU_ASSERT_EQUAL(lg.anomalies[AN_MEMORY], 1);
	feed(&s, WHOLE, DIR_ORIG, dt, put_dt(dt, true, 0x41, 60));
	CU_ASSERT_EQUAL(lg.units, 0);
	feed(&s, WHOLE, DIR_ORIG, dt, put_dt(dt, true, 0x42, 60));
	CU_ASSERT_EQUAL(lg.units, 1);
	end(&s);
}

/* Out of budget: no events any more, but the place in the stream and the connection are kept, TSDUs go up. */
static void test_budget(void)
{
	uint8_t b[128];
	struct cotp_state s;
	begin(1 << 20);
	cotp_init(&s);
	lg.ctx.budget = 3;
	size_t n = unhex(CR "0300000802f08041 0300000802f08042 0300000802f08043 0300000802f08044", b, sizeof(b));
	feed(&s, WHOLE, DIR_ORIG, b, n - 1);
	CU_ASSERT_EQUAL(lg.anomalies[AN_BUDGET], 1);
	CU_ASSERT_EQUAL(lg.units, 3);
	CU_ASSERT_PTR_NOT_NULL(strstr(log_text(&lg), "O #0 42\nO !cotp.dtEarly\nO #0 43\n"));
	CU_ASSERT_EQUAL(s.phase, COTP_WFCC);
	lg.ctx.budget = 100;
	feed(&s, WHOLE, DIR_ORIG, b + n - 1, 1);
	CU_ASSERT_EQUAL(lg.units, 4);
	CU_ASSERT_PTR_NOT_NULL(strstr(log_text(&lg), "O #0 44\n"));
	end(&s);
}

/* --- gaps ------------------------------------------------------------------------------------- */

#define A "0300000802f08041"
#define B "0300000902f0804242"
#define C "0300000802f08043"

static unsigned units_after(const char *script, unsigned resyncs)
{
	struct cotp_state s;
	begin(1 << 20);
	cotp_init(&s);
	play(&s, WHOLE, OPEN);
	play(&s, WHOLE, script);
	CU_ASSERT_EQUAL(lg.anomalies[AN_TPKT_RESYNC], resyncs);
	unsigned n = lg.units;
	end(&s);
	return n;
}

static void test_resync(void)
{
	/* three headers in one feed: nothing of it is lost, whether the last is whole or not */
	CU_ASSERT_EQUAL(units_after("O~ O:" A B C, 1), 3);
	CU_ASSERT_EQUAL(units_after("O~ O:" A B "0300000902f08043 O:43", 1), 3);
	CU_ASSERT_EQUAL(units_after("O~ O:" A B "0300000902f0 O:804343", 1), 1);
	/* fewer are a chain over feeds, each where the one before says; told from the third on */
	CU_ASSERT_EQUAL(units_after("O~ O:" A " O:" B, 0), 0);
	CU_ASSERT_EQUAL(units_after("O~ O:" A " O:" B " O:" C, 1), 1);
	CU_ASSERT_EQUAL(units_after("O~ O:" A B " O:" C A, 1), 2);
	CU_ASSERT_EQUAL(units_after("O~ O:0300 O:000802f08041 O:" B " O:0300 O:0008 O:02f08043", 1), 1);
	CU_ASSERT_EQUAL(units_after("O~ O:0300000902 O:f0804242 O:" B " O:" C, 1), 1);
	/* not inside a feed, not after a break of the chain; the feed that breaks it may begin another */
	CU_ASSERT_EQUAL(units_after("O~ O:00" A B C, 0), 0);
	CU_ASSERT_EQUAL(units_after("O~ O:" A " O:ff" B " O:" C " O:" A, 0), 0);
	CU_ASSERT_EQUAL(units_after("O~ O:" A " O:ff" B " O:" C " O:" A " O:" B, 1), 1);
	CU_ASSERT_EQUAL(units_after("O~ O:0300400802f080 O:" A B C " O:" A, 0), 0);
	CU_ASSERT_EQUAL(units_after("O~ O:0300000a02f08041 O:" A B C, 1), 3);
	/* strict: reserved octet, header beyond class 0, Q.931 */
	CU_ASSERT_EQUAL(units_after("O~ O:" A B "0301000802f08041", 0), 0);
	CU_ASSERT_EQUAL(units_after("O~ O:" A B "0300000802f18041", 0), 0);
	CU_ASSERT_EQUAL(units_after("O~ O:" A B "0300000c080200010504038090", 0), 0);
	CU_ASSERT_EQUAL(units_after("O~ O:" A B "0300000b06800001123400", 1), 3); /* the end is a unit too */
	/* the other direction is not touched */
	CU_ASSERT_EQUAL(units_after("O~ R:" A " R:" B, 0), 2);
	/* a gap ends a failed direction's silence */
	CU_ASSERT_EQUAL(units_after("O:ff O:" A B C, 0), 0);
	CU_ASSERT_EQUAL(units_after("O:ff O~ O:" A B C, 1), 3);
	/* half a TPKT before the gap is dropped; of a TSDU known to be cut, the rest is */
	CU_ASSERT_EQUAL(units_after("O:0300000902f08042 O~ O:" A B C, 1), 3);
	CU_ASSERT_EQUAL(units_after("O:0300000802f00041 O~ O:" A B C, 1), 2);
}

static void test_gap_phase(void)
{
	struct cotp_state s;
	begin(1 << 20);
	cotp_init(&s);
	play(&s, WHOLE, "O:" CR " O~");
	CU_ASSERT_EQUAL(s.phase, COTP_WFCC);
	play(&s, WHOLE, "R~");
	CU_ASSERT(s.phase == COTP_OPEN && s.midstream);
	play(&s, WHOLE, "O:" A B C);
	CU_ASSERT_EQUAL(lg.units, 3);
	CU_ASSERT_EQUAL(lg.anomalies[AN_COTP_DT_EARLY], 0);
	end(&s);
}

/* After a gap, feeds of any size never crash, never lose memory, and find framing in the end. */
static void test_resync_segments(void)
{
	uint8_t b[256];
	for (size_t k = 1; k < 120; k++) {
		struct cotp_state s;
		begin(1 << 20);
		cotp_init(&s);
		for (size_t v = 0; v < DEC_VECTORS_N; v++) {
			size_t n = unhex(dec_vectors[v].hex, b, sizeof(b));
			if (v == 5)
				cotp_gap(&s, &lg.ctx, DIR_ORIG);
			for (size_t at = 0; at < n; at += k)
				feed(&s, WHOLE, dec_vectors[v].dir == 'O' ? DIR_ORIG : DIR_REPLY, b + at, size_min(k, n - at));
		}
		CU_ASSERT_EQUAL(lg.anomalies[AN_TPKT_RESYNC], 1);
		CU_ASSERT(lg.units >= DEC_VECTORS_N - 7);
		end(&s);
	}
}

UNIT_MAIN({ "truncated and changed, whole and by octets", test_damage }, { "segment sizes", test_segments },
	  { "octets consumed", test_consumed }, { "no copy of what is whole", test_no_copy }, { "budget", test_budget },
	  { "resync", test_resync }, { "phase after a gap", test_gap_phase }, { "resync, any segments", test_resync_segments })
