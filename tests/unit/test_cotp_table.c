/* test_cotp_table.c - every phase, TPDU and direction; every field of every TPDU; every TPDU cut at every octet. */
#include "tests/unit/unit.h"
#include "tests/unit/cotp_play.h"

/* --- phases ----------------------------------------------------------------------------------- */

#define CR_OF(class) "O=06e000000001" class " "
#define CC_OF(class) "R=06d000011234" class " "
#define DR_R "R=06800001123480 "

static const char phase_letters[COTP_PHASE_N + 1] = "cwoe"; /* closed, wait for CC, open, ended */

enum tpdu { CR_, CC_, DR_, DC_, DT_, ED_, AK_, EA_, RJ_, ER_, UD_, TPDU_N };

static const struct {
	const char *name, *from[DIR_N];
} tpdus[TPDU_N] = {
	[CR_] = { "CR", { "06e00000000100", "06e00000000700" } },
	[CC_] = { "CC", { "06d00001123400", "06d00001123400" } },
	[DR_] = { "DR", { "06801234000180", "06800001123480" } },
	[DC_] = { "DC", { "05c012340001", "05c000011234" } },
	[DT_] = { "DT", { "02f08041", "02f08041" } },
	[ED_] = { "ED", { "02108041", "02108041" } },
	[AK_] = { "AK", { "0460123400", "0460000100" } },
	[EA_] = { "EA", { "0420123400", "0420000100" } },
	[RJ_] = { "RJ", { "0450123400", "0450000100" } },
	[ER_] = { "ER", { "0870123401c10202f0", "0870000101c10202f0" } },
	[UD_] = { "UD", { "0340000041", "0340000041" } },
};
/* the same where the class has numbers and references in them */
static const char *const numbered[TPDU_N][DIR_N] = {
	[DT_] = { "04f012348041", "04f000018041" },
	[ED_] = { "041012348041", "041000018041" },
};

/* A cell: the phase after it, then the anomalies it is told as. O is the one that sent the CR. */
typedef const char *const cells[TPDU_N][COTP_PHASE_N][DIR_N];

/* X.224 6.5, 6.7, 8; RFC 1006 5. Class 0: no acknowledgements, no expedited data that nobody agreed on. */
static cells class_0 = {
	[CR_] = { { "w", "w" }, { "w second", "w second" }, { "o second", "o second" }, { "w second", "w second" } },
	[CC_] = { { "o noConnect", "o noConnect" }, { "w state", "o" }, { "o second", "o second" }, { "e state", "e state" } },
	[DR_] = { { "e state", "e state" }, { "e", "e" }, { "e", "e" }, { "e", "e" } },
	[DC_] = { { "c type", "c type" }, { "w type", "w type" }, { "o type", "o type" }, { "e type", "e type" } },
	[DT_] = { { "o noConnect", "o noConnect" }, { "w dtEarly", "o dtEarly" }, { "o", "o" }, { "e state", "e state" } },
	[ED_] = { { "c type", "c type" }, { "w type", "w type" }, { "o type", "o type" }, { "e type", "e type" } },
	[AK_] = { { "c type", "c type" }, { "w type", "w type" }, { "o type", "o type" }, { "e type", "e type" } },
	[EA_] = { { "c type", "c type" }, { "w type", "w type" }, { "o type", "o type" }, { "e type", "e type" } },
	[RJ_] = { { "c type", "c type" }, { "w type", "w type" }, { "o type", "o type" }, { "e type", "e type" } },
	[ER_] = { { "e state", "e state" }, { "e", "e" }, { "e", "e" }, { "e", "e" } },
	[UD_] = { { "c type", "c type" }, { "w type", "w type" }, { "o type", "o type" }, { "e type", "e type" } },
};

