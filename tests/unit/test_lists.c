/* test_lists.c - the lists in the layouts of the seeds, with the seeds' values; and every field follows what it stands for. */
#include "ips/lists.h"
#include "ips/lists_json.h"
#include "tests/unit/dec_log.h"
#include "tests/unit/dec_vectors.h"
#include "tests/unit/engine_rig.h"

static const char rules[] = "alert tcp any any -> any any (msg:\"x\"; content:\"zzz\"; flowbits:set,one; sid:1;)\n"
			    "alert tcp any any -> any any (msg:\"x\"; content:\"zzy\"; flowbits:set,two; sid:2;)\n";
static const char custom[] = "alert tcp any any -> any any (msg:\"x\"; content:\"zzx\"; flowbits:set,own; sid:3;)\n";

static struct rig g;

typedef void list_fn(struct engine *e, struct outbuf *o);

static const char *list(list_fn *fn)
{
	static char text[1 << 14];
	struct outbuf o = { 0 };
	fn(g.e, &o);
	snprintf(text, sizeof(text), "%s", o.p);
	outbuf_free(&o);
	return text;
}

/* A COTP flow with all its state, aged as in the seed. */
static struct session *ready(void)
{
	uint8_t b[64];
	rig_new(&g, &(struct rig_opts){ .rules = rules, .custom = custom });
	rig_open(&g);
	const size_t n = unhex(dec_vectors[0].hex, b, sizeof(b));
	CU_ASSERT_EQUAL(rig_bytes(&g, DIR_ORIG, TCP_ACK, 101, 501, span_of(b, n)), REASON_NONE);
	struct session *s = rig_first(&g);
	CU_ASSERT_PTR_NOT_NULL_FATAL(engine_insp(s)->stack);
	return s;
}

static void aged(struct session *s, int64_t age, int64_t idle, int64_t expire)
{
	s->s.start = mono_add(engine_now(g.e), -age * NS_PER_SEC);
	s->s.last = mono_add(engine_now(g.e), -idle * NS_PER_SEC);
	s->s.expires = mono_add(engine_now(g.e), expire * NS_PER_SEC);
}

/* --- the seeds' values in the seeds' lines; what differs is in docs/lists.md ------------------------------------- */

static void test_ips_seed(void)
{
	struct session *s = ready();
	struct insp *f = engine_insp(s);
	const uint64_t serial = s->s.serial;
	aged(s, 134, 1, 3599);
	s->s.serial = 35487;
	s->s.flags = 0x800012a6;
	f->reasm.dir[DIR_ORIG].seen = 13749;
	f->reasm.dir[DIR_REPLY].seen = 48951;
	f->s.app = 0;
	f->s.last_app = 44684;
	g.gen.ignore_after = 204800;
	CU_ASSERT_STRING_EQUAL(list(list_ips_sessions),
			       "SESSION id:1 serial:35487 proto:6 group:6 age:134 idle:1 flag:0x800012a6\n"
			       "        feature:0x4 encap:0 ignore:0,0 ignore_after:204800,204800\n"
			       "        tunnel:0 children:0 flag:..s.-....-....\n"
			       "  C-10.1.0.2:57218, S-10.2.0.2:102\n"
			       "  state: C-ESTABLISHED/13749/0/0/0/0, S-ESTABLISHED/48951/0/0/0/0 pause:0, paws:0\n"
			       "  expire: 3599\n"
			       "  app: unknown:0 last:44684 unknown-size:0\n"
			       "  cnfm: cotp\n"
			       "  set: cotp\n"
			       "  asm: cotp\n");
	s->s.serial = serial;
	rig_end(&g);
}

