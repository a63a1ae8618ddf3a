/* conf_resolve.c - names of addresses and services to ranges: groups are walked breadth first, each once. */
#include "ips/conf_int.h"

#include <stdlib.h>
#include <string.h>

struct walk {
	const struct conf *c;
	const struct conf_scope *scope;
	enum conf_object_id leaf, group;
	uint8_t *seen;                 /* a bit a node */
	const struct conf_node **todo; /* groups to expand */
	size_t n_todo, cap_todo;
	char *out;           /* ranges */
	size_t n, cap, size; /* size: of one range */
};

/* An array of elements of size octets has room for one more; the new array, NULL when out of memory. */
static void *room(void *p, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return p;
	size_t more = *cap == 0 ? 16 : *cap * 2;
	void *q = realloc(p, more * size);
	if (q != NULL)
		*cap = more;
	return q;
}

static enum err put(struct walk *w, const void *range)
{
	if (w->n == UINT16_MAX) /* what struct policy_rule counts with */
		return ERR_FULL;
	char *out = room(w->out, w->n, &w->cap, w->size);
	if (out == NULL)
		return ERR_NOMEM;
	w->out = out;
	memcpy(w->out + w->n++ * w->size, range, w->size);
	return OK;
}

static bool first_time(struct walk *w, const struct conf_node *n)
{
	uint8_t bit = (uint8_t)(1u << n->id % 8), *octet = &w->seen[n->id / 8];
	bool seen = *octet & bit;
	*octet |= bit;
	return !seen;
}

static enum err put_address(struct walk *w, const struct conf_node *n)
{
	struct addr_range r, last;
	bool good = conf_enum(n, "type") == 0 ? conf_range(n, "subnet", &r)
					      : conf_range(n, "start-ip", &r) && conf_range(n, "end-ip", &last);
	if (!good)
		return ERR_NOTFOUND;
	if (conf_enum(n, "type") != 0)
		r.hi = last.hi;
	return put(w, &r);
}

static enum err put_ports(struct walk *w, const struct conf_node *n, const char *attr, uint8_t proto)
{
	for (size_t i = 0; i < conf_list_n(n, attr); i++) {
		struct service_range r;
		if (!conf_ports_parse(conf_list(n, attr, i), &r))
			return ERR_NOTFOUND;
		r.proto = proto;
		TRY(put(w, &r));
	}
	return OK;
}

static enum err put_service(struct walk *w, const struct conf_node *n)
{
	static const uint8_t proto[] = { 0, 1, 58, 0 }; /* by the word of `protocol` */
	unsigned kind = conf_enum(n, "protocol");
	struct service_range r = { .proto = proto[kind], .sport_hi = 65535, .dport_hi = 65535 };
	int64_t type = conf_int(n, "icmptype"), code = conf_int(n, "icmpcode");
	if (kind == 0) {
		TRY(put_ports(w, n, "tcp-portrange", 6));
		return put_ports(w, n, "udp-portrange", 17);
	}
	if (kind == 3) {
		r.proto = (uint8_t)conf_int(n, "protocol-number");
	} else if (type >= 0) {
		r.dport_lo = (uint16_t)(type << 8 | (code >= 0 ? code : 0));
		r.dport_hi = (uint16_t)(type << 8 | (code >= 0 ? code : 255));
	}
	return put(w, &r);
}

static enum err put_predefined(struct walk *w, const char *name)
{
	const struct conf_service *s = conf_service_find(name);
	if (s == NULL)
		return ERR_NOTFOUND;
	for (; s < conf_services + conf_n_services && strcmp(s->name, name) == 0; s++) {
		struct service_range r = { .proto = s->proto, .sport_hi = 65535, .dport_lo = s->lo, .dport_hi = s->hi };
		TRY(put(w, &r));
	}
	return OK;
}

static enum err put_builtin(struct walk *w, const char *name)
{
	struct addr_range any;
	if (w->leaf == CO_SERVICE)
		return put_predefined(w, name);
	if (strcmp(name, "all") != 0 || addr_range_parse("any", &any) != OK)
		return ERR_NOTFOUND;
	return put(w, &any);
}

static enum err visit(struct walk *w, const char *name)
{
	const struct conf_node *n = conf_lookup(w->c, w->scope, w->leaf, name);
	if (n != NULL)
		return !first_time(w, n) ? OK : w->leaf == CO_ADDRESS ? put_address(w, n) : put_service(w, n);
	n = conf_lookup(w->c, w->scope, w->group, name);
	if (n == NULL)
		return put_builtin(w, name);
	if (!first_time(w, n))
		return OK;
	void *todo = room(w->todo, w->n_todo, &w->cap_todo, sizeof(struct conf_node *));
	if (todo == NULL)
		return ERR_NOMEM;
	w->todo = todo;
	w->todo[w->n_todo++] = n;
	return OK;
}

static enum err visit_all(struct walk *w, struct conf_names names)
{
	for (size_t i = 0; i < names.n; i++)
		TRY(visit(w, names.name[i]));
	for (size_t k = 0; k < w->n_todo; k++) {
		struct conf_names in = conf_names(w->todo[k], "member");
		for (size_t i = 0; i < in.n; i++)
			TRY(visit(w, in.name[i]));
	}
	return OK;
}

static enum err resolve(struct walk *w, const char *vdom, struct conf_names names, size_t *n_out)
{
	w->scope = vdom != NULL ? conf_scope_find(w->c, vdom) : w->c->scope[0];
	if (w->scope == NULL)
		return ERR_NOTFOUND;
	w->seen = calloc(w->c->n_nodes / 8 + 1, 1);
	enum err e = w->seen != NULL ? visit_all(w, names) : ERR_NOMEM;
	free(w->seen);
	free(w->todo);
	if (e != OK) {
		free(w->out);
		w->out = NULL;
	}
	*n_out = e == OK ? w->n : 0;
	return e;
}

enum err conf_resolve_addresses(const struct conf *c, const char *vdom, struct conf_names names, struct addr_range **out,
				size_t *n_out)
{
	struct walk w = { .c = c, .leaf = CO_ADDRESS, .group = CO_ADDRGRP, .size = sizeof(struct addr_range) };
	enum err e = resolve(&w, vdom, names, n_out);
	*out = (struct addr_range *)(void *)w.out;
	return e;
}

enum err conf_resolve_services(const struct conf *c, const char *vdom, struct conf_names names, struct service_range **out,
			       size_t *n_out)
{
	struct walk w = { .c = c, .leaf = CO_SERVICE, .group = CO_SERVICE_GROUP, .size = sizeof(struct service_range) };
	enum err e = resolve(&w, vdom, names, n_out);
	*out = (struct service_range *)(void *)w.out;
	return e;
}
