/* test_cotp.c - TPKT and COTP: every anomaly, any segmentation, resuming anywhere, finding framing again. */
#include "decoders/cotp/cotp.h"
#include "tests/unit/unit.h"
#include "tests/unit/dec_log.h"
#include "tests/unit/dec_vectors.h"

#define CR "0300001611e00000000100c0010ac1020001c2020001"
#define CC "0300001611d00001123400c0010ac1020001c2020001"
#define OPEN "O:" CR " R:" CC " "

/* How a stream is fed: message by message; octet by octet; the latter with the state moved before each octet. */
enum way { WHOLE, OCTETS, MOVED, WAY_N };

static struct dec_log lg;
static struct dec_limits limits;
static struct bufpool *pool;

static void begin(size_t memory)
{
	pool = bufpool_new(memory);
	log_reset(&lg, pool);
	limits = dec_limits_default;
	lg.ctx.lim = &limits;
}

static void end(struct cotp_state *s)
{
	cotp_fini(s, pool);
	CU_ASSERT_EQUAL(bufpool_used(pool), 0);
	bufpool_free(pool);
}

/* What a replicated state goes through: plain copy, buffers filled anew. */
static void move_state(struct cotp_state *s)
{
	struct cotp_state copy = *s;
	for (unsigned d = 0; d < DIR_N; d++) {
		copy.dir[d].part = copy.dir[d].tsdu = (struct buf){ 0 };
		CU_ASSERT_FATAL(buf_set(pool, &copy.dir[d].part, s->dir[d].part.p, s->dir[d].part.len) == OK);
		CU_ASSERT_FATAL(buf_set(pool, &copy.dir[d].tsdu, s->dir[d].tsdu.p, s->dir[d].tsdu.len) == OK);
	}
	cotp_fini(s, pool);
	*s = copy;
}

static void feed(struct cotp_state *s, enum way way, enum dir d, const uint8_t *p, size_t n)
{
	size_t step = way == WHOLE ? n : 1;
	for (size_t at = 0; at < n; at += step) {
		if (way == MOVED)
			move_state(s);
		uint8_t *exact = malloc(step); /* so that the sanitizer sees a read too far, or a span kept */
		memcpy(exact, p + at, step);
		cotp_feed(s, &lg.ctx, d, span_of(exact, step), &lg.upper);
		free(exact);
	}
}

/* "O:hex R=hex O~" feeds hex in each direction, with = a TPKT header before it; ~ is a gap. */
static void play(struct cotp_state *s, enum way way, const char *script)
{
	static uint8_t bytes[1 << 18];
	while (*script != 0) {
		enum dir d = script[0] == 'O' ? DIR_ORIG : DIR_REPLY;
		size_t hex = strcspn(script + 2, " ");
		if (script[1] == '~') {
			cotp_gap(s, &lg.ctx, d);
		} else {
			char *text = strndup(script + 2, hex);
			size_t n = unhex(text, bytes + 4, sizeof(bytes) - 4);
			const uint8_t head[4] = { 3, 0, (uint8_t)((n + 4) >> 8), (uint8_t)(n + 4) };
			memcpy(bytes, head, 4);
			bool wrap = script[1] == '=';
			feed(s, way, d, bytes + (wrap ? 0 : 4), n + (wrap ? 4 : 0));
			free(text);
		}
		script += 2 + hex;
		script += strspn(script, " ");
	}
}

static void expect(const char *script, const char *want)
{
	for (enum way way = 0; way < WAY_N; way++) {
		struct cotp_state s;
		begin(1 << 20);
		cotp_init(&s);
		play(&s, way, script);
		if (strcmp(log_text(&lg), want) != 0)
			printf("# %s\n# way %d gives\n%s", script, way, log_text(&lg));
		CU_ASSERT_STRING_EQUAL(log_text(&lg), want);
		end(&s);
	}
}

