/* lists.c - see lists.h. */
#include "ips/lists.h"

#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "ips/eve.h"

static const char *endpoint(const struct addr *a, uint16_t port, uint8_t family, char *buf, size_t cap)
{
	char t[ADDR_TEXT];
	addr_text(a, family, t);
	snprintf(buf, cap, family == 6 ? "[%s]:%u" : "%s:%u", t, port);
	return buf;
}

uint16_t list_server_port(const struct tuple *t)
{
	const bool icmp = t->proto == IPPROTO_ICMP_ || t->proto == IPPROTO_ICMP6_;
	return icmp ? t->dport >> 8 : t->dport;
}

static const char *server(const struct tuple *t, char *buf, size_t cap)
{
	return endpoint(&t->dst, list_server_port(t), t->family, buf, cap);
}

long long list_seconds(mono_t later, mono_t earlier)
{
	const int64_t d = mono_diff(later, earlier);
	return d > 0 ? d / NS_PER_SEC : 0;
}

/* --- copies ------------------------------------------------------------------------------------------ */

void list_env_take(const struct engine *e, struct list_env *env)
{
	const struct gen *g = engine_gen(e);
	*env = (struct list_env){ .now = engine_now(e), .ignore_after = g->ignore_after };
	for (enum tag_table_id i = TAGS_STOCK; i < TAG_TABLE_N; i++) {
		const struct tag_table *tt = sigset_tags(g->sigs, i);
		env->tags[i].nr = tt->nr;
		env->tags[i].hash = tt->hash;
	}
}

static void take_dir(const struct insp *f, enum dir d, struct list_row *r)
{
	const struct reasm_dir *m = &f->reasm.dir[d];
	r->dir[d] = (struct list_dir){ .seen = m->seen,
				       .inspected = f->s.dir[d].inspected,
				       .held = m->held_bytes,
				       .n_ooo = m->n_ooo,
				       .n_gaps = m->n_gaps,
				       .differed = m->differed,
				       .look = f->s.dir[d].look.len,
				       .blocked = f->s.dir[d].blocked };
	/* undecided first octets, out-of-order segments, partial TPDUs and TSDUs */
	r->buffer_len += (uint64_t)f->s.dir[d].look.len + m->held_bytes;
	if (f->stack != NULL) {
		r->buffer_len += (uint64_t)f->stack->cotp.dir[d].part.len + f->stack->cotp.dir[d].tsdu.len;
		r->failed |= f->stack->cotp.dir[d].failed;
	}
}

void list_row_take(const struct session_table *t, const struct session *s, struct list_row *r)
{
	const struct insp *f = engine_insp(s);
	memset(r, 0, sizeof(*r));
	r->s = s->s;
	r->larval = session_larval(t, s);
	r->proto_state = session_proto_state(s);
	r->inspected = f != NULL;
	if (f == NULL)
		return;
	r->partial = f->s.partial;
	r->service = f->s.service;
	r->proto = f->s.proto;
	r->owner = f->s.owner;
	r->app = f->s.app;
	r->last_app = f->s.last_app;
	r->n_alerts = f->s.n_alerts;
	r->tags = f->s.tags;
	for (enum dir d = DIR_ORIG; d < DIR_N; d++)
		take_dir(f, d, r);
}

/* --- ips session list -------------------------------------------------------------------------------- */

enum { FEATURE_IPS = 0x4, PORT_ISO_TSAP = 102 };

static char letter(bool on, char c)
{
	return on ? c : '.';
}

char *list_letters(const struct list_row *r, char *buf)
{
	const struct list_dir *d = r->dir;
	snprintf(buf, LIST_LETTERS, "%c%c%c%c-%c%c%c%c-%c%c%c%c", letter(r->s.flags & SF_LOG, 'l'), letter(r->s.tcp.midstream, 'm'),
		 letter(r->s.flags & SF_SYN_SES, 's'), letter(r->partial, 'p'), letter(d[0].n_gaps + d[1].n_gaps != 0, 'g'),
		 letter(d[0].held + d[1].held != 0, 'h'), letter(d[0].blocked, 'c'), letter(d[1].blocked, 'b'),
		 letter(r->failed, 'f'), letter(r->tags.n != 0, 't'), letter(r->n_alerts != 0, 'a'),
		 letter(r->s.tcp.end[0].fin || r->s.tcp.end[1].fin, 'e'));
	return buf;
}

