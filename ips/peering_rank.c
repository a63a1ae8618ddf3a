/* peering_rank.c - the election: two nodes compared, criterion by criterion, and the quality that is one of them. */
#include "ips/peering.h"

const char *peering_by_name(unsigned by)
{
	static const char *const name[PEERING_BY_N] = {
#define X(id, text) [id] = text,
		PEERING_BY_LIST(X)
#undef X
	};
	return by < PEERING_BY_N ? name[by] : "unknown";
}

static int more(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int forced_value(unsigned forced)
{
	return forced == HA_FORCED_ACTIVE ? 1 : forced == HA_FORCED_PASSIVE ? -1 : 0;
}

static int by_age(const struct peering_rank *a, const struct peering_rank *b, uint32_t margin_s)
{
	const uint32_t older = a->age_s > b->age_s ? a->age_s : b->age_s, younger = a->age_s > b->age_s ? b->age_s : a->age_s;
	return older - younger > margin_s ? more(a->age_s, b->age_s) : 0;
}

static int compare_by(enum peering_by by, const struct peering_rank *a, const struct peering_rank *b, const struct peering_rules *r)
{
	switch (by) {
	case PEERING_BY_FORCED:
		return forced_value(a->forced) - forced_value(b->forced);
	case PEERING_BY_QUALITY:
		return more(a->quality, b->quality);
	case PEERING_BY_WORKING:
		return more(a->works, b->works);
	case PEERING_BY_PRIORITY:
		return more(a->priority, b->priority);
	case PEERING_BY_AGE:
		return by_age(a, b, r->age_margin_s);
	case PEERING_BY_SERIAL:
		return more(b->serial, a->serial);
	case PEERING_BY_ADDRESS:
		return more(a->lower, b->lower);
	case PEERING_BY_NOTHING:
	case PEERING_BY_N:
		break;
	}
	return 0;
}

int peering_compare(const struct peering_rank *a, const struct peering_rank *b, const struct peering_rules *r,
		    enum peering_by *by)
{
	static const enum peering_by order[][PEERING_BY_N] = {
		{ PEERING_BY_FORCED, PEERING_BY_QUALITY, PEERING_BY_WORKING, PEERING_BY_PRIORITY, PEERING_BY_AGE,
		  PEERING_BY_SERIAL, PEERING_BY_ADDRESS },
		{ PEERING_BY_FORCED, PEERING_BY_QUALITY, PEERING_BY_PRIORITY, PEERING_BY_WORKING, PEERING_BY_AGE,
		  PEERING_BY_SERIAL, PEERING_BY_ADDRESS },
	};
	const enum peering_by *o = order[r->override];
	int d = 0;
	while (*o != PEERING_BY_NOTHING && (d = compare_by(*o, a, b, r)) == 0)
		o++;
	if (by != NULL)
		*by = *o;
	return d;
}

uint8_t peering_quality(const struct peering_iface *v, unsigned n, bool by_member)
{
	uint64_t all = 0, up = 0;
	for (unsigned i = 0; i < n; i++) {
		const uint64_t of = by_member && v[i].members != 0 ? v[i].members : 1;
		const uint64_t there = of == 1 ? 1 : v[i].members_up < of ? v[i].members_up : of;
		/* in parts of a hundred thousandth, so that no member is lost by rounding */
		all += UINT64_C(100000) * v[i].weight;
		up += v[i].up ? UINT64_C(100000) * v[i].weight * there / of : 0;
	}
	return all == 0 ? 100 : (uint8_t)(up * 100 / all);
}

int peering_term_cmp(const struct peering_term *a, const struct peering_term *b)
{
	return a->counter != b->counter ? more(a->counter, b->counter) : more(a->serial, b->serial);
}
