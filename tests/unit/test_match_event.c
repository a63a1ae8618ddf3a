/* test_match_event.c - rules of events and anomalies: field keywords, event lists, parts of an event. */
#include "sigs/apps.h"
#include "tests/unit/sig_help.h"

static char rule_text[4096];
static struct fields fs;

static void no_fields(void)
{
	fs.n = 0;
}

static void num(enum field_id id, int64_t v)
{
	fs.v[fs.n++] = (struct field){ .id = (uint16_t)id, .num = (uint64_t)v };
}

static void text(enum field_id id, uint64_t n, const char *s)
{
	fs.v[fs.n++] = (struct field){ .id = (uint16_t)id, .num = n, .bytes = span_of(s, strlen(s)) };
}

/* What a write of two points looks like. */
static void write_event(void)
{
	no_fields();
	text(FLD_MMS_PDU, 0, "confirmed-Request");
	text(FLD_MMS_SERVICE, 5, "write");
	text(FLD_MMS_DOMAIN, 0, "ICC_A");
	text(FLD_MMS_OBJECT, 0, "BRK1");
	text(FLD_MMS_OBJECT, 0, "MW_Line");
	num(FLD_MMS_VALUE, 7);
	num(FLD_MMS_VALUE, -2);
}

static struct sigset *rules(const char *s)
{
	struct refusals r;
	struct sigset *set = load(s, &r);
	if (r.n != 0)
		printf("# refused: %s\n# %s", r.text, s);
	CU_ASSERT_EQUAL_FATAL(r.n, 0);
	return set;
}

static void tell(struct matcher *m, enum event_id id, unsigned flags, const char *pdu, struct hits *h)
{
	const struct sig_flow sf = help_flow(NULL, 6);
	struct match_flow f;
	match_flow_init(&f);
	const struct dec_event ev = {
		.id = id, .dir = DIR_ORIG, .flags = (uint8_t)flags, .pdu = span_of(pdu, strlen(pdu)), .fields = &fs
	};
	const struct app *a = app_of_event(id);
	match_event(m, &f, &sf, &ev, a != NULL ? a->name : NULL, h);
	match_flow_fini(m, &f);
}

/* Does "alert <proto> (options)" fire on event id with the fields there are? */
static void expect(const char *proto, const char *options, enum event_id id, bool want)
{
	struct hits h = { 0 };
	snprintf(rule_text, sizeof(rule_text), "alert %s any any -> any any (sid:1; %s)\n", proto, options);
	struct sigset *s = rules(rule_text);
	struct matcher *m = new_matcher(s);
	tell(m, id, 0, "the PDU", &h);
	if ((h.n == 1) != want)
		printf("# %s# %s: %s\n", rule_text, event_name(id), h.text);
	CU_ASSERT_EQUAL(h.n, want ? 1 : 0);
	matcher_free(m);
	sigset_free(s);
}

static void mms(const char *options, bool want)
{
	expect("mms", options, EV_MMS_write_REQ, want);
}

static void texts(void)
{
	write_event();
	mms("mms.service:\"write\";", true);
	mms("mms.service:\"read\";", false);
	mms("mms.service:\"read,write\";", true);
	mms("mms.service:!\"read\";", true);
	mms("mms.service:!\"write\";", false);
	mms("mms.service:!\"read,write\";", false);
	mms("mms.service:5;", true);
	mms("mms.service:\"6-9\";", false);
	mms("mms.pdu:\"confirmed-Request\";", true);
	mms("mms.pdu:\"confirmed-Response\";", false);
	mms("mms.object:\"MW_Line\";", true);
	mms("mms.object:\"MW_LINE\";", false);
	mms("mms.object:\"MW_LINE\"; nocase;", true);
	mms("mms.object:\"BRK*\";", true);
	mms("mms.object:\"*Line\";", true);
	mms("mms.object:\"*Lin\";", false);
	mms("mms.object:\"*W_L*\";", true);
	mms("mms.object:\"*W-L*\";", false);
	mms("mms.object:\"*\";", true);
	mms("mms.object:\"|42|RK1\";", true);
	mms("mms.object:!\"BRK1\";", false);
	mms("mms.domain:\"ICC_A\"; mms.object:\"BRK1\";", true);
	mms("mms.domain:\"ICC_B\"; mms.object:\"BRK1\";", false);
	mms("iccp.domain:\"*\";", false);
	mms("iccp.domain:!\"*\";", true);
	mms("app:\"MMS_Write.Request\";", true);
	mms("app:\"MMS_Read.Request\";", false);
	mms("app:!\"MMS_*\";", false);
}