static bool is_tcp(const struct list_row *r)
{
	return r->s.tuple[DIR_ORIG].proto == IPPROTO_TCP_;
}

const char *list_end_state(const struct list_row *r, enum dir d)
{
	static const char *const seen[2] = { "NONE", "SEEN" };
	return is_tcp(r) ? tcps_name(r->s.tcp.end[d].state) : seen[r->s.n[d].packets != 0];
}

static void side(const struct list_row *r, enum dir d, struct outbuf *o)
{
	const struct list_dir *m = &r->dir[d];
	outbuf_fmt(o, "%c-%s/%llu/%u/%u/%u/%u", d == DIR_ORIG ? 'C' : 'S', list_end_state(r, d),
		   (unsigned long long)(is_tcp(r) ? m->seen : m->inspected), m->held, m->n_ooo, m->n_gaps, m->differed);
}

const char *list_confirmed(const struct list_row *r)
{
	switch ((enum service)r->service) {
	case SVC_COTP:
		return "cotp";
	case SVC_NAMED:
		return proto_name(r->proto);
	case SVC_UNDECIDED:
	case SVC_UNKNOWN:
	case SVC_N:
		break;
	}
	return "";
}

/* What the server's port stands for; what it is, content says. */
const char *list_set_by_port(const struct list_row *r)
{
	return is_tcp(r) && r->s.tuple[DIR_ORIG].dport == PORT_ISO_TSAP ? "cotp" : "";
}

const char *list_assembled(const struct list_row *r)
{
	return is_tcp(r) ? list_confirmed(r) : "";
}

void list_row_ips(const struct list_env *env, const struct list_row *r, unsigned long long id, struct outbuf *o)
{
	const struct session_state *s = &r->s;
	const struct tuple *t = &s->tuple[DIR_ORIG];
	const unsigned long long after = env->ignore_after;
	char c[ADDR_TEXT + 8], v[ADDR_TEXT + 8], letters[LIST_LETTERS];
	const struct app *app = app_by_id(r->app);
	outbuf_fmt(o, "SESSION id:%llu serial:%llu proto:%u group:%u age:%lld idle:%lld flag:0x%08x\n", id,
		   (unsigned long long)s->serial, t->proto, t->proto, list_seconds(env->now, s->start),
		   list_seconds(env->now, s->last), s->flags);
	outbuf_fmt(o, "        feature:0x%x encap:0 ignore:%u,%u ignore_after:%llu,%llu\n", FEATURE_IPS,
		   after != 0 && r->dir[0].inspected >= after, after != 0 && r->dir[1].inspected >= after, after, after);
	outbuf_fmt(o, "        tunnel:0 children:0 flag:%s\n", list_letters(r, letters));
	outbuf_fmt(o, "  C-%s, S-%s\n  state: ", endpoint(&t->src, t->sport, t->family, c, sizeof(c)), server(t, v, sizeof(v)));
	side(r, DIR_ORIG, o);
	outbuf_fmt(o, ", ");
	side(r, DIR_REPLY, o);
	outbuf_fmt(o, " pause:%u, paws:%u\n  expire: %lld\n", s->tcp.n_pause, s->tcp.n_paws, list_seconds(s->expires, env->now));
	outbuf_fmt(o, "  app: %s:%u last:%u unknown-size:%u\n", app != NULL ? app->name : "unknown", r->app, r->last_app,
		   r->service == SVC_UNDECIDED ? r->dir[0].look + r->dir[1].look : 0);
	outbuf_fmt(o, "  cnfm: %s\n  set: %s\n  asm: %s\n", list_confirmed(r), list_set_by_port(r), list_assembled(r));
}

void list_ips_sessions(struct engine *e, struct outbuf *o)
{
	unsigned id = 0;
	struct list_env env;
	struct list_row r;
	list_env_take(e, &env);
	for (struct session *s = session_next(engine_sessions(e), NULL); s != NULL; s = session_next(engine_sessions(e), s)) {
		if (engine_insp(s) == NULL)
			continue;
		list_row_take(engine_sessions(e), s, &r);
		list_row_ips(&env, &r, ++id, o);
	}
}