static void test_sys_seed(void)
{
	struct session *s = ready();
	const uint64_t serial = s->s.serial;
	aged(s, 209, 15, 3585);
	s->s.serial = 35487;
	s->s.policy_id = 2;
	s->s.tuple[DIR_ORIG].vdom = 1;
	s->s.tos[DIR_ORIG] = s->s.tos[DIR_REPLY] = 0xff;
	s->s.flags = SF_LOG | SF_SYN_SES | SF_APP_VALID;
	s->s.n[DIR_ORIG] = (struct session_count){ 11980, 104, 1 };
	s->s.n[DIR_REPLY] = (struct session_count){ 57028, 164, 1 };
	engine_insp(s)->s.last_app = 44684;
	CU_ASSERT_STRING_EQUAL(
		list(list_sys_sessions),
		"session info: proto=6 proto_state=11 duration=209 expire=3585 timeout=3600 flags=00000000 socktype=0 "
		"sockport=0 av_idx=0 use=4\n"
		"class_id=0 ha_id=7 policy_dir=0 tunnel=/ vlan_cos=0/255\n"
		"state=log syn_ses app_valid\n"
		"statistic(bytes/packets/allow_err): org=11980/104/1 reply=57028/164/1 tuples=2\n"
		"tx speed(Bps/kbps): 57/0 rx speed(Bps/kbps): 272/2\n"
		"orgin->sink: org pre->post, reply pre->post dev=10->9/9->10 gwy=\n"
		"hook=pre dir=org act=noop 10.1.0.2:57218->10.2.0.2:102(0.0.0.0:0)\n"
		"hook=post dir=reply act=noop 10.2.0.2:102->10.1.0.2:57218(0.0.0.0:0)\n"
		"pos/(before,after) 0/(0,0), 0/(0,0)\n"
		"src_mac=00:00:00:00:00:00 dst_mac=00:00:00:00:00:00\n"
		"misc=0 policy_id=2 auth_info=0 chk_client_info=0 vd=1\n"
		"serial=00008a9f tos=ff/ff app_list=0 app=44684 url_cat=0\n"
		"sdwan_mbr_seq=0 sdwan_service_id=0\n"
		"rpdb_link_id=00000000 rpdb_svc_id=0 ngfwid=n/a\n"
		"npu_state=0x000000 no_offload\n"
		"no_ofld_reason: utm\n"
		"\n"
		"total session 1\n");
	s->s.serial = serial;
	s->s.tuple[DIR_ORIG].vdom = 0;
	rig_end(&g);
}

/* Seed 002: a ping that nothing answers, through a policy without inspection. */
static void test_icmp_seed(void)
{
	static const struct policy_rule plain = { .id = 3844, .action = POLICY_ACCEPT, .log_traffic = true, .sensor = -1 };
	struct pkt k;
	rig_new(&g, &(struct rig_opts){ .policies = &plain, .n_policies = 1 });
	pkt_ip(&k, 4, "172.20.61.40", "10.169.150.3", 1);
	pkt_icmp(&k, 8, 0, 2019u << 16 | 1, "", 0);
	pkt_finish(&k);
	struct packet p = pkt_packet(&k);
	static const uint8_t src[] = { 0x70, 0x4c, 0xa5, 0x23, 0x4e, 0x18 }, dst[] = { 0x90, 0x6c, 0xac, 0xb7, 0xfc, 0xe8 };
	memcpy(p.src_mac, src, 6);
	memcpy(p.dst_mac, dst, 6);
	p.has_mac = true;
	p.ifin = 38;
	p.ifout = 41;
	CU_ASSERT_EQUAL(rig_packet(&g, p), REASON_NONE);
	struct session *s = rig_first(&g);
	const uint64_t serial = s->s.serial;
	aged(s, 259, 4, 56);
	s->s.serial = 0x19d;
	s->s.n[DIR_ORIG] = (struct session_count){ 4284, 51, 0 };
	CU_ASSERT_STRING_EQUAL(list(list_sys_sessions),
			       "session info: proto=1 proto_state=00 duration=259 expire=56 timeout=30 flags=00000000 socktype=0 "
			       "sockport=0 av_idx=0 use=3\n"
			       "class_id=0 ha_id=0 policy_dir=0 tunnel=/ vlan_cos=0/255\n"
			       "state=log\n"
			       "statistic(bytes/packets/allow_err): org=4284/51/0 reply=0/0/0 tuples=2\n"
			       "tx speed(Bps/kbps): 16/0 rx speed(Bps/kbps): 0/0\n"
			       "orgin->sink: org pre->post, reply pre->post dev=38->41/41->38 gwy=\n"
			       "hook=pre dir=org act=noop 172.20.61.40:2019->10.169.150.3:8(0.0.0.0:0)\n"
			       "hook=post dir=reply act=noop 10.169.150.3:2019->172.20.61.40:0(0.0.0.0:0)\n"
			       "pos/(before,after) 0/(0,0), 0/(0,0)\n"
			       "src_mac=70:4c:a5:23:4e:18 dst_mac=90:6c:ac:b7:fc:e8\n"
			       "misc=0 policy_id=3844 auth_info=0 chk_client_info=0 vd=0\n"
			       "serial=0000019d tos=00/00 app_list=0 app=0 url_cat=0\n"
			       "sdwan_mbr_seq=0 sdwan_service_id=0\n"
			       "rpdb_link_id=00000000 rpdb_svc_id=0 ngfwid=n/a\n"
			       "npu_state=0x000000 no_offload\n"
			       "no_ofld_reason: non-npu-intf\n"
			       "\n"
			       "total session 1\n");
	CU_ASSERT_STRING_EQUAL(list(list_share), " HA Session Cache\n");
	struct outbuf o = { 0 };
	list_ips_sessions(g.e, &o); /* not inspected: not in this list */
	CU_ASSERT_EQUAL(o.len, 0);
	outbuf_free(&o);
	s->s.serial = serial;
	rig_end(&g);
}

