/* test_osi.c - session, presentation and ACSE: what goes up, what is odd, and that damage harms nothing. */
#include "decoders/cotp/cotp.h"
#include "tests/unit/unit.h"
#include "tests/unit/osi_play.h"
#include "tests/unit/dec_vectors.h"

#define CN_TOLD "O ses.connect ses.si=13 ses.spdu=636f6e6e656374 ses.options=0 ses.version=2 ses.requirements=2 " \
	"ses.src_sel=0001 ses.dst_sel=0002 ses.parameter=5 ses.parameter=19 ses.parameter=20 ses.parameter=22 ses.parameter=51 " \
	"ses.parameter=52 ses.parameter=193\n"
#define CP_TOLD "O pres.cp pres.src_sel=0a pres.dst_sel=0b pres.mode=1 pres.context=1 pres.abstract_syntax=52010001 " \
	"pres.transfer_syntax=5101 pres.context=3 pres.abstract_syntax=28ca220201 pres.transfer_syntax=5101 pres.form=1\n"

static void test_association(void)
{
	struct osi_state s;
	reset(&s);
	play(&s, OPEN DATA("O", "03", MMS_REQ) "O " RLRQ "R " RLRE);
	CU_ASSERT_STRING_EQUAL(log_text(&lg), CN_TOLD CP_TOLD "O acse.aarq acse.apdu=0 acse.context_name=28ca220203\n" U_REQ
		"R ses.accept ses.si=14 ses.spdu=616363657074 ses.options=0 ses.version=2 ses.requirements=2 ses.dst_sel=0002 "
		"ses.parameter=5 ses.parameter=19 ses.parameter=20 ses.parameter=22 ses.parameter=52 ses.parameter=193\n"
		"R pres.cpa pres.dst_sel=0c pres.mode=1 pres.context=1 pres.result=0 pres.transfer_syntax=5101 "
		"pres.context=3 pres.result=0 pres.transfer_syntax=5101 pres.form=1\n"
		"R acse.aare acse.apdu=1 acse.context_name=28ca220203 acse.result=0 acse.source=1 acse.diagnostic=0\n" U_RSP
		U_O
		"O ses.finish ses.si=9 ses.spdu=66696e697368 ses.parameter=193\nO acse.rlrq acse.apdu=2 acse.reason=0\n"
		"R ses.disconnect ses.si=10 ses.spdu=646973636f6e6e656374 ses.parameter=193\n"
		"R acse.rlre acse.apdu=3 acse.reason=0\nR #2 \n");
	CU_ASSERT_EQUAL(s.ses, SES_CLOSED);
	CU_ASSERT_EQUAL(s.acse, ACSE_CLOSED);
	reset(&s);
	play(&s, CN_OF(CP(ACSE_CTX, USER("01", "60{a1{06{2801}}"
		"a2{06{2902}}a3{02{0c}}a6{06{2901}}a7{02{0d}}8a{0780}8b{520301}ac{80{70}}}"))) "R " ABORT);
	CU_ASSERT_STRING_EQUAL(log_text(&lg), CN_TOLD
		"O pres.cp pres.src_sel=0a pres.dst_sel=0b pres.mode=1 pres.context=1 pres.abstract_syntax=52010001 "
		"pres.transfer_syntax=5101 pres.form=1\n"
		"O acse.aarq acse.apdu=0 acse.context_name=2801 acse.called_title=06022902 acse.called_qualifier=02010c "
		"acse.calling_title=06022901 acse.calling_qualifier=02010d acse.requirements=1 acse.mechanism=520301 "
		"acse.auth_kind=0 acse.auth_value=70 acse.auth_length=1\n"
		"R ses.abort ses.si=25 ses.spdu=61626f7274 ses.disconnect=11 ses.parameter=17 ses.parameter=193\n"
		"R pres.aru pres.form=1\nR acse.abrt acse.apdu=4 acse.abort_source=0\nR #1 \n");
}