/* Class 3, which has all of them. Before a CR no class is known. A CC is of class 0 here, and was not offered. */
static cells class_3 = {
	[CR_] = { { "w", "w" }, { "w second", "w second" }, { "o second", "o second" }, { "w second", "w second" } },
	[CC_] = { { "o noConnect", "o noConnect" }, { "w state", "o class" }, { "o second", "o second" },
		  { "e state", "e state" } },
	[DR_] = { { "e state", "e state" }, { "e", "e" }, { "e", "e" }, { "e", "e" } },
	[DC_] = { { "c type", "c type" }, { "w state", "w state" }, { "o state", "o state" }, { "e", "e" } },
	[DT_] = { { "o noConnect dtHeader dtNumber", "o noConnect dtHeader" }, { "w dtEarly", "o dtEarly" }, { "o", "o" },
		  { "e state", "e state" } },
	[ED_] = { { "c type", "c type" }, { "w state", "w state" }, { "o", "o" }, { "e state", "e state" } },
	[AK_] = { { "c type", "c type" }, { "w state", "w state" }, { "o", "o" }, { "e state", "e state" } },
	[EA_] = { { "c type", "c type" }, { "w state", "w state" }, { "o", "o" }, { "e state", "e state" } },
	[RJ_] = { { "c type", "c type" }, { "w state", "w state" }, { "o", "o" }, { "e state", "e state" } },
	[ER_] = { { "e state", "e state" }, { "e", "e" }, { "e", "e" }, { "e", "e" } },
	[UD_] = { { "c type", "c type" }, { "w type", "w type" }, { "o type", "o type" }, { "e type", "e type" } },
};

/* The way into each phase. */
static const char *const into[2][COTP_PHASE_N] = {
	{ "", CR_OF("00"), CR_OF("00") CC_OF("00"), CR_OF("00") CC_OF("00") DR_R },
	{ "", CR_OF("30"), CR_OF("30") CC_OF("30"), CR_OF("30") CC_OF("30") DR_R },
};

/* Anomalies told since, without their layer, in the order of their numbers. */
static const char *told(char *out, size_t cap)
{
	struct wr w = wr_of(out, cap - 1);
	for (unsigned a = 0; a < ANOMALY_N; a++)
		for (unsigned n = 0; n < lg.anomalies[a]; n++)
			wr_fmt(&w, " %s", strchr(anomaly_name(a), '.') + 1);
	out[w.len] = '\0';
	return out;
}

static void cell(bool three, unsigned phase, enum tpdu t, enum dir d, const char *want)
{
	for (enum way way = 0; way < WAY_N; way++) {
		struct cotp_state s;
		char got[256], odd[200], script[200];
		begin(1 << 20);
		cotp_init(&s);
		play(&s, way, into[three][phase]);
		CU_ASSERT_EQUAL(s.phase, phase);
		memset(lg.anomalies, 0, sizeof(lg.anomalies));
		const char *hex = three && numbered[t][d] != NULL ? numbered[t][d] : tpdus[t].from[d];
		snprintf(script, sizeof(script), "%c=%s", d == DIR_ORIG ? 'O' : 'R', hex);
		play(&s, way, script);
		snprintf(got, sizeof(got), "%c%s", phase_letters[s.phase], told(odd, sizeof(odd)));
		CU_ASSERT_STRING_EQUAL(got, want);
		if (strcmp(got, want) != 0)
			printf("# class %d, %c, %s of %c: %s, not %s\n", three ? 3 : 0, phase_letters[phase], tpdus[t].name,
			       script[0], got, want);
		end(&s);
	}
}

static void test_cells(void)
{
	for (unsigned phase = 0; phase < COTP_PHASE_N; phase++)
		for (enum tpdu t = 0; t < TPDU_N; t++)
			for (enum dir d = DIR_ORIG; d < DIR_N; d++) {
				cell(false, phase, t, d, class_0[t][phase][d]);
				cell(true, phase, t, d, class_3[t][phase][d]);
			}
}

/* --- fields ----------------------------------------------------------------------------------- */

