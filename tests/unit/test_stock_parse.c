/* test_stock_parse.c - the stock rules: all load, are well described, and each fires on its case and not beside it.
 *
 * Run from the repository's root, as tests/run does.
 */
#include "decoders/anomaly.h"
#include "tests/unit/sig_help.h"

static const char *const files[] = { "sigs/stock/cotp.rules", "sigs/stock/mms.rules", "sigs/stock/iccp.rules",
				     "sigs/stock/stream.rules", "sigs/custom/example.rules" };
enum { CUSTOM = 4 };

static struct sigset *set;
static struct matcher *m;

static char *read_file(const char *name)
{
	FILE *f = fopen(name, "rb");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	char *text = calloc(1, 1 << 18);
	const size_t n = fread(text, 1, (1 << 18) - 1, f);
	CU_ASSERT(n > 100 && n < (1 << 18) - 1);
	fclose(f);
	return text;
}

/* A comment that holds a rule, as the example file has them, is read as that rule. */
static void uncomment(char *text)
{
	for (char *p = text; (p = strchr(p, '#')) != NULL; p++) {
		if (p[1] != ' ')
			*p = ' ';
	}
}

static void load_stock(bool with_example)
{
	struct sig_source src[ARRAY_LEN(files)];
	struct refusals r;
	const size_t n = with_example ? ARRAY_LEN(files) : CUSTOM;
	for (size_t i = 0; i < n; i++) {
		char *text = read_file(files[i]);
		if (i == CUSTOM)
			uncomment(text);
		src[i] = (struct sig_source){ .name = files[i], .text = text, .custom = i == CUSTOM };
	}
	set = load_sources(src, n, &r);
	if (r.n != 0)
		printf("# %s:%u: %s\n", r.file, r.line, r.text);
	CU_ASSERT_EQUAL(r.n, 0);
	for (size_t i = 0; i < n; i++)
		free((char *)src[i].text);
	m = new_matcher(set);
}

static void unload(void)
{
	matcher_free(m);
	sigset_free(set);
}

static void all_load(void)
{
	load_stock(true);
	CU_ASSERT(sigset_n(set) >= 60);
	for (size_t i = 0; i < sigset_n(set); i++) {
		const struct sig *s = sigset_at(set, i);
		CU_ASSERT(s->gid == 1 && s->rev >= 1 && s->msg[0] != '\0');
		CU_ASSERT(s->custom ? s->sid >= 5000001 : s->sid >= 1000001 && s->sid < 1000400);
		CU_ASSERT(s->custom || s->noalert || s->classtype[0] != '\0');
		CU_ASSERT(s->custom || s->action == SIG_ALERT);
		CU_ASSERT_PTR_EQUAL(sigset_find(set, 1, s->sid), s);
	}
	CU_ASSERT_EQUAL(sigset_tags(set, TAGS_STOCK)->nr, 3);
	CU_ASSERT_EQUAL(sigset_tags(set, TAGS_CUSTOM)->nr, 1);
	CU_ASSERT_PTR_NULL(sigset_find(set, 1, 1));
	unload();
}

static bool fired(const struct hits *h, unsigned sid, enum dir d)
{
	char want[32], text[sizeof(h->text) + 1];
	snprintf(want, sizeof(want), " %u%s ", sid, d == DIR_REPLY ? "<" : "");
	snprintf(text, sizeof(text), " %s", h->text);
	return strstr(text, want) != NULL;
}

/* --- events: sid, events (each must do), a field they need, the tag that must be set (or not: !) ------------- */