static const struct {
	const char *script, *want;
} rows[] = {
	{ OPEN, U_OPEN },
	{ "O |", "" },
	/* SPDU identifiers and lengths */
	{ OPEN "O 02[]|O 21[]|O 32[]|O ff|", U_OPEN "O !ses.si\nO !ses.si\nO !ses.si\nO !ses.si\n" },
	{ OPEN "R 19|", U_OPEN "R !ses.length\n" },
	{ OPEN "R 19ff00|", U_OPEN "R !ses.length\n" },
	{ OPEN "R 19[]00|", U_OPEN "R !ses.length\nR #1 \n" },
	{ OPEN "R 1901|", U_OPEN "R !ses.length\nR #1 \n" },
	{ OPEN "R 19ff0003 11[0b]|", U_OPEN "R !ses.longLength\nR #1 \n" },
	{ OPEN "R 19 05 11ff00010b|", U_OPEN "R !ses.longLength\nR #1 \n" },
	{ OPEN "R 19[11[0b]c105]|", U_OPEN "R !ses.length\nR #1 \n" },
	{ OPEN "R 01|", U_OPEN "R !ses.length\n" },
	{ OPEN "R 0105|", U_OPEN "R !ses.length\n" },
	{ OPEN "R 01[]0102|", U_OPEN "R !ses.length\n" },
	/* parameters: unknown, of another SPDU, of a wrong size, twice, group in a group */
	{ OPEN "R 19[99[00]]|", U_OPEN "R !ses.parameter\nR #1 \n" },
	{ OPEN "R 19[33[00]]|", U_OPEN "R !ses.parameter\nR #1 \n" },
	{ OPEN "R 19[11[0b00]]|", U_OPEN "R !ses.parameter\nR #1 \n" },
	{ OPEN "R 19[11[0b]11[01]]|", U_OPEN "R !ses.parameterTwice\nR #1 \n" },
	{ "O 0d[05[16[02]05[]]]|", "O !ses.parameter\n" },
	{ "O 0d[05[16[02]]33[0001020304050607080910111213141516]]|", "O !ses.parameter\n" },
	{ "O 0d[16[02]05[16[02]]]|", "O !ses.parameterTwice\n" },
	/* version and functional units */
	{ "O 0d[05[13[00]]]|", "O !ses.version\n" },
	{ "O 0d[05[16[01]]]|", "O !ses.version\n" },
	{ "O 0d[05[16[03]]]|", "" },
	{ "O 0d[05[16[02]]14[0349]]|", "O !ses.requirements\n" },
	/* data: token and data SPDUs with parameters, no token SPDU, a token SPDU before another */
	{ OPEN "O 01[10[00]]01[]" USER("03", MMS_REQ), U_OPEN "O !ses.dataLength\n" U_O },
	{ OPEN "O 01[]01[19[03]]" USER("03", MMS_REQ), U_OPEN "O !ses.dataLength\n" U_O },
	{ OPEN "O 01[]" USER("03", MMS_REQ), U_OPEN "O !ses.tokens\n" U_O },
	{ OPEN "O 01[]" ABORT, U_OPEN "O !ses.tokens\nO #1 \n" },
	/* phases and directions */
	{ DATA("O", "03", MMS_REQ) DATA("R", "05", MMS_REQ), "O !ses.state\n" U_O "R #0 a0050201018200\n" },
	{ CN DATA("O", "03", MMS_REQ), U_REQ "O !ses.state\nO !pres.context\n" U_O },
	{ CN "O 0e[05[16[02]]]|" AC, U_REQ "O !ses.state\n" U_RSP },
	{ OPEN "R 0e[05[16[02]]]|", U_OPEN "R !ses.state\n" },
	{ OPEN "R 0c[32[01]]|", U_OPEN "R !ses.state\n" },
	{ OPEN "R 0a[]|", U_OPEN "R !ses.state\n" },
	{ OPEN "R 08[]|", U_OPEN "R !ses.state\n" },
	{ OPEN "R 1a[]|", U_OPEN "R !ses.state\n" },
	{ CN "O " RLRQ, U_REQ "O !ses.state\nO !pres.context\nO !acse.state\n" },
	{ OPEN "O " RLRQ DATA("R", "03", MMS_REQ), U_OPEN "R #0 a0050201018200\n" },
	{ OPEN "O " RLRQ DATA("O", "03", MMS_REQ), U_OPEN "O !ses.state\n" U_O },
	{ OPEN "O " RLRQ "O " RLRQ, U_OPEN "O !ses.state\n" },
	{ OPEN "O " RLRQ "R " RLRQ "O " RLRE, U_OPEN "O #2 \n" },
	{ OPEN "O " RLRQ "O " RLRE, U_OPEN "O !ses.state\n" },
	{ OPEN "O " RLRQ "R 08[c1[" USER("01", "63{80{01}}") "]]|" DATA("O", "03", MMS_REQ) "O " RLRQ "R " RLRE,
	  U_OPEN U_O "R #2 \n" },
	{ OPEN "O " ABORT "R 1a[]|", U_OPEN "O #1 \n" },
	{ OPEN "R 19[]|O " ABORT, U_OPEN "R #1 \nO !ses.state\nO !acse.state\n" },
	{ OPEN "O " RLRQ "R 08[c1[" USER("01", "63{}") "]]|O " RLRQ "R " RLRE, U_OPEN "R #2 \n" },
	{ OPEN "O " ABORT "R " ABORT, U_OPEN "O #1 \nR !ses.state\nR !acse.state\n" },
	{ OPEN "O " ABORT DATA("O", "03", MMS_REQ), U_OPEN "O #1 \nO !ses.state\n" U_O },
	{ OPEN "O " RLRQ "R " RLRE OPEN, U_OPEN "R #2 \n" U_OPEN },
	{ "R 19[]|", "R !ses.state\nR #1 \n" },
	/* a second CN: nobody knows who takes it, so data of either set of contexts is read from here */
	{ OPEN CN_OF(CP(CTX("05", "52010001") CTX("07", "28ca220201"), "")) DATA("O", "07", MMS_REQ) DATA("O", "03", MMS_REQ),
	  U_OPEN "O !ses.state\nO #0 a0050201018200\n" U_O },
	/* refusals: by the session layer, CPR, with user data in the reason code, with AARE, with ABRT */
	{ CN "R 0c[11[01]32[81]]|", U_REQ "R #2 \n" },
	{ CN "R 0c[32[02 30{a5{" NO NO "}8a{03}}]]|", U_REQ "R #2 \n" },
	{ CN "R 0c[c1[30{a5{" NO NO "}}]]|", U_REQ "R #2 \n" },
	{ CN "R 0c[32[02 30{" USER("01", AARE_OF("01", "01", "")) "}]]|", U_REQ "R #2 \n" },
	{ CN "R 0c[32[02 30{a5{" YES "}" USER("01", "64{80{01}}") "}]]|", U_REQ "R !acse.apdu\nR #1 \n" },
	{ CN AC_OF(CPA(YES YES, USER("01", AARE_OF("01", "0d", "")))), U_REQ "R !acse.authentication\nR #2 \n" },
	{ CN AC_OF(CPA(YES YES, USER("01", AARE_OF("02", "01", "")))), U_REQ "R #2 \n" },
	/* aborts: by the provider, with ARP; with no user data; ABRT within FN, as one stack does */
	{ OPEN "R 19[11[05]c1[30{80{01}81{03}}]]|", U_OPEN "R #1 \n" },
	{ OPEN "R 09[c1[a0{" USER("01", "64{80{00}}") "}]]|R 0a[]|", U_OPEN "R !pres.pdu\nR !acse.apdu\nR #1 \nR !ses.state\n" },
	{ OPEN "R 09[c1[" USER("01", "64{80{00}}") "]]|", U_OPEN "R !acse.apdu\nR #1 \n" },
	/* PPDUs in the wrong place, none at all, with something behind */
	{ OPEN "O " GTDT "31{}|", U_OPEN "O !pres.pdu\n" },
	{ OPEN "O " GTDT "30{80{00}}|", U_OPEN "O !pres.pdu\n" },
	{ OPEN "O " GTDT "|", U_OPEN },
	{ OPEN "O " GTDT USER("03", MMS_REQ) "0500|", U_OPEN U_O "O !pres.trailing\n" },
	{ OPEN "O " GTDT "61{0500}|", U_OPEN "O !pres.pdu\n" },
	{ OPEN "O " GTDT "61{30{02{03}}}|", U_OPEN "O !pres.pdu\n" },
	{ CN_OF(USER("01", AARQ)), "O !pres.pdu\nO !pres.context\n" },
	/* modes, SET members in any order */
	{ CN_OF("31{a0{80{00}}}"), "O !pres.mode\n" },
	{ CN_OF("31{a2{a4{" ACSE_CTX MMS_CTX "}" USER("01", AARQ) "}}"), "O !pres.mode\n" U_REQ },
	{ CN_OF("31{a2{" USER("01", AARQ) "a4{" ACSE_CTX MMS_CTX "}}a0{80{01}}}") AC, U_OPEN },
	{ CN_OF("31{a0{80{01}}a2{0500}}"), "O !pres.pdu\n" },
	{ CN_OF("31{a0{80{01}}0500}"), "O !pres.pdu\n" },
	/* contexts by the ids that were agreed on, whatever they are */
	{ CN_OF(CP(CTX("0b", "28ca220201") CTX("09", "52010001"), USER("09", AARQ_OF("be{28{02{0b}a0{a8{}}}}"))))
		AC_NO_ACSE
		DATA("O", "0b", MMS_REQ) DATA("R", "0b", MMS_REQ), "O #0 a800\n" U_O "R #0 a0050201018200\n" },
	{ OPEN DATA("O", "05", MMS_REQ), U_OPEN "O !pres.context\n" },
	{ CN_OF(CP(CTX("01", "28ca220201") CTX("03", "52010001"), "")) AC_NO_ACSE DATA("O", "03", MMS_REQ), "O !acse.apdu\n" },
	{ CN AC_OF(CPA(YES NO, USER("01", AARE))) DATA("O", "03", MMS_REQ),
	  U_REQ "R !pres.context\n" U_RSP "O !pres.context\n" U_O },
	{ CN AC_OF(CPA(YES, USER("01", AARE))), U_REQ "R !pres.context\n" U_RSP },
	{ CN_OF(CP(ACSE_CTX CTX("03", "28ca220101"), "")) AC_NO_ACSE DATA("O", "03", MMS_REQ), U_O },
	{ CN_OF(CP(ACSE_CTX CTX("03", "28ca230201"), "")) AC_NO_ACSE DATA("O", "03", MMS_REQ), "O !pres.syntax\n" },
	{ CN_OF(CP(ACSE_CTX "30{02{03}06{28ca220201}30{06{5102}}}", "")), "O !pres.transfer\n" },
	{ CN AC_OF(CPA("30{80{00}81{5102}}" YES, "")), U_REQ "R !pres.transfer\n" },
	{ CN AC_OF(CPA(YES YES YES, "")), U_REQ "R !pres.definition\n" },
	{ CN AC_OF(CPA("30{81{5101}}" YES, "")), U_REQ "R !pres.definition\n" },
	/* a list that may be read in two ways: from here content tells */
	{ CN_OF(CP(CTX("03", "52010001") CTX("03", "28ca220201"), "")) AC_NO_ACSE DATA("O", "03", MMS_REQ),
	  "O !pres.definition\n" U_O },
	{ CN_OF(CP(ACSE_CTX "30{02{03}}", "")) AC_NO_ACSE DATA("O", "03", MMS_REQ), "O !pres.definition\n" U_O },
	{ CN_OF(CP(ACSE_CTX "30{06{28ca220201}02{03}30{}}", "")), "O !pres.definition\n" },
	{ CN_OF(CP(ACSE_CTX "30{02{03}06{28ca220201}06{5101}}", "")), "O !pres.definition\n" },
	/* PDV lists: several; the other forms; transfer syntax named; several values; no context */
	{ OPEN "O " GTDT "61{" PDV("03", MMS_REQ) PDV("03", "8b00") "}|", U_OPEN U_O "O #0 8b00\n" },
	{ OPEN "O " GTDT "61{30{02{03}81{" MMS_REQ "8b00}}}|", U_OPEN "O !pres.form\n" U_O "O #0 8b00\n" },
	{ OPEN "O " GTDT "61{30{02{03}82{00" MMS_REQ "}}}|", U_OPEN "O !pres.form\n" U_O },
	{ OPEN "O " GTDT "61{30{06{5101}02{03}a0{" MMS_REQ "}}}|", U_OPEN U_O },
	{ OPEN "O " GTDT "61{30{06{5102}02{03}a0{" MMS_REQ "}}}|", U_OPEN "O !pres.transfer\n" U_O },
	{ OPEN "O " GTDT "61{30{02{03}a0{" MMS_REQ "8b00}}}|", U_OPEN U_O "O !pres.trailing\nO #0 8b00\n" },
	{ OPEN "O " GTDT "61{30{02{03}a0{" MMS_REQ "}a0{8b00}}}|", U_OPEN U_O "O !pres.trailing\nO #0 8b00\n" },
	{ OPEN "O " GTDT "61{30{a0{" MMS_REQ "}}}|", U_OPEN "O !pres.context\n" U_O },
	{ OPEN "O " GTDT "60{" MMS_REQ "}|", U_OPEN "O !pres.form\n" U_O },
	{ OPEN "O " GTDT "40{" MMS_REQ "}|", U_OPEN "O !pres.form\n" U_O },
	/* BER: indefinite lengths all the way, longer lengths than needed, lengths too long, form */
	{ OPEN "O " GTDT "6180 3080 020103 a080 a080 020101 8200 0000 0000 0000 0000|",
	  U_OPEN "O #0 a08002010182000000\nO !ber.indefinite\n" },
	{ OPEN "O " GTDT "61810e 30{02{03}a0{" MMS_REQ "}}|", U_OPEN U_O "O !ber.nonMinimal\n" },
	{ OPEN "O " GTDT "6110 30{02{03}a0{" MMS_REQ "}}|", U_OPEN "O !ber.length\n" },
	{ OPEN "O " GTDT "61{30{02{03}a0{a006 0201018200}}}|", U_OPEN "O !ber.length\n" },
	{ OPEN "O " GTDT "61{30{02{03}80{" MMS_REQ "}}}|", U_OPEN "O !ber.form\n" },
	{ OPEN "O " GTDT "61{0000 " PDV("03", MMS_REQ) "}|", U_OPEN U_O "O !ber.endOfContents\n" },
	/* ACSE: APDU unknown, in another SPDU, in another state; elements unknown, twice, missing, malformed */
	{ OPEN DATA("O", "01", "65{}"), U_OPEN "O !acse.apdu\n" },
	{ OPEN DATA("O", "01", "62{}"), U_OPEN "O !acse.apdu\n" },
	{ OPEN "O 09[c1[" USER("01", "63{}") "]]|", U_OPEN "O !acse.apdu\nO !acse.state\n" },
	{ CN_OF(CP(ACSE_CTX MMS_CTX, "")) AC_OF(CPA(YES YES, USER("01", AARE))), "R !acse.state\n" U_RSP },
	{ CN_OF(CP(ACSE_CTX, USER("01", "60{}"))), "O !acse.parameter\n" },
	{ CN_OF(CP(ACSE_CTX, USER("01", AARQ_OF("8e{00}")))), "O !acse.parameter\n" },
	{ CN_OF(CP(ACSE_CTX, USER("01", AARQ_OF("a1{06{2801}}")))), "O !acse.parameter\n" },
	{ CN_OF(CP(ACSE_CTX, USER("01", "60{a1{02{01}}}"))), "O !acse.parameter\n" },
	{ CN_OF(CP(ACSE_CTX, USER("01", AARQ_OF("be{02{01}}")))), "O !acse.parameter\n" },
	{ CN AC_OF(CPA(YES YES, USER("01", "61{a1{06{2801}}}"))), U_REQ "R !acse.parameter\n" },
	{ CN AC_OF(CPA(YES YES, USER("01", "61{a1{06{2801}}a2{02{00}}a3{02{00}}}"))), U_REQ "R !acse.parameter\nR !ber.form\n" },
	/* user information: direct reference named, octet-aligned, no context */
	{ CN_OF(CP(ACSE_CTX MMS_CTX, USER("01", AARQ_OF("be{28{06{5101}02{03}a0{a8{}}}}")))), "O #0 a800\n" },
	{ CN_OF(CP(ACSE_CTX MMS_CTX, USER("01", AARQ_OF("be{28{02{03}81{a8{}}}}")))), "O !pres.form\nO #0 a800\n" },
	{ CN_OF(CP(ACSE_CTX MMS_CTX, USER("01", AARQ_OF("be{28{02{05}a0{a8{}}}}")))), "O !pres.context\n" },
	{ CN_OF(CP(ACSE_CTX MMS_CTX, USER("01", AARQ_OF("be{28{06{28ca220201}a0{a8{}}}}")))), "O !pres.context\nO #0 a800\n" },
	/* joined late, or after a gap: nothing is held against the state, content tells what data is */
	{ "O~|" DATA("O", "03", MMS_REQ) DATA("R", "01", MMS_REQ) "O " RLRQ "R " RLRE, U_O "R #0 a0050201018200\nR #2 \n" },
	{ "O~|R " RLRE DATA("O", "03", MMS_REQ) OPEN, "R #2 \n" U_O "O !ses.state\n" U_OPEN },
	{ "O~|" OPEN DATA("O", "05", MMS_REQ), U_OPEN "O !pres.context\n" },
	{ CN "O~|" DATA("O", "03", MMS_REQ) "R " ABORT, U_REQ U_O "R #1 \n" },
};

