/* test_ctl_filter.c - each filter alone leaves some sessions out and keeps others; wrong words are told. */
#include "tests/unit/ctl_rig.h"

static const char rules[] = "alert tcp any any -> any any (msg:\"x\"; content:\"abc\"; flowbits:set,one; sid:7;)\n";
static const char custom[] = "alert tcp any any -> any any (msg:\"x\"; content:\"zzx\"; flowbits:set,own; sid:9;)\n";

static struct fake f;

static struct session *add(struct packet p)
{
	struct session *last = NULL;
	CU_ASSERT_EQUAL(rig_packet(&f.rig[0], p), REASON_NONE);
	for (struct session *s = rig_first(&f.rig[0]); s != NULL; s = session_next(engine_sessions(f.rig[0].e), s))
		last = s;
	CU_ASSERT_PTR_NOT_NULL_FATAL(last);
	return last;
}

static struct packet datagram(struct pkt *k, int family, const char *src, const char *dst, uint16_t sport)
{
	pkt_ip(k, family, src, dst, 17);
	pkt_udp(k, sport, 53, "x", 1);
	pkt_finish(k);
	return pkt_packet(k);
}

/* 1 TCP 10.1.0.2:57218 to 10.2.0.2:102; 2 UDP 10.1.0.9:1000 to 10.2.0.9:53; 3 ping; 4 UDP of IPv6 */
static void start(void)
{
	struct pkt k;
	fake_new(&f, &(struct rig_opts){ .rules = rules, .custom = custom });
	CU_ASSERT_EQUAL(rig_tcp(&f.rig[0], DIR_ORIG, TCP_SYN, 100, 0, ""), REASON_NONE);
	struct session *s = rig_first(&f.rig[0]);
	s->s.policy_id = 42;
	engine_insp(s)->s.service = SVC_COTP;
	engine_insp(s)->s.proto = PROTO_ICCP;
	engine_insp(s)->s.last_app = 44684;
	engine_insp(s)->s.tags = (struct tagset){ .n = 1, .id = { 0 } };
	s = add(datagram(&k, 4, "10.1.0.9", "10.2.0.9", 1000));
	engine_insp(s)->s.proto = PROTO_RDP;
	engine_insp(s)->s.app = 76919;
	engine_insp(s)->s.tags = (struct tagset){ .n = 1, .id = { TAG_CUSTOM_BIT } };
	pkt_ip(&k, 4, "172.20.61.40", "10.169.150.3", 1);
	pkt_icmp(&k, 8, 0, 2019u << 16 | 1, "", 0);
	pkt_finish(&k);
	(void)add(pkt_packet(&k));
	(void)add(datagram(&k, 6, "2001:db8::1", "2001:db8::2", 1001));
}

static void stop(void)
{
	for (struct session *s = rig_first(&f.rig[0]); s != NULL; s = session_next(engine_sessions(f.rig[0].e), s)) {
		engine_insp(s)->s.service = SVC_UNDECIDED;
		engine_insp(s)->s.proto = PROTO_NONE;
		engine_insp(s)->s.tags.n = 0;
	}
	fake_end(&f);
	got_clear();
	json_decref(got.rows);
	got.rows = NULL;
}

/* "1 4": the serial numbers listed */
static const char *serials(const char *filter)
{
	static char text[64];
	char words[256];
	snprintf(words, sizeof(words), "sys session list %s", filter);
	const json_t *rows = ask_json(&f, words);
	text[0] = '\0';
	for (size_t i = 0; i < json_array_size(rows); i++) {
		const size_t at = strlen(text);
		snprintf(text + at, sizeof(text) - at, "%s%lld", i > 0 ? " " : "",
			 (long long)json_integer_value(json_object_get(json_array_get(rows, i), "serial")));
	}
	return got.code != 0 ? got.error : text;
}

