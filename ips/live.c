/* live.c - see live.h. */
#include "ips/live.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TELL_LEN = 512, IPV4_BITS = 32, IPV6_BITS = 128 };

struct reader {
	const struct conf *c;
	struct live *l;
	gen_error_fn *tell;
	void *arg;
	bool bad;
};

static void __attribute__((format(printf, 4, 5)))
wrong(struct reader *r, const struct conf_node *n, const char *attr, const char *fmt, ...)
{
	char text[TELL_LEN], msg[TELL_LEN * 2];
	const char *file = "";
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	const unsigned line = conf_where(n, attr, &file);
	if (line != 0)
		snprintf(msg, sizeof(msg), "%s:%u: %s", file, line, text);
	else
		snprintf(msg, sizeof(msg), "%s", text);
	r->tell(r->arg, msg);
	r->bad = true;
}

static bool is(const struct conf_node *n, const char *attr, const char *word)
{
	return strcmp(conf_str(n, attr), word) == 0;
}

/* --- interfaces ------------------------------------------------------------------------------------------ */

static void add_vip(struct reader *r, const struct conf_node *n, const char *attr)
{
	struct vip_addr *v = &r->l->vip[r->l->n_vip];
	if (!conf_is_set(n, attr))
		return;
	if (r->l->n_vip == VIP_MAX) {
		wrong(r, n, attr, "more than %u addresses of interfaces", VIP_MAX);
		return;
	}
	*v = (struct vip_addr){ 0 };
	snprintf(v->ifname, sizeof(v->ifname), "%s", conf_key(n));
	v->prefix = conf_host(n, attr, &v->family, &v->addr);
	r->l->n_vip++;
}

static void read_interface(struct reader *r, const struct conf_node *n)
{
	struct live *l = r->l;
	if (is(n, "role", "ha"))
		return;
	if (l->n_iface == RULESET_IFACES_MAX) {
		wrong(r, n, NULL, "more than %u interfaces to inspect", RULESET_IFACES_MAX);
		return;
	}
	const uint32_t nr = conf_interface_nr(r->c, conf_key(n));
	for (unsigned i = 0; i < l->n_iface; i++)
		if (l->iface_nr[i] == nr)
			wrong(r, n, NULL, "'%s' and '%s' have one number: name all interfaces portN or none", l->iface[i],
			      conf_key(n));
	snprintf(l->iface[l->n_iface], sizeof(l->iface[0]), "%s", conf_key(n));
	l->iface_nr[l->n_iface++] = (uint16_t)nr;
	if (is(conf_single(r->c, NULL, "system ha"), "mode", "a-p")) {
		add_vip(r, n, "ip");
		add_vip(r, n, "ip6");
	}
}

static void read_interfaces(struct reader *r)
{
	CONF_FOREACH(n, r->c, NULL, "system interface")
	{
		read_interface(r, n);
	}
	if (r->l->n_iface == 0)
		wrong(r, conf_single(r->c, NULL, "system settings"), NULL,
		      "no interface to inspect: name them in 'config system interface'");
}

/* --- the pair -------------------------------------------------------------------------------------------- */

/* own: the attribute of the link's other end. */
static bool read_end(struct reader *r, const struct conf_node *ha, const char *own, const char *attr, struct link_cfg *l,
		     struct addr *out)
{
	struct addr_range a;
	if (!conf_range(ha, attr, &a)) {
		wrong(r, ha, "mode", "mode a-p needs '%s' to run live; set it in 'config system ha'", attr);
		return false;
	}
	if (l->family != 0 && l->family != a.family)
		wrong(r, ha, attr, "'%s' and '%s' are of different families", own, attr);
	l->family = a.family;
	*out = a.lo;
	return true;
}

static void weigh(struct reader *r, const struct conf_node *ha, const char *name, int64_t weight)
{
	struct live *l = r->l;
	struct conf_hbdev dev;
	for (size_t i = 0; conf_hbdev(ha, i, &dev); i++)
		if (strcmp(dev.name, name) == 0)
			return;
	if (l->n_weighed == ARRAY_LEN(l->weighed)) {
		if (conf_list_n(ha, "monitor") != 0) /* there are as many inspected ones, else, which is told */
			wrong(r, ha, "monitor", "more than %zu interfaces to monitor", ARRAY_LEN(l->weighed));
		return;
	}
	struct ifstate_name *w = &l->weighed[l->n_weighed++];
	snprintf(w->name, sizeof(w->name), "%s", name);
	w->weight = (uint16_t)weight;
}

