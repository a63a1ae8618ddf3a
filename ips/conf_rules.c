/* conf_rules.c - what single objects demand beyond the schema's rows, a function an object. */
#include "ips/conf_rules.h"

#include <stdlib.h>
#include <string.h>

/* Tells at the attribute's line, or the node's where it is not set. */
#define FAIL_ATTR(n, attr, offending, ...)                                                                                         \
	do {                                                                                                                       \
		const char *file_;                                                                                                 \
		unsigned line_ = conf_where(n, attr, &file_);                                                                      \
		conf_fail((n)->conf, file_, line_ != 0 ? line_ : (n)->line, offending, __VA_ARGS__);                               \
	} while (0)

/* --- one node --------------------------------------------------------------------------------- */
static void rule_global(const struct conf_node *n)
{
	static const char *const name[] = { "memory-use-threshold-green", "memory-use-threshold-red",
					    "memory-use-threshold-extreme" };
	for (size_t i = 1; i < ARRAY_LEN(name); i++) {
		const char *at = conf_is_set(n, name[i]) ? name[i] : name[i - 1];
		if (conf_int(n, name[i - 1]) >= conf_int(n, name[i]))
			FAIL_ATTR(n, at, conf_str(n, at), "'%s' (%s) must be below '%s' (%s)", name[i - 1],
				  conf_str(n, name[i - 1]), name[i], conf_str(n, name[i]));
	}
}

static void rule_hbdev(const struct conf_node *n)
{
	struct conf_hbdev a, b;
	for (size_t i = 0; conf_hbdev(n, i, &a); i++) {
		if (conf_list_has(n, "monitor", a.name))
			FAIL_ATTR(n, "monitor", a.name, "is a heartbeat device and cannot be monitored as well");
		for (size_t k = 0; k < i && conf_hbdev(n, k, &b); k++)
			if (strcmp(a.name, b.name) == 0)
				FAIL_ATTR(n, "hbdev", a.name, "stands twice in 'hbdev'; one priority is enough");
	}
}

static void rule_ha(const struct conf_node *n)
{
	static const char *const needed[] = { "group-name", "password", "hbdev" };
	if (conf_list_n(n, "hbdev") <= 16)
		rule_hbdev(n);
	else
		FAIL_ATTR(n, "hbdev", "hbdev", "too many heartbeat devices; allowed: 16");
	for (size_t i = 0; conf_enum(n, "mode") != 0 && i < ARRAY_LEN(needed); i++)
		if (conf_str(n, needed[i])[0] == '\0')
			FAIL_ATTR(n, "mode", conf_str(n, "mode"), "needs '%s'; set it", needed[i]);
}

static void rule_ttl_port(const struct conf_node *n)
{
	if (conf_int(n, "start-port") > conf_int(n, "end-port"))
		FAIL_ATTR(n, "end-port", conf_str(n, "end-port"), "'end-port' is below 'start-port' (%s)",
			  conf_str(n, "start-port"));
}

/* The attribute has no meaning beside that value of another; written defaults are let pass. */
static void rule_idle(const struct conf_node *n, const char *attr, const char *other)
{
	if (conf_is_set(n, attr) && strcmp(conf_str(n, attr), conf_str(n->conf->absent[n->obj->id], attr)) != 0)
		FAIL_ATTR(n, attr, attr, "means nothing while '%s' is '%s'; unset it", other, conf_str(n, other));
}

static void rule_need(const struct conf_node *n, const char *attr, const char *other)
{
	if (!conf_is_set(n, attr))
		FAIL_ATTR(n, NULL, n->key, "has no '%s', which '%s %s' needs", attr, other, conf_str(n, other));
}

static void rule_reserved(const struct conf_node *n)
{
	if (strcmp(n->key, "all") == 0)
		FAIL_ATTR(n, NULL, n->key, "is built in; choose another name");
}

static void rule_address(const struct conf_node *n)
{
	struct addr_range first, last;
	rule_reserved(n);
	if (conf_enum(n, "type") == 0) {
		rule_need(n, "subnet", "type");
		rule_idle(n, "start-ip", "type");
		rule_idle(n, "end-ip", "type");
		return;
	}
	rule_idle(n, "subnet", "type");
	rule_need(n, "start-ip", "type");
	rule_need(n, "end-ip", "type");
	if (!conf_range(n, "start-ip", &first) || !conf_range(n, "end-ip", &last))
		return;
	if (first.family != last.family)
		FAIL_ATTR(n, "end-ip", conf_str(n, "end-ip"), "not of the family of 'start-ip' (%s)", conf_str(n, "start-ip"));
	else if (memcmp(&first.lo, &last.lo, sizeof(first.lo)) > 0)
		FAIL_ATTR(n, "end-ip", conf_str(n, "end-ip"), "'end-ip' is below 'start-ip' (%s)", conf_str(n, "start-ip"));
}