static const struct {
	const char *filter, *listed;
} rows[] = {
	{ "", "1 2 3 4" },
	{ "proto 6", "1" },
	{ "proto tcp", "1" },
	{ "proto udp", "2 4" },
	{ "proto icmp", "3" },
	{ "proto 58", "" },
	{ "src 10.1.0.2", "1" },
	{ "src 10.1.0.0/16", "1 2" },
	{ "src 10.1.0.3-10.1.0.20", "2" },
	{ "src 2001:db8::/32", "4" },
	{ "src any", "1 2 3 4" },
	{ "src 10.2.0.2", "" },
	{ "dst 10.2.0.2", "1" },
	{ "dst 10.0.0.0/8", "1 2 3" },
	{ "dst 10.1.0.2", "" },
	{ "sport 57218", "1" },
	{ "sport 1000-1001", "2 4" },
	{ "sport 2019", "3" },
	{ "dport 102", "1" },
	{ "dport 53", "2 4" },
	{ "dport 8", "3" },
	{ "dport 0-101", "2 3 4" },
	{ "policy 42", "1" },
	{ "policy 1", "2 3 4" },
	{ "service cotp", "1 2" },
	{ "service 39", "1 2" },
	{ "service mms", "1" },
	{ "service iccp", "1" },
	{ "service rdp", "2" },
	{ "service unknown", "3 4" },
	{ "service modbus", "" },
	{ "serial 3", "3" },
	{ "serial 0x4", "4" },
	{ "app 44684", "1" },
	{ "app ICCP_Transfer.Reporting", "1" },
	{ "app 76919", "2" },
	{ "app 0", "3 4" },
	{ "tag one", "1" },
	{ "tag s-0", "1" },
	{ "tag own", "2" },
	{ "tag c-0", "2" },
	{ "tag s-1", "" },
	{ "tag c-1", "" },
	{ "tag nothing", "" },
	{ "count 1", "1" },
	{ "count 3", "1 2 3" },
	{ "count 18446744073709551615", "1 2 3 4" },
	{ "proto udp src 10.0.0.0/8", "2" },
	{ "proto udp policy 42", "" },
	{ "proto udp count 1", "2" },
};

static void test_each(void)
{
	start();
	uint32_t told = 0;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *have = serials(rows[i].filter);
		if (strcmp(have, rows[i].listed) != 0)
			printf("# %s: %s, not %s\n", rows[i].filter, have, rows[i].listed);
		CU_ASSERT_STRING_EQUAL(have, rows[i].listed);
		for (unsigned id = 0; id < CTL_FILTER_N; id++) {
			const size_t n = strlen(ctl_filter_words[id].word);
			if (strncmp(rows[i].filter, ctl_filter_words[id].word, n) == 0 && rows[i].listed[0] != '\0' &&
			    strcmp(rows[i].listed, "1 2 3 4") != 0)
				told |= 1u << id;
		}
	}
	CU_ASSERT_EQUAL(told, (1u << CTL_FILTER_N) - 1); /* none is left untried */
	stop();
}

static void test_wrong(void)
{
	static const struct {
		const char *filter, *says;
	} bad[] = {
		{ "prto 6", "'prto' is no filter; there is proto, src, sport, dst, dport" },
		{ "proto", "proto ''" },
		{ "proto 256", "proto '256'" },
		{ "proto TCPX", "proto 'TCPX'" },
		{ "proto -1", "proto '-1'" },
		{ "proto 6 proto 17", "twice" },
		{ "src 10.1.0.300", "src '10.1.0.300'" },
		{ "dst 10.0.0.0/33", "dst '10.0.0.0/33'" },
		{ "sport 65536", "sport '65536'" },
		{ "sport 5-4", "sport '5-4'" },
		{ "dport 1-", "dport '1-'" },
		{ "dport -1", "dport '-1'" },
		{ "dport 0000000001", "dport" },
		{ "policy 4294967296", "policy" },
		{ "service nothing", "service" },
		{ "service 40", "service" },
		{ "serial 0x", "serial" },
		{ "serial 18446744073709551616", "serial" },
		{ "serial 0x10000000000000000", "serial" },
		{ "serial 1x", "serial" },
		{ "app Nothing", "app" },
		{ "tag 01234567890123456789012345678901234567890123456789012345678901234", "tag" },
		{ "count 0", "count" },
		{ "count -5", "count" },
	};
	start();
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		const char *have = serials(bad[i].filter);
		CU_ASSERT_EQUAL(got.code, 2);
		if (strstr(have, bad[i].says) == NULL)
			printf("# %s: %s\n", bad[i].filter, have);
		CU_ASSERT_PTR_NOT_NULL(strstr(have, bad[i].says));
	}
	stop();
}

UNIT_MAIN({ "each filter leaves out what it should", test_each }, { "wrong filters are told", test_wrong })
