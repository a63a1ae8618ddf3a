/* session.c - opening, finding, moving and ending sessions. */
#include "forward/session.h"

#include <stdlib.h>
#include <string.h>

#include "forward/session_int.h"

/* RFC 9293 3.3.2 states to how long silence may last in them. */
static const uint8_t tcp_timer[TCPS_N] = {
	[TCPS_NONE] = ST_TCP_HALFOPEN,
	[TCPS_ESTABLISHED] = ST_TCP_ESTABLISHED,
	[TCPS_SYN_SENT] = ST_TCP_HALFOPEN,
	[TCPS_SYN_RECV] = ST_TCP_HALFOPEN,
	[TCPS_FIN_WAIT] = ST_TCP_HALFCLOSE,
	[TCPS_TIME_WAIT] = ST_TCP_TIMEWAIT,
	[TCPS_CLOSE] = ST_TCP_TIMEWAIT,
	[TCPS_CLOSE_WAIT] = ST_TCP_HALFCLOSE,
	[TCPS_LAST_ACK] = ST_TCP_HALFCLOSE,
	[TCPS_LISTEN] = ST_TCP_HALFOPEN,
};

void session_cfg_default(struct session_cfg *c)
{
	*c = (struct session_cfg){ .max = 1u << 16, .timeout_s = {
#define X(id, word, dflt, help) [id] = dflt,
		SESSION_TIMER_LIST(X)
#undef X
	} };
}

void session_set_timeouts(struct session_table *t, const uint32_t timeout_s[ST_N])
{
	for (unsigned i = 0; i < ST_N; i++)
		t->cfg.timeout_s[i] = (uint32_t)size_min(timeout_s[i], SESSION_TIMEOUT_MAX);
}

struct session_table *session_table_new(const struct session_cfg *cfg, mono_t now, session_end_fn *on_end, void *arg)
{
	struct session_table *t = calloc(1, sizeof(*t));
	if (t == NULL)
		return NULL;
	t->cfg = *cfg;
	t->cfg.max = cfg->max != 0 ? cfg->max : 1;
	session_set_timeouts(t, cfg->timeout_s);
	t->on_end = on_end;
	t->arg = arg;
	pool_init(&t->pool, sizeof(struct session), t->cfg.max);
	wheel_init(&t->wheel, SESSION_TICK_NS, now);
	list_init(&t->all);
	t->import_at = &t->all;
	t->promotion = 1;
	if (!index_init(&t->index, t->cfg.max)) {
		session_table_free(t);
		return NULL;
	}
	return t;
}

void session_table_free(struct session_table *t)
{
	if (t == NULL)
		return;
	index_fini(&t->index);
	pool_fini(&t->pool);
	free(t);
}

/* One for both directions of a flow, unless something translates it: a packet of the reply passes no stranger
 * on the first chain, and what it touches there is its own session. */
static uint32_t hash_tuple(const struct session_table *t, const struct tuple *tu)
{
	struct tuple k = *tu;
	const int order = memcmp(&tu->src, &tu->dst, sizeof(tu->src));
	if (order > 0 || (order == 0 && tu->sport > tu->dport)) {
		k.src = tu->dst;
		k.dst = tu->src;
		k.sport = tu->dport;
		k.dport = tu->sport;
	}
	return (uint32_t)hash_bytes(&t->cfg.key, &k, sizeof(k));
}

static uint32_t hash_serial(uint64_t serial)
{
	return (uint32_t)(serial ^ serial >> 32);
}

bool session_larval(const struct session_table *t, const struct session *s)
{
	return s->larval == t->promotion;
}

/* From s on along its chain: the one whose tuple of direction d is tu. */
static struct session *find_from(struct session *s, const struct tuple *tu, uint32_t hash, enum dir d)
{
	while (s != NULL && (s->hash[d] != hash || !tuple_equal(&s->s.tuple[d], tu)))
		s = s->hnext[d];
	return s;
}

/* Of bucket b: the live session whose tuple of direction d is tu. */
static struct session *find_dir(const struct session_table *t, const struct bucket *b, const struct tuple *tu, uint32_t hash,
				enum dir d)
{
	struct session *s = find_from(b->head[d], tu, hash, d);
	while (s != NULL && session_larval(t, s))
		s = find_from(s->hnext[d], tu, hash, d);
	return s;
}

