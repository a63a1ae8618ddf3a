/* ha_repair.c - see ha_repair.h. */
#include "hacache/ha_repair.h"

#include <string.h>

bool ha_repair_wanted(const struct ha_sender *s)
{
	return s->peer_version >= HA_VERSION_REPAIRS && (s->wants_sums || s->wants_bucket != 0);
}

void ha_repair_asked(struct ha_sender *s, const struct ha_ack *a)
{
	if (a->seq < s->repaired_at) /* it has not seen the answer yet */
		return;
	s->wants_sums = a->differs || a->repair != 0;
	s->wants_bucket = a->repair;
}

enum err ha_repair_bucket(struct ha_sender *s, void (*retell)(void *arg, uint64_t serial), void *arg)
{
	if (!ha_repair_wanted(s) || s->wants_bucket == 0)
		return OK;
	const struct ha_repair m = { .bucket = s->wants_bucket - 1 };
	s->wants_bucket = 0;
	TRY(ha_wire_encode(s->wire, HA_REPAIR, &m, s->now, &s->out));
	for (struct ha_entry *e = ha_cache_first(s->cache, m.bucket); e != NULL; e = e->after) {
		for (unsigned i = 0; i < HA_SECTION_N; i++)
			ha_cache_set_sum(s->cache, e, (enum ha_section)i, 0);
		retell(arg, e->serial);
	}
	s->n_repairs++;
	return OK;
}

enum err ha_repair_sums(struct ha_sender *s)
{
	struct ha_buckets m = { .n = HA_BUCKETS };
	if (!ha_repair_wanted(s))
		return OK;
	memcpy(m.digest, ha_cache_buckets(s->cache), sizeof(m.digest));
	TRY(ha_wire_encode(s->wire, HA_BUCKETS_SUMS, &m, s->now, &s->out));
	s->wants_sums = false;
	s->repaired_at = s->seq + 1;
	return OK;
}

/* --- standby --------------------------------------------------------------------------------------------------- */

void ha_repair_drop(struct ha_receiver *r, const struct ha_repair *m)
{
	struct ha_entry *e;
	while ((e = ha_cache_first(r->cache, m->bucket)) != NULL) {
		const uint64_t serial = e->serial;
		ha_cache_remove(r->cache, serial);
		r->apply->ended(r->apply->arg, serial);
	}
	r->told_bucket = m->bucket + 1;
	r->n_repairs++;
}

void ha_repair_compare(struct ha_receiver *r, const struct ha_buckets *m)
{
	const uint64_t *own = ha_cache_buckets(r->cache);
	r->repair = 0;
	for (uint32_t i = 0; i < m->n && r->repair == 0; i++)
		if (own[i] != m->digest[i])
			r->repair = i + 1;
	if (r->repair != 0 && r->repair == r->told_bucket) {
		r->beyond = true;
		r->repair = 0;
	}
	r->told_bucket = 0;
}

void ha_repair_commit(struct ha_receiver *r, const struct ha_commit *c)
{
	const bool differs = ha_receiver_comparable(r) && ha_cache_digest(r->cache) != c->digest;
	if (!differs)
		r->repair = 0;
	r->n_differed += differs && !r->differs;
	r->differs = differs;
}
