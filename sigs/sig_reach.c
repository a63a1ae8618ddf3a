/* sig_reach.c - whose octets any rule may ever read: a map of ports by direction, which takes no notice of addresses.
 *
 * A rule is entered under its receiver's ports or, where those are any, under its sender's; where both are, it reads all. So the
 * map may say that octets are read which are not, never the reverse.
 */
#include "decoders/anomaly.h"
#include "sigs/sig_int.h"

#include <string.h>

enum { WORD = 64, PORTS = 1 << 16 };

static void put_range(uint64_t *map, const struct sig_range *r)
{
	const int64_t lo = r->lo > 0 ? r->lo : 0, hi = r->hi < PORTS - 1 ? r->hi : PORTS - 1;
	for (int64_t p = lo; p <= hi;) {
		if (p % WORD == 0 && p + WORD - 1 <= hi) {
			map[p / WORD] = UINT64_MAX;
			p += WORD;
		} else {
			map[p / WORD] |= UINT64_C(1) << (p % WORD);
			p++;
		}
	}
}

static void put_way(struct sig_reach *m, enum dir d, const struct sig_ports *from, const struct sig_ports *to)
{
	const bool by_to = to->n_in != 0;
	const struct sig_ports *s = by_to ? to : from;
	if (s->n_in == 0)
		m->all[d] = true;
	for (unsigned i = 0; i < s->n_in && !m->all[d]; i++)
		put_range(by_to ? m->to[d] : m->from[d], &s->in[i]);
}

/* Octets are compared for it too that it does not read: it asks whether they differ. */
static bool asks_for_overlap(const struct sig_rule *r)
{
	for (unsigned i = 0; i < r->n_anomalies; i++)
		if (strcmp(r->anomaly[i], anomaly_name(AN_OVERLAP)) == 0)
			return true;
	return false;
}

void sig_reach_add(struct sig_reach *m, const struct sig_rule *r)
{
	if (!r->in[SIGD_STREAM] && !asks_for_overlap(r))
		return;
	for (enum dir d = DIR_ORIG; d < DIR_N; d++) {
		if ((r->dirs >> d & 1) == 0)
			continue;
		put_way(m, d, &r->src.port, &r->dst.port);
		if (r->both)
			put_way(m, d, &r->dst.port, &r->src.port);
	}
}

bool sig_reach_has(const struct sig_reach *m, enum dir d, uint16_t from, uint16_t to)
{
	return m->all[d] || (m->from[d][from / WORD] >> (from % WORD) & 1) != 0 || (m->to[d][to / WORD] >> (to % WORD) & 1) != 0;
}
