/* cmd_live.c - the commands that ask the daemon: their words, their usage, and `ips version`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ips/cmd.h"
#include "ips/cmd_live_int.h"
#include "ips/ctl_words.h"
#include "ips/version.h"

enum { WAIT_S = 15, WAIT_LONG_S = 600 }; /* a reload compiles the rules */

struct options {
	const char *socket;
	bool json, help;
	const char **word; /* what is left */
	size_t n;
};

/* false: a word is missing. The words are argv's own. */
static bool read_options(int argc, char **argv, struct options *o)
{
	*o = (struct options){ .word = calloc((size_t)argc + 1, sizeof(*o->word)) };
	for (int i = 0; i < argc && o->word != NULL; i++) {
		if (strcmp(argv[i], "--json") == 0) {
			o->json = true;
		} else if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			o->help = true;
		} else if (strcmp(argv[i], "--socket") == 0) {
			if (i + 1 == argc)
				return false;
			o->socket = argv[++i];
		} else if (strncmp(argv[i], "--socket=", 9) == 0) {
			o->socket = argv[i] + 9;
		} else {
			o->word[o->n++] = argv[i];
		}
	}
	return o->word != NULL;
}

static bool first_word_is(const struct ctl_command *c, const char *word)
{
	const size_t len = strlen(word);
	return strncmp(c->words, word, len) == 0 && (c->words[len] == ' ' || c->words[len] == '\0');
}

/* What the first word can be followed by. */
static void print_usage(FILE *to, const char *word)
{
	bool filters = false;
	const char *head = "usage:";
	for (size_t i = 0; i < CTL_COMMAND_N; i++) {
		const struct ctl_command *c = &ctl_commands[i];
		char line[80];
		if (!first_word_is(c, word))
			continue;
		const char *takes = ctl_takes_text(c->takes);
		snprintf(line, sizeof(line), "ips %s%s%s%s", c->words, takes[0] != '\0' ? " " : "", takes,
			 c->json ? " [--json]" : "");
		fprintf(to, "%s %-54s %s\n", head, line, c->help);
		head = "      ";
		filters |= c->takes == CT_FILTER;
	}
	fprintf(to, "%s --socket PATH  the daemon's socket, else IPS_SOCKET, else /run/ips/ips.sock\n", head);
	if (filters)
		fputs("Filters, all of which must hold:\n", to);
	for (size_t i = 0; filters && i < CTL_FILTER_N; i++)
		fprintf(to, "  %-8s %-12s %s\n", ctl_filter_words[i].word, ctl_filter_words[i].value, ctl_filter_words[i].help);
}

static int wait_of(const struct ctl_args *a)
{
	if (a->follow)
		return -1;
	return ctl_commands[a->command].changes ? WAIT_LONG_S : WAIT_S;
}

static int ask(const struct options *o, const struct ctl_args *args)
{
	char why[LIVE_WHY];
	const int fd = live_connect(live_path(o->socket), why);
	if (fd < 0) {
		fprintf(stderr, "ips %s: %s\n", ctl_commands[args->command].words, why);
		return EXIT_FAILED;
	}
	return live_ask(fd, &(struct live_ask){ o->word, o->n, o->json, wait_of(args) });
}

static int live(const struct options *o, const char *name)
{
	char why[CTL_WHY];
	struct ctl_args args;
	if (o->help) {
		print_usage(stdout, name);
		return EXIT_FINE;
	}
	if (ctl_words_parse(o->word, o->n, &args, why) != OK) {
		fprintf(stderr, "ips: %s\n", why);
		print_usage(stderr, name);
		return EXIT_USAGE;
	}
	if (o->json && !ctl_commands[args.command].json) {
		fprintf(stderr, "ips: %s has no JSON form of its own; leave --json out\n", ctl_commands[args.command].words);
		return EXIT_USAGE;
	}
	return ask(o, &args);
}

static int missing(struct options *o)
{
	const bool memory = o->word == NULL;
	fputs(memory ? "ips: out of memory\n" : "ips: --socket needs a path\n", stderr);
	return memory ? EXIT_FAILED : EXIT_USAGE;
}

int cmd_live(int argc, char **argv)
{
	struct options o;
	const int code = read_options(argc, argv, &o) ? live(&o, argv[0]) : missing(&o);
	free(o.word);
	return code;
}

/* Without a daemon it is the client's alone, unless the daemon was named. */
static int version(const struct options *o)
{
	const struct ctl_args args = { .command = CC_VERSION };
	const char *word[] = { "version" };
	const struct options asked = { .socket = o->socket, .json = o->json, .word = word, .n = 1 };
	if (o->help || o->n != 1) {
		fputs("usage: ips version [--json] [--socket PATH]\n"
		      "  the version of this program and, where it runs, of the daemon\n",
		      o->help ? stdout : stderr);
		return o->help ? EXIT_FINE : EXIT_USAGE;
	}
	printf(o->json ? "{\"ips\":\"%s\"}\n" : "ips %s\n", IPS_VERSION);
	fflush(stdout);
	const int fd = o->socket == NULL ? live_connect(live_path(NULL), NULL) : -1;
	if (fd < 0)
		return o->socket != NULL ? ask(&asked, &args) : EXIT_FINE;
	return live_ask(fd, &(struct live_ask){ word, 1, o->json, WAIT_S });
}

int cmd_version(int argc, char **argv)
{
	struct options o;
	const int code = read_options(argc, argv, &o) ? version(&o) : missing(&o);
	free(o.word);
	return code;
}