static const struct on_event {
	unsigned sid;
	const char *events;
	enum field_id field;
	uint64_t num;
	const char *text, *tag;
} on_event[] = {
	{ 1000017, "cotp.dr", FLD_COTP_REASON, 3, "", NULL },
	{ 1000018, "cotp.er", FLD_N, 0, NULL, NULL },
	{ 1000019, "cotp.dr", FLD_COTP_REASON, 133, "", NULL },
	{ 1000030, "s7comm.job", FLD_S7_FUNCTION, 0x29, "", NULL },
	{ 1000031, "s7comm.job", FLD_S7_FUNCTION, 0x1b, "", NULL },
	{ 1000032, "s7comm.job", FLD_S7_FUNCTION, 0x28, "", NULL },
	{ 1000106, "acse.aare", FLD_ACSE_RESULT, 1, "", NULL },
	{ 1000107, "acse.abrt", FLD_ACSE_DIAGNOSTIC, 5, "", NULL },
	{ 1000130, "mms.initiate.response", FLD_N, 0, NULL, NULL },
	{ 1000131, "mms.conclude.response", FLD_N, 0, NULL, NULL },
	{ 1000132, "mms.initiate.request", FLD_N, 0, NULL, "mms.associated" },
	{ 1000140, "mms.additionalService.request", FLD_N, 0, NULL, NULL },
	{ 1000141, "mms.initiateDownloadSequence.request,mms.requestDomainDownload.request,mms.loadDomainContent.request", FLD_N, 0,
	  NULL, NULL },
	{ 1000142, "mms.initiateUploadSequence.request,mms.requestDomainUpload.request,mms.storeDomainContent.request", FLD_N, 0,
	  NULL, NULL },
	{ 1000143, "mms.deleteDomain.request,mms.deleteProgramInvocation.request,mms.createProgramInvocation.request", FLD_N, 0,
	  NULL, NULL },
	{ 1000144, "mms.start.request,mms.stop.request,mms.resume.request,mms.reset.request,mms.kill.request", FLD_N, 0, NULL,
	  "!iccp.association" },
	{ 1000145, "mms.fileDelete.request,mms.fileRename.request,mms.obtainFile.request", FLD_N, 0, NULL, NULL },
	{ 1000146, "mms.write.request", FLD_MMS_OBJECT, 0, "GGIO1$CO$SPCSO1$Oper", NULL },
	{ 1000147, "mms.defineAccessControlList.request,mms.deleteAccessControlList.request,mms.changeAccessControl.request", FLD_N,
	  0, NULL, NULL },
	{ 1000201, "iccp.getDataValue.request,iccp.transferReport", FLD_N, 0, NULL, "!iccp.association" },
	{ 1000202, "iccp.deviceSelect.request", FLD_N, 0, NULL, NULL },
	{ 1000203, "iccp.deviceOperate.response", FLD_N, 0, NULL, NULL },
	{ 1000204, "iccp.deviceOperate.request", FLD_N, 0, NULL, NULL },
	{ 1000205, "iccp.deviceOperate.request", FLD_N, 0, NULL, "!iccp.selected" },
	{ 1000206, "iccp.setTag.request", FLD_N, 0, NULL, NULL },
	{ 1000207, "iccp.setDataValue.request", FLD_N, 0, NULL, NULL },
	{ 1000208, "iccp.setDataSetElementValues.request", FLD_N, 0, NULL, NULL },
	{ 1000209,
	  "iccp.programStart.request,iccp.programStop.request,iccp.programResume.request,iccp.programReset.request,"
	  "iccp.programKill.request",
	  FLD_N, 0, NULL, NULL },
	{ 1000220, "iccp.createDataSet.request", FLD_N, 0, NULL, NULL },
	{ 1000221, "iccp.deleteDataSet.request", FLD_N, 0, NULL, NULL },
	{ 1000222, "iccp.stopTransferDSTransferSet.request,iccp.stopTransferIMTransferSet.request", FLD_N, 0, NULL, NULL },
	{ 1000223, "iccp.deleteEventEnrollment.request", FLD_N, 0, NULL, NULL },
	{ 1000224, "iccp.transferReportNACK", FLD_N, 0, NULL, NULL },
	{ 1000225, "iccp.abort", FLD_N, 0, NULL, NULL },
	{ 1000240, "mms.fileOpen.request,mms.fileRead.request,mms.fileDirectory.request", FLD_N, 0, NULL, "iccp.association" },
	{ 1000241, "mms.takeControl.request", FLD_MMS_SERVICE, 19, "takeControl", "iccp.association" },
	{ 1000241, "mms.deleteJournal.request", FLD_MMS_SERVICE, 70, "deleteJournal", "iccp.association" },
	{ 1000242,
	  "mms.rename.request,mms.defineNamedVariable.request,mms.defineNamedType.request,mms.defineScatteredAccess.request", FLD_N,
	  0, NULL, "iccp.association" },
	{ 1000243, "mms.getCapabilityList.request", FLD_N, 0, NULL, "iccp.association" },
};

static bool tell_event(const struct on_event *c, const char *name, bool with_field, bool with_tag)
{
	struct fields fs = { .n = 1 };
	struct tagset tags = { 0 };
	struct hits h = { 0 };
	const bool negated = c->tag != NULL && c->tag[0] == '!';
	if (c->tag != NULL && with_tag != negated)
		CU_ASSERT_EQUAL(tagset_set(&tags, sigset_tag_find(set, TAGS_STOCK, c->tag + negated)), OK);
	fs.v[0] = (struct field){ .id = FLD_MMS_PDU, .bytes = span_of("confirmed-Request", 17) };
	if (c->field != FLD_N && with_field)
		fs.v[fs.n++] =
			(struct field){ .id = (uint16_t)c->field, .num = c->num, .bytes = span_of(c->text, strlen(c->text)) };
	const struct sig_flow sf = help_flow(&tags, 6);
	const struct dec_event ev = { .id = event_find(name), .dir = DIR_ORIG, .fields = &fs };
	CU_ASSERT_NOT_EQUAL(ev.id, EV_NONE);
	match_event(m, NULL, &sf, &ev, NULL, &h);
	return fired(&h, c->sid, DIR_ORIG);
}

