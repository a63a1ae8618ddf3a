/* test_engine.c - the packet's path: sessions, policies, ICMP errors, pick-up in mid-stream, counters, records. */
#include "tests/unit/dec_log.h"
#include "tests/unit/dec_vectors.h"
#include "tests/unit/engine_rig.h"

static struct rig g;

static void test_syn_opens(void)
{
	rig_new(&g, &(struct rig_opts){ 0 });
	rig_open(&g);
	CU_ASSERT_EQUAL(session_count(engine_sessions(g.e)), 1);
	const struct session *s = rig_first(&g);
	CU_ASSERT_EQUAL(s->s.tcp.state, TCPS_ESTABLISHED);
	CU_ASSERT_EQUAL(s->s.serial, 1);
	CU_ASSERT_EQUAL(s->s.policy_id, 1);
	CU_ASSERT_EQUAL(s->s.n[DIR_ORIG].packets, 2);
	CU_ASSERT_EQUAL(s->s.n[DIR_REPLY].packets, 1);
	CU_ASSERT_EQUAL(session_proto_state(s), 11);
	CU_ASSERT_TRUE((s->s.flags & SF_LOG) != 0 && (s->s.flags & SF_SYN_SES) != 0 && (s->s.flags & SF_APP_VALID) == 0);
	CU_ASSERT_PTR_NOT_NULL(engine_insp(s));
	const struct engine_stats *st = engine_stats(g.e);
	CU_ASSERT_EQUAL(st->packets, 3);
	CU_ASSERT_EQUAL(st->passed, 3);
	CU_ASSERT_EQUAL(st->bytes, 120);
	CU_ASSERT_EQUAL(st->sessions, 1);
	engine_finish(g.e);
	CU_ASSERT_STRING_EQUAL(rig_told(&g), "flow 1 end 2\n");
	const struct rec *r = &g.last[REC_FLOW];
	CU_ASSERT_EQUAL(r->flow.bytes[DIR_ORIG], 80);
	CU_ASSERT_EQUAL(r->flow.packets[DIR_REPLY], 1);
	CU_ASSERT_EQUAL(r->flow.proto_state, 11);
	CU_ASSERT_EQUAL(r->owner, 7);
	CU_ASSERT_EQUAL(r->nr, 1);
	CU_ASSERT_EQUAL(r->ifin, 10);
	CU_ASSERT_EQUAL(r->packet_nr, 0); /* no packet ended it */
	CU_ASSERT_EQUAL(st->services[PROTO_NONE], 1);
	rig_end(&g);
}

/* Denied by address, without inspection, and allowed in mid-stream: one policy each, by destination. */
static const struct addr_range to_denied = { 4, { { 10, 2, 0, 9 } }, { { 10, 2, 0, 9 } } };
static const struct addr_range to_plain = { 4, { { 10, 2, 0, 8 } }, { { 10, 2, 0, 8 } } };
static const struct policy_rule policies[] = {
	{ .id = 3, .action = POLICY_DENY, .dst = &to_denied, .n_dst = 1, .without_syn = true, .sensor = -1 },
	{ .id = 4, .action = POLICY_ACCEPT, .dst = &to_plain, .n_dst = 1, .sensor = -1 },
	{ .id = 5, .action = POLICY_ACCEPT, .inspect = true, .sensor = -1 },
};
static const struct rig_opts by_policy = { .policies = policies, .n_policies = ARRAY_LEN(policies) };

static enum reason syn_to(const char *dst, uint8_t flags)
{
	struct pkt k;
	pkt_ip(&k, 4, "10.1.0.2", dst, 6);
	pkt_tcp(&k, &(struct pkt_tcp){ .sport = 40000, .dport = 102, .flags = flags });
	pkt_finish(&k);
	return rig_packet(&g, pkt_packet(&k));
}

