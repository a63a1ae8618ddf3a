/* fuzz_conf.c - conf_parse_text: what it shows loads to the same tree; without errors everything resolves. */
#include "ips/conf.h"
#include "tests/fuzz/fuzz.h"

enum { G_ERRORS, G_POLICY, G_RESOLVED, G_INCLUDE };
const char *const fuzz_goals[] = { "errors told", "policy read", "addresses resolved", "include", NULL };
uint32_t fuzz_reached;

/* Included files: "self" is the text again, "addr" a small one, others do not exist. */
static enum err read_include(void *arg, const char *from, const char *name, char **text, size_t *len, char **path)
{
	static const char small[] = "config firewall address\nedit inc\nset subnet 10.9.0.0/16\nnext\nend\n";
	const struct span *whole = arg;
	const bool self = strcmp(name, "self") == 0;
	FUZZ_CHECK(from != NULL);
	if (!self && strcmp(name, "addr") != 0)
		return ERR_NOTFOUND;
	const struct span s = self ? *whole : span_of(small, sizeof(small) - 1);
	*text = (char *)fuzz_copy(s);
	*len = s.len;
	*path = strdup(name);
	FUZZ_CHECK(*path != NULL);
	fuzz_reach(G_INCLUDE);
	return OK;
}

static void resolve(const struct conf *c, const char *vdom, const struct conf_node *p)
{
	struct addr_range *a = NULL;
	struct service_range *s = NULL;
	size_t n;
	FUZZ_CHECK(conf_resolve_addresses(c, vdom, conf_names(p, "srcaddr"), &a, &n) == OK);
	free(a);
	FUZZ_CHECK(conf_resolve_addresses(c, vdom, conf_names(p, "dstaddr"), &a, &n) == OK);
	free(a);
	FUZZ_CHECK(conf_resolve_services(c, vdom, conf_names(p, "service"), &s, &n) == OK);
	free(s);
	if (n > 0)
		fuzz_reach(G_RESOLVED);
}

static void use(const struct conf *c)
{
	for (size_t i = 0; i < conf_n_vdoms(c); i++) {
		const char *vdom = conf_vdom_name(c, i);
		CONF_FOREACH(p, c, vdom, "firewall policy")
		{
			FUZZ_CHECK(conf_key_int(p) != 0 && conf_find(c, vdom, "firewall policy", conf_key(p)) == p);
			fuzz_reach(G_POLICY);
			resolve(c, vdom, p);
		}
	}
	struct conf_hbdev h;
	for (size_t i = 0; conf_hbdev(conf_single(c, NULL, "system ha"), i, &h); i++)
		FUZZ_CHECK(strnlen(h.name, sizeof(h.name)) < sizeof(h.name));
}

/* Shown and loaded again: no error, no difference, the same text. */
static void round_trip(const struct conf *c, unsigned flags)
{
	char *text = NULL, *again = NULL, *diff = NULL;
	FUZZ_CHECK(conf_show(c, NULL, flags, &text) == OK);
	struct conf *d = conf_parse_text("shown", text, strlen(text), NULL);
	FUZZ_CHECK(d != NULL);
	if (conf_n_errors(d) != 0)
		fprintf(stderr, "%s\n%s", conf_error(d, 0), text);
	FUZZ_CHECK(conf_n_errors(d) == 0);
	FUZZ_CHECK(conf_diff(c, d, &diff) == OK && diff[0] == '\0');
	FUZZ_CHECK(conf_show(d, NULL, flags, &again) == OK && strcmp(text, again) == 0);
	conf_free(d);
	free(text);
	free(again);
	free(diff);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span whole = span_of(data, size);
	const struct conf_reader rd = { read_include, &whole };
	char *own = (char *)fuzz_copy(whole), *text = NULL;
	struct conf *c = conf_parse_text("fuzz", own, size, &rd);
	FUZZ_CHECK(c != NULL);
	free(own);
	for (size_t i = 0; i < conf_n_errors(c); i++)
		FUZZ_CHECK(conf_error(c, i)[0] != '\0');
	if (conf_n_errors(c) == 0) {
		use(c);
		round_trip(c, CONF_SHOW_SECRETS | (size % 2 != 0 ? CONF_SHOW_FULL : 0));
	} else {
		fuzz_reach(G_ERRORS);
		FUZZ_CHECK(conf_show(c, NULL, CONF_SHOW_FULL, &text) == OK);
		free(text);
	}
	conf_free(c);
	return 0;
}