/* Those of `monitor`; all but the links to the peer when there are none. */
static void read_weights(struct reader *r, const struct conf_node *ha)
{
	enum { WEIGHT = 100 };
	for (size_t i = 0; i < conf_list_n(ha, "monitor"); i++) {
		const char *name = conf_list(ha, "monitor", i);
		const struct conf_node *n = conf_find(r->c, NULL, "system interface", name);
		weigh(r, ha, name, n != NULL ? conf_int(n, "weight") : WEIGHT);
	}
	if (conf_list_n(ha, "monitor") != 0)
		return;
	CONF_FOREACH(n, r->c, NULL, "system interface")
	{
		if (!is(n, "role", "ha"))
			weigh(r, ha, conf_key(n), conf_int(n, "weight"));
	}
}

static void read_ends(struct reader *r, const struct conf_node *ha, const char *own, const char *peer, struct link_cfg *l)
{
	if (read_end(r, ha, peer, own, l, &l->own) && read_end(r, ha, own, peer, l, &l->peer) &&
	    memcmp(&l->own, &l->peer, sizeof(l->own)) == 0)
		wrong(r, ha, peer, "'%s' is '%s'", peer, own);
}

/* The second heartbeat device is the backup link's. */
static void read_backup(struct reader *r, const struct conf_node *ha)
{
	struct live *l = r->l;
	struct conf_hbdev dev;
	struct addr_range a;
	const bool named = conf_hbdev(ha, 1, &dev);
	if (!named && !conf_range(ha, "backup-local-ip", &a))
		return;
	if (!named) {
		wrong(r, ha, "hbdev", "the backup link needs an interface of its own: name a second one in 'hbdev'");
		return;
	}
	l->backup = l->link;
	l->backup.family = 0;
	snprintf(l->backup.ifname, sizeof(l->backup.ifname), "%s", dev.name);
	read_ends(r, ha, "backup-local-ip", "backup-peer-ip", &l->backup);
	if (memcmp(&l->backup.own, &l->link.own, sizeof(l->link.own)) == 0)
		wrong(r, ha, "backup-local-ip", "'backup-local-ip' is 'local-ip'; the links need addresses of their own");
	l->n_links = 2;
}

static void read_notify(struct reader *r, const struct conf_node *ha)
{
	static const char *const attr[SCRIPT_N] = { "notify-active", "notify-passive", "notify-fault" };
	for (unsigned i = 0; i < SCRIPT_N; i++) {
		const char *path = conf_str(ha, attr[i]);
		char why[SCRIPT_WHY];
		if (path[0] != '\0' && !script_safe(path, geteuid(), why))
			wrong(r, ha, attr[i], "%s", why);
		snprintf(r->l->notify[i], sizeof(r->l->notify[i]), "%s", path);
	}
}

static void read_check(struct reader *r, const struct conf_node *ha)
{
	for (size_t i = 0; i < conf_list_n(ha, "icmp-check"); i++) {
		struct addr_range a;
		if (i == SEEK_PEERS) {
			wrong(r, ha, "icmp-check", "more than %u addresses to check", (unsigned)SEEK_PEERS);
			return;
		}
		if (addr_range_parse(conf_list(ha, "icmp-check", i), &a) == OK)
			r->l->check[r->l->n_check++] = (struct seek_target){ a.family, a.lo };
	}
}

static bool is_heartbeat(const struct conf_node *ha, const char *name)
{
	struct conf_hbdev dev;
	for (size_t i = 0; conf_hbdev(ha, i, &dev); i++)
		if (strcmp(dev.name, name) == 0)
			return true;
	return false;
}

