/* cmd_replay.c - `ips replay`: captures through the very engine that runs inline. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "hacache/ha_schema.h"
#include "ips/cmd.h"
#include "ips/failover.h"
#include "ips/replay.h"

static const char usage[] =
	"usage: ips replay [options] CAPTURE...\n"
	"Runs captures through the engine and prints what was seen.\n"
	"  -c, --config FILE       configuration; without it everything is allowed and inspected\n"
	"      --home-net NETS     HOME_NET of the signatures, e.g. 10.1.0.0/16 or [10.0.0.0/8,!10.9.0.0/16]\n"
	"      --rules PATH        rules beside the stock ones: a file or a folder of *.rules (repeatable)\n"
	"      --failover every|N|bytes\n"
	"                          a failover after every packet, packet N, or every octet of TCP: does the peer resume?\n"
	"      --crash between-commit-and-release\n"
	"                          it dies when the peer has its last batch and nothing of that has left; TCP is sent again\n"
	"      --sync-loss P, --sync-reorder P, --sync-dup P\n"
	"                          of a failover: P percent of the messages between both nodes are lost, overtaken, doubled\n"
	"      --sessions          the session lists at the capture's end; with --failover N of both nodes, at the cut\n"
	"      --share             the HA session cache at the capture's end; with --failover N the peer's, at the cut\n"
	"      --eve FILE|-        log records as EVE JSON, a line each\n"
	"      --log FILE|-        log records as key=value lines\n"
	"      --events FILE|-     every PDU that the decoders tell, with its fields, as JSON, a line each; anomalies among them\n"
	"      --write FILE        a capture of what was let through\n"
	"      --json              the summary as one JSON object (events of the decoders too)\n"
	"      --strict            exit 3 if anything went uninspected for want of room\n"
	"      --seed N            seed of hash tables and of the places to cut (default 1)\n"
	"  -h, --help              this text\n"
	"CAPTURE is pcap or pcapng, plain or gzip; - is standard input. --eve, --log, --events and --write are of the run\n"
	"without a failover. Where --eve, --log, --events or --json takes standard output, the lists go to standard error.\n"
	"Exit code: 0 fine; 1 it failed; 2 usage or configuration error; 3 a cut differed, or --strict did not hold.\n"
	"  ips replay --failover every capture.pcap\n"
	"  ips replay --failover 40 --sessions --share capture.pcap\n";

enum {
	OPT_HOME_NET = 256,
	OPT_RULES,
	OPT_FAILOVER,
	OPT_CRASH,
	OPT_SYNC_LOSS,
	OPT_SYNC_REORDER,
	OPT_SYNC_DUP,
	OPT_EVE,
	OPT_LOG,
	OPT_EVENTS,
	OPT_WRITE,
	OPT_SESSIONS,
	OPT_SHARE,
	OPT_JSON,
	OPT_STRICT,
	OPT_SEED,
	OPT_MUTATE
};

enum { LOSS_MAX = 90, PERCENT_MAX = 100 };

static const struct option options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "home-net", required_argument, NULL, OPT_HOME_NET },
	{ "rules", required_argument, NULL, OPT_RULES },
	{ "failover", required_argument, NULL, OPT_FAILOVER },
	{ "crash", required_argument, NULL, OPT_CRASH },
	{ "sync-loss", required_argument, NULL, OPT_SYNC_LOSS },
	{ "sync-reorder", required_argument, NULL, OPT_SYNC_REORDER },
	{ "sync-dup", required_argument, NULL, OPT_SYNC_DUP },
	{ "eve", required_argument, NULL, OPT_EVE },
	{ "log", required_argument, NULL, OPT_LOG },
	{ "events", required_argument, NULL, OPT_EVENTS },
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
	o->failover_octets = strcmp(optarg, "bytes") == 0;
	o->failover_at = 0;
	if (o->failover_octets || strcmp(optarg, "every") == 0 || number(optarg, 1, &o->failover_at))
		return EXIT_FINE;
	return wrong("--failover", optarg, "give 'every', 'bytes' or a packet number from 1");
}

static int take_crash(struct replay_opts *o)
{
	o->failover_crash = strcmp(optarg, "between-commit-and-release") == 0;
	return o->failover_crash ? EXIT_FINE : wrong("--crash", optarg, "give 'between-commit-and-release'");
}

/* Where all is lost nothing can be sent again. */
static int take_percent(const char *option, unsigned max, unsigned *out)
{
	uint64_t v;
	char remedy[64];
	if (number(optarg, 0, &v) && v <= max) {
		*out = (unsigned)v;
		return EXIT_FINE;
	}
	snprintf(remedy, sizeof(remedy), "give a percentage, a whole number from 0 to %u", max);
	return wrong(option, optarg, remedy);
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
	case OPT_CRASH:
		return take_crash(o);
	case OPT_SYNC_LOSS:
		return take_percent("--sync-loss", LOSS_MAX, &o->sync.loss);
	case OPT_SYNC_REORDER:
		return take_percent("--sync-reorder", PERCENT_MAX, &o->sync.reorder);
	case OPT_SYNC_DUP:
		return take_percent("--sync-dup", PERCENT_MAX, &o->sync.dup);
	case OPT_EVE:
		o->eve = optarg;
		return EXIT_FINE;
	case OPT_LOG:
		o->log = optarg;
		return EXIT_FINE;
	case OPT_EVENTS:
		o->events = optarg;
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
		o->mutate = strcmp(optarg, "mute") == 0 ? FAILOVER_MUTE : number(optarg, 0, &v) ? (int)v : -1;
		return EXIT_FINE;
#endif
	default:
		(void)v;
		return EXIT_USAGE;
	}
}

