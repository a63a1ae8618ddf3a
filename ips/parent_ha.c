/* parent_ha.c - what of a pair outlives an engine, and needs root: the state on disk, the interfaces' quality. */
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "ips/ifstate.h"
#include "ips/parent_int.h"

/* --- quality -------------------------------------------------------------------------------------------------- */

/* A disk that fails lets the other node work, if there is one. */
static void tell_quality(struct parent *p)
{
	if (p->pulse != NULL)
		p->pulse->quality = p->pulse->disk_bad ? 0 : p->ha.quality;
}

static void read_links(struct parent *p)
{
	const struct live *l = &p->live;
	struct peering_iface v[RULESET_IFACES_MAX];
	if (ifstate_read(p->ha.links, l->weighed, l->n_weighed, v) == OK)
		p->ha.quality = peering_quality(v, l->n_weighed, l->members_weigh);
	else
		fprintf(stderr, "ipsd: the kernel does not say which interfaces are up\n");
	tell_quality(p);
}

int parent_ha_fd(const struct parent *p)
{
	return p->ha.links != NULL ? ifstate_fd(p->ha.links) : -1;
}

void parent_ha_links(struct parent *p)
{
	if (ifstate_changed(p->ha.links))
		read_links(p);
}

/* --- the state on disk ------------------------------------------------------------------------------------------ */

void parent_ha_state(struct parent *p, const struct proc_msg *m)
{
	char why[HA_DISK_WHY];
	struct proc_state st;
	if (m->len != sizeof(st))
		return;
	memcpy(&st, m->data, sizeof(st));
	const struct ha_disk_state next = { .serial = p->ha.disk.state.serial,
					    .term = st.term > p->ha.disk.state.term ? st.term : p->ha.disk.state.term,
					    .forced = st.forced < HA_FORCED_N ? st.forced : HA_UNFORCED };
	const bool good = ha_disk_store(&p->ha.disk, &next, why) == OK;
	/* A node whose disk fails works on, if it is the last one: this process remembers. */
	if (!good)
		fprintf(stderr, "ipsd: %s\n", why);
	p->pulse->disk_bad = !good;
	p->pulse->stored = next.term;
	tell_quality(p);
}

/* --- beginning and end ------------------------------------------------------------------------------------------- */

bool parent_ha_open(struct parent *p)
{
	char why[HA_DISK_WHY];
	uint64_t serial;
	p->ha.started = parent_now();
	if (getrandom(&serial, sizeof(serial), 0) != (ssize_t)sizeof(serial))
		return false;
	const enum err e = ha_disk_open(p->o->state_dir, serial, &p->ha.disk, why);
	if (why[0] != '\0')
		fprintf(stderr, "ipsd: %s\n", why);
	if (e != OK)
		return false;
	if (ifstate_open(&p->ha.links, why) != OK) {
		fprintf(stderr, "ipsd: %s\n", why);
		return false;
	}
	return true;
}

void parent_ha_engine(struct parent *p)
{
	if (!p->live.pair)
		return;
	p->pulse->stored = p->ha.disk.state.term;
	read_links(p);
}

void parent_ha_forget(struct parent *p)
{
	ifstate_close(p->ha.links);
	p->ha.links = NULL;
	ha_disk_close(&p->ha.disk);
}

void parent_ha_close(struct parent *p)
{
	parent_ha_forget(p);
}
