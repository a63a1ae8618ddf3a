/* ha_links.c - see ha_links.h. */
#include "hacache/ha_links.h"

#include <stdlib.h>

struct links {
	struct link *v[LINKS_MAX];
	unsigned n, used;
	uint64_t switches;
	unsigned last;               /* that was in use, LINKS_NONE at first */
	mono_t good_since;           /* the main link while another is used; zero: it is not good */
};

enum err links_new(const struct link_cfg *cfg, unsigned n, mono_t now, struct links **out, char *why)
{
	struct links *l = calloc(1, sizeof(*l));
	if (l == NULL)
		return ERR_NOMEM;
	l->used = l->last = LINKS_NONE;
	for (; l->n < n; l->n++) {
		const enum err e = link_new(&cfg[l->n], now, &l->v[l->n], why);
		if (e != OK) {
			links_free(l);
			return e;
		}
	}
	*out = l;
	return OK;
}

void links_free(struct links *l)
{
	if (l == NULL)
		return;
	for (unsigned i = 0; i < l->n; i++)
		link_free(l->v[i]);
	free(l);
}

unsigned links_n(const struct links *l)
{
	return l->n;
}

struct link *links_at(const struct links *l, unsigned i)
{
	return l->v[i];
}

unsigned links_poll(const struct links *l, struct pollfd *fds, unsigned max)
{
	unsigned n = 0;
	for (unsigned i = 0; i < l->n; i++)
		n += link_poll(l->v[i], fds + n, max - n);
	return n;
}

void links_polled(struct links *l, const struct pollfd *fds, unsigned n)
{
	for (unsigned i = 0; i < l->n; i++)
		link_polled(l->v[i], fds, n);
}

/* --- which one is used ------------------------------------------------------------------------------------- */

static bool up(const struct links *l, unsigned i)
{
	return i < l->n && link_state(l->v[i]) == LINK_UP;
}

static bool good(const struct links *l, unsigned i, mono_t now)
{
	return up(l, i) && !link_peer_dead(l->v[i], now);
}

static void use(struct links *l, unsigned i)
{
	l->used = i;
	l->good_since = mono_ns(0);
	if (i == LINKS_NONE)
		return;
	l->switches += l->last != LINKS_NONE && l->last != i;
	l->last = i;
}

/* The first that is good, or else that is up. */
static unsigned best(const struct links *l, mono_t now)
{
	unsigned any = LINKS_NONE;
	for (unsigned i = l->n; i-- > 0;)
		any = up(l, i) ? i : any;
	for (unsigned i = l->n; i-- > 0;)
		any = good(l, i, now) ? i : any;
	return any;
}

static void choose(struct links *l, mono_t now)
{
	const unsigned to = best(l, now);
	const bool better = good(l, to, now) && !good(l, l->used, now);
	if (!up(l, l->used) || better) {
		if (to != l->used)
			use(l, to);
		return;
	}
	if (l->used == 0 || to != 0 || !good(l, 0, now) || !link_idle(l->v[0])) {
		l->good_since = mono_ns(0);
		return;
	}
	if (l->good_since.ns == 0)
		l->good_since = now;
	else if (mono_diff(now, l->good_since) >= LINKS_RETURN_NS)
		use(l, 0);
}

void links_step(struct links *l, mono_t now)
{
	for (unsigned i = 0; i < l->n; i++)
		link_step(l->v[i], now);
	choose(l, now);
}

unsigned links_used(const struct links *l)
{
	return up(l, l->used) ? l->used : LINKS_NONE;
}

uint64_t links_switches(const struct links *l)
{
	return l->switches;
}

bool links_turn_away(struct links *l, mono_t now)
{
	for (unsigned i = 0; i < l->n; i++) {
		if (i == l->used || !good(l, i, now))
			continue;
		use(l, i);
		return true;
	}
	return false;
}

void links_drop(struct links *l, mono_t now)
{
	for (unsigned i = 0; i < l->n; i++)
		link_drop(l->v[i], now);
}

/* --- the peer ---------------------------------------------------------------------------------------------- */

void links_beat(struct links *l, const struct link_beat *b, mono_t now)
{
	for (unsigned i = 0; i < l->n; i++)
		link_beat(l->v[i], b, now);
}

bool links_peer_beat(const struct links *l, struct link_beat *b, mono_t *at, uint64_t *boot_id)
{
	struct link_beat one;
	mono_t when;
	uint64_t boot;
	bool any = false;
	for (unsigned i = 0; i < l->n; i++) {
		if (!link_peer_beat(l->v[i], &one, &when, &boot) || (any && !mono_before(*at, when)))
			continue;
		*b = one;
		*at = when;
		*boot_id = boot;
		any = true;
	}
	return any;
}

/* A will counts for the boot that was heard last: a link that has been cut off for long may know an older one alone. */
bool links_peer_willed(const struct links *l)
{
	struct link_beat b;
	mono_t at;
	uint64_t boot = 0, other;
	if (!links_peer_beat(l, &b, &at, &boot))
		return false;
	for (unsigned i = 0; i < l->n; i++)
		if (link_peer_beat(l->v[i], &b, &at, &other) && other == boot && link_peer_willed(l->v[i]))
			return true;
	return false;
}

bool links_peer_dead(const struct links *l, mono_t now)
{
	bool seen = false;
	if (links_peer_willed(l))
		return true;
	for (unsigned i = 0; i < l->n; i++) {
		if (!link_peer_seen(l->v[i]))
			continue;
		seen = true;
		if (!link_peer_dead(l->v[i], now))
			return false;
	}
	return seen;
}

bool links_peer_closed(const struct links *l)
{
	bool closed = false;
	for (unsigned i = 0; i < l->n; i++) {
		if (up(l, i))
			return false;
		closed |= link_peer_closed(l->v[i]);
	}
	return closed;
}

uint64_t links_count(const struct links *l, enum link_counter c)
{
	uint64_t n = 0;
	for (unsigned i = 0; i < l->n; i++)
		n += link_count(l->v[i], c);
	return n;
}
