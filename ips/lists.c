/* lists.c - see lists.h. */
#include "ips/lists.h"

#include <stdio.h>

#include "base/addr.h"
#include "ips/eve.h"

static const char *endpoint(const struct addr *a, uint16_t port, uint8_t family, char *buf, size_t cap)
{
	char t[ADDR_TEXT];
	addr_text(a, family, t);
	snprintf(buf, cap, family == 6 ? "[%s]:%u" : "%s:%u", t, port);
	return buf;
}

/* ICMP: the identifier is the client's port, the type the server's (seed 002). */
static const char *server(const struct tuple *t, char *buf, size_t cap)
{
	const bool icmp = t->proto == IPPROTO_ICMP_ || t->proto == IPPROTO_ICMP6_;
	return endpoint(&t->dst, icmp ? t->dport >> 8 : t->dport, t->family, buf, cap);
}

static long long seconds(mono_t later, mono_t earlier)
{
	const int64_t d = mono_diff(later, earlier);
	return d > 0 ? d / NS_PER_SEC : 0;
}

/* --- ips session list -------------------------------------------------------------------------------- */

enum { FEATURE_IPS = 0x4, PORT_ISO_TSAP = 102 };

static char letter(bool on, char c)
{
	return on ? c : '.';
}

static void ips_letters(const struct session *s, const struct insp *f, struct outbuf *o)
{
	const struct reasm_dir *r = f->reasm.dir;
	const struct insp_dir *d = f->s.dir;
	const bool failed = f->stack != NULL && (f->stack->cotp.dir[DIR_ORIG].failed || f->stack->cotp.dir[DIR_REPLY].failed);
	outbuf_fmt(o, "%c%c%c%c-%c%c%c%c-%c%c%c%c", letter(s->s.flags & SF_LOG, 'l'), letter(s->s.tcp.midstream, 'm'),
		   letter(s->s.flags & SF_SYN_SES, 's'), letter(f->s.partial, 'p'), letter(r[0].n_gaps + r[1].n_gaps != 0, 'g'),
		   letter(r[0].held_bytes + r[1].held_bytes != 0, 'h'), letter(d[0].blocked, 'c'), letter(d[1].blocked, 'b'),
		   letter(failed, 'f'), letter(f->s.tags.n != 0, 't'), letter(f->s.n_alerts != 0, 'a'),
		   letter(s->s.tcp.end[0].fin || s->s.tcp.end[1].fin, 'e'));
}

static const char *end_state(const struct session *s, enum dir d)
{
	static const char *const seen[2] = { "NONE", "SEEN" };
	if (s->s.tuple[DIR_ORIG].proto == IPPROTO_TCP_)
		return tcps_name(s->s.tcp.end[d].state);
	return seen[s->s.n[d].packets != 0];
}

static void side(const struct session *s, const struct insp *f, enum dir d, struct outbuf *o)
{
	const struct reasm_dir *r = &f->reasm.dir[d];
	const uint64_t seen = s->s.tuple[DIR_ORIG].proto == IPPROTO_TCP_ ? r->seen : f->s.dir[d].inspected;
	outbuf_fmt(o, "%c-%s/%llu/%u/%u/%u/%u", d == DIR_ORIG ? 'C' : 'S', end_state(s, d), (unsigned long long)seen, r->held_bytes,
		   r->n_ooo, r->n_gaps, r->differed);
}

static const char *service_name(const struct insp *f)
{
	switch ((enum service)f->s.service) {
	case SVC_COTP:
		return "cotp";
	case SVC_NAMED:
		return proto_name(f->s.proto);
	case SVC_UNDECIDED:
	case SVC_UNKNOWN:
	case SVC_N:
		break;
	}
	return "";
}

/* What the server's port stands for; what it is, content says. */
static const char *set_by_port(const struct tuple *t)
{
	return t->proto == IPPROTO_TCP_ && t->dport == PORT_ISO_TSAP ? "cotp" : "";
}