static void test_policies(void)
{
	rig_new(&g, &by_policy);
	CU_ASSERT_EQUAL(syn_to("10.2.0.9", TCP_SYN), REASON_POLICY);
	CU_ASSERT_EQUAL(session_count(engine_sessions(g.e)), 0);
	CU_ASSERT_STRING_EQUAL(rig_told(&g), "drop policy.deny\n");
	const struct rec *r = &g.last[REC_DROP];
	CU_ASSERT_EQUAL(r->serial, 0);
	CU_ASSERT_EQUAL(r->nr, 0);
	CU_ASSERT_EQUAL(r->owner, 7);
	CU_ASSERT_EQUAL(r->packet_nr, 1);
	CU_ASSERT_EQUAL(r->tuple.sport, 40000);
	CU_ASSERT_TRUE(r->dropped);
	CU_ASSERT_EQUAL(syn_to("10.2.0.8", TCP_SYN), REASON_NONE);
	CU_ASSERT_PTR_NULL(engine_insp(rig_first(&g)));
	CU_ASSERT_EQUAL(session_proto_state(rig_first(&g)), 2);
	CU_ASSERT_EQUAL(rig_first(&g)->s.flags & SF_LOG, 0);
	CU_ASSERT_EQUAL(syn_to("10.2.0.7", TCP_SYN), REASON_NONE);
	CU_ASSERT_EQUAL(engine_stats(g.e)->drops[REASON_POLICY], 1);
	CU_ASSERT_EQUAL(engine_stats(g.e)->uninspected, 0); /* the policy wants none */
	rig_end(&g);
}

/* Whatever is no SYN needs a session, unless its policy picks up in mid-stream. */
static void test_no_session(void)
{
	static const uint8_t flags[] = { TCP_ACK, TCP_SYN | TCP_ACK, TCP_FIN | TCP_ACK,
					 TCP_RST, TCP_RST | TCP_ACK, TCP_PSH | TCP_ACK };
	rig_new(&g, &by_policy);
	for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
		CU_ASSERT_EQUAL(syn_to("10.2.0.7", flags[i]), REASON_NO_SESSION);
		CU_ASSERT_EQUAL(session_count(engine_sessions(g.e)), 0);
		if (flags[i] != (TCP_SYN | TCP_ACK)) /* that one is the server's: another policy */
			CU_ASSERT_EQUAL(syn_to("10.2.0.9", flags[i]), REASON_POLICY);
	}
	rig_end(&g);
	rig_new(&g, &(struct rig_opts){ 0 });
	for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
		g.cport++;
		CU_ASSERT_EQUAL(rig_tcp(&g, DIR_ORIG, flags[i], 1, 1, ""), REASON_NONE);
		CU_ASSERT_EQUAL(session_count(engine_sessions(g.e)), i + 1);
	}
	rig_end(&g);
}

/* Who is the server of a connection met in mid-stream? */
static void test_mid_stream(void)
{
	static const struct {
		uint16_t sport, dport;
		uint8_t flags;
		enum dir dir;
	} row[] = {
		{ 102, 57218, TCP_ACK, DIR_REPLY },
		{ 57218, 102, TCP_ACK, DIR_ORIG },
		{ 102, 57218, TCP_RST, DIR_REPLY },
		{ 20000, 40000, TCP_ACK, DIR_REPLY },
		{ 40000, 20000, TCP_ACK, DIR_ORIG },
		{ 40000, 50000, TCP_ACK, DIR_ORIG },
		{ 50000, 40000, TCP_SYN | TCP_ACK, DIR_REPLY },
		{ 57218, 102, TCP_SYN | TCP_ACK, DIR_REPLY },
		{ 102, 57218, TCP_SYN, DIR_ORIG },
		{ 102, 502, TCP_ACK, DIR_ORIG },
	};
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct pkt k;
		rig_new(&g, &(struct rig_opts){ 0 });
		pkt_ip(&k, 4, "10.2.0.2", "10.1.0.2", 6);
		pkt_tcp(&k, &(struct pkt_tcp){ .sport = row[i].sport,
					       .dport = row[i].dport,
					       .flags = row[i].flags,
					       .seq = 9,
					       .data = "x",
					       .n_data = row[i].flags == TCP_ACK });
		pkt_finish(&k);
		CU_ASSERT_EQUAL(rig_packet(&g, pkt_packet(&k)), REASON_NONE);
		const struct session_state *s = &rig_first(&g)->s;
		CU_ASSERT_EQUAL(s->tuple[row[i].dir].sport, row[i].sport);
		CU_ASSERT_EQUAL(s->n[row[i].dir].packets, 1);
		CU_ASSERT_EQUAL(s->n[dir_other(row[i].dir)].packets, 0);
		CU_ASSERT_EQUAL(engine_insp(rig_first(&g))->s.dir[row[i].dir].inspected, row[i].flags == TCP_ACK);
		rig_end(&g);
	}
}