static void test_share_seed(void)
{
	char want[512];
	struct session *s = ready();
	struct insp *f = engine_insp(s);
	f->s.last_app = 76919;
	f->s.tags = (struct tagset){ .n = 2, .id = { 0, 1 } };
	const struct tag_table *stock = sigset_tags(g.gen.sigs, TAGS_STOCK), *own = sigset_tags(g.gen.sigs, TAGS_CUSTOM);
	rig_tcp(&g, DIR_ORIG, TCP_ACK, 200, 501, "this segment is held: 32 octets.");
	snprintf(want, sizeof(want),
		 " HA Session Cache\n"
		 "  client=10.1.0.2:57218 server=10.2.0.2:102\n"
		 "    service=39, ignore_app_after=0, last_app=76919, buffer_len=32\n"
		 "    stock tags: nr=2, hash=%llx\n"
		 "    custom tags: nr=1, hash=%llx\n"
		 "    tags [count=2]: s-0, s-1,\n",
		 (unsigned long long)stock->hash, (unsigned long long)own->hash);
	CU_ASSERT_STRING_EQUAL(list(list_share), want);
	rig_end(&g);
}

/* --- every field follows what it stands for ------------------------------------------------------------------------ */

struct poke {
	list_fn *list;
	void (*change)(struct session *s, struct insp *f);
	const char *shown; /* after the change, and not before */
};

#define POKE(name, ...)                                                                                                            \
	static void name(struct session *s, struct insp *f)                                                                        \
	{                                                                                                                          \
		(void)s, (void)f;                                                                                                  \
		__VA_ARGS__;                                                                                                       \
	}

