/* parent_ha.c - what of a pair outlives an engine, and needs root: the state on disk, the interfaces' quality. */
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/wait.h>

#include "ips/ha_status.h"
#include "ips/ifstate.h"
#include "ips/parent_int.h"
#include "ips/seek.h"

enum { TURN_MS = 20, PROBE_TURN_MS = 2, WINDOW_MIN_MS = 10 };
#define RETRY_NS (5 * NS_PER_SEC)
#define SCRIPT_NS (30 * NS_PER_SEC)
#define BOUNCE_REST_NS (BOUNCE_MS * NS_PER_MS + 4 * NS_PER_SEC) /* an interface's partner may take seconds */
#define ASK_NS   (200 * NS_PER_MS)

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
	if (ifstate_read(p->ha.links, l->weighed, l->n_weighed, v) == OK) {
		const uint8_t q = peering_quality(v, l->n_weighed, l->members_weigh);
		p->ha.quality = p->ha.bounced_until != 0 && q < p->ha.quality ? p->ha.quality : q;
	} else {
		fprintf(stderr, "ipsd: the kernel does not say which interfaces are up\n");
	}
	tell_quality(p);
}

/* Those that carry a link to the peer stay up, whatever is configured: it may go over a VLAN, or over a bond of them. */
static void spare_links(struct parent *p)
{
	const struct live *l = &p->live;
	struct bounce_set *s = &p->live.bounced;
	unsigned n = 0;
	for (unsigned i = 0; i < s->n; i++) {
		const bool spared = ifstate_carries(p->ha.links, s->name[i], l->link.ifname) ||
				    (l->n_links > 1 && ifstate_carries(p->ha.links, s->name[i], l->backup.ifname));
		if (!spared)
			memmove(s->name[n++], s->name[i], sizeof(s->name[0]));
	}
	s->n = n;
}

/* If the engine has asked for it, once. What an interface that is on its way up again loses of the node's quality is no failure. */
void parent_ha_bounce(struct parent *p)
{
	char why[BOUNCE_WHY];
	if (!p->pulse->bounce)
		return;
	p->pulse->bounce = false;
	read_links(p);
	spare_links(p);
	p->ha.bounced_until = parent_now() + BOUNCE_REST_NS;
	if (bounce_start(&p->ha.bounce, &p->live.bounced, why) != OK)
		fprintf(stderr, "ipsd: reboot-interfaces-on-swap: %s\n", why);
}

