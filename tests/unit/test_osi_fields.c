/* test_osi_fields.c - every field of session, presentation and ACSE; strings in pieces; odd parameters; PDUs cut anywhere. */
#include "tests/unit/unit.h"
#include "tests/unit/osi_play.h"

#define CN_USER "33[0001]34[0002]c1["
#define CP_OF(more) "31{a0{80{01}}a2{" more "}}"
#define CONNECT(ppdu) "O 0d[05[16[02]]c1[" ppdu "]]|"
#define AARQ_IN(elements) CONNECT(CP_OF("a4{" ACSE_CTX "}" USER("01", "60{" elements "}")))
#define AARE_IN(elements) CN "R 0e[05[16[02]]c1[" CPA(YES YES, USER("01", "61{" elements "}")) "]]|"
#define NAME "a1{06{2801}}"

/* The line of the event named, each field with a value that another row has otherwise. */
static const struct {
	const char *event, *script, *want;
} rows[] = {
	/* X.225 */
	{ "ses.connect",
	  "O 0d[01[0a[41]0b[42]0c[43]]05[13[01]15[0400 0800]16[02]1a[05]]14[0002]33[0001]34[0002]c1[]]|",
	  "ses.si=13 ses.spdu=636f6e6e656374 ses.calling_reference=41 ses.common_reference=42 ses.additional_reference=43 "
	  "ses.options=1 ses.max_to_responder=1024 ses.max_to_initiator=2048 ses.version=2 ses.token_setting=5 ses.requirements=2 "
	  "ses.src_sel=0001 ses.dst_sel=0002 ses.parameter=1 ses.parameter=5 ses.parameter=10 ses.parameter=11 ses.parameter=12 "
	  "ses.parameter=19 ses.parameter=20 ses.parameter=21 ses.parameter=22 ses.parameter=26 ses.parameter=51 ses.parameter=52 "
	  "ses.parameter=193" },
	{ "ses.accept",
	  CN "R 0e[01[09[44]0a[45]0b[46]0c[47]]05[13[00]15[0100 0200]16[03]1a[06]]10[03]14[0349]19[01]34[0004]]|",
	  "ses.si=14 ses.spdu=616363657074 ses.called_reference=44 ses.calling_reference=45 ses.common_reference=46 "
	  "ses.additional_reference=47 ses.options=0 ses.max_to_responder=256 ses.max_to_initiator=512 ses.version=3 "
	  "ses.token_setting=6 ses.token=3 ses.requirements=841 ses.enclosure=1 ses.dst_sel=0004 ses.parameter=1 ses.parameter=5 "
	  "ses.parameter=9 ses.parameter=10 ses.parameter=11 ses.parameter=12 ses.parameter=16 ses.parameter=19 ses.parameter=20 "
	  "ses.parameter=21 ses.parameter=22 ses.parameter=25 ses.parameter=26 ses.parameter=52" },
	{ "ses.accept", CN "R 0e[01[09[55]]05[16[02]]10[02]33[07]]|",
	  "ses.si=14 ses.spdu=616363657074 ses.called_reference=55 ses.version=2 ses.token=2 ses.src_sel=07 ses.parameter=1 "
	  "ses.parameter=5 ses.parameter=9 ses.parameter=16 ses.parameter=22 ses.parameter=51" },
	{ "ses.refuse", CN "R 0c[11[01]32[81]]|",
	  "ses.si=12 ses.spdu=726566757365 ses.disconnect=1 ses.reason=129 ses.parameter=17 ses.parameter=50" },
	{ "ses.refuse", CN "R 0c[32[82 41]]|", "ses.si=12 ses.spdu=726566757365 ses.reason=130 ses.parameter=50" },
	{ "ses.abort", OPEN "R 19[11[0b]19[03]31[0102]]|",
	  "ses.si=25 ses.spdu=61626f7274 ses.disconnect=11 ses.enclosure=3 ses.reflect=0102 ses.parameter=17 ses.parameter=25 "
	  "ses.parameter=49" },
	{ "ses.abort", OPEN "R 19[11[05]31[99]77[00]]|",
	  "ses.si=25 ses.spdu=61626f7274 ses.disconnect=5 ses.reflect=99 ses.parameter=17 ses.parameter=49 ses.parameter=119" },
	{ "ses.abortAccept", OPEN "R " ABORT "O 1a[]|", "ses.si=26 ses.spdu=61626f7274416363657074" },
	{ "ses.finish", OPEN "O 09[11[01]]|", "ses.si=9 ses.spdu=66696e697368 ses.disconnect=1 ses.parameter=17" },
	{ "ses.notFinished", OPEN "O " RLRQ "R 08[]|", "ses.si=8 ses.spdu=6e6f7446696e6973686564" },
	{ "ses.other", OPEN "R 02[]|", "ses.si=2 ses.spdu=706c65617365546f6b656e73" },
	{ "ses.other", OPEN "R 31[]|", "ses.si=49 ses.spdu=6d696e6f7253796e63506f696e74" },
	{ "ses.other", OPEN "R 77[]|", "ses.si=119 ses.spdu=756e6b6e6f776e" },
	/* X.226 */
	{ "pres.cp",
	  CONNECT(CP_OF("80{0780}81{41}82{42}a4{" ACSE_CTX "30{02{03}06{28ca220201}30{06{5101}06{5102}}}}"
			"a6{80{52010001}81{5101}}88{0640}89{060100}" USER("01", "60{}"))),
	  "pres.version=1 pres.src_sel=41 pres.dst_sel=42 pres.default_syntax=52010001 pres.requirements=2 "
	  "pres.session_requirements=128 pres.mode=1 pres.context=1 pres.abstract_syntax=52010001 pres.transfer_syntax=5101 "
	  "pres.context=3 pres.abstract_syntax=28ca220201 pres.transfer_syntax=5101 pres.transfer_syntax=5102 pres.form=1" },
	{ "pres.cp",
	  CONNECT("31{a2{80{0640}81{51}82{52}a6{80{2801}81{5101}}88{06c0}89{0780}"
		  "61{30{02{01}81{6000}}30{02{01}82{006000}}}}a0{80{00}}}"),
	  "pres.version=2 pres.src_sel=51 pres.dst_sel=52 pres.default_syntax=2801 pres.requirements=3 pres.session_requirements=1 "
	  "pres.mode=0 pres.form=2 pres.form=3" },
	{ "pres.cpa", CN AC_OF("31{a0{80{01}}a2{80{0780}83{0c}a5{" YES NO "}87{02}88{0780}89{0640}60{6100}}}"),
	  "pres.version=1 pres.dst_sel=0c pres.default_result=2 pres.requirements=1 pres.session_requirements=2 pres.mode=1 "
	  "pres.context=1 pres.result=0 pres.transfer_syntax=5101 "
	  "pres.context=3 pres.result=2 pres.provider_reason=1 pres.form=0" },
	{ "pres.cpr", CN "R 0c[32[02 30{83{0d}a5{30{80{01}}30{80{02}82{03}}}87{00}8a{03}}]]|",
	  "pres.dst_sel=0d pres.default_result=0 pres.reason=3 pres.context=1 pres.result=1 pres.context=3 pres.result=2 "
	  "pres.provider_reason=3" },
	{ "pres.cpa", "O~|" AC_OF(CPA(YES "30{80{02}}", "")),
	  "pres.dst_sel=0c pres.mode=1 pres.result=0 pres.transfer_syntax=5101 pres.result=2" },
	{ "pres.arp", OPEN "R 19[c1[30{80{01}81{03}}]]|", "pres.reason=1 pres.event=3" },
	{ "pres.arp", OPEN "R 19[c1[30{80{06}81{05}}]]|", "pres.reason=6 pres.event=5" },
	{ "pres.aru", OPEN "R 19[c1[a0{a0{30{02{01}06{5101}}30{02{03}06{5101}}}" USER("01", "64{80{00}}") "}]]|",
	  "pres.context=1 pres.context=3 pres.form=1" },
	{ "pres.ac", OPEN "R 21[]a0{a0{30{02{05}06{28ca220201}30{06{5103}}}}a1{02{03}}}|",
	  "pres.context=5 pres.abstract_syntax=28ca220201 pres.transfer_syntax=5103 pres.context=3" },
	{ "pres.aca", OPEN "O 21[]a1{a0{30{80{01}}}a1{02{00}}}|", "pres.result=1" },
	/* X.227 */
	{ "acse.aarq",
	  AARQ_IN("80{0780}" NAME "a2{06{2902}}a3{02{0c}}a4{02{07}}a5{02{ff}}a6{06{2901}}a7{02{0d}}a8{02{0100}}a9{02{03}}8a{0780}"
		  "8b{520301}ac{80{7077}}ad{06{2801}06{2802}}9d{7631}"),
	  "acse.apdu=0 acse.version=1 acse.context_name=2801 acse.called_title=06022902 acse.called_qualifier=02010c "
	  "acse.called_ap_invocation=7 acse.called_ae_invocation=18446744073709551615 acse.calling_title=06022901 "
	  "acse.calling_qualifier=02010d acse.calling_ap_invocation=256 acse.calling_ae_invocation=3 acse.requirements=1 "
	  "acse.mechanism=520301 acse.auth_kind=0 acse.auth_value=7077 acse.auth_length=2 acse.implementation=7631 "
	  "acse.context_list=2801 acse.context_list=2802" },
	/* titles: directory name, printable; some send the requirements as 04 80; a bit string, an EXTERNAL, others for a proof */
	{ "acse.aarq",
	  AARQ_IN("80{0640}" NAME "a2{30{31{30{06{550406}13{5345}}}}}a3{31{30{06{550403}13{58}}}}a6{13{4142}}a7{13{43}}a4{02{08}}"
		  "a5{02{09}}a8{02{0a}}a9{02{0b}}8a{0480}8b{2a03}ac{81{04f0}}ad{06{2803}}9d{763233}"),
	  "acse.apdu=0 acse.version=2 acse.context_name=2801 acse.called_title=300d310b3009060355040613025345 "
	  "acse.called_qualifier=310a300806035504031301"
	  "58 acse.calling_title=13024142 acse.calling_qualifier=130143 acse.called_ap_invocation=8 acse.called_ae_invocation=9 "
	  "acse.calling_ap_invocation=10 acse.calling_ae_invocation=11 acse.requirements=1 acse.mechanism=2a03 acse.auth_kind=1 "
	  "acse.auth_value=f0 acse.auth_length=1 acse.implementation=763233 acse.context_list=2803" },
	{ "acse.aarq", AARQ_IN(NAME "8a{0640}ac{a2{02{03}a0{0500}}}"),
	  "acse.apdu=0 acse.context_name=2801 acse.requirements=2 acse.auth_kind=2 acse.auth_value=020103a0020500 "
	  "acse.auth_length=7" },
	{ "acse.aare",
	  AARE_IN("80{0780}a1{06{2802}}a2{02{01}}a3{a2{02{02}}}a4{06{2903}}a5{02{0e}}a6{02{04}}a7{02{05}}88{0780}89{520301}"
		  "aa{80{6f6b}}ad{06{2804}}9d{78}"),
	  "acse.apdu=1 acse.version=1 acse.context_name=2802 acse.result=1 acse.source=2 acse.diagnostic=2 "
	  "acse.called_title=06022903 acse.called_qualifier=02010e acse.called_ap_invocation=4 acse.called_ae_invocation=5 "
	  "acse.requirements=1 acse.mechanism=520301 acse.auth_kind=0 acse.auth_value=6f6b acse.auth_length=2 "
	  "acse.implementation=78 acse.context_list=2804" },
	{ "acse.aare", AARE_IN(NAME "a2{02{02}}a3{a1{02{0d}}}"),
	  "acse.apdu=1 acse.context_name=2801 acse.result=2 acse.source=1 acse.diagnostic=13" },
	{ "acse.rlrq", OPEN "O 09[c1[" USER("01", "62{80{1e}}") "]]|", "acse.apdu=2 acse.reason=30" },
	{ "acse.rlre", OPEN "O " RLRQ "R " RLRE, "acse.apdu=3 acse.reason=0" },
	{ "acse.abrt", OPEN "R 19[c1[a0{" USER("01", "64{80{01}81{04}}") "}]]|",
	  "acse.apdu=4 acse.abort_source=1 acse.diagnostic=4" },
	{ "acse.abrt", OPEN "R " ABORT, "acse.apdu=4 acse.abort_source=0" },
	/* strings in pieces: of one, of several, pieces of pieces; indefinite lengths all the way */
	{ "pres.cp", CONNECT(CP_OF("a1{04{4142}}a2{04{43}24{04{44}04{}}04{45}}")),
	  "pres.src_sel=4142 pres.dst_sel=434445 pres.mode=1" },
	{ "pres.cp", CONNECT("3180 a080 800101 0000 a280 a180 040141 2480 040142 0000 0000 a400 0000 0000"),
	  "pres.src_sel=4142 pres.mode=1" },
	{ "acse.aarq", AARQ_IN(NAME "ac{a0{19{70}19{77}}}bd{04{76}04{31}}"),
	  "acse.apdu=0 acse.context_name=2801 acse.auth_kind=0 acse.auth_value=7077 acse.auth_length=2 acse.implementation=7631" },
	{ "acse.aarq", AARQ_IN(NAME "ac{a1{03{00f0}03{04a0}}}"),
	  "acse.apdu=0 acse.context_name=2801 acse.auth_kind=1 acse.auth_value=f0a0 acse.auth_length=2" },
};