/* The policy of a flow met at its answer is that of its client: interfaces and addresses of the other way. */
static void test_mid_stream_policy(void)
{
	static const uint32_t from[] = { 10 }, to[] = { 9 };
	static const struct policy_rule one = { .id = 8,
						.action = POLICY_ACCEPT,
						.srcintf = from,
						.n_srcintf = 1,
						.dstintf = to,
						.n_dstintf = 1,
						.inspect = true,
						.without_syn = true,
						.sensor = -1 };
	rig_new(&g, &(struct rig_opts){ .policies = &one, .n_policies = 1 });
	CU_ASSERT_EQUAL(rig_tcp(&g, DIR_REPLY, TCP_ACK, 1, 1, "x"), REASON_NONE);
	CU_ASSERT_EQUAL(rig_first(&g)->s.policy_id, 8);
	CU_ASSERT_EQUAL(rig_first(&g)->s.ifin[DIR_ORIG], 10);
	CU_ASSERT_EQUAL(rig_first(&g)->s.ifin[DIR_REPLY], 9);
	rig_end(&g);
}

static void test_full(void)
{
	rig_new(&g, &(struct rig_opts){ .max_sessions = 1 });
	rig_open(&g);
	g.cport++;
	CU_ASSERT_EQUAL(rig_tcp(&g, DIR_ORIG, TCP_SYN, 1, 0, ""), REASON_SESSION_FULL);
	CU_ASSERT_EQUAL(engine_stats(g.e)->sessions, 1);
	g.cport--;
	CU_ASSERT_EQUAL(rig_tcp(&g, DIR_ORIG, TCP_RST, 101, 0, ""), REASON_NONE);
	rig_later(&g, 2000);
	g.cport++;
	CU_ASSERT_EQUAL(rig_tcp(&g, DIR_ORIG, TCP_SYN, 1, 0, ""), REASON_NONE);
	CU_ASSERT_STRING_EQUAL(rig_told(&g), "drop session.full\nflow 1 end 0\n");
	CU_ASSERT_EQUAL(g.last[REC_FLOW].packet_nr, 6); /* by the time this packet brought */
	rig_end(&g);
}