static void test_rows(void)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct osi_state s;
		reset(&s);
		play(&s, rows[i].script);
		if (strcmp(odd_and_units(), rows[i].want) != 0)
			printf("# row %zu: %s\n# wanted\n%s# got\n%s", i, rows[i].script, rows[i].want, log_text(&lg));
		CU_ASSERT_STRING_EQUAL(odd_and_units(), rows[i].want);
	}
}

/* --- the rest of the interface ---------------------------------------------------------------- */

static void test_looks_like(void)
{
	static const struct {
		const char *hex;
		bool is;
	} row[] = {
		{ "0d020102", true }, { "01000100", true }, { "0100", true }, { "0a00", true }, { "1900", true }, { "1a00", true },
		{ "0dff00020102", true }, { "0800", true }, { "", false }, { "0d", false }, { "0d0201", false },
		{ "0dff0002", false },
		{ "32010000", false }, { "72010000", false }, { "a00502010182", false }, { "0500", false }, { "2100", false },
		{ "7f65", false },
	};
	uint8_t b[16];
	for (size_t i = 0; i < ARRAY_LEN(row); i++)
		CU_ASSERT_EQUAL(osi_looks_like(span_of(b, unhex(row[i].hex, b, sizeof(b)))), row[i].is);
}

static void test_end(void)
{
	static const struct {
		const char *script;
		bool told;
	} row[] = {
		{ "", false }, { CN, true }, { OPEN, true }, { OPEN "O " RLRQ, true }, { OPEN "O " ABORT, false },
		{ OPEN "O " RLRQ "R " RLRE, false }, { "O~|" DATA("O", "03", MMS_REQ), true },
	};
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct osi_state s;
		reset(&s);
		play(&s, row[i].script);
		lg.out.len = 0;
		osi_end(&s, DIR_REPLY, &lg.upper);
		CU_ASSERT_STRING_EQUAL(log_text(&lg), row[i].told ? "R #2 \n" : "");
		lg.out.len = 0;
		osi_end(&s, DIR_REPLY, &lg.upper);
		CU_ASSERT_STRING_EQUAL(log_text(&lg), "");
		play(&s, OPEN); /* a new association is no oddity */
		CU_ASSERT_STRING_EQUAL(odd_and_units(), U_OPEN);
	}
}