static void ips_session(struct engine *e, const struct session *s, unsigned id, struct outbuf *o)
{
	const struct insp *f = engine_insp(s);
	const struct tuple *t = &s->s.tuple[DIR_ORIG];
	const unsigned long long after = (unsigned long long)engine_gen(e)->ignore_after;
	char c[ADDR_TEXT + 8], v[ADDR_TEXT + 8];
	const struct app *app = app_by_id(f->s.app);
	outbuf_fmt(o, "SESSION id:%u serial:%llu proto:%u group:%u age:%lld idle:%lld flag:0x%08x\n", id,
		   (unsigned long long)s->s.serial, t->proto, t->proto, seconds(engine_now(e), s->s.start),
		   seconds(engine_now(e), s->s.last), s->s.flags);
	outbuf_fmt(o, "        feature:0x%x encap:0 ignore:%u,%u ignore_after:%llu,%llu\n", FEATURE_IPS,
		   after != 0 && f->s.dir[0].inspected >= after, after != 0 && f->s.dir[1].inspected >= after, after, after);
	outbuf_fmt(o, "        tunnel:0 children:0 flag:");
	ips_letters(s, f, o);
	outbuf_fmt(o, "\n  C-%s, S-%s\n  state: ", endpoint(&t->src, t->sport, t->family, c, sizeof(c)), server(t, v, sizeof(v)));
	side(s, f, DIR_ORIG, o);
	outbuf_fmt(o, ", ");
	side(s, f, DIR_REPLY, o);
	outbuf_fmt(o, " pause:0, paws:0\n  expire: %lld\n", seconds(s->s.expires, engine_now(e)));
	outbuf_fmt(o, "  app: %s:%u last:%u unknown-size:%u\n", app != NULL ? app->name : "unknown", f->s.app, f->s.last_app,
		   f->s.service == SVC_UNDECIDED ? f->s.dir[0].look.len + f->s.dir[1].look.len : 0);
	outbuf_fmt(o, "  cnfm: %s\n  set: %s\n  asm: %s\n", service_name(f), set_by_port(t),
		   t->proto == IPPROTO_TCP_ ? service_name(f) : "");
}

void list_ips_sessions(struct engine *e, struct outbuf *o)
{
	unsigned id = 0;
	for (struct session *s = session_next(engine_sessions(e), NULL); s != NULL; s = session_next(engine_sessions(e), s))
		if (engine_insp(s) != NULL)
			ips_session(e, s, ++id, o);
}

/* --- sys session list -------------------------------------------------------------------------------- */

static void state_words(const struct session *s, struct outbuf *o)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} words[] = {
#define X(bit, id, name) { id, name },
		SESSION_FLAG_LIST(X)
#undef X
	};
	outbuf_fmt(o, "state=");
	const char *gap = "";
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if ((s->s.flags & words[i].bit) != 0) {
			outbuf_fmt(o, "%s%s", gap, words[i].name);
			gap = " ";
		}
	}
	outbuf_fmt(o, "\n");
}

/* The tuple as the hook lines show it. */
static void hook(const struct tuple *t, const char *where, const char *dir, struct outbuf *o)
{
	char a[ADDR_TEXT + 8], b[ADDR_TEXT + 8];
	outbuf_fmt(o, "hook=%s dir=%s act=noop %s->%s(%s:0)\n", where, dir, endpoint(&t->src, t->sport, t->family, a, sizeof(a)),
		   server(t, b, sizeof(b)), t->family == 6 ? "[::]" : "0.0.0.0");
}

static unsigned long long rate(uint64_t bytes, long long secs)
{
	return secs > 0 ? (unsigned long long)(bytes / (uint64_t)secs) : 0;
}

static void mac(const uint8_t m[6], const char *key, struct outbuf *o)
{
	outbuf_fmt(o, "%s=%02x:%02x:%02x:%02x:%02x:%02x", key, m[0], m[1], m[2], m[3], m[4], m[5]);
}