static void bounced(struct parent *p, int64_t now)
{
	if (p->ha.bounced_until == 0 || now < p->ha.bounced_until)
		return;
	p->ha.bounced_until = 0;
	read_links(p);
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
	if (st.term >= HA_TERM_MAX) {
		st.term = HA_TERM_MAX;
		fprintf(stderr, "ipsd: the terms of the pair are used up: stop both nodes, and remove ha-state of both\n");
	}
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

/* Again, until the disk takes it: what counts is in this process's memory meanwhile. */
static void retry(struct parent *p, int64_t now)
{
	char why[HA_DISK_WHY];
	const struct ha_disk_state same = p->ha.disk.state;
	if (!p->pulse->disk_bad || now < p->ha.retry_at)
		return;
	p->ha.retry_at = now + RETRY_NS;
	if (ha_disk_store(&p->ha.disk, &same, why) != OK)
		return;
	p->pulse->disk_bad = false;
	tell_quality(p);
}

/* --- the other node, looked for ----------------------------------------------------------------------------------- */

void parent_ha_probe(struct parent *p, bool on)
{
	char why[SEEK_WHY];
	if (p->ha.probe == NULL)
		return;
	if (seek_ask(p->ha.probe, on, mono_ns(parent_now()), why) != OK)
		fprintf(stderr, "ipsd: %s\n", why);
	p->ha.probing = on;
	p->pulse->probe = seek_step(p->ha.probe, mono_ns(parent_now()));
}

/* --- the pair's addresses, announced ------------------------------------------------------------------------------- */

/*
 * What is sent once can be lost, a switch may learn only when its port is up, and a host that has just learned another address
 * of the link layer listens to no announcement for a while: Linux for 1 s (its neighbours' locktime), so one comes right after.
 */
static int64_t next_announcement(const struct parent *p, int64_t now)
{
	static const int64_t after_ms[] = { 100, 400, 700, 1500, 3000 };
	if (p->ha.announced < ARRAY_LEN(after_ms))
		return now + after_ms[p->ha.announced] * NS_PER_MS;
	return p->live.garp_s != 0 ? now + p->live.garp_s * NS_PER_SEC : 0;
}

void parent_ha_vips(struct parent *p, bool on)
{
	if (on)
		bounce_hurry(&p->ha.bounce);
	p->ha.announced = 0;
	p->ha.announce_at = on && p->vip != NULL ? next_announcement(p, parent_now()) : 0;
}

/* Who slept may have been replaced: first the engine finds out, and says so. While it hands over, hosts are to listen to the other
 * node. */
static void announce(struct parent *p, int64_t now)
{
	char why[VIP_WHY];
	const int64_t dead = p->live.link.hb_interval_ns * p->live.link.hb_lost;
	const bool slept = now - p->ha.timed_at > dead / 2;
	p->ha.timed_at = now;
	if (slept && p->ha.announce_at != 0 && p->ha.announce_at < now + dead)
		p->ha.announce_at = now + dead + ASK_NS;
	if (p->ha.announce_at == 0 || now < p->ha.announce_at || p->pulse->role == HA_LEAVING)
		return;
	if (vip_announce(p->vip, why) != OK)
		fprintf(stderr, "ipsd: %s\n", why);
	p->ha.announced++;
	p->ha.announce_at = next_announcement(p, now);
}

/* --- the operator's programs -------------------------------------------------------------------------------------- */

void parent_ha_fault(struct parent *p)
{
	if (p->live.pair)
		script_tell(&p->ha.script, SCRIPT_FAULT, parent_now());
}

void parent_ha_child(struct parent *p)
{
	int st;
	if (p->ha.bounce.pid > 0 && waitpid(p->ha.bounce.pid, &st, WNOHANG) == p->ha.bounce.pid)
		(void)bounce_ended(&p->ha.bounce, p->ha.bounce.pid);
	if (p->ha.script.pid > 0 && waitpid(p->ha.script.pid, &st, WNOHANG) == p->ha.script.pid)
		(void)script_ended(&p->ha.script, p->ha.script.pid, st, parent_now());
}

static void tell_script(struct parent *p, int64_t now)
{
	const enum ha_role r = (enum ha_role)p->pulse->role;
	if (!p->ready || r == HA_STARTING)
		return;
	if (p->pulse->quality == 0)
		script_tell(&p->ha.script, SCRIPT_FAULT, now);
	else if (r == HA_STANDBY)
		script_tell(&p->ha.script, SCRIPT_PASSIVE, now);
	else if (r == HA_ACTIVE && p->vips_on)
		script_tell(&p->ha.script, SCRIPT_ACTIVE, now);
}

int parent_ha_time(struct parent *p, int64_t now)
{
	if (!p->live.pair || p->ha.probe == NULL)
		return TURN_MS;
	retry(p, now);
	bounced(p, now);
	announce(p, now);
	tell_script(p, now);
	script_time(&p->ha.script, now);
	if (p->ha.probing)
		p->pulse->probe = seek_step(p->ha.probe, mono_ns(now));
	return p->ha.probing ? PROBE_TURN_MS : TURN_MS;
}

/* --- beginning and end ------------------------------------------------------------------------------------------- */

/* Half the dead interval: the engine asks when the other half is over. */
static bool open_probe(struct parent *p)
{
	const struct live *l = &p->live;
	const int64_t half = l->link.hb_interval_ns * l->link.hb_lost / 2;
	const struct seek_cfg c = { .vip = l->vip,
				     .n_vip = l->n_vip,
				     .peer = l->check,
				     .n_peer = l->n_check,
				     .link = { { l->link.family, l->link.peer },
					       { l->n_links > 1 ? l->backup.family : 0, l->backup.peer } },
				     .link_ns = half > 2 * l->link.hb_interval_ns ? half : 2 * l->link.hb_interval_ns,
				     .window_ns = half > WINDOW_MIN_MS * NS_PER_MS ? half : WINDOW_MIN_MS * NS_PER_MS };
	return seek_new(&c, &p->ha.probe) == OK;
}

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
	p->ha.script = (struct script){ .name = p->live.hostname, .limit_ns = SCRIPT_NS };
	for (unsigned i = 0; i < SCRIPT_N; i++)
		p->ha.script.path[i] = p->live.notify[i];
	return open_probe(p);
}

void parent_ha_engine(struct parent *p)
{
	if (!p->live.pair)
		return;
	p->pulse->stored = p->ha.disk.state.term;
	parent_ha_probe(p, false); /* the former engine's doubts */
	read_links(p);
	spare_links(p);
}

void parent_ha_forget(struct parent *p)
{
	ifstate_close(p->ha.links);
	seek_free(p->ha.probe);
	bounce_hurry(&p->ha.bounce);
	p->ha.links = NULL;
	p->ha.probe = NULL;
	ha_disk_close(&p->ha.disk);
}

void parent_ha_close(struct parent *p)
{
	parent_ha_forget(p);
}
