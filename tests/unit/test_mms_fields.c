/* test_mms_fields.c - what services carry becomes fields, every field with its value; what is cut or missing is said. */
#include "tests/unit/mms_rows.h"

enum { PDU_TEXT = 768 };

static enum dir pdu_of(const struct mms_row_case *row, char *pdu)
{
	static const struct {
		char kind;
		enum dir d;
		const char *format;
	} kinds[] = { { 'q', C, "a0{020101 %s}" }, { 'r', S, "a1{020101 %s}" }, { 'u', S, "a3{%s}" }, { 'p', S, "%s" } };
	size_t i = 0;
	while (kinds[i].kind != row->kind)
		i++;
	snprintf(pdu, PDU_TEXT, kinds[i].format, row->bytes);
	return kinds[i].d;
}

static void fields(void)
{
	for (size_t i = 0; i < ARRAY_LEN(mms_rows); i++) {
		char pdu[PDU_TEXT], told[PDU_TEXT];
		struct rig *r = rig_new();
		const enum dir d = pdu_of(&mms_rows[i], pdu);
		const char *invoke = mms_rows[i].kind == 'q' || mms_rows[i].kind == 'r' ? " invoke=1" : "";
		snprintf(told, sizeof(told), "%s%s%s\n", invoke, mms_rows[i].fields[0] != '\0' ? " " : "", mms_rows[i].fields);
		CU_ASSERT(rig_gives(r, d, pdu, told));
		CU_ASSERT_EQUAL(r->anomalies, 0);
		if (r->anomalies != 0)
			printf("# %s\n# told: %s", pdu, r->log);
		free(r);
	}
}

/* The value of "key=" in a row's text, up to the next field; *next stands behind it. */
static const char *value_at(const char *text, const char *key, char *value, size_t cap)
{
	const size_t n = strlen(key);
	for (const char *at = text; (at = strstr(at, key)) != NULL; at += n) {
		if ((at != text && at[-1] != ' ') || at[n] != '=')
			continue;
		snprintf(value, cap, "%.*s", (int)strcspn(at + n + 1, " "), at + n + 1);
		return at + n;
	}
	return NULL;
}

/* No field could be a constant: each has two values in the rows; those of the PDU in test_mms.c; another version than 1 is odd. */
static void every_field_varies(void)
{
	static const enum field_id others[] = { FLD_MMS_PDU, FLD_MMS_SERVICE, FLD_MMS_INVOKE, FLD_MMS_VERSION };
	for (enum field_id f = FLD_MMS_PDU; f < FLD_ICCP_OP; f++) {
		char first[128] = "", value[128];
		unsigned n = 0;
		for (size_t i = 0; i < ARRAY_LEN(others); i++)
			n += f == others[i] ? 2 : 0;
		for (size_t i = 0; i < ARRAY_LEN(mms_rows) && n < 2; i++) {
			const char *at = mms_rows[i].fields;
			while ((at = value_at(at, field_name(f) + strlen("mms."), value, sizeof(value))) != NULL) {
				n += n == 0 || strcmp(first, value) != 0;
				snprintf(first, sizeof(first), "%s", value);
			}
		}
		if (n < 2)
			printf("# %s has %u values\n", field_name(f), n);
		CU_ASSERT(n >= 2);
	}
}

/* What nobody looks at is not gathered; what is odd is said all the same. */
static void unwanted(void)
{
	static const uint64_t none[DEC_EVENT_WORDS];
	for (size_t i = 0; i < ARRAY_LEN(mms_rows); i++) {
		char pdu[PDU_TEXT];
		struct rig *r = rig_new();
		const enum dir d = pdu_of(&mms_rows[i], pdu);
		r->ctx.wants = none;
		rig_feed(r, d, pdu);
		CU_ASSERT(r->events == 1 && r->parts == 1 && strchr(r->log, '=') == strstr(r->log, "= mms") && r->anomalies == 0);
		free(r);
	}
}

