/* ipsd_main.c - the daemon's command line. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "ips/parent.h"
#include "ips/version.h"

static const char usage[] = "usage: ipsd [-c FILE] [--run-dir DIR] [--state-dir DIR] [--user NAME]\n"
			    "            [--group NAME] [--no-rules] [--clean]\n"
			    "  -c, --config FILE  the configuration (default /etc/ips/ips.conf)\n"
			    "  --run-dir DIR      control socket, lock and state (default /run/ips)\n"
			    "  --state-dir DIR    what a node of a pair must not forget (default /var/lib/ips)\n"
			    "  --user NAME        whom the engine process becomes (default nobody)\n"
			    "  --group NAME       who may use the control socket beside root\n"
			    "  --no-rules         somebody else sends packets to the queues\n"
			    "  --clean            take away the rules of a daemon that was killed, and end\n"
			    "  --version, --help\n"
			    "It stays in the foreground. SIGTERM ends it, SIGHUP has it read the configuration again and\n"
			    "reopen its logs, SIGUSR1 reopen its logs only.\n";

enum { OPT_RUN_DIR = 256, OPT_STATE_DIR, OPT_USER, OPT_GROUP, OPT_NO_RULES, OPT_CLEAN };

static const struct option options[] = {
	{ "config", required_argument, NULL, 'c' },          { "run-dir", required_argument, NULL, OPT_RUN_DIR },
	{ "state-dir", required_argument, NULL, OPT_STATE_DIR },
	{ "user", required_argument, NULL, OPT_USER },       { "group", required_argument, NULL, OPT_GROUP },
	{ "no-rules", no_argument, NULL, OPT_NO_RULES },     { "clean", no_argument, NULL, OPT_CLEAN },
	{ "help", no_argument, NULL, 'h' },                  { "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

int main(int argc, char **argv)
{
	struct parent_opt o = { .config = "/etc/ips/ips.conf", .run_dir = "/run/ips", .state_dir = "/var/lib/ips" };
	bool clean = false;
	for (int c; (c = getopt_long(argc, argv, "c:hV", options, NULL)) != -1;) {
		switch (c) {
		case 'c':
			o.config = optarg;
			break;
		case OPT_RUN_DIR:
			o.run_dir = optarg;
			break;
		case OPT_STATE_DIR:
			o.state_dir = optarg;
			break;
		case OPT_USER:
			o.user = optarg;
			break;
		case OPT_GROUP:
			o.group = optarg;
			break;
		case OPT_NO_RULES:
			o.no_rules = true;
			break;
		case OPT_CLEAN:
			clean = true;
			break;
		case 'h':
			fputs(usage, stdout);
			return EXIT_FINE;
		case 'V':
			printf("ipsd %s\n", IPS_VERSION);
			return EXIT_FINE;
		default:
			fputs(usage, stderr);
			return EXIT_USAGE;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "ipsd: '%s' is not understood\n%s", argv[optind], usage);
		return EXIT_USAGE;
	}
	return clean ? parent_clean(&o) : parent_run(&o);
}