static void numbers(void)
{
	write_event();
	mms("mms.value:7;", true);
	mms("mms.value:8;", false);
	mms("mms.value:0x7;", true);
	mms("mms.value:-2;", true);
	mms("mms.value:>7;", false);
	mms("mms.value:>=7;", true);
	mms("mms.value:<-2;", false);
	mms("mms.value:<=-2;", true);
	mms("mms.value:3-7;", true);
	mms("mms.value:3<>7;", false);
	mms("mms.value:1,2,5-8;", true);
	mms("mms.value:!7;", false);
	mms("mms.value:!8;", true);
	no_fields();
	num(FLD_COTP_TYPE, 0xe0);
	text(FLD_COTP_SRC_TSAP, 0, "\x01\x02");
	expect("cotp", "cotp.type:cr;", EV_COTP_CR, true);
	expect("cotp", "cotp.type:cc,dr;", EV_COTP_CR, false);
	expect("cotp", "cotp.type:\"cr\";", EV_COTP_CR, true);
	expect("cotp", "cotp.type:0xe0;", EV_COTP_CR, true);
	expect("cotp", "cotp.src_tsap:\"|01 02|\";", EV_COTP_CR, true);
	expect("cotp", "cotp.src_tsap:\"|01 03|\";", EV_COTP_CR, false);
	expect("cotp", "cotp.dst_tsap:\"|01 02|\";", EV_COTP_CR, false);
}

static void which_events(void)
{
	no_fields();
	expect("cotp", "", EV_COTP_DT, true);
	expect("cotp", "", EV_MMS_read_REQ, false);
	expect("cotp", "event:\"mms.read.request\";", EV_MMS_read_REQ, true);
	expect("cotp", "event:\"mms.read.request\";", EV_COTP_DT, false);
	expect("mms", "", EV_MMS_read_REQ, true);
	expect("mms", "", EV_OP_DEVICE_OPERATE_REQ, false);
	expect("mms", "event:\"iccp.deviceOperate.request\";", EV_OP_DEVICE_OPERATE_REQ, true);
	expect("iccp", "", EV_OP_ABORT, true);
	expect("iccp", "", EV_MMS_read_REQ, false);
	expect("mms", "content:\"PDU\";", EV_MMS_read_REQ, true);
	expect("mms", "content:\"PDU\";", EV_OP_ABORT, false);
	expect("mms", "content:\"PDU\"; event:\"mms.write.request\";", EV_MMS_read_REQ, false);
	expect("mms", "content:\"pdu\"; nocase; endswith;", EV_MMS_read_REQ, true);
	expect("mms", "content:!\"PDU\";", EV_MMS_read_REQ, false);
	expect("mms", "content:!\"pdu\";", EV_MMS_read_REQ, true);
	expect("mms", "bsize:7;", EV_MMS_read_REQ, true);
	expect("mms", "bsize:>7;", EV_MMS_read_REQ, false);
	text(FLD_ICCP_OP, OP_DEVICE_OPERATE, "deviceOperate");
	expect("iccp", "iccp.op:\"deviceOperate\";", EV_OP_DEVICE_OPERATE_REQ, true);
	expect("iccp", "iccp.op:\"device*\";", EV_OP_DEVICE_OPERATE_RSP, true);
	expect("iccp", "iccp.op:\"deviceSelect\";", EV_OP_DEVICE_OPERATE_REQ, false);
	expect("iccp", "iccp.op:!\"deviceSelect\";", EV_OP_DEVICE_OPERATE_REQ, true);
	expect("iccp", "flow:to_client;", EV_OP_ABORT, false);
	expect("iccp", "flow:to_server,established;", EV_OP_ABORT, true);
}