struct session *session_find(struct session_table *t, const struct tuple *tu, enum dir *d)
{
	const uint32_t hash = hash_tuple(t, tu);
	const struct bucket *b = index_bucket(&t->index, hash);
	struct session *s = find_dir(t, b, tu, hash, *d = DIR_ORIG);
	return s != NULL ? s : find_dir(t, b, tu, hash, *d = DIR_REPLY);
}

bool session_twin(const struct session_table *t, const struct session *s)
{
	const uint32_t hash = s->hash[CHAIN_ORIG];
	const struct bucket *b = index_bucket(&t->index, hash);
	for (enum dir d = DIR_ORIG; d < DIR_N; d++) {
		const struct session *one = find_from(b->head[d], &s->s.tuple[DIR_ORIG], hash, d);
		if (one != NULL && (one != s || find_from(s->hnext[d], &s->s.tuple[DIR_ORIG], hash, d) != NULL))
			return true;
	}
	return false;
}

struct session *session_by_serial(struct session_table *t, uint64_t serial)
{
	struct session *s = index_bucket(&t->index, hash_serial(serial))->head[CHAIN_SERIAL];
	while (s != NULL && s->s.serial != serial)
		s = s->hnext[CHAIN_SERIAL];
	return s;
}

struct session *session_make(struct session_table *t, const struct session_state *st)
{
	struct session *s = pool_get(&t->pool);
	if (s == NULL) {
		t->n_refused++;
		return NULL;
	}
	s->s = *st;
	wheel_timer_init(&s->timer);
	list_init(&s->all);
	s->hash[CHAIN_ORIG] = hash_tuple(t, &st->tuple[DIR_ORIG]);
	s->hash[CHAIN_REPLY] = hash_tuple(t, &st->tuple[DIR_REPLY]);
	s->hash[CHAIN_SERIAL] = hash_serial(st->serial);
	index_add(&t->index, s, t->pool.n_used);
	return s;
}

void session_arm(struct session_table *t, struct session *s)
{
	/* The timer may stand earlier than s ends, never in a later tick. */
	if (!wheel_armed(&s->timer) || s->s.expires.ns <= (s->timer.tick - 1) * SESSION_TICK_NS)
		wheel_arm(&t->wheel, &s->timer, s->s.expires);
}

static enum session_timer timer_of(const struct session_state *s)
{
	switch (s->tuple[DIR_ORIG].proto) {
	case IPPROTO_TCP_:
		return (enum session_timer)tcp_timer[s->tcp.state];
	case IPPROTO_UDP_:
		return ST_UDP;
	case IPPROTO_ICMP_:
	case IPPROTO_ICMP6_:
		return ST_ICMP;
	default:
		return ST_OTHER;
	}
}

/* Counts p for direction d. Time does not go back within a session. */
static void count(struct session_state *s, enum dir d, const struct packet *p, mono_t now)
{
	struct session_count *n = &s->n[d];
	if (n->packets == 0)
		s->tos[d] = p->tos;
	if (n->packets == 0 || s->ifin[d] == 0) /* unknown: of a peer that has others */
		s->ifin[d] = p->ifin != 0 ? p->ifin : s->ifin[d];
	n->packets++;
	n->bytes += p->ip_len;
	n->allow_err = 1;
	s->last = mono_before(s->last, now) ? now : s->last;
	s->last_dir[d] = s->last;
	s->udp_both |= d == DIR_REPLY && s->tuple[DIR_ORIG].proto == IPPROTO_UDP_;
}

static void expire_later(const struct session_table *t, struct session_state *s)
{
	s->timeout_s = t->cfg.timeout_s[timer_of(s)];
	s->expires = mono_add(s->last, s->timeout_s * NS_PER_SEC);
}

static bool is_tcp(const struct packet *p)
{
	return p->tuple.proto == IPPROTO_TCP_;
}

/* The tracker takes the first packet's sender for the opener: not so when the answer came by first. */
static void open_tracker(struct session_state *st, const struct packet *p, enum dir d)
{
	tcp_open(&st->tcp, &p->tcp, p->payload_wire);
	st->flags |= st->tcp.midstream ? 0 : SF_SYN_SES;
	if (d == DIR_REPLY) {
		const struct tcp_end sender = st->tcp.end[DIR_ORIG];
		st->tcp.end[DIR_ORIG] = st->tcp.end[DIR_REPLY];
		st->tcp.end[DIR_REPLY] = sender;
		st->tcp.rst_by = DIR_REPLY;
	}
}