static void rule_addrgrp(const struct conf_node *n)
{
	rule_reserved(n);
	if (conf_lookup(n->conf, n->scope, CO_ADDRESS, n->key) != NULL)
		FAIL_ATTR(n, NULL, n->key, "names an entry of 'firewall address' as well; choose another name");
}

static int compare_ranges(const void *pa, const void *pb)
{
	const struct service_range *a = pa, *b = pb;
	return a->dport_lo != b->dport_lo ? (a->dport_lo < b->dport_lo ? -1 : 1) : (int)a->sport_lo - (int)b->sport_lo;
}

/* They share server and client ports, and are not the same (which the check of lists tells). */
static bool overlap(const struct service_range *a, const struct service_range *b)
{
	if (compare_ranges(a, b) == 0 && a->dport_hi == b->dport_hi && a->sport_hi == b->sport_hi)
		return false;
	return a->dport_lo <= b->dport_hi && b->dport_lo <= a->dport_hi && a->sport_lo <= b->sport_hi && b->sport_lo <= a->sport_hi;
}

static void rule_ports(const struct conf_node *n, const char *attr)
{
	size_t n_ranges = conf_list_n(n, attr);
	struct service_range *r = calloc(n_ranges + 1, sizeof(*r));
	if (r == NULL) {
		n->conf->oom = true;
		return;
	}
	for (size_t i = 0; i < n_ranges; i++)
		(void)conf_ports_parse(conf_list(n, attr, i), &r[i]);
	qsort(r, n_ranges, sizeof(*r), compare_ranges);
	for (size_t i = 1; i < n_ranges; i++)
		if (overlap(&r[i - 1], &r[i]))
			FAIL_ATTR(n, attr, attr, "the ranges %u-%u and %u-%u overlap; make them one", r[i - 1].dport_lo,
				  r[i - 1].dport_hi, r[i].dport_lo, r[i].dport_hi);
	free(r);
}

static void rule_service(const struct conf_node *n)
{
	unsigned kind = conf_enum(n, "protocol");
	bool icmp = kind == 1 || kind == 2;
	if (kind == 0 && !conf_is_set(n, "tcp-portrange") && !conf_is_set(n, "udp-portrange"))
		FAIL_ATTR(n, NULL, n->key, "has neither 'tcp-portrange' nor 'udp-portrange'; set one of them");
	if (kind != 0) {
		rule_idle(n, "tcp-portrange", "protocol");
		rule_idle(n, "udp-portrange", "protocol");
	}
	if (!icmp) {
		rule_idle(n, "icmptype", "protocol");
		rule_idle(n, "icmpcode", "protocol");
	} else if (conf_is_set(n, "icmpcode") && !conf_is_set(n, "icmptype")) {
		FAIL_ATTR(n, "icmpcode", conf_str(n, "icmpcode"), "a code means nothing without 'icmptype'; set that");
	}
	if (kind != 3)
		rule_idle(n, "protocol-number", "protocol");
	rule_ports(n, "tcp-portrange");
	rule_ports(n, "udp-portrange");
}

static void rule_service_group(const struct conf_node *n)
{
	if (conf_lookup(n->conf, n->scope, CO_SERVICE, n->key) != NULL)
		FAIL_ATTR(n, NULL, n->key, "names an entry of 'firewall service custom' as well; choose another name");
	else if (conf_service_find(n->key) != NULL)
		FAIL_ATTR(n, NULL, n->key, "names a predefined service; choose another name");
}

static void rule_policy_vdom(const struct conf_node *n, const char *attr)
{
	struct conf_names names = conf_names(n, attr);
	for (size_t i = 0; i < names.n; i++) {
		const struct conf_node *in = conf_lookup(n->conf, n->scope, CO_INTERFACE, names.name[i]);
		if (in != NULL && strcmp(conf_str(in, "vdom"), n->scope->name) != 0)
			FAIL_ATTR(n, attr, names.name[i], "this interface belongs to the vdom '%s', the policy to '%s'",
				  conf_str(in, "vdom"), n->scope->name);
	}
}

static void rule_policy(const struct conf_node *n)
{
	rule_policy_vdom(n, "srcintf");
	rule_policy_vdom(n, "dstintf");
}