static void check_event(const struct on_event *c)
{
	char list[512];
	snprintf(list, sizeof(list), "%s", c->events);
	for (char *name = strtok(list, ","); name != NULL; name = strtok(NULL, ",")) {
		const bool good = tell_event(c, name, true, true) && (c->field == FLD_N || !tell_event(c, name, false, true)) &&
				  (c->tag == NULL || !tell_event(c, name, true, false)) &&
				  !tell_event(c, "mms.status.request", true, true);
		if (!good)
			printf("# sid %u on %s\n", c->sid, name);
		CU_ASSERT(good);
	}
}

/* --- anomalies ------------------------------------------------------------------------------------------------ */

static const struct {
	unsigned sid;
	enum anomaly a;
} on_anomaly[] = {
	{ 1000001, AN_TPKT_VERSION },    { 1000002, AN_TPKT_LENGTH },
	{ 1000003, AN_TPKT_RESERVED },   { 1000004, AN_COTP_LI },
	{ 1000005, AN_COTP_TYPE },       { 1000006, AN_COTP_SECOND },
	{ 1000007, AN_COTP_STATE },      { 1000008, AN_COTP_DT_EARLY },
	{ 1000009, AN_COTP_CR_SIZE },    { 1000010, AN_COTP_CLASS },
	{ 1000011, AN_COTP_REF },        { 1000012, AN_COTP_DT_EMPTY },
	{ 1000013, AN_COTP_FRAGMENTS },  { 1000014, AN_COTP_FRAGMENT_SMALL },
	{ 1000015, AN_COTP_TSDU_SIZE },  { 1000016, AN_COTP_PARAM_TWICE },
	{ 1000016, AN_COTP_DT_HEADER },  { 1000016, AN_COTP_DT_NR },
	{ 1000033, AN_S7_LENGTH },       { 1000033, AN_S7_ROSCTR },
	{ 1000101, AN_SES_SI },          { 1000101, AN_SES_LENGTH },
	{ 1000103, AN_PRES_CONTEXT },    { 1000104, AN_PRES_MODE },
	{ 1000104, AN_PRES_DEFINITION }, { 1000105, AN_ACSE_AUTH },
	{ 1000108, AN_ACSE_STATE },      { 1000110, AN_BER_LENGTH },
	{ 1000111, AN_BER_DEPTH },       { 1000112, AN_MMS_PDU },
	{ 1000113, AN_MMS_SERVICE },     { 1000114, AN_MMS_VALUE_SIZE },
	{ 1000115, AN_MMS_MALFORMED },   { 1000116, AN_MMS_NESTING },
	{ 1000117, AN_MMS_PDU_SIZE },    { 1000118, AN_MMS_INVOKE_REUSED },
	{ 1000119, AN_MMS_IDENTIFIER },  { 1000230, AN_ICCP_SCOPE },
	{ 1000231, AN_ICCP_CASE },       { 1000232, AN_ICCP_TRANSFER_SET },
	{ 1000233, AN_ICCP_VALUE },      { 1000234, AN_ICCP_MESSAGE },
};

static void check_anomaly(unsigned sid, enum anomaly a)
{
	struct hits h = { 0 };
	struct tagset tags = { 0 };
	const struct sig_flow sf = help_flow(&tags, 6);
	if (a == AN_COTP_DT_EMPTY)
		CU_ASSERT_EQUAL(tagset_set(&tags, sigset_tag_find(set, TAGS_STOCK, "mms.associated")), OK);
	match_anomaly(m, NULL, &sf, DIR_REPLY, anomaly_name(a), &h);
	CU_ASSERT_EQUAL(h.n, 1);
	CU_ASSERT(fired(&h, sid, DIR_REPLY));
}

/* --- streams: the last octet of each case is needed -------------------------------------------------------------- */

#define NOP4     "\x90\x90\x90\x90"
#define ZERO16   "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define BYTES(s) s, sizeof(s) - 1