static const char *line_of(const char *event)
{
	static char got[4096];
	got[0] = '\0';
	for (const char *p = log_text(&lg); *p != 0; p += strcspn(p, "\n") + 1) {
		const size_t n = strlen(event);
		if (strncmp(p + 2, event, n) != 0 || (p[2 + n] != ' ' && p[2 + n] != '\n'))
			continue;
		const char *from = p + 2 + n + (p[2 + n] == ' ');
		snprintf(got, sizeof(got), "%.*s", (int)strcspn(from, "\n"), from);
	}
	return got;
}

static void test_fields(void)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct osi_state s;
		reset(&s);
		play(&s, rows[i].script);
		const char *got = line_of(rows[i].event);
		CU_ASSERT_STRING_EQUAL(got, rows[i].want);
		if (strcmp(got, rows[i].want) != 0)
			printf("# row %zu, %s\n# wanted %s\n# got    %s\n%s", i, rows[i].script, rows[i].want, got,
			       odd_and_units());
	}
}

static bool in_these_layers(const char *key)
{
	return strncmp(key, "ses.", 4) == 0 || strncmp(key, "pres.", 5) == 0 || strncmp(key, "acse.", 5) == 0;
}

/* Each keyword of these layers stands in two rows at least, with values that differ: none can be a constant. */
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
			const size_t n = strcspn(at, " ");
			differ |= first != NULL && (strcspn(first, " ") != n || strncmp(at, first, n) != 0);
			first = at;
		}
		CU_ASSERT(differ || !in_these_layers(key));
		if (!differ && in_these_layers(key))
			printf("# %s never differs\n", key);
	}
}

