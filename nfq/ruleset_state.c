/* ruleset_state.c - rows of sysctls; the state file's text. */
#include "nfq/ruleset_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/wr.h"

#define MAGIC "ips-ruleset 1\n"

/* %s: the interface, one sysctl each. */
static const struct sysctl_row {
	const char *path, *also, *value, *bad, *missing;
	bool forward, nat, bridge; /* needed only with that option */
} sysctl_rows[] = {
	/* Strict reverse path filtering drops answers that take another way, and translated sources; the engine has its own. */
	{ "net/ipv4/conf/%s/rp_filter", "net/ipv4/conf/all/rp_filter", "2", "1",
	  "the interface does not exist: create it first, or take it out of the configuration", false, false, false },
	{ "net/ipv4/conf/%s/forwarding", NULL, "1", NULL, "the kernel has no IPv4", true, false, false },
	{ "net/ipv4/conf/%s/accept_local", NULL, "1", NULL, "the kernel has no IPv4", false, true, false },
	{ "net/ipv6/conf/all/forwarding", NULL, "1", "0", NULL, true, false, false },
	{ "net/bridge/bridge-nf-call-iptables", NULL, "1", NULL, "the kernel lacks BRIDGE_NETFILTER: modprobe br_netfilter", false,
	  false, true },
	{ "net/bridge/bridge-nf-call-ip6tables", NULL, "1", NULL, "the kernel lacks BRIDGE_NETFILTER: modprobe br_netfilter", false,
	  false, true },
};

static bool row_wanted(const struct sysctl_row *r, const struct ruleset_opt *o)
{
	return (!r->forward || o->forward) && (!r->nat || o->nat) && (!r->bridge || o->bridge);
}

static void set_path(char *out, const char *form, const char *iface)
{
	const char *mark = strstr(form, "%s");
	if (mark == NULL)
		snprintf(out, SYSCTL_PATH, "%s", form);
	else
		snprintf(out, SYSCTL_PATH, "%.*s%s%s", (int)(mark - form), form, iface, mark + 2);
}

/* Places are numbered row by row, with as many a row as there can be interfaces. */
bool state_next_want(const struct ruleset_opt *o, unsigned *at, struct state_want *w)
{
	for (; *at < ARRAY_LEN(sysctl_rows) * RULESET_IFACES_MAX; ++*at) {
		const struct sysctl_row *r = &sysctl_rows[*at / RULESET_IFACES_MAX];
		const unsigned i = *at % RULESET_IFACES_MAX;
		const unsigned n = strstr(r->path, "%s") != NULL ? o->n_iface : 1;
		if (i >= n || !row_wanted(r, o))
			continue;
		*w = (struct state_want){ .value = r->value, .bad = r->bad, .missing = r->missing };
		set_path(w->path, r->path, i < o->n_iface ? o->iface[i] : "");
		if (r->also != NULL)
			set_path(w->also, r->also, "");
		++*at;
		return true;
	}
	return false;
}

const char *state_decide(const struct state_want *w, const char *now, const char *also)
{
	const char *counts = atoi(also) > atoi(now) ? also : now;
	const bool will_do = w->bad != NULL ? strcmp(counts, w->bad) != 0 : strcmp(counts, w->value) == 0;
	return will_do ? NULL : w->value;
}

void state_format(const struct ruleset_state *s, char *text)
{
	struct wr w = wr_of(text, STATE_TEXT_MAX - 1);
	wr_str(&w, MAGIC);
	wr_fmt(&w, "boot %s\nbackend %s\n", s->boot, ruleset_backend_name(s->backend));
	for (unsigned i = 0; i < s->n; i++)
		wr_fmt(&w, "sysctl %s %s %s\n", s->sysctl[i].path, s->sysctl[i].before, s->sysctl[i].ours);
	wr_str(&w, "end\n");
	text[w.len] = '\0';
}

/* The next word of a line, of at most cap - 1 octets; false: none, or longer. */
static bool word(const char **p, char *out, size_t cap)
{
	*p += strspn(*p, " ");
	const size_t len = strcspn(*p, " \n");
	if (len == 0 || len >= cap)
		return false;
	memcpy(out, *p, len);
	out[len] = '\0';
	*p += len;
	return true;
}

static bool line_ends(const char **p)
{
	if (**p != '\n')
		return false;
	++*p;
	return true;
}

/* A path that leads to a network sysctl and nowhere else. */
static bool path_good(const char *path)
{
	return strncmp(path, "net/", 4) == 0 && strstr(path, "..") == NULL && strstr(path, "//") == NULL;
}

static bool value_good(const char *v)
{
	return v[strspn(v, "0123456789-")] == '\0';
}

static bool parse_sysctl(const char **p, struct ruleset_state *s)
{
	if (s->n == STATE_SYSCTLS_MAX)
		return false;
	struct state_sysctl *y = &s->sysctl[s->n++];
	return word(p, y->path, sizeof(y->path)) && word(p, y->before, sizeof(y->before)) && word(p, y->ours, sizeof(y->ours)) &&
	       path_good(y->path) && value_good(y->before) && value_good(y->ours);
}

static bool parse_backend(const char **p, struct ruleset_state *s)
{
	char name[16];
	if (!word(p, name, sizeof(name)))
		return false;
	for (unsigned b = 0; b < RULESET_BACKENDS; b++)
		if (strcmp(name, ruleset_backend_name((enum ruleset_backend)b)) == 0) {
			s->backend = (enum ruleset_backend)b;
			return true;
		}
	return false;
}

enum err state_parse(const char *text, struct ruleset_state *s)
{
	*s = (struct ruleset_state){ .backend = RULESET_BACKENDS };
	if (strncmp(text, MAGIC, strlen(MAGIC)) != 0)
		return ERR_VERSION;
	const char *p = text + strlen(MAGIC);
	for (;;) {
		char key[16];
		bool good = word(&p, key, sizeof(key));
		if (good && strcmp(key, "end") == 0)
			break;
		if (good && strcmp(key, "boot") == 0)
			good = word(&p, s->boot, sizeof(s->boot));
		else if (good && strcmp(key, "backend") == 0)
			good = parse_backend(&p, s);
		else
			good = good && strcmp(key, "sysctl") == 0 && parse_sysctl(&p, s);
		if (!good || !line_ends(&p))
			return ERR_MALFORMED;
	}
	const bool whole = line_ends(&p) && *p == '\0' && s->boot[0] != '\0' && s->backend != RULESET_BACKENDS;
	return whole ? OK : ERR_MALFORMED;
}