/* --- damage ------------------------------------------------------------------------------------------- */

static bool is_told(const struct rig *r)
{
	return r->anomalies != 0 || r->events != 0;
}

static void cut_everywhere(void)
{
	static uint8_t b[RIG_PDU];
	for (size_t i = 0; i < ARRAY_LEN(mms_rows); i++) {
		char pdu[PDU_TEXT];
		const enum dir d = pdu_of(&mms_rows[i], pdu);
		const size_t n = rig_octets(pdu, b);
		for (size_t len = 0; len < n; len++) {
			struct rig *r = rig_new();
			rig_bytes(r, d, b, len);
			CU_ASSERT(r->anomalies != 0 && r->events == 0); /* its length says that there is more */
			free(r);
		}
	}
}

/* As long as it says, but its contents end early: at every octet, the lengths around them put right or not. */
static void contents_cut_everywhere(void)
{
	for (size_t i = 0; i < ARRAY_LEN(mms_rows); i++) {
		static uint8_t whole[RIG_PDU], part[RIG_PDU];
		char pdu[PDU_TEXT];
		const enum dir d = pdu_of(&mms_rows[i], pdu);
		const size_t n = rig_octets(pdu, whole), head = whole[1] < 0x80 ? 2u : 3u;
		for (size_t len = 0; len < n - head; len++) {
			struct rig *r = rig_new();
			part[0] = whole[0];
			const size_t l = rig_length(part + 1, len);
			memcpy(part + 1 + l, whole + head, len);
			rig_bytes(r, d, part, 1 + l + len);
			CU_ASSERT(is_told(r));
			CU_ASSERT(r->mms.phase < MMS_PHASE_N && r->mms.dir[C].n <= 1 && r->mms.dir[S].n <= 1);
			free(r);
		}
	}
}

static void octets_changed(void)
{
	static const uint8_t values[] = { 0x00, 0x01, 0x7f, 0x80, 0x84, 0xa0, 0xff, 0x30, 0x04, 0x24, 0x1f };
	static uint8_t b[RIG_PDU];
	for (size_t i = 0; i < ARRAY_LEN(mms_rows); i++) {
		char pdu[PDU_TEXT];
		const enum dir d = pdu_of(&mms_rows[i], pdu);
		const size_t n = rig_octets(pdu, b);
		struct rig *r = rig_new();
		for (size_t at = 0; at < n; at++) {
			const uint8_t kept = b[at];
			for (size_t v = 0; v < ARRAY_LEN(values); v++) {
				b[at] = values[v];
				rig_clear(r);
				mms_init(&r->mms);
				rig_bytes(r, d, b, n);
				CU_ASSERT(is_told(r));
			}
			b[at] = kept;
		}
		free(r);
	}
}

/* Never more work than was allowed, whatever is left of it. */
static void budgets(void)
{
	for (size_t i = 0; i < ARRAY_LEN(mms_rows); i++) {
		char pdu[PDU_TEXT];
		const enum dir d = pdu_of(&mms_rows[i], pdu);
		bool enough = false;
		for (uint32_t budget = 1; !enough && budget < 2048; budget++) {
			struct rig *r = rig_new();
			r->budget = budget;
			rig_feed(r, d, pdu);
			enough = !rig_has(r, "! stream.budget\n");
			CU_ASSERT(enough || r->ctx.budget == 0);
			CU_ASSERT(is_told(r));
			free(r);
		}
		CU_ASSERT(enough);
	}
}

/* --- missing and misplaced ------------------------------------------------------------------------------ */