/* --- what is odd about values ------------------------------------------------------------------ */

static const struct {
	const char *script, *want;
} odd[] = {
	/* data in pieces: of one, of several; a bit string's; simply encoded; pieces that are none; values straight in it */
	{ OPEN "O " GTDT "61{30{02{03}a1{04{" MMS_REQ "}}}}|", U_OPEN "O !pres.form\n" U_O "O !ber.segments\n" },
	{ OPEN "O " GTDT "61{30{02{03}a1{04{a005}04{0201}04{018200}}}}|", U_OPEN "O !pres.form\n" U_O "O !ber.segments\n" },
	{ OPEN "O " GTDT "61{30{02{03}a2{03{00a005}03{000201018200}}}}|", U_OPEN "O !pres.form\n" U_O "O !ber.segments\n" },
	{ OPEN "O " GTDT "60{04{a00502}04{01018200}}|", U_OPEN "O !pres.form\n" U_O "O !ber.segments\n" },
	{ OPEN "O " GTDT "61{30{02{03}a1{04{a005}02{01}}}}|", U_OPEN "O !pres.form\nO !ber.form\nO !ber.segments\n" },
	{ OPEN "O " GTDT "61{30{02{03}a1{" MMS_REQ "}}}|", U_OPEN "O !pres.form\n" U_O },
	{ OPEN "O " GTDT "61{30{02{03}a1{24{24{24{24{04{8b00}}}}}}}}|", U_OPEN "O !pres.form\nO !ber.depth\nO !ber.segments\n" },
	{ OPEN "O " GTDT "61{30{02{03}a1{24{24{24{04{8b00}}}}}}}|", U_OPEN "O !pres.form\nO #0 8b00\nO !ber.segments\n" },
	/* a context id in more octets than it needs, in the wrong form, negative */
	{ OPEN "O " GTDT "61{30{02{0003}a0{" MMS_REQ "}}}|", U_OPEN U_O "O !ber.nonMinimal\n" },
	{ OPEN "O " GTDT "61{30{22{02{03}}a0{" MMS_REQ "}}}|", U_OPEN "O !pres.context\n" U_O "O !ber.form\n" },
	{ OPEN "O " GTDT "61{30{02{fd}a0{" MMS_REQ "}}}|", U_OPEN "O !pres.context\n" U_O },
	/* object identifiers in constructed form, or empty */
	{ CN_OF(CP("30{02{01}26{06{52010001}}30{06{5101}}}", "")), "O !pres.definition\nO !ber.form\n" },
	{ CN_OF(CP("30{02{01}06{}30{06{5101}}}", "")), "O !pres.definition\n" },
	{ CN_OF(CP("30{02{01}06{52010001}30{26{5101}}}", "")), "O !pres.transfer\nO !ber.form\n" },
	/* parameters of PPDUs: unknown, of another, twice, malformed; no context id list where there is none */
	{ CN_OF(CP_OF("a4{" ACSE_CTX "}8b{00}")), "O !pres.parameter\n" },
	{ CN_OF(CP_OF("a4{" ACSE_CTX "}83{00}")), "O !pres.parameter\n" },
	{ CN_OF(CP_OF("a4{" ACSE_CTX "}81{00}81{01}")), "O !pres.parameter\n" },
	{ CN_OF(CP_OF("a4{" ACSE_CTX "}80{}")), "O !pres.parameter\n" },
	{ CN_OF(CP_OF("a4{" ACSE_CTX "}a0{03{0780}}")), "O !pres.parameter\nO !ber.form\n" },
	{ CN_OF(CP_OF("a4{" ACSE_CTX "}a6{81{5101}}")), "O !pres.parameter\n" },
	{ CN_OF(CP_OF("a4{" ACSE_CTX "}a1{02{01}}")), "O !pres.parameter\nO !ber.form\nO !ber.segments\n" },
	{ CN_OF(CP_OF("a4{" ACSE_CTX MMS_CTX "}" USER("01", AARQ) USER("01", AARQ))), "O !pres.parameter\n" U_REQ },
	/* two lists of contexts: content tells from here */
	{ CN_OF(CP_OF("a4{" ACSE_CTX CTX("03", "52010001") "}a4{" ACSE_CTX MMS_CTX "}")) AC_NO_ACSE DATA("O", "03", MMS_REQ),
	  "O !pres.parameter\n" U_O },
	{ CN "R 0c[32[02 30{84{00}}]]|", U_REQ "R !pres.parameter\nR #2 \n" },
	{ OPEN "R 19[c1[30{82{00}}]]|", U_OPEN "R !pres.parameter\nR #1 \n" },
	{ OPEN "R 19[c1[a0{a1{}}]]|", U_OPEN "R !pres.parameter\nR #1 \n" },
	/* contexts altered: what is in the new one is read, and what was agreed on no longer binds */
	{ OPEN "O 01[]21[]a0{a0{" CTX("05", "28ca220201") "}}|" DATA("O", "05", MMS_REQ),
	  U_OPEN "O !ses.si\nO !pres.alterContext\n" U_O },
	{ OPEN "O 21[]a1{a0{" YES "}}|" DATA("O", "07", MMS_REQ), U_OPEN "O !ses.si\nO !pres.alterContext\n" U_O },
	{ OPEN "O 21[]" USER("03", MMS_REQ), U_OPEN "O !ses.si\n" U_O },
	{ OPEN "O 21[]" USER("05", MMS_REQ), U_OPEN "O !ses.si\nO !pres.context\n" },
	{ "O 21[]" USER("05", MMS_REQ), "O !ses.si\nO !ses.state\n" U_O },
	{ OPEN "O " GTDT "a0{a0{" CTX("05", "28ca220201") "}}|", U_OPEN "O !pres.pdu\n" },
	/* PLEASE TOKENS goes before data, too */
	{ OPEN "O 02[]01[]" USER("03", MMS_REQ), U_OPEN "O !ses.si\n" U_O },
	{ OPEN "O 02[10[01]]01[]" USER("03", MMS_REQ), U_OPEN "O !ses.si\nO !ses.dataLength\n" U_O },
	/* a refused association, a second with the same ids for other syntaxes; a released one; a refused context used again */
	{ CN "R 0c[32[81]]|" CN_OF(CP(CTX("03", "52010001") CTX("01", "28ca220201"), "")) AC_NO_ACSE DATA("O", "01", MMS_REQ),
	  U_REQ "R #2 \n" U_O },
	{ CN AC_OF(CPA(YES YES, USER("01", AARE))) "O " RLRQ "R " RLRE
	  CN_OF(CP(ACSE_CTX CTX("05", "28ca220201"), "")) AC_NO_ACSE DATA("O", "03", MMS_REQ) DATA("O", "05", MMS_REQ),
	  U_OPEN "R #2 \nO !pres.context\n" U_O },
	{ CN AC_OF(CPA(YES NO, "")) DATA("O", "03", MMS_REQ) DATA("R", "03", MMS_REQ),
	  U_REQ "O !pres.context\n" U_O "R !pres.context\nR #0 a0050201018200\n" },
	/* selectors that are too long are read; numbers of a wrong size are not */
	{ "O 0d[05[16[0202]]]|", "O !ses.parameter\nO !ses.version\n" },
	/* ACSE: constructed reason, no integer in an id, an authentication value that is none */
	{ OPEN "O 09[c1[" USER("01", "62{a0{02{00}}}") "]]|", U_OPEN "O !acse.parameter\nO !ber.form\n" },
	{ AARQ_IN(NAME "a4{}"), "O !acse.parameter\n" },
	{ AARQ_IN(NAME "a4{02{}}"), "O !acse.parameter\n" },
	{ AARQ_IN(NAME "a4{02{00ff}}"), "" },
	{ AARQ_IN(NAME "a4{02{0001}}"), "O !ber.nonMinimal\n" },
	{ AARQ_IN(NAME "ac{84{00}}"), "O !acse.parameter\n" },
	{ AARQ_IN(NAME "ac{04{00}}"), "O !acse.parameter\n" },
	{ AARQ_IN(NAME "8a{0980}"), "O !acse.parameter\n" },
	{ AARQ_IN(NAME "ab{06{520301}}"), "O !ber.form\n" },
	{ AARQ_IN(NAME "82{06{2901}}"), "O !acse.parameter\nO !ber.form\n" },
};