static void sys_session(struct engine *e, const struct session *s, struct outbuf *o)
{
	const struct session_state *t = &s->s;
	const struct insp *f = engine_insp(s);
	const long long duration = seconds(engine_now(e), t->start);
	outbuf_fmt(o,
		   "session info: proto=%u proto_state=%02u duration=%lld expire=%lld timeout=%u "
		   "flags=00000000 socktype=0 sockport=0 av_idx=0 use=%u\n",
		   t->tuple[0].proto, session_proto_state(s), duration, seconds(t->expires, engine_now(e)), t->timeout_s,
		   f != NULL ? 4u : 3u);
	outbuf_fmt(o, "class_id=0 ha_id=%u policy_dir=0 tunnel=/ vlan_cos=0/255\n", f != NULL ? f->s.owner : 0);
	state_words(s, o);
	outbuf_fmt(o, "statistic(bytes/packets/allow_err): org=%llu/%llu/%u reply=%llu/%llu/%u tuples=2\n",
		   (unsigned long long)t->n[0].bytes, (unsigned long long)t->n[0].packets, t->n[0].allow_err,
		   (unsigned long long)t->n[1].bytes, (unsigned long long)t->n[1].packets, t->n[1].allow_err);
	const unsigned long long tx = rate(t->n[0].bytes, duration), rx = rate(t->n[1].bytes, duration);
	outbuf_fmt(o, "tx speed(Bps/kbps): %llu/%llu rx speed(Bps/kbps): %llu/%llu\n", tx, tx * 8 / 1000, rx, rx * 8 / 1000);
	outbuf_fmt(o, "orgin->sink: org pre->post, reply pre->post dev=%u->%u/%u->%u gwy=\n", t->ifin[0], t->ifin[1], t->ifin[1],
		   t->ifin[0]);
	hook(&t->tuple[0], "pre", "org", o);
	hook(&t->tuple[1], "post", "reply", o);
	outbuf_fmt(o, "pos/(before,after) 0/(0,0), 0/(0,0)\n");
	mac(t->src_mac, "src_mac", o);
	mac(t->dst_mac, " dst_mac", o);
	outbuf_fmt(o, "\nmisc=0 policy_id=%u auth_info=0 chk_client_info=0 vd=%u\n", t->policy_id, t->tuple[0].vdom);
	outbuf_fmt(o, "serial=%08llx tos=%02x/%02x app_list=0 app=%u url_cat=0\n", (unsigned long long)t->serial, t->tos[0],
		   t->tos[1],
		   f == NULL            ? 0
		   : f->s.last_app != 0 ? f->s.last_app
					: f->s.app);
	outbuf_fmt(o, "sdwan_mbr_seq=0 sdwan_service_id=0\nrpdb_link_id=00000000 rpdb_svc_id=0 ngfwid=n/a\n");
	outbuf_fmt(o, "npu_state=0x000000 no_offload\nno_ofld_reason: %s\n", f != NULL ? "utm" : "non-npu-intf");
}

void list_sys_sessions(struct engine *e, struct outbuf *o)
{
	for (struct session *s = session_next(engine_sessions(e), NULL); s != NULL; s = session_next(engine_sessions(e), s)) {
		sys_session(e, s, o);
		outbuf_fmt(o, "\n");
	}
	outbuf_fmt(o, "total session %zu\n", session_count(engine_sessions(e)));
}

/* --- ips share list ---------------------------------------------------------------------------------- */

/* Octets held for a flow: undecided first octets, out-of-order segments, partial TPDUs and TSDUs. */
static size_t buffer_len(const struct insp *f)
{
	size_t n = 0;
	for (enum dir d = DIR_ORIG; d < DIR_N; d++) {
		n += f->s.dir[d].look.len + f->reasm.dir[d].held_bytes;
		if (f->stack != NULL)
			n += f->stack->cotp.dir[d].part.len + f->stack->cotp.dir[d].tsdu.len;
	}
	return n;
}

static void share_session(struct engine *e, const struct session *s, struct outbuf *o)
{
	const struct insp *f = engine_insp(s);
	const struct tuple *t = &s->s.tuple[DIR_ORIG];
	char c[ADDR_TEXT + 8], v[ADDR_TEXT + 8];
	outbuf_fmt(o, "  client=%s server=%s\n", endpoint(&t->src, t->sport, t->family, c, sizeof(c)), server(t, v, sizeof(v)));
	outbuf_fmt(o, "    service=%u, ignore_app_after=%llu, last_app=%u, buffer_len=%zu\n",
		   f->s.service == SVC_COTP ? SERVICE_COTP_ID : 0, (unsigned long long)engine_gen(e)->ignore_after, f->s.last_app,
		   buffer_len(f));
	for (enum tag_table_id i = TAGS_STOCK; i < TAG_TABLE_N; i++) {
		const struct tag_table *tt = sigset_tags(engine_gen(e)->sigs, i);
		outbuf_fmt(o, "    %s tags: nr=%u, hash=%llx\n", i == TAGS_STOCK ? "stock" : "custom", tt->nr,
			   (unsigned long long)tt->hash);
	}
	outbuf_fmt(o, "    tags [count=%u]:", f->s.tags.n);
	for (unsigned i = 0; i < f->s.tags.n; i++) {
		const tag_t g = f->s.tags.id[i];
		outbuf_fmt(o, " %c-%u,", (g & TAG_CUSTOM_BIT) != 0 ? 'c' : 's', g & ~TAG_CUSTOM_BIT);
	}
	outbuf_fmt(o, "\n");
}

void list_share(struct engine *e, struct outbuf *o)
{
	outbuf_fmt(o, " HA Session Cache\n");
	for (struct session *s = session_next(engine_sessions(e), NULL); s != NULL; s = session_next(engine_sessions(e), s))
		if (engine_insp(s) != NULL)
			share_session(e, s, o);
}