POKE(serial, s->s.serial = 35487)
POKE(proto, s->s.tuple[0].proto = 17)
POKE(age, s->s.start = mono_add(s->s.start, -77 * NS_PER_SEC))
POKE(idle, s->s.last = mono_add(s->s.last, -33 * NS_PER_SEC))
POKE(flags, s->s.flags = 0x40000000)
POKE(inspected_c, g.gen.ignore_after = 1000; f->s.dir[0].inspected = 1000)
POKE(inspected_s, g.gen.ignore_after = 1000; f->s.dir[1].inspected = 1000)
POKE(ignore_after, g.gen.ignore_after = 1234)
POKE(no_flags, s->s.flags = 0)
POKE(midstream, s->s.tcp.midstream = true)
POKE(partial, f->s.partial = true)
POKE(gaps_c, f->reasm.dir[0].n_gaps = 5)
POKE(gaps_s, f->reasm.dir[1].n_gaps = 6)
POKE(held_c, f->reasm.dir[0].held_bytes = 7)
POKE(held_s, f->reasm.dir[1].held_bytes = 8)
POKE(blocked_c, f->s.dir[0].blocked = true)
POKE(blocked_s, f->s.dir[1].blocked = true)
POKE(failed_c, f->stack->cotp.dir[0].failed = true)
POKE(failed_s, f->stack->cotp.dir[1].failed = true)
POKE(tagged, f->s.tags = (struct tagset){ .n = 3, .id = { 0, 1, TAG_CUSTOM_BIT } })
POKE(alerted, f->s.n_alerts = 1)
POKE(fin_c, s->s.tcp.end[0].fin = true)
POKE(fin_s, s->s.tcp.end[1].fin = true)
POKE(client, s->s.tuple[0].src.b[3] = 99; s->s.tuple[0].sport = 4321)
POKE(server_end, s->s.tuple[0].dst.b[3] = 98; s->s.tuple[0].dport = 4322)
POKE(v6, s->s.tuple[0].family = 6)
POKE(icmp, s->s.tuple[0].proto = 1; s->s.tuple[0].dport = 13 << 8 | 5)
POKE(state_c, s->s.tcp.end[0].state = TCPS_FIN_WAIT)
POKE(state_s, s->s.tcp.end[1].state = TCPS_CLOSE_WAIT)
POKE(udp_seen, s->s.tuple[0].proto = 17; s->s.n[1].packets = 0; f->s.dir[0].inspected = 66)
POKE(seen_c, f->reasm.dir[0].seen = 13749)
POKE(seen_s, f->reasm.dir[1].seen = 48951)
POKE(ooo_c, f->reasm.dir[0].n_ooo = 9)
POKE(ooo_s, f->reasm.dir[1].n_ooo = 10)
POKE(differed_c, f->reasm.dir[0].differed = 11)
POKE(differed_s, f->reasm.dir[1].differed = 12)
POKE(pause, s->s.tcp.n_pause = 13)
POKE(paws, s->s.tcp.n_paws = 14)
POKE(expires, s->s.expires = mono_add(engine_now(g.e), 77 * NS_PER_SEC))
POKE(overdue, s->s.expires = mono_add(engine_now(g.e), -77 * NS_PER_SEC))
POKE(app, f->s.app = 44684)
POKE(last_app, f->s.last_app = 44684)
POKE(undecided, f->s.service = SVC_UNDECIDED; f->s.dir[0].look.len = 20; f->s.dir[1].look.len = 3)
POKE(named, f->s.service = SVC_NAMED; f->s.proto = PROTO_MODBUS)
POKE(unknown, f->s.service = SVC_UNKNOWN)
POKE(proto_state, s->s.tcp.state = TCPS_FIN_WAIT)
POKE(not_inspected, s->s.inspected = false)
POKE(timeout, s->s.timeout_s = 120)
POKE(owner, f->s.owner = 3)
POKE(counts, s->s.n[0] = (struct session_count){ 1000, 10, 0 }; s->s.n[1] = (struct session_count){ 2000, 20, 0 })
POKE(speed, s->s.n[0].bytes = 1000000; s->s.n[1].bytes = 2000000; s->s.start = mono_add(engine_now(g.e), -10 * NS_PER_SEC))
POKE(interfaces, s->s.ifin[0] = 38; s->s.ifin[1] = 41)
POKE(reply_ends, s->s.tuple[1].src.b[3] = 97; s->s.tuple[1].sport = 1; s->s.tuple[1].dst.b[3] = 96; s->s.tuple[1].dport = 2)
POKE(macs, memset(s->s.src_mac, 0x11, 6); memset(s->s.dst_mac, 0x22, 6))
POKE(policy, s->s.policy_id = 3844)
POKE(vdom, s->s.tuple[0].vdom = 3)
POKE(tos, s->s.tos[0] = 0xb8; s->s.tos[1] = 0x28)
POKE(look, f->s.dir[1].look.len = 5)
POKE(part, f->stack->cotp.dir[0].part.len = 6; f->stack->cotp.dir[1].tsdu.len = 7)