/* What getopt could not take. */
static int misused(int c, char **argv)
{
	const char *word = argv[optind - 1];
	if (c == ':')
		return wrong("option", word, "needs a value; 'ips replay --help' lists the options");
	if (optopt > 0 && optopt < OPT_HOME_NET && strncmp(word, "--", 2) != 0)
		fprintf(stderr, "ips replay: option '-%c': unknown; 'ips replay --help' lists the options\n", optopt);
	else if (strchr(word, '=') != NULL && optopt != 0)
		return wrong("option", word, "takes no value");
	else
		return wrong("option", word, "unknown, or short for several; 'ips replay --help' lists the options");
	return EXIT_USAGE;
}

/* One regular file under two names, or the same name twice. */
static bool same_file(const char *a, const char *b)
{
	struct stat x, y;
	if (a == NULL || b == NULL || strcmp(a, "-") == 0 || strcmp(b, "-") == 0)
		return false;
	const bool there_a = stat(a, &x) == 0, there_b = stat(b, &y) == 0;
	if (there_a && there_b)
		return S_ISREG(x.st_mode) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
	return !there_a && !there_b && strcmp(a, b) == 0;
}

static int check_outputs(const struct replay_opts *o)
{
	const char *out[] = { o->eve, o->log, o->events, o->write };
	for (size_t i = 0; i < ARRAY_LEN(out); i++) {
		for (size_t k = i + 1; k < ARRAY_LEN(out); k++)
			if (same_file(out[i], out[k]))
				return wrong("output", out[i], "named twice; give each output a file of its own");
		if (same_file(out[i], o->config))
			return wrong("output", out[i], "is the configuration; name another file");
		for (size_t k = 0; k < o->n_captures; k++)
			if (same_file(out[i], o->captures[k]))
				return wrong("output", out[i], "is a capture to be read; name another file");
	}
	return EXIT_FINE;
}

static int check_names(const struct replay_opts *o)
{
	const struct {
		const char *what, *name;
	} v[] = { { "--config", o->config }, { "--eve", o->eve }, { "--log", o->log }, { "--events", o->events },
		  { "--write", o->write } };
	for (size_t i = 0; i < ARRAY_LEN(v); i++)
		if (v[i].name != NULL && v[i].name[0] == '\0')
			return wrong(v[i].what, "", "name a file");
	for (size_t i = 0; i < o->n_captures; i++)
		if (o->captures[i][0] == '\0')
			return wrong("capture", "", "name a file");
	return EXIT_FINE;
}

static int check(const struct replay_opts *o)
{
	unsigned dashes = 0;
	for (size_t i = 0; i < o->n_captures; i++)
		dashes += strcmp(o->captures[i], "-") == 0;
	if (o->n_captures == 0) {
		fputs("ips replay: no capture named; 'ips replay --help' says how to use it\n", stderr);
		return EXIT_USAGE;
	}
	if (dashes > 1)
		return wrong("capture", "-", "standard input can be read only once");
	if (o->failover_crash && !o->failover)
		return wrong("--crash", "between-commit-and-release", "is of a failover; give --failover too");
	if (o->sync.loss + o->sync.reorder + o->sync.dup != 0 && !o->failover)
		return wrong("option", "--sync-loss, --sync-reorder, --sync-dup", "they are of a failover; give --failover too");
	if (o->write != NULL && o->n_captures > 1)
		return wrong("--write", o->write, "takes one capture at a time");
	if (o->write != NULL && strcmp(o->write, "-") == 0)
		return wrong("--write", o->write, "name a file");
	const char *lines[] = { o->eve, o->log, o->events };
	unsigned on_stdout = o->json;
	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		on_stdout += lines[i] != NULL && strcmp(lines[i], "-") == 0;
	if (on_stdout > 1)
		return wrong("--eve/--log/--events/--json", "-",
			     "only one of them can go to standard output; name a file for the others");
	const int r = check_names(o);
	return r != EXIT_FINE ? r : check_outputs(o);
}

int cmd_replay(int argc, char **argv)
{
	struct replay_opts o = { .seed = 1, .mutate = -1 };
	for (int c; (c = getopt_long(argc, argv, ":c:h", options, NULL)) != -1;) {
		if (c == 'h') {
			fputs(usage, stdout);
			return EXIT_FINE;
		}
		const int r = c == '?' || c == ':' ? misused(c, argv) : take(c, &o);
		if (r != EXIT_FINE)
			return r;
	}
	o.captures = argv + optind;
	o.n_captures = (size_t)(argc - optind);
	const int r = check(&o);
	return r != EXIT_FINE ? r : replay_run(&o);
}
