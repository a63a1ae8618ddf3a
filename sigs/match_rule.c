/* match_rule.c - a rule's conditions at run time, and what its hit does to the tags. */
#include "sigs/match_int.h"

static bool sides(const struct sig_rule *r, const struct sig_flow *sf, bool forward)
{
	const struct addr *from = forward ? &sf->client : &sf->server, *to = forward ? &sf->server : &sf->client;
	const uint16_t fport = forward ? sf->cport : sf->sport, tport = forward ? sf->sport : sf->cport;
	return sig_port_has(&r->src.port, fport) && sig_port_has(&r->dst.port, tport) &&
	       sig_addr_has(&r->src.addr, from, sf->family) && sig_addr_has(&r->dst.addr, to, sf->family);
}

static bool of_protocol(const struct sig_rule *r, uint8_t ip_proto)
{
	enum { ICMP = 1, TCP = 6, UDP = 17, ICMP6 = 58 };
	switch (r->proto) {
	case SIGP_TCP:
		return ip_proto == TCP;
	case SIGP_UDP:
		return ip_proto == UDP;
	case SIGP_ICMP:
		return ip_proto == ICMP || ip_proto == ICMP6;
	case SIGP_IP:
	case SIGP_COTP:
	case SIGP_MMS:
	case SIGP_ICCP:
	case SIGP_N:
		break;
	}
	return true;
}

bool match_rule_static(const struct sig_rule *r, const struct match_on *on)
{
	if ((r->dirs >> on->dir & 1) == 0 || !of_protocol(r, on->sf->ip_proto))
		return false;
	const bool forward = on->dir == DIR_ORIG;
	return sides(r, on->sf, forward) || (r->both && sides(r, on->sf, !forward));
}

static bool tag_in(const struct match_on *on, tag_t t)
{
	return on->sf->tags != NULL && tagset_has(on->sf->tags, t);
}

/* isset and isnotset of several names: one is enough */
static bool bits_hold(const struct sig_bits *b, const struct match_on *on)
{
	if (b->op != SIGB_ISSET && b->op != SIGB_ISNOTSET)
		return true;
	for (unsigned i = 0; i < b->n; i++) {
		if (tag_in(on, b->tag[i]) == (b->op == SIGB_ISSET))
			return true;
	}
	return false;
}

static bool field_holds(const struct matcher *m, const struct sig_rule *r, unsigned i, const struct match_on *on)
{
	const uint32_t nr = r->field0 + i;
	const bool before = m->parting && (m->parted[nr / 64] >> (nr % 64) & 1) != 0;
	const bool found = before || sig_field_found(&r->field[i], on->ev->fields, on->app);
	return found != r->field[i].neg;
}

bool match_rule_tags(const struct sig_rule *r, const struct match_on *on)
{
	for (unsigned i = 0; i < r->n_bits; i++) {
		if (!bits_hold(&r->bits[i], on))
			return false;
	}
	return true;
}

bool match_rule_holds(const struct matcher *m, const struct sig_rule *r, const struct match_on *on)
{
	if (r->est != SIGE_ANY && on->sf->established != (r->est == SIGE_YES))
		return false;
	const int64_t len = (int64_t)on->len;
	if (r->has_size && (r->size.lo <= len && len <= r->size.hi) == r->size_not)
		return false;
	for (unsigned i = 0; i < r->n_fields; i++) {
		if (!field_holds(m, r, i, on))
			return false;
	}
	return true;
}

static void set_tag(struct matcher *m, struct tagset *tags, tag_t t)
{
	if (tagset_set(tags, t) != OK)
		m->stat.tags_full++;
}

static void apply(struct matcher *m, const struct sig_bits *b, struct tagset *tags)
{
	switch (b->op) {
	case SIGB_SET:
		set_tag(m, tags, b->tag[0]);
		break;
	case SIGB_UNSET:
		tagset_unset(tags, b->tag[0]);
		break;
	case SIGB_TOGGLE:
		if (tagset_has(tags, b->tag[0]))
			tagset_unset(tags, b->tag[0]);
		else
			set_tag(m, tags, b->tag[0]);
		break;
	case SIGB_ISSET:
	case SIGB_ISNOTSET:
		break;
	}
}

void match_rule_fire(struct matcher *m, const struct sig_rule *r, const struct match_on *on, void *arg)
{
	for (unsigned i = 0; i < r->n_bits && on->sf->tags != NULL; i++)
		apply(m, &r->bits[i], on->sf->tags);
	const struct match_hit hit = { .sig = &r->pub, .dir = on->dir };
	m->on_hit(arg, &hit);
}

void match_rule_lost(struct matcher *m, enum dir d, void *arg)
{
	const struct match_hit hit = { .dir = d, .dropped_part = true };
	m->on_hit(arg, &hit);
}

static void sift(uint64_t *v, uint32_t at, uint32_t n)
{
	for (uint32_t child; (child = 2 * at + 1) < n; at = child) {
		if (child + 1 < n && v[child + 1] > v[child])
			child++;
		if (v[at] >= v[child])
			return;
		const uint64_t t = v[at];
		v[at] = v[child];
		v[child] = t;
	}
}

/* Heap sort, since the C library's may allocate; what is in order already, as it mostly is, costs one pass. */
void match_sort(uint64_t *v, uint32_t n)
{
	uint32_t i = 1;
	while (i < n && v[i - 1] <= v[i])
		i++;
	if (i >= n)
		return;
	for (i = n / 2; i-- > 0;)
		sift(v, i, n);
	for (i = n - 1; i > 0; i--) {
		const uint64_t t = v[0];
		v[0] = v[i];
		v[i] = t;
		sift(v, 0, i);
	}
}
