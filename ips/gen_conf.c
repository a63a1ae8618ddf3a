/* gen_conf.c - a generation out of a configuration: every attribute that decides about a packet is read here. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ips/conf.h"
#include "ips/conf_sum.h"
#include "ips/gen_int.h"
#include "ips/outbuf.h"
#include "ips/rulefiles.h"

enum { MIB = 1 << 20, TELL_LEN = 1024, PICKUP_DELAY_S = 30 };

static bool is(const struct conf_node *n, const char *attr, const char *word)
{
	return strcmp(conf_str(n, attr), word) == 0;
}

struct gen *gen_alloc(const struct conf *c)
{
	static const char *const words[ST_N] = {
#define X(id, word, dflt, help) word,
		SESSION_TIMER_LIST(X)
#undef X
	};
	struct gen *g = calloc(1, sizeof(*g));
	if (g == NULL)
		return NULL;
	const struct conf_node *global = conf_single(c, NULL, "system global");
	for (size_t i = 0; i < ST_N; i++)
		g->timeout_s[i] = (uint32_t)conf_int(global, words[i]);
	g->max_sessions = (uint32_t)conf_int(global, "max-sessions");
	const struct conf_node *settings = conf_single(c, NULL, "system settings");
	g->prevent = is(settings, "inspection-mode", "prevent");
	g->asymmetric = conf_flag(settings, "asymroute");
	g->bypass = conf_flag(conf_single(c, NULL, "nfq"), "fail-open");
	g->transparent = is(settings, "opmode", "transparent");
	/* Without a pair there is one only in a replay with a failover, which is to be the whole pair. */
	const struct conf_node *ha = conf_single(c, NULL, "system ha");
	g->share_tcp = is(ha, "mode", "standalone") || conf_flag(ha, "session-pickup");
	g->share_rest = is(ha, "mode", "standalone") || conf_flag(ha, "session-pickup-connectionless");
	g->share_after_ns = is(ha, "mode", "a-p") && conf_flag(ha, "session-pickup-delay") ? PICKUP_DELAY_S * NS_PER_SEC : 0;
	const struct conf_node *ips = conf_single(c, NULL, "ips global");
	g->stream_memory = (uint64_t)conf_int(ips, "stream-memory") * MIB;
	g->budget = (uint32_t)conf_int(ips, "work-budget");
	g->ignore_after = (uint64_t)conf_int(ips, "ignore-after");
	g->undecoded = !conf_flag(ips, "protocol-decoders");
	g->limits = dec_limits_default;
	g->limits.tsdu_max = (uint32_t)conf_int(ips, "tsdu-max");
	return g;
}

static enum err name_interfaces(const struct conf *c, struct gen *g)
{
	const size_t n = conf_count(c, NULL, "system interface");
	uint32_t max = 0;
	CONF_FOREACH(i, c, NULL, "system interface")
	{
		const uint32_t nr = conf_interface_nr(c, conf_key(i));
		max = nr > max ? nr : max;
	}
	if (n == 0)
		return OK;
	g->ifname = calloc((size_t)max + 1, sizeof(*g->ifname));
	if (g->ifname == NULL)
		return ERR_NOMEM;
	g->n_ifname = max + 1;
	CONF_FOREACH(i, c, NULL, "system interface")
	{
		snprintf(g->ifname[conf_interface_nr(c, conf_key(i))], sizeof(*g->ifname), "%s", conf_key(i));
	}
	return OK;
}

/* --- policies ------------------------------------------------------------------------------------------ */

/* Arrays that a policy rule borrows until the set is built. */
struct owned {
	struct addr_range *src, *dst;
	struct service_range *svc;
	uint32_t *srcintf, *dstintf;
};

static void told(const struct gen_teller *t, const struct conf_node *n, const char *attr, const char *text)
{
	char msg[TELL_LEN];
	const char *file = "";
	const unsigned line = conf_where(n, attr, &file);
	snprintf(msg, sizeof(msg), "%s:%u: %s", file, line, text);
	t->tell(t->arg, msg);
}

