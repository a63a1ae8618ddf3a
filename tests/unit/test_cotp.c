/* test_cotp.c - TPKT and COTP: every anomaly, reassembly and its caps, the first octets, RDP. */
#include "tests/unit/unit.h"
#include "tests/unit/cotp_play.h"

#define A "0300000802f08041"
#define B "0300000902f0804242"
#define TSAPS "cotp.credit=0 cotp.class=0 cotp.class_options=0 cotp.src_tsap=0001 cotp.dst_tsap=0001 cotp.tpdu_size=1024 " \
	"cotp.parameter=192 cotp.parameter=193 cotp.parameter=194\n"
#define DT_LAST " cotp.dt cotp.type=240 cotp.eot=1 cotp.nr=0\n"

#define CLASS_2 "O=06e00000000120 R=06d00001123420 "
#define CLASS_2_ODD "O !cotp.class\nR !cotp.class\n"
#define OCTETS_16 "41414141414141414141414141414141"
#define OCTETS_32 OCTETS_16 OCTETS_16

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
	       "O cotp.cr cotp.type=224 cotp.dst_ref=0 cotp.src_ref=1 " TSAPS
	       "R cotp.cc cotp.type=208 cotp.dst_ref=1 cotp.src_ref=4660 " TSAPS
	       "O" DT_LAST "O #0 41\n"
	       "R" DT_LAST "R #0 42\n"
	       "R cotp.dr cotp.type=128 cotp.dst_ref=1 cotp.src_ref=4660 cotp.reason=133\nR #1 \n");
	/* refused; and the called side of the TCP connection may be the one that calls here */
	expect("R:" CR " O:0300000b0680000100008a", "= cotp\n"
	       "R cotp.cr cotp.type=224 cotp.dst_ref=0 cotp.src_ref=1 " TSAPS
	       "O cotp.dr cotp.type=128 cotp.dst_ref=1 cotp.src_ref=0 cotp.reason=138\nO #1 \n");
	expect("O:" CR " R:0300000d0870000102c10202f0", "= cotp\n"
	       "O cotp.cr cotp.type=224 cotp.dst_ref=0 cotp.src_ref=1 " TSAPS
	       "R cotp.er cotp.type=112 cotp.dst_ref=1 cotp.reason=2 cotp.rejected=02f0 cotp.parameter=193\nR #1 \n");
	/* an empty TSDU is nothing to hand up */
	expect(OPEN "O:0300000702f080", "= cotp\n"
	       "O cotp.cr cotp.type=224 cotp.dst_ref=0 cotp.src_ref=1 " TSAPS
	       "R cotp.cc cotp.type=208 cotp.dst_ref=1 cotp.src_ref=4660 " TSAPS
	       "O" DT_LAST);
}

/* Each row: a stream, and all the anomalies it is to give, in order, in each way of feeding. */
static const struct {
	const char *script, *want;
} rows[] = {
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
	/* ... of another class than the connection's; missing; an ER's own */
	{ "O=0ae00000000100c30200ff", "O !cotp.parameter\n" },
	{ "O=09e00000000100c40101", "O !cotp.parameter\n" },
	{ "O=0ae00000000140c30200ff", "O !cotp.class\n" },
	{ "O=0ae00000000100850201ff", "O !cotp.parameter\n" },
	{ "O=0de00000000100c6010185020001", "O !cotp.parameter\n" },
	{ "O=0ce00000000100f20400000001", "" },
	{ "O:" CR " R=0470000101", "R !cotp.parameter\n" },
	{ "O:" CR " R=0870000101c20202f0", "R !cotp.parameter\nR !cotp.parameter\n" },
	{ "O:" CR " R=0670000101c100", "" },
	{ "O=06e00000000120 R=06d00001123420 R=0470000101", "O !cotp.class\nR !cotp.class\n" },
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
	{ "O=06e00000000100 R=09d00001123400c0010d", "" },
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
	{ OPEN "O=06801234000200", "O !cotp.reference\n" },
	{ OPEN "R=06800001123500", "R !cotp.reference\n" },
	{ OPEN "R=06800001000000", "" },
	{ OPEN "R=0870000202c10202f0", "R !cotp.reference\n" },
	{ "R:" CC " O=06800077007700", "R !cotp.noConnect\n" },
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
	{ CLASS_2 "O=04f012358041", CLASS_2_ODD "O !cotp.reference\n" },
	{ CLASS_2 "R=04f012348041", CLASS_2_ODD "R !cotp.reference\n" },
	{ CLASS_2 "O=0460123500", CLASS_2_ODD "O !cotp.reference\n" },
	{ CLASS_2 "O=03f0123441", CLASS_2_ODD "O !cotp.dtHeader\n" },
	{ CLASS_2 "O=05f012348000", CLASS_2_ODD "O !cotp.parameter\n" },
	{ CLASS_2 "O=09601234000000010005", CLASS_2_ODD },
	{ CLASS_2 "O=06601234000500", CLASS_2_ODD "O !cotp.parameter\n" },
	{ CLASS_2 "O=0860123400c3020001", CLASS_2_ODD },
	{ CLASS_2 "O=08601234008a020001", CLASS_2_ODD },
	{ CLASS_2 "O=08f01234808a020001", CLASS_2_ODD "O !cotp.parameter\n" },
	{ CLASS_2 "O=08f0123480c302000141", CLASS_2_ODD },
	{ CLASS_2 "O=0450123400", CLASS_2_ODD "O !cotp.type\n" },
	/* user data of the other classes: 32 octets of CR and CC, 64 of DR, none of AK, 1 to 16 of ED */
	{ "O=06e00000000120" OCTETS_32, "O !cotp.class\n" },
	{ "O=06e00000000120" OCTETS_32 "41", "O !cotp.userData\nO !cotp.class\n" },
	{ CLASS_2 "O=06801234000100" OCTETS_32 OCTETS_32, CLASS_2_ODD },
	{ CLASS_2 "O=06801234000100" OCTETS_32 OCTETS_32 "41", CLASS_2_ODD "O !cotp.userData\n" },
	{ CLASS_2 "O=046012340041", CLASS_2_ODD "O !cotp.userData\n" },
	{ CLASS_2 "O=041012348041", CLASS_2_ODD },
	{ CLASS_2 "O=0410123480" OCTETS_16, CLASS_2_ODD },
	{ CLASS_2 "O=0410123480" OCTETS_16 "41", CLASS_2_ODD "O !cotp.userData\n" },
	{ "O=09e00000000100c60101 R=09d00001123400c60101 O=021080", "O !cotp.userData\n" },
	{ "O=06e00000000120 R=06d00001123420 O=02f08041", "O !cotp.class\nR !cotp.class\nO !cotp.dtHeader\n" },
};

