/* ips_main.c - the command line: a table of commands, nothing else. */
#include <stdio.h>
#include <string.h>

#include "ips/cmd.h"
#include "ips/version.h"

static int cmd_version(int argc, char **argv);
static int cmd_help(int argc, char **argv);

static const struct command {
	const char *name, *help;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "replay", "run captures through the engine, with a failover at any packet", cmd_replay },
	{ "config", "check, show, compare a configuration", cmd_config },
	{ "rules", "list and check signatures", cmd_rules },
	{ "app", "list the application table", cmd_app },
	{ "version", "print the version", cmd_version },
	{ "help", "this list", cmd_help },
};

static void print_commands(FILE *to)
{
	fputs("usage: ips COMMAND [arguments]\n", to);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		fprintf(to, "  %-10s %s\n", commands[i].name, commands[i].help);
}

static int cmd_version(int argc, char **argv)
{
	(void)argc, (void)argv;
	printf("ips %s\n", IPS_VERSION);
	return EXIT_FINE;
}

static int cmd_help(int argc, char **argv)
{
	(void)argc, (void)argv;
	print_commands(stdout);
	return EXIT_FINE;
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		print_commands(stderr);
		return EXIT_USAGE;
	}
	const char *name = strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ? "help"
			   : strcmp(argv[1], "--version") == 0                          ? "version"
											: argv[1];
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(commands[i].name, name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	fprintf(stderr, "ips: unknown command '%s'; 'ips help' lists them\n", argv[1]);
	return EXIT_USAGE;
}