/* A CN with n contexts, the last of them MMS; its data is found even when the table is too small for it. */
static void test_many_contexts(void)
{
	for (unsigned n = 2; n < 24; n++) {
		char contexts[4096] = ACSE_CTX, script[8192];
		for (unsigned i = 2; i <= n; i++) {
			char one[64];
			snprintf(one, sizeof(one), "30{02{%02x}06{%s}30{06{5101}}}", i * 2, i == n ? "28ca220201" : "52010001");
			strcat(contexts, one);
		}
		char results[2048] = "";
		for (unsigned i = 1; i <= n; i++)
			strcat(results, YES);
		snprintf(script, sizeof(script), "O 0d[05[16[02]]c1[31{a0{80{01}}a2{a4{%s}}}]]|"
			"R 0e[05[16[02]]c1[31{a0{80{01}}a2{a5{%s}}}]]|O 01[]01[]61{30{02{%02x}a0{8b00}}}|",
			contexts, results, n * 2);
		struct osi_state s;
		reset(&s);
		play(&s, script);
		CU_ASSERT_EQUAL(lg.anomalies[AN_PRES_DEFINITION], n > PRES_CONTEXTS_MAX);
		CU_ASSERT_EQUAL(s.n_contexts, size_min(n, PRES_CONTEXTS_MAX));
		CU_ASSERT_EQUAL(lg.anomalies[AN_PRES_CONTEXT], 0);
		CU_ASSERT_EQUAL(lg.units, 1);
	}
}

