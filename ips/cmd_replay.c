/* cmd_replay.c - `ips replay`: captures through the very engine that runs inline. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "hacache/ha_schema.h"
#include "ips/cmd.h"
#include "ips/replay.h"

static const char usage[] = "usage: ips replay [options] CAPTURE...\n"
			    "  -c, --config FILE      configuration; without it everything is allowed and inspected\n"
			    "      --home-net NETS    HOME_NET of the signatures, e.g. [10.0.0.0/8]\n"
			    "      --rules PATH       rules beside the stock ones: a file or a folder of *.rules (repeatable)\n"
			    "      --failover every|N compare with a failover after every packet, or after packet N\n"
			    "      --eve FILE|-       log records as EVE JSON\n"
			    "      --log FILE|-       log records as key=value lines\n"
			    "      --write FILE       save what was let through\n"
			    "      --sessions         the session lists at the end of the capture\n"
			    "      --share            the HA session cache at the end of the capture\n"
			    "      --json             the summary as one JSON object\n"
			    "      --strict           exit 3 if anything was lost or a session did not resume\n"
			    "      --seed N           seed of tables and of the cuts' places (default 1)\n"
			    "CAPTURE is pcap or pcapng, plain or gzip; - is standard input.\n";

enum {
	OPT_HOME_NET = 256,
	OPT_RULES,
	OPT_FAILOVER,
	OPT_EVE,
	OPT_LOG,
	OPT_WRITE,
	OPT_SESSIONS,
	OPT_SHARE,
	OPT_JSON,
	OPT_STRICT,
	OPT_SEED,
	OPT_MUTATE
};

static const struct option options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "home-net", required_argument, NULL, OPT_HOME_NET },
	{ "rules", required_argument, NULL, OPT_RULES },
	{ "failover", required_argument, NULL, OPT_FAILOVER },
	{ "eve", required_argument, NULL, OPT_EVE },
	{ "log", required_argument, NULL, OPT_LOG },
	{ "write", required_argument, NULL, OPT_WRITE },
	{ "sessions", no_argument, NULL, OPT_SESSIONS },
	{ "share", no_argument, NULL, OPT_SHARE },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "strict", no_argument, NULL, OPT_STRICT },
	{ "seed", required_argument, NULL, OPT_SEED },
	{ "help", no_argument, NULL, 'h' },
#ifdef HA_MUTATE
	{ "mutate", required_argument, NULL, OPT_MUTATE },
#endif
	{ NULL, 0, NULL, 0 },
};

static bool number(const char *text, uint64_t min, uint64_t *out)
{
	char *end;
	errno = 0;
	const unsigned long long v = strtoull(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || text[0] == '-' || v < min)
		return false;
	*out = v;
	return true;
}

static int wrong(const char *what, const char *value, const char *remedy)
{
	fprintf(stderr, "ips replay: %s '%s': %s\n", what, value, remedy);
	return EXIT_USAGE;
}

#ifdef HA_MUTATE
/* Test build: the rows that --mutate takes, a line each. */
static void list_rows(void)
{
	const struct ha_msg *m;
	const struct ha_row *r;
	for (unsigned i = 0; ha_row_at(i, &m, &r); i++)
		printf("%u %s.%s\n", i, m->name, r->name);
	exit(EXIT_FINE);
}
#endif

static int take_failover(struct replay_opts *o)
{
	o->failover = true;
	if (strcmp(optarg, "every") == 0 || number(optarg, 1, &o->failover_at))
		return EXIT_FINE;
	return wrong("--failover", optarg, "give 'every' or a packet number from 1");
}

static int take_rules(struct replay_opts *o)
{
	if (o->n_rules + 1 >= REPLAY_RULES_MAX)
		return wrong("--rules", optarg, "too many; put the files into one folder");
	o->rules[o->n_rules++] = optarg;
	return EXIT_FINE;
}

static int take(int c, struct replay_opts *o)
{
	uint64_t v;
	switch (c) {
	case 'c':
		o->config = optarg;
		return EXIT_FINE;
	case OPT_HOME_NET:
		o->home_net = optarg;
		return EXIT_FINE;
	case OPT_RULES:
		return take_rules(o);
	case OPT_FAILOVER:
		return take_failover(o);
	case OPT_EVE:
		o->eve = optarg;
		return EXIT_FINE;
	case OPT_LOG:
		o->log = optarg;
		return EXIT_FINE;
	case OPT_WRITE:
		o->write = optarg;
		return EXIT_FINE;
	case OPT_SESSIONS:
		o->sessions = true;
		return EXIT_FINE;
	case OPT_SHARE:
		o->share = true;
		return EXIT_FINE;
	case OPT_JSON:
		o->json = true;
		return EXIT_FINE;
	case OPT_STRICT:
		o->strict = true;
		return EXIT_FINE;
	case OPT_SEED:
		return number(optarg, 0, &o->seed) ? EXIT_FINE : wrong("--seed", optarg, "give a whole number");
#ifdef HA_MUTATE
	case OPT_MUTATE:
		if (strcmp(optarg, "list") == 0)
			list_rows();
		o->mutate = number(optarg, 0, &v) ? (int)v : -1;
		return EXIT_FINE;
#endif
	default:
		(void)v;
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
}

static int check(const struct replay_opts *o)
{
	if (o->n_captures == 0) {
		fprintf(stderr, "ips replay: no capture named\n%s", usage);
		return EXIT_USAGE;
	}
	if (o->write != NULL && o->n_captures > 1)
		return wrong("--write", o->write, "takes one capture at a time");
	if (o->write != NULL && strcmp(o->write, "-") == 0)
		return wrong("--write", o->write, "name a file");
	const int on_stdout = (o->eve != NULL && strcmp(o->eve, "-") == 0) + (o->log != NULL && strcmp(o->log, "-") == 0) + o->json;
	if (on_stdout > 1)
		return wrong("--eve/--log/--json", "-", "only one of them can go to standard output");
	return EXIT_FINE;
}

int cmd_replay(int argc, char **argv)
{
	struct replay_opts o = { .seed = 1, .mutate = -1 };
	for (int c; (c = getopt_long(argc, argv, "c:h", options, NULL)) != -1;) {
		if (c == 'h') {
			fputs(usage, stdout);
			return EXIT_FINE;
		}
		const int r = take(c, &o);
		if (r != EXIT_FINE)
			return r;
	}
	o.captures = argv + optind;
	o.n_captures = (size_t)(argc - optind);
	const int r = check(&o);
	return r != EXIT_FINE ? r : replay_run(&o);
}
