/* gen.c - see gen.h. */
#include "ips/gen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ips/conf.h"
#include "ips/rulefiles.h"

enum { MIB = 1 << 20, RULE_TELL = 2048 };

struct teller {
	gen_error_fn *tell;
	void *arg;
};

static void rule_refused(void *arg, const char *file, unsigned line, const char *text)
{
	const struct teller *t = arg;
	char msg[RULE_TELL];
	snprintf(msg, sizeof(msg), "%s:%u: %s", file, line, text);
	t->tell(t->arg, msg);
}

static enum err load_sigs(struct gen *g, const char *const *rules, const char *home_net, const struct teller *t)
{
	struct rulefiles r = { 0 };
	char *stock = rulefiles_stock();
	enum err e = OK;
	if (stock != NULL)
		e = rulefiles_add(&r, stock, false, t->tell, t->arg);
	else
		t->tell(t->arg, "no stock signatures found; install them or name a folder with --rules");
	for (; e == OK && rules != NULL && *rules != NULL; rules++)
		e = rulefiles_add(&r, *rules, true, t->tell, t->arg);
	const struct sig_var vars[] = { { "HOME_NET", home_net != NULL ? home_net : "any" }, { "EXTERNAL_NET", "any" } };
	if (e == OK)
		e = sigset_new(r.src, r.n, vars, ARRAY_LEN(vars), rule_refused, (void *)(uintptr_t)t, &g->sigs);
	rulefiles_free(&r);
	free(stock);
	return e;
}

static struct gen *gen_alloc(void)
{
	struct gen *g = calloc(1, sizeof(*g));
	struct session_cfg sc;
	if (g == NULL)
		return NULL;
	session_cfg_default(&sc);
	memcpy(g->timeout_s, sc.timeout_s, sizeof(g->timeout_s));
	g->limits = dec_limits_default;
	g->max_sessions = 1 << 20;
	g->stream_memory = (uint64_t)512 * MIB;
	g->budget = 1 << 20;
	return g;
}

enum err gen_new_default(const char *const *rules, const char *home_net, gen_error_fn *tell, void *arg, struct gen **out)
{
	static const struct policy_rule all = { .id = 1,
						.action = POLICY_ACCEPT,
						.inspect = true,
						.without_syn = true,
						.session_sync = true,
						.log_traffic = true,
						.sensor = -1 };
	const struct teller t = { tell, arg };
	struct gen *g = gen_alloc();
	if (g == NULL)
		return ERR_NOMEM;
	enum err e = policy_set_new(&all, 1, &g->policy);
	if (e == OK)
		e = load_sigs(g, rules, home_net, &t);
	if (e != OK) {
		gen_free(g);
		return e;
	}
	*out = g;
	return OK;
}

/* --- from a configuration ---------------------------------------------------------------------------- */

/* Arrays that a policy rule borrows until the set is built. */
struct owned {
	struct addr_range *src, *dst;
	struct service_range *svc;
};

static enum err rule_of(const struct conf *c, const struct conf_node *n, struct policy_rule *r, struct owned *o)
{
	size_t n_src, n_dst, n_svc;
	TRY(conf_resolve_addresses(c, NULL, conf_names(n, "srcaddr"), &o->src, &n_src));
	TRY(conf_resolve_addresses(c, NULL, conf_names(n, "dstaddr"), &o->dst, &n_dst));
	TRY(conf_resolve_services(c, NULL, conf_names(n, "service"), &o->svc, &n_svc));
	const bool inspect = conf_flag(n, "utm-status");
	*r = (struct policy_rule){
		.id = conf_key_int(n),
		.action = strcmp(conf_str(n, "action"), "accept") == 0 ? POLICY_ACCEPT : POLICY_DENY,
		.src = o->src,
		.n_src = (uint16_t)n_src,
		.dst = o->dst,
		.n_dst = (uint16_t)n_dst,
		.svc = o->svc,
		.n_svc = (uint16_t)n_svc,
		.inspect = inspect,
		.without_syn = strcmp(conf_str(n, "tcp-session-without-syn"), "all") == 0,
		.session_sync = conf_flag(n, "session-sync"),
		.log_traffic = strcmp(conf_str(n, "logtraffic"), "disable") != 0,
		.prefer = strcmp(conf_str(n, "prefer"), "security") == 0 ? PREFER_SECURITY : PREFER_CONNECTIVITY,
		.sensor = -1,
	};
	return OK;
}

static enum err build_policies(const struct conf *c, struct gen *g)
{
	const size_t n = conf_count(c, NULL, "firewall policy");
	struct policy_rule *rules = calloc(n + 1, sizeof(*rules));
	struct owned *own = calloc(n + 1, sizeof(*own));
	size_t i = 0;
	enum err e = rules != NULL && own != NULL ? OK : ERR_NOMEM;
	if (e == OK) {
		CONF_FOREACH(p, c, NULL, "firewall policy")
		{
			if (e == OK && strcmp(conf_str(p, "status"), "disable") != 0) {
				e = rule_of(c, p, &rules[i], &own[i]);
				i++;
			}
		}
	}
	if (e == OK)
		e = policy_set_new(rules, i, &g->policy);
	for (size_t k = 0; own != NULL && k < n; k++) {
		free(own[k].src);
		free(own[k].dst);
		free(own[k].svc);
	}
	free(rules);
	free(own);
	return e;
}

static void take_global(const struct conf *c, struct gen *g)
{
	static const char *const words[ST_N] = {
#define X(id, word, dflt, help) word,
		SESSION_TIMER_LIST(X)
#undef X
	};
	const struct conf_node *global = conf_single(c, NULL, "system global");
	for (size_t i = 0; i < ST_N; i++)
		g->timeout_s[i] = (uint32_t)conf_int(global, words[i]);
	g->max_sessions = (uint32_t)conf_int(global, "max-sessions");
	g->prevent = strcmp(conf_str(conf_single(c, NULL, "system settings"), "inspection-mode"), "prevent") == 0;
	const struct conf_node *ips = conf_single(c, NULL, "ips global");
	g->stream_memory = (uint64_t)conf_int(ips, "stream-memory") * MIB;
	g->budget = (uint32_t)conf_int(ips, "work-budget");
	g->ignore_after = (uint64_t)conf_int(ips, "ignore-after");
	g->limits.tsdu_max = (uint32_t)conf_int(ips, "tsdu-max");
}

enum err gen_new_conf(const struct conf *c, const char *const *rules, const char *home_net, gen_error_fn *tell, void *arg,
		      struct gen **out)
{
	const struct teller t = { tell, arg };
	struct gen *g = gen_alloc();
	if (g == NULL)
		return ERR_NOMEM;
	take_global(c, g);
	enum err e = build_policies(c, g);
	if (e == OK)
		e = load_sigs(g, rules, home_net, &t);
	if (e != OK) {
		gen_free(g);
		return e;
	}
	*out = g;
	return OK;
}

void gen_free(struct gen *g)
{
	if (g == NULL)
		return;
	policy_set_free(g->policy);
	sigset_free(g->sigs);
	free(g);
}
