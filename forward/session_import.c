/* session_import.c - a peer's session taken over as it is, after every field is checked. */
#include "forward/session_int.h"

enum { VLAN_MAX = 4095 };

static bool addr_good(const struct addr *a, uint8_t family)
{
	for (size_t i = 4; family == 4 && i < sizeof(a->b); i++)
		if (a->b[i] != 0)
			return false;
	return true;
}

static bool has_ports(const struct tuple *t)
{
	switch (t->proto) {
	case IPPROTO_TCP_:
	case IPPROTO_UDP_:
	case IPPROTO_SCTP_:
		return true;
	case IPPROTO_ICMP_:
		return t->family == 4;
	case IPPROTO_ICMP6_:
		return t->family == 6;
	default:
		return false;
	}
}

static bool tuples_good(const struct session_state *st)
{
	const struct tuple *o = &st->tuple[DIR_ORIG], *r = &st->tuple[DIR_REPLY];
	if (r->family != o->family || r->proto != o->proto || r->vdom != o->vdom)
		return false;
	for (unsigned d = 0; d < DIR_N; d++) {
		const struct tuple *t = &st->tuple[d];
		if ((t->family != 4 && t->family != 6) || !addr_good(&t->src, t->family) || !addr_good(&t->dst, t->family))
			return false;
		if (!has_ports(t) && (t->sport != 0 || t->dport != 0))
			return false;
	}
	return true;
}

/* So far from both ends of time that no sum or difference of two instants overflows. */
static bool instant_good(mono_t t)
{
	return t.ns >= -INT64_MAX / 4 && t.ns <= INT64_MAX / 4;
}

static bool times_good(const struct session_state *st)
{
	if (!instant_good(st->start) || !instant_good(st->expires) || st->timeout_s > SESSION_TIMEOUT_MAX)
		return false;
	if (mono_before(st->last, st->start) || mono_before(st->expires, st->last))
		return false;
	for (unsigned d = 0; d < DIR_N; d++)
		if (mono_before(st->last_dir[d], st->start) || mono_before(st->last, st->last_dir[d]))
			return false;
	return mono_diff(st->expires, st->last) <= SESSION_TIMEOUT_MAX * NS_PER_SEC;
}

enum err session_state_times(struct session_state *st)
{
	const mono_t *d = st->last_dir;
	if (!instant_good(d[DIR_ORIG]) || !instant_good(d[DIR_REPLY]) || st->timeout_s > SESSION_TIMEOUT_MAX)
		return ERR_RANGE;
	st->last = mono_before(d[DIR_ORIG], d[DIR_REPLY]) ? d[DIR_REPLY] : d[DIR_ORIG];
	st->expires = mono_add(st->last, st->timeout_s * NS_PER_SEC);
	return OK;
}

static bool counts_good(const struct session_state *st)
{
	for (unsigned d = 0; d < DIR_N; d++) {
		const struct session_count *n = &st->n[d];
		if (n->allow_err > 1 || (n->packets == 0 && n->bytes != 0))
			return false;
	}
	return true;
}

static bool trackers_good(const struct session_state *st)
{
	const struct tcp_state *t = &st->tcp;
	bool is_tcp = st->tuple[DIR_ORIG].proto == IPPROTO_TCP_;
	if (st->udp_both && st->tuple[DIR_ORIG].proto != IPPROTO_UDP_)
		return false;
	if (t->state >= TCPS_N || (!is_tcp && t->state != TCPS_NONE))
		return false;
	if (t->before_rst >= TCPS_N || t->rst_by >= DIR_N || t->syn.dir >= DIR_N || t->syn.wscale > TCP_WSCALE_MAX + 1)
		return false;
	for (unsigned d = 0; d < DIR_N; d++)
		if (t->end[d].state >= TCPS_N || t->end[d].wscale > TCP_WSCALE_MAX + 1)
			return false;
	return true;
}

enum err session_state_check(const struct session_state *st)
{
	bool good = st->serial != 0 && (st->flags & ~(uint32_t)SESSION_FLAG_ALL) == 0 && st->vlan <= VLAN_MAX;
	return good && tuples_good(st) && times_good(st) && counts_good(st) && trackers_good(st) ? OK : ERR_RANGE;
}

static uint64_t serial_at(const struct list *at)
{
	return LIST_ENTRY(at, const struct session, all)->s.serial;
}

/* Links s by its age. New ones come last; those of a bulk transfer follow one another. */
static void list_add(struct session_table *t, struct session *s)
{
	struct list *at = t->all.prev;
	if (at != &t->all && serial_at(at) > s->s.serial) {
		at = t->import_at;
		while (at != &t->all && serial_at(at) > s->s.serial)
			at = at->prev;
		while (at->next != &t->all && serial_at(at->next) < s->s.serial)
			at = at->next;
		t->import_at = &s->all;
	}
	list_insert(at, &s->all);
}

enum err session_import(struct session_table *t, const struct session_state *st, struct session **out)
{
	TRY(session_state_check(st));
	struct session *s = session_by_serial(t, st->serial);
	if (s != NULL) {
		for (unsigned d = 0; d < DIR_N; d++)
			if (!tuple_equal(&s->s.tuple[d], &st->tuple[d]))
				return ERR_MISMATCH;
		s->s = *st;
	} else {
		s = session_make(t, st);
		if (s == NULL)
			return ERR_FULL;
		s->larval = t->promotion;
		t->waits = true;
		t->settle |= session_twin(t, s);
		list_add(t, s);
		session_set_last_serial(t, st->serial);
	}
	session_arm(t, s);
	*out = s;
	return OK;
}