static void missing(void)
{
	static const char *const bad[] = {
		"a0{020101 b3{81{'tok'}}}",
		"a0{020101 b5{a0{" VMD("S") "}}}",
		"a0{020101 ba{80{'D'} 8201ff}}",
		"a0{020101 ba{80{'D'} a1{}}}",
		"a1{020101 bd{800101}}",
		"a1{020101 bb{810100}}",
		"a0{020101 bf20{80{'D'} 8201ff}}",
		"a1{020101 bf25{a0{} 810102}}",
		"a0{020101 bf26{80{'P'}}}",
		"a1{020101 bf2d{800103}}",
		"a0{020101 bf48{a0{19{'F'}}}}",
		"a1{020101 bf48{800101}}",
		"a1{020101 bf49{8101ff}}",
		"a0{020101 bf4b{a0{19{'F'}}}}",
		"a1{020101 bf4d{8101ff}}",
		"a1{020101 bf4d{a0{}}}",
		"a0{020101 bf2f{a0{" VMD("E") "}}}",
		"a0{020101 bf2f{a0{" VMD("E") "} 810101 a6{a2{}}}}",
		"a0{020101 bf2f{a0{" VMD("E") "} 810101 a6{a2{800105}}}}",
		"a0{020101 bf35{a0{" VMD("E") "}}}",
		"a0{020101 bf35{a0{" VMD("E") "} a2{}}}",
		"a0{020101 bf35{a0{" VMD("E") "} a2{bf4f{}}}}",
		"a0{020101 bf39{a0{" VMD("E") "} a1{" VMD("C") "} 83{00}}}",
		"a3{a2{a0{" VMD("E") "} a1{" VMD("C") "} 820140}}",
		"a3{a2{a0{" VMD("E") "} a1{" VMD("C") "} 820140 a4{8300}}}",
		"a3{a2{a0{" VMD("E") "} a1{" VMD("C") "} 820140 a4{8200} a8{80{'A'}}}}",
		"a0{020101 bf41{}}",
		"a0{020101 bf42{a0{" VMD("J") "}}}",
		"a1{020101 bf44{800101}}",
		"a0{020101 bf4e{9700}}",
		"a0{020101 bf52{80{'acl'}}}",
		"a0{020101 bf56{82{'acl'}}}",
		"a1{020101 a0{800100}}",
		"a1{020101 a2{80{'V'} 82{'1'}}}",
		"a1{020101 a6{800100}}",
		"a1{020101 a6{800100 a2{a2{}}}}",
		"a1{020101 a6{800100 a2{a1{810104}}}}",
		"a1{020101 a6{800100 a2{9200}}}",
		"a1{020101 a6{800100 a2{}}}",
		"a1{020101 a9{800100 a1{30{80{'m'}}}}}",
		"a1{020101 ad{800100}}",
		"a0{020101 a7{a0{" VMD("V") "}}}",
		"a0{020101 a7{a0{" VMD("V") "} a1{830100}}}",
		"a0{020101 ae{" VMD("T") "}}",
		"a0{020101 aa{800100}}",
		"a0{020101 a4{a1{a0{30{a3{30{80{'m'}}}}}}}}",
		"a0{020101 a1{a0{820100} a1{8000}}}",
		"a0{020101 30{80{'x'}} 82{}}",
		"a2{800101 a2{810101}}",
		"a1{020101 84{}}",
		"a1{020101 bf2d{8003 010203 81{'D'}}}",
	};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct rig *r = rig_new();
		CU_ASSERT(rig_gives(r, C, bad[i], "! mms.malformed\n"));
		CU_ASSERT_EQUAL(r->proto, PROTO_NONE);
		free(r);
	}
}