static void test_connection(void)
{
	expect(OPEN "O:0300000802f08041 R:0300000802f08042 R:0300000b06800001123485",
	       "= cotp\n"
	       "O cotp.cr cotp.type=224 cotp.dst_ref=0 cotp.src_ref=1 cotp.src_tsap=0001 cotp.dst_tsap=0001 cotp.tpdu_size=1024\n"
	       "R cotp.cc cotp.type=208 cotp.dst_ref=1 cotp.src_ref=4660 cotp.src_tsap=0001 cotp.dst_tsap=0001 cotp.tpdu_size=1024\n"
	       "O cotp.dt cotp.type=240\nO #0 41\n"
	       "R cotp.dt cotp.type=240\nR #0 42\n"
	       "R cotp.dr cotp.type=128 cotp.dst_ref=1 cotp.src_ref=4660 cotp.reason=133\nR #1 \n");
	/* refused; and the called side of the TCP connection may be the one that calls here */
	expect("R:" CR " O:0300000b0680000100008a", "= cotp\n"
	       "R cotp.cr cotp.type=224 cotp.dst_ref=0 cotp.src_ref=1 cotp.src_tsap=0001 cotp.dst_tsap=0001 cotp.tpdu_size=1024\n"
	       "O cotp.dr cotp.type=128 cotp.dst_ref=1 cotp.src_ref=0 cotp.reason=138\nO #1 \n");
	expect("O:" CR " R:0300000d0870000102c10202f0", "= cotp\n"
	       "O cotp.cr cotp.type=224 cotp.dst_ref=0 cotp.src_ref=1 cotp.src_tsap=0001 cotp.dst_tsap=0001 cotp.tpdu_size=1024\n"
	       "R cotp.er cotp.type=112 cotp.dst_ref=1 cotp.reason=2\nR #1 \n");
	/* an empty TSDU is nothing to hand up */
	expect(OPEN "O:0300000702f080", "= cotp\n"
	       "O cotp.cr cotp.type=224 cotp.dst_ref=0 cotp.src_ref=1 cotp.src_tsap=0001 cotp.dst_tsap=0001 cotp.tpdu_size=1024\n"
	       "R cotp.cc cotp.type=208 cotp.dst_ref=1 cotp.src_ref=4660 cotp.src_tsap=0001 cotp.dst_tsap=0001 cotp.tpdu_size=1024\n"
	       "O cotp.dt cotp.type=240\n");
}

