/* cmd_rules.c - `ips rules list|check|fields` and `ips app list`: what the signatures and the application table hold. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ips/cmd.h"
#include "ips/rulefiles.h"
#include "sigs/apps.h"

static void tell(void *arg, const char *text)
{
	(void)arg;
	fprintf(stderr, "ips rules: %s\n", text);
}

static void refused(void *arg, const char *file, unsigned line, const char *text)
{
	unsigned *n = arg;
	++*n;
	fprintf(stderr, "%s:%u: %s\n", file, line, text);
}

static const char *action_name(enum sig_action a)
{
	switch (a) {
	case SIG_ALERT:
		return "alert";
	case SIG_PASS:
		return "pass";
	case SIG_DROP:
		return "drop";
	case SIG_REJECT:
		return "reject";
	}
	return "";
}

static enum err add_paths(struct rulefiles *r, int argc, char **argv)
{
	enum err e = OK;
	char *stock = argc == 0 ? rulefiles_stock() : NULL;
	if (argc == 0 && stock == NULL) {
		tell(NULL, "no stock signatures found; name a file or folder of *.rules");
		return ERR_IO;
	}
	if (stock != NULL)
		e = rulefiles_add(r, stock, false, tell, NULL);
	for (int i = 0; e == OK && i < argc; i++)
		e = rulefiles_add(r, argv[i], true, tell, NULL);
	free(stock);
	return e;
}

static int by_number(const void *a, const void *b)
{
	const struct sig *x = *(const struct sig *const *)a, *y = *(const struct sig *const *)b;
	if (x->gid != y->gid)
		return x->gid < y->gid ? -1 : 1;
	return (x->sid > y->sid) - (x->sid < y->sid);
}

static enum err print_rules(const struct sigset *s)
{
	const size_t n = sigset_n(s);
	const struct sig **v = calloc(n + 1, sizeof(*v));
	if (v == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < n; i++)
		v[i] = sigset_at(s, i);
	qsort(v, n, sizeof(*v), by_number);
	for (size_t i = 0; i < n; i++)
		printf("%u:%u:%u %-6s %s\n", v[i]->gid, v[i]->sid, v[i]->rev, action_name(v[i]->action), v[i]->msg);
	free(v);
	return OK;
}

/* Loads the named rules, or the stock ones; list prints each, check only what is wrong. */
static int load(int argc, char **argv, bool list)
{
	static const struct sig_var vars[] = { { "HOME_NET", "any" }, { "EXTERNAL_NET", "any" } };
	struct rulefiles r = { 0 };
	struct sigset *s = NULL;
	unsigned n = 0;
	enum err e = add_paths(&r, argc, argv);
	if (e == OK) {
		e = sigset_new(r.src, r.n, vars, ARRAY_LEN(vars), refused, &n, &s);
		if (e != OK)
			fprintf(stderr, "ips rules: cannot compile: %s\n", err_text(e));
	}
	if (e == OK && list)
		e = print_rules(s);
	if (e == OK && !list)
		printf("%zu loaded, %u refused\n", sigset_n(s), n);
	sigset_free(s);
	rulefiles_free(&r);
	return e != OK ? EXIT_FAILED : n != 0 ? EXIT_USAGE : EXIT_FINE;
}

/* What decoders read, for rules and for the log. */
static int print_fields(void)
{
	static const char *const kinds[] = {
		[FIELD_num] = "number", [FIELD_text] = "name", [FIELD_bytes] = "text", [FIELD_octets] = "octets"
	};
	printf("%-28s %-7s %s\n", "keyword", "kind", "times");
	for (enum field_id f = 0; f < FLD_N; f++)
		printf("%-28s %-7s %s\n", field_name(f), kinds[field_kind(f)], field_many(f) ? "many" : "one");
	return EXIT_FINE;
}

static const char rules_usage[] = "usage: ips rules list|check [FILE|FOLDER]...\n       ips rules fields\n"
				  "  list   gid:sid:rev, action and message of every rule that loads\n"
				  "  check  what is wrong, by file and line; exit 2 if a rule is refused\n"
				  "  fields what decoders read: keyword, kind, and whether a PDU may have many of it\n"
				  "Without a name: the stock signatures. A folder stands for its *.rules.\n";

static const char app_usage[] = "usage: ips app list [--live [--json] [--socket PATH]]\n"
				"  the application table: id, name, category, risk, parent\n"
				"  --live  of the running daemon: how often each was seen\n";

static bool wants_help(int argc, char **argv)
{
	return argc >= 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0);
}

static int usage(bool wanted, const char *text)
{
	fputs(text, wanted ? stdout : stderr);
	return wanted ? EXIT_FINE : EXIT_USAGE;
}

int cmd_rules(int argc, char **argv)
{
	const bool help = wants_help(argc, argv);
	if (!help && argc == 2 && strcmp(argv[1], "fields") == 0)
		return print_fields();
	if (help || argc < 2 || (strcmp(argv[1], "list") != 0 && strcmp(argv[1], "check") != 0))
		return usage(help, rules_usage);
	return load(argc - 2, argv + 2, strcmp(argv[1], "list") == 0);
}

int cmd_app(int argc, char **argv)
{
	const bool help = wants_help(argc, argv);
	if (argc > 2 && strcmp(argv[1], "list") == 0 && strcmp(argv[2], "--live") == 0) {
		memmove(argv + 2, argv + 3, (size_t)(argc - 2) * sizeof(*argv));
		return cmd_live(argc - 1, argv);
	}
	if (help || argc != 2 || strcmp(argv[1], "list") != 0)
		return usage(help, app_usage);
	printf("%-8s %-44s %-12s %-9s %s\n", "id", "name", "category", "risk", "parent");
	for (size_t i = 0; i < app_n(); i++) {
		const struct app *a = app_at(i), *up = app_by_id(a->parent);
		printf("%-8u %-44s %-12s %-9s %s\n", a->id, a->name, a->category, a->risk, up != NULL ? up->name : "");
	}
	return EXIT_FINE;
}