#define I list_ips_sessions
#define S list_sys_sessions
#define H list_share
static const struct poke pokes[] = {
	{ I, serial, " serial:35487 " },
	{ I, proto, " proto:17 group:17 " },
	{ I, age, " age:77 " },
	{ I, idle, " idle:33 " },
	{ I, flags, " flag:0x40000000\n" },
	{ I, inspected_c, " ignore:1,0 ignore_after:1000,1000\n" },
	{ I, inspected_s, " ignore:0,1 " },
	{ I, ignore_after, " ignore:0,0 ignore_after:1234,1234\n" },
	{ I, no_flags, " flag:....-....-....\n" },
	{ I, midstream, " flag:lms.-....-....\n" },
	{ I, partial, " flag:l.sp-....-....\n" },
	{ I, gaps_c, " flag:l.s.-g...-....\n" },
	{ I, gaps_s, " flag:l.s.-g...-....\n" },
	{ I, held_c, " flag:l.s.-.h..-....\n" },
	{ I, held_s, " flag:l.s.-.h..-....\n" },
	{ I, blocked_c, " flag:l.s.-..c.-....\n" },
	{ I, blocked_s, " flag:l.s.-...b-....\n" },
	{ I, failed_c, " flag:l.s.-....-f...\n" },
	{ I, failed_s, " flag:l.s.-....-f...\n" },
	{ I, tagged, " flag:l.s.-....-.t..\n" },
	{ I, alerted, " flag:l.s.-....-..a.\n" },
	{ I, fin_c, " flag:l.s.-....-...e\n" },
	{ I, fin_s, " flag:l.s.-....-...e\n" },
	{ I, client, "  C-10.1.0.99:4321, S-" },
	{ I, server_end, ", S-10.2.0.98:4322\n" },
	{ I, v6, "  C-[a01:2::]:57218, S-[a02:2::]:102\n" },
	{ I, icmp, ", S-10.2.0.2:13\n" },
	{ I, state_c, "  state: C-FIN_WAIT/22/0/0/0/0, S-" },
	{ I, state_s, ", S-CLOSE_WAIT/0/0/0/0/0 pause" },
	{ I, udp_seen, "  state: C-SEEN/66/0/0/0/0, S-NONE/0/0/0/0/0 pause" },
	{ I, seen_c, " C-ESTABLISHED/13749/0/0/0/0," },
	{ I, seen_s, " S-ESTABLISHED/48951/0/0/0/0 " },
	{ I, held_c, " C-ESTABLISHED/22/7/0/0/0," },
	{ I, held_s, " S-ESTABLISHED/0/8/0/0/0 " },
	{ I, ooo_c, " C-ESTABLISHED/22/0/9/0/0," },
	{ I, ooo_s, " S-ESTABLISHED/0/0/10/0/0 " },
	{ I, gaps_c, " C-ESTABLISHED/22/0/0/5/0," },
	{ I, gaps_s, " S-ESTABLISHED/0/0/0/6/0 " },
	{ I, differed_c, " C-ESTABLISHED/22/0/0/0/11," },
	{ I, differed_s, " S-ESTABLISHED/0/0/0/0/12 " },
	{ I, pause, " pause:13, paws:0\n" },
	{ I, paws, " pause:0, paws:14\n" },
	{ I, expires, "  expire: 77\n" },
	{ I, overdue, "  expire: 0\n" },
	{ I, app, "  app: ICCP_Transfer.Reporting:44684 last:0 " },
	{ I, last_app, " last:44684 " },
	{ I, undecided, " unknown-size:23\n  cnfm: \n" },
	{ I, named, "  cnfm: modbus\n  set: cotp\n  asm: modbus\n" },
	{ I, unknown, "  cnfm: \n  set: cotp\n  asm: \n" },
	{ I, server_end, "  cnfm: cotp\n  set: \n  asm: cotp\n" },
	{ I, proto, "  cnfm: cotp\n  set: \n  asm: \n" },
	{ S, proto, "session info: proto=17 proto_state=10 " },
	{ S, proto_state, " proto_state=14 " },
	{ S, not_inspected, " proto_state=01 " },
	{ S, age, " duration=77 " },
	{ S, expires, " expire=77 " },
	{ S, timeout, " timeout=120 " },
	{ S, owner, " ha_id=3 " },
	{ S, no_flags, "\nstate=\n" },
	{ S, counts, " org=1000/10/0 reply=2000/20/0 " },
	{ S, speed, "tx speed(Bps/kbps): 100000/800 rx speed(Bps/kbps): 200000/1600\n" },
	{ S, interfaces, " dev=38->41/41->38 gwy=\n" },
	{ S, client, " act=noop 10.1.0.99:4321->10.2.0.2:102(0.0.0.0:0)\n" },
	{ S, server_end, " act=noop 10.1.0.2:57218->10.2.0.98:4322(" },
	{ S, v6, " act=noop [a01:2::]:57218->[a02:2::]:102([::]:0)\n" },
	{ S, icmp, ":57218->10.2.0.2:13(" },
	{ S, reply_ends, "hook=post dir=reply act=noop 10.2.0.97:1->10.1.0.96:2(0.0.0.0:0)\n" },
	{ S, macs, "src_mac=11:11:11:11:11:11 dst_mac=22:22:22:22:22:22\n" },
	{ S, policy, " policy_id=3844 " },
	{ S, vdom, " vd=3\n" },
	{ S, serial, "serial=00008a9f " },
	{ S, tos, " tos=b8/28 " },
	{ S, app, " app=44684 " },
	{ S, last_app, " app=44684 " },
	{ H, client, "  client=10.1.0.99:4321 server=" },
	{ H, server_end, " server=10.2.0.98:4322\n" },
	{ H, icmp, " server=10.2.0.2:13\n" },
	{ H, v6, "  client=[a01:2::]:57218 server=[a02:2::]:102\n" },
	{ H, named, "    service=0, " },
	{ H, ignore_after, " ignore_app_after=1234, " },
	{ H, last_app, " last_app=44684, " },
	{ H, held_c, " buffer_len=7\n" },
	{ H, look, " buffer_len=5\n" },
	{ H, part, " buffer_len=13\n" },
	{ H, tagged, "    tags [count=3]: s-0, s-1, c-0,\n" },
};