static void test_anomalies(void)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		for (enum way way = 0; way < WAY_N; way++) {
			struct cotp_state s;
			begin(1 << 20);
			cotp_init(&s);
			play(&s, way, rows[i].script);
			char got[512] = "";
			for (const char *p = log_text(&lg); *p != 0; p += strcspn(p, "\n") + 1) {
				if (p[2] == '!')
					strncat(got, p, strcspn(p, "\n") + 1);
			}
			if (strcmp(got, rows[i].want) != 0)
				printf("# %s way %d\n# gives\n%s", rows[i].script, way, log_text(&lg));
			CU_ASSERT_STRING_EQUAL(got, rows[i].want);
			end(&s);
		}
	}
}

/* The log without the fields of DT. */
static void without_dt_fields(const char *log, char *out)
{
	static const char dt[] = " cotp.dt";
	for (const char *p = log; *p != 0; p += strcspn(p, "\n") + 1) {
		const bool is_dt = strncmp(p + 1, dt, sizeof(dt) - 1) == 0;
		const size_t n = is_dt ? sizeof(dt) : strcspn(p, "\n");
		memcpy(out, p, n);
		out += n;
		*out++ = '\n';
	}
	*out = 0;
}

/* A DT whose fields nobody looks at is taken the short way where it is usual: what comes of every stream is the same. */
static void test_short_way(void)
{
	static char want[sizeof(lg.text) + 1], got[sizeof(lg.text) + 1];
	static const char *const others[] = {
		/* over the size agreed on; a TSDU that lost a part; data of class 2 */
		"O:0300001611e00000000100c00107c1020001c2020001 R:0300001611d00001123400c00107c1020001c2020001 O=02f080" OCTETS_32
			OCTETS_32 OCTETS_32 OCTETS_32,
		OPEN "O=02f00041 O~ O:" A A A, CLASS_2 "O=02f08041"
	};
	uint64_t wants[DEC_EVENT_WORDS];
	memset(wants, 0xff, sizeof(wants));
	wants[EV_COTP_DT / 64] &= ~(UINT64_C(1) << (EV_COTP_DT % 64));
	for (size_t i = 0; i < 2 * (ARRAY_LEN(rows) + ARRAY_LEN(others)); i++) {
		const char *const stream = i / 2 < ARRAY_LEN(rows) ? rows[i / 2].script : others[i / 2 - ARRAY_LEN(rows)];
		struct cotp_state s[2];
		char script[4096];
		/* each stream by itself, and with DTs before and behind it */
		snprintf(script, sizeof(script), "%s%s%s", i % 2 != 0 ? OPEN "O:" A " R:" B " " : "", stream,
			 i % 2 != 0 ? " O:" A " R:" B : "");
		for (unsigned shorter = 0; shorter < 2; shorter++) {
			begin(1 << 20);
			lg.ctx.wants = shorter != 0 ? wants : NULL;
			cotp_init(&s[shorter]);
			play(&s[shorter], WHOLE, script);
			without_dt_fields(log_text(&lg), shorter != 0 ? got : want);
			end(&s[shorter]);
		}
		CU_ASSERT_STRING_EQUAL(got, want);
		CU_ASSERT_EQUAL(memcmp(&s[0], &s[1], sizeof(s[0])), 0);
	}
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

UNIT_MAIN({ "connection", test_connection }, { "anomalies", test_anomalies },
	  { "the short way", test_short_way }, { "CR over 128 octets", test_big_cr },
	  { "reassembly", test_reassembly }, { "caps", test_caps }, { "agreed size", test_agreed_size },
	  { "probe", test_probe }, { "RDP", test_rdp })