/* A SYN on a reset connection opens another session; on a live one it does not. */
static void test_port_reuse(void)
{
	rig_new(&g, &(struct rig_opts){ 0 });
	rig_open(&g);
	CU_ASSERT_EQUAL(rig_tcp(&g, DIR_ORIG, TCP_SYN, 9000, 0, ""), REASON_NONE);
	CU_ASSERT_EQUAL(rig_first(&g)->s.serial, 1);
	CU_ASSERT_EQUAL(rig_tcp(&g, DIR_REPLY, TCP_RST | TCP_ACK, 501, 101, ""), REASON_NONE);
	CU_ASSERT_EQUAL(rig_first(&g)->s.tcp.state, TCPS_CLOSE);
	CU_ASSERT_EQUAL(rig_tcp(&g, DIR_ORIG, TCP_SYN, 9000, 0, ""), REASON_NONE);
	CU_ASSERT_EQUAL(session_count(engine_sessions(g.e)), 1);
	CU_ASSERT_EQUAL(rig_first(&g)->s.serial, 2);
	CU_ASSERT_STRING_EQUAL(rig_told(&g), "flow 1 end 1\n");
	rig_end(&g);
	/* from the other end, in TIME_WAIT */
	rig_new(&g, &(struct rig_opts){ 0 });
	rig_open(&g);
	rig_tcp(&g, DIR_ORIG, TCP_FIN | TCP_ACK, 101, 501, "");
	rig_tcp(&g, DIR_REPLY, TCP_FIN | TCP_ACK, 501, 102, "");
	rig_tcp(&g, DIR_ORIG, TCP_ACK, 102, 502, "");
	CU_ASSERT_EQUAL(rig_first(&g)->s.tcp.state, TCPS_TIME_WAIT);
	CU_ASSERT_EQUAL(rig_tcp(&g, DIR_REPLY, TCP_SYN, 7000, 0, ""), REASON_NONE);
	CU_ASSERT_EQUAL(rig_first(&g)->s.serial, 2);
	CU_ASSERT_EQUAL(rig_first(&g)->s.tuple[DIR_ORIG].sport, 102);
	rig_end(&g);
}

static void test_expiry(void)
{
	rig_new(&g, &(struct rig_opts){ 0 });
	rig_open(&g);
	rig_later(&g, 3599 * 1000);
	engine_tick(g.e, g.now);
	CU_ASSERT_EQUAL(session_count(engine_sessions(g.e)), 1);
	engine_tick(g.e, mono_ns(0)); /* time does not go back */
	CU_ASSERT_EQUAL(engine_now(g.e).ns, g.now.ns);
	rig_later(&g, 1100);
	engine_tick(g.e, g.now);
	CU_ASSERT_EQUAL(session_count(engine_sessions(g.e)), 0);
	CU_ASSERT_STRING_EQUAL(rig_told(&g), "flow 1 end 0\n");
	CU_ASSERT_EQUAL(g.last[REC_FLOW].packet_nr, 0);
	rig_end(&g);
}

/* --- ICMP --------------------------------------------------------------------------------------------------------- */

/* An error of the server's side about a packet of direction d. */
static enum reason unreachable(enum dir d, uint16_t sport, size_t quote)
{
	struct pkt inner, k;
	pkt_flow(&inner, g.family, d == DIR_REPLY, 6);
	pkt_tcp(&inner,
		&(struct pkt_tcp){ .sport = d == DIR_ORIG ? sport : 102, .dport = d == DIR_ORIG ? 102 : sport, .flags = TCP_ACK });
	pkt_finish(&inner);
	pkt_ip(&k, g.family, g.family == 4 ? "10.9.9.9" : "2001:db8:9::9", g.family == 4 ? "10.1.0.2" : "2001:db8:1::2",
	       g.family == 4 ? 1 : 58);
	pkt_icmp(&k, g.family == 4 ? 3 : 1, 1, 0, inner.b, size_min(quote, inner.len));
	pkt_finish(&k);
	return rig_packet(&g, pkt_packet(&k));
}