static void test_fields(void)
{
	for (size_t i = 0; i < ARRAY_LEN(pokes); i++) {
		struct session *s = ready();
		struct insp *f = engine_insp(s);
		const struct session_state kept = s->s;
		const struct insp_state insp = f->s;
		const struct reasm_state reasm = f->reasm;
		const struct cotp_state cotp = f->stack->cotp;
		CU_ASSERT_PTR_NULL(strstr(list(pokes[i].list), pokes[i].shown));
		pokes[i].change(s, f);
		if (strstr(list(pokes[i].list), pokes[i].shown) == NULL)
			printf("# no '%s' in %s\n", pokes[i].shown, list(pokes[i].list));
		CU_ASSERT_PTR_NOT_NULL(strstr(list(pokes[i].list), pokes[i].shown));
		s->s = kept;
		f->s = insp;
		f->reasm = reasm;
		f->stack->cotp = cotp;
		rig_end(&g);
	}
}

static void segment(enum dir d, uint32_t seq, uint32_t ack, const char *text, uint32_t tsval)
{
	const uint8_t opts[12] = { 1, 1, 8, 10, 0, 0, 0, (uint8_t)tsval };
	struct pkt k;
	struct pkt_tcp t = { .seq = seq, .ack = ack, .flags = TCP_ACK, .opts = opts, .n_opts = sizeof(opts), .data = text };
	if (text == NULL)
		t.flags = d == DIR_ORIG ? TCP_SYN : TCP_SYN | TCP_ACK;
	else
		t.n_data = strlen(text);
	(void)rig_packet(&g, rig_build(&k, &g, d, &t));
}

static void opened(bool prevent)
{
	rig_new(&g, &(struct rig_opts){ .prevent = prevent });
	segment(DIR_ORIG, 100, 0, NULL, 50);
	segment(DIR_REPLY, 500, 101, NULL, 50);
	segment(DIR_ORIG, 101, 501, "", 50);
}

