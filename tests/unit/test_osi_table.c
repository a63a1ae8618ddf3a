/* test_osi_table.c - session, presentation and ACSE: every state, PDU and direction, each with what is told and where it leads. */
#include "tests/unit/unit.h"
#include "tests/unit/osi_play.h"

/* Anomalies and units since the last reset of the log: " state", " #1". */
static const char *told(void)
{
	static char out[512];
	struct wr w = wr_of(out, sizeof(out) - 1);
	for (const char *p = odd_and_units(); *p != 0; p += strcspn(p, "\n") + 1) {
		const size_t n = strcspn(p, "\n");
		if (p[2] == '#')
			wr_fmt(&w, " #%c", p[3]);
		else
			wr_fmt(&w, " %.*s", (int)(n - 3), p + 3);
	}
	out[w.len] = '\0';
	return out;
}

static void quiet(void)
{
	lg.out.len = 0;
	memset(lg.anomalies, 0, sizeof(lg.anomalies));
}

/* --- session (X.225 annex A) ------------------------------------------------------------------- */

static const char ses_letters[SES_PHASE_N + 1] = "icdrx"; /* idle, connecting, data, releasing, closed */

/* The way into each phase. The one that sent CN, and FN, is O. */
static const char *const into[SES_PHASE_N] = { "", CN, OPEN, OPEN "O " RLRQ, OPEN "R " ABORT };

/* A cell is the phase after it, anomalies, units. Idle, nothing has been seen: what comes is said to be odd, and believed. */
static const struct {
	const char *name, *spdu, *cell[SES_PHASE_N][DIR_N];
} spdus[] = {
	{ "CN", "0d[05[16[02]]]", /* a second one may be taken or not: the first association goes on */
	  { { "c", "c" }, { "c ses.state", "c ses.state" }, { "d ses.state", "d ses.state" }, { "r ses.state", "r ses.state" },
	    { "c", "c" } } },
	{ "AC", "0e[05[16[02]]]",
	  { { "d ses.state", "d ses.state" }, { "c ses.state", "d" }, { "d ses.state", "d ses.state" },
	    { "r ses.state", "r ses.state" }, { "x ses.state", "x ses.state" } } },
	{ "RF", "0c[]",
	  { { "x ses.state #2", "x ses.state #2" }, { "c ses.state", "x #2" }, { "d ses.state", "d ses.state" },
	    { "r ses.state", "r ses.state" }, { "x ses.state", "x ses.state" } } },
	{ "FN", "09[]",
	  { { "r ses.state", "r ses.state" }, { "c ses.state", "c ses.state" }, { "r", "r" }, { "r ses.state", "r" },
	    { "x ses.state", "x ses.state" } } },
	{ "DN", "0a[]",
	  { { "x ses.state #2", "x ses.state #2" }, { "c ses.state", "c ses.state" }, { "d ses.state", "d ses.state" },
	    { "r ses.state", "x #2" }, { "x ses.state", "x ses.state" } } },
	{ "NF", "08[]",
	  { { "d ses.state", "d ses.state" }, { "c ses.state", "c ses.state" }, { "d ses.state", "d ses.state" },
	    { "r ses.state", "d" }, { "x ses.state", "x ses.state" } } },
	{ "AB", "19[]",
	  { { "x ses.state #1", "x ses.state #1" }, { "x #1", "x #1" }, { "x #1", "x #1" }, { "x #1", "x #1" },
	    { "x ses.state", "x ses.state" } } },
	{ "AA", "1a[]",
	  { { "x ses.state", "x ses.state" }, { "c ses.state", "c ses.state" }, { "d ses.state", "d ses.state" },
	    { "r ses.state", "r ses.state" }, { "x", "x" } } },
	{ "DT", GTDT,
	  { { "d ses.state", "d ses.state" }, { "c ses.state", "c ses.state" }, { "d", "d" }, { "r ses.state", "r" },
	    { "x ses.state", "x ses.state" } } },
	{ "TD", "21[]",
	  { { "d ses.si ses.state", "d ses.si ses.state" }, { "c ses.si ses.state", "c ses.si ses.state" },
	    { "d ses.si", "d ses.si" }, { "r ses.si ses.state", "r ses.si" }, { "x ses.si ses.state", "x ses.si ses.state" } } },
	{ "MAP", "29[]",
	  { { "i ses.si", "i ses.si" }, { "c ses.si", "c ses.si" }, { "d ses.si", "d ses.si" }, { "r ses.si", "r ses.si" },
	    { "x ses.si", "x ses.si" } } },
	{ "unknown", "77[]",
	  { { "i ses.si", "i ses.si" }, { "c ses.si", "c ses.si" }, { "d ses.si", "d ses.si" }, { "r ses.si", "r ses.si" },
	    { "x ses.si", "x ses.si" } } },
};