static void test_icmp_credit(void)
{
	static const struct policy_rule strict = { .id = 5, .action = POLICY_ACCEPT, .inspect = true, .sensor = -1 };
	PKT_EACH_FAMILY(f)
	{
		rig_new(&g, &(struct rig_opts){ .policies = &strict, .n_policies = 1 });
		g.family = f;
		rig_open(&g);
		CU_ASSERT_EQUAL(unreachable(DIR_ORIG, g.cport, 100), REASON_NONE);
		CU_ASSERT_EQUAL(unreachable(DIR_ORIG, g.cport, 100), REASON_ICMP_ERROR);
		CU_ASSERT_EQUAL(unreachable(DIR_REPLY, g.cport, 100), REASON_NONE);
		CU_ASSERT_EQUAL(unreachable(DIR_REPLY, g.cport, 100), REASON_ICMP_ERROR);
		CU_ASSERT_EQUAL(rig_tcp(&g, DIR_ORIG, TCP_ACK, 101, 501, "x"), REASON_NONE);
		CU_ASSERT_EQUAL(unreachable(DIR_REPLY, g.cport, 100), REASON_ICMP_ERROR);
		CU_ASSERT_EQUAL(unreachable(DIR_ORIG, g.cport, 100), REASON_NONE);
		/* of no session, or quoting too little to tell */
		CU_ASSERT_EQUAL(unreachable(DIR_ORIG, 9, 100), REASON_ICMP_ERROR);
		rig_tcp(&g, DIR_ORIG, TCP_ACK, 102, 501, "x");
		CU_ASSERT_EQUAL(unreachable(DIR_ORIG, g.cport, 20), REASON_ICMP_ERROR);
		CU_ASSERT_EQUAL(session_count(engine_sessions(g.e)), 1);
		CU_ASSERT_EQUAL(engine_stats(g.e)->drops[REASON_ICMP_ERROR], 5);
		rig_end(&g);
	}
	/* where sessions are picked up in mid-stream, an error may be about one never seen */
	rig_new(&g, &(struct rig_opts){ 0 });
	CU_ASSERT_EQUAL(unreachable(DIR_ORIG, 9, 100), REASON_NONE);
	rig_end(&g);
}

static void test_echo(void)
{
	rig_new(&g, &(struct rig_opts){ 0 });
	for (unsigned i = 0; i < 4; i++) {
		struct pkt k;
		pkt_flow(&k, 4, i % 2 != 0, 1);
		pkt_icmp(&k, i % 2 != 0 ? 0 : 8, 0, 0x07e30000u | i, "ping", 4);
		pkt_finish(&k);
		CU_ASSERT_EQUAL(rig_packet(&g, pkt_packet(&k)), REASON_NONE);
	}
	CU_ASSERT_EQUAL(session_count(engine_sessions(g.e)), 1);
	CU_ASSERT_EQUAL(rig_first(&g)->s.n[DIR_REPLY].packets, 2);
	CU_ASSERT_EQUAL(rig_first(&g)->s.tuple[DIR_ORIG].sport, 0x7e3);
	rig_end(&g);
}

/* --- packets that are none ------------------------------------------------------------------------------------------ */

static void test_bad_packets(void)
{
	struct pkt k;
	rig_new(&g, &(struct rig_opts){ 0 });
	CU_ASSERT_EQUAL(rig_packet(&g, (struct packet){ .data = (const uint8_t *)"\x45", .len = 1, .wire_len = 1 }),
			REASON_IP_SHORT);
	CU_ASSERT_STRING_EQUAL(rig_told(&g), "drop ip.short\n");
	CU_ASSERT_EQUAL(g.last[REC_DROP].tuple.family, 0);
	pkt_tcp_good(&k, 4);
	k.b[k.len - 1] ^= 1;
	CU_ASSERT_EQUAL(rig_packet(&g, pkt_packet(&k)), REASON_TCP_CHECKSUM);
	CU_ASSERT_EQUAL(engine_stats(g.e)->bad_csum, 0);
	struct packet p = pkt_packet(&k);
	p.csum_lenient = true;
	CU_ASSERT_EQUAL(rig_packet(&g, p), REASON_NONE);
	CU_ASSERT_EQUAL(engine_stats(g.e)->bad_csum, 1);
	/* a bad checksum let pass, and then dropped for something else, was not let pass */
	k.b[k.l4 + 13] = 0;
	p = pkt_packet(&k);
	p.csum_lenient = true;
	CU_ASSERT_NOT_EQUAL(rig_packet(&g, p), REASON_NONE);
	CU_ASSERT_EQUAL(engine_stats(g.e)->bad_csum, 1);
	CU_ASSERT_EQUAL(engine_stats(g.e)->dropped, 3);
	rig_end(&g);
}