static void add_bounced(struct live *l, const struct conf_node *ha, const char *name)
{
	struct bounce_set *s = &l->bounced;
	bool known = is_heartbeat(ha, name);
	for (unsigned i = 0; i < s->n; i++)
		known |= strcmp(name, s->name[i]) == 0;
	if (!known && s->n < BOUNCE_MAX)
		snprintf(s->name[s->n++], sizeof(s->name[0]), "%s", name);
}

/* Those that have the pair's addresses or count for the node's quality, never one to the peer. */
static void read_bounced(struct live *l, const struct conf_node *ha)
{
	if (!conf_flag(ha, "reboot-interfaces-on-swap"))
		return;
	for (unsigned i = 0; i < l->n_vip; i++)
		add_bounced(l, ha, l->vip[i].ifname);
	for (unsigned i = 0; i < l->n_weighed; i++)
		add_bounced(l, ha, l->weighed[i].name);
}

static void read_pair(struct reader *r)
{
	struct live *l = r->l;
	const struct conf_node *ha = conf_single(r->c, NULL, "system ha");
	struct conf_hbdev dev;
	l->pair = is(ha, "mode", "a-p");
	if (!l->pair)
		return;
	l->n_links = 1;
	read_ends(r, ha, "local-ip", "peer-ip", &l->link);
	l->wait = is(ha, "session-sync-mode", "commit")  ? HA_WAIT_ALL
		  : is(ha, "session-sync-mode", "async") ? HA_WAIT_NOTHING
							 : HA_WAIT_STATE;
	if (l->n_queues > 1)
		wrong(r, conf_single(r->c, NULL, "nfq"), "queues",
		      "mode a-p works with one queue: nodes spread flows over queues differently; set queues 1");
	if (conf_hbdev(ha, 0, &dev))
		snprintf(l->link.ifname, sizeof(l->link.ifname), "%s", dev.name);
	snprintf(l->link.group, sizeof(l->link.group), "%s", conf_str(ha, "group-name"));
	l->link.port = (uint16_t)conf_int(ha, "port");
	l->link.hb_interval_ns = conf_int(ha, "hb-interval") * NS_PER_MS;
	l->link.hb_lost = (uint32_t)conf_int(ha, "hb-lost-threshold");
	l->commit_timeout_ns = conf_int(ha, "commit-timeout") * NS_PER_MS;
	read_backup(r, ha);
	l->password = conf_str(ha, "password");
	l->priority = (uint16_t)conf_int(ha, "priority");
	l->override = conf_flag(ha, "override");
	l->age_margin_s = (uint32_t)conf_int(ha, "ha-uptime-diff-margin");
	l->members_weigh = conf_flag(ha, "lacp-members-have-weight");
	l->garp_s = (uint32_t)conf_int(ha, "periodic-garp");
	read_bounced(l, ha);
	read_check(r, ha);
	read_notify(r, ha);
}

/* --- logs ------------------------------------------------------------------------------------------------ */

static const struct log_word {
	const char *word;
	uint32_t bits;
} log_words[] = {
	{ "alert", 1u << REC_ALERT }, { "ips", 1u << REC_ALERT },      { "drop", 1u << REC_DROP },
	{ "app", 1u << REC_APP },     { "app-ctrl", 1u << REC_APP },   { "anomaly", 1u << REC_ANOMALY },
	{ "flow", 1u << REC_FLOW },   { "forward", 1u << REC_FLOW | 1u << REC_DROP },
	{ "ha", LOG_MASK_HA },
};

static void read_log(struct reader *r, const char *path, enum log_kind k)
{
	const struct conf_node *n = conf_single(r->c, NULL, path);
	r->l->log[k].on = conf_flag(n, "status");
	snprintf(r->l->log[k].path, sizeof(r->l->log[k].path), "%s", conf_str(n, "filename"));
	for (size_t i = 0; i < ARRAY_LEN(log_words); i++)
		if (conf_list_has(n, "types", log_words[i].word))
			r->l->log[k].mask |= log_words[i].bits;
}

/* --- what is understood, but not followed yet --------------------------------------------------------------- */

static const struct idle {
	const char *object, *attr;
} idle[] = {
	{ "system global", "memory-limit" },          { "system global", "memory-use-threshold-green" },
	{ "system global", "memory-use-threshold-red" }, { "system global", "memory-use-threshold-extreme" },
	{ "system settings", "strict-src-check" },    { "system session-ttl", "default" },
	{ "ips global", "fail-open" },
};