/* More fields than fit come in parts: the rule is decided once, by all of them. */
static void parts(void)
{
	struct hits h = { 0 };
	struct sigset *s = rules("alert mms any any -> any any (sid:1; mms.object:\"first\"; mms.object:\"last\";)\n"
				 "alert mms any any -> any any (sid:2; mms.object:!\"first\";)\n"
				 "alert mms any any -> any any (sid:3; mms.object:\"first\"; content:\"PDU\";)\n"
				 "alert mms any any -> any any (sid:4; mms.object:\"other\";)\n");
	struct matcher *m = new_matcher(s);
	no_fields();
	text(FLD_MMS_OBJECT, 0, "first");
	tell(m, EV_MMS_read_REQ, EV_MORE, "the PDU", &h);
	no_fields();
	tell(m, EV_MMS_read_REQ, EV_CONT | EV_MORE, "the PDU", &h);
	CU_ASSERT_EQUAL(h.n, 0);
	text(FLD_MMS_OBJECT, 0, "last");
	tell(m, EV_MMS_read_REQ, EV_CONT, "the PDU", &h);
	CU_ASSERT_STRING_EQUAL(h.text, "1 3 ");
	h = (struct hits){ 0 };
	tell(m, EV_MMS_read_REQ, 0, "the PDU", &h);
	CU_ASSERT_STRING_EQUAL(h.text, "2 ");
	h = (struct hits){ 0 };
	tell(m, EV_MMS_read_REQ, EV_MORE, "the PDU", &h);
	no_fields();
	text(FLD_MMS_OBJECT, 0, "other");
	tell(m, EV_MMS_read_REQ, 0, "the PDU", &h);
	CU_ASSERT_STRING_EQUAL(h.text, "2 4 ");
	matcher_free(m);
	sigset_free(s);
}

static void anomalies(void)
{
	struct hits h = { 0 };
	struct tagset tags = { 0 };
	struct match_flow f;
	struct sigset *s = rules("alert tcp any any -> any 102 (sid:1; anomaly:\"tpkt.version,tpkt.length\"; flowbits:set,odd;)\n"
				 "alert cotp any any -> any any (sid:2; anomaly:\"cotp.li\";)\n"
				 "drop ip any any -> any 103 (sid:3; anomaly:\"tpkt.version\";)\n"
				 "alert tcp any any -> any any (sid:4; anomaly:\"tpkt.version\"; flowbits:isset,odd;)\n");
	struct matcher *m = new_matcher(s);
	const struct sig_flow sf = help_flow(&tags, 6);
	match_flow_init(&f);
	match_anomaly(m, &f, &sf, DIR_ORIG, "cotp.type", &h);
	CU_ASSERT_EQUAL(h.n, 0);
	match_anomaly(m, &f, &sf, DIR_ORIG, "tpkt.length", &h);
	match_anomaly(m, &f, &sf, DIR_ORIG, "tpkt.version", &h);
	match_anomaly(m, &f, &sf, DIR_REPLY, "cotp.li", &h);
	CU_ASSERT_STRING_EQUAL(h.text, "1 1 4 2< ");
	match_flow_fini(m, &f);
	matcher_free(m);
	sigset_free(s);
}