/* User information in user information in ...: read down to the cap, and no further. */
static void test_depth(void)
{
	static uint8_t tsdu[16384];
	static uint8_t inner[16384];
	size_t n = 0;
	for (unsigned level = 0; level < 400; level++) {
		uint8_t b[64];
		size_t h = unhex("6080 be80 2880 020101 a080", b, sizeof(b));
		memcpy(inner + n, b, h);
		n += h;
	}
	memset(inner + n, 0, 400 * 8);
	n += 400 * 8;
	struct osi_state s;
	reset(&s);
	play(&s, OPEN);
	size_t at = unhex("01000100 6180 3080 020101 a080", tsdu, sizeof(tsdu));
	memcpy(tsdu + at, inner, n);
	at += n;
	memset(tsdu + at, 0, 6);
	osi_tsdu(&s, &lg.ctx, DIR_ORIG, span_of(tsdu, at + 6), &lg.upper);
	CU_ASSERT_EQUAL(lg.anomalies[AN_BER_DEPTH], 1);
	CU_ASSERT(lg.anomalies[AN_ACSE_APDU] < dec_limits_default.ber_depth_max);
}

static void test_budget(void)
{
	for (uint32_t budget = 1; budget < 180; budget++) {
		struct osi_state s;
		reset(&s);
		lg.ctx.budget = budget;
		play(&s, OPEN);
		bool out = lg.ctx.budget == 0;
		CU_ASSERT_EQUAL(lg.anomalies[AN_BUDGET], out);
		CU_ASSERT_EQUAL(s.midstream, out);
		CU_ASSERT(budget > 15 || out);
		CU_ASSERT(budget < 160 || !out);
		lg.out.len = 0;
		lg.ctx.budget = 1000; /* the next packet: what was missed is not held against it */
		play(&s, DATA("O", "03", MMS_REQ));
		CU_ASSERT_STRING_EQUAL(odd_and_units(), U_O);
	}
}