/* Event lines, each field in them with a value that another line does not have. */
static const struct {
	const char *script, *want;
} rows[] = {
	{ "O=21e00000000100c0010ac10141c2024242c60101c7020010f0020008f20400000001",
	  "O cotp.cr cotp.type=224 cotp.dst_ref=0 cotp.src_ref=1 cotp.credit=0 cotp.class=0 cotp.class_options=0 cotp.src_tsap=41 "
	  "cotp.dst_tsap=4242 cotp.tpdu_size=1024 cotp.options=1 cotp.alternative_class=0 cotp.alternative_class=1 "
	  "cotp.parameter=192 cotp.parameter=193 cotp.parameter=194 cotp.parameter=198 cotp.parameter=199 cotp.parameter=240 "
	  "cotp.parameter=242\n" },
	{ "O=13e50007000243c1024243c20141c60112c7013077014142",
	  "O cotp.cr cotp.type=224 cotp.dst_ref=7 cotp.src_ref=2 cotp.credit=5 cotp.class=4 cotp.class_options=3 "
	  "cotp.src_tsap=4243 cotp.dst_tsap=41 cotp.options=18 cotp.alternative_class=3 cotp.parameter=193 cotp.parameter=194 "
	  "cotp.parameter=198 cotp.parameter=199 cotp.data=77014142\n" },
	{ "O=06e00000000120 R=09d30001005522c0010b41",
	  "R cotp.cc cotp.type=208 cotp.dst_ref=1 cotp.src_ref=85 cotp.credit=3 cotp.class=2 cotp.class_options=2 "
	  "cotp.tpdu_size=2048 cotp.parameter=192 cotp.data=41\n" },
	{ OPEN "O=0980123400010ae0014143",
	  "O cotp.dr cotp.type=128 cotp.dst_ref=4660 cotp.src_ref=1 cotp.reason=10 cotp.info=41 "
	  "cotp.parameter=224 cotp.data=43\n" },
	{ OPEN "R=0a800001123480e0024243",
	  "R cotp.dr cotp.type=128 cotp.dst_ref=1 cotp.src_ref=4660 cotp.reason=128 cotp.info=4243 cotp.parameter=224\n" },
	{ OPEN "O=0770123403c10140",
	  "O cotp.er cotp.type=112 cotp.dst_ref=4660 cotp.reason=3 cotp.rejected=40 cotp.parameter=193\n" },
	{ OPEN "R=0870000102c10202f0",
	  "R cotp.er cotp.type=112 cotp.dst_ref=1 cotp.reason=2 cotp.rejected=02f0 cotp.parameter=193\n" },
	{ OPEN "O=02f00541", "O cotp.dt cotp.type=240 cotp.eot=0 cotp.nr=5\n" },
	{ OPEN "O=02f08041", "O cotp.dt cotp.type=240 cotp.eot=1 cotp.nr=0\n" },
	{ CR_OF("20") CC_OF("20") "O=04f012348641", "O cotp.dt cotp.type=240 cotp.dst_ref=4660 cotp.eot=1 cotp.nr=6\n" },
	{ CR_OF("20") CC_OF("20") "R=07f000010000010241", "R cotp.dt cotp.type=240 cotp.dst_ref=1 cotp.eot=0 cotp.nr=258\n" },
	{ CR_OF("20") CC_OF("20") "O=04101234854142",
	  "O cotp.ed cotp.type=16 cotp.dst_ref=4660 cotp.eot=1 cotp.nr=5 cotp.data=4142\n" },
	{ OPEN "O=0210024344", "O cotp.ed cotp.type=16 cotp.eot=0 cotp.nr=2 cotp.data=4344\n" },
	{ OPEN "O=0469123407", "O cotp.ak cotp.type=96 cotp.dst_ref=4660 cotp.nr=7 cotp.credit=9\n" },
	{ CR_OF("20") CC_OF("20") "O=0d601234000001030102c3020102",
	  "O cotp.ak cotp.type=96 cotp.dst_ref=4660 cotp.nr=259 cotp.credit=258 cotp.parameter=195\n" },
	{ OPEN "R=0420000104", "R cotp.ea cotp.type=32 cotp.dst_ref=1 cotp.nr=4\n" },
	{ OPEN "R=072000010000000a", "R cotp.ea cotp.type=32 cotp.dst_ref=1 cotp.nr=10\n" },
	{ OPEN "R=0452000103", "R cotp.rj cotp.type=80 cotp.dst_ref=1 cotp.nr=3 cotp.credit=2\n" },
	{ OPEN "O=05c012340001", "O cotp.dc cotp.type=192 cotp.dst_ref=4660 cotp.src_ref=1\n" },
	{ OPEN "R=05c000011234", "R cotp.dc cotp.type=192 cotp.dst_ref=1 cotp.src_ref=4660\n" },
	{ OPEN "R=034000004142", "R cotp.ud cotp.type=64 cotp.data=4142\n" },
};