/* The sample of the stock rules: an operate is told unless its select went before. */
static void select_and_operate(void)
{
	struct hits h = { 0 };
	struct tagset tags = { 0 };
	struct match_flow f;
	struct sigset *s =
		rules("alert iccp any any -> any any (sid:1; event:\"iccp.deviceSelect.request\"; flowbits:set,sel; noalert;)\n"
		      "alert iccp any any -> any any (sid:2; event:\"iccp.deviceOperate.request\"; flowbits:isnotset,sel;)\n"
		      "alert iccp any any -> any any (sid:3; event:\"iccp.deviceOperate.response\"; flowbits:unset,sel;)\n"
		      "alert iccp any any -> any any (sid:4; event:\"iccp.abort\"; flowbits:toggle,t;)\n"
		      "pass iccp any any -> any any (sid:5; event:\"iccp.abort\"; flowbits:isset,t;)\n");
	static const enum event_id events[] = { EV_OP_DEVICE_OPERATE_REQ,
						EV_OP_DEVICE_SELECT_REQ,
						EV_OP_DEVICE_OPERATE_REQ,
						EV_OP_DEVICE_OPERATE_RSP,
						EV_OP_DEVICE_OPERATE_REQ,
						EV_OP_ABORT,
						EV_OP_ABORT };
	struct matcher *m = new_matcher(s);
	const struct sig_flow sf = help_flow(&tags, 6);
	match_flow_init(&f);
	no_fields();
	for (size_t i = 0; i < ARRAY_LEN(events); i++) {
		const struct dec_event ev = { .id = events[i], .dir = DIR_ORIG, .fields = &fs };
		match_event(m, &f, &sf, &ev, NULL, &h);
	}
	CU_ASSERT_STRING_EQUAL(h.text, "2 1 3 2 4 5 ");
	match_flow_fini(m, &f);
	matcher_free(m);
	sigset_free(s);
}

/* Fields are gathered only of events that some rule asks them of. */
static void cares(void)
{
	static const struct {
		const char *options;
		enum event_id yes, no;
	} rows[] = {
		{ "mms.pdu:\"confirmed-Request\";", EV_MMS_read_REQ, EV_MMS_read_RSP },
		{ "mms.pdu:\"confirmed-Response\";", EV_MMS_read_RSP, EV_MMS_read_REQ },
		{ "mms.pdu:\"confirmed-Request\";", EV_MMS_write_REQ, EV_MMS_INFORMATION_REPORT },
		{ "mms.pdu:\"unconfirmed\";", EV_MMS_INFORMATION_REPORT, EV_MMS_write_REQ },
		{ "mms.pdu:\"unconfirmed\";", EV_MMS_UNSOLICITED_STATUS, EV_MMS_REJECT },
		{ "mms.pdu:3;", EV_MMS_EVENT_NOTIFICATION, EV_MMS_CONFIRMED_ERR },
		{ "mms.pdu:\"confirmed-Error\";", EV_MMS_CONFIRMED_ERR, EV_MMS_UNSOLICITED_STATUS },
		{ "mms.pdu:\"reject\";", EV_MMS_REJECT, EV_MMS_EVENT_NOTIFICATION },
		{ "mms.service:\"read\";", EV_MMS_read_REQ, EV_MMS_write_REQ },
		{ "event:\"mms.read.request\";", EV_MMS_read_REQ, EV_MMS_read_RSP },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		snprintf(rule_text, sizeof(rule_text), "alert mms any any -> any any (%s sid:1;)\n", rows[i].options);
		struct sigset *s = rules(rule_text);
		const bool fields = strstr(rows[i].options, "event:") == NULL;
		CU_ASSERT_EQUAL(sigset_cares(s, rows[i].yes), fields ? SIG_CARES | SIG_CARES_FIELDS : SIG_CARES);
		CU_ASSERT_EQUAL(sigset_cares(s, rows[i].no), 0);
		CU_ASSERT_EQUAL(sigset_cares(s, EV_N), 0);
		sigset_free(s);
	}
}

UNIT_MAIN({ "what rules look at", cares },
	  { "texts", texts }, { "numbers", numbers }, { "which events", which_events }, { "parts of an event", parts },
	  { "anomalies", anomalies }, { "select and operate", select_and_operate })