static void test_odd(void)
{
	for (size_t i = 0; i < ARRAY_LEN(odd); i++) {
		struct osi_state s;
		reset(&s);
		play(&s, odd[i].script);
		CU_ASSERT_STRING_EQUAL(odd_and_units(), odd[i].want);
		if (strcmp(odd_and_units(), odd[i].want) != 0)
			printf("# row %zu: %s\n# wanted\n%s# got\n%s", i, odd[i].script, odd[i].want, log_text(&lg));
	}
}

/* Pieces that do not fit the memory there is: said, and nothing kept. */
static void test_no_room(void)
{
	struct osi_state s;
	reset(&s);
	play(&s, OPEN);
	struct bufpool *full = bufpool_new(64);
	lg.ctx.bufs = full;
	static uint8_t tsdu[600];
	size_t n = unhex("0100 0100 61820108 30820104 020103 a181fe", tsdu, sizeof(tsdu));
	for (unsigned i = 0; i < 2; i++) {
		n += unhex("047d", tsdu + n, 2);
		memset(tsdu + n, 0, 125);
		n += 125;
	}
	osi_tsdu(&s, &lg.ctx, DIR_ORIG, span_of(tsdu, n), &lg.upper);
	CU_ASSERT_EQUAL(lg.anomalies[AN_MEMORY], 1);
	CU_ASSERT_EQUAL(lg.units, 2); /* those of the opening */
	CU_ASSERT_EQUAL(bufpool_used(full), 0);
	bufpool_free(full);
}