/* --- decoders, applications, records ------------------------------------------------------------------------------------ */

/* A whole association, in segments of at most n octets. */
static void associate(size_t piece)
{
	uint32_t seq[DIR_N] = { 101, 501 };
	rig_open(&g);
	for (size_t i = 0; i < ARRAY_LEN(dec_vectors); i++) {
		uint8_t b[1024];
		const size_t n = unhex(dec_vectors[i].hex, b, sizeof(b));
		const enum dir d = dec_vectors[i].dir == 'O' ? DIR_ORIG : DIR_REPLY;
		for (size_t at = 0; at < n; at += piece) {
			const size_t len = size_min(piece, n - at);
			CU_ASSERT_EQUAL(rig_bytes(&g, d, TCP_ACK | TCP_PSH, seq[d], seq[dir_other(d)], span_of(b + at, len)),
					REASON_NONE);
			seq[d] += (uint32_t)len;
		}
	}
}

static void test_iccp(void)
{
	static const struct rig_opts o = {
		.rules = "alert iccp any any -> any any (msg:\"op\"; iccp.op:\"deviceOperate\"; sid:8;)\n"
			 "alert tcp any any -> any any (msg:\"table\"; content:\"Bilateral_Table_ID\"; flowbits:set,seen; sid:9;)\n"
	};
	static char first[1 << 15];
	static const size_t piece[] = { 1000, 1, 17 };
	for (size_t i = 0; i < ARRAY_LEN(piece); i++) {
		rig_new(&g, &o);
		associate(piece[i]);
		const struct session *s = rig_first(&g);
		const struct insp *f = engine_insp(s);
		CU_ASSERT_EQUAL(f->s.proto, PROTO_ICCP);
		CU_ASSERT_EQUAL(f->s.service, SVC_COTP);
		CU_ASSERT_EQUAL(f->s.upper, UPPER_OSI);
		CU_ASSERT_EQUAL(f->s.app, app_of_proto(PROTO_ICCP)->id);
		CU_ASSERT_TRUE((s->s.flags & SF_APP_VALID) != 0);
		CU_ASSERT_EQUAL(f->s.tags.n, 1);
		CU_ASSERT_EQUAL(f->s.n_alerts, g.n[REC_ALERT]);
		CU_ASSERT_EQUAL(f->s.n_recs, g.n[REC_ALERT] + g.n[REC_APP] + g.n[REC_ANOMALY]);
		const struct engine_stats *st = engine_stats(g.e);
		CU_ASSERT_EQUAL(st->events[EV_COTP_CR], 1);
		CU_ASSERT_TRUE(st->events[EV_OP_DEVICE_OPERATE_REQ] >= 1);
		CU_ASSERT_EQUAL(engine_alert_count(g.e, sigset_find(g.gen.sigs, 1, 8)->index),
				st->events[EV_OP_DEVICE_OPERATE_REQ]);
		CU_ASSERT_EQUAL(engine_alert_count(g.e, sigset_find(g.gen.sigs, 1, 9)->index), 1);
		const struct app *op = app_of_event(EV_OP_DEVICE_OPERATE_REQ);
		CU_ASSERT_EQUAL(engine_app_count(g.e, (size_t)(op - app_at(0))), st->events[EV_OP_DEVICE_OPERATE_REQ]);
		CU_ASSERT_EQUAL(engine_tag_count(g.e, 0), 0); /* counted as the session ends */
		char text[1 << 15];
		snprintf(text, sizeof(text), "%s", rig_told(&g));
		if (i == 0)
			memcpy(first, text, sizeof(first));
		CU_ASSERT_STRING_EQUAL(text, first);
		CU_ASSERT_PTR_NOT_NULL(strstr(text, "alert 8\n"));
		const uint32_t last_app = f->s.last_app;
		engine_finish(g.e);
		CU_ASSERT_EQUAL(engine_tag_count(g.e, 0), 1);
		CU_ASSERT_EQUAL(st->services[PROTO_ICCP], 1);
		CU_ASSERT_EQUAL(g.last[REC_FLOW].app, last_app);
		rig_end(&g);
	}
}