static enum err interfaces(const struct conf *c, const struct conf_node *n, const char *attr, const struct gen_teller *t,
			   uint32_t **out, uint16_t *n_out)
{
	const size_t many = conf_list_n(n, attr);
	*n_out = 0;
	if (conf_list_has(n, attr, "any") || many == 0)
		return OK;
	*out = calloc(many, sizeof(**out));
	if (*out == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < many; i++) {
		(*out)[i] = conf_interface_nr(c, conf_list(n, attr, i));
		if ((*out)[i] == 0) {
			char text[TELL_LEN / 2];
			snprintf(text, sizeof(text),
				 "'%s': no interface of that name; name it in 'config system interface' (a capture's are port1, "
				 "port2, ...), or 'any'",
				 conf_list(n, attr, i));
			told(t, n, attr, text);
			return ERR_UNKNOWN;
		}
		++*n_out;
	}
	return OK;
}

static struct norm_policy norm_of(const struct conf_node *n)
{
	return (struct norm_policy){
		.min_ttl = (uint8_t)conf_int(n, "min-ttl"),
		.urgent = is(n, "tcp-urgent", "clear") ? NORM_CLEAR : is(n, "tcp-urgent", "drop") ? NORM_DROP : NORM_ALLOW,
		.reserved = is(n, "reserved-bits", "clear"),
		.options = is(n, "tcp-options", "clear"),
		.padding = is(n, "padding", "clear"),
	};
}

static enum err rule_of(const struct conf *c, const struct conf_node *n, const struct gen_teller *t, struct policy_rule *r,
			struct owned *o)
{
	size_t n_src, n_dst, n_svc;
	*r = (struct policy_rule){ .id = conf_key_int(n), .sensor = -1 };
	TRY(conf_resolve_addresses(c, NULL, conf_names(n, "srcaddr"), &o->src, &n_src));
	TRY(conf_resolve_addresses(c, NULL, conf_names(n, "dstaddr"), &o->dst, &n_dst));
	TRY(conf_resolve_services(c, NULL, conf_names(n, "service"), &o->svc, &n_svc));
	TRY(interfaces(c, n, "srcintf", t, &o->srcintf, &r->n_srcintf));
	TRY(interfaces(c, n, "dstintf", t, &o->dstintf, &r->n_dstintf));
	r->srcintf = o->srcintf;
	r->dstintf = o->dstintf;
	r->src = o->src;
	r->dst = o->dst;
	r->svc = o->svc;
	r->n_src = (uint16_t)n_src;
	r->n_dst = (uint16_t)n_dst;
	r->n_svc = (uint16_t)n_svc;
	r->src_negate = conf_flag(n, "srcaddr-negate");
	r->dst_negate = conf_flag(n, "dstaddr-negate");
	r->svc_negate = conf_flag(n, "service-negate");
	r->action = is(n, "action", "accept") ? POLICY_ACCEPT : POLICY_DENY;
	r->inspect = conf_flag(n, "utm-status");
	r->without_syn = is(n, "tcp-session-without-syn", "all");
	r->session_sync = conf_flag(n, "session-sync");
	r->log_traffic = is(n, "logtraffic", "all");
	r->log_alerted = is(n, "logtraffic", "utm");
	r->prefer = is(n, "prefer", "security") ? PREFER_SECURITY : PREFER_CONNECTIVITY;
	r->norm = norm_of(n);
	return OK;
}

static void free_owned(struct owned *own, size_t n)
{
	for (size_t k = 0; own != NULL && k < n; k++) {
		free(own[k].src);
		free(own[k].dst);
		free(own[k].svc);
		free(own[k].srcintf);
		free(own[k].dstintf);
	}
	free(own);
}

static enum err build_policies(const struct conf *c, const struct gen_teller *t, struct gen *g)
{
	const size_t n = conf_count(c, NULL, "firewall policy");
	struct policy_rule *rules = calloc(n + 1, sizeof(*rules));
	struct owned *own = calloc(n + 1, sizeof(*own));
	size_t i = 0;
	enum err e = rules != NULL && own != NULL ? OK : ERR_NOMEM;
	if (e == OK) {
		CONF_FOREACH(p, c, NULL, "firewall policy")
		{
			if (e == OK && !is(p, "status", "disable")) {
				e = rule_of(c, p, t, &rules[i], &own[i]);
				i++;
			}
		}
	}
	if (e == OK)
		e = policy_set_new(rules, i, &g->policy);
	free_owned(own, n);
	free(rules);
	return e;
}