static void misplaced(void)
{
	static const struct {
		const char *pdu, *odd, *told;
	} rows[] = {
		{ "a8{810105 820105 a4{800102 8103 00 'AB' 8202 00 'S'}}", "! mms.negotiation\n", "version=2 cbb=AB services=S\n" },
		{ "a1{020101 a2{81{'M'} 80{'V'} 82{'1'}}}", "! mms.extra\n", "model=M vendor=V revision=1" },
		{ "a1{020101 a2{80{'V'} 80{'W'} 81{'M'} 82{'1'}}}", "! mms.extra\n", "vendor=V model=M revision=1\n" },
		{ "a1{020101 a2{80{'V'} 81{'M'} 82{'1'} 8401}}", "! mms.malformed\n", "revision=1" },
		{ "a1{020101 a2{80{'V'} 81{'M'} 82{'1'} 840101}}", "! mms.extra\n", "revision=1\n" },
		{ "a0{020101 bf29{80{'P'} 81{'x'}}}", "! mms.extra\n", "object=P\n" },
		{ "a0{020101 9f24{'D'} 9f24{'E'}}", "! mms.extra\n", "domain=D\n" },
		{ "a1{020101 8b0101}", "! mms.extra\n", "service=defineNamedVariableList invoke=1\n" },
		{ "a0{020101 bf30{82{'A'} 82{'B'}}}", "! mms.extra\n", "domain=A domain=B" },
		{ "a1{020101 9f30020000}", "not_deleted=0", "" },
		{ "a1{020101 9f300500ffffffff}", "not_deleted=4294967295", "" },
		{ "a1{020101 9f30050100000000}", "! mms.valueSize\n", "invoke=1\n" },
		{ "a1{020101 9f3000}", "! mms.valueSize\n", "invoke=1\n" },
		{ "a1{020101 a6{800100 a2{830100}}}", "! mms.valueSize\n", "type=boolean\n" },
		{ "a0{020101 8002ff00}", "! mms.valueSize\n", "invoke=1\n" },
		{ "a0{020101 bf43{a0{" VMD("J") "} a1{8003 111111}}}", "! mms.valueSize\n", "object=J" },
		{ "a1{020101 bf3c{8002 0900 820101 840106}}", "! mms.valueSize\n", "state=6" },
		{ "a0{020101 9f27{'a b'}}", "! mms.identifier\n", "object=a b" },
		{ "a0{020101 bf27{1a{'P'}}}", "! mms.malformed\n", "object=P" },
		{ "a0{020101 bf4e{8000 8000}}", "! mms.extra\n", "inner=vMDStop\n" },
		{ "a1{020101 a0{a00100 810100}}", "! mms.malformed\n", "vmd_physical_status=0" },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct rig *r = rig_new();
		CU_ASSERT(rig_gives(r, C, rows[i].pdu, rows[i].odd));
		CU_ASSERT(rig_gives(r, C, rows[i].pdu, rows[i].told));
		free(r);
	}
}

/* Where a later edition may add elements, they are none too many. */
static void extended(void)
{
	static const char *const open[] = {
		"a8{810105 820105 a4{800101 810305f100 820103 8700}}",
		"a1{020101 bf25{a0{} 810102 8201ff 830100 a4{} 850103 8700}}",
		"a2{800101 a2{a0{870102} 8900}}",
		"a3{a2{a0{" VMD("E") "} a1{" VMD("C") "} 820140 a4{8200} 8f00}}",
	};
	for (size_t i = 0; i < ARRAY_LEN(open); i++) {
		struct rig *r = rig_new();
		rig_feed(r, S, open[i]);
		CU_ASSERT(r->events == 1 && !rig_has(r, "! mms.extra\n"));
		free(r);
	}
}

/* --- strings in segments -------------------------------------------------------------------------------- */