/* --- cut -------------------------------------------------------------------------------------- */

/* Each of the rows' last TSDUs cut at every octet: no octet past it is read, nothing is kept, the state stays sane. */
static void test_cut(void)
{
	static uint8_t out[4096];
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t whole = 1;
		for (size_t keep = 0; keep < whole; keep++) {
			struct osi_state s;
			reset(&s);
			char before[8192];
			const char *end = strrchr(rows[i].script, '|'), *last = end;
			while (last > rows[i].script && last[-1] != '|')
				last--;
			snprintf(before, sizeof(before), "%.*s", (int)(last - rows[i].script), rows[i].script);
			play(&s, before);
			whole = 0;
			(void)build_to(last + 1, out, &whole);
			uint8_t *exact = malloc(keep + 1);
			memcpy(exact + 1, out, keep);
			memset(lg.anomalies, 0, sizeof(lg.anomalies));
			osi_tsdu(&s, &lg.ctx, *last == 'O' ? DIR_ORIG : DIR_REPLY, span_of(exact + 1, keep), &lg.upper);
			free(exact);
			unsigned told = 0;
			for (unsigned a = 0; a < ANOMALY_N; a++)
				told += lg.anomalies[a];
			CU_ASSERT(keep == 0 || told > 0);
			CU_ASSERT(s.ses < SES_PHASE_N && s.acse < ACSE_PHASE_N && s.n_contexts <= PRES_CONTEXTS_MAX);
		}
	}
	struct osi_state s;
	reset(&s);
	no_more();
}

UNIT_MAIN({ "every field", test_fields }, { "no field is a constant", test_no_constant }, { "odd values", test_odd },
	  { "no room for pieces", test_no_room }, { "every PDU cut at every octet", test_cut })