struct session *session_open(struct session_table *t, const struct packet *p, enum dir d, uint32_t policy_id, mono_t now)
{
	struct session_state st = { .start = now, .last = now, .policy_id = policy_id, .vlan = p->vlan };
	st.tuple[d] = p->tuple;
	st.tuple[dir_other(d)] = tuple_reverse(&p->tuple);
	st.last_dir[DIR_ORIG] = st.last_dir[DIR_REPLY] = now;
	st.ifin[dir_other(d)] = p->ifout;
	if (p->has_mac) {
		memcpy(st.src_mac, d == DIR_ORIG ? p->src_mac : p->dst_mac, sizeof(st.src_mac));
		memcpy(st.dst_mac, d == DIR_ORIG ? p->dst_mac : p->src_mac, sizeof(st.dst_mac));
	}
	if (is_tcp(p))
		open_tracker(&st, p, d);
	count(&st, d, p, now);
	expire_later(t, &st);
	st.serial = t->last_serial + 1;
	struct session *s = session_make(t, &st);
	if (s == NULL)
		return NULL;
	t->last_serial = st.serial;
	t->settle |= t->waits;
	list_append(&t->all, &s->all);
	session_arm(t, s);
	return s;
}

void session_pass(struct session_table *t, struct session *s, enum dir d, const struct packet *p, mono_t now)
{
	count(&s->s, d, p, now);
	expire_later(t, &s->s);
	session_arm(t, s);
}

void session_packet(struct session_table *t, struct session *s, enum dir d, const struct packet *p, mono_t now)
{
	if (is_tcp(p))
		(void)tcp_step(&s->s.tcp, d, &p->tcp, p->payload_wire);
	session_pass(t, s, d, p, now);
}

bool session_reopens(const struct session *s, const struct packet *p)
{
	return is_tcp(p) && (p->tcp.flags & (TCP_SYN | TCP_ACK | TCP_RST)) == TCP_SYN &&
	       (s->s.tcp.state == TCPS_TIME_WAIT || s->s.tcp.state == TCPS_CLOSE);
}

bool session_icmp_error(struct session *s, enum dir d)
{
	bool may = s->s.n[d].allow_err != 0;
	s->s.n[d].allow_err = 0;
	return may;
}

static void unlink_session(struct session_table *t, struct session *s)
{
	wheel_disarm(&t->wheel, &s->timer);
	index_remove(&t->index, s);
	if (t->import_at == &s->all)
		t->import_at = s->all.prev;
	if (t->n_marks != 0)
		session_marks_leave(t, s);
	list_remove(&s->all);
	if (!s->due) /* else whoever ends what is due puts it back */
		pool_put(&t->pool, s);
}

void session_close(struct session_table *t, struct session *s, enum session_end why)
{
	if (s->gone)
		return;
	s->gone = true;
	if (t->on_end != NULL)
		t->on_end(t->arg, s, why);
	unlink_session(t, s);
}

void session_forget(struct session_table *t, struct session *s)
{
	if (s->gone)
		return;
	s->gone = true;
	unlink_session(t, s);
}

unsigned session_proto_state(const struct session *s)
{
	unsigned second = 0;
	switch (s->s.tuple[DIR_ORIG].proto) {
	case IPPROTO_TCP_:
		second = s->s.tcp.state;
		break;
	case IPPROTO_UDP_:
		second = s->s.udp_both;
		break;
	default:
		break;
	}
	return s->s.inspected * 10u + second;
}

size_t session_count(const struct session_table *t)
{
	return t->pool.n_used;
}

uint64_t session_refused(const struct session_table *t)
{
	return t->n_refused;
}

struct session *session_next(struct session_table *t, const struct session *after)
{
	struct list *at = after != NULL ? after->all.next : t->all.next;
	return at != &t->all ? LIST_ENTRY(at, struct session, all) : NULL;
}

uint64_t session_last_serial(const struct session_table *t)
{
	return t->last_serial;
}

void session_set_last_serial(struct session_table *t, uint64_t serial)
{
	t->last_serial = serial > t->last_serial ? serial : t->last_serial;
}