/* The names of an operation are those it addresses. */
static void test_app_record(void)
{
	rig_new(&g, &(struct rig_opts){ 0 });
	associate(1000);
	bool found = false;
	CU_ASSERT_TRUE(g.n[REC_APP] > 10);
	for (struct outbuf *t = &g.told; !found && t->p != NULL; t = NULL)
		found = strstr(t->p, "app ICCP_Transfer.Reporting <\n") != NULL || strstr(t->p, "app ICCP_Device") != NULL;
	CU_ASSERT_TRUE(found);
	rig_end(&g);
	/* a read of one variable, alone */
	rig_new(&g, &(struct rig_opts){ 0 });
	uint8_t b[512];
	const size_t n =
		unhex("0300003202f0800100010061253023020103a01ea01c020104a617a015a1131a074943435f415f421a084d575f4c494e4531", b,
		      sizeof(b));
	CU_ASSERT_EQUAL(rig_bytes(&g, DIR_ORIG, TCP_ACK, 101, 501, span_of(b, n)), REASON_NONE);
	CU_ASSERT_EQUAL_FATAL(g.n[REC_APP], 1);
	const struct span domain = rec_pdu_domain(&g.last[REC_APP].pdu), object = rec_pdu_object(&g.last[REC_APP].pdu);
	CU_ASSERT_TRUE(domain.len == 7 && memcmp(domain.p, "ICC_A_B", 7) == 0);
	CU_ASSERT_TRUE(object.len == 8 && memcmp(object.p, "MW_LINE1", 8) == 0);
	CU_ASSERT_EQUAL(g.last[REC_APP].nr, engine_insp(rig_first(&g))->s.n_recs);
	rig_end(&g);
}

/* Without decoders there are octets, and signatures over them. */
static void test_undecoded(void)
{
	for (unsigned off = 0; off < 2; off++) {
		rig_new(&g, &(struct rig_opts){
				    .rules = "alert tcp any any -> any any (content:\"Bilateral_Table_ID\"; sid:1;)\n" });
		g.gen.undecoded = off != 0;
		associate(1000);
		CU_ASSERT_EQUAL(g.n[REC_ALERT], 1);
		CU_ASSERT_EQUAL(g.n[REC_APP] == 0, off != 0);
		CU_ASSERT_EQUAL(engine_stats(g.e)->events[EV_COTP_DT] == 0, off != 0);
		CU_ASSERT_EQUAL(engine_insp(rig_first(&g))->s.service, off != 0 ? SVC_UNKNOWN : SVC_COTP);
		rig_end(&g);
	}
}

/* What is logged changes nothing of what rules see, nor of the work that a packet may cost. */
static void test_quiet_fields(void)
{
	static const char rules[] = "alert mms any any -> any any (mms.object:\"MW_LINE1\"; sid:1;)\n";
	for (uint32_t budget = 0; budget < 400; budget += 7) {
		struct engine_stats was = { 0 };
		for (unsigned loud = 0; loud < 2; loud++) {
			rig_new(&g, &(struct rig_opts){ .rules = rules, .quiet = loud ? 0 : RIG_REC_ALL, .budget = budget });
			associate(1000);
			const struct engine_stats *is = engine_stats(g.e);
			const uint32_t n = engine_insp(rig_first(&g))->s.n_alerts;
			CU_ASSERT_TRUE(budget != 0 || n != 0);
			if (loud) {
				CU_ASSERT_EQUAL(memcmp(was.events, is->events, sizeof(was.events)), 0);
				CU_ASSERT_EQUAL(memcmp(was.anomalies, is->anomalies, sizeof(was.anomalies)), 0);
				CU_ASSERT_EQUAL(was.dropped, n);
			}
			was = *is;
			was.dropped = n;
			rig_end(&g);
		}
	}
}

