/* sig_addr.c - address and port sets of rule headers: groups, negation, ranges, variables.
 *
 * A set is the union of its elements less those negated; one of negated elements only is any less those.
 */
#include <stdio.h>
#include <string.h>

#include "sigs/sig_int.h"

enum { DEPTH_MAX = 8, ITEM_LEN = 128 };

struct build {
	struct sig_parse *p;
	const char *whole; /* for messages */
	bool port, any;
	uint16_t n[2]; /* in, out */
	union {
		struct addr_range addr[2][SIG_SET_MAX];
		struct sig_range num[2][SIG_SET_MAX];
	} v;
};

static const char *kind(const struct build *b)
{
	return b->port ? "port" : "address";
}

static enum err element(struct build *b, struct span s, bool neg, unsigned depth);

static struct span trimmed(struct span s)
{
	while (s.len > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = span_of(s.p + 1, s.len - 1);
	while (s.len > 0 && (s.p[s.len - 1] == ' ' || s.p[s.len - 1] == '\t'))
		s.len--;
	return s;
}

static enum err group(struct build *b, struct span s, bool neg, unsigned depth)
{
	int open = 0;
	size_t from = 1;
	for (size_t i = 0; i < s.len; i++) {
		open += (s.p[i] == '[') - (s.p[i] == ']');
		const bool last = open == 0;
		if (last && i + 1 != s.len)
			return sig_refuse(b->p, "%s set '%s': a comma is missing after ]", kind(b), b->whole);
		if (!last && (s.p[i] != ',' || open != 1))
			continue;
		TRY(element(b, span_of(s.p + from, i - from), neg, depth + 1));
		from = i + 1;
	}
	return open == 0 ? OK : sig_refuse(b->p, "%s set '%s': a ] is missing", kind(b), b->whole);
}

static enum err variable(struct build *b, struct span s, bool neg, unsigned depth)
{
	for (size_t i = 0; i < b->p->n_var; i++) {
		const struct sig_var *v = &b->p->var[i];
		if (strlen(v->name) == s.len - 1 && memcmp(v->name, s.p + 1, s.len - 1) == 0)
			return element(b, span_of(v->value, strlen(v->value)), neg, depth + 1);
	}
	return sig_refuse(b->p, "variable %.*s is not defined: define it or write the %s", (int)s.len, (const char *)s.p, kind(b));
}

static bool port_range(char *s, struct sig_range *r)
{
	char *colon = strchr(s, ':');
	if (colon == NULL) {
		if (!sig_lex_int(s, &r->lo))
			return false;
		r->hi = r->lo;
	} else {
		*colon = '\0';
		*r = (struct sig_range){ 0, 65535 };
		if (*s == '\0' && colon[1] == '\0')
			return false;
		if ((*s != '\0' && !sig_lex_int(s, &r->lo)) || (colon[1] != '\0' && !sig_lex_int(colon + 1, &r->hi)))
			return false;
	}
	return r->lo >= 0 && r->lo <= r->hi && r->hi <= 65535;
}

static enum err leaf(struct build *b, struct span s, bool neg)
{
	char text[ITEM_LEN];
	if (s.len >= sizeof(text))
		return sig_refuse(b->p, "%s '%.40s...' is too long", kind(b), (const char *)s.p);
	memcpy(text, s.p, s.len);
	text[s.len] = '\0';
	if (strcmp(text, "any") == 0) {
		b->any = true;
		return neg ? sig_refuse(b->p, "%s set '%s': !any holds nothing", kind(b), b->whole) : OK;
	}
	if (b->n[neg] >= SIG_SET_MAX)
		return sig_refuse(b->p, "%s set '%.80s' has more than %d elements", kind(b), b->whole, SIG_SET_MAX);
	char copy[ITEM_LEN];
	strcpy(copy, text);
	if (b->port) {
		if (!port_range(copy, &b->v.num[neg][b->n[neg]]))
			return sig_refuse(b->p, "port '%s' is not any, n, n:, :n or n:m of 0 to 65535", text);
	} else if (addr_range_parse(copy, &b->v.addr[neg][b->n[neg]]) != OK) {
		return sig_refuse(b->p, "address '%s' is not any, an address, address/bits or first-last", text);
	}
	b->n[neg]++;
	return OK;
}

static enum err element(struct build *b, struct span s, bool neg, unsigned depth)
{
	s = trimmed(s);
	if (depth > DEPTH_MAX)
		return sig_refuse(b->p, "%s set '%s' is nested deeper than %d, or a variable holds itself", kind(b), b->whole,
				  DEPTH_MAX);
	if (s.len == 0)
		return sig_refuse(b->p, "%s set '%s' has an empty element", kind(b), b->whole);
	if (s.p[0] == '!') {
		if (neg)
			return sig_refuse(b->p, "%s set '%s' negates within a negation: write it without", kind(b), b->whole);
		return element(b, span_of(s.p + 1, s.len - 1), true, depth + 1);
	}
	if (s.p[0] == '[')
		return group(b, s, neg, depth);
	if (s.p[0] == '$')
		return variable(b, s, neg, depth);
	return leaf(b, s, neg);
}

static enum err parse(struct sig_parse *p, const char *text, bool port, struct build *b)
{
	b->p = p;
	b->whole = text;
	b->port = port;
	b->any = false;
	b->n[0] = b->n[1] = 0;
	TRY(element(b, span_of(text, strlen(text)), false, 0));
	if (b->any)
		b->n[0] = 0;
	return OK;
}

enum err sig_addr_parse(struct sig_parse *p, const char *text, struct sig_addrs *out)
{
	struct build b;
	TRY(parse(p, text, false, &b));
	out->n_in = b.n[0];
	out->n_out = b.n[1];
	out->in = sig_mem_copy(p->mem, b.v.addr[0], b.n[0] * sizeof(b.v.addr[0][0]));
	out->out = sig_mem_copy(p->mem, b.v.addr[1], b.n[1] * sizeof(b.v.addr[1][0]));
	return out->in != NULL && out->out != NULL ? OK : ERR_NOMEM;
}

enum err sig_port_parse(struct sig_parse *p, const char *text, struct sig_ports *out)
{
	struct build b;
	TRY(parse(p, text, true, &b));
	out->n_in = b.n[0];
	out->n_out = b.n[1];
	out->in = sig_mem_copy(p->mem, b.v.num[0], b.n[0] * sizeof(b.v.num[0][0]));
	out->out = sig_mem_copy(p->mem, b.v.num[1], b.n[1] * sizeof(b.v.num[1][0]));
	return out->in != NULL && out->out != NULL ? OK : ERR_NOMEM;
}

static bool addr_in(const struct addr_range *v, uint16_t n, const struct addr *a, uint8_t family)
{
	for (uint16_t i = 0; i < n; i++) {
		if (addr_in_range(a, family, &v[i]))
			return true;
	}
	return false;
}

bool sig_addr_has(const struct sig_addrs *s, const struct addr *a, uint8_t family)
{
	return (s->n_in == 0 || addr_in(s->in, s->n_in, a, family)) && !addr_in(s->out, s->n_out, a, family);
}

static bool port_in(const struct sig_range *v, uint16_t n, uint16_t port)
{
	for (uint16_t i = 0; i < n; i++) {
		if (v[i].lo <= port && port <= v[i].hi)
			return true;
	}
	return false;
}

bool sig_port_has(const struct sig_ports *s, uint16_t port)
{
	return (s->n_in == 0 || port_in(s->in, s->n_in, port)) && !port_in(s->out, s->n_out, port);
}
