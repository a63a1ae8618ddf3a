/* test_difference.c - what differs is named: packet, session, field, and both values. */
#include "ips/difference.h"
#include "tests/unit/unit.h"

static struct span text(const char *s)
{
	return s != NULL ? span_of(s, strlen(s)) : (struct span){ 0 };
}

#define ALERT(sid, more) "{\"id\":\"1-17-4\",\"flow_id\":17,\"pcap_cnt\":40,\"alert\":{\"gid\":1,\"signature_id\":" sid "}" more "}"

static void test_named(void)
{
	static const struct {
		const char *key, *expected, *got;
		const char *words;
	} row[] = {
		{ "v12", "verdict=pass reason=none session=3", "verdict=drop reason=none session=3",
		  "packet 12, session 3, verdict: verdict is drop, not pass" },
		{ "v12", "verdict=pass reason=none session=3", "verdict=pass reason=none session=4",
		  "packet 12, session 3, verdict: session is 4, not 3" },
		{ "v12", "verdict=pass reason=none session=3",
		  "verdict=pass reason=none session=3 rewritten=1 released=0 octets=00",
		  "packet 12, session 3, verdict: rewritten is 1, not absent" },
		{ "v12", "verdict=pass reason=none session=3", NULL,
		  "packet 12, session 3, verdict: missing: verdict=pass reason=none session=3" },
		{ "a1-17-4", ALERT("5", ""), ALERT("6", ""),
		  "packet 40, session 17, alert 1-17-4: alert.signature_id is 6, not 5" },
		{ "a1-17-4", ALERT("5", ",\"app_proto\":\"mms\""), ALERT("5", ""),
		  "packet 40, session 17, alert 1-17-4: app_proto is absent, not \"mms\"" },
		{ "a1-17-4", ALERT("5", ""), ALERT("5", ",\"app_proto\":\"mms\""),
		  "packet 40, session 17, alert 1-17-4: app_proto is \"mms\", not absent" },
		{ "f1-17-9", "{\"flow_id\":17,\"flow\":{\"age\":3}}", "{\"flow_id\":17,\"flow\":{\"age\":3,\"reason\":\"closed\"}}",
		  "session 17, flow 1-17-9: flow.reason is \"closed\", not absent" },
		{ "r1-0-p8", NULL, "{\"pcap_cnt\":8}", "packet 8, record 1-0-p8: should not be there: {\"pcap_cnt\":8}" },
		{ "l17.sys.4", "statistic: org=1/2 reply=3/4", "statistic: org=1/2 reply=3/5",
		  "session 17, list sys.4: reply is 3/5, not 3/4" },
		{ "l17.ips.3", "  state: C-ESTABLISHED", "  state: C-CLOSED",
		  "session 17, list ips.3: state is C-CLOSED, not C-ESTABLISHED" },
		{ "d17.reasm.orig.next", "7", "0", "session 17, state: reasm.orig.next is 0, not 7" },
		{ "d17.mms.phase", "2", NULL, "session 17, state: mms.phase is absent, not 2" },
	};
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		const struct trace_change c = { text(row[i].key), text(row[i].expected), text(row[i].got) };
		struct difference d;
		struct outbuf o = { 0 };
		difference_of(&c, &d);
		difference_text(&d, &o);
		CU_ASSERT_STRING_EQUAL(o.p, row[i].words);
		if (strcmp(o.p, row[i].words) != 0)
			printf("# %s\n", o.p);
		outbuf_free(&o);
	}
}

static void test_order(void)
{
	static const struct difference in_order[] = {
		{ .packet = 9, .what = "verdict" },
		{ .packet = 9, .what = "alert", .id = "1-1-2" },
		{ .packet = 10, .what = "verdict" },
		{ .packet = 10, .session = 1, .what = "record" },
		{ .packet = 10, .session = 2, .what = "record" },
		{ .session = 1, .what = "flow" },
		{ .session = 1, .what = "state", .field = "a" },
		{ .session = 1, .what = "state", .field = "b" },
		{ .what = "node" },
	};
	for (size_t i = 0; i < ARRAY_LEN(in_order); i++)
		for (size_t k = 0; k < ARRAY_LEN(in_order); k++) {
			const int c = difference_order(&in_order[i], &in_order[k]);
			CU_ASSERT(i < k ? c < 0 : i > k ? c > 0 : c == 0);
		}
}

/* Longer than there is room for: cut off, never beyond. */
static void test_long(void)
{
	char much[3000], key[3000];
	memset(much, 'x', sizeof(much) - 1);
	memset(key, '9', sizeof(key) - 1);
	much[sizeof(much) - 1] = key[sizeof(key) - 1] = '\0';
	static const char letters[] = "vafrldz";
	for (size_t i = 0; i < strlen(letters); i++) {
		key[0] = letters[i];
		key[20] = '.';
		const struct trace_change c[] = { { text(key), text(much), text("y") }, { text(key), text("y"), text(much) },
						  { text(key), text(much), { 0 } }, { text(key), { 0 }, text(much) } };
		for (size_t k = 0; k < ARRAY_LEN(c); k++) {
			struct difference d;
			difference_of(&c[k], &d);
			CU_ASSERT(strlen(d.expected) < sizeof(d.expected) && strlen(d.got) < sizeof(d.got));
			CU_ASSERT(strlen(d.field) < sizeof(d.field) && strlen(d.id) < sizeof(d.id));
		}
	}
}

UNIT_MAIN({ "named", test_named }, { "in order", test_order }, { "too long", test_long })