/* Records that nobody wants are not made, but numbered: ids do not depend on what is logged. */
static void test_quiet(void)
{
	rig_new(&g, &(struct rig_opts){ .quiet = RIG_REC_ALL });
	associate(1000);
	CU_ASSERT_TRUE(engine_insp(rig_first(&g))->s.n_recs > 10);
	engine_finish(g.e);
	CU_ASSERT_STRING_EQUAL(rig_told(&g), "");
	CU_ASSERT_TRUE(engine_stats(g.e)->events[EV_COTP_CR] == 1);
	rig_end(&g);
}

static void test_ignore_after(void)
{
	rig_new(&g, &(struct rig_opts){ .rules = "alert tcp any any -> any any (msg:\"x\"; content:\"needle\"; sid:1;)\n",
					.ignore_after = 10 });
	rig_open(&g);
	rig_tcp(&g, DIR_ORIG, TCP_ACK, 101, 501, "1234needle567needle");
	CU_ASSERT_STRING_EQUAL(rig_told(&g), "alert 1\n");
	CU_ASSERT_EQUAL(engine_insp(rig_first(&g))->s.dir[DIR_ORIG].inspected, 10);
	rig_tcp(&g, DIR_ORIG, TCP_ACK, 120, 501, "needle");
	rig_tcp(&g, DIR_REPLY, TCP_ACK, 501, 101, "12345needle");
	CU_ASSERT_STRING_EQUAL(rig_told(&g), "");
	CU_ASSERT_EQUAL(engine_insp(rig_first(&g))->s.dir[DIR_REPLY].inspected, 10);
	rig_end(&g);
}

/* A hole that the receiver acknowledged, and what was held when the session ends, are still told. */
static void test_gap(void)
{
	rig_new(&g, &(struct rig_opts){ .rules = "alert tcp any any -> any any (msg:\"x\"; content:\"needle\"; sid:1;)\n" });
	rig_open(&g);
	rig_tcp(&g, DIR_ORIG, TCP_ACK, 110, 501, "needle");
	CU_ASSERT_STRING_EQUAL(rig_told(&g), "");
	rig_tcp(&g, DIR_REPLY, TCP_ACK, 501, 116, "");
	CU_ASSERT_STRING_EQUAL(rig_told(&g), "anomaly stream.gap\nalert 1\n");
	CU_ASSERT_EQUAL(engine_stats(g.e)->gaps, 1);
	rig_tcp(&g, DIR_REPLY, TCP_ACK, 510, 116, "needle");
	engine_finish(g.e);
	CU_ASSERT_STRING_EQUAL(rig_told(&g), "anomaly stream.gap <\nalert 1 <\nflow 1 end 2\n");
	CU_ASSERT_EQUAL(engine_stats(g.e)->gaps, 2);
	rig_end(&g);
}

UNIT_MAIN({ "rules, whatever is logged", test_quiet_fields },
	  { "without decoders", test_undecoded },
	  { "a SYN opens a session", test_syn_opens }, { "policies", test_policies }, { "no session matched", test_no_session },
	  { "mid-stream: who is the server", test_mid_stream }, { "mid-stream: the client's policy", test_mid_stream_policy },
	  { "table full", test_full }, { "a port used again", test_port_reuse }, { "expiry", test_expiry },
	  { "one ICMP error a packet", test_icmp_credit }, { "echo", test_echo }, { "bad packets", test_bad_packets },
	  { "an ICCP association, however cut", test_iccp },
	  { "an operation's record", test_app_record }, { "records not wanted", test_quiet },
	  { "depth of inspection", test_ignore_after }, { "gaps", test_gap })