static void in_json(const char *want)
{
	char got[200] = "";
	struct list_env env;
	struct list_row r;
	list_env_take(g.e, &env);
	list_row_take(engine_sessions(g.e), rig_first(&g), &r);
	json_t *o = list_json_ips(&env, &r, 1);
	for (unsigned i = 0; i < 2; i++) {
		const char *side = i == 0 ? "client_state" : "server_state";
		int n[5] = { 0 };
		const int bad = json_unpack(o, "{s:{s:i,s:i,s:i,s:i,s:i}}", side, "seen", &n[0], "held", &n[1], "out_of_order",
					    &n[2], "gaps", &n[3], "differed", &n[4]);
		CU_ASSERT_EQUAL(bad, 0);
		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s %d %d %d %d %d, ", side, n[0], n[1], n[2], n[3], n[4]);
	}
	int pause = 0, paws = 0;
	CU_ASSERT_EQUAL(json_unpack(o, "{s:i,s:i}", "pause", &pause, "paws", &paws), 0);
	snprintf(got + strlen(got), sizeof(got) - strlen(got), "%d %d", pause, paws);
	CU_ASSERT_STRING_EQUAL(got, want);
	json_decref(o);
}

/* The numbers of both ends and the two behind them, of segments that bring them about. */
static void test_counted(void)
{
	opened(true);
	segment(DIR_ORIG, 101, 501, "0123456789", 50);
	segment(DIR_ORIG, 101, 501, "0123xx6789", 51);
	segment(DIR_ORIG, 121, 501, "held!", 51);
	segment(DIR_ORIG, 131, 501, "too", 51);
	segment(DIR_ORIG, 111, 501, "old", 9);
	segment(DIR_REPLY, 501, 101, "ab", 51);
	segment(DIR_REPLY, 501, 101, "aB", 51);
	segment(DIR_REPLY, 601, 101, "c", 51);
	segment(DIR_REPLY, 503, 101, "old", 9);
	const char *want = " C-ESTABLISHED/28/8/2/0/2, S-ESTABLISHED/5/1/1/0/1 pause:0, paws:2\n";
	CU_ASSERT_PTR_NOT_NULL(strstr(list(list_ips_sessions), want));
	rig_first(&g)->s.tcp.n_pause = 7;
	in_json("client_state 28 8 2 0 2, server_state 5 1 1 0 1, 7 2");
	rig_end(&g);
	opened(false);
	segment(DIR_ORIG, 111, 501, "behind a hole", 50);
	segment(DIR_REPLY, 501, 124, "", 50);
	want = " C-ESTABLISHED/13/0/1/1/0, S-ESTABLISHED/0/0/0/0/0 pause:0, paws:0\n";
	CU_ASSERT_PTR_NOT_NULL(strstr(list(list_ips_sessions), want));
	rig_end(&g);
	/* Where the receiver stands is not known yet. */
	rig_new(&g, &(struct rig_opts){ .prevent = true });
	segment(DIR_ORIG, 100, 500, "wait", 50);
	segment(DIR_ORIG, 100, 500, "wait", 50);
	CU_ASSERT_PTR_NOT_NULL(strstr(list(list_ips_sessions), " pause:2, paws:0\n"));
	rig_end(&g);
}

/* Several sessions: numbered, counted, in order of age; a table without any. */
static void test_several(void)
{
	rig_new(&g, &(struct rig_opts){ 0 });
	CU_ASSERT_STRING_EQUAL(list(list_sys_sessions), "total session 0\n");
	rig_open(&g);
	g.cport++;
	rig_open(&g);
	CU_ASSERT_PTR_NOT_NULL(strstr(list(list_ips_sessions), "SESSION id:2 serial:2 "));
	CU_ASSERT_PTR_NOT_NULL(strstr(list(list_sys_sessions), "\ntotal session 2\n"));
	const char *text = list(list_share);
	CU_ASSERT_TRUE(strstr(text, ":57218 ") < strstr(text, ":57219 "));
	rig_end(&g);
}

UNIT_MAIN({ "ips session list as in the seed", test_ips_seed }, { "sys session list as in the seed", test_sys_seed },
	  { "a ping as in the seed", test_icmp_seed }, { "ips share list as in the seed", test_share_seed },
	  { "every field follows its value", test_fields },
	  { "numbers of both ends", test_counted }, { "several sessions, and none", test_several })
