/* gen.c - see gen.h. */
#include "ips/gen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ips/conf.h"
#include "ips/gen_int.h"
#include "ips/rulefiles.h"

enum { RULE_TELL = 2048 };

static void rule_refused(void *arg, const char *file, unsigned line, const char *text)
{
	const struct gen_teller *t = arg;
	char msg[RULE_TELL];
	snprintf(msg, sizeof(msg), "%s:%u: %s", file, line, text);
	t->tell(t->arg, msg);
}

enum err gen_read_rules(const char *const *rules, const struct gen_teller *t, struct rulefiles *r)
{
	char *stock = rulefiles_stock();
	enum err e = OK;
	if (stock != NULL)
		e = rulefiles_add(r, stock, false, t->tell, t->arg);
	else
		t->tell(t->arg, "no stock signatures found; install them or name a folder with --rules");
	for (; e == OK && rules != NULL && *rules != NULL; rules++)
		e = rulefiles_add(r, *rules, true, t->tell, t->arg);
	free(stock);
	return e;
}

enum err gen_compile(struct gen *g, const struct rulefiles *r, const char *home_net, const struct gen_teller *t)
{
	const struct sig_var vars[] = { { "HOME_NET", home_net != NULL ? home_net : "any" }, { "EXTERNAL_NET", "any" } };
	return sigset_new(r->src, r->n, vars, ARRAY_LEN(vars), rule_refused, (void *)(uintptr_t)t, &g->sigs);
}

/* What no configuration says is the schema's default: a replay without one is the same engine. */
enum err gen_new_default(const char *const *rules, const char *home_net, gen_error_fn *tell, void *arg, struct gen **out)
{
	static const struct policy_rule all = { .id = 1,
						.action = POLICY_ACCEPT,
						.inspect = true,
						.without_syn = true,
						.session_sync = true,
						.log_traffic = true,
						.sensor = -1 };
	const struct gen_teller t = { tell, arg };
	struct conf *none = conf_parse_text("defaults", "", 0, NULL);
	struct gen *g = none != NULL ? gen_alloc(none) : NULL;
	conf_free(none);
	if (g == NULL)
		return ERR_NOMEM;
	enum err e = policy_set_new(&all, 1, &g->policy);
	struct rulefiles r = { 0 };
	if (e == OK)
		e = gen_read_rules(rules, &t, &r);
	if (e == OK)
		e = gen_compile(g, &r, home_net, &t);
	rulefiles_free(&r);
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
	free(g->ifname);
	free(g);
}