/* --- the sensor ------------------------------------------------------------------------------------------ */

struct sensor {
	const struct conf_node *node;    /* NULL: no policy names one */
	const char **rules;              /* NULL-terminated: the caller's, then the sensor's */
	struct outbuf home_net;          /* in the rules' language; empty: any */
};

/* One compiled set serves all policies: a second sensor would have its rules apply where they should not. */
static enum err find_sensor(const struct conf *c, const struct gen_teller *t, struct sensor *s)
{
	CONF_FOREACH(p, c, NULL, "firewall policy")
	{
		const char *name = conf_str(p, "ips-sensor");
		if (*name == '\0' || !conf_flag(p, "utm-status"))
			continue;
		const struct conf_node *n = conf_find(c, NULL, "ips sensor", name);
		if (s->node != NULL && n != s->node) {
			told(t, p, "ips-sensor", "a second ips sensor is in use; give all policies the same one");
			return ERR_UNSUPPORTED;
		}
		s->node = n;
	}
	return OK;
}

static enum err fill_sensor(struct sensor *s, const char *const *rules)
{
	size_t n = 0, k = 0;
	while (rules != NULL && rules[n] != NULL)
		n++;
	const size_t own = s->node != NULL ? conf_list_n(s->node, "rule-file") : 0;
	s->rules = calloc(n + own + 1, sizeof(*s->rules));
	if (s->rules == NULL)
		return ERR_NOMEM;
	for (; k < n; k++)
		s->rules[k] = rules[k];
	for (size_t i = 0; i < own; i++)
		s->rules[k++] = conf_list(s->node, "rule-file", i);
	const size_t nets = s->node != NULL && !conf_list_has(s->node, "home-net", "any") ? conf_list_n(s->node, "home-net") : 0;
	for (size_t i = 0; i < nets; i++)
		outbuf_fmt(&s->home_net, "%s%s", i == 0 ? "[" : ",", conf_list(s->node, "home-net", i));
	if (nets != 0)
		outbuf_fmt(&s->home_net, "]");
	return s->home_net.bad ? ERR_NOMEM : OK;
}

/* Everything of a generation but its signatures, and where those come from. */
static enum err build_rest(const struct conf *c, const struct gen_teller *t, struct gen **g, struct sensor *s)
{
	*g = gen_alloc(c);
	enum err e = *g != NULL ? name_interfaces(c, *g) : ERR_NOMEM;
	if (e == OK)
		e = build_policies(c, t, *g);
	return e == OK ? find_sensor(c, t, s) : e;
}

static void free_sensor(struct sensor *s)
{
	free(s->rules);
	outbuf_free(&s->home_net);
}

enum err gen_gather(const struct conf *c, const char *const *rules, gen_error_fn *tell, void *arg, struct rulefiles *out)
{
	const struct gen_teller t = { tell, arg };
	struct sensor s = { 0 };
	struct gen *g;
	enum err e = build_rest(c, &t, &g, &s);
	if (e == OK)
		e = fill_sensor(&s, rules);
	if (e == OK)
		e = gen_read_rules(s.rules, &t, out);
	free_sensor(&s);
	gen_free(g);
	return e;
}

enum err gen_build(const struct conf *c, const struct rulefiles *r, const char *home_net, gen_error_fn *tell, void *arg,
		   struct gen **out)
{
	const struct gen_teller t = { tell, arg };
	struct sensor s = { 0 };
	struct gen *g;
	enum err e = build_rest(c, &t, &g, &s);
	if (e == OK)
		e = fill_sensor(&s, NULL);
	if (e == OK)
		e = gen_compile(g, r, home_net != NULL ? home_net : s.home_net.p, &t);
	free_sensor(&s);
	if (e == OK) {
		g->conf_sum = conf_sum(c);
		*out = g;
	}
	if (e != OK)
		gen_free(g);
	return e;
}

enum err gen_new_conf(const struct conf *c, const char *const *rules, const char *home_net, gen_error_fn *tell, void *arg,
		      struct gen **out)
{
	struct rulefiles r = { 0 };
	enum err e = gen_gather(c, rules, tell, arg, &r);
	if (e == OK)
		e = gen_build(c, &r, home_net, tell, arg, out);
	rulefiles_free(&r);
	return e;
}