/* --- with COTP below: the vectors, whole and damaged ------------------------------------------ */

struct both {
	struct cotp_state cotp;
	struct osi_state osi;
	struct dec_upper from_cotp;
};

static void up_from_cotp(void *arg, enum dir d, int kind, struct span unit)
{
	struct both *b = arg;
	if (kind == COTP_UNIT_TSDU)
		osi_tsdu(&b->osi, &lg.ctx, d, unit, &lg.upper);
	else
		osi_end(&b->osi, d, &lg.upper);
}

static void feed(struct both *b, char dir, const uint8_t *p, size_t n, size_t step)
{
	for (size_t at = 0; at < n; at += step) {
		size_t len = size_min(step, n - at);
		uint8_t *exact = malloc(len);
		memcpy(exact, p + at, len);
		cotp_feed(&b->cotp, &lg.ctx, dir == 'O' ? DIR_ORIG : DIR_REPLY, span_of(exact, len), &b->from_cotp);
		free(exact);
		if (step == 1) { /* as replicated: plain copy into a fresh place */
			struct osi_state copy = b->osi;
			memset(&b->osi, 0x5a, sizeof(b->osi));
			b->osi = copy;
		}
	}
}

static void begin(struct both *b, struct bufpool *pool)
{
	log_reset(&lg, pool);
	cotp_init(&b->cotp);
	osi_init(&b->osi);
	b->from_cotp = (struct dec_upper){ up_from_cotp, b };
}

