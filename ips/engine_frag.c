/* engine_frag.c - fragments: they wait until their datagram is whole, which is judged as one packet in their stead.
 *
 * Inline (prevent mode) nothing of a datagram leaves before it is judged, and then as it was read. On a bridge all but the last
 * fragment leave as they come: without that one nobody can make it whole. In detect mode all leave; what could not be read is told.
 */
#include <string.h>

#include "ips/engine_int.h"

/* A fragment that waited is dropped. */
static void on_gone(void *arg, enum reason why, const struct frag_key *k, uint64_t nr)
{
	struct engine *e = arg;
	const struct packet p = { .tuple = { .src = k->src, .dst = k->dst, .proto = k->proto, .family = k->family } };
	struct pass w = { .e = e, .p = &p };
	const uint64_t now = e->packet_nr;
	e->stats.dropped++;
	e->stats.drops[why]++;
	e->packet_nr = nr;
	engine_tell_drop(&w, why, true);
	e->packet_nr = now;
}

enum err engine_frag_new(struct engine *e)
{
	const struct hash_key key = hash_key_of_seed(e->cfg.seed);
	e->frags = frag_table_new(&key, e->now, on_gone, e);
	return e->frags != NULL ? OK : ERR_NOMEM;
}

void engine_frag_finish(struct engine *e)
{
	frag_table_clear(e->frags, REASON_IP_FRAGMENT_TIMEOUT);
	e->stats.held = 0;
}

static struct verdict refused(struct engine *e, struct packet *p, enum reason why)
{
	struct pass w = { .e = e, .p = p };
	const bool drop = e->gen->prevent;
	if (drop || why != REASON_IP_FRAGMENT_COPY) /* a copy, by itself, is no harm */
		engine_tell_drop(&w, why, drop);
	return (struct verdict){ .pass = !drop, .reason = drop ? why : REASON_NONE };
}

/* p with the decoded part of its datagram: where a reset is to go. */
static void take_decoded(struct packet *p, const struct packet *whole)
{
	const struct packet given = *p;
	*p = *whole;
	p->data = given.data;
	p->len = given.len;
	p->wire_len = given.wire_len;
}

/* A rewritten datagram leaves in its fragments, or instead of them in one packet that is no longer than the longest was. */
static bool fits_out(struct engine *e, struct frag_datagram *d, struct verdict *v, bool *one)
{
	struct span last;
	*one = v->rewritten.len <= frag_longest(d);
	if (!frag_rewrite(e->frags, d, v->rewritten, &last))
		return *one;
	*one = false;
	v->rewritten = last;
	return true;
}

static struct verdict leave(struct engine *e, struct frag_datagram *d, struct packet *p, struct verdict v)
{
	struct pass w = { .e = e, .p = p };
	bool one = false;
	if (v.pass && v.rewritten.p != NULL && !fits_out(e, d, &v, &one)) {
		v = (struct verdict){ .reason = REASON_TCP_OVERLAP };
		engine_tell_drop(&w, v.reason, true);
	}
	if (!v.pass) {
		frag_refuse(e->frags, d, v.reason);
		return v;
	}
	v.release = frag_release(e->frags, d, e->gen->prevent, &v.n_release);
	e->stats.passed += v.n_release;
	e->stats.drops[REASON_NONE] += v.n_release;
	if (one)
		v.n_release = 0;
	return v;
}

static struct verdict judge_whole(struct engine *e, struct frag_datagram *d, struct packet *p)
{
	struct packet whole = *p;
	const enum reason r = frag_whole(e->frags, d, &whole);
	if (r != REASON_NONE) {
		const struct verdict v = refused(e, p, r);
		frag_refuse(e->frags, d, r);
		return v;
	}
	e->stats.reassembled++;
	const struct verdict v = engine_judge(e, &whole);
	take_decoded(p, &whole);
	return leave(e, d, p, v);
}

struct verdict engine_fragment(struct engine *e, struct packet *p)
{
	struct frag_datagram *d;
	const bool hold = e->gen->prevent && !e->gen->transparent;
	e->stats.fragments++;
	const enum reason r = frag_add(e->frags, p, hold, &d);
	if (r != REASON_NONE)
		return refused(e, p, r);
	if (d != NULL)
		return judge_whole(e, d, p);
	return (struct verdict){ .pass = !hold, .held = hold };
}
