/* ips_main.c - the command line: a table of commands, and what holds for all of them. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ips/cmd.h"

static int cmd_help(int argc, char **argv);

static const struct command {
	const char *name, *help;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "replay", "run captures through the engine, with a failover at any packet", cmd_replay },
	{ "config", "check, show, compare a configuration", cmd_config },
	{ "rules", "list and check signatures", cmd_rules },
	{ "app", "list the application table", cmd_app },
	{ "session", "list, count, clear the sessions under inspection", cmd_live },
	{ "sys", "the same of all sessions, as forwarding sees them", cmd_live },
	{ "share", "list the HA session cache", cmd_live },
	{ "ha", "how the pair stands; take over, hand over", cmd_live },
	{ "tags", "list the tags and how many sessions carried them", cmd_live },
	{ "stats", "totals since the daemon's start", cmd_live },
	{ "nfq", "the state of the queues", cmd_live },
	{ "log", "the last lines of the logs", cmd_live },
	{ "reload", "have the daemon load its configuration and rules anew", cmd_live },
	{ "version", "print the version, and the daemon's", cmd_version },
	{ "help", "this list; 'ips help COMMAND' tells more of one", cmd_help },
};

static void print_commands(FILE *to)
{
	fputs("usage: ips COMMAND [arguments]\n", to);
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		fprintf(to, "  %-10s %s\n", commands[i].name, commands[i].help);
}

static int run(const char *name, int argc, char **argv)
{
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (strcmp(commands[i].name, name) == 0)
			return commands[i].run(argc, argv);
	fprintf(stderr, "ips: unknown command '%s'; 'ips help' lists them\n", name);
	return EXIT_USAGE;
}

static int cmd_help(int argc, char **argv)
{
	static char help[] = "--help";
	char *ask[] = { argv[1], help, NULL };
	if (argc < 2 || strcmp(argv[1], "help") == 0 || strcmp(argv[1], help) == 0) {
		print_commands(stdout);
		return EXIT_FINE;
	}
	return run(argv[1], 2, ask);
}

/* A descriptor 0 to 2 that was closed would become that of the next file opened, and take what is printed. */
static void keep_standard(void)
{
	static const int flags[] = { O_WRONLY, O_RDONLY, O_RDONLY };
	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", flags[fd]) != fd)
			_exit(EXIT_FAILED);
}

/* What was printed has arrived, or it failed. */
static int finish(int code)
{
	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return code;
	if (code != EXIT_FAILED)
		fprintf(stderr, "ips: standard output: cannot write%s%s; check where it goes\n", errno != 0 ? ": " : "",
			errno != 0 ? strerror(errno) : "");
	return EXIT_FAILED;
}

int main(int argc, char **argv)
{
	keep_standard();
	if (argc < 2) {
		print_commands(stderr);
		return EXIT_USAGE;
	}
	const char *name = argv[1];
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
		name = "help";
	else if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0)
		name = "version";
	return finish(run(name, argc - 1, argv + 1));
}