/* Each row: a stream, and all the anomalies it is to give, in order, in each way of feeding. */
static void test_anomalies(void)
{
	static const struct {
		const char *script, *want;
	} row[] = {
		{ OPEN, "" },
		/* TPKT */
		{ "O:0203000802f08041", "O !tpkt.version\n" },
		{ "O:04", "O !tpkt.version\n" },
		{ OPEN "O:0400000802f08041 O:0400000802f08041", "O !tpkt.version\n" },
		{ "O:03ff000802f08041", "O !tpkt.reserved\nO !cotp.noConnect\n" },
		{ "O:03000006 O:03000006", "O !tpkt.length\n" },
		{ "O:03000000", "O !tpkt.length\n" },
		/* length indicator */
		{ OPEN "O=00f08041", "O !cotp.li\n" },
		{ OPEN "O=fff08041", "O !cotp.li\n" },
		{ OPEN "O=04f08041", "O !cotp.li\n" },
		{ OPEN "O=01f08041", "O !cotp.li\n" },
		{ "O=05e00000000100", "O !cotp.li\n" },
		{ OPEN "O=05800001000000", "O !cotp.li\n" },
		{ OPEN "O=03f0804100", "O !cotp.dtHeader\n" },
		/* types */
		{ OPEN "O=0600000112340000", "O !cotp.type\n" },
		{ OPEN "O=0690000112340000", "O !cotp.type\n" },
		{ OPEN "O=05c000011234", "O !cotp.type\n" },
		{ OPEN "O=0460000100", "O !cotp.type\n" },
		{ OPEN "O=0420000100", "O !cotp.type\n" },
		{ OPEN "O=0450000100", "O !cotp.type\n" },
		{ OPEN "O=02108041", "O !cotp.type\n" },
		{ OPEN "O=0340000041", "O !cotp.type\n" },
		{ OPEN "O=02f18041", "O !cotp.credit\n" },
		/* expedited data that both sides asked for is no anomaly */
		{ "O=09e00000000100c60101 R=09d00001123400c60101 O=02108041", "" },
		{ "O=09e00000000100c60101 R=09d00001123400c60100 O=02108041", "O !cotp.type\n" },
		/* parameters: bad size, unknown in CR and CC, past the end, twice, wrong length */
		{ "O=09e00000000100c00106", "O !cotp.parameter\n" },
		{ "O=09e00000000100c0010e", "O !cotp.parameter\n" },
		{ "O=09e00000000100770106", "" },
		{ "O:" CR " R=09d00001123400770106", "R !cotp.parameter\n" },
		{ "O=09e00000000100c10201", "O !cotp.parameter\n" },
		{ "O=07e00000000100c1", "O !cotp.parameter\n" },
		{ "O=0ae00000000100c0020a0a", "O !cotp.parameter\n" },
		{ "O=09e00000000100c40102", "O !cotp.parameter\n" },
		{ "O=11e00000000100c10101c10102c20101", "O !cotp.li\n" },
		{ "O=0fe00000000100c10101c10102c20101", "O !cotp.parameterTwice\n" },
		{ "O=09e00000000100c70150", "O !cotp.parameter\n" },
		{ "O=09e00000000100f00100", "O !cotp.parameter\n" },
		{ OPEN "O=0980123400010085010a", "O !cotp.parameter\n" },
		/* CR and CC */
		{ "O=06e0000000010041", "O !cotp.userData\n" },
		{ "O=06e00000000000", "O !cotp.reference\n" },
		{ "O=06e00001000100", "O !cotp.reference\n" },
		{ "O=06e10000000100", "O !cotp.credit\n" },
		{ "O=06e00000000101", "O !cotp.credit\n" },
		{ "O=06e00000000120", "O !cotp.class\n" },
		{ "O:" CR " R=06d00002123400", "R !cotp.reference\n" },
		{ "O:" CR " R=06d00000123400", "" },
		{ "O:" CR " R=06d00001000000", "" },
		{ "O:" CR " R=06d00001123420", "R !cotp.class\n" },
		{ "O=06e00000000120 R=06d00001123400", "O !cotp.class\nR !cotp.class\n" },
		{ "O=09e00000000120c70100 R=06d00001123400", "O !cotp.class\n" },
		{ "O=09e00000000140c70130 R=06d00001123420", "O !cotp.class\nR !cotp.class\n" },
		{ "O=09e00000000130c70110 R=06d00001123400", "O !cotp.class\n" },
		{ "O=06e00000000110 R=06d00001123400", "O !cotp.class\n" },
		{ "O:" CR " R=09d00001123400c0010b", "R !cotp.tpduSize\n" },
		{ "O:" CR " R=09d00001123400c00109", "" },
		{ "O:" CR " R=09d00001123400f00108", "" },
		{ "O:" CR " R=09d00001123400f00109", "R !cotp.tpduSize\n" },
		/* states */
		{ OPEN "O:" CR, "O !cotp.second\n" },
		{ OPEN "R:" CR, "R !cotp.second\n" },
		{ OPEN "R:" CC, "R !cotp.second\n" },
		{ "O:" CR " O:" CR, "O !cotp.second\n" },
		{ "O:" CR " R:" CR " R:" CC, "R !cotp.second\n" },
		{ "O:" CR " O:" CC, "O !cotp.state\n" },
		{ "R:" CC, "R !cotp.noConnect\n" },
		{ "O=02f08041 R=02f08041", "O !cotp.noConnect\n" },
		{ "O:" CR " O=02f08041 R:" CC, "O !cotp.dtEarly\n" },
		{ "O:" CR " R=02f08041 O=02f08041", "R !cotp.dtEarly\n" },
		{ "O=06800001123400", "O !cotp.state\n" },
		{ OPEN "R=06800001123400 O=02f08041", "O !cotp.state\n" },
		{ OPEN "R=06800001123400 O=06801234000180", "" },
		{ OPEN "R=06800001123400 R:" CC, "R !cotp.state\n" },
		{ OPEN "R=06800001123400 O:" CR " R:" CC, "O !cotp.second\n" },
		{ OPEN "R=06800002123400", "R !cotp.reference\n" },
		{ OPEN "O=06800001123400", "O !cotp.reference\n" },
		{ OPEN "O=06801234000100", "" },
		{ OPEN "O=0680123400010041", "O !cotp.userData\n" },
		/* DT */
		{ OPEN "O=02f08141", "O !cotp.dtNumber\n" },
		{ OPEN "O=04f080c30041", "O !cotp.dtHeader\n" },
		{ OPEN "O=04f080c3000041", "O !cotp.dtHeader\n" },
		{ OPEN "O=02f000 O=02f08041", "O !cotp.dtEmpty\n" },
		{ OPEN "O=02f00041 O=02f08041", "O !cotp.fragmentSmall\n" },
		/* class 2: its own DT header, acknowledgements */
		{ "O=06e00000000120 R=06d00001123420 O=04f012348041 O=0460123400",
		  "O !cotp.class\nR !cotp.class\n" },
		{ "O=06e00000000120 R=06d00001123420 O=07f012348000000141", "O !cotp.class\nR !cotp.class\n" },
		{ "O=06e00000000120 R=06d00001123420 O=02f08041", "O !cotp.class\nR !cotp.class\nO !cotp.dtHeader\n" },
	};
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		for (enum way way = 0; way < WAY_N; way++) {
			struct cotp_state s;
			begin(1 << 20);
			cotp_init(&s);
			play(&s, way, row[i].script);
			char got[512] = "";
			for (const char *p = log_text(&lg); *p != 0; p += strcspn(p, "\n") + 1) {
				if (p[2] == '!')
					strncat(got, p, strcspn(p, "\n") + 1);
			}
			if (strcmp(got, row[i].want) != 0)
				printf("# %s way %d\n# gives\n%s", row[i].script, way, log_text(&lg));
			CU_ASSERT_STRING_EQUAL(got, row[i].want);
			end(&s);
		}
	}
}