static void note_idle(struct reader *r)
{
	const bool before = r->bad;
	for (size_t i = 0; i < ARRAY_LEN(idle); i++) {
		const struct conf_node *n = conf_single(r->c, NULL, idle[i].object);
		if (conf_is_set(n, idle[i].attr))
			wrong(r, n, idle[i].attr, "note: '%s' has no effect in this version", idle[i].attr);
	}
	CONF_FOREACH(n, r->c, NULL, "system session-ttl port")
	{
		wrong(r, n, NULL, "note: 'system session-ttl port' has no effect in this version");
	}
	r->bad = before;
}

enum err live_read(const struct conf *c, struct live *out, gen_error_fn *tell, void *arg)
{
	memset(out, 0, sizeof(*out));
	struct reader r = { .c = c, .l = out, .tell = tell, .arg = arg };
	const struct conf_node *nfq = conf_single(c, NULL, "nfq");
	snprintf(out->hostname, sizeof(out->hostname), "%s", conf_str(conf_single(c, NULL, "system global"), "hostname"));
	out->queue = (uint16_t)conf_int(nfq, "queue-num");
	out->n_queues = (uint16_t)conf_int(nfq, "queues");
	out->maxlen = (uint32_t)conf_int(nfq, "maxlen");
	out->fail_open = conf_flag(nfq, "fail-open");
	out->bridge = is(conf_single(c, NULL, "system settings"), "opmode", "transparent");
	read_interfaces(&r);
	read_weights(&r, conf_single(c, NULL, "system ha"));
	read_pair(&r);
	read_log(&r, "log eve", LOG_EVE);
	read_log(&r, "log file", LOG_KV);
	note_idle(&r);
	return r.bad ? ERR_USAGE : OK;
}

static bool other_text(const char *a, const char *b)
{
	return strcmp(a != NULL ? a : "", b != NULL ? b : "") != 0;
}

bool live_needs_restart(const struct live *now, const struct live *next, gen_error_fn *tell, void *arg)
{
	const struct {
		bool differs;
		const char *what;
	} parts[] = {
		{ now->queue != next->queue || now->n_queues != next->n_queues || now->maxlen != next->maxlen ||
			  now->fail_open != next->fail_open,
		  "nfq" },
		{ now->n_iface != next->n_iface || memcmp(now->iface, next->iface, sizeof(now->iface)) != 0 ||
			  memcmp(now->iface_nr, next->iface_nr, sizeof(now->iface_nr)) != 0 || now->bridge != next->bridge ||
			  memcmp(now->weighed, next->weighed, sizeof(now->weighed)) != 0,
		  "system interface" },
		{ now->n_vip != next->n_vip || memcmp(now->vip, next->vip, sizeof(now->vip)) != 0, "system interface: ip" },
		{ now->pair != next->pair || now->n_links != next->n_links ||
			  memcmp(&now->link, &next->link, sizeof(now->link)) != 0 ||
			  memcmp(&now->backup, &next->backup, sizeof(now->backup)) != 0 ||
			  now->commit_timeout_ns != next->commit_timeout_ns ||
			  now->priority != next->priority || now->wait != next->wait || now->override != next->override ||
			  now->age_margin_s != next->age_margin_s || now->members_weigh != next->members_weigh ||
			  memcmp(now->notify, next->notify, sizeof(now->notify)) != 0 || now->garp_s != next->garp_s ||
			  memcmp(&now->bounced, &next->bounced, sizeof(now->bounced)) != 0 ||
			  memcmp(now->check, next->check, sizeof(now->check)) != 0 ||
			  other_text(now->password, next->password),
		  "system ha" },
		{ memcmp(now->log, next->log, sizeof(now->log)) != 0, "log" },
		{ other_text(now->hostname, next->hostname), "system global: hostname" },
	};
	bool some = false;
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		char msg[TELL_LEN];
		if (!parts[i].differs)
			continue;
		some = true;
		snprintf(msg, sizeof(msg), "'%s' has changed: that takes effect at the next start", parts[i].what);
		tell(arg, msg);
	}
	return some;
}