static void test_vectors(void)
{
	static char whole[1 << 16];
	static const size_t steps[] = { 4096, 1, 2, 3, 5, 8, 13, 50 };
	uint8_t v[256];
	struct bufpool *pool = bufpool_new(1 << 20);
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		struct both b;
		begin(&b, pool);
		for (size_t k = 0; k < DEC_VECTORS_N; k++)
			feed(&b, dec_vectors[k].dir, v, unhex(dec_vectors[k].hex, v, sizeof(v)), steps[i]);
		if (i == 0)
			strcpy(whole, log_text(&lg));
		CU_ASSERT_STRING_EQUAL(log_text(&lg), whole);
		/* the abort comes after the release, and ER after DR: that alone is odd */
		for (unsigned a = 0; a < ANOMALY_N; a++)
			CU_ASSERT_EQUAL(lg.anomalies[a], a == AN_SES_STATE || a == AN_ACSE_STATE);
		CU_ASSERT_EQUAL(lg.units, DEC_VECTORS_N - 7 + 1); /* but CR, CC, FN, DN, AB, DR, ER; and the end */
		CU_ASSERT_PTR_NOT_NULL(strstr(log_text(&lg), "acse.called_title=06052901876702 acse.called_qualifier=02010c "
			"acse.calling_title=06052901876701 acse.calling_qualifier=02010c"));
		cotp_fini(&b.cotp, pool);
	}
	CU_ASSERT_EQUAL(bufpool_used(pool), 0);
	bufpool_free(pool);
}