static size_t put_dt(uint8_t *out, bool eot, uint8_t fill, size_t n)
{
	size_t len = n + 7;
	const uint8_t head[7] = { 3, 0, (uint8_t)(len >> 8), (uint8_t)len, 2, 0xf0, eot ? 0x80 : 0 };
	memcpy(out, head, 7);
	memset(out + 7, fill, n);
	return len;
}

static void test_big_cr(void)
{
	uint8_t cr[256] = { 3, 0, 0, 140, 135, 0xe0, 0, 0, 0, 1, 0, 0, 0xc1, 127 };
	cr[2] = 0;
	cr[3] = 140;
	cr[11] = 0xc1;
	cr[12] = 127;
	for (size_t n = 128; n <= 132; n++) {
		struct cotp_state s;
		begin(1 << 20);
		cotp_init(&s);
		cr[3] = (uint8_t)(n + 4);
		cr[4] = (uint8_t)(n - 1);
		cr[12] = (uint8_t)(n - 9);
		feed(&s, WHOLE, DIR_ORIG, cr, n + 4);
		CU_ASSERT_EQUAL(lg.anomalies[AN_COTP_CR_SIZE], n > 128);
		CU_ASSERT_EQUAL(s.phase, COTP_WFCC);
		end(&s);
	}
}