static void segments(void)
{
	static const struct {
		const char *pdu, *told;
	} rows[] = {
		{ "a0{020101 a4{a1{a0{30{a0{a1{1a{'ICC'} 3a{04{'BR'} 04{'K1'}}}}}}}}}", "domain=ICC object=BRK1\n" },
		{ "a0{020101 a4{a1{a0{30{a0{a0{04{'A'} 24{04{'B'} 04{'C'}}}}}}}}}", "domain= object=ABC\n" },
		{ "a0{020101 a4{a1{a0{30{a0{80{'X'}} a5{a1{04{'St'} 04{'atus'}}}}}}}}", "object=X domain= object=X$Status\n" },
		{ "a0{020101 a1{a0{800100} a1{a1{04{'D'} 04{'2'}}}}}", "domain=D2\n" },
		{ "a0{020101 bf24{04{'D'} 04{'3'}}}", "domain=D3\n" },
		{ "a0{020101 bf4c{39{04{'F.'} 04{'BIN'}}}}", "object=F.BIN\n" },
		{ "a0{020101 a5{a0{" VAR(VMD("T")) "} a0{aa{04{'on '} 24{04{'du'}} 04{'ty'}}}}}", "string=on duty\n" },
		{ "a080 020101 bf4c80 3980 04{'F'} 0401 47 0000 0000 0000", "object=FG\n" },
		{ "a8{810105 820105 a4{800101 a1{0302 00 'A' 0302 04 '@'} 8202 00 'S'}}", "cbb=A@ services=S\n" },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct rig *r = rig_new();
		CU_ASSERT(rig_gives(r, C, rows[i].pdu, rows[i].told));
		CU_ASSERT(rig_has(r, "! ber.segments\n"));
		CU_ASSERT_EQUAL(r->anomalies, 1 + rig_has(r, "! ber.indefinite\n"));
		free(r);
	}
}

/* Segments of other types, or bits unused in the midst of a string. */
static void odd_segments(void)
{
	static const struct {
		const char *pdu, *odd, *told;
	} rows[] = {
		{ "a0{020101 a4{a1{a0{30{a0{a1{1a{'ICC'} 3a{1a{'BR'} 1a{'K1'}}}}}}}}}", "! ber.form\n",
		  "domain=ICC object=BRK1\n" },
		{ "a0{020101 a4{a1{a0{30{a0{a0{04{'A'} 1a{'B'}}}}}}}}", "! mms.malformed\n", "object=A\n" },
		{ "a0{020101 a4{a1{a0{30{a0{a1{1a{'D'} 3a{03{'A'} 03{'B'}}}}}}}}}", "! mms.malformed\n", "domain=D" },
		{ "a0{020101 a4{a1{a0{30{a0{a1{1a{'D'} 3a{}}}}}}}}", "! mms.malformed\n", "domain=D" },
		{ "a8{810105 820105 a4{800101 a1{0302 04 'A' 0302 00 'B'} 820103}}", "! ber.form\n", "cbb=AB" },
		{ "a8{810105 820105 a4{800101 a1{0300 0302 00 'B'} 820103}}", "! ber.form\n", "cbb=B" },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct rig *r = rig_new();
		CU_ASSERT(rig_gives(r, C, rows[i].pdu, rows[i].odd));
		CU_ASSERT(rig_has(r, rows[i].told));
		free(r);
	}
}

/* Without memory for the copy it is said, and the PDU is read as it is. */
static void segments_without_memory(void)
{
	static const char pdu[] = "a0{020101 a4{a1{a0{30{a0{a1{1a{'ICC'} 3a{04{'BR'} 04{'K1'}}}}}}}}}";
	struct rig *r = rig_new();
	struct bufpool *none = bufpool_new(32);
	r->ctx.bufs = none;
	CU_ASSERT(rig_gives(r, C, pdu, "! stream.memory\n"));
	CU_ASSERT(rig_has(r, "! mms.malformed\n") && rig_has(r, "domain=ICC"));
	bufpool_free(none);
	free(r);
}

UNIT_MAIN({ "fields of every service", fields }, { "every field has two values", every_field_varies },
	  { "fields that nobody wants", unwanted }, { "cut at every octet", cut_everywhere },
	  { "contents cut at every octet", contents_cut_everywhere }, { "every octet changed", octets_changed },
	  { "every budget", budgets }, { "what is missing", missing }, { "what is misplaced", misplaced },
	  { "what later editions add", extended }, { "strings in segments", segments }, { "odd segments", odd_segments },
	  { "no memory for segments", segments_without_memory })