static const struct on_stream {
	unsigned sid;
	enum dir d;
	const char *bytes;
	size_t len;
} on_stream[] = {
	{ 1000301, DIR_REPLY, BYTES("$ id\nuid=0(root) gid=") },
	{ 1000302, DIR_REPLY, BYTES("\r\nMicrosoft Windows [Version 10.0.1]\r\n(c) Microsoft Corporation") },
	{ 1000303, DIR_ORIG, BYTES("exec /bin/bash -i") },
	{ 1000304, DIR_ORIG, BYTES("PowerShell.exe -nop -Enc JAB") },
	{ 1000305, DIR_ORIG, BYTES("xx" NOP4 NOP4 NOP4 NOP4 NOP4 NOP4 NOP4 NOP4) },
	{ 1000310, DIR_REPLY, BYTES("MZ" ZERO16 ZERO16 ZERO16 ZERO16 ZERO16 "This program cannot be run in DOS mode") },
	{ 1000311, DIR_ORIG,
	  BYTES("\x7f"
		"ELF" ZERO16 ZERO16 ZERO16 "/lib") },
	{ 1000320, DIR_ORIG, BYTES("SSH-") },
	{ 1000321, DIR_ORIG, BYTES("GET / HTTP/1.1\r\nHOST:") },
	{ 1000322, DIR_ORIG, BYTES("\x16\x03\x01\x02\x00\x01\x00") },
	{ 1000323, DIR_ORIG, BYTES("\x03\x00\x00\x2a\x25\xe0\0\0\0\0\0Cookie: mstshash=") },
};

static bool tell_stream(const struct on_stream *c, size_t len)
{
	struct match_flow f;
	struct hits h = { 0 };
	const struct sig_flow sf = help_flow(NULL, 6);
	match_flow_init(&f);
	match_stream(m, &f, &sf, c->d, span_of(c->bytes, len));
	match_upto(m, &f, &sf, c->d, len, &h);
	match_flow_fini(m, &f);
	CU_ASSERT(h.n <= 1);
	return fired(&h, c->sid, c->d);
}

static void check_stream(const struct on_stream *c)
{
	const bool good = tell_stream(c, c->len) && !tell_stream(c, c->len - 1);
	if (!good)
		printf("# sid %u\n", c->sid);
	CU_ASSERT(good);
}

/* --- all of them ------------------------------------------------------------------------------------------------- */

static void each_fires(void)
{
	load_stock(false);
	bool *seen = calloc(sigset_n(set), sizeof(*seen));
	for (size_t i = 0; i < ARRAY_LEN(on_event); i++) {
		check_event(&on_event[i]);
		seen[sigset_find(set, 1, on_event[i].sid)->index] = true;
	}
	for (size_t i = 0; i < ARRAY_LEN(on_anomaly); i++) {
		check_anomaly(on_anomaly[i].sid, on_anomaly[i].a);
		seen[sigset_find(set, 1, on_anomaly[i].sid)->index] = true;
	}
	for (size_t i = 0; i < ARRAY_LEN(on_stream); i++) {
		check_stream(&on_stream[i]);
		seen[sigset_find(set, 1, on_stream[i].sid)->index] = true;
	}
	for (size_t i = 0; i < sigset_n(set); i++) {
		if (!seen[i])
			printf("# sid %u has no case\n", sigset_at(set, i)->sid);
		CU_ASSERT(seen[i]);
	}
	free(seen);
	unload();
}

/* COTP CR, an associate request's session and presentation head, and a read: nothing of streams fires. */
static void quiet_on_ordinary_bytes(void)
{
	static const char ordinary[] =
		"\x03\x00\x00\x16\x11\xe0\x00\x00\x00\x01\x00\xc0\x01\x0a\xc1\x02\x00\x01\xc2\x02\x00\x01"
		"\x03\x00\x00\x6d\x02\xf0\x80\x01\x00\x01\x00\x61\x60\x30\x5e\x02\x01\x03\xa0\x59\xa0\x57\x02\x01\x01"
		"\xa4\x52\xa1\x50\xa0\x4e\x30\x21\xa0\x1f\xa1\x1d\x1a\x07ICC_A_B\x1a\x12"
		"Bilateral_Table_ID";
	const struct on_stream c = { 0, DIR_ORIG, BYTES(ordinary) };
	struct match_flow f;
	struct hits h = { 0 };
	load_stock(false);
	const struct sig_flow sf = help_flow(NULL, 6);
	match_flow_init(&f);
	match_stream(m, &f, &sf, DIR_ORIG, span_of(c.bytes, c.len));
	match_upto(m, &f, &sf, DIR_ORIG, c.len, &h);
	match_open(m, &f, &sf, DIR_ORIG, &h);
	CU_ASSERT_EQUAL(h.n, 0);
	match_flow_fini(m, &f);
	unload();
}

UNIT_MAIN({ "all load", all_load }, { "each fires on its case", each_fires },
	  { "quiet on ordinary bytes", quiet_on_ordinary_bytes })