/* A TSDU of n octets in DT of at most size data octets each; what comes up is whole. */
static void test_reassembly(void)
{
	static uint8_t dt[70000];
	static const size_t sizes[] = { 1, 2, 124, 125, 1021, 8189 };
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		for (size_t n = 1; n < 3000; n = n * 2 + 1) {
			struct cotp_state s;
			begin(1 << 20);
			cotp_init(&s);
			size_t frags = 0;
			for (size_t at = 0; at < n; at += sizes[i], frags++) {
				size_t part = size_min(sizes[i], n - at);
				feed(&s, frags % 2 ? WHOLE : OCTETS, DIR_ORIG, dt, put_dt(dt, at + part == n, 0x41, part));
			}
			CU_ASSERT_EQUAL(lg.units, 1);
			const char *up = strstr(log_text(&lg), "#0 ");
			CU_ASSERT(up != NULL && strspn(up + 3, "41") == 2 * n);
			CU_ASSERT_EQUAL(lg.anomalies[AN_COTP_FRAGMENT_SMALL], frags > 1 && sizes[i] < 125);
			CU_ASSERT_EQUAL(lg.anomalies[AN_COTP_FRAGMENTS], frags > limits.tsdu_frags_max);
			CU_ASSERT(s.dir[0].frags == 0 && s.dir[0].tsdu.len == 0);
			end(&s);
		}
	}
	struct cotp_state s; /* the directions do not mix */
	begin(1 << 20);
	cotp_init(&s);
	play(&s, OCTETS, "O:0300000802f00041 R:0300000802f00051 O:0300000802f08042 R:0300000802f08052");
	CU_ASSERT_PTR_NOT_NULL(strstr(log_text(&lg), "O #0 4142\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(log_text(&lg), "R #0 5152\n"));
	end(&s);
}

static void test_caps(void)
{
	static uint8_t dt[70000];
	for (enum way way = 0; way < WAY_N; way++) {
		struct cotp_state s;
		begin(1 << 20);
		limits.tsdu_max = 1000;
		limits.tsdu_frags_max = 4;
		cotp_init(&s);
		feed(&s, way, DIR_ORIG, dt, put_dt(dt, true, 0x41, 1000));
		CU_ASSERT_EQUAL(lg.units, 1);
		feed(&s, way, DIR_ORIG, dt, put_dt(dt, true, 0x41, 1001)); /* one DT over the cap */
		CU_ASSERT_EQUAL(lg.units, 1);
		CU_ASSERT_EQUAL(lg.anomalies[AN_COTP_TSDU_SIZE], 1);
		for (unsigned i = 0; i < 5; i++)
			feed(&s, way, DIR_ORIG, dt, put_dt(dt, false, 0x42, 400));
		CU_ASSERT_EQUAL(s.dir[DIR_ORIG].tsdu.len, 0);
		CU_ASSERT_EQUAL(lg.anomalies[AN_COTP_TSDU_SIZE], 2);
		CU_ASSERT_EQUAL(lg.anomalies[AN_COTP_FRAGMENTS], 1);
		feed(&s, way, DIR_ORIG, dt, put_dt(dt, true, 0x42, 1));
		CU_ASSERT_EQUAL(lg.units, 1);
		CU_ASSERT_EQUAL(lg.anomalies[AN_COTP_FRAGMENTS], 1);
		feed(&s, way, DIR_ORIG, dt, put_dt(dt, true, 0x43, 5)); /* and goes on */
		CU_ASSERT_EQUAL(lg.units, 2);
		CU_ASSERT_PTR_NOT_NULL(strstr(log_text(&lg), "O #0 4343434343\n"));
		end(&s);
	}
}

static void test_agreed_size(void)
{
	static uint8_t dt[4096];
	struct cotp_state s;
	begin(1 << 20);
	cotp_init(&s);
	play(&s, WHOLE, OPEN); /* 1024 */
	feed(&s, WHOLE, DIR_ORIG, dt, put_dt(dt, true, 0x41, 1021));
	CU_ASSERT_EQUAL(lg.anomalies[AN_COTP_DT_SIZE], 0);
	for (unsigned i = 0; i < 3; i++) {
		feed(&s, WHOLE, DIR_ORIG, dt, put_dt(dt, true, 0x41, 1022));
		CU_ASSERT_EQUAL(lg.anomalies[AN_COTP_DT_SIZE], 1);
	}
	feed(&s, WHOLE, DIR_REPLY, dt, put_dt(dt, true, 0x41, 2000));
	CU_ASSERT_EQUAL(lg.anomalies[AN_COTP_DT_SIZE], 2);
	CU_ASSERT_EQUAL(lg.units, 5);
	end(&s);
}

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

static void test_probe(void)
{
	static const struct {
		const char *hex;
		enum probe want;
	} row[] = {
		{ CR, PROBE_YES },
		{ CC, PROBE_YES },
		{ "030000bb02f0800db2", PROBE_YES },
		{ "0300000802f00041", PROBE_YES },
		{ "03ff000c06e0000000010041", PROBE_YES },         /* odd, but a CR */
		{ "0300000b06800001123400", PROBE_YES },
		{ "0300000d0870000102c10202f0", PROBE_YES },
		{ "0300002c27e00000000000436f6f6b69653a20", PROBE_YES }, /* RDP */
		{ "0300001008020001057e000000000000", PROBE_NO },   /* Q.931 */
		{ "0300001308 02 0001 05 04 03 80 90 a5 7e", PROBE_NO },
		{ "0301000802f08041", PROBE_NO },                   /* DT is taken strictly */
		{ "0300000802f08141", PROBE_NO },
		{ "0300000802f18041", PROBE_NO },
		{ "0300000904f0800041", PROBE_NO },
		{ "03000006", PROBE_NO },
		{ "0300000000", PROBE_NO },
		{ "0200000802f08041", PROBE_NO },
		{ "03000008ff", PROBE_NO },
		{ "0300000800", PROBE_NO },
		{ "0300000804", PROBE_NO },
		{ "0300000802e0", PROBE_NO },
		{ "0300000a05c000011234", PROBE_NO },
		{ "47455420", PROBE_NO },
		{ "1603010200", PROBE_NO },
	};
	uint8_t b[64];
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		size_t n = unhex(row[i].hex, b, sizeof(b));
		CU_ASSERT_EQUAL(cotp_probe(span_of(b, n)), row[i].want);
		bool decided = false; /* once decided, more octets change nothing; undecided only before */
		for (size_t len = 0; len <= n; len++) {
			enum probe p = cotp_probe(span_of(b, len));
			CU_ASSERT(p == (decided ? row[i].want : p));
			CU_ASSERT(p == PROBE_MORE || p == row[i].want);
			decided = p != PROBE_MORE;
		}
		CU_ASSERT(cotp_probe(span_of(b, 0)) == PROBE_MORE);
	}
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

/* --- RDP -------------------------------------------------------------------------------------- */

#define RDP_CR_COOKIE "27e00000000000436f6f6b69653a206d737473686173683d656c746f6e730d0a0100080000000000"
#define RDP_CR_NEGO "0ee000000000000100080003000000"
#define RDP_CC "0ed000001234000200080001000000"
#define RDP_CC_FAILED "0ed000001234000300080005000000"
#define PLAIN_CC "06d00000123400"
#define MCS "02f0807f658201"

static void rdp_case(const char *script, bool rdp, unsigned units)
{
	for (enum way way = 0; way < WAY_N; way++) {
		struct cotp_state s;
		begin(1 << 20);
		cotp_init(&s);
		play(&s, way, script);
		CU_ASSERT_EQUAL(strstr(log_text(&lg), "= rdp\n") != NULL, rdp);
		CU_ASSERT_EQUAL(s.rdp, rdp);
		CU_ASSERT_EQUAL(lg.units, units);
		unsigned anomalies = 0;
		for (unsigned a = 0; a < ANOMALY_N; a++)
			anomalies += lg.anomalies[a];
		CU_ASSERT_EQUAL(anomalies, 0);
		end(&s);
	}
}

static void test_rdp(void)
{
	rdp_case("O=" RDP_CR_COOKIE " R=" RDP_CC " O:160301 R:0000 O:" A, true, 0);
	rdp_case("O=" RDP_CR_NEGO " R=" RDP_CC_FAILED " O:" A, true, 0);
	rdp_case("O=" RDP_CR_COOKIE " R=" PLAIN_CC " O=" MCS " O:440480 R:" A, true, 0);
	/* a cookie alone blinds nobody: the server's answer, or what comes next, tells */
	rdp_case("O=" RDP_CR_COOKIE " R=" PLAIN_CC " O:" A " R:" B " O=" MCS, false, 3);
	rdp_case("O=" RDP_CR_NEGO " R=" PLAIN_CC " O:" A, false, 1);
	/* an answer nobody asked for, MCS nobody announced */
	struct cotp_state s;
	begin(1 << 20);
	cotp_init(&s);
	play(&s, WHOLE, "O:" CR " R=" RDP_CC " O=" MCS " O:" A);
	CU_ASSERT(!s.rdp);
	CU_ASSERT_EQUAL(lg.units, 2);
	end(&s);
	begin(1 << 20); /* what was held is given back when RDP is met */
	cotp_init(&s);
	play(&s, WHOLE, "O=" RDP_CR_NEGO " O:0300 R=" RDP_CC " O:0008");
	CU_ASSERT_EQUAL(bufpool_used(pool), 0);
	end(&s);
}

UNIT_MAIN({ "connection", test_connection }, { "anomalies", test_anomalies }, { "CR over 128 octets", test_big_cr },
	  { "reassembly", test_reassembly }, { "caps", test_caps }, { "agreed size", test_agreed_size },
	  { "truncated and changed, whole and by octets", test_damage }, { "segment sizes", test_segments },
	  { "octets consumed", test_consumed }, { "no copy of what is whole", test_no_copy }, { "budget", test_budget },
	  { "probe", test_probe }, { "resync", test_resync }, { "phase after a gap", test_gap_phase },
	  { "resync, any segments", test_resync_segments }, { "RDP", test_rdp })