/* The last event's line; anomalies and units are looked at elsewhere. */
static const char *last_event(void)
{
	static char got[1024];
	got[0] = '\0';
	for (const char *p = log_text(&lg); *p != 0; p += strcspn(p, "\n") + 1) {
		if (p[2] == 'c')
			snprintf(got, sizeof(got), "%.*s\n", (int)strcspn(p, "\n"), p);
	}
	return got;
}

static void test_fields(void)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct cotp_state s;
		begin(1 << 20);
		cotp_init(&s);
		play(&s, WHOLE, rows[i].script);
		CU_ASSERT_STRING_EQUAL(last_event(), rows[i].want);
		if (strcmp(last_event(), rows[i].want) != 0)
			printf("# %s\n# gives %s", rows[i].script, last_event());
		end(&s);
	}
}

/* Each keyword of this layer stands in two rows at least, with values that differ: none can be a constant. */
static void test_no_constant(void)
{
	for (unsigned f = 0; f < FLD_N; f++) {
		char key[64];
		const char *first = NULL;
		bool differ = false;
		snprintf(key, sizeof(key), "%s=", field_name(f));
		for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
			const char *at = strstr(rows[i].want, key);
			if (at == NULL)
				continue;
			differ |= first != NULL && strncmp(at, first, strcspn(at, " \n") + 1) != 0;
			first = at;
		}
		CU_ASSERT(differ || strncmp(key, "cotp.", 5) != 0);
		if (!differ && strncmp(key, "cotp.", 5) == 0)
			printf("# %s never differs\n", key);
	}
}

/* --- cut -------------------------------------------------------------------------------------- */

/* The last TPDU of a script with keep octets of it left; mend: with the length indicator that it would have to have then. */
static void cut(const char *whole, size_t keep, bool mend)
{
	struct cotp_state s;
	char script[512], two[24];
	const char *mark = strrchr(whole, '=') + 1;
	const size_t head = (size_t)(mark - whole);
	unsigned li = 0;
	sscanf(mark, "%2x", &li);
	snprintf(script, sizeof(script), "%.*s", (int)(head + 2 * keep), whole);
	if (mend && keep > 0 && keep <= li) {
		snprintf(two, sizeof(two), "%02zx", keep - 1);
		memcpy(script + head, two, 2);
	}
	begin(1 << 20);
	cotp_init(&s);
	play(&s, OCTETS, script);
	CU_ASSERT(mend || keep > li || lg.anomalies[AN_COTP_LI] + lg.anomalies[AN_TPKT_LENGTH] == 1);
	CU_ASSERT(s.phase < COTP_PHASE_N);
	end(&s);
}

static void test_cut(void)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		for (size_t keep = 0; keep < strlen(strrchr(rows[i].script, '=') + 1) / 2; keep++) {
			cut(rows[i].script, keep, false);
			cut(rows[i].script, keep, true);
		}
	}
}

UNIT_MAIN({ "every phase, TPDU and direction", test_cells }, { "every field", test_fields },
	  { "no field is a constant", test_no_constant }, { "every TPDU cut at every octet", test_cut })