static void check(const char *what, const char *state, char letter, const char *want)
{
	char got[600];
	snprintf(got, sizeof(got), "%c%s", letter, told());
	CU_ASSERT_STRING_EQUAL(got, want);
	if (strcmp(got, want) != 0)
		printf("# %s at %s: %s, not %s\n", what, state, got, want);
}

static void test_session(void)
{
	for (size_t i = 0; i < ARRAY_LEN(spdus); i++)
		for (unsigned phase = 0; phase < SES_PHASE_N; phase++)
			for (enum dir d = DIR_ORIG; d < DIR_N; d++) {
				struct osi_state s;
				char script[200];
				reset(&s);
				play(&s, into[phase]);
				CU_ASSERT_EQUAL(s.ses, phase);
				quiet();
				snprintf(script, sizeof(script), "%c %s|", d == DIR_ORIG ? 'O' : 'R', spdus[i].spdu);
				play(&s, script);
				check(spdus[i].name, (char[]){ ses_letters[phase], script[0], 0 }, ses_letters[s.ses],
				      spdus[i].cell[phase][d]);
			}
}

/* Release by both sides at once, from either; then whoever answers last ends it. */
static void test_collision(void)
{
	struct osi_state s;
	reset(&s);
	play(&s, OPEN "O 09[]|R 09[]|O 0a[]|");
	CU_ASSERT_EQUAL(s.ses, SES_CLOSED);
	reset(&s);
	play(&s, OPEN "O 09[]|R 09[]|R 0a[]|");
	CU_ASSERT_EQUAL(s.ses, SES_RELEASING);
	CU_ASSERT_EQUAL(lg.anomalies[AN_SES_STATE], 1);
}

/* --- ACSE (X.227 7) --------------------------------------------------------------------------- */

static const char acse_letters[ACSE_PHASE_N + 1] = "iqarx"; /* idle, requested, associated, releasing, closed */

/* As data, which is none of an APDU's places: so that the session stays where it is. */
static const struct {
	const char *name, *apdu, *cell[ACSE_PHASE_N];
} apdus[] = {
	{ "AARQ", "60{a1{06{2801}}}", { "q", "q acse.state", "a acse.state", "r acse.state", "q" } },
	{ "AARE", AARE_OF("00", "00", ""), { "i acse.state", "a", "a acse.state", "r acse.state", "x acse.state" } },
	{ "AARE that refuses", AARE_OF("01", "00", ""),
	  { "i acse.state", "x #2", "a acse.state", "r acse.state", "x acse.state" } },
	{ "AARE for authentication", AARE_OF("01", "0d", ""),
	  { "i acse.state", "x acse.authentication #2", "a acse.state", "r acse.state", "x acse.state" } },
	{ "RLRQ", "62{}", { "i acse.state", "q acse.state", "r", "r", "x acse.state" } },
	{ "RLRE", "63{}", { "i acse.state", "q acse.state", "a acse.state", "x", "x acse.state" } },
	{ "RLRE not finished", "63{80{01}}", { "i acse.state", "q acse.state", "a acse.state", "a", "x acse.state" } },
	{ "ABRT", "64{80{00}}", { "x acse.state #1", "x #1", "x #1", "x #1", "x acse.state #1" } },
};

static void test_acse(void)
{
	for (size_t i = 0; i < ARRAY_LEN(apdus); i++)
		for (unsigned phase = 0; phase < ACSE_PHASE_N; phase++)
			for (enum dir d = DIR_ORIG; d < DIR_N; d++) {
				struct osi_state s;
				char script[400], want[100];
				reset(&s);
				play(&s, OPEN);
				s.acse = (uint8_t)phase;
				quiet();
				snprintf(script, sizeof(script), "%c " GTDT USER("01", "%s") "|", d == DIR_ORIG ? 'O' : 'R',
					 apdus[i].apdu);
				play(&s, script);
				const char *cell = apdus[i].cell[phase];
				snprintf(want, sizeof(want), "%c acse.apdu%s", cell[0], cell + 1);
				check(apdus[i].name, (char[]){ acse_letters[phase], script[0], 0 }, acse_letters[s.acse], want);
			}
}

/* --- presentation: PPDUs by SPDU, data by context ---------------------------------------------------------- */

enum { CARRIERS = 9 };
static const char *const carriers[CARRIERS][2] = { /* the way there, and its SPDU around the PPDU */
	{ "", "O 0d[05[16[02]]c1[%s]]|" },
	{ CN, "R 0e[05[16[02]]c1[%s]]|" },
	{ CN, "R 0c[32[02 %s]]|" },
	{ OPEN, "O 09[c1[%s]]|" },
	{ OPEN "O " RLRQ, "R 0a[c1[%s]]|" },
	{ OPEN "O " RLRQ, "R 08[c1[%s]]|" },
	{ OPEN, "O 19[c1[%s]]|" },
	{ OPEN, "O " GTDT "%s|" },
	{ OPEN, "O 21[]%s|" },
};