static void damaged(size_t k, const uint8_t *p, size_t n, struct bufpool *pool)
{
	static char whole[1 << 16];
	uint8_t v[256];
	for (size_t way = 0; way < 2; way++) {
		struct both b;
		begin(&b, pool);
		for (size_t i = 0; i < 4 && i < k; i++)
			feed(&b, dec_vectors[i].dir, v, unhex(dec_vectors[i].hex, v, sizeof(v)), sizeof(v));
		feed(&b, dec_vectors[k].dir, p, n, way == 0 ? n : 1);
		feed(&b, dec_vectors[k].dir, v, unhex(dec_vectors[4].hex, v, sizeof(v)), sizeof(v));
		if (way == 0)
			strcpy(whole, log_text(&lg));
		CU_ASSERT_STRING_EQUAL(log_text(&lg), whole);
		CU_ASSERT(b.osi.ses < SES_PHASE_N && b.osi.acse < ACSE_PHASE_N && b.osi.n_contexts <= PRES_CONTEXTS_MAX);
		cotp_fini(&b.cotp, pool);
	}
}

static void test_damage(void)
{
	static const uint8_t flips[] = { 0x01, 0x20, 0x80, 0xff };
	uint8_t v[256];
	struct bufpool *pool = bufpool_new(1 << 20);
	for (size_t k = 2; k < DEC_VECTORS_N; k++) {
		size_t n = unhex(dec_vectors[k].hex, v, sizeof(v));
		bool opening = k < 4 || n < 32; /* connect, release, abort: more of them */
		for (size_t len = 1; len < n && opening; len++)
			damaged(k, v, len, pool);
		for (size_t at = 0; at < n && (opening || at < 30); at++) {
			uint8_t was = v[at];
			for (size_t f = 0; f < ARRAY_LEN(flips); f++) {
				v[at] = was ^ flips[f];
				damaged(k, v, n, pool);
			}
			v[at] = was;
		}
	}
	CU_ASSERT_EQUAL(bufpool_used(pool), 0);
	bufpool_free(pool);
}

/* TSDUs cut anywhere, and with every value of every octet: nothing is read past them, the state stays sane. */
static void test_damaged_tsdus(void)
{
	uint8_t v[256];
	for (size_t k = 2; k < 5; k++) {
		size_t n = unhex(dec_vectors[k].hex, v, sizeof(v));
		for (size_t at = 7; at < n; at++) {
			for (unsigned x = 0; x < 257; x++) {
				struct osi_state s;
				reset(&s);
				if (k > 2)
					play(&s, CN);
				if (k > 3)
					play(&s, AC);
				uint32_t before = lg.units;
				size_t len = x == 256 ? at - 7 : n - 7;
				uint8_t *exact = malloc(len + 1);
				memcpy(exact + 1, v + 7, len);
				if (x < 256)
					exact[1 + at - 7] = (uint8_t)x;
				enum dir d = dec_vectors[k].dir == 'O' ? DIR_ORIG : DIR_REPLY;
				osi_tsdu(&s, &lg.ctx, d, span_of(exact + 1, len), &lg.upper);
				free(exact);
				/* octet-aligned data may hold many, each of two octets at least */
				CU_ASSERT(lg.units - before <= 1 + len / 2);
				CU_ASSERT(s.ses < SES_PHASE_N && s.acse < ACSE_PHASE_N && s.n_contexts <= PRES_CONTEXTS_MAX);
			}
		}
	}
	no_more();
}

UNIT_MAIN({ "an association told", test_association }, { "anomalies and units", test_rows }, { "first octets", test_looks_like },
	  { "end of the transport", test_end }, { "many contexts", test_many_contexts }, { "depth", test_depth },
	  { "budget", test_budget },
	  { "vectors, any segments", test_vectors }, { "damaged vectors, whole and by octets", test_damage },
	  { "damaged TSDUs", test_damaged_tsdus })