static void rule_nfq(const struct conf_node *n)
{
	int64_t last = conf_int(n, "queue-num") + conf_int(n, "queues") - 1;
	const char *at = conf_is_set(n, "queue-num") ? "queue-num" : "queues";
	if (last > 65535)
		FAIL_ATTR(n, at, conf_str(n, at), "the last of %s queues would be number %lld; allowed: at most 65535",
			  conf_str(n, "queues"), (long long)last);
}

void conf_rule_node(const struct conf_node *n)
{
	static void (*const rule[CO_N])(const struct conf_node *n) = {
		[CO_GLOBAL] = rule_global,
		[CO_HA] = rule_ha,
		[CO_TTL_PORT] = rule_ttl_port,
		[CO_ADDRESS] = rule_address,
		[CO_ADDRGRP] = rule_addrgrp,
		[CO_SERVICE] = rule_service,
		[CO_SERVICE_GROUP] = rule_service_group,
		[CO_POLICY] = rule_policy,
		[CO_NFQ] = rule_nfq,
	};
	if (rule[n->obj->id] != NULL)
		rule[n->obj->id](n);
}

/* --- a table ---------------------------------------------------------------------------------- */
/* The entries of a table in an order of its own; NULL when it is empty (or no memory). */
static const struct conf_node **sorted(struct conf *c, const struct conf_slot *slot, int (*compare)(const void *, const void *))
{
	if (slot->n == 0)
		return NULL;
	const struct conf_node **all = calloc(slot->n, sizeof(*all));
	if (all == NULL) {
		c->oom = true;
		return NULL;
	}
	size_t i = 0;
	for (const struct conf_node *n = slot->first; n != NULL; n = n->next)
		all[i++] = n;
	qsort(all, slot->n, sizeof(*all), compare);
	return all;
}

static const char *unique_attr(enum conf_object_id id)
{
	return id == CO_POLICY ? "name" : "ip";
}

/* By the text that must be unique, then by age. */
static int compare_unique(const void *pa, const void *pb)
{
	const struct conf_node *a = *(const struct conf_node *const *)pa, *b = *(const struct conf_node *const *)pb;
	int d = strcmp(conf_str(a, unique_attr(a->obj->id)), conf_str(b, unique_attr(b->obj->id)));
	return d != 0 ? d : a->id < b->id ? -1 : 1;
}

static void rule_unique(struct conf *c, const struct conf_slot *slot, enum conf_object_id id)
{
	const char *attr = unique_attr(id);
	const struct conf_node **all = sorted(c, slot, compare_unique);
	for (size_t i = 1; all != NULL && i < slot->n; i++) {
		const char *text = conf_str(all[i], attr);
		if (text[0] != '\0' && strcmp(text, conf_str(all[i - 1], attr)) == 0)
			FAIL_ATTR(all[i], attr, text, "is the '%s' of '%s' already; each is used once", attr, all[i - 1]->key);
	}
	free(all);
}

static int compare_ttl(const void *pa, const void *pb)
{
	const struct conf_node *a = *(const struct conf_node *const *)pa, *b = *(const struct conf_node *const *)pb;
	int64_t d = conf_int(a, "protocol") - conf_int(b, "protocol");
	if (d == 0)
		d = conf_int(a, "start-port") - conf_int(b, "start-port");
	return d != 0 ? (d < 0 ? -1 : 1) : a->id < b->id ? -1 : 1;
}

static void rule_ttl(struct conf *c, const struct conf_slot *slot)
{
	const struct conf_node **all = sorted(c, slot, compare_ttl);
	const struct conf_node *reach = NULL; /* of those before, the one that goes highest */
	for (size_t i = 0; all != NULL && i < slot->n; i++) {
		bool same = reach != NULL && conf_int(reach, "protocol") == conf_int(all[i], "protocol");
		if (same && conf_int(all[i], "start-port") <= conf_int(reach, "end-port"))
			FAIL_ATTR(all[i], "start-port", all[i]->key, "its ports overlap with those of '%s'; a port has one timeout",
				  reach->key);
		if (!same || conf_int(all[i], "end-port") > conf_int(reach, "end-port"))
			reach = all[i];
	}
	free(all);
}

void conf_rule_table(struct conf *c, const struct conf_scope *s, enum conf_object_id id)
{
	if (id == CO_POLICY || id == CO_INTERFACE)
		rule_unique(c, &s->slot[id], id);
	else if (id == CO_TTL_PORT)
		rule_ttl(c, &s->slot[id]);
}