/* p: pres.pdu; then the event: C cp, A cpa, R cpr, U aru, P arp, c ac, a aca, - none. CN AC RF FN DN NF AB DT TD. */
static const struct {
	const char *ppdu, *cells[CARRIERS];
} ppdus[] = {
	{ "31{a0{80{01}}}", { "C", "A", "p-", "p-", "p-", "p-", "p-", "p-", "p-" } },
	{ "30{}", { "p-", "p-", "R", "p-", "p-", "p-", "P", "p-", "p-" } },
	{ "a0{}", { "pU", "pU", "pU", "pU", "pU", "pU", "U", "p-", "c" } }, /* an ARU of some stacks comes in FN */
	{ "a1{}", { "p-", "p-", "p-", "p-", "p-", "p-", "p-", "p-", "a" } },
	{ "61{}", { "p-", "p-", "-", "-", "-", "-", "-", "-", "-" } },
	{ "04{}", { "p-", "p-", "p-", "p-", "p-", "p-", "p-", "p-", "p-" } },
};

/* The letter of the presentation event in the log. */
static char pres_event(void)
{
	static const char letters[] = "CARUPca";
	const char *at = strstr(log_text(&lg), " pres.");
	for (unsigned k = 0; at != NULL && k < strlen(letters); k++) {
		const char *name = event_name(EV_PRES_CP + k);
		const size_t n = strlen(name);
		if (strncmp(at + 1, name, n) == 0 && (at[1 + n] == ' ' || at[1 + n] == '\n'))
			return letters[k];
	}
	return '-';
}

static void test_presentation(void)
{
	for (size_t i = 0; i < ARRAY_LEN(ppdus); i++)
		for (unsigned c = 0; c < CARRIERS; c++) {
			struct osi_state s;
			char script[400], got[4];
			reset(&s);
			play(&s, carriers[c][0]);
			quiet();
			snprintf(script, sizeof(script), carriers[c][1], ppdus[i].ppdu);
			play(&s, script);
			snprintf(got, sizeof(got), "%s%c", lg.anomalies[AN_PRES_PDU] != 0 ? "p" : "", pres_event());
			CU_ASSERT_STRING_EQUAL(got, ppdus[i].cells[c]);
			if (strcmp(got, ppdus[i].cells[c]) != 0)
				printf("# %s in %s: %s, not %s\n", ppdus[i].ppdu, carriers[c][1], got, ppdus[i].cells[c]);
		}
}

/* Data in a context by what became of it: agreed on, refused, not yet answered, never heard of. */
static void test_contexts(void)
{
	static const struct {
		const char *before, *tsdu;
		bool odd, read;
	} row[] = {
		{ OPEN, DATA("O", "03", MMS_REQ), false, true },
		{ OPEN, DATA("R", "03", MMS_REQ), false, true },
		{ CN AC_OF(CPA(YES NO, "")), DATA("O", "03", MMS_REQ), true, true },
		{ CN AC_OF(CPA(YES NO, "")), DATA("R", "03", MMS_REQ), true, true },
		{ CN AC_OF(CPA(YES, "")), DATA("O", "03", MMS_REQ), true, true },
		{ OPEN, DATA("O", "05", MMS_REQ), true, false },
		{ "", CN_OF(CP(ACSE_CTX MMS_CTX, USER("03", MMS_REQ))), false, true },
		{ "", CN_OF(CP(ACSE_CTX MMS_CTX, USER("05", MMS_REQ))), true, false },
		{ CN, "R 0c[32[02 30{a5{" NO NO "}" USER("03", MMS_REQ) "}]]|", true, true },
		{ CN, "R 0c[32[02 30{" USER("03", MMS_REQ) "}]]|", false, true },
		{ CN, "O 19[c1[a0{" USER("03", MMS_REQ) "}]]|", false, true },
		{ CN, AC_OF(CPA(YES YES, USER("03", MMS_REQ))), false, true },
		{ CN, AC_OF(CPA("", USER("03", MMS_REQ))), true, true },
	};
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct osi_state s;
		reset(&s);
		play(&s, row[i].before);
		quiet();
		play(&s, row[i].tsdu);
		CU_ASSERT_EQUAL(lg.anomalies[AN_PRES_CONTEXT], row[i].odd);
		const bool read = strstr(odd_and_units(), "a0050201018200") != NULL;
		CU_ASSERT_EQUAL(read, row[i].read);
		if (lg.anomalies[AN_PRES_CONTEXT] != row[i].odd || read != row[i].read)
			printf("# row %zu:\n%s", i, log_text(&lg));
	}
	struct osi_state s;
	reset(&s);
	no_more();
}

UNIT_MAIN({ "every phase, SPDU and direction", test_session }, { "both release", test_collision },
	  { "every state, APDU and direction", test_acse }, { "every SPDU and PPDU", test_presentation },
	  { "data by its context", test_contexts })