/* --- sys session list -------------------------------------------------------------------------------- */

static void state_words(uint32_t flags, struct outbuf *o)
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
		if ((flags & words[i].bit) != 0) {
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

uint32_t list_app(const struct list_row *r)
{
	return r->last_app != 0 ? r->last_app : r->app;
}

void list_row_sys(const struct list_env *env, const struct list_row *r, struct outbuf *o)
{
	const struct session_state *t = &r->s;
	const long long duration = list_seconds(env->now, t->start);
	outbuf_fmt(o,
		   "session info: proto=%u proto_state=%02u duration=%lld expire=%lld timeout=%u "
		   "flags=00000000 socktype=0 sockport=0 av_idx=0 use=%u\n",
		   t->tuple[0].proto, r->proto_state, duration, list_seconds(t->expires, env->now), t->timeout_s,
		   r->inspected ? 4u : 3u);
	outbuf_fmt(o, "class_id=0 ha_id=%u policy_dir=0 tunnel=/ vlan_cos=0/255\n", r->owner);
	state_words(t->flags, o);
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
		   t->tos[1], list_app(r));
	outbuf_fmt(o, "sdwan_mbr_seq=0 sdwan_service_id=0\nrpdb_link_id=00000000 rpdb_svc_id=0 ngfwid=n/a\n");
	outbuf_fmt(o, "npu_state=0x000000 no_offload\nno_ofld_reason: %s\n\n", r->inspected ? "utm" : "non-npu-intf");
}

void list_sys_sessions(struct engine *e, struct outbuf *o)
{
	struct list_env env;
	struct list_row r;
	list_env_take(e, &env);
	for (struct session *s = session_next(engine_sessions(e), NULL); s != NULL; s = session_next(engine_sessions(e), s)) {
		list_row_take(engine_sessions(e), s, &r);
		list_row_sys(&env, &r, o);
	}
	outbuf_fmt(o, "total session %zu\n", session_count(engine_sessions(e)));
}

/* --- ips share list ---------------------------------------------------------------------------------- */

void list_row_share(const struct list_env *env, const struct list_row *r, struct outbuf *o)
{
	const struct tuple *t = &r->s.tuple[DIR_ORIG];
	char c[ADDR_TEXT + 8], v[ADDR_TEXT + 8];
	outbuf_fmt(o, "  client=%s server=%s\n", endpoint(&t->src, t->sport, t->family, c, sizeof(c)), server(t, v, sizeof(v)));
	outbuf_fmt(o, "    service=%u, ignore_app_after=%llu, last_app=%u, buffer_len=%llu\n",
		   r->service == SVC_COTP ? SERVICE_COTP_ID : 0, (unsigned long long)env->ignore_after, r->last_app,
		   (unsigned long long)r->buffer_len);
	for (enum tag_table_id i = TAGS_STOCK; i < TAG_TABLE_N; i++)
		outbuf_fmt(o, "    %s tags: nr=%u, hash=%llx\n", i == TAGS_STOCK ? "stock" : "custom", env->tags[i].nr,
			   (unsigned long long)env->tags[i].hash);
	outbuf_fmt(o, "    tags [count=%u]:", r->tags.n);
	for (unsigned i = 0; i < r->tags.n; i++) {
		const tag_t g = r->tags.id[i];
		outbuf_fmt(o, " %c-%u,", (g & TAG_CUSTOM_BIT) != 0 ? 'c' : 's', g & ~TAG_CUSTOM_BIT);
	}
	outbuf_fmt(o, "\n");
}

void list_share(struct engine *e, struct outbuf *o)
{
	struct list_env env;
	struct list_row r;
	list_env_take(e, &env);
	outbuf_fmt(o, LIST_SHARE_HEAD);
	for (struct session *s = session_next(engine_sessions(e), NULL); s != NULL; s = session_next(engine_sessions(e), s)) {
		if (engine_insp(s) == NULL)
			continue;
		list_row_take(engine_sessions(e), s, &r);
		list_row_share(&env, &r, o);
	}
}
